"""One epoch's weights in one file: it explains itself, holds no code and is never half-written."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from training.atomic import replacing
from training.guarded import opened
from training.tensor_file import (
    CheckpointError,
    Header,
    as_bytes,
    read_header,
    read_tensor,
    write_tensors,
)

__all__ = ["CheckpointError", "check_fit", "checkpoint_path", "digest_of", "load_checkpoint"]
__all__ += ["load_tensor", "save_checkpoint", "stored_digest"]

REMEMBERED = 4_096  # files
AT_REST_S = 0.1  # two writings nearer to each other may bear the same time


def checkpoint_path(run: Path, epoch: float) -> Path:
    """Where an epoch's weights lie in a run folder."""
    return run / "checkpoints" / checkpoint_name(epoch)


def checkpoint_name(epoch: float) -> str:
    """What an epoch's file is called; of a fraction, a float, what was seen within an epoch."""
    number = f"{epoch:08.3f}" if isinstance(epoch, float) else f"{epoch:04d}"
    return f"epoch-{number}.safetensors"


def save_checkpoint(run: Path, epoch: float, weights: Mapping[str, Tensor]) -> Path:
    """Write an epoch's weights; a reader finds the whole file or none."""
    path = checkpoint_path(run, epoch)
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    size = sum(tensor.nbytes for tensor in plain.values())
    with replacing(path, size=size) as partial, partial.open("wb") as file:
        write_tensors(file, plain, {"epoch": str(epoch), "sha256": digest_of(plain)})
    return path


class Kind(Protocol):
    """What a tensor is, whether it is there or only told of."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> torch.dtype: ...


def load_checkpoint(path: Path, expected: Mapping[str, Kind] | None = None) -> dict[str, Tensor]:
    """All weights of a checkpoint, checked against their digest.

    Args:
        path: The file.
        expected: The tensors of the network that they are for; other ones are refused before they
            are read.

    Raises:
        CheckpointError: If the file is missing, damaged, altered or not a checkpoint.
    """
    with _open(path, expected) as (file, header):
        weights = {name: read_tensor(file, at, path.name) for name, at in header.tensors.items()}
    if digest_of(weights) != header.metadata["sha256"]:
        raise _altered(path)
    return weights


def load_tensor(path: Path, name: str, expected: Mapping[str, Kind] | None = None) -> Tensor:
    """One tensor of a checkpoint, without keeping the others.

    The first one costs reading the whole file once, for the digest; as long as the file stays as
    it is, further ones cost their own bytes.

    Raises:
        CheckpointError: If the file is missing, damaged or altered or has no such tensor.
    """
    with _open(path, expected) as (file, header):
        if name not in header.tensors:
            raise CheckpointError(
                f"{path.name} has no tensor {name!r}. It has: {', '.join(header.tensors)}.",
                code="tensor",
            )
        _require_sound(file, path, header, expected)
        found = {name: read_tensor(file, header.tensors[name], path.name)}
    return found[name]


def checked_digest(path: Path, expected: Mapping[str, Kind] | None = None) -> str:
    """The digest of a checkpoint that `load_checkpoint` would take; its weights are not kept."""
    known = _known(path)
    if known is None or not known.is_sound or known.fits is not expected:
        with _open(path, expected) as (file, header):
            _require_sound(file, path, header, expected)
        return header.metadata["sha256"]
    return known.header.metadata["sha256"]


def stored_digest(path: Path) -> str:
    """The weights' SHA-256 as written in the checkpoint, hex; reads the header only."""
    known = _known(path)
    if known is None:
        with _open(path) as (_file, header):
            return header.metadata["sha256"]
    return known.header.metadata["sha256"]


