"""What the golden arrays are of: tiny runs whose weights and images come from numpy alone.

Weights, images and tables are drawn by numpy's generators, whose numbers are the same on every
machine, not by torch's, whose normal numbers differ in the last bit between kinds of processors.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from training.checkpoints import save_checkpoint
from training.layer_table import append_rows
from training.metrics import METRICS
from training.models import create
from training.preprocess import Preprocess
from training.run_settings import write_settings

CLASSES = ("blue", "green", "price in $", "red")
SIDE, PER_CLASS, EPOCHS = 32, 4, 3
OPTIONS = {"image_size": SIDE, "widths": [6, 8, 8, 8, 6], "hidden": [16, 12]}
OTHER_OPTIONS = {"image_size": SIDE, "widths": [5, 7, 6, 6, 7], "hidden": [10, 9]}
MEAN, SPREAD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
LEARNED = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8")


@dataclass(frozen=True)
class Subject:
    """The paths that cases name, as {run} and so on."""

    run: Path
    """Epochs 0, 1 and 2 with other weights each, metrics.csv and layers.csv."""
    fresh: Path
    """The same weights in a run where nothing is ever mined."""
    other: Path
    """Other widths and other weights, the same images."""
    cropped: Path
    """The first run's weights; images are stored at 40 px, as ten views need them."""
    comparison: Path
    """Two variants, two seeds; the second seed of b has not begun."""
    picture: Path
    """A PNG of 48 x 40 px."""
    parts: Path
    """A table of parts in two validation images and the picture."""


def build(folder: Path, *, channels: int = 3) -> Subject:
    """Make everything in an empty folder; decoded images are to lie there too.

    Args:
        folder: To fill. `FILTERSCOPE_CACHE` is set to a folder in it.
        channels: Of the networks' input: 3, which the golden arrays are of, or 1.
    """
    os.environ["FILTERSCOPE_CACHE"] = str(folder / "cache")
    album = _album(folder / "album")
    grey = {} if channels == 3 else {"channels": channels}
    options, other_options = OPTIONS | grey, OTHER_OPTIONS | grey
    subject = Subject(
        run=_run(folder / "run", album, options, seed=2),
        fresh=_run(folder / "fresh", album, options, seed=2),
        other=_run(folder / "other", album, other_options, seed=1),
        cropped=_run(folder / "cropped", album, options, seed=2, stored=40),
        comparison=_comparison(folder / "comparison", album),
        picture=folder / "picture.png",
        parts=folder / "parts.csv",
    )
    _tables(subject.run)
    Image.fromarray(_picture(np.random.default_rng(7), 2, 40, 48)).save(subject.picture)
    subject.parts.write_text(
        "image,part,left,top,right,bottom\n"
        "3,eye,2,2,9,9\n6,eye,12,14,20,21\npicture.png,eye,20,20,28,27\n"
        "3,ear,20,4,30,12\n6,ear,3,20,13,30\n"
    )
    return subject


def _album(folder: Path) -> Path:
    """4 images of each class in train and val, and where their objects are."""
    generator = np.random.default_rng(0)
    boxes = ["path,x0,y0,x1,y1"]
    for split in ("train", "val"):
        for label, name in enumerate(CLASSES):
            (folder / split / name).mkdir(parents=True)
            for index in range(PER_CLASS):
                pixels = _picture(generator, label, SIDE, SIDE)
                x0, y0 = (int(edge) for edge in generator.integers(0, 12, 2))
                x1, y1 = (int(edge) for edge in generator.integers(18, 31, 2))
                pixels[y0 : y1 + 1, x0 : x1 + 1] //= 2
                Image.fromarray(pixels).save(folder / split / name / f"{index}.png")
                boxes.append(f"{split}/{name}/{index}.png,{x0},{y0},{x1},{y1}")
    (folder / "boxes.csv").write_text("\n".join(boxes))
    return folder


