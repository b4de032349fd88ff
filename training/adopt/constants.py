"""What a forward pass works out from its own weights alone, before it meets a picture."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, fx, nn

from training.adopt.on_cpu import OnCpu


def is_constant(node: fx.Node, known: set[fx.Node]) -> bool:
    """Whether a node depends on no picture, as those before it in `known` do not."""
    if node.op == "get_attr":
        return True
    sources = node.all_input_nodes
    return node.op.startswith("call_") and bool(sources) and all(each in known for each in sources)


def run_node(node: fx.Node, root: nn.Module, value: Callable[[fx.Node], Any]) -> Any:
    """What a node gives, from the values of those before it.

    Args:
        node: A call of a module, a method or a function.
        root: That holds the modules.
        value: Of a node before it.
    """
    args: Any = fx.node.map_arg(node.args, value)
    kwargs: Any = fx.node.map_arg(node.kwargs, value)
    match node.op:
        case "call_module":
            return root.get_submodule(str(node.target))(*args, **kwargs)
        case "call_method":
            return getattr(args[0], str(node.target))(*args[1:], **kwargs)
        case _:
            return node.target(*args, **kwargs)  # type: ignore[operator]


@torch.no_grad()
def constant(node: fx.Node, root: nn.Module, traced: nn.Module) -> Tensor:
    """The numbers of a constant node.

    Args:
        node: Of the graph.
        root: The network with its weights, under the names that the graph has.
        traced: The one that was traced; it holds the tensors made on the way.
    """
    values: dict[fx.Node, Any] = {}

    def value(of: fx.Node) -> Any:
        if of not in values:
            values[of] = attribute(of) if of.op == "get_attr" else run_node(of, root, value)
        return values[of]

    def attribute(of: fx.Node) -> Any:
        find = operator.attrgetter(str(of.target))
        try:
            return find(root)
        except AttributeError:
            return find(traced)

    with OnCpu():
        found: Tensor = value(node)
    return found.detach().float()
