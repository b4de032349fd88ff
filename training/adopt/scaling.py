"""What a forward pass does to its maps by constants: x * 0.1, x / self.temperature, x + self.bias.

Each is a `Scale`: a number for each channel that it is multiplied by, and one that is added.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import torch
from torch import Tensor, fx

from training.adopt.functions import plain_word

SCALES = ("mul", "multiply", "div", "divide", "true_divide", "truediv", "neg", "negative")
SHIFTS = ("add", "sub", "subtract", "rsub")
_DIVISIONS = ("div", "divide", "true_divide", "truediv")


def scaled(node: fx.Node, constants: Collection[fx.Node]) -> tuple[fx.Node, int] | None:
    """What a node scales or shifts, and by how many channels; None if it does something else.

    Args:
        node: Any.
        constants: Nodes that depend on no picture.
    """
    word = plain_word(node)
    moved = [each for each in node.all_input_nodes if each not in constants]
    given = [*node.args, *node.kwargs.values()]
    if word not in SCALES + SHIFTS or len(moved) != 1 or given.count(moved[0]) != 1:
        return None
    if node.kwargs.get("rounding_mode") is not None:
        return None
    if word in _DIVISIONS and node.args[:1] != (moved[0],):
        return None  # of the numbers by it
    maps, result = moved[0].meta.get("value"), node.meta.get("value")
    if not isinstance(maps, Tensor) or not isinstance(result, Tensor) or maps.dim() < 2:
        return None
    shapes = [tuple(each.meta["value"].shape) for each in node.all_input_nodes if each in constants]
    is_one_each = all(_is_for_channels(shape, maps.shape) for shape in shapes)
    return (moved[0], maps.shape[1]) if is_one_each and result.shape == maps.shape else None


def _is_for_channels(shape: tuple[int, ...], of: torch.Size) -> bool:
    """Whether a constant of that shape has a number for each channel, or one for all."""
    full = (1,) * (len(of) - len(shape)) + shape
    return len(full) == len(of) and all(
        side == 1 or (axis == 1 and side == of[1]) for axis, side in enumerate(full)
    )


def weights_of_scale(node: fx.Node, moved: fx.Node, channels: int) -> Mapping[str, fx.Node]:
    """Nodes that work out the weight and the bias: what the same call makes of zeros and ones.

    Args:
        node: The call.
        moved: Which of its arguments are the maps.
        channels: Of these.
    """
    graph = node.graph
    shape = (1, channels, *[1] * (moved.meta["value"].dim() - 2))

    def called_on(number: float) -> fx.Node:
        probe = graph.call_function(torch.full, (shape, number), {"dtype": torch.float64})

        def exchanged(each: fx.Node) -> Any:
            return probe if each is moved else each

        args, kwargs = (fx.node.map_arg(given, exchanged) for given in (node.args, node.kwargs))
        return graph.create_node(node.op, node.target, args, kwargs)  # type: ignore[arg-type]

    with graph.inserting_after(node):
        bias = called_on(0.0)
    with graph.inserting_after(bias):
        slope = graph.call_function(torch.sub, (called_on(1.0), called_on(0.0)))
    return {
        name: graph.call_function(torch.flatten, (each,))
        for name, each in (("weight", slope), ("bias", bias))
    }
