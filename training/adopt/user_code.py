"""Somebody's own network built by running its file: once, when asked to, at import."""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from training.adopt.on_cpu import OnCpu, StartsTraining
from training.adopt.users_lines import reason, where_raised
from training.errors import WorkbenchError
from training.models import MODELS

COUNTS = (
    "num_classes",
    "n_classes",
    "num_class",
    "n_class",
    "nclasses",
    "num_labels",
    "n_labels",
)  # what people call the number of classes


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
    # a name of its own: the file may be called like a module that somebody else imports
    spec = importlib.util.spec_from_file_location(f"{path.stem} of {path.parent.resolve()}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module  # where dataclasses look their annotations up
    with _neighbours_found(path.parent), _as_imported(path), _failing(f"Running {path.name}"):
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
    with _as_imported(Path(model.rpartition(":")[0])), _failing(f"{model} with {dict(arguments)}"):
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
def _as_imported(path: Path) -> Iterator[None]:
    """The file sees no arguments of ours, and what it sets for the whole process is set back."""
    arguments, asked, folder = sys.argv, sys.stdin, Path.cwd()
    device, dtype, seed = (
        torch.get_default_device(),
        torch.get_default_dtype(),
        torch.get_rng_state(),
    )
    gradients = torch.is_grad_enabled()
    sys.argv, sys.stdin = [str(path)], StringIO()  # nobody is there to answer
    try:
        with OnCpu():
            yield
    finally:
        sys.argv, sys.stdin = arguments, asked
        os.chdir(folder)
        torch.set_default_device(device)
        torch.set_default_dtype(dtype)
        torch.set_rng_state(seed)
        torch.set_grad_enabled(gradients)


@contextmanager
def _failing(what: str) -> Iterator[None]:
    try:
        yield
    except SystemExit as error:
        raise WorkbenchError(
            f"{what} ends the program: exit({error.code}){where_raised(error)}. Put what reads "
            "arguments or trains below `if __name__ == '__main__':`, so that the file can be "
            "imported."
        ) from error
    except ModuleNotFoundError as error:
        raise WorkbenchError(
            f"{what} needs the module {error.name!r}, which is not there{where_raised(error)}. "
            "Install it (pip install), or put its file beside this one."
        ) from error
    except StartsTraining as error:
        raise WorkbenchError(
            f"{what} starts training{where_raised(error)}. Put that below "
            "`if __name__ == '__main__':`, so that the file can be imported."
        ) from error
    except EOFError as error:
        raise WorkbenchError(
            f"{what} asks a question{where_raised(error)}, and nobody is there to answer. Put that "
            "below `if __name__ == '__main__':`."
        ) from error
    except Exception as error:  # somebody else's code runs here and may raise anything
        raise WorkbenchError(
            f"{what} fails: {type(error).__name__}: {reason(error)}{where_raised(error)}. Mend it, "
            "or give its arguments by --options."
        ) from error
