"""Activations that a forward pass writes out: x * torch.sigmoid(x), torch.where(x > 0, x, 0).

Like modules of somebody's own they are known by what they compute.
"""

from __future__ import annotations

import operator
from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from torch import Tensor, fx, nn

from training.adopt.constants import run_node
from training.adopt.functions import TWINS, plain_word, writes_over
from training.adopt.own_modules import equal_activation
from training.adopt.scaling import SCALES, SHIFTS

_POOLS_AND_DROPS = ("pool", "dropout", "softmax", "norm")
_AT_EACH_PLACE = frozenset(
    (
        *(word for word in TWINS if not any(part in word for part in _POOLS_AND_DROPS)),
        *(*SCALES, *SHIFTS, "pow", "square", "sqrt", "abs", "exp", "log", "log1p", "erf", "sign"),
        *("gt", "ge", "lt", "le", "where", "maximum", "minimum", "max", "min", "_threshold"),
        *("zeros_like", "ones_like", "heaviside", "masked_fill", "celu"),
        *("float", "to", "type", "type_as", "bool"),
    )
)


class WrittenOut:
    """Which maps of a graph are worked out from which others, each place for itself."""

    def __init__(self, root: nn.Module) -> None:
        self._root = root
        self._origins: dict[fx.Node, list[fx.Node]] = {}  # by node, the nearest first
        self._later: dict[fx.Node, list[fx.Node]] = {}  # the same for what comes after it

    def note(self, node: fx.Node, constants: Collection[fx.Node]) -> None:
        """Take a node into account, after all those before it."""
        sources = [each for each in node.all_input_nodes if each not in constants]
        origins = list[fx.Node]()
        if _is_at_each_place(node, sources):
            first, *others = (self._later.get(each, [each]) for each in sources)
            origins = [each for each in first if all(each in of for of in others)]
        self._origins[node] = origins
        self._later[node] = [node] if writes_over(node) else [node, *origins]

    def activations(self, node: fx.Node) -> Iterator[tuple[fx.Node, nn.Module]]:
        """Each earlier node that this one is a known activation of, and which."""
        for origin in self._origins[node]:
            if writes_over(node) and node.args[0] is not origin:
                continue
            run = partial(self._run, origin, list(self._between(origin, node)))
            if (module := equal_activation(run)) is not None:
                yield origin, module

    def _between(self, origin: fx.Node, node: fx.Node) -> Iterator[fx.Node]:
        """What leads from an origin to a node, in the order in which it runs."""
        needed, waiting = set[fx.Node](), [node]
        while waiting:
            each = waiting.pop()
            if each is not origin and each not in needed:
                needed.add(each)
                waiting.extend(each.all_input_nodes)
        yield from (each for each in node.graph.nodes if each in needed)

    def _run(self, origin: fx.Node, steps: list[fx.Node], maps: Tensor) -> Any:
        values: dict[fx.Node, Any] = {origin: maps}
        for node in steps:
            if node.op == "get_attr":
                values[node] = operator.attrgetter(str(node.target))(self._root)
            else:
                values[node] = run_node(node, self._root, values.__getitem__)
        return values[steps[-1]]


def _is_at_each_place(node: fx.Node, sources: Collection[fx.Node]) -> bool:
    if not sources or node.op not in ("call_function", "call_method"):
        return False
    result = node.meta.get("value")
    shapes = {getattr(each.meta.get("value"), "shape", None) for each in sources}
    is_of_that_shape = isinstance(result, Tensor) and shapes == {result.shape}
    return is_of_that_shape and plain_word(node) in _AT_EACH_PLACE
