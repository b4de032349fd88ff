"""What a file is that holds no weights of PyTorch's, told by its first bytes, and what to do."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from pathlib import Path
from typing import NamedTuple

from training.errors import WorkbenchError

HEAD = 4096  # bytes that are looked at


class Kind(NamedTuple):
    """A sort of file: "It is …", and the way to weights that can be imported."""

    what: str
    way: str


_AGAIN = "Download it again."
_SAVE = "Where the network is in PyTorch, save torch.save(model.state_dict(), 'weights.pth')."
_PICTURE = "Give the file of weights."
_UNPACK = "Unpack it and give the file inside."
_NUMPY = (
    "If its arrays have PyTorch's names and order of axes, this converts it: python -c \"import "
    "numpy, safetensors.numpy as s; s.save_file(dict(numpy.load('{file}', allow_pickle=False)), "
    "'weights.safetensors')\"."
)
_LAYOUT = (
    "Its layers store (height, width, in, out): load them there, turn kernels by .transpose(3, 2, "
    "0, 1) and dense layers by .T, name them as your network does, and save them with "
    "safetensors.numpy.save_file."
)

WEB_PAGE = Kind(
    "a web page",
    "The link led to a page about the file, such as a warning or a login, and not to the file. "
    "Open it in a browser and download from there.",
)
LFS = Kind(
    "a pointer of Git LFS",
    "The file itself was left on the server: run `git lfs pull` in that folder, or download it.",
)
HDF5 = Kind("an HDF5 file, as Keras writes", _LAYOUT)
ONNX = Kind(
    "an ONNX graph",
    'This takes its weights out: python -c "import onnx, safetensors.numpy as s; s.save_file('
    "{{t.name: onnx.numpy_helper.to_array(t) for t in onnx.load('{file}').graph.initializer}}, "
    "'weights.safetensors')\".",
)
TENSORFLOW = Kind("a checkpoint of TensorFlow", _LAYOUT)
CAFFE = Kind(
    "a network of Caffe's",
    "Convert it to PyTorch first, for example with caffemodel2pytorch, and give the .pth file.",
)
NUMPY = Kind(
    "a NumPy file of a single array or object",
    "Load it with numpy, name the tensors as your network does (kernels of TensorFlow by "
    ".transpose(3, 2, 0, 1), dense layers by .T) and save them with safetensors.numpy.save_file.",
)
LUA = Kind(
    "a file of Lua Torch",
    "Read it with torchfile, name the tensors as your network does, and save them with "
    "safetensors.numpy.save_file.",
)
UNFINISHED = Kind("an unfinished download", "Wait until it is finished, or download it again.")

_BEGINNINGS: tuple[tuple[bytes, Kind], ...] = (
    (b"version https://git-lfs", LFS),
    (b"version https://hawser", LFS),
    (b"\x93NUMPY", NUMPY),
    (b"\x89HDF\r\n\x1a\n", HDF5),
    (b"MATLAB 7.3", Kind("a MATLAB file", _LAYOUT)),
    (b"MATLAB 5.0", Kind("a MATLAB file, as MatConvNet writes", _LAYOUT)),
    (b"model_checkpoint_path:", TENSORFLOW),
    (b"\xff\xd8\xff", Kind("a JPEG picture", _PICTURE)),
    (b"\x89PNG\r\n", Kind("a PNG picture", _PICTURE)),
    (b"GIF8", Kind("a GIF picture", _PICTURE)),
    (b"%PDF", Kind("a PDF document", _PICTURE)),
    (b"\x1f\x8b", Kind("a gzip archive", "Unpack it with gunzip or tar and give what is inside.")),
    (b"BZh", Kind("a bzip2 archive", _UNPACK)),
    (b"\xfd7zXZ\x00", Kind("an xz archive", _UNPACK)),
    (b"\x28\xb5\x2f\xfd", Kind("a Zstandard archive", _UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", Kind("a 7z archive", _UNPACK)),
    (b"Rar!", Kind("a RAR archive", _UNPACK)),
    (b"GGUF", Kind("a GGUF file of llama.cpp", _SAVE)),
    (b"ftrt", Kind("an engine of TensorRT", _SAVE)),
    (b"\x12\x01\x00\x00\x00\x00\x00\x00", Kind("a file of MXNet's", _SAVE)),
    (b"\x04\x00\x00\x00\x01\x00\x00\x00", LUA),
    (b"\x03\x00\x00\x00\x01\x00\x00\x00", LUA),
)
_ENDINGS: tuple[tuple[str, Kind], ...] = (  # where the bytes themselves say nothing
    (r"\.(part|crdownload|download|aria2|partial|!qb|incomplete)$", UNFINISHED),
    (r"\.onnx$", ONNX),
    (r"\.(data-\d+-of-\d+|index|meta|pb|ckpt-\d+)$", TENSORFLOW),
    (r"\.(caffemodel|prototxt|binaryproto)$", CAFFE),
    (r"\.(t7|net)$", LUA),
    (r"\.weights$", Kind("a file of Darknet's", "Convert it to PyTorch first.")),
    (r"\.mlmodel$", Kind("a Core ML model", _SAVE)),
    (r"\.(msgpack|flax)$", Kind("a file of Flax's", _LAYOUT)),
    (r"\.(pdparams|pdmodel|pdiparams)$", Kind("a file of Paddle's", _SAVE)),
    (r"\.params$", Kind("a file of MXNet's", _SAVE)),
    (r"\.(engine|plan|trt)$", Kind("an engine of TensorRT", _SAVE)),
)
_TABLE_END = (
    b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"  # of LevelDB, that TensorFlow's index is written in
)


def foreign(path: Path) -> Kind | None:
    """What a file is by its bytes, if that is something else than weights, or None."""
    head, tail = _ends(path)
    if not head.strip(b"\0"):
        return Kind("nothing but zero bytes", f"The download or the copy broke off. {_AGAIN}")
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return _pointed(head) if kind is LFS else kind
    if head[4:8] == b"TFL3":
        return Kind("a network of TensorFlow Lite's", _SAVE)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Kind("a WebP picture", _PICTURE)
    if tail.endswith(_TABLE_END):
        return TENSORFLOW
    if re.match(rb"\x08[\x01-\x20](\x12|\x1a|\x22|:|B)", head):
        return ONNX
    text = _text(head)
    return None if text is None else _written(text)


def by_ending(path: Path) -> Kind | None:
    """What a file is by its name, for one whose bytes say nothing."""
    name = path.name.lower()
    return next((kind for ending, kind in _ENDINGS if re.search(ending, name)), None)


def refusal(path: Path, kind: Kind) -> WorkbenchError:
    """What a file is instead of weights, and what to do about that."""
    way = kind.way.replace("{{", "{").replace("}}", "}").replace("{file}", plain(str(path), 200))
    return WorkbenchError(f"{path} is {kind.what}, and no file of PyTorch's weights. {way}")


def cut_short(path: Path) -> WorkbenchError:
    """A file of torch's without its end."""
    return WorkbenchError(
        f"{path} is cut short or damaged: after {path.stat().st_size:,} bytes its end is missing. "
        f"{_AGAIN}"
    )


