"""A photograph album small enough to train on in a test."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from training.config import FitConfig

SMALL = {"widths": [6, 8, 8, 8, 6], "hidden": [16, 12]}


@pytest.fixture
def album(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """train/ and val/ with 24 and 12 images of 32 px in three colours: red, green, blue."""
    monkeypatch.setenv("FILTERSCOPE_CACHE", str(tmp_path / "cache"))
    generator = np.random.default_rng(0)
    for split, count in (("train", 8), ("val", 4)):
        for channel, colour in enumerate(("red", "green", "blue")):
            folder = tmp_path / "album" / split / colour
            folder.mkdir(parents=True)
            for index in range(count):
                pixels = generator.integers(0, 120, (32, 32, 3), np.uint8)
                pixels[..., channel] += 120
                Image.fromarray(pixels).save(folder / f"{index}.png")
    return tmp_path / "album"


@pytest.fixture
def recipe(album: Path, tmp_path: Path) -> Callable[..., FitConfig]:
    """Settings for a run of three quick epochs on the album."""

    def make(**changes: Any) -> FitConfig:
        settings = {
            "run": str(tmp_path / "run"),
            "data": f"folder:{album}",
            "image_size": 32,
            "batch_size": 8,
            "epochs": 3,
            "device": "cpu",
            "statistics": "imagenet",  # so that the first step is the first place to stop at
        }
        options = SMALL | changes.pop("options", {})
        return FitConfig(**(settings | {"options": options} | changes))

    return make
