"""A pickle read as inert data: no class in it is looked up, and nothing in it is called.

Tensors and arrays are recognised by the few functions that torch and numpy have pickles call;
each of these has a stand-in here that notes shape and place. Objects of any other class become
`Inert`, which keeps what they were given. A pickle that would have Python's own library, numpy or
torch do anything but build data is refused by the name of what it would call.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import IO, Any

from training.adopt.weights.arrays import Numbers, array_from, empty_array
from training.adopt.weights.harmless import BUILTINS, builds_data

ITEM_BYTES = {  # of the types of numbers that torch saves
    **dict.fromkeys(("float64", "int64", "uint64"), 8),
    **dict.fromkeys(("float32", "int32", "uint32"), 4),
    **dict.fromkeys(("float16", "bfloat16", "int16", "uint16"), 2),
    **dict.fromkeys(("int8", "uint8", "bool", "float8_e4m3fn", "float8_e5m2"), 1),
}
STORAGES = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "UntypedStorage": "uint8",
    "BoolStorage": "bool",
}
LEGACY = 0x1950A86A20F9469CFC6C  # the number with which torch's files before 1.6 begin


class Refused(Exception):
    """A file that is not read on; `kind` says why, and `args` give the particulars."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(detail)
        self.kind = kind


@dataclass(frozen=True, eq=False)
class Storage:
    """A row of numbers that tensors look into."""

    key: str
    dtype: str
    data: bytes | None = None  # where it does not lie in the file by itself


@dataclass(frozen=True, eq=False)
class Tensor:
    """A view of a storage; offset and strides count numbers."""

    storage: Storage
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class Inert:
    """Stands for an object of a class that is not looked up."""

    whole_name = ""
    parts: list[Any]

    def __new__(cls, *given: Any, **more: Any) -> Inert:
        made = object.__new__(cls)
        made.parts = [*given, *more.values()]
        return made

    def __init__(self, *_given: Any, **_more: Any) -> None:
        # pickles that only restore an object use __new__; to come here is a call
        if not builds_data(self.whole_name):
            raise Refused("calls", self.whole_name)

    def __setstate__(self, state: Any) -> None:
        self.parts.append(state)

    def append(self, part: Any) -> None:
        self.parts.append(part)

    def extend(self, parts: Any) -> None:
        self.parts.extend(parts)

    def __setitem__(self, key: Any, part: Any) -> None:
        self.parts.append({str(key): part})


class Names(dict[Any, Any]):
    """A dictionary of any kind, with attributes if it had some."""


def _tensor(storage: Storage, offset: int, shape: Any, strides: Any, *_rest: Any) -> Tensor:
    return _viewed(storage, storage.dtype, offset, shape, strides)


def _tensor_v3(
    storage: Storage,
    offset: int,
    shape: Any,
    strides: Any,
    _grad: bool,
    _hooks: Any,
    kind: Any,
    *_: Any,
) -> Tensor:
    return _viewed(storage, kind.whole_name.rpartition(".")[2], offset, shape, strides)


def _viewed(storage: Storage, dtype: str, offset: int, shape: Any, strides: Any) -> Tensor:
    numbers = [offset, *shape, *strides]
    right = all(type(number) is int and 0 <= number < 2**48 for number in numbers)
    if not isinstance(storage, Storage) or not right or len(shape) != len(strides):
        raise Refused("damaged", "a tensor with an impossible shape")
    return Tensor(storage, dtype, offset, tuple(shape), tuple(strides))


def _sparse(_layout: Any, parts: Sequence[Any], *_rest: Any) -> Tensor:
    shape = tuple(parts[2])
    return Tensor(Storage("", "sparse"), "sparse", 0, shape, shape)


class Parameter:
    def __new__(cls, data: Any = None, *_more: Any) -> Any:
        return data


def _as_it_is(value: Any, *_more: Any) -> Any:
    return value


def _of_type(build: Callable[..., Any], _kind: Any, given: Sequence[Any], _state: Any) -> Any:
    return build(*given)


def _encoded(text: str, _encoding: str = "latin1") -> bytes:
    return text.encode("latin1")


def _names(*given: Any) -> Names:
    """OrderedDict of pairs, defaultdict of a factory, Counter of a dictionary."""
    pairs = [each for each in given if isinstance(each, dict | list)]
    return Names(*pairs[:1])


def _list(members: Any = ()) -> list[Any]:
    return list(members)


def _size(sides: Any = ()) -> tuple[Any, ...]:
    return tuple(sides)


