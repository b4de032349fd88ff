"""Somebody else's network taken apart into single operations, each with what feeds it."""

from __future__ import annotations

import linecache
import operator
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn

from training.adopt.calls import Call
from training.adopt.constants import run_node
from training.adopt.ending import take_off
from training.adopt.forms import Ending
from training.adopt.on_cpu import OnCpu
from training.adopt.reading import Reading
from training.adopt.users_lines import line_now, reason, where_raised
from training.errors import WorkbenchError
from training.models.layer_kinds import KINDS
from training.outputs import OutputsName

ONE_AT_A_TIME = threading.Lock()  # torch.fx exchanges nn.Module.__call__ while it traces
BATCH = 3  # images in the trace; an operation that mixes them is seen by its shape


@dataclass(frozen=True)
class Trace:
    """A forward pass in the order in which it runs."""

    calls: tuple[Call, ...]
    outputs: Mapping[str, int]  # what is returned: by name, the number of the call that gives it
    shapes: Mapping[str, tuple[int, ...]]  # of each output, for a batch of `BATCH`
    refused: Mapping[str, WorkbenchError]  # of outputs that no layers give: why
    root: nn.Module  # what was traced, with the tensors that it made on its way
    endings: Mapping[str, Ending]  # of those that are scores: what was made of them

    @property
    def heads(self) -> tuple[int, ...]:
        """Numbers of the calls whose outputs are returned, the main classifier's first."""
        return tuple(self.outputs.values())


