"""Files that torch.save wrote, and pickles of arrays: their tensors without their code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.adopt.weights import file_kinds
from training.adopt.weights.file_kinds import cut_short, plain, refusal
from training.adopt.weights.inert import ITEM_BYTES
from training.adopt.weights.stored import Contents, Stored
from training.errors import WorkbenchError

SECONDS = 60  # of computing that a pickle may take; one of a thousand tensors takes 0.1
MEGABYTES = 512  # of memory beside four times its size
_ROOT = Path(__file__).resolve().parents[3]
_ASK = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from training.adopt.weights.survey import main; main()"
)

Storages = Mapping[str, Callable[[], memoryview]]


def read_zip(path: Path) -> Contents:
    """The tensors in what torch.save writes since 1.6, and in TorchScript.

    Raises:
        WorkbenchError: If it unpacks to more than it could hold, is damaged or another archive.
    """
    size = path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise cut_short(path) from error
    unpacked = sum(entry.file_size for entry in entries.values())
    if unpacked > 2 * size + 2**20:
        raise WorkbenchError(
            f"{path} has {size:,} bytes but unpacks to {unpacked:,}; no file that torch.save wrote "
            "does. It is refused."
        )
    pickles = [name for name in entries if re.fullmatch(r"([^/]+/)?data\.pkl", name)]
    if len(pickles) != 1:
        raise refusal(path, file_kinds.in_archive(list(entries)))
    folder = pickles[0].removesuffix("data.pkl")
    ours = (pickles[0], f"{folder}data/")
    if any(entry.compress_type for name, entry in entries.items() if name.startswith(ours)):
        raise WorkbenchError(
            f"{path} was packed anew by another program: torch.save does not compress. Give the "
            "file as torch.save wrote it."
        )
    order = entries.get(f"{folder}byteorder")
    if order is not None and _bytes_of(path, order).tobytes() == b"big":
        raise _reason(path, "big-endian")
    storages = {
        name.removeprefix(f"{folder}data/"): (lambda entry=entry: _bytes_of(path, entry))
        for name, entry in entries.items()
        if name.startswith(f"{folder}data/")
    }
    pickled = entries[pickles[0]]
    _bytes_of(path, pickled)  # its checksum: one wrong letter is another name
    return read_pickle(path, _start_of(path, pickled), pickled.file_size, storages)


def read_pickle(
    path: Path, start: int = 0, length: int = 0, storages: Storages | None = None
) -> Contents:
    """The tensors in a pickle, or in what torch.save wrote before 1.6.

    It is read in a process of its own, whose memory and time are limited.

    Args:
        path: The file.
        start: Where in it the pickle begins, and
        length: how long it is, in bytes; the whole file if 0.
        storages: What reads the numbers of tensors that do not lie in the pickle, by their key.

    Raises:
        WorkbenchError: If it is damaged, holds no tensors, or asks to run something.
    """
    found, rest = _asked(path, start, length)
    arrays: list[bytes] = []
    for count in found["arrays"]:
        arrays.append(rest[:count])
        rest = rest[count:]
    own = {
        key: (lambda at=at, count=count: _slice(path, at, count))
        for key, (at, count) in found["places"].items()
        if at >= 0
    }
    own |= {
        key: (lambda data=arrays[-1 - at]: memoryview(bytearray(data)))
        for key, (at, _count) in found["places"].items()
        if at < 0
    }
    reading = _Reading(path, {**(storages or {}), **own}, arrays)
    dicts = {
        where: {name: reading.stored(name, words) for name, words in tensors.items()}
        for where, tensors in found["dicts"].items()
    }
    if not dicts:
        raise _empty(path, found)
    told = [
        f"{path.name} holds a whole network, {plain(kind.removeprefix('__torch__.'))}: its weights "
        "were read as data, and none of its code was run."
        for kind in list(found["networks"].values())[:3]
    ]
    return Contents(path.name, dicts, told=tuple(told))


def _asked(path: Path, start: int, length: int) -> tuple[dict[str, Any], bytes]:
    """What `survey` says of a pickle, and the bytes of arrays."""
    megabytes = MEGABYTES + 4 * (length or path.stat().st_size) // 2**20
    command = [sys.executable, "-I", "-S", "-c", _ASK, str(_ROOT), str(path)]
    numbers = map(str, (start, length, SECONDS, megabytes))
    try:
        asked = subprocess.run(
            [*command, *numbers],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=4 * SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _reason(path, "time") from None
    line, _newline, rest = asked.stdout.partition(b"\n")
    if asked.returncode or not line:  # ended by the system, which does so after `SECONDS`
        raise _reason(path, "time" if asked.returncode < 0 else "memory")
    found: dict[str, Any] = json.loads(line)
    if "refused" in found:
        raise _reason(path, found["refused"], plain(found.get("detail", ""), 120))
    return found, rest


def _start_of(path: Path, entry: zipfile.ZipInfo) -> int:
    """Where an entry's bytes begin: behind a header of its own, 30 bytes and two names."""
    header = _slice(path, entry.header_offset, 30)
    if header[:4] != b"PK\x03\x04":
        raise cut_short(path)
    name, more = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little")
    return entry.header_offset + 30 + name + more