def digest_of(weights: Mapping[str, Tensor]) -> str:
    """SHA-256 over names, shapes, types and bytes of the tensors, hex."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        tensor = weights[name].contiguous()
        digest.update(_title(name, tensor))
        digest.update(as_bytes(tensor))
    return digest.hexdigest()


def check_fit(found: Mapping[str, Kind], expected: Mapping[str, Kind], file: str) -> None:
    """Refuse weights that are not this network's, naming the first layer that differs.

    Raises:
        CheckpointError: If names or shapes differ.
    """
    missing = [name for name in expected if name not in found]
    extra = [name for name in found if name not in expected]
    if missing or extra:
        parts = [f"lacks {', '.join(missing[:3])}"] * bool(missing)
        parts += [f"has {', '.join(extra[:3])}, which the network has not"] * bool(extra)
        raise CheckpointError(
            f"{file} belongs to another network: it {' and '.join(parts)}.", code="network"
        )
    for name, tensor in expected.items():
        if tuple(found[name].shape) != tuple(tensor.shape):
            raise CheckpointError(
                f"{file} belongs to another network: {name} is {tuple(found[name].shape)}, "
                f"expected {tuple(tensor.shape)}.",
                code="network",
            )


def _check_types(found: Mapping[str, Kind], expected: Mapping[str, Kind], file: str) -> None:
    for name, tensor in expected.items():
        if found[name].dtype != tensor.dtype:
            raise CheckpointError(
                f"{file} cannot be computed with: {name} is {_word(found[name].dtype)}, expected "
                f"{_word(tensor.dtype)}. Import the weights anew: python -m training import.",
                code="dtype",
            )


@contextmanager
def _open(
    path: Path, expected: Mapping[str, Kind] | None = None
) -> Iterator[tuple[BufferedReader, Header]]:
    """The open file and its header, after checks that cost no more than reading that.

    What was read in the block counts only if the file stayed as it was meanwhile.
    """
    known = _known(path)
    within = path.parent.parent if known is None else None  # asked once as long as it stays
    with opened(path, CheckpointError, within=within) as file:
        state = _State.of(os.fstat(file.fileno()))
        if known is not None and known.state != state:
            known = None
        header = _checked_header(file, path) if known is None else known.header
        if expected is not None and (known is None or known.fits is not expected):
            check_fit(header.tensors, expected, path.name)
            _check_types(header.tensors, expected, path.name)
        yield file, header
        if _State.of(os.fstat(file.fileno())) != state:
            raise CheckpointError(
                f"{path.name} was written over while it was being read. Look again.",
                code="changed",
            )


def _checked_header(file: BufferedReader, path: Path) -> Header:
    header = read_header(file, path.name)
    epoch, digest = (header.metadata.get(name, "") for name in ("epoch", "sha256"))
    if not epoch and not digest:
        raise CheckpointError(
            f"{path.name} was not written by Filterscope. To look inside other people's weights, "
            "make a run of them: python -m training import FILE --model NAME --run RUN.",
            code="foreign",
        )
    is_epoch = re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,3})?", epoch)
    if not is_epoch or not re.fullmatch("[0-9a-f]{64}", digest):
        raise CheckpointError(
            f"{path.name} does not say in its header which epoch it holds, and its SHA-256.",
            code="header",
        )
    number = float(epoch) if "." in epoch else int(epoch)
    if checkpoint_name(number) != path.name:
        raise CheckpointError(
            f"{path.name} holds the weights of epoch {number}: it was renamed. "
            "Give it its name back.",
            code="renamed",
        )
    return header


@dataclass(frozen=True, slots=True)
class _State:
    """What changes when a file is written: as long as this stays, so does its content."""

    size: int
    modified: int  # ns
    changed: int  # ns; no program can set it
    inode: int

    @classmethod
    def of(cls, found: os.stat_result) -> _State:
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)

    @property
    def is_at_rest(self) -> bool:
        return abs(time.time_ns() - max(self.modified, self.changed)) > AT_REST_S * 1e9


@dataclass(frozen=True, slots=True)
class _Verdict:
    state: _State
    header: Header
    is_sound: bool
    fits: Mapping[str, Kind] | None  # the tensors of the network that it was held against last


_verdicts: dict[Path, _Verdict] = {}  # of files whose whole content was read, oldest first


def _known(path: Path) -> _Verdict | None:
    """What was found when the file was read, as long as it stays as it is."""
    known = _verdicts.get(path)
    if known is None:
        return None
    try:
        return known if _State.of(path.stat()) == known.state else None
    except OSError:
        return None


def _require_sound(
    file: BufferedReader, path: Path, header: Header, expected: Mapping[str, Kind] | None
) -> None:
    """Hold the file's content against its digest, once as long as it stays as it is."""
    state, known = _State.of(os.fstat(file.fileno())), _verdicts.get(path)
    is_at_rest = state.is_at_rest  # asked before reading: a change meanwhile changes the state
    if known is not None and known.state == state:
        is_sound = known.is_sound
    else:
        is_sound = _digest_in(file, header, path) == header.metadata["sha256"]
    if is_at_rest:
        while len(_verdicts) >= REMEMBERED:
            _verdicts.pop(next(iter(_verdicts)), None)
        _verdicts[path] = _Verdict(state, header, is_sound, expected)
    if not is_sound:
        raise _altered(path)


def _digest_in(file: BufferedReader, header: Header, path: Path) -> str:
    """As `digest_of` the file's tensors, one of them in memory at a time."""
    digest = hashlib.sha256()
    for name in sorted(header.tensors):
        tensor = read_tensor(file, header.tensors[name], path.name)
        digest.update(_title(name, tensor))
        digest.update(as_bytes(tensor))
    return digest.hexdigest()


def _title(name: str, tensor: Kind) -> bytes:
    return f"{name} {tuple(tensor.shape)} {tensor.dtype}\n".encode()


def _altered(path: Path) -> CheckpointError:
    return CheckpointError(
        f"{path.name} has been altered since it was written: its digest does not match. "
        "Copy it again from where it was made, or look at another epoch.",
        code="digest",
    )


def _word(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
