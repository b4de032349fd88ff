"""Somebody's own network built by running its file: once, when asked to, at import."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from training.adopt.tracing import reason, where_raised
from training.errors import WorkbenchError
from training.models import MODELS

COUNTS = ("num_classes", "n_classes", "num_labels")  # what people call the number of classes


def build_network(model: str, num_classes: int, choices: Mapping[str, Any]) -> nn.Module:
    """A network without its weights.

    Args:
        model: FILE.py:NAME for a class, function or module in a file, whose code is run; or
            torchvision:NAME for a classifier of torchvision's.
        num_classes: Passed on where what is called takes it.
        choices: Further arguments by name.

    Raises:
        WorkbenchError: If there is no such network, or building it fails.
    """
    place, _colon, name = model.rpartition(":")
    if place == "torchvision":
        return _called(_torchvision(name), model, {"num_classes": num_classes, **choices})
    if not place.endswith(".py"):
        raise WorkbenchError(
            f"Unknown model {model!r}. Choose one of: {', '.join(MODELS)}; or torchvision:NAME; "
            "or FILE.py:NAME for a network of your own."
        )
    found = _named(_run(Path(place)), name, place)
    if isinstance(found, nn.Module):
        return found
    counts = [count for count in COUNTS if count in inspect.signature(found).parameters]
    return _called(found, model, dict.fromkeys(counts[:1], num_classes) | dict(choices))


def _torchvision(name: str) -> Callable[..., Any]:
    from torchvision import models

    if name not in models.list_models(module=models):
        raise WorkbenchError(
            f"torchvision has no classifier {name!r}. It has alexnet and densenet121, for example."
        )
    builder: Callable[..., Any] = models.get_model_builder(name)
    return builder


def _run(path: Path) -> ModuleType:
    if not path.is_file():
        raise WorkbenchError(f"{path} is no file. Give FILE.py:NAME, such as my_networks.py:MyNet.")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with _neighbours_found(path.parent), _failing(f"Running {path.name}"):
        spec.loader.exec_module(module)
    return module


def _named(module: ModuleType, name: str, file: str) -> Any:
    found = getattr(module, name, None)
    if callable(found):
        return found
    networks = [
        key
        for key, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, nn.Module) and value is not nn.Module
    ]
    raise WorkbenchError(
        f"{file} has no network {name!r}. It has: {', '.join(networks) or 'no class of nn.Module'}."
    )


def _called(build: Callable[..., Any], model: str, arguments: Mapping[str, Any]) -> nn.Module:
    with _failing(f"{model} with {dict(arguments)}"):
        network = build(**arguments)
    if not isinstance(network, nn.Module):
        raise WorkbenchError(
            f"{model} gives a {type(network).__name__}, expected a torch.nn.Module."
        )
    return network


@contextmanager
def _neighbours_found(folder: Path) -> Iterator[None]:
    """The file may import what lies beside it."""
    before = list(sys.path)
    sys.path.insert(0, str(folder.resolve()))
    try:
        yield
    finally:
        sys.path[:] = before


@contextmanager
def _failing(what: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # somebody else's code runs here and may raise anything
        raise WorkbenchError(
            f"{what} fails: {type(error).__name__}: {reason(error)}{where_raised(error)}. Mend it, "
            "or give its arguments by --options."
        ) from error
