"""The tensors of anybody's file of weights, read without running code, under our own names."""

from __future__ import annotations

import pickle
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor

from training.checkpoints import check_fit
from training.errors import WorkbenchError

Weights = dict[str, Tensor]


def read_state_dict(file: str) -> Weights:
    """The tensors of a file, without running any code in it.

    Raises:
        WorkbenchError: If the file is missing, damaged or holds more than tensors.
    """
    if file.startswith("torchvision:"):
        return _from_torchvision(file.removeprefix("torchvision:"))
    path = Path(file)
    if not path.is_file():
        raise WorkbenchError(f"{file} is no file. Give a .safetensors or .pth file.")
    if path.stat().st_size == 0:
        raise WorkbenchError(f"{file} is empty (0 bytes). Copy or download it again.")
    try:
        if path.suffix == ".safetensors":
            found: Any = load_safetensors(path.read_bytes())
        else:
            _refuse_inflated(path)
            found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WorkbenchError(
            f"{file} holds more than tensors, and opening it could run code; it is refused. "
            "Save the network's state_dict() alone, best as .safetensors."
        ) from error
    except (SafetensorError, OSError, RuntimeError, EOFError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise WorkbenchError(f"{file} is damaged or no file of weights: {reason}.") from error
    if isinstance(found, dict) and isinstance(found.get("state_dict"), dict):
        found = found["state_dict"]  # torch's ImageNet example and Lightning wrap it
    if not isinstance(found, dict):
        raise WorkbenchError(f"{file} holds a {type(found).__name__}, expected a state dict.")
    weights = {name: value for name, value in found.items() if isinstance(value, Tensor)}
    if not weights:
        raise WorkbenchError(f"{file} holds no tensors; expected a state dict.")
    return weights


def _refuse_inflated(path: Path) -> None:
    """Refuse an archive that unpacks to much more than its size; torch stores uncompressed."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > 2 * path.stat().st_size + 2**20:
        raise WorkbenchError(
            f"{path} has {path.stat().st_size:,} bytes but unpacks to {unpacked:,}; no file that "
            "torch.save wrote does. It is refused."
        )


def _from_torchvision(name: str) -> Weights:
    from torchvision.models import get_model, list_models

    if name not in list_models():
        raise WorkbenchError(f"torchvision has no model {name!r}. It has alexnet, for one.")
    try:
        return dict(get_model(name, weights="DEFAULT").state_dict())
    except OSError as error:
        raise WorkbenchError(
            f"torchvision could not download the weights of {name}: {error}. Download them where "
            "there is a network and import the .pth file."
        ) from error


def rename(
    found: Weights,
    expected: Mapping[str, Tensor],
    file: str,
    paths: Mapping[str, str] | None = None,
) -> Weights:
    """The same tensors under our names.

    Args:
        found: What the file holds.
        expected: The network's own tensors, of which only names and shapes are looked at.
        file: Where they come from, for the errors.
        paths: By our layers' names, what the file calls them. Where that is not known, layers
            are told apart by their weights' shapes and, where shapes are alike, by their order.

    Raises:
        CheckpointError: If the tensors do not fit the network.
    """
    found = {name.removeprefix("module."): _whole(value) for name, value in found.items()}
    if paths:
        own = {path: layer for layer, path in paths.items()}
        found = {
            f"{own.get(_layer(name), _layer(name))}.{_kind(name)}": value
            for name, value in found.items()
        }
    for name in expected:
        if _kind(name) == "num_batches_tracked":  # files from before torch 0.4.1 lack it
            found.setdefault(name, torch.tensor(0))
    if set(found) != set(expected):
        ours, theirs = _layers_by_shape(expected), _layers_by_shape(found)
        if {shape: len(names) for shape, names in ours.items()} == {
            shape: len(names) for shape, names in theirs.items()
        }:
            own = {b: a for shape in ours for a, b in zip(ours[shape], theirs[shape], strict=True)}
            found = {f"{own[_layer(name)]}.{_kind(name)}": value for name, value in found.items()}
    check_fit(found, expected, Path(file).name)
    return {name: found[name].contiguous() for name in expected}


def _whole(value: Tensor) -> Tensor:
    """Half precision made single; counts stay counts."""
    return value.float() if value.is_floating_point() else value


def _layers_by_shape(weights: Mapping[str, Tensor]) -> dict[tuple[int, ...], list[str]]:
    """Layers by the shape of their weights, each list in forward order."""
    layers: dict[tuple[int, ...], list[str]] = {}
    for name in sorted(weights, key=_natural_order):
        if _kind(name) == "weight":
            layers.setdefault(tuple(weights[name].shape), []).append(_layer(name))
    return layers


def _natural_order(name: str) -> list[tuple[bool, int, str]]:
    """features.10 after features.9."""
    parts = re.split(r"(\d+)", name)
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]


def _layer(name: str) -> str:
    return name.rpartition(".")[0]


def _kind(name: str) -> str:
    return name.rpartition(".")[2]