def _bytes_of(path: Path, entry: zipfile.ZipInfo) -> memoryview:
    data = _slice(path, _start_of(path, entry), entry.file_size)
    if entry.CRC and zlib.crc32(data) != entry.CRC:  # torch can be told to leave it out
        raise WorkbenchError(
            f"{path} is damaged: the checksum of {plain(entry.filename)} does not match. Copy or "
            "download it again."
        )
    return data


def _slice(path: Path, start: int, length: int) -> memoryview:
    if not 0 <= start <= start + length <= path.stat().st_size:
        raise cut_short(path)
    data = np.empty(length, np.uint8).data  # its pages are not touched before they are read
    with path.open("rb") as file:
        file.seek(start)
        if file.readinto(data) != length:
            raise cut_short(path)
    return data


class _Reading:
    """Makes tensors of the words in which a survey describes them."""

    def __init__(
        self, path: Path, storages: Mapping[str, Callable[[], memoryview]], arrays: list[bytes]
    ) -> None:
        self.path, self.storages, self.arrays = path, storages, arrays
        self.read: dict[str, memoryview] = {}

    def stored(self, name: str, words: list[Any]) -> Stored:
        load = self._tensor if words[0] == "tensor" else self._array
        return Stored(tuple(words[4]), lambda: load(name, words), json.dumps(words))

    def _tensor(self, name: str, words: list[Any]) -> Tensor:
        _kind, key, dtype, offset, shape, strides = words
        if dtype not in ITEM_BYTES:
            raise WorkbenchError(
                f"{self.path}: {plain(name)} is of type {plain(dtype)}, which is not shown. Save "
                "the network's weights as float32."
            )
        if key not in self.storages:
            raise cut_short(self.path)
        if key not in self.read:
            self.read[key] = self.storages[key]()
        data = self.read[key]
        kind = getattr(torch, dtype)
        try:
            numbers = torch.frombuffer(data, dtype=kind) if data else torch.empty(0, dtype=kind)
            return numbers.as_strided(shape, strides, offset)
        except (RuntimeError, ValueError) as error:
            raise WorkbenchError(
                f"{self.path} is damaged: {plain(name)} reaches beyond what is stored of it."
            ) from error

    def _array(self, name: str, words: list[Any]) -> Tensor:
        _kind, number, dtype, fortran, shape, _strides = words
        try:
            kind = np.dtype(dtype)
            if kind.kind not in "fiub":
                raise TypeError(f"numbers of type {kind}")
            array = np.frombuffer(self.arrays[number], kind)
            shaped = array.reshape(shape, order="F" if fortran else "C")
            return torch.from_numpy(shaped.astype(kind.newbyteorder("="), order="C", copy=True))
        except (TypeError, ValueError) as error:
            raise WorkbenchError(
                f"{self.path}: {plain(name)} cannot be read ({plain(str(error))})."
            ) from error


def _reason(path: Path, kind: str, detail: str = "") -> WorkbenchError:
    """Why a pickle is not read on."""
    save = "Save the network's state_dict() alone, best as .safetensors."
    match kind:
        case "calls":
            return WorkbenchError(
                f"{path} asks to run {detail} when it is opened; it is refused, and nothing in it "
                f"was run. {save}"
            )
        case "cut short":
            return cut_short(path)
        case "pickle":
            known = file_kinds.by_ending(path)
            return refusal(path, known) if known else file_kinds.unknown(path)
        case "big-endian":
            return WorkbenchError(f"{path} was written on a big-endian machine. {save}")
        case "time" | "memory" | "nested":
            limit = {"time": f"{SECONDS} s", "memory": f"{MEGABYTES} MB and four times its size"}
            return WorkbenchError(
                f"{path} is refused: what it holds takes more than "
                f"{limit.get(kind, 'is walked through here')} to read. {save}"
            )
        case _:
            return WorkbenchError(
                f"{path} is damaged{f' ({detail})' if detail else ''}. Copy or download it again."
            )


def _empty(path: Path, found: Mapping[str, Any]) -> WorkbenchError:
    if found["nameless"]:
        return WorkbenchError(
            f"{path} holds {found['nameless']} tensors in a list, without names, so that nothing "
            "tells which layer each belongs to. Save model.state_dict(), which names them."
        )
    classes = sorted(set(found["classes"].values()))
    what = f"; it holds {', '.join(map(plain, classes[:3]))}" if classes else ""
    return WorkbenchError(
        f"{path} holds no tensors{what}. Save torch.save(model.state_dict(), 'weights.pth')."
    )
