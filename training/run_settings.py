"""run.json and the mean image beside it: what opens a run, read strictly and written whole."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from training.atomic import replacing, write_text
from training.errors import WorkbenchError
from training.guarded import opened, parse_json, read_text
from training.preprocess import Preprocess
from training.settings import Range, checked

FORMAT = 1
MEAN_IMAGE = "mean.npy"
LONGEST_NPY_HEADER = 4_096  # bytes


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
    text = read_text(path, RunError, within=path.parent, missing=missing)
    config = parse_json(text, path, RunError)
    try:
        version = checked("format", Annotated[int, Range(1)], config.get("format"))
    except WorkbenchError as error:
        raise RunError(f"{path} cannot be read: {error}", code="field") from error
    if version > newest:
        raise RunError(
            f"{path.parent} was written by a newer Filterscope ({what} format {version}, this one "
            f"reads up to {newest}). Update Filterscope to open it.",
            code="newer",
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
    of_mean_image: dict[str, Any] = {"mean_image": preprocess.mean_image is not None}
    if preprocess.mean_image is not None:
        with replacing(path / MEAN_IMAGE) as partial, partial.open("wb") as file:
            np.save(file, preprocess.mean_image, allow_pickle=False)
        of_mean_image["mean_image_sha256"] = _digest(preprocess.mean_image)
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
            **of_mean_image,
            "channels": preprocess.channels,
            "mix": preprocess.mix,
        },
        "classes": list(classes),
        **rest,
    }
    write_text(path / "run.json", json.dumps(settings, indent=2) + "\n")


def read_mean_image(
    path: Path, side: int, channels: int = 3, digest: str | None = None
) -> np.ndarray:
    """The mean image of a run, (side, side, channels) float32 in [0, 1].

    Args:
        path: The file.
        side: What run.json says of it, px.
        channels: Likewise, 3 or 1.
        digest: The SHA-256 of its numbers, hex, where run.json has one.

    Raises:
        RunError: If the file is missing, damaged, altered or of another size.
    """
    way_on = (
        "It holds the mean image that is subtracted from every input: copy it again from where the "
        "run was trained."
    )
    missing = f"{path} cannot be read (it is gone). {way_on}"
    most = 4 * 3 * side * side + LONGEST_NPY_HEADER
    try:
        with opened(path, RunError, within=path.parent, missing=missing) as file:
            mean_image = np.lib.format.read_array(io.BytesIO(file.read(most)), allow_pickle=False)
    except (ValueError, EOFError, MemoryError, RecursionError, SyntaxError) as error:
        raise RunError(f"{path} cannot be read ({error}). {way_on}", code="truncated") from error
    if mean_image.shape != (side, side, channels) or mean_image.dtype != np.float32:
        raise RunError(
            f"{path} holds {mean_image.dtype} of shape {mean_image.shape}; run.json says float32 "
            f"of ({side}, {side}, {channels}). It belongs to another run.",
            code="network",
        )
    if not np.isfinite(mean_image).all() or (digest and _digest(mean_image) != digest):
        raise RunError(f"{path} has been altered since it was written. {way_on}", code="digest")
    return mean_image


def _digest(mean_image: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(mean_image).tobytes()).hexdigest()
