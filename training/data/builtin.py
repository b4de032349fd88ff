"""The built-in data set: enamelled pieces on cloth, stone, sky and wood, drawn from a seed.

A class is a conjunction of shape, stripes (direction and width) and a pair of opposed colours. The
classes come in families in which every cue alone is shared by several of them, and the background
and the clutter around the object carry all the same cues, so only their combination decides.

Every pixel is made with +, −, ×, ÷, √, floor and comparisons alone, which IEEE 754 rounds alike
everywhere: no sine, no matrix product, no normal deviates.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Plane = NDArray[np.floating]  # single precision throughout

VERSION = 1
SIZE = 64
TRAIN_IMAGES, VAL_IMAGES = 5000, 1000
MEAN = (0.539, 0.512, 0.484)  # of the training pictures drawn with seed 0, in [0, 1]
STD = (0.204, 0.179, 0.172)

# direction of the stripes in degrees (flips turn 45 into 135, so a class allows both) and period in
# pixels; conv1 with stride 2 resolves periods from 4 px
TEXTURES: dict[str, tuple[int, float]] = {
    "pinstriped": (0, 4.6),
    "barred": (0, 8.0),
    "ruled": (90, 4.6),
    "banded": (90, 8.0),
    "hatched": (45, 4.6),
    "slanted": (45, 8.0),
}

COLOURS: dict[str, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "red-green": ((222, 62, 72), (28, 158, 116)),
    "blue-yellow": ((52, 92, 204), (244, 196, 62)),
    "violet-lime": ((148, 70, 190), (160, 204, 70)),
}

# muted grounds, light to dark, through all hues
GROUNDS = (
    (236, 226, 208), (214, 196, 170), (178, 150, 120), (122, 98, 82), (70, 60, 62),
    (206, 216, 224), (150, 172, 190), (96, 116, 140), (52, 66, 92), (184, 190, 160),
    (120, 140, 108), (72, 96, 84), (226, 190, 176), (186, 130, 120), (128, 84, 98),
)  # fmt: skip

# how strongly each material shows large clouds, fine grain, long waves and a weave
MATERIALS: dict[str, tuple[float, float, float, float]] = {
    "sky": (1.0, 0.15, 0.0, 0.0),
    "stone": (0.5, 0.7, 0.0, 0.0),
    "cloth": (0.3, 0.15, 0.0, 0.7),
    "wood": (0.3, 0.15, 0.7, 0.0),
}

CLUTTER = 3  # pieces beside the object


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
    x, y = np.abs(x) - 0.5, np.abs(y) - 0.5
    return np.sqrt(x * x + y * y) - 0.5


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


# signed distance to the outline, negative inside, in units of the shape; and how many of its units
# make the radius of a disc of the same area, so that size tells nothing about the class
SHAPES: dict[str, tuple[Callable[[Plane, Plane], Plane], float]] = {
    "disc": (_disc, 1.0),
    "ring": (_ring, 1.139),
    "square": (_square, 0.886),
    "cross": (_cross, 1.108),
    "triangle": (_triangle, 1.555),
    "clover": (_clover, 1.0),
    "star": (_star, 1.492),
    "heart": (_heart, 1.876),
}

# a family is every combination of its shapes, textures and colours
FAMILIES = (
    (("ring", "star"), ("pinstriped", "ruled"), ("red-green", "blue-yellow")),
    (("heart", "clover"), ("hatched", "slanted"), ("blue-yellow", "violet-lime")),
)

# (shape, texture, colours) of each class
KINDS = tuple(kind for family in FAMILIES for kind in product(*family))
CLASSES = tuple(f"{colours} {texture} {shape}" for shape, texture, colours in KINDS)


@dataclass(frozen=True)
class Drawing:
    """Pictures with their classes and the exact pixels of their objects."""

    images: NDArray[np.uint8]  # (N, 64, 64, 3)
    labels: NDArray[np.int64]  # (N,) index into CLASSES
    masks: NDArray[np.bool_]  # (N, 64, 64)


def draw(split: Literal["train", "val"], *, seed: int = 0, count: int | None = None) -> Drawing:
    """Draw the first `count` pictures of a split (all of them by default).

    The same split and seed give the same bytes, a smaller count gives the beginning of the same
    sequence, and any stretch of len(CLASSES) pictures from a multiple of it holds each class once.
    """
    if count is None:
        count = TRAIN_IMAGES if split == "train" else VAL_IMAGES
    stream = (seed, ("train", "val").index(split))
    rounds = np.tile(np.arange(len(CLASSES)), (_ROUNDS * -(-count // _BATCH), 1))
    labels = np.random.default_rng(stream).permuted(rounds, axis=1).ravel()
    images = np.empty((count, SIZE, SIZE, 3), np.uint8)
    masks = np.empty((count, SIZE, SIZE), bool)
    for start in range(0, count, _BATCH):
        chance = np.random.default_rng((*stream, start))
        pictures, inside = _draw_batch(chance, labels[start : start + _BATCH])
        images[start : start + _BATCH] = pictures[: count - start]
        masks[start : start + _BATCH] = inside[: count - start]
    return Drawing(images, labels[:count], masks)


_ROUNDS = 2  # of all classes, drawn at once: as many as fit into the processor's cache
_BATCH = _ROUNDS * len(CLASSES)


def _draw_batch(rng: Generator, labels: NDArray) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Background, clutter, object, light: each laid over what is there."""
    count = len(labels)
    scene = _background(rng, count)
    for _ in range(CLUTTER):
        _lay(scene, _clutter(rng, count))
    piece = _object(rng, labels)
    inside = _lay(scene, piece)
    _light(scene, rng)
    pixels = np.clip(scene * 255 + 0.5, 0, 255).astype(np.uint8)
    return pixels.transpose(1, 2, 3, 0), inside


