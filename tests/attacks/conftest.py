"""A run to be damaged, and a person who is not its owner."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings
from PIL import Image

from training.checkpoints import save_checkpoint
from training.models import create
from training.preprocess import Preprocess
from training.run_settings import write_settings
from training.runs import Run

settings.register_profile("few", max_examples=40, deadline=None, database=None)
settings.register_profile("ci", settings.get_profile("few"), derandomize=True)
settings.register_profile("many", settings.get_profile("few"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if "CI" in os.environ else "few"))

NOBODY = 65_534
OPTIONS = {"image_size": 32, "widths": [6, 8, 8, 8, 6], "hidden": [16, 12]}
CLASSES = ("blue", "green", "red")


@pytest.fixture(scope="session")
def template(made_once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """album/, runs/run with epochs 0, 1 and 2 of other weights each, and a cache."""
    return made_once("attacked", _fill)


@pytest.fixture
def run(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run of its own, to be damaged; the only one in its folder."""
    monkeypatch.setenv("FILTERSCOPE_CACHE", str(template / "cache"))
    shutil.copytree(template / "runs", tmp_path / "runs")
    return Run.open(tmp_path / "runs" / "run")


def _fill(folder: Path) -> None:
    generator = np.random.default_rng(0)
    for split in ("train", "val"):
        for colour in CLASSES:
            (folder / "album" / split / colour).mkdir(parents=True)
            for index in range(2):
                pixels = generator.integers(0, 256, (32, 32, 3), np.uint8)
                Image.fromarray(pixels).save(folder / "album" / split / colour / f"{index}.png")
    path = folder / "runs" / "run"
    (path / "checkpoints").mkdir(parents=True)
    for epoch in range(3):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(epoch)
            network = create("alexnet-small", len(CLASSES), **OPTIONS, conv1_std=0.1)
        save_checkpoint(path, epoch, network.state_dict())
    write_settings(
        path,
        model="alexnet-small",
        options=OPTIONS,
        classes=CLASSES,
        preprocess=Preprocess(32, 32, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)),
        data=f"folder:{folder / 'album'}",
    )


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter, which those of tests are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def as_nobody() -> Callable[[], AbstractContextManager[None]]:
    """Be a user to whom nothing belongs: with as_nobody(): ..."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can become somebody else")

    @contextmanager
    def be() -> Iterator[None]:
        os.seteuid(NOBODY)
        try:
            yield
        finally:
            os.seteuid(0)

    return be
