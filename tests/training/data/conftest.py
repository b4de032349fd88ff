"""Small folders of images, and a cache that dies with the test."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Fill = Callable[..., Path]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where decoded images go during this test."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("FILTERSCOPE_CACHE", str(folder))
    return folder


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """An empty folder for a data set."""
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


@pytest.fixture
def fill() -> Fill:
    """Write differing images of noise into a folder, made if missing."""
    rng = np.random.default_rng(0)

    def write(folder: Path, count: int, *, width: int = 20, height: int = 20) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for index in range(count):
            pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{index:03}.png")
        return folder

    return write