def _picture(generator: np.random.Generator, label: int, height: int, width: int) -> np.ndarray:
    """Noise around a colour of its own and one of its class, (height, width, 3) uint8."""
    colour = generator.integers(0, 120, 3) + 60 * (np.arange(3) == label)
    return (colour + generator.integers(0, 76, (height, width, 3))).astype(np.uint8)


def _run(
    path: Path, album: Path, options: Mapping[str, Any], seed: int, stored: int = SIDE
) -> Path:
    (path / "checkpoints").mkdir(parents=True)
    _settings(path, album, options, stored)
    for epoch in range(EPOCHS):
        save_checkpoint(path, epoch, _weights(options, np.random.default_rng([seed, epoch])))
    return path


def _settings(path: Path, album: Path, options: Mapping[str, Any], stored: int = SIDE) -> None:
    write_settings(
        path,
        model="alexnet-small",
        options=options,
        classes=CLASSES,
        preprocess=Preprocess.of_colours(
            SIDE, stored, MEAN, SPREAD, channels=options.get("channels", 3)
        ),
        data=f"folder:{album}",
    )


def _weights(options: Mapping[str, Any], generator: np.random.Generator) -> dict[str, Tensor]:
    """Normal weights that keep all layers alive and answers apart, and biases that are not 0."""
    with torch.device("meta"):  # shapes only
        shapes = {
            name: tuple(weight.shape)
            for name, weight in create("alexnet-small", len(CLASSES), **options)
            .state_dict()
            .items()
        }
    weights = {}
    for name, shape in shapes.items():
        fan_in = int(np.prod(shape[1:]))
        spread = 0.1 if len(shape) == 1 else 2 / np.sqrt(fan_in)
        drawn = spread * generator.standard_normal(shape)
        weights[name] = torch.from_numpy(drawn.astype(np.float32))
    return weights


def _tables(run: Path) -> None:
    """metrics.csv and layers.csv, three rows each an epoch and layer."""
    generator = np.random.default_rng(3)
    lines = [",".join(METRICS)]
    for epoch in (1, 2, 3):
        numbers = generator.random(len(METRICS) - 1).round(6)
        lines.append(",".join(map(str, [epoch, *numbers])))
        rows: list[dict[str, Any]] = [
            {
                "epoch": epoch,
                "layer": layer,
                "weight_norm": norm,
                "gradient_norm": norm / 10,
                "update_norm": norm / 1000,
                "update_ratio": 0.001,
            }
            for layer, norm in zip(LEARNED, generator.random(len(LEARNED)).round(6), strict=True)
        ]
        rows += [{"epoch": epoch, "layer": "relu1", "dead": 0.25 / epoch}]
        append_rows(run / "layers.csv", rows)
    (run / "metrics.csv").write_text("\n".join([*lines, ""]))


def _comparison(path: Path, album: Path) -> Path:
    errors: dict[tuple[str, int], Sequence[float]] = {
        ("a", 0): [0.9, 0.5],
        ("a", 1): [0.7, 0.4],
        ("b", 0): [0.8],
    }
    for (variant, seed), by_epoch in errors.items():
        place = path / f"{variant}-seed{seed}"
        place.mkdir(parents=True)
        _settings(place, album, OPTIONS)
        rows = [
            f"{epoch},1.0,{error / 2},1.0,{1 - error},1.0,0.1,5.0,10.0"
            for epoch, error in enumerate(by_epoch, 1)
        ]
        (place / "metrics.csv").write_text("\n".join([",".join(METRICS), *rows, ""]))
    recipe = {
        "variants": {"a": {}, "b": {}},
        "seeds": [0, 1],
        "measure": "epochs_to_train_error",
        "also": [],
        "until": 0.25,
    }
    words = {"title": "Two", "claim": "", "paper": {"a": "6 epochs"}, "chosen": {}}
    (path / "comparison.json").write_text(json.dumps({"format": 1, "recipe": recipe, **words}))
    return path
