"""Outlines of flat shapes as signed distances: negative inside, positive outside.

A distance gives everything that drawing a shape needs: its pixels, an antialiased edge, a rounded
rim and a soft shadow. The formulas use +, −, ×, √ and comparisons only (after Quilez, "2D distance
functions", iquilezles.org), so every machine computes the same.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.floating]
Outline = Callable[[Plane, Plane], Plane]
"""Distances at the points (x, y); x grows to the right, y downwards, the shape is about 2 wide."""


def _disc(x: Plane, y: Plane) -> Plane:
    return np.sqrt(x * x + y * y) - 1


def _ring(x: Plane, y: Plane) -> Plane:
    return np.abs(np.sqrt(x * x + y * y) - 0.74) - 0.26


def _square(x: Plane, y: Plane) -> Plane:
    return np.maximum(np.abs(x), np.abs(y)) - 1


def _cross(x: Plane, y: Plane) -> Plane:
    x, y = np.abs(x), np.abs(y)
    return np.maximum(np.minimum(x, y) - 0.4, np.maximum(x, y) - 1)


def _triangle(x: Plane, y: Plane) -> Plane:
    return np.maximum(0.866 * np.abs(x) - 0.5 * y, y) - 0.5


def _clover(x: Plane, y: Plane) -> Plane:
    x, y = np.abs(x) - 0.45, np.abs(y) - 0.45
    return np.sqrt(x * x + y * y) - 0.55


def _star(x: Plane, y: Plane) -> Plane:
    """Five points: fold the plane into one half of one point, then measure to its edge."""
    cos, sin = 0.80901699, 0.58778525  # of 36 degrees
    x, y = np.abs(x), -y
    beyond = 2 * np.maximum(cos * x - sin * y, 0)
    x, y = x - cos * beyond, y + sin * beyond
    beyond = 2 * np.maximum(-cos * x - sin * y, 0)
    x, y = np.abs(x + cos * beyond), y + sin * beyond - 1
    edge_x, edge_y = 0.48 * sin, 0.48 * cos - 1
    along = np.clip((x * edge_x + y * edge_y) / (edge_x**2 + edge_y**2), 0, 1)
    gap = np.sqrt((x - edge_x * along) ** 2 + (y - edge_y * along) ** 2)
    return np.where(y * edge_x < x * edge_y, -gap, gap)


def _heart(x: Plane, y: Plane) -> Plane:
    x, y = np.abs(x), 0.55 - y
    lobe = np.sqrt((x - 0.25) ** 2 + (y - 0.75) ** 2) - 0.35355339
    along = np.maximum(x + y, 0) / 2
    gap = np.sqrt(np.minimum(x * x + (y - 1) ** 2, (x - along) ** 2 + (y - along) ** 2))
    return np.where(x + y > 1, lobe, np.where(x < y, -gap, gap))


# each outline, and how many of its units make the radius of a disc of the same area: drawn with
# that factor all shapes of one radius cover the same area, and size tells nothing about shape
SHAPES: dict[str, tuple[Outline, float]] = {
    "disc": (_disc, 1.0),
    "ring": (_ring, 1.139),
    "square": (_square, 0.886),
    "cross": (_cross, 1.108),
    "triangle": (_triangle, 1.555),
    "clover": (_clover, 0.953),
    "star": (_star, 1.492),
    "heart": (_heart, 1.876),
}
