"""resume.pt: what training goes on from, besides the weights, followed by its own SHA-256."""

from __future__ import annotations

import hashlib
import io
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

import torch

from training.atomic import replacing
from training.errors import WorkbenchError
from training.guarded import opened

RESUME = "resume.pt"
_SIGN = b"\nfilterscope-sha256:"
_ANEW = "Copy it again from where the run was trained, or train anew with another --run."
_DAMAGE = (RuntimeError, ValueError, LookupError, TypeError, AttributeError, EOFError, OSError)


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write what training goes on from; a crash leaves the former file or the new one."""
    with replacing(path / RESUME) as partial, partial.open("wb") as file:
        hashed = _Hashed(file)
        torch.save(dict(state), cast(BinaryIO, hashed))
        file.write(_SIGN + hashed.digest.hexdigest().encode())


def read_state(path: Path) -> dict[str, Any]:
    """What training goes on from; its `epoch` is a number.

    Raises:
        WorkbenchError: gone, permission, truncated, digest or network.
    """
    file = path / RESUME
    with opened(file, WorkbenchError, within=path) as stream:
        content, sign, digest = stream.read().rpartition(_SIGN)
    is_whole = hashlib.sha256(content).hexdigest().encode() == digest
    if not sign:  # cut short, or of an earlier version
        content, is_whole = digest, True
    try:
        # torch looks at no checksum: a flipped bit would train on without a word
        is_whole = is_whole and zipfile.ZipFile(io.BytesIO(content)).testzip() is None
        saved = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except (*_DAMAGE, pickle.UnpicklingError, zipfile.BadZipFile) as error:
        message = f"{file} cannot be read: it is cut short, damaged or not from training. {_ANEW}"
        raise WorkbenchError(message, code="truncated") from error
    if not is_whole:
        message = f"{file} has been altered since it was written. {_ANEW}"
        raise WorkbenchError(message, code="digest")
    if not isinstance(saved, dict) or type(saved.get("epoch")) is not int or saved["epoch"] < 0:
        raise not_from_here(path)
    return saved


def not_from_here(path: Path) -> WorkbenchError:
    """What to say of a state that does not fit."""
    return WorkbenchError(
        f"{path / RESUME} was written for another network or by another program. {_ANEW}",
        code="network",
    )


class _Hashed:
    """A file to write into, which knows the digest of what was written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def write(self, content: bytes) -> int:
        self.digest.update(content)
        return self._file.write(content)

    def flush(self) -> None:
        self._file.flush()
