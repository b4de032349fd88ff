"""How features follow a picture that moves, grows and turns."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from training.errors import WorkbenchError
from training.models import Network
from training.preprocess import Preprocess, square
from training.progress import Progress, silent
from training.warps import resample
from viz.network.layers import last_hidden
from viz.store.cache import Arrays, to_arrays

STEPS = 25  # of each transformation
FARTHEST, LARGEST = 60 / 224, 1.8  # of the input's side, and times its size: the paper's


@dataclass(frozen=True)
class Transformation:
    """One way to change a picture, a little or much."""

    words: str
    unit: str  # of its amounts
    amounts: Callable[[int], Sequence[float]]  # for an input of so many pixels
    warp: Callable[[float], np.ndarray]  # (2, 3), see `training.warps`
    none: float  # the amount that changes nothing


def _moved(amount: float) -> np.ndarray:
    return np.array([[1, 0, 0], [0, 1, -amount]], dtype=float)


def _enlarged(amount: float) -> np.ndarray:
    return np.array([[1 / amount, 0, 0], [0, 1 / amount, 0]])


def _turned(amount: float) -> np.ndarray:
    cosine, sine = math.cos(math.radians(amount)), math.sin(math.radians(amount))
    return np.array([[cosine, -sine, 0], [sine, cosine, 0]])


TRANSFORMATIONS: dict[str, Transformation] = {
    "translation": Transformation(
        "moved down",
        "px",
        lambda size: np.linspace(-FARTHEST * size, FARTHEST * size, STEPS).round().tolist(),
        _moved,
        0.0,
    ),
    "scale": Transformation(
        "enlarged", "×", lambda _size: np.linspace(1, LARGEST, STEPS).tolist(), _enlarged, 1.0
    ),
    "rotation": Transformation(
        "turned counterclockwise",
        "°",
        lambda _size: np.linspace(0, 360, STEPS).tolist(),
        _turned,
        0.0,
    ),
}


@dataclass(frozen=True)
class Invariance:
    """What one transformation does to N pictures' features and answers."""

    transformation: str
    amount: Tensor  # (A,)
    layers: tuple[str, ...]  # L of them
    distance: Tensor  # (L, N, A) Euclidean, from the features of the picture as it is
    probability: Tensor  # (N, A) of the picture's class


def borne(found: Invariance, picture: int = 0) -> tuple[float, float]:
    """The amounts between which a picture keeps half of its probability, on both sides of none."""
    values, amounts = found.probability[picture], found.amount
    still = int((amounts - TRANSFORMATIONS[found.transformation].none).abs().argmin())
    kept = (values >= values[still] / 2).tolist()
    least = most = still
    while least > 0 and kept[least - 1]:
        least -= 1
    while most + 1 < len(kept) and kept[most + 1]:
        most += 1
    return float(amounts[least]), float(amounts[most])


@torch.inference_mode()
def invariance(
    network: Network,
    pixels: np.ndarray,
    labels: Sequence[int],
    preprocess: Preprocess,
    transformation: str,
    *,
    layers: Sequence[str] | None = None,
    progress: Progress = silent,
) -> Invariance:
    """Transform each picture step by step and see how far its features go.

    Features of the first layer go far at once, those of the last hidden layer little and evenly:
    the network has learned to bear small changes, though not rotations.

    Args:
        network: In evaluation mode.
        pixels: Stored pictures, (N, S, S, 3) uint8; what lies around them is the ground.
        labels: Of their classes, N of them.
        preprocess: The run's preprocessing.
        transformation: translation, scale or rotation.
        layers: Whose features; the first convolution's and the last hidden layer's by default.
        progress: Told (pictures done, pictures).

    Raises:
        WorkbenchError: If there is no such transformation or layer.

    Source: Zeiler & Fergus 2013, section 4.1 and figure 5.
    """
    if transformation not in TRANSFORMATIONS:
        raise WorkbenchError(
            f"Unknown transformation {transformation!r}. Choose one of: "
            f"{', '.join(TRANSFORMATIONS)}."
        )
    kind, size = TRANSFORMATIONS[transformation], preprocess.size
    layers = tuple(layers or (network.convolutions[0], last_hidden(network)))
    for layer in layers:
        network.require_layer(layer)
    amounts = list(kind.amounts(size))
    steps = np.stack([kind.warp(amount) for amount in [kind.none, *amounts]])
    distances, probabilities = [], []
    for place, label in enumerate(labels):
        images = transformed(preprocess, pixels[place : place + 1], steps).to(network.device)
        found = network.activations(images, [*layers, network.head])
        distances.append(
            torch.stack(
                [(found[layer][1:] - found[layer][:1]).flatten(1).norm(dim=1) for layer in layers]
            )
        )
        probabilities.append(network.probabilities(images[1:])[:, label])
        progress(place + 1, len(labels))
    return Invariance(
        transformation,
        torch.tensor(amounts),
        layers,
        torch.stack(distances, dim=1).cpu(),
        torch.stack(probabilities).cpu(),
    )


def transformed(preprocess: Preprocess, pixels: np.ndarray, warps: np.ndarray) -> Tensor:
    """One stored picture under each of A warps, (A, 3, size, size), normalised.

    Args:
        preprocess: The run's preprocessing.
        pixels: (1, S, S, 3) uint8.
        warps: (A, 2, 3).
    """
    size = preprocess.size
    canvas = preprocess.canvas(pixels, size)  # room to turn and to move in
    colours = preprocess.normalise(canvas, mean=np.zeros(len(preprocess.mean), np.float32))
    seen = resample(colours.expand(len(warps), -1, -1, -1), warps, size)
    # the mean stays where it is: the picture moves
    black = np.zeros((1, preprocess.resize, preprocess.resize, 3), np.uint8)
    return seen + preprocess.from_uint8(black)


def few_steps(preprocess: Preprocess, image: Image.Image, count: int = 4) -> list[Tensor]:
    """For each transformation a few changed versions of a picture, (m, 3, H, W) in [0, 1]."""
    pixels = np.asarray(square(image, preprocess.resize))[None]
    strips = []
    for kind in TRANSFORMATIONS.values():
        amounts = list(kind.amounts(preprocess.size))
        chosen = np.linspace(0, len(amounts) - 1, count).round().astype(int)
        warps = np.stack([kind.warp(amounts[place]) for place in chosen])
        strips.append(preprocess.picture(transformed(preprocess, pixels, warps)))
    return strips


def as_arrays(found: Sequence[Invariance]) -> Arrays:
    """All by name: rotation_distance and so on."""
    return {
        f"{one.transformation}_{name}": array
        for one in found
        for name, array in to_arrays(one).items()
    }


def as_invariances(arrays: Arrays) -> list[Invariance]:
    """The same again.

    Raises:
        LookupError: If anything is missing.
    """
    return [
        Invariance(
            transformation=name,
            amount=torch.from_numpy(arrays[f"{name}_amount"]),
            layers=tuple(arrays[f"{name}_layers"].tolist()),
            distance=torch.from_numpy(arrays[f"{name}_distance"]),
            probability=torch.from_numpy(arrays[f"{name}_probability"]),
        )
        for name in TRANSFORMATIONS
    ]
