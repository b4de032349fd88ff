"""Expensive results, cached in the run's `derived/` folder, shared by page, command and notebook.

A result belongs to a question: which view, of which weights, on which data, with which settings.
Other weights or settings are another question, so nothing here can grow stale; deleting the
folder loses only time.
"""

import logging
import struct
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from training.atomic import replacing
from training.errors import WorkbenchError

SETTINGS = "settings"  # the array that holds the question
SECOND = "second_"  # before the names of arrays of a second network that is compared with
Arrays = dict[str, np.ndarray]
Result = TypeVar("Result")

DAMAGE = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    EOFError,
    RuntimeError,
    MemoryError,
    SyntaxError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)


def load(folder: Path, name: str, key: str, partial: bool = False) -> Arrays | None:
    """The cached arrays, or None where there are none, they are damaged or of another question.

    Args:
        folder: The run's `derived`.
        name: Of the file, without suffix.
        key: The whole question, as it stands in the file.
        partial: What there is of an answer that is being worked out.
    """
    try:
        with np.load(_file(folder, name, partial), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return arrays if str(arrays.pop(SETTINGS)) == key else None
    except DAMAGE:
        return None


def save(folder: Path, name: str, key: str, arrays: Arrays, partial: bool = False) -> bool:
    """Cache arrays in one step; False, with a line in the log, where that is not possible."""
    try:
        folder.mkdir(exist_ok=True)
        with (
            replacing(_file(folder, name, partial)) as path,
            path.open("wb") as file,  # given a name, numpy would add to it
        ):
            np.savez(file, allow_pickle=False, **{SETTINGS: np.array(key)}, **arrays)
    except (OSError, WorkbenchError) as error:
        logging.getLogger(__name__).warning("The result is not cached. %s", error)
        return False
    return True


def forget(folder: Path, name: str) -> None:
    """Remove the unfinished answer, now that there is a whole one."""
    with suppress(OSError):  # it is never read again once the whole answer is there
        _file(folder, name, partial=True).unlink(missing_ok=True)


def _file(folder: Path, name: str, partial: bool) -> Path:
    return folder / f"{name}{'.partial' if partial else ''}.npz"


def to_arrays(result: Any) -> Arrays:
    """A view's result as arrays by field name."""
    values = {field.name: getattr(result, field.name) for field in fields(result)}
    return {
        name: value.numpy() if isinstance(value, Tensor) else np.array(value)
        for name, value in values.items()
    }


def from_arrays(kind: type[Result], arrays: Mapping[str, np.ndarray]) -> Result:
    """The result again; numbers and words come back as such, several words as a tuple."""
    return kind(**{name: _value(array) for name, array in arrays.items()})


def _value(array: np.ndarray) -> Any:
    if not array.ndim:
        return array.item()
    return tuple(array.tolist()) if array.dtype.kind == "U" else torch.from_numpy(array)