def _attribute(_of: Any, name: Any, *_default: Any) -> type[Inert]:
    """A method, as pickles of networks refer to them; to call it is refused."""
    return type("Inert", (Inert,), {"whole_name": f"builtins.getattr(…, {name!r})"})


def _bare(kind: type[Inert], *_rest: Any) -> Any:
    return kind.__new__(kind)


_NUMBERS = count()


def _stored(data: bytes) -> Any:
    """A storage in a plain pickle: a file of torch's within the file."""
    found, survey = read_legacy(io.BytesIO(data))
    if not isinstance(found, Storage):
        raise Refused("damaged", "no storage where one should be")
    start = survey[found.key]
    return Storage(f"within {next(_NUMBERS)}", found.dtype, data[start[0] : start[0] + start[1]])


_MULTIARRAY = ("numpy.core.multiarray", "numpy._core.multiarray")
_DATA: dict[str, Any] = {
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _tensor_v3,
    "torch._utils._rebuild_qtensor": _tensor,
    "torch._utils._rebuild_sparse_tensor": _sparse,
    "torch._utils._rebuild_parameter": _as_it_is,
    "torch._utils._rebuild_parameter_with_state": _as_it_is,
    "torch._tensor._rebuild_from_type_v2": _of_type,
    "torch.nn.parameter.Parameter": Parameter,
    "torch.Size": _size,
    **{f"{module}.getattr": _attribute for module in BUILTINS},
    "torch.storage._load_from_bytes": _stored,
    "numpy.dtype": Numbers,
    **{f"{module}._reconstruct": empty_array for module in _MULTIARRAY},
    **{
        f"{module}._frombuffer": array_from
        for module in ("numpy.core.numeric", "numpy._core.numeric")
    },
    "_codecs.encode": _encoded,
    **{f"collections.{kind}": _names for kind in ("OrderedDict", "defaultdict", "Counter")},
    **{f"{module}.{kind}": _list for module in BUILTINS for kind in ("set", "frozenset")},
    **{f"{module}._reconstructor": _bare for module in ("copyreg", "copy_reg")},
}


class Reader(pickle.Unpickler):
    """Python's own unpickler, kept from finding anything but the stand-ins."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, encoding="latin1")
        self.kinds: dict[str, Any] = {}

    def find_class(self, module: str, name: str) -> Any:
        whole_name = f"{module}.{name}"
        if whole_name in _DATA:
            return _DATA[whole_name]
        if whole_name not in self.kinds:
            self.kinds[whole_name] = type("Inert", (Inert,), {"whole_name": whole_name})
        return self.kinds[whole_name]

    def persistent_load(self, pid: Any) -> Any:
        if isinstance(pid, tuple) and pid[:1] == ("module",) and len(pid) > 1:
            return pid[1]  # a class, with its source beside it, in files before torch 1.6
        if not isinstance(pid, tuple) or len(pid) < 5 or pid[0] != "storage":
            raise Refused("damaged", "a reference to something that is no storage")
        kind = getattr(pid[1], "whole_name", "").rpartition(".")[2]
        return Storage(str(pid[2]), STORAGES.get(kind, kind))


def read_legacy(file: IO[bytes]) -> tuple[Any, dict[str, tuple[int, int]]]:
    """What torch wrote before 1.6, and by storage the byte where it begins and its length."""
    if Reader(file).load() != LEGACY:
        raise Refused("pickle")
    Reader(file).load()  # version of the protocol
    system = Reader(file).load()
    if isinstance(system, dict) and not system.get("little_endian", True):
        raise Refused("big-endian")
    reader = _Listing(file)
    found, keys = reader.load(), Reader(file).load()
    places: dict[str, tuple[int, int]] = {}
    for key in map(str, keys):
        (numbers,) = struct.unpack("<q", exactly(file, 8))
        length = numbers * ITEM_BYTES.get(reader.dtypes.get(key, ""), 1)
        places[key] = (file.tell(), length)
        file.seek(0, io.SEEK_END)
        if not 0 <= length <= file.tell() - places[key][0]:
            raise Refused("cut short")
        file.seek(places[key][0] + length)
    return found, places


class _Listing(Reader):
    """Notes the storages that come by."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self.dtypes: dict[str, str] = {}

    def persistent_load(self, pid: Any) -> Any:
        found = super().persistent_load(pid)
        if isinstance(found, Storage):
            self.dtypes[found.key] = found.dtype
        return found


def exactly(file: IO[bytes], length: int) -> bytes:
    data = file.read(length)
    if len(data) < length:
        raise Refused("cut short")
    return data