class Bare(nn.Module):
    """A network that takes images alone, whatever else it could be given, and names its outputs."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Any) -> dict[str, Any]:
        """(N, 3, H, W) to tensors by name; one that is returned alone has no name: ""."""
        answer = self.network(images)
        if isinstance(answer, Tensor | fx.Proxy):
            return {"": answer}
        named = dict(_named("", answer))
        return {name: each for name, each in named.items() if isinstance(each, Tensor | fx.Proxy)}


def _named(name: str, answer: Any) -> Iterator[tuple[str, Any]]:
    """Whatever is returned, however deep: logits, 1, features.0."""
    if isinstance(answer, Tensor | fx.Proxy) or not (parts := _parts(answer)):
        yield name, answer
        return
    for part, value in parts.items():
        yield from _named(f"{name}.{part}".lstrip("."), value)


def _parts(answer: Any) -> dict[str, Any]:
    if isinstance(answer, Mapping):
        return {str(name): value for name, value in answer.items()}
    if hasattr(answer, "_asdict"):
        return dict(answer._asdict())
    if isinstance(answer, tuple | list):
        return {str(place): value for place, value in enumerate(answer)}
    if is_dataclass(answer) and not isinstance(answer, type):
        return {field.name: getattr(answer, field.name) for field in fields(answer)}
    return dict(vars(answer)) if hasattr(answer, "logits") else {}


def trace(
    network: nn.Module,
    image_size: int,
    given: OutputsName | None = None,
    *,
    channels: int = 3,
    begins_at: str | None = None,
    all_of_it: bool = True,
) -> Trace:
    """What happens to a picture, operation by operation.

    Sizes are known while it runs, so that a way that depends on them alone is followed; functions
    become modules, and flattening before a fully connected layer is left out: `Network` does that
    by itself.

    Args:
        network: On the meta device: weights play no part. In training mode where auxiliary
            classifiers are wanted.
        image_size: Side of the square input, px.
        given: What its owner says that its outputs are.
        channels: Of the input.
        begins_at: Name of the node whose output the layers take for the picture; the images
            themselves if not given.
        all_of_it: Whether layers have to lead to every output; if not, `refused` says to which not.

    Raises:
        WorkbenchError: If the network cannot be traced, or does something that no layer of ours
            does.
    """
    name = type(network).__name__
    bare = Bare(network)
    try:
        with ONE_AT_A_TIME, torch.no_grad(), OnCpu():
            images = torch.empty(BATCH, channels, image_size, image_size, device="meta")
            tracer = Tracer(bare, images)
            graph = tracer.trace(bare)
    except WorkbenchError:
        raise
    except Exception as error:  # somebody else's code runs here and may raise anything
        raise WorkbenchError(f"{name} {_cause(error)}") from error
    with OnCpu():
        endings = take_off(bare, graph, given)
    reading = Reading(bare, network, graph, begins_at)
    if all_of_it and reading.refused:
        raise next(iter(reading.refused.values()))
    return Trace(reading.calls, reading.outputs, reading.shapes, reading.refused, bare, endings)


def _cause(error: Exception) -> str:
    """Why a network cannot be traced, and what to do."""
    said, where = reason(error), where_raised(error)
    if "item assignment" in said:
        return (
            f"writes numbers into its maps{where}, which no layer does. Compute new maps by layers "
            "instead."
        )
    if "control flow" in said or isinstance(error, fx.proxy.TraceError):
        return (
            f"decides its way by what is in the picture{where} and cannot be taken apart into "
            "layers. Write that step so that it is the same for every picture."
        )
    if "meta tensor" in said or "Tensor.item()" in said or "__torch_function__" in said:
        return (
            f"takes numbers out of its tensors while it runs{where} and cannot be taken apart into "
            "layers. Compute with tensors from the picture to the logits."
        )
    return (
        f"cannot be taken apart into layers: {said}{where}. Write that step so that it is the same "
        "for every picture, with layers of torch.nn."
    )


class _Signal(fx.Proxy):
    """A tensor on its way, whose shape can be asked for like that of any other."""

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.node.meta["value"], name, None)
        if isinstance(value, torch.device):
            return torch.device("cpu")
        if value is None or callable(value) or isinstance(value, Tensor):
            return super().__getattr__(name)
        return value

    def __bool__(self) -> bool:
        frame = sys._getframe(1)
        if linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip().startswith("assert"):
            return True  # as it is for its author's pictures
        return bool(super().__bool__())

    def __len__(self) -> int:
        return len(self.node.meta["value"])

    def __iadd__(self, other: Any) -> Any:
        return self._written_over(operator.iadd, other)

    def __isub__(self, other: Any) -> Any:
        return self._written_over(operator.isub, other)

    def __imul__(self, other: Any) -> Any:
        return self._written_over(operator.imul, other)

    def __itruediv__(self, other: Any) -> Any:
        return self._written_over(operator.itruediv, other)

    def _written_over(self, by: Callable[[Any, Any], Any], other: Any) -> Any:
        return self.tracer.create_proxy("call_function", by, (self, other), {})


class Tracer(fx.Tracer):
    """Follows an image of the right size, and minds its own business.

    Other threads call their modules as ever meanwhile. Only tensors are traced; what follows from
    their shapes is worked out at once, on tensors without numbers where the images have none.
    """

    proxy_buffer_attributes = True  # what is worked out of one is followed like any tensor

    def __init__(self, bare: Bare, images: Tensor) -> None:
        super().__init__()
        self.bare, self.image = bare, images
        self.thread = threading.get_ident()
        self.at_work = False  # on a value; what it calls meanwhile is not traced
        self.installed = set(bare.modules())

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        known = type(m) in KINDS.values() or is_transform(m)
        return known or super().is_leaf_module(m, module_qualified_name)

    def call_module(self, m: nn.Module, forward: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if self.at_work or threading.get_ident() != self.thread:
            return forward(*args, **kwargs)
        if m not in self.installed:  # made within forward: nn.ReLU()(x), or self.features[:4](x)
            if not self.is_leaf_module(m, ""):
                return forward(*args, **kwargs)
            self.bare.add_module(f"made{len(self.installed)}", m)
            self.installed.add(m)
            self.submodule_paths = None  # torch.fx keeps a table; it is to look again
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        if self.at_work or threading.get_ident() != self.thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)

    def proxy(self, node: fx.Node) -> fx.Proxy:
        return _Signal(node, self)

    def create_proxy(self, *of: Any, **more: Any) -> Any:
        proxy = super().create_proxy(*of, **more)
        node = proxy.node
        node.meta["line"] = line_now(Bare.forward.__code__)  # above is who asks
        self.at_work = True
        try:
            node.meta["value"] = value = self._value(node)
        finally:
            self.at_work = False
        if type(value) in (tuple, list) and _has_tensors(value):  # each of them, as it was
            return type(value)(
                self.create_proxy("call_function", operator.getitem, (proxy, place), {})
                for place in range(len(value))
            )
        return proxy if _has_tensors(value) else value

    def _value(self, node: fx.Node) -> Any:
        """What a node gives for the image."""
        if node.op == "placeholder":
            return self.image
        if node.op == "get_attr":
            return self._known(node)
        if node.op == "call_module" and self.image.is_meta:
            module = self.bare.get_submodule(str(node.target))
            if is_transform(module):  # it may look at the numbers
                seen = self._known(node.all_input_nodes[0])
                return module(torch.zeros(seen.shape)).to("meta")
        return run_node(node, self.bare, self._known)

    def create_arg(self, a: Any) -> Any:
        return super().create_arg(a.dtype if type(a) is type(torch.FloatTensor) else a)

    def _known(self, node: fx.Node) -> Any:
        if "value" not in node.meta:  # a tensor that the network holds, or made on its way
            node.meta["value"] = operator.attrgetter(str(node.target))(self.root).to(
                self.image.device
            )
        return node.meta["value"]


def is_transform(module: nn.Module) -> bool:
    """Whether a module prepares pictures, and comes from a library that does nothing else."""
    return type(module).__module__.startswith(("torchvision.transforms.", "kornia."))


def _has_tensors(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return any(_has_tensors(each) for each in value)
    return isinstance(value, Tensor)