# ---- pieces -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Pieces:
    """One piece for each picture. Numbers are (N, 1, 1), colours (3, N, 1, 1), lengths pixels."""

    shape: NDArray[np.int64]  # (N,) index into SHAPES
    centre: tuple[Plane, Plane]  # x, y
    radius: Plane
    turn: tuple[Plane, Plane]  # cosine, sine
    stripe: tuple[Plane, Plane]  # step of the stripes' phase for each pixel in x and y of the piece
    phase: Plane
    tones: tuple[Plane, Plane]

    def coordinates(self, shift: float = 0.0) -> tuple[Plane, Plane]:
        """Where each pixel lies, seen from the piece when moved down and right by `shift`."""
        x, y = _PIXELS[None, None, :] - self.centre[0], _PIXELS[None, :, None] - self.centre[1]
        x, y = x - np.float32(shift), y - np.float32(shift)
        cos, sin = self.turn
        return cos * x + sin * y, cos * y - sin * x

    def distance(self, x: Plane, y: Plane) -> Plane:
        """Pixels to the outline, negative inside, (N, H, W)."""
        distance = np.empty_like(x)
        for index, (outline, reach) in enumerate(SHAPES.values()):
            chosen = self.shape == index
            if chosen.any():
                unit = self.radius[chosen] * np.float32(reach)
                distance[chosen] = outline(x[chosen] / unit, y[chosen] / unit) * unit
        return distance


def _object(rng: Generator, labels: NDArray) -> _Pieces:
    shape = np.array([list(SHAPES).index(kind[0]) for kind in KINDS])[labels]
    degrees = np.array([TEXTURES[kind[1]][0] for kind in KINDS])[labels][:, None, None]
    period = np.array([TEXTURES[kind[1]][1] for kind in KINDS])[labels][:, None, None]
    tones = np.array([COLOURS[kind[2]] for kind in KINDS])[labels].transpose(1, 2, 0)
    degrees = degrees * rng.choice([-1, 1], degrees.shape)
    period = period * rng.uniform(0.92, 1.08, period.shape)
    return _pieces(rng, shape, (10, 17), 12, degrees, period, tones)


def _clutter(rng: Generator, count: int) -> _Pieces:
    """Any shape with any stripes, but the stripes are two tones of one colour."""
    shape = rng.integers(len(SHAPES), size=count)
    degrees, period = rng.uniform(0, 180, (count, 1, 1)), rng.uniform(3.5, 9, (count, 1, 1))
    palette = np.array([tone for pair in COLOURS.values() for tone in pair])
    tone = palette[rng.integers(len(palette), size=count)]
    darker = tone * rng.uniform(0.55, 1, (count, 1))
    return _pieces(rng, shape, (4, 11), 180, degrees, period, np.stack([tone.T, darker.T]))


def _pieces(
    rng: Generator,
    shape: NDArray,
    radii: tuple[float, float],
    turn_degrees: float,
    degrees: NDArray,
    period: NDArray,
    tones: NDArray,
) -> _Pieces:
    """Give pieces a place, a size, a turn and a little play in their colours (2, 3, N)."""
    one = (len(shape), 1, 1)
    radius = rng.uniform(*radii, one)
    centre = [rng.uniform(radius + 1, SIZE - radius - 1) for _ in range(2)]
    turn, stripe = np.radians(rng.uniform(-turn_degrees, turn_degrees, one)), np.radians(degrees)
    played = tones * rng.uniform(0.8, 1.1, (2, 1, len(shape))) + rng.uniform(-18, 18, tones.shape)
    first, second = (_plane(tone[:, :, None, None] / 255) for tone in played)
    return _Pieces(
        shape=shape,
        centre=(_plane(centre[0]), _plane(centre[1])),
        radius=_plane(radius),
        turn=(_plane(np.cos(turn)), _plane(np.sin(turn))),
        stripe=(_plane(np.cos(stripe) / period), _plane(np.sin(stripe) / period)),
        phase=_plane(rng.uniform(0, 1, one)),
        tones=(first, second),
    )


