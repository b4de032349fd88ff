"""A safetensors file: its header held against the rules of the format, its tensors by their place.

A header is read strictly: it names each tensor once, and their bytes follow each other without a
hole from its end to the end of the file. Nothing is mapped, so that a file cut short while it is
open gives an error, where a map would end the process.
"""

from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedReader
from typing import Any, BinaryIO

import torch
from torch import Tensor

from training.errors import WorkbenchError
from training.guarded import parse_json

LARGEST_HEADER = 4 * 2**20  # bytes; a network of ten thousand tensors needs about one million
LARGEST_FILE = 16 * 2**30  # bytes; twice the largest network that is built, in double precision
ALIGNED = 8  # bytes
DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
_NAMES = {dtype: name for name, dtype in DTYPES.items()}


class CheckpointError(WorkbenchError):
    """A checkpoint that cannot be used; its neighbours may be."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tensor lies in a file, and what it is."""

    dtype: torch.dtype
    shape: tuple[int, ...]
    start: int  # bytes from the beginning of the file
    stop: int


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself."""

    metadata: Mapping[str, str]
    tensors: Mapping[str, Place]  # in the order of their places


def read_header(file: BufferedReader, name: str) -> Header:
    """The header of an open file, in a few milliseconds whatever the file holds.

    Args:
        file: At its beginning.
        name: What messages call it.

    Raises:
        CheckpointError: truncated, header, json, dtype or size.
    """
    size = os.fstat(file.fileno()).st_size
    start = file.read(8)
    if len(start) < 8:
        raise CheckpointError(
            f"{name} holds {size} bytes; it was not written to its end.", code="truncated"
        )
    (length,) = struct.unpack("<Q", start)
    if length > LARGEST_HEADER:
        raise CheckpointError(
            f"{name} is not a safetensors file: its first bytes promise a header of {length:,} "
            f"bytes, the file has {size:,}.",
            code="header",
        )
    if size > LARGEST_FILE:
        raise CheckpointError(
            f"{name} has {size / 2**30:,.0f} GB, more than any network here.", code="size"
        )
    text = file.read(length)
    if len(text) < length:
        raise _cut_short(name, 8 + length, size)
    stored = parse_json(text, name, CheckpointError)
    metadata = stored.pop("__metadata__", {})
    if not _is_words(metadata):
        raise CheckpointError(f"{name} has metadata that are no words.", code="header")
    places = {key: _place(key, entry, 8 + length, name) for key, entry in stored.items()}
    tensors = dict(sorted(places.items(), key=lambda item: (item[1].start, item[1].stop)))
    _check_order(tensors, 8 + length, size, name)
    return Header(metadata, tensors)


def read_tensor(file: BufferedReader, place: Place, name: str) -> Tensor:
    """One tensor of an open file, and nothing else of it.

    Raises:
        CheckpointError: truncated, where the file has been cut short meanwhile.
    """
    tensor = torch.empty(place.shape, dtype=place.dtype)
    file.seek(place.start)
    if tensor.numel() and file.readinto(as_bytes(tensor)) != place.stop - place.start:
        raise _cut_short(name, place.stop, os.fstat(file.fileno()).st_size)
    return tensor


def write_tensors(
    file: BinaryIO, weights: Mapping[str, Tensor], metadata: Mapping[str, str]
) -> None:
    """Write tensors that lie on the CPU, contiguous, behind their header."""
    stored: dict[str, Any] = {"__metadata__": dict(metadata)}
    order = sorted(weights, key=lambda name: (-weights[name].itemsize, name))  # so all are aligned
    stop = 0
    for name in order:
        tensor, start = weights[name], stop
        stop = start + tensor.nbytes
        shape, dtype = list(tensor.shape), _NAMES[tensor.dtype]
        stored[name] = {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}
    text = json.dumps(stored, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGNED)
    file.write(struct.pack("<Q", len(text)) + text)
    for name in order:
        file.write(as_bytes(weights[name]))


def as_bytes(tensor: Tensor) -> memoryview:
    """The memory of a contiguous tensor on the CPU."""
    return tensor.reshape(-1).view(torch.uint8).numpy().data


def _place(key: str, entry: Any, first: int, name: str) -> Place:
    """Where a tensor lies, as its entry says, which anybody may have written."""
    is_entry = isinstance(entry, dict) and set(entry) == {"dtype", "shape", "data_offsets"}
    if not is_entry or not _are_counts(entry["shape"]) or not _are_counts(entry["data_offsets"]):
        raise CheckpointError(
            f"{name} does not say in its header what {key!r} is and where it lies.", code="header"
        )
    if not isinstance(entry["dtype"], str) or entry["dtype"] not in DTYPES:
        raise CheckpointError(
            f"{name} has numbers of an unknown type in {key!r}: {str(entry['dtype'])[:20]!r}. "
            f"Known are {', '.join(DTYPES)}.",
            code="dtype",
        )
    dtype, shape, offsets = DTYPES[entry["dtype"]], tuple(entry["shape"]), entry["data_offsets"]
    if len(offsets) != 2 or offsets[1] - offsets[0] != math.prod(shape) * dtype.itemsize:
        raise CheckpointError(
            f"{name} contradicts itself: {key!r} is {shape}, but has the bytes from "
            f"{' to '.join(map(str, offsets))}.",
            code="header",
        )
    return Place(dtype, shape, first + offsets[0], first + offsets[1])


def _check_order(tensors: Mapping[str, Place], first: int, size: int, name: str) -> None:
    stop = first
    for key, place in tensors.items():
        if place.start != stop:
            word = "overlaps the one before it" if place.start < stop else "begins behind a hole"
            raise CheckpointError(f"{name} is damaged: {key!r} {word}.", code="header")
        stop = place.stop
    if stop > size:
        raise _cut_short(name, stop, size)
    if stop < size:
        raise CheckpointError(
            f"{name} is damaged: {size - stop:,} bytes after its last tensor belong to none.",
            code="header",
        )


def _cut_short(name: str, whole: int, size: int) -> CheckpointError:
    return CheckpointError(
        f"{name} is cut short: it has {size:,} of {whole:,} bytes. Copy it again.",
        code="truncated",
    )


def _are_counts(found: Any) -> bool:
    """Whether it is a short list of whole numbers that a file could be as large as."""
    return (
        isinstance(found, list)
        and len(found) <= 16
        and all(type(each) is int and 0 <= each <= 2**48 for each in found)
    )


def _is_words(found: Any) -> bool:
    return isinstance(found, dict) and all(isinstance(each, str) for each in found.values())
