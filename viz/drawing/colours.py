"""Colours: of classes, the same class the same on every figure, and of signed values."""

from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_hex

from viz.drawing.style import AMOUNT, SIGNED

# Okabe & Ito 2008, safe for colour-blind eyes; their black is our ink, so it is left out
OKABE_ITO = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")
GOLDEN_ANGLE = 137.508  # degrees: neighbouring numbers get distant hues, however many there are
LIGHTNESS = (0.72, 0.48, 0.86, 0.60)  # steps that eyes which miss the hue still tell apart


def class_colour(index: int) -> str:
    """The colour of a class, as #rrggbb; any number of classes."""
    if index < len(OKABE_ITO):
        return OKABE_ITO[index]
    step = index - len(OKABE_ITO)
    return _from_oklch(LIGHTNESS[step % 4], 0.11, (20 + step * GOLDEN_ANGLE) % 360)


def class_colours(indices: Iterable[int]) -> np.ndarray:
    """The colours of many classes, (n, 3) in [0, 1]."""
    colours = [class_colour(index) for index in indices]
    return np.array(
        [[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] for colour in colours]
    ).reshape(-1, 3)


def signed_colours(values: np.ndarray, high: float) -> np.ndarray:
    """(..., 3) in [0, 1]: red above zero, blue below, the ends of the scale at ±high."""
    colours: np.ndarray = colormaps[SIGNED](0.5 + values / (2 * high or 1))[..., :3]
    return colours


def _from_oklch(lightness: float, chroma: float, hue: float) -> str:
    """Björn Ottosson's Oklab (2020) in polar form to sRGB, clipped to what a screen shows."""
    a, b = chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))
    cones = np.array(
        [
            lightness + 0.3963377774 * a + 0.2158037573 * b,
            lightness - 0.1055613458 * a - 0.0638541728 * b,
            lightness - 0.0894841775 * a - 1.2914855480 * b,
        ]
    )
    to_linear = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = (to_linear @ cones**3).clip(0, 1)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * value):02x}" for value in srgb)


def by_depth(layers: Sequence[str]) -> list[str]:
    """From dark to light with depth: neighbours look alike, and the order shows.

    The ends of the scale are left out, which a dark or a light page would swallow.
    """
    places = np.linspace(0.2, 0.88, max(len(layers), 2))[: len(layers)]
    return [to_hex(colormaps[AMOUNT](place)) for place in places]
