"""Where the tensors in a pickle are: asked in a process of its own, its time and memory limited.

That process needs no library but Python's own, so it starts in a tenth of a second. It prints a
line of JSON, what `Survey.words` gives or why the file is refused, and then the bytes of arrays.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from training.adopt.weights.arrays import Array
from training.adopt.weights.inert import Inert, Reader, Refused, Tensor, exactly, read_legacy

MOST_PARTS = 300_000  # dictionaries, lists and objects in a file
DEEPEST = 60  # keys that lead to a tensor


@dataclass
class Survey:
    """The tensors in a pickle: by the keys that lead to them, by name, in their order."""

    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    dicts: dict[str, dict[str, Any]] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)  # by key, of objects that hold no tensors
    networks: dict[str, str] = field(default_factory=dict)  # by key, classes of whole networks
    nameless: int = 0  # tensors in lists
    arrays: list[bytes] = field(default_factory=list)
    parts: int = 0
    kept: int = 0  # bytes of arrays, and
    most: int = 0  # how many may be

    def words(self) -> dict[str, Any]:
        return {
            "places": self.places,
            "dicts": self.dicts,
            "classes": dict(list(self.classes.items())[:20]),
            "networks": self.networks,
            "nameless": self.nameless,
        }

    def visit(self, found: Any, path: tuple[str, ...] = ()) -> None:
        self._count(path)
        match found:
            case dict():
                for key, value in found.items():
                    if not self._note(value, ".".join(path), str(key)) and _holds(value):
                        self.visit(value, (*path, str(key)))
            case list() | tuple():
                for number, value in enumerate(found):
                    match value:  # state_dict().items()
                        case (str() as name, Tensor() | Array() as tensor):
                            self._note(tensor, ".".join(path), name)
                            continue
                    if isinstance(value, Tensor | Array):
                        self.nameless += 1
                    elif _holds(value):
                        self.visit(value, (*path, str(number)))
            case Inert():
                self._visit_object(found, path)

    def _visit_object(self, found: Inert, path: tuple[str, ...]) -> None:
        where = ".".join(path)
        tensors = list(self._state(found, ""))
        if tensors:
            self.networks[where] = found.whole_name
            for name, value in tensors:
                self._note(value, where, name)
            return
        self.classes.setdefault(where, found.whole_name)
        for part in filter(_holds, found.parts):
            self.visit(part, path)

    def _state(self, found: Inert, prefix: str) -> Iterator[tuple[str, Any]]:
        """What `state_dict()` of a pickled module would give."""
        self._count((prefix,) * prefix.count("."))
        state = found.parts[-1] if found.parts else None
        if not isinstance(state, dict):
            return
        own: dict[Any, Any] = state
        below: dict[Any, Any] = {}
        if "_modules" in state:
            passing = state.get("_non_persistent_buffers_set") or ()
            buffers = state.get("_buffers") or {}
            own = {**(state.get("_parameters") or {}), **buffers}
            if isinstance(passing, list | tuple | set):
                own = {name: value for name, value in own.items() if name not in passing}
            below = state["_modules"] or {}
        elif found.whole_name.startswith("__torch__."):
            below = state
        else:
            return
        for name, value in own.items():
            if isinstance(value, Tensor):
                yield f"{prefix}{name}", value
        for name, value in below.items():
            if isinstance(value, Inert):
                yield from self._state(value, f"{prefix}{name}.")

    def _note(self, value: Any, where: str, name: str) -> bool:
        if isinstance(value, Tensor):
            key = value.storage.key
            if value.storage.data is not None and key not in self.places:
                self.places[key] = (-1 - self._keep(value.storage.data), len(value.storage.data))
            noted: list[Any] = ["tensor", key, value.dtype, value.offset]
            self.dicts.setdefault(where, {})[name] = [*noted, value.shape, value.strides]
            return True
        if isinstance(value, Array) and isinstance(value.data, bytes | str):
            data = value.data.encode("latin1") if isinstance(value.data, str) else value.data
            noted = ["array", self._keep(data), value.dtype, bool(value.fortran)]
            self.dicts.setdefault(where, {})[name] = [*noted, value.shape, []]
            return True
        return False

    def _keep(self, data: bytes) -> int:
        self.kept += len(data)
        if self.kept > self.most:  # the same bytes over and over
            raise Refused("memory")
        self.arrays.append(data)
        return len(self.arrays) - 1

    def _count(self, path: Sequence[str]) -> None:
        self.parts += 1
        if self.parts > MOST_PARTS or len(path) > DEEPEST:
            raise Refused("nested")


def _holds(value: Any) -> bool:
    return isinstance(value, dict | list | tuple | Inert)


def survey(path: str, start: int, length: int) -> Survey:
    """What a pickle in a file holds, or torch's file of before 1.6.

    Raises:
        Refused: If it is damaged, or asks for anything to be done.
    """
    places: dict[str, tuple[int, int]] = {}
    with open(path, "rb") as file:  # noqa: PTH123  (this process imports as little as it can)
        if length:
            file.seek(start)
            found = Reader(io.BytesIO(exactly(file, length))).load()
        elif file.read(16)[2:14] == b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19":
            file.seek(0)
            found, places = read_legacy(file)
        else:
            file.seek(0)
            found = Reader(io.BytesIO(file.read())).load()
    result = Survey(places, most=2 * os.path.getsize(path) + 2**20)  # noqa: PTH202
    result.visit(found)
    return result


def limit(seconds: int, megabytes: int) -> None:
    """Give this process no more time and memory than that, where the system can."""
    try:
        import resource
    except ImportError:  # Windows; whoever started this ends it after some time
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, megabytes * 2**20))


def answer(path: str, start: int, length: int) -> tuple[dict[str, Any], list[bytes]]:
    """What a survey finds, or under "refused" why there is none; and the bytes of arrays."""
    try:
        found = survey(path, start, length)
        return found.words() | {"arrays": list(map(len, found.arrays))}, found.arrays
    except Refused as refusal:
        return {"refused": refusal.kind, "detail": str(refusal)[:200]}, []
    except EOFError:
        return {"refused": "cut short"}, []
    except pickle.UnpicklingError as error:
        cut = "truncated" in str(error) or "ran out" in str(error)
        return {"refused": "cut short" if cut else "pickle"}, []
    except MemoryError:
        return {"refused": "memory"}, []
    except RecursionError:
        return {"refused": "nested"}, []
    except Exception:  # a pickle may be wrong in any way
        return {"refused": "damaged"}, []


def main() -> None:
    path, *numbers = sys.argv[1:]
    start, length, seconds, megabytes = map(int, numbers)
    limit(seconds, megabytes)
    words, arrays = answer(path, start, length)
    sys.stdout.buffer.write(json.dumps(words).encode() + b"\n")
    for array in arrays:
        sys.stdout.buffer.write(array)
