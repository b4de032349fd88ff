"""What a network does to its last scores before it returns them, and so what they mean.

A traced network is walked back from what it returns for as long as everything depends on one
tensor of scores. What lies between is tried on random scores and compared with the endings that
have a meaning, however they are written: softmax and its logarithm, a sigmoid for each label, one
number for two classes as it is or as P, squeezed to (N,) or beside 1 − P. The scores before it
become the network's output; what is none of these stays among its layers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

import torch
from torch import Tensor, fx, nn

from training.adopt.constants import run_node
from training.adopt.forms import FORMS, Ending, Form
from training.adopt.functions import TWINS, word_of, writes_over
from training.errors import WorkbenchError
from training.outputs import OutputsName

TRIES = 3  # batches of random scores
SAME = 1e-6  # an epsilon that keeps a logarithm finite is no other ending


def take_off(root: nn.Module, graph: fx.Graph, given: OutputsName | None) -> dict[str, Ending]:
    """Let a graph return the scores instead of what is made of them.

    Args:
        root: What was traced: the modules that the graph names.
        graph: It returns a dictionary; its nodes know their values' shapes. Changed in place.
        given: What its owner says that it gives, softmax, sigmoid or binary; None if nothing.

    Returns:
        By the name under which it was returned, the ending of each output that has scores.

    Raises:
        WorkbenchError: If it takes a softmax over the images of a batch.
    """
    end = next(node for node in graph.nodes if node.op == "output")
    returned: dict[str, Any] = dict(end.args[0])
    endings: dict[str, Ending] = {}
    taken: set[fx.Node] = set()
    _name_what_was_written_over(root, graph)
    for name, node in returned.items():
        if isinstance(node, fx.Node):
            found = _ending(root, node, given)
            if found is not None:
                cut, endings[name], between = found
                returned[name] = _flat(graph, cut)
                taken.update(between)
    end.args = (returned,)
    for node in reversed(graph.nodes):
        if node in taken and not node.users:
            graph.erase_node(node)
    return endings


def _name_what_was_written_over(root: nn.Module, graph: fx.Graph) -> None:
    """After x.sigmoid_(), x is what that returned."""
    order = {node: place for place, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        is_call = node.op in ("call_function", "call_method")
        if is_call and writes_over(node) and _is_light(root, node):
            before = node.all_input_nodes[0]
            for user in list(before.users):
                if order[user] > order[node]:
                    user.replace_input_with(before, node)


def _flat(graph: fx.Graph, scores: fx.Node) -> fx.Node:
    """Scores (N, k, 1, 1) as (N, k)."""
    value = scores.meta["value"]
    if value.dim() == 2:
        return scores
    with graph.inserting_after(scores):
        flat = graph.call_method("flatten", (scores, 1))
    flat.meta.update(scores.meta, value=value.flatten(1))
    return flat


def _ending(
    root: nn.Module, returned: fx.Node, given: OutputsName | None
) -> tuple[fx.Node, Ending, list[fx.Node]] | None:
    """The earliest scores that an ending of `FORMS` follows; bare ones, the latest."""
    best: tuple[fx.Node, Ending, list[fx.Node]] | None = None
    images, *more = _shape(returned) or (0,)
    for cut, between in _cuts(root, returned):
        size = _shape(cut)
        if len(size) < 2 or size[0] != images or prod(size[2:]) != 1:
            continue
        for form in FORMS:
            hidden = given == "softmax" and form.outputs == "sigmoid"  # a softmax is taken of it
            if not hidden and form.fits(size[1]) and _follows(root, form, cut, between, returned):
                found = Ending(form.outputs, form.words, form.tail, size[1], form.columns(size[1]))
                if best is None or not found.is_bare or (not more and best[1].is_bare):
                    best = cut, found, between
                break
    if best is None or best[1].is_bare:
        _refuse_over_images(root, returned)
    return best


def _cuts(root: nn.Module, returned: fx.Node) -> Iterator[tuple[fx.Node, list[fx.Node]]]:
    """Each tensor that what is returned depends on alone, with what lies between, in order."""
    order = {node: place for place, node in enumerate(returned.graph.nodes)}
    waiting, between = {returned}, list[fx.Node]()
    while waiting:
        node = max(waiting, key=order.__getitem__)
        if len(waiting) == 1:
            yield node, between[::-1]
        if not _is_light(root, node):
            return
        waiting.remove(node)
        waiting.update(node.all_input_nodes)
        between.append(node)


_LIGHT = (
    *(nn.Softmax, nn.LogSoftmax, nn.Sigmoid, nn.LogSigmoid),
    *(nn.Flatten, nn.Identity, nn.Dropout),
)
_LIGHT_FUNCTIONS = ("sigmoid", "softmax", "log_softmax", "dropout", "clamp", "clip")


def _is_light(root: nn.Module, node: fx.Node) -> bool:
    """Whether it only says its input's scores in another way: no weights, nothing spatial."""
    if prod(_shape(node)[2:]) != 1:
        return False
    if node.op == "call_module":
        return isinstance(root.get_submodule(str(node.target)), _LIGHT)
    word = word_of(node).removesuffix("_")
    known = word not in TWINS or word in _LIGHT_FUNCTIONS
    return node.op in ("call_function", "call_method") and known and word != "linear"


def _follows(
    root: nn.Module, form: Form, cut: fx.Node, between: list[fx.Node], returned: fx.Node
) -> bool:
    """Whether what lies between makes the same of random scores as a form does."""
    draw = torch.Generator().manual_seed(0)
    with torch.device("cpu"):  # whatever it is that is traced
        for _ in range(TRIES):
            scores = torch.randn(_shape(cut), generator=draw, dtype=torch.float64)
            expected = form.tail(scores.flatten(1))
            try:
                found = _values(root, scores, cut, between)[returned]
            except (RuntimeError, TypeError, ValueError, IndexError, AttributeError):
                return False  # it makes something else of them
            if not isinstance(found, Tensor) or found.dim() == 0 or len(found) != len(expected):
                return False
            if found.numel() != expected.numel():
                return False
            found = found.reshape(expected.shape).double()
            if not torch.allclose(found, expected, rtol=0, atol=SAME):
                return False
    return True


def _values(
    root: nn.Module, scores: Tensor, cut: fx.Node, between: list[fx.Node]
) -> Mapping[fx.Node, Any]:
    values: dict[fx.Node, Any] = {cut: scores}

    def value(of: fx.Node) -> Any:
        known = values[of]
        return known.clone() if isinstance(known, Tensor) else known  # some write over it

    for node in between:
        values[node] = run_node(node, root, value)
    return values


def _refuse_over_images(root: nn.Module, returned: fx.Node) -> None:
    module = root.get_submodule(str(returned.target)) if returned.op == "call_module" else None
    dim = returned.kwargs.get("dim", returned.args[1] if len(returned.args) > 1 else None)
    is_softmax = isinstance(module, nn.Softmax | nn.LogSoftmax) or "softmax" in word_of(returned)
    if is_softmax and getattr(module, "dim", dim) == 0:
        line = f" ({returned.meta['line']})" if returned.meta.get("line") else ""
        raise WorkbenchError(
            f"It takes the softmax over the images of a batch (dim=0){line}, so that an image's "
            "probabilities depend on the others. Take dim=1."
        )


def _shape(node: fx.Node) -> tuple[int, ...]:
    value = node.meta.get("value")
    return tuple(value.shape) if isinstance(value, Tensor) else ()
