"""Somebody else's network taken apart into single operations, each with what feeds it."""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional

from training.errors import WorkbenchError
from training.models.joints import Add, Concat

_ONE_AT_A_TIME = threading.Lock()  # torch.fx exchanges nn.Module.__call__ while it traces


@dataclass(frozen=True)
class Call:
    """One operation in a forward pass."""

    path: str  # of the module that is called, or of the one whose forward calls a function
    own: bool  # whether it is a module of the network's, with weights of its own maybe
    module: nn.Module  # the module, or what does the same as the function
    sources: tuple[int, ...]  # numbers of the calls that feed it; -1 is the picture


@dataclass(frozen=True)
class Trace:
    """A forward pass in the order in which it runs."""

    calls: tuple[Call, ...]
    heads: tuple[int, ...]  # numbers of the calls that give logits, the main classifier first


class _Tracer(fx.Tracer):
    """Minds its own business: other threads call their modules as ever meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.thread = threading.get_ident()

    def call_module(self, m: nn.Module, forward: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if threading.get_ident() != self.thread:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)


def trace(network: nn.Module) -> Trace:
    """What happens to a picture, operation by operation.

    Functions become modules, and flattening before a fully connected layer is left out:
    `Network` does that by itself.

    Args:
        network: In training mode where auxiliary classifiers are wanted; weights play no part, so
            that it may lie on the meta device.

    Raises:
        WorkbenchError: If the network cannot be traced, or does something that no layer of ours
            does.
    """
    try:
        with _ONE_AT_A_TIME:
            graph = _Tracer().trace(network)
    except (fx.proxy.TraceError, TypeError, RuntimeError) as error:
        raise WorkbenchError(
            f"{type(network).__name__} decides its way while it runs and cannot be taken apart "
            f"into layers: {str(error).splitlines()[0]}."
        ) from error
    return _Reading(network, graph).trace()


class _Reading:
    """A graph of torch.fx read node by node."""

    def __init__(self, network: nn.Module, graph: fx.Graph) -> None:
        self.network, self.graph = network, graph
        self.calls: list[Call] = []
        self.numbers: dict[fx.Node, int] = {}  # by node, the call whose output it stands for
        self.weighted: set[str] = set()

    def trace(self) -> Trace:
        heads: tuple[int, ...] = ()
        for node in self.graph.nodes:
            match node.op:
                case "placeholder" if not self.numbers:
                    self.numbers[node] = -1
                case "placeholder" if not node.users:
                    pass
                case "call_module":
                    module = self.network.get_submodule(node.target)
                    self._check_alone(node.target, module)
                    self._add(node, node.target, True, module, node.args)
                case "call_function" if _is_named_tuple(node):
                    pass  # the outputs by name
                case "call_function" | "call_method":
                    self._read_function(node)
                case "output":
                    heads = tuple(self._number(node, head) for head in _outputs(node))
                case _:
                    self._refuse(node)
        return Trace(tuple(self.calls), heads)

    def _check_alone(self, path: str, module: nn.Module) -> None:
        if path in self.weighted:
            raise WorkbenchError(
                f"{type(self.network).__name__} uses the weights of {path} twice; here every layer "
                "has its own."
            )
        if any(True for _ in module.parameters()):
            self.weighted.add(path)

    def _read_function(self, node: fx.Node) -> None:
        function = node.target
        if function in (torch.flatten, "flatten"):
            self._flatten(node)
        elif function in (operator.add, operator.iadd, torch.add) and not node.kwargs:
            self._add(node, _owner(node), False, Add(), node.args)
        elif function is torch.cat:
            branches, dim = _arguments(node, "tensors", "dim")
            if dim != 1:
                self._refuse(node)
            self._add(node, _owner(node), False, Concat(), branches)
        elif function in (functional.relu, torch.relu):
            self._add(node, _owner(node), False, nn.ReLU(), node.args[:1])
        elif function is functional.dropout:
            _, share = _arguments(node, "input", "p")
            module = nn.Dropout(0.5 if share is None else share)
            self._add(node, _owner(node), False, module, node.args[:1])
        elif function is functional.adaptive_avg_pool2d:
            _, side = _arguments(node, "input", "output_size")
            self._add(node, _owner(node), False, nn.AdaptiveAvgPool2d(side), node.args[:1])
        else:
            self._refuse(node)

    def _flatten(self, node: fx.Node) -> None:
        _, first = _arguments(node, "input", "start_dim")
        readers = [user.op == "call_module" and self._module(user) for user in node.users]
        if first != 1 or not all(isinstance(reader, nn.Linear | nn.Dropout) for reader in readers):
            self._refuse(node)
        self.numbers[node] = self._number(node, node.args[0])

    def _module(self, node: fx.Node) -> nn.Module:
        return self.network.get_submodule(str(node.target))

    def _add(self, node: fx.Node, path: str, own: bool, module: nn.Module, sources: Any) -> None:
        numbers = tuple(self._number(node, source) for source in sources)
        self.numbers[node] = len(self.calls)
        self.calls.append(Call(path, own, module, numbers))

    def _number(self, node: fx.Node, source: Any) -> int:
        if not isinstance(source, fx.Node) or source not in self.numbers:
            self._refuse(node)
        return self.numbers[source]

    def _refuse(self, node: fx.Node) -> None:
        raise WorkbenchError(
            f"{type(self.network).__name__} does something between its layers that has no layer "
            f"here: {node.format_node()}."
        )


def _outputs(node: fx.Node) -> Sequence[Any]:
    """The logits of the main classifier and then those of the others."""
    outputs: Any = node.args[0]
    if isinstance(outputs, fx.Node) and _is_named_tuple(outputs):
        return outputs.args
    return outputs if isinstance(outputs, tuple | list) else (outputs,)


def _is_named_tuple(node: fx.Node) -> bool:
    return isinstance(node.target, type) and issubclass(node.target, tuple)


def _owner(node: fx.Node) -> str:
    """Path of the module whose forward calls a function."""
    stack = list(node.meta.get("nn_module_stack", {}).values())
    return stack[-1][0] if stack else ""


def _arguments(node: fx.Node, first: str, second: str) -> tuple[Any, Any]:
    """The first two arguments, wherever they are given; None for what is not."""
    given = dict(zip((first, second), node.args, strict=False)) | node.kwargs
    return given.get(first), given.get(second)
