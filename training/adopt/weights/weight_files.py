"""The tensors in anybody's file of weights, read without running code."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors

from training.adopt.weights import file_kinds
from training.adopt.weights.file_kinds import Kind, plain, refusal
from training.adopt.weights.pickled_files import read_pickle, read_zip
from training.adopt.weights.stored import Contents, Stored
from training.errors import WorkbenchError

LARGEST_HEADER = 100_000_000  # bytes, safetensors' own limit
_WEIGHTS = (".safetensors", ".pth", ".pt", ".bin", ".ckpt", ".pkl")


def read_state_dict(file: str) -> Contents:
    """The tensors of a file, without running any code in it.

    Args:
        file: A .safetensors or .pth file, in whatever way torch wrote it, a pickle of arrays, or
            torchvision:NAME for torchvision's own weights.

    Raises:
        WorkbenchError: If the file is missing, damaged, of another kind, or would run something.
    """
    if file.startswith("torchvision:"):
        return _from_torchvision(file.removeprefix("torchvision:"))
    path = Path(file)
    if path.is_dir():
        raise _folder(path)
    if not path.is_file():
        raise WorkbenchError(f"{file} is no file. Give a .safetensors or .pth file.")
    try:
        return _read(path)
    except PermissionError as error:
        mode = oct(path.stat().st_mode & 0o777)
        raise WorkbenchError(f"No permission to read {file} (mode {mode}).") from error
    except OSError as error:
        raise WorkbenchError(f"{file} cannot be read: {error.strerror or error}.") from error


def _read(path: Path) -> Contents:
    size = path.stat().st_size
    if size == 0:
        raise WorkbenchError(f"{path} is empty (0 bytes). Copy or download it again.")
    with path.open("rb") as file:
        head = file.read(512)
    length = int.from_bytes(head[:8], "little")
    safe = path.suffix == ".safetensors"
    if head[8:9] == b"{" and (length <= size - 8 or safe):
        return _from_safetensors(path, size, length)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return read_zip(path)
    kind = _tar(path) if head[257:262] == b"ustar" else file_kinds.foreign(path)
    if kind is not None:
        raise refusal(path, kind)
    if safe and not head.startswith(b"\x80"):
        raise WorkbenchError(
            f"{path} is damaged or no safetensors file. Copy or download it again."
        )
    return read_pickle(path)


def _from_safetensors(path: Path, size: int, length: int) -> Contents:
    if length > min(size - 8, LARGEST_HEADER):
        raise WorkbenchError(
            f"{path} is no whole safetensors file: its header claims {length:,} bytes, the file "
            f"has {size:,}. Copy or download it again."
        )
    content = path.read_bytes()
    try:
        json.loads(content[8 : 8 + length], object_pairs_hook=_once)
        found = load_safetensors(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise WorkbenchError(
            f"{path} is damaged or cut short at {size:,} bytes ({plain(str(error))}). Copy or "
            "download it again."
        ) from error
    tensors = {name: Stored.holding(value) for name, value in found.items()}
    if not tensors:
        raise WorkbenchError(f"{path} holds no tensors.")
    return Contents(path.name, {"": tensors}, ordered=False)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A dictionary of JSON, in which no name may come twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("its header names a tensor twice")
    return found


def _tar(path: Path) -> Kind:
    try:
        with tarfile.open(path, "r:") as archive:
            names = [member.name for _number, member in zip(range(20), archive, strict=False)]
    except (tarfile.TarError, OSError, EOFError):
        names = []
    if {"storages", "tensors", "pickle"} <= set(names):
        return Kind(
            "written by a torch before 0.1.10",
            "Open it with an old torch and save its state_dict() again.",
        )
    said = ", ".join(map(plain, names[:3])) + (" …" if len(names) > 3 else "")
    return Kind(f"a tar archive with {said or 'nothing in it'}", "Unpack it by tar -xf.")


def _folder(path: Path) -> WorkbenchError:
    names = sorted(each.name for each in path.iterdir())
    if "saved_model.pb" in names:
        return refusal(path, file_kinds.TENSORFLOW)
    if any(name.endswith(".distcp") for name in names):
        return WorkbenchError(
            f"{path} is a checkpoint of torch.distributed. This makes one file of it: python -m "
            f"torch.distributed.checkpoint.format_utils dcp_to_torch {path} weights.pth."
        )
    if {"data.pkl", "data"} <= set(names):
        return WorkbenchError(
            f"{path} is a .pth file that was unpacked. Pack it again, without compression: "
            f"(cd {path.parent} && zip -0 -r weights.pth {path.name})."
        )
    likely = [plain(name) for name in names if name.endswith(_WEIGHTS)]
    inside = f" in it, such as {', '.join(likely[:3])}" if likely else ""
    return WorkbenchError(f"{path} is a folder. Give the file of weights{inside}.")


def _from_torchvision(name: str) -> Contents:
    from torchvision.models import get_model, list_models

    if name not in list_models():
        raise WorkbenchError(f"torchvision has no model {name!r}. It has alexnet, for one.")
    try:
        weights = get_model(name, weights="DEFAULT").state_dict()
    except OSError as error:
        raise WorkbenchError(
            f"torchvision could not download the weights of {name}: {error}. Download them where "
            "there is a network and import the .pth file."
        ) from error
    tensors = {layer: Stored.holding(value) for layer, value in weights.items()}
    return Contents(f"torchvision:{name}", {"": tensors})