def _lay(scene: Plane, pieces: _Pieces) -> NDArray[np.bool_]:
    """Lay one piece with its soft shadow onto each picture; the pixels it covers, (N, H, W)."""
    shadow = pieces.distance(*pieces.coordinates(shift=1.8))
    scene *= 1 - 0.45 * _smooth(0.5 - shadow / 6)
    x, y = pieces.coordinates()
    distance = pieces.distance(x, y)
    first, second = pieces.tones
    stripes = _ripple(x * pieces.stripe[0] + y * pieces.stripe[1] + pieces.phase)
    enamel = first + (second - first) * stripes
    enamel *= 1 - 0.35 * _smooth(1.2 + distance / 2)  # the edge turns away from the light
    enamel *= 1.04 - 0.12 * (x + y) / pieces.radius
    scene += np.clip(0.5 - distance, 0, 1) * (enamel - scene)
    return distance <= 0


# ---- background and light -----------------------------------------------------------------------


def _background(rng: Generator, count: int) -> Plane:
    """Two muted colours mixed by clouds, grain, waves and weave, (3, N, H, W)."""
    one = (count, 1, 1)
    recipe = np.array(list(MATERIALS.values()))[rng.integers(len(MATERIALS), size=count)]
    clouds, grain, waves, weave = _plane(recipe.T[:, :, None, None] * rng.uniform(0.6, 1.2, one))
    cloud = _noise(rng, count, 4)
    mixture = 0.5 + clouds * (cloud - 0.5)
    mixture += grain * (0.6 * _noise(rng, count, 12) + 0.6 * _noise(rng, count, 30) - 0.6)
    angle, period = np.radians(rng.uniform(0, 180, one)), rng.uniform(3.5, 9, one)
    along, across = _plane(np.cos(angle) / period), _plane(np.sin(angle) / period)
    x, y = _PIXELS[None, None, :], _PIXELS[None, :, None]
    warp = 3 * cloud
    warp_thread = _ripple(along * x + across * y + warp * (waves > 0)) - 0.5
    weft_thread = _ripple(along * y - across * x) - 0.5
    mixture += (waves + 0.5 * weave) * warp_thread + 0.5 * weave * weft_thread
    first, second = (
        _plane(np.array(GROUNDS)[rng.integers(len(GROUNDS), size=count)].T[..., None, None] / 255)
        for _ in range(2)
    )
    return first + (second - first) * np.clip(mixture, 0, 1)


def _light(scene: Plane, rng: Generator) -> None:
    """Light from one side, and the grain of the film."""
    one = (scene.shape[1], 1, 1)
    slope_x, slope_y = _plane(rng.uniform(-0.3, 0.3, (2, *one)) / SIZE)
    x, y = _PIXELS[None, None, :] - SIZE / 2, _PIXELS[None, :, None] - SIZE / 2
    scene *= 1 + slope_x * x + slope_y * y
    scene += np.float32(0.04) * (rng.random(scene.shape[1:], np.float32) - np.float32(0.5))


def _noise(rng: Generator, count: int, cells: int) -> Plane:
    """Random heights on a grid of cells × cells, joined smoothly, (N, H, W) in [0, 1]."""
    heights = rng.random((count, cells + 1, cells + 1), np.float32)
    place = _PIXELS * np.float32(cells / SIZE)
    cell = place.astype(np.int64)
    part = _smooth(place - np.floor(place))
    above, below = heights.take(cell, axis=1), heights.take(cell + 1, axis=1)
    rows = above + part[:, None] * (below - above)
    left, right = rows.take(cell, axis=2), rows.take(cell + 1, axis=2)
    return left + part * (right - left)


# ---- arithmetic ---------------------------------------------------------------------------------

_PIXELS = np.arange(SIZE, dtype=np.float32) + np.float32(0.5)  # their centres


def _plane(numbers: NDArray) -> Plane:
    # in C order: numpy hands the memory layout of its operands down to every result
    return np.ascontiguousarray(numbers, np.float32)


def _smooth(ramp: Plane) -> Plane:
    """0 below 0, 1 above 1, without a corner between."""
    ramp = np.clip(ramp, 0, 1)
    return ramp * ramp * (3 - 2 * ramp)


def _ripple(phase: Plane) -> Plane:
    """A wave between 0 and 1 with period 1: a cosine's look at a polynomial's price."""
    return _smooth(np.abs(2 * (phase - np.floor(phase)) - 1))
