"""run.json and the mean image beside it: what opens a run, read strictly and written whole."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.atomic import replacing, write_text
from training.errors import WorkbenchError
from training.preprocess import Preprocess

FORMAT = 1
MEAN_IMAGE = "mean.npy"


class RunError(WorkbenchError):
    """A folder that cannot be opened as a run or as a comparison."""


def read_settings(path: Path, *, what: str, newest: int, missing: str) -> dict[str, Any]:
    """The JSON object that describes a folder.

    Args:
        path: The file.
        what: It describes: run or comparison.
        newest: The highest format that can be read.
        missing: What to say where there is no such file.

    Raises:
        RunError: If it is missing, damaged or of a newer version.
    """
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version = int(config["format"])
    except FileNotFoundError as error:
        raise RunError(missing) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path} cannot be read: {error}.") from error
    if version > newest:
        raise RunError(
            f"{path.parent} was written by a newer Filterscope ({what} format {version}, this one "
            f"reads up to {newest}). Update Filterscope to open it."
        )
    return config


def write_settings(
    path: Path,
    *,
    model: str,
    options: Mapping[str, Any],
    classes: Sequence[str],
    preprocess: Preprocess,
    data: str | None,
    **rest: Any,
) -> None:
    """Write a run's run.json, after the mean image if it has one."""
    if preprocess.mean_image is not None:
        with replacing(path / MEAN_IMAGE) as partial, partial.open("wb") as file:
            np.save(file, preprocess.mean_image, allow_pickle=False)
    settings = {
        "format": FORMAT,
        "model": model,
        "options": options,
        "data": data,
        "preprocess": {
            "size": preprocess.size,
            "resize": preprocess.resize,
            "mean": preprocess.mean,
            "std": preprocess.std,
            "mean_image": preprocess.mean_image is not None,
            "channels": preprocess.channels,
            "mix": preprocess.mix,
        },
        "classes": list(classes),
        **rest,
    }
    write_text(path / "run.json", json.dumps(settings, indent=2) + "\n")


def read_mean_image(path: Path, side: int, channels: int = 3) -> np.ndarray:
    """The mean image of a run, (side, side, channels) float32 in [0, 1].

    Raises:
        RunError: If the file is missing, damaged or of another size.
    """
    try:
        mean_image = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise RunError(
            f"{path} cannot be read ({error}). It holds the mean image that is subtracted from "
            "every input: copy it again from where the run was trained."
        ) from error
    if mean_image.shape != (side, side, channels) or mean_image.dtype != np.float32:
        raise RunError(
            f"{path} holds {mean_image.dtype} of shape {mean_image.shape}; run.json says float32 "
            f"of ({side}, {side}, {channels}). It belongs to another run."
        )
    return mean_image
