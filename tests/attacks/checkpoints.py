"""What happens to checkpoints: each fault does it to a file, and has the reason code it must get.

The rows of `Checkpoints` that concern weights of other people are in tests/training/adopt.
"""

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from training.checkpoints import load_checkpoint, save_checkpoint

Fault = Callable[[Path], Any]


def taken_apart(path: Path) -> tuple[dict[str, Any], bytes]:
    """Header and tensors' bytes of a checkpoint."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def put_together(path: Path, header: bytes | dict[str, Any], body: bytes = b"") -> None:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def content(new: bytes) -> Fault:
    return lambda path: path.write_bytes(new)


def cut(share: float) -> Fault:
    return lambda path: os.truncate(path, int(path.stat().st_size * share))


def header(text: bytes) -> Fault:
    return lambda path: put_together(path, text)


def entry(**changes: Any) -> Fault:
    """What the header says of conv2.weight."""

    def spoil(path: Path) -> None:
        stored, body = taken_apart(path)
        stored["conv2.weight"] |= changes
        put_together(path, stored, body)

    return spoil


def shifted(first: int, last: int) -> Fault:
    """The bytes of conv2.weight, moved."""

    def spoil(path: Path) -> None:
        stored, body = taken_apart(path)
        start, stop = stored["conv2.weight"]["data_offsets"]
        stored["conv2.weight"]["data_offsets"] = [start + first, stop + last]
        put_together(path, stored, body)

    return spoil


def metadata(**changes: Any) -> Fault:
    def spoil(path: Path) -> None:
        stored, body = taken_apart(path)
        stored["__metadata__"] |= changes
        put_together(path, stored, body)

    return spoil


def named_twice(path: Path) -> None:
    stored, body = taken_apart(path)
    again = json.dumps(stored["conv1.weight"])
    put_together(path, f'{json.dumps(stored)[:-1]}, "conv1.weight": {again}}}'.encode(), body)


def flipped(place: int) -> Fault:
    """One bit, so far from the end."""

    def spoil(path: Path) -> None:
        data = bytearray(path.read_bytes())
        data[-place] ^= 1
        path.write_bytes(data)

    return spoil


def longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0" * 8)


def weights(change: Callable[[dict[str, torch.Tensor]], Any]) -> Fault:
    """Written by us, for another network."""

    def spoil(path: Path) -> None:
        found = load_checkpoint(path)
        change(found)
        save_checkpoint(path.parent.parent, int(path.stem[-4:]), found)

    return spoil


def typed(dtype: torch.dtype) -> Fault:
    return weights(lambda found: found.update({k: v.to(dtype) for k, v in found.items()}))


def of_another_program(path: Path) -> None:
    save_file(load_checkpoint(path), path)


def of_another_epoch(path: Path) -> None:
    path.write_bytes(path.with_name("epoch-0000.safetensors").read_bytes())


def made(make: Callable[[Path], Any]) -> Fault:
    """Something else in the place of the file."""

    def spoil(path: Path) -> None:
        path.unlink()
        make(path)

    return spoil


def moved_out(path: Path) -> None:
    outside = path.parents[2] / "elsewhere.safetensors"
    path.symlink_to(path.rename(outside))


def sparse(path: Path) -> None:
    """A header of 200 MB, said and there."""
    path.write_bytes(struct.pack("<Q", 200 * 2**20))
    os.truncate(path, 201 * 2**20)


FAULTS: dict[str, tuple[Fault, str]] = {
    "zero bytes": (content(b""), "truncated"),
    "two bytes": (content(b"\0\1"), "truncated"),
    "cut at a fifth": (cut(0.2), "truncated"),
    "cut in the middle": (cut(0.5), "truncated"),
    "cut shortly before its end": (cut(0.99), "truncated"),
    "text": (content(b"not weights at all"), "header"),
    "a page of a web server": (content(b"<!DOCTYPE html><title>Not found</title>"), "header"),
    "a JPEG": (content(b"\xff\xd8\xff\xe0" * 40), "header"),
    "a pickle in a zip": (content(b"PK\3\4" + b"archive/data.pkl" * 9), "header"),
    "header of 2^63 bytes": (content(struct.pack("<Q", 2**63)), "header"),
    "header of 200 MB": (sparse, "header"),
    "200,000 brackets": (header(b"[" * 200_000), "json"),
    "200,000 braces": (header(b'{"a":' * 200_000), "json"),
    "a number of 5,000 digits": (header(b'{"a": ' + b"9" * 5_000 + b"}"), "json"),
    "half a character": (header(b'{"__metadata__": {"epoch": "\\ud800"}}'), "json"),
    "bytes that are no text": (header(b'{"\xff": 1}'), "json"),
    "a list for a header": (header(b"[1, 2]"), "json"),
    "a tensor named twice": (named_twice, "json"),
    "epoch twelve": (metadata(epoch="twelve"), "header"),
    "epoch of 5,000 digits": (metadata(epoch="1" * 5_000), "header"),
    "epoch -2": (metadata(epoch="-2"), "header"),
    "epoch in other digits": (metadata(epoch="٢"), "header"),
    "a number for the epoch": (metadata(epoch=2), "header"),
    "no digest": (metadata(sha256=""), "header"),
    "another digest": (metadata(sha256="0" * 64), "digest"),
    "no metadata": (of_another_program, "foreign"),
    "overlapping": (shifted(-4, -4), "header"),
    "holed": (shifted(4, 4), "header"),
    "longer than its shape": (shifted(0, 4), "header"),
    "offsets before the beginning": (entry(data_offsets=[-8, 0]), "header"),
    "offsets of 2^80": (entry(data_offsets=[0, 2**80]), "header"),
    "three offsets": (entry(data_offsets=[0, 4, 8]), "header"),
    "bytes behind the last tensor": (longer, "header"),
    "a shape of texts": (entry(shape=["8"]), "header"),
    "a shape of truths": (entry(shape=[True, 8]), "header"),
    "a thousand dimensions": (entry(shape=[1] * 1_000), "header"),
    "a shape for nothing": (entry(shape=None), "header"),
    "an unknown dtype": (entry(dtype="F99"), "dtype"),
    "a dtype that is a list": (entry(dtype=["F32"]), "dtype"),
    "an eight-bit float": (entry(dtype="F8_E4M3"), "dtype"),
    "double precision": (typed(torch.float64), "dtype"),
    "half precision": (typed(torch.float16), "dtype"),
    "whole numbers": (typed(torch.int32), "dtype"),
    "truths": (typed(torch.bool), "dtype"),
    "a flipped bit at the end": (flipped(1), "digest"),
    "a flipped bit in the middle": (flipped(2_000), "digest"),
    "a renamed file": (of_another_epoch, "renamed"),
    "another shape": (weights(lambda w: w.update({"fc7.bias": torch.zeros(2, 6)})), "network"),
    "a missing name": (weights(lambda w: w.pop("conv3.bias")), "network"),
    "an extra name": (weights(lambda w: w.update({"conv9.bias": torch.zeros(2)})), "network"),
    "other classes": (weights(lambda w: w.update({"fc8.bias": torch.zeros(9)})), "network"),
    "a folder": (made(Path.mkdir), "kind"),
    "a pipe": (made(lambda path: os.mkfifo(path)), "kind"),
    "a device": (made(lambda path: path.symlink_to("/dev/zero")), "outside"),
    "a link that leads out": (moved_out, "outside"),
    "a link into nothing": (made(lambda path: path.symlink_to("nowhere")), "gone"),
    "a link to itself": (made(lambda path: path.symlink_to(path.name)), "unreadable"),
}  # fmt: skip
