"""A graph of torch.fx read node by node, every operation as a layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from typing import Any, NoReturn

import torch
from torch import Tensor, fx, nn

from training.adopt.calls import Call
from training.adopt.constants import is_constant
from training.adopt.functions import (
    ALIASES,
    OVER_MAPS,
    RESHAPES,
    SPLITS,
    TWINS,
    WEIGHTED,
    arguments,
    label_of,
    plain_word,
    word_of,
    writes_over,
)
from training.adopt.indexing import channels_kept
from training.adopt.known_kinds import in_known_kind
from training.adopt.needless import without_needless
from training.adopt.padding import pad_of_function, pad_of_module, with_own_padding
from training.adopt.scaling import scaled, weights_of_scale
from training.adopt.written_out import WrittenOut
from training.errors import WorkbenchError
from training.models.merge import Add, Concat, Slice
from training.models.scale import Scale


class Reading:
    """What a graph says: calls, and the outputs by name.

    `begins_at` names the node that gives what the layers take for the picture, where that is not
    the image itself; what comes before it is left out.
    """

    def __init__(
        self,
        root: nn.Module,
        network: nn.Module,
        graph: fx.Graph,
        begins_at: str | None = None,
    ) -> None:
        self.root, self.network = root, network
        self._calls: list[Call] = []
        self._numbers: dict[fx.Node, int] = {}  # by node, the call whose output it stands for
        self._memory: dict[fx.Node, fx.Node] = {}  # by node, the one whose numbers it lies on
        self._constants: set[fx.Node] = set()  # what depends on no picture
        self._in_rows: dict[fx.Node, tuple[Any, str]] = {}  # (N, C, places): of maps, max or mean
        self.outputs: Mapping[str, int] = {}
        self.shapes: Mapping[str, tuple[int, ...]] = {}
        self.refused: Mapping[str, WorkbenchError] = {}  # outputs to which no layers lead, and why
        self._failed: dict[fx.Node, WorkbenchError] = {}
        self._written_out = WrittenOut(root)
        nodes = list(graph.nodes)
        names = [node.name for node in nodes]
        first = names.index(begins_at) if begins_at in names else 0
        self._numbers[nodes[first]], self._memory[nodes[first]] = -1, nodes[first]
        for node in nodes[:first]:
            if is_constant(node, self._constants):
                self._constants.add(node)
        for node in nodes[first + 1 :]:
            try:
                self._read(node)
            except WorkbenchError as error:  # it may lead to nothing that is wanted
                self._fail(node, error)
        padded = with_own_padding(self._calls, type(network).__name__)
        self.calls, self.outputs = without_needless(padded, self.outputs)

    def _read(self, node: fx.Node) -> None:
        if is_constant(node, self._constants):
            self._constants.add(node)
            return
        self._written_out.note(node, self._constants)
        failed = [each for each in node.all_input_nodes if each in self._failed]
        if failed and node.op != "output":
            if self._is_written_out(node):
                return
            raise self._failed[failed[0]]
        match node.op:
            case "call_module":
                self._read_module(node)
            case "call_function" | "call_method" if node.users or writes_over(node):
                self._read_function(node)
            case "output":
                returned: dict[str, Any] = node.args[0]  # type: ignore[assignment]
                self.refused = {
                    name: error
                    for name, one in returned.items()
                    if (error := self._refusal(node, one)) is not None
                }
                self.outputs = {
                    name: self._number(node, one)
                    for name, one in returned.items()
                    if name not in self.refused
                }
                self.shapes = {name: _shape(one) for name, one in returned.items()}

    def _refusal(self, node: fx.Node, returned: Any) -> WorkbenchError | None:
        try:
            self._number(node, returned)
        except WorkbenchError as error:
            return error
        return None

    def _fail(self, node: fx.Node, error: WorkbenchError) -> None:
        """A node has no layer; nor has, from here on, what it writes over."""
        self._failed[node] = error
        if writes_over(node) and node.args and node.args[0] in self._memory:
            place = self._memory[node.args[0]]  # type: ignore[index]
            self._failed |= {
                other: error for other, memory in self._memory.items() if memory is place
            }

    def _read_module(self, node: fx.Node) -> None:
        module = self.root.get_submodule(str(node.target))
        path = str(node.target).removeprefix("network.")
        in_place = bool(getattr(module, "inplace", False))
        own = Call(path, True, module, (), in_place=in_place, line=node.meta["line"])
        if path == node.target:  # made within forward
            own = replace(own, path=_owner(node), own=False, function=f"nn.{type(module).__name__}")
        if isinstance(module, nn.Flatten):
            self._flatten(node, path, own=True)
        elif (pad := pad_of_module(module)) is not None:
            self._add(node, replace(own, module=pad), node.args)
        else:
            sources = (*node.args, *node.kwargs.values())
            self._add(node, in_known_kind(own, _shape(node)), sources)

    def _read_function(self, node: fx.Node) -> None:
        word = word_of(node)
        plain = plain_word(node)
        call = self._call(node, nn.Identity())
        if plain == "add" and 0 in node.args[:2]:  # sum([a, b]) begins with it
            self._same(node, next(each for each in node.args if isinstance(each, fx.Node)))
        elif (moved := scaled(node, self._constants)) is not None:
            maps, count = moved
            weights = weights_of_scale(node, maps, count)
            layer = replace(call, module=Scale(count), constants=weights)
            self._add(node, layer, (maps,))
        elif plain == "add" and not node.kwargs:
            self._add(node, replace(call, module=Add()), node.args)
        elif plain in ("cat", "concat", "concatenate"):
            given = arguments(node, ("tensors", "dim"))
            if given.get("dim", 0) not in (1, 1 - len(_shape(node))):
                self._refuse(node)
            self._add(node, replace(call, module=Concat()), given["tensors"])
        elif plain == "pad" and len(_shape(node)) == 4:
            self._add(node, replace(call, module=pad_of_function(node)), node.args[:1])
        elif plain in WEIGHTED:
            self._with_weights(node, call)
        elif plain in OVER_MAPS and not _is_several(node):
            self._over_the_map(node, call)
        elif word in ALIASES and _shape(node) == _shape(node.args[0]):
            self._numbers[node] = self._number(node, node.args[0])
            memory = node if word == "clone" else self._memory[node.args[0]]  # type: ignore[index]
            self._memory[node] = memory
        elif plain == "max" and _is_several(node):
            self._over_the_map(node, call)
        elif word in SPLITS:
            self._number(node, node.args[0])  # its parts are read where they are taken
        elif word in ("getitem", "narrow") and (kept := self._channels(node)) is not None:
            source, channels = kept
            if len(channels) == _shape(source)[1] and _shape(source) == _shape(node):
                self._same(node, source)
            else:
                part = Slice(channels.start, channels.stop)
                self._add(node, replace(call, module=part), (source,))
        elif word in ("getitem", "getattr") and _is_several(node.args[0]):
            self._one_of_several(node)
        elif word == "getitem" and _is_some_maps(node):
            self._refuse(
                node,
                "it takes some of its maps, or all in another order, which no layer here does; "
                "give the convolution before them its filters in that order, or groups=",
            )
        elif word in RESHAPES:
            self._flatten(node, _owner(node), own=False)
        elif plain in TWINS:
            layer = in_known_kind(replace(call, module=TWINS[plain].layer(node)), _shape(node))
            self._add(node, layer, [arguments(node, ("input",))["input"]])
        elif not self._is_written_out(node):
            self._refuse(node)

    def _is_written_out(self, node: fx.Node) -> bool:
        """Whether a node, with some before it, is an activation of maps; it is a layer then."""
        for maps, activation in self._written_out.activations(node):
            if maps in self._numbers:
                called = f"{type(activation).__name__}, written out,"
                self._add(node, replace(self._call(node, activation), function=called), (maps,))
                return True
        return False

    def _call(self, node: fx.Node, module: nn.Module) -> Call:
        """What a function does, by the module that does the same."""
        line = node.meta["line"]
        return Call(_owner(node), False, module, (), label_of(node), writes_over(node), line)

    def _channels(self, node: fx.Node) -> tuple[Any, range] | None:
        """What x[:, 48:], x.narrow(1, …), or a part of x.chunk(2, 1), takes channels of; which."""
        source: Any = node.args[0]
        if word_of(node) == "narrow":
            given = arguments(node, ("input", "dim", "start", "length"))
            start = given["start"] % _shape(source)[1]
            is_along = given["dim"] in (1, 1 - len(_shape(source)))
            return (source, range(start, start + given["length"])) if is_along else None
        if isinstance(source, fx.Node) and word_of(source) in SPLITS:
            given = arguments(source, ("input", "parts", "dim"))
            if given.get("dim", 0) not in (1, 1 - len(_shape(source))):
                self._refuse(source)
            start = sum(part.shape[1] for part in source.meta["value"][: node.args[1]])
            return given["input"], range(start, start + _shape(node)[1])
        if _is_several(source) or len(_shape(node)) != len(_shape(source)):
            return None
        kept = channels_kept(node.args[1], _shape(source), _shape(node))
        return None if kept is None else (source, kept)

    def _one_of_several(self, node: fx.Node) -> None:
        """What a pool with `return_indices` gives: its maps, and the switches beside."""
        source: Any = node.args[0]
        if source in self._in_rows:  # x.max(3)[0]
            self._in_rows[node] = self._in_rows[source]
            return
        if node.args[1] not in (0, "values"):
            self._refuse(
                node,
                "its forward uses the switches of a pool (return_indices); the deconvnet finds "
                "them by itself, so that nothing but the maps is needed there",
            )
        self._same(node, source)

    def _same(self, node: fx.Node, source: Any) -> None:
        self._numbers[node] = self._number(node, source)
        self._memory[node] = self._memory[source]

    def _with_weights(self, node: fx.Node, call: Call) -> None:
        """F.conv2d and F.linear: a layer whose weights are what the network worked out for it."""
        given = arguments(node, ("input", "weight", "bias", *WEIGHTED[word_of(node)]))
        weights: dict[str, fx.Node] = {
            name: given[name] for name in ("weight", "bias") if name in given
        }
        if not all(each in self._constants for each in weights.values()):
            self._refuse(node, "the weights of a layer depend on the picture")
        shape = _shape(weights["weight"])
        choices = {name: given[name] for name in WEIGHTED[word_of(node)] if name in given}
        with torch.device("meta"):
            if len(shape) == 4:
                channels = shape[1] * choices.get("groups", 1)
                module: nn.Module = nn.Conv2d(
                    channels, shape[0], shape[2:], bias="bias" in given, **choices
                )
            else:
                module = nn.Linear(shape[1], shape[0], bias="bias" in given)
        owner = self.network.get_submodule(call.path)
        of_a_subclass = isinstance(owner, nn.Conv2d | nn.Linear)  # with a forward of its own
        layer = replace(call, module=module, own=of_a_subclass, constants=weights)
        self._add(node, layer, [given["input"]])

    def _over_the_map(self, node: fx.Node, call: Call) -> None:
        """x.mean((2, 3)), also side after side or over the places in a row: a number a map."""
        given = arguments(node, ("input", "dim", "keepdim"))
        source, dims = given["input"], given.get("dim")
        shape = _shape(source)
        word = "mean" if word_of(node) == "mean" else "max"
        sides = {d % len(shape) for d in ([dims] if isinstance(dims, int) else dims or [])}
        begun = self._in_rows.get(source)  # maps that have lost a side already, or lie in a row
        if begun is None and len(shape) == 4 and len(sides) == 1 and sides <= {2, 3}:
            if not given.get("keepdim"):
                self._in_rows[node] = source, word
                return
        elif begun is not None and sides == {2} and begun[1] in ("", word):
            source = begun[0]
        elif len(shape) != 4 or sides != {2, 3}:
            self._refuse(node)
        kind = nn.AdaptiveAvgPool2d if word == "mean" else nn.AdaptiveMaxPool2d
        self._add(node, replace(call, module=kind(1)), (source,))
        if len(_shape(node)) != 4:
            pooled = self._numbers[node]
            self._calls.append(Call(_owner(node), False, nn.Flatten(), (pooled,)))
            self._numbers[node] = pooled + 1

    def _flatten(self, node: fx.Node, path: str, *, own: bool) -> None:
        source: Any = node.args[0]
        old, new = _shape(source), _shape(node)
        if len(old) == 4 and new == (*old[:2], prod(old[2:])):
            self._in_rows[node] = source, ""
            return
        if source in self._in_rows and new == (*new[:1], prod(old[1:])):
            source, lost = self._in_rows[source]
            if lost:
                self._refuse(node)
        if old == new:
            self._numbers[node] = self._number(node, source)
        # as many numbers for each image, in a row; (N, D, 1) is on its way there
        elif new == (old[0], prod(old[1:])):
            call = Call(path, own, nn.Flatten(), (), line=node.meta["line"])
            self._add(node, call, (source,))
        elif len(new) == 2 and len(old) > 1 and new[0] != old[0]:
            self._refuse(
                node,
                f"{label_of(node)} makes {new[0]} rows of {new[1]} out of {old[0]} pictures of "
                f"{prod(old[1:])} numbers each, and so mixes them; give the --image_size that it "
                "was written for, or keep them apart by x.flatten(1)",
            )
        else:
            self._refuse(node)
        self._memory[node] = self._memory[source]

    def _add(self, node: fx.Node, call: Call, sources: Any) -> None:
        numbers = tuple(self._number(node, source) for source in sources)
        number = len(self._calls)
        self._calls.append(replace(call, sources=numbers))
        self._numbers[node], self._memory[node] = number, node
        if call.in_place:  # whoever reads its input from now on reads what it wrote there
            place = self._memory[sources[0]]
            self._memory[node] = place
            for other, memory in self._memory.items():
                if memory is place:
                    self._numbers[other] = number

    def _number(self, node: fx.Node, source: Any) -> int:
        if source in self._failed:
            raise self._failed[source]
        if not isinstance(source, fx.Node) or source not in self._numbers:
            self._refuse(node)
        if _shape(source)[:1] != _shape(next(iter(self._numbers)))[:1]:
            self._refuse(source)  # it mixes the images of a batch
        return self._numbers[source]

    def _refuse(self, node: fx.Node, why: str = "") -> NoReturn:
        line = f" ({node.meta['line']})" if node.meta.get("line") else ""
        if why:
            raise WorkbenchError(f"{type(self.network).__name__}: {why}{line}.")
        what = f"it returns {node.args[0]}" if node.op == "output" else label_of(node) + line
        raise WorkbenchError(
            f"{type(self.network).__name__} does something between its layers that has no layer "
            f"here: {what}. Known are the layers of torch.nn for images, sums of branches, "
            "concatenation of channels and flattening; an input is normalised by --mean and --std."
        )


def _is_several(node: Any) -> bool:
    return isinstance(node, fx.Node) and isinstance(node.meta.get("value"), tuple | list)


def _is_some_maps(node: fx.Node) -> bool:
    """Whether x[index] are maps, but not all of x as it stands: x[:, 1:], x[:, [2, 1, 0]]."""
    index = node.args[1]
    parts = index if isinstance(index, tuple) else (index,)
    takes_all = all(part in (slice(None), ...) for part in parts)
    return len(_shape(node.args[0])) == len(_shape(node)) == 4 and not takes_all


def _shape(node: Any) -> tuple[int, ...]:
    """Of what a node gives; of the first, where it gives several."""
    value = node.meta.get("value") if isinstance(node, fx.Node) else None
    if isinstance(value, tuple | list) and value:
        value = value[0]
    return tuple(value.shape) if isinstance(value, Tensor) else ()


def _owner(node: fx.Node) -> str:
    """Path of the module whose forward calls a function."""
    stack = list(node.meta.get("nn_module_stack", {}).values())
    return stack[-1][0].removeprefix("network").lstrip(".") if stack else ""
