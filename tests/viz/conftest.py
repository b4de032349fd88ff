"""A run that was never trained: what viewers read is there within a moment."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from training.checkpoints import save_checkpoint
from training.models import create
from training.preprocess import Preprocess
from training.run_settings import write_settings
from training.runs import Run

OPTIONS = {"image_size": 32, "widths": [6, 8, 8, 8, 6], "hidden": [16, 12]}
COLOURS = ("red", "green", "blue", "price in $")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Epochs 0, 1 and 2 with other weights each; 4 classes, 4 validation images of 32 px each.

    The objects are said to lie in columns 8 to 23, rows 4 to 11.
    """
    monkeypatch.setenv("FILTERSCOPE_CACHE", str(tmp_path / "cache"))
    generator = np.random.default_rng(0)
    boxes = ["path,x0,y0,x1,y1"]
    for split in ("train", "val"):
        for colour in COLOURS:
            folder = tmp_path / "album" / split / colour
            folder.mkdir(parents=True)
            for index in range(4):
                pixels = generator.integers(0, 256, (32, 32, 3), np.uint8)
                Image.fromarray(pixels).save(folder / f"{index}.png")
                boxes.append(f"{split}/{colour}/{index}.png,8,4,23,11")
    (tmp_path / "album/boxes.csv").write_text("\n".join(boxes))
    path = tmp_path / "untrained"
    (path / "checkpoints").mkdir(parents=True)
    write_settings(
        path,
        model="alexnet-small",
        options=OPTIONS,
        classes=sorted(COLOURS),
        preprocess=Preprocess(32, 32, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)),
        data=f"folder:{tmp_path / 'album'}",
    )
    for epoch in range(3):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(epoch)
            network = create("alexnet-small", 4, **OPTIONS, conv1_std=0.1)
        save_checkpoint(path, epoch, network.state_dict())
    run = Run.open(path)
    run.data()  # decoded here, so that progress in the tests is that of the views
    return run


@pytest.fixture
def pixels_of() -> Callable[[Figure], np.ndarray]:
    """What a figure looks like: (H, W, 3) uint8."""

    def render(figure: Figure) -> np.ndarray:
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())[..., :3]

    return render


@pytest.fixture
def words_of() -> Callable[[Figure], list[str]]:
    """All text in a figure."""

    def read(figure: Figure) -> list[str]:
        return [text.get_text() for text in figure.findobj(Text) if text.get_text()]

    return read


@pytest.fixture
def weight() -> torch.Tensor:
    """Four 3×3 kernels: nothing, all red, all dark, a weak one."""
    weight = torch.zeros(4, 3, 3, 3)
    weight[1, 0] = 2.0
    weight[2] = -2.0
    weight[3, 1, 1, 1] = 0.5
    return weight
