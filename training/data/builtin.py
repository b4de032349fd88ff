"""The built-in data set: enamelled pieces on cloth, stone, sky and wood, drawn from a seed.

A class is a conjunction of shape, stripes (direction and width) and a pair of opposed colours. Each
cue alone is shared by several classes, and the background and the clutter around the object carry
the same cues, so only their combination decides.

Every pixel is made in single precision with +, −, ×, ÷, √, floor and comparisons alone, which IEEE
754 rounds alike everywhere: no sine, no matrix product, no normal deviates.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training.data.shapes import SHAPES, Plane
from training.processes import available_cores

VERSION = 2
SIZE = 64
TRAIN_IMAGES, VAL_IMAGES = 5000, 1000
# of the channels in [0, 1], measured on the training pictures of seed 0
MEAN = (0.541, 0.509, 0.479)
STD = (0.1975, 0.174, 0.1675)

# shape, texture and colours of each class: every pair of colours meets every shape and every
# texture once, so each cue belongs to three classes or more, and no two classes share two cues
KINDS = (
    ("ring", "pinstriped", "red-green"),
    ("ring", "hatched", "blue-yellow"),
    ("ring", "barred", "violet-lime"),
    ("star", "banded", "red-green"),
    ("star", "ruled", "blue-yellow"),
    ("star", "slanted", "violet-lime"),
    ("heart", "hatched", "red-green"),
    ("heart", "barred", "blue-yellow"),
    ("heart", "pinstriped", "violet-lime"),
    ("clover", "ruled", "red-green"),
    ("clover", "slanted", "blue-yellow"),
    ("clover", "banded", "violet-lime"),
    ("disc", "barred", "red-green"),
    ("disc", "pinstriped", "blue-yellow"),
    ("disc", "hatched", "violet-lime"),
    ("cross", "slanted", "red-green"),
    ("cross", "banded", "blue-yellow"),
    ("cross", "ruled", "violet-lime"),
)
CLASSES = tuple(f"{colours} {texture} {shape}" for shape, texture, colours in KINDS)

# direction across the stripes in degrees, range of their period in pixels; a flip turns 45 into
# 135, so a class allows both, and conv1 with stride 2 tells periods from 4 px apart
TEXTURES: dict[str, tuple[int, tuple[float, float]]] = {
    "pinstriped": (0, (4.2, 5.3)),
    "barred": (0, (6.8, 8.8)),
    "ruled": (90, (4.2, 5.3)),
    "banded": (90, (6.8, 8.8)),
    "hatched": (45, (4.6, 5.6)),
    "slanted": (45, (7.0, 9.0)),
}

COLOURS: dict[str, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "red-green": ((222, 62, 72), (28, 158, 116)),
    "blue-yellow": ((46, 94, 208), (248, 190, 52)),
    "violet-lime": ((166, 66, 184), (148, 206, 66)),
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

    def draw_from(start: int) -> None:
        chance = np.random.default_rng((*stream, start))
        pictures, inside = _draw_batch(chance, labels[start : start + _BATCH])
        images[start : start + _BATCH] = pictures[: count - start]
        masks[start : start + _BATCH] = inside[: count - start]

    with ThreadPoolExecutor(min(available_cores(), count // _BATCH + 1)) as threads:
        list(threads.map(draw_from, range(0, count, _BATCH)))
    return Drawing(images, labels[:count], masks)


_ROUNDS = 2  # of all classes, drawn at once: as many as fit into the processor's cache
_BATCH = _ROUNDS * len(CLASSES)


def _draw_batch(rng: Generator, labels: NDArray) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Background, clutter, object, light: each laid over what is there."""
    count = len(labels)
    scene = _background(rng, count)
    for _ in range(CLUTTER):
        _lay(scene, _clutter(rng, count))
    inside = _lay(scene, _object(rng, labels))
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


def _object(rng: Generator, labels: NDArray[np.int64]) -> _Pieces:
    shape = np.array([list(SHAPES).index(shape) for shape, _, _ in KINDS])[labels]
    textures = [TEXTURES[texture] for _, texture, _ in KINDS]
    mirrored = rng.choice((-1, 1), len(labels))
    degrees = np.array([degrees for degrees, _ in textures])[labels] * mirrored
    shortest, longest = np.array([periods for _, periods in textures])[labels].T
    period = rng.uniform(shortest, longest)
    tones = np.array([COLOURS[colours] for _, _, colours in KINDS])[labels].transpose(1, 2, 0)
    return _pieces(rng, shape, (11, 19), 12, degrees, period, tones)


def _clutter(rng: Generator, count: int) -> _Pieces:
    """Any shape with any stripes, but the stripes are two tones of one colour."""
    shape = rng.integers(len(SHAPES), size=count)
    degrees, period = rng.uniform(0, 180, count), rng.uniform(3.5, 9, count)
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
    x, y = (rng.uniform(radius + 1, SIZE - radius - 1) for _ in range(2))
    turn = np.radians(rng.uniform(-turn_degrees, turn_degrees, one))
    stripe, period = np.radians(degrees).reshape(one), period.reshape(one)
    # most pieces are brightly coloured and teach quickly; a tail of faded ones stays hard to tell
    fading = 0.92 * rng.uniform(0, 1, len(shape)) ** 3
    faded = tones + (tones.mean(axis=0) - tones) * fading
    played = faded * rng.uniform(0.8, 1.1, (2, 1, len(shape))) + rng.uniform(-18, 18, tones.shape)
    first, second = (_plane(tone[..., None, None] / 255) for tone in played)
    return _Pieces(
        shape=shape,
        centre=(_plane(x), _plane(y)),
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
    bent = 3 * cloud * (waves > 0)  # wood grain follows the clouds, threads run straight
    warp = _ripple(along * x + across * y + bent) - 0.5
    weft = _ripple(along * y - across * x) - 0.5
    mixture += waves * warp + 0.5 * weave * (warp + weft)
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
