from collections.abc import Callable

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text


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
