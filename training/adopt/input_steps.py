"""What a network does to its images before its first layer: scaling, order of channels, grey.

Found by looking, not by name: a forward pass is followed on real numbers up to the first layer, and
whatever gives each pixel an affine function of itself there, the same at every place, is such a
step: `x / 255`, `x.flip(1)`, `x[:, [2, 1, 0]]`, `(x - self.mean) / self.std`, a Normalize of
torchvision's, `x.mean(1, keepdim=True)`.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx, nn

from training.adopt.functions import TWINS
from training.adopt.on_cpu import OnCpu
from training.adopt.tracing import BATCH, ONE_AT_A_TIME, Bare, Tracer, is_transform

TOLERANCE = 1e-5  # of the largest value: float32 rounds in other places
_WITH_WEIGHTS = ("conv2d", "linear", "batch_norm", "group_norm", "instance_norm", "layer_norm")


@dataclass(frozen=True)
class InputSteps:
    """Steps that come to one affine map of the C₀ channels of an image to C channels."""

    scale: np.ndarray  # (C, C₀) float64
    offset: np.ndarray  # (C,) float64
    lines: tuple[str, ...] = ()  # of the source
    result: str | None = None  # name of the node that gives what the first layer takes

    @classmethod
    def none(cls, channels: int) -> InputSteps:
        """Images go into the first layer as they come."""
        return cls(np.eye(channels), np.zeros(channels))

    def __call__(self, images: Tensor) -> Tensor:
        """(N, C₀, H, W) to (N, C, H, W), in float64 on the way."""
        if self.result is None:
            return images
        seen = torch.einsum("ck,nkhw->nchw", torch.from_numpy(self.scale), images.double())
        return (seen + torch.from_numpy(self.offset)[:, None, None]).float()

    @property
    def normalises(self) -> bool:
        """Whether they scale or shift; choosing and mixing channels does neither."""
        sums = np.abs(self.scale.sum(1))
        return bool(np.abs(self.offset).max() > TOLERANCE or np.abs(sums - 1).max() > TOLERANCE)


def input_steps(network: nn.Module, channels: int, image_size: int) -> InputSteps:
    """The steps at the start of a network's forward pass, as one.

    Args:
        network: On the CPU, in evaluation mode; a copy, on which a forward pass is begun.
        channels: Of the images it takes.
        image_size: Side of these, px.
    """
    images = torch.randn(
        BATCH, channels, image_size, image_size, generator=torch.Generator().manual_seed(1)
    )
    bare = Bare(network)
    tracer = _UpToTheFirstLayer(bare, images.clone())  # steps may write over them
    try:
        with ONE_AT_A_TIME, torch.no_grad(), OnCpu():
            tracer.trace(bare)
    except _FirstLayer:
        pass
    except Exception:  # of somebody else's code: told where all of it is followed
        return InputSteps.none(channels)
    return _folded(list(tracer.graph.nodes), images) or InputSteps.none(channels)


class _FirstLayer(BaseException):
    """All that comes before it has been followed; somebody's `except Exception` lets it through."""


class _UpToTheFirstLayer(Tracer):
    """Stops where the first layer is called."""

    def create_proxy(
        self, kind: str, target: Any, args: Any, kwargs: Any, *of: Any, **more: Any
    ) -> Any:
        if not self.at_work and self._is_layer(kind, target, (*args, *kwargs.values())):
            raise _FirstLayer
        return super().create_proxy(kind, target, args, kwargs, *of, **more)

    def _is_layer(self, kind: str, target: Any, args: Sequence[Any]) -> bool:
        if kind == "call_module":
            module = self.bare.get_submodule(target)
            return not (is_transform(module) or isinstance(module, nn.Identity))
        word = str(getattr(target, "__name__", target)).removesuffix("_")
        weights = [each.node for each in args[1:] if isinstance(each, fx.Proxy)]
        return word in TWINS or (word in _WITH_WEIGHTS and any(map(self._is_learned, weights)))

    def _is_learned(self, node: fx.Node) -> bool:
        """Whether a weight is a parameter, or made from one."""
        if node.op != "get_attr":
            return any(map(self._is_learned, node.all_input_nodes))
        return isinstance(operator.attrgetter(str(node.target))(self.root), nn.Parameter)


def _folded(nodes: Sequence[fx.Node], images: Tensor) -> InputSteps | None:
    """The last node that gives an affine map of the image, and on which all later ones build."""
    first = nodes[0]
    of_image = _reached_from(first, nodes)
    for place in range(len(nodes) - 1, 0, -1):
        node = nodes[place]
        if node not in of_image or _is_passed_by(node, nodes[place + 1 :], of_image):
            continue
        found = _affine(node.meta.get("value"), images)
        if found is None:
            continue
        scale, offset = found
        if scale.shape[0] == scale.shape[1] and _is_nothing(scale, offset):
            return None
        lines = [each.meta["line"] for each in nodes[1 : place + 1] if each in of_image]
        return InputSteps(scale, offset, tuple(dict.fromkeys(filter(None, lines))), node.name)
    return None


def _reached_from(first: fx.Node, nodes: Sequence[fx.Node]) -> set[fx.Node]:
    found = {first}
    for node in nodes:
        if found.intersection(node.all_input_nodes):
            found.add(node)
    return found


def _is_passed_by(node: fx.Node, later: Sequence[fx.Node], of_image: set[fx.Node]) -> bool:
    """Whether something after a node takes what the node was made from."""
    known = {node}
    for each in later:
        if not known.issuperset(of_image.intersection(each.all_input_nodes)):
            return True
        known.add(each)
    return False


def _affine(value: Any, images: Tensor) -> tuple[np.ndarray, np.ndarray] | None:
    """Scale (C, C₀) and offset (C,) that make of each pixel of the images what stands there."""
    if not isinstance(value, Tensor) or value.dim() != 4 or not value.is_floating_point():
        return None
    if len(value) != len(images) or value.shape[-2:] != images.shape[-2:]:
        return None
    before, after = (np.concatenate(list(_pixels(each))) for each in (images, value))
    with_one = np.concatenate([before, np.ones((len(before), 1))], axis=1)
    found, *_ = np.linalg.lstsq(with_one, after, rcond=None)
    largest = np.abs(after).max()
    if not np.abs(with_one @ found - after).max() <= TOLERANCE * largest:
        return None
    scale, offset = found[:-1].T, found[-1]
    scale = np.where(np.abs(scale) < TOLERANCE * np.abs(scale).max(), 0.0, scale)
    return scale, np.where(np.abs(offset) < TOLERANCE * largest, 0.0, offset)


def _pixels(images: Tensor) -> Iterator[np.ndarray]:
    """(H · W, C) float64 of each image."""
    for image in images.double():
        yield image.flatten(1).T.numpy()


def _is_nothing(scale: np.ndarray, offset: np.ndarray) -> bool:
    return np.allclose(scale, np.eye(len(scale)), atol=TOLERANCE) and not offset.any()
