"""One epoch's weights in one file: it explains itself, holds no code and is never half-written."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load as load_bytes
from safetensors.torch import save_file
from torch import Tensor

from training.atomic import replacing
from training.errors import WorkbenchError

_LARGEST_HEADER = 16 * 2**20  # bytes; a network of ten thousand tensors needs about one million


class CheckpointError(WorkbenchError):
    """A checkpoint that cannot be used; its neighbours may be."""


def checkpoint_path(run: Path, epoch: int) -> Path:
    """Where an epoch's weights lie in a run folder."""
    return run / "checkpoints" / f"epoch-{epoch:04d}.safetensors"


def save_checkpoint(run: Path, epoch: int, weights: Mapping[str, Tensor]) -> Path:
    """Write an epoch's weights; a reader finds the whole file or none."""
    path = checkpoint_path(run, epoch)
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    with replacing(path) as partial:
        save_file(plain, partial, metadata={"epoch": str(epoch), "sha256": digest_of(plain)})
    return path


def load_checkpoint(path: Path) -> dict[str, Tensor]:
    """All weights of a checkpoint, checked against their digest.

    The file is read, not mapped: cutting it short while it is in use cannot hurt the reader.

    Raises:
        CheckpointError: If the file is missing, damaged, altered or not a checkpoint.
    """
    epoch_and_digest = _metadata(path)
    try:
        weights = load_bytes(path.read_bytes())
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{path.name} is damaged and cannot be read: {error}.") from error
    if digest_of(weights) != epoch_and_digest["sha256"]:
        raise CheckpointError(
            f"{path.name} has been altered since it was written: its digest does not match. "
            "Copy it again or resume the run from an earlier epoch."
        )
    return weights


def check_fit(found: Mapping[str, Tensor], expected: Mapping[str, Tensor], file: str) -> None:
    """Refuse weights that are not this network's, naming the first layer that differs.

    Raises:
        CheckpointError: If names or shapes differ.
    """
    missing = [name for name in expected if name not in found]
    extra = [name for name in found if name not in expected]
    if missing or extra:
        parts = [f"lacks {', '.join(missing[:3])}"] * bool(missing)
        parts += [f"has {', '.join(extra[:3])}, which the network has not"] * bool(extra)
        raise CheckpointError(f"{file} belongs to another network: it {' and '.join(parts)}.")
    for name, tensor in expected.items():
        if found[name].shape != tensor.shape:
            raise CheckpointError(
                f"{file} belongs to another network: {name} is {tuple(found[name].shape)}, "
                f"expected {tuple(tensor.shape)}."
            )


def load_tensor(path: Path, name: str) -> Tensor:
    """One tensor of a checkpoint, without reading the others.

    Raises:
        CheckpointError: If the file is damaged or has no such tensor.
    """
    _metadata(path)
    try:
        with safe_open(path, framework="pt") as file:
            if name not in file.keys():  # noqa: SIM118  (not a dict)
                raise CheckpointError(
                    f"{path.name} has no tensor {name!r}. It has: {', '.join(file.keys())}."
                )
            return file.get_tensor(name).clone()
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path.name} is damaged and cannot be read: {error}.") from error


def stored_digest(path: Path) -> str:
    """The weights' SHA-256 as written in the checkpoint, hex; reads the header only."""
    return _metadata(path)["sha256"]


def digest_of(weights: Mapping[str, Tensor]) -> str:
    """SHA-256 over names, shapes, types and bytes of the tensors, hex."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        tensor = weights[name].contiguous()
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _metadata(path: Path) -> dict[str, str]:
    """What the header says of itself, after checks that cost no more than reading it."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(8)
            if len(start) < 8:
                raise CheckpointError(
                    f"{path.name} holds {size} bytes; it was not written to its end."
                )
            (length,) = struct.unpack("<Q", start)
            if length > min(size - 8, _LARGEST_HEADER):
                raise CheckpointError(
                    f"{path.name} is not a whole safetensors file: its header claims {length:,} "
                    f"bytes, the file has {size:,}."
                )
            header = json.loads(file.read(length))
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{path} is gone. Was the run deleted or moved while it was open?"
        ) from error
    except PermissionError as error:
        mode = oct(path.stat().st_mode & 0o777)
        raise CheckpointError(f"No permission to read {path} (mode {mode}).") from error
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path.name} is not a safetensors file: {error}.") from error
    metadata = header.get("__metadata__", {}) if isinstance(header, dict) else {}
    if "sha256" not in metadata or "epoch" not in metadata:
        raise CheckpointError(
            f"{path.name} was not written by Filterscope. To look inside other people's weights, "
            "make a run of them: python -m training import FILE --model NAME --run RUN."
        )
    if checkpoint_path(Path(), int(metadata["epoch"])).name != path.name:
        raise CheckpointError(
            f"{path.name} holds the weights of epoch {metadata['epoch']}: it was renamed. "
            "Give it its name back."
        )
    return metadata