def unknown(path: Path) -> WorkbenchError:
    """A file that begins like none that is known."""
    with path.open("rb") as file:
        head = file.read(8)
    return WorkbenchError(
        f"{path} is damaged or no file of weights: it begins with {head!r}. Give a .safetensors "
        "file, or a .pth file as torch.save wrote it."
    )


def in_archive(names: list[str]) -> Kind:
    """What a zip archive is that torch did not write."""
    files = [name for name in names if not name.endswith("/")]
    if files and all(name.endswith(".npy") for name in files):
        return Kind("a NumPy archive (.npz)", _NUMPY)
    if any(name.endswith("model.weights.h5") for name in files):
        return Kind("a network of Keras's", _LAYOUT)
    if any(name.endswith("models/model.json") or "serialized_exported" in name for name in files):
        return Kind(
            "a program of torch.export's",
            'This takes its weights out: python -c "import torch; torch.save('
            "dict(torch.export.load('{file}').state_dict), 'weights.pth')\".",
        )
    said = ", ".join(map(plain, files[:3])) + (" …" if len(files) > 3 else "")
    return Kind(f"a zip archive with {said or 'nothing in it'}", _UNPACK)


def plain(text: str, most: int = 60) -> str:
    """Somebody's words on one line, without what a terminal would obey."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    shown = " ".join(shown.split())
    return shown if len(shown) <= most else f"{shown[:most]}…"


def _ends(path: Path) -> tuple[bytes, bytes]:
    with path.open("rb") as file:
        head = file.read(HEAD)
        file.seek(max(0, path.stat().st_size - 512))
        return head, file.read()


def _pointed(head: bytes) -> Kind:
    size = re.search(rb"\nsize (\d{1,15})", head)
    return Kind(f"{LFS.what} to a file of {int(size[1]):,} bytes", LFS.way) if size else LFS


def _text(head: bytes) -> str | None:
    """A file's beginning as letters, if it is made of them."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[:-2].decode("utf-16", "replace")
    try:
        text = getincrementaldecoder("utf-8-sig")().decode(head)  # a letter may be cut at its end
    except UnicodeDecodeError:
        return None
    letters = sum(letter.isprintable() or letter in "\r\n\t" for letter in text)
    return text if letters == len(text) else None


def _written(text: str) -> Kind | None:
    begin = text.lstrip()
    if begin.startswith("<"):
        title = re.search(r"<title[^>]*>([^<]*)|<code>([^<]*)", begin, re.IGNORECASE)
        said = plain((title[1] or title[2] or "").strip()) if title else ""
        return Kind(f"{WEB_PAGE.what}, “{said}”" if said else WEB_PAGE.what, WEB_PAGE.way)
    if begin.startswith(("{", "[")):
        if '"weight_map"' in begin:
            return Kind(
                "the index of weights that were split into several files",
                "Where the network is, save model.state_dict() in one file.",
            )
        return Kind("JSON text", "Give the file of weights beside it.")
    if "/annex/objects/" in begin:
        return Kind("a pointer of git-annex", "Run `git annex get` on it.")
    if re.match(r"\(?[dlc](p\d+\n|\w)|\(dp", begin) and text.rstrip().endswith("."):
        return None  # a pickle in letters, as Python 2 wrote it
    return Kind(f"text, “{plain(begin)}”", "Give the file of weights.")
