"""Back from one unit to the pixels: what in the image made it fire (Zeiler & Fergus)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from training.errors import WorkbenchError
from training.geometry import IMAGE
from training.models import Network
from training.models.network import run_layer
from training.models.response_norm import ResponseNorm
from viz.network.layers import is_capped_relu, require_way_back
from viz.network.windows import Part, map_size, parts

CHUNK = 32  # images whose maps are held at once; AlexNet keeps 7 MB for each
RuleName = Literal["deconvnet", "guided", "gradient"]


@dataclass(frozen=True)
class Rule:
    """How a signal comes back through the layers that the rules disagree about."""

    words: str  # what a ReLU does to it
    relu: Callable[[Tensor, Tensor], Tensor]  # signal and the ReLU's output to signal
    through_norm: bool  # response normalisation and a ReLU's cap let it through unchanged


RULES: dict[RuleName, Rule] = {
    "deconvnet": Rule(
        "rectified at each ReLU", lambda signal, _: signal.clamp(min=0), through_norm=True
    ),
    "guided": Rule(
        "rectified at each ReLU and stopped where it was off",
        lambda signal, output: signal.clamp(min=0) * (output > 0),
        through_norm=False,
    ),
    "gradient": Rule(
        "stopped at each ReLU that was off",
        lambda signal, output: signal * (output > 0),
        through_norm=False,
    ),
}
"""Zeiler & Fergus 2013; Springenberg et al. 2014, "guided backpropagation"; the plain gradient, as
in Simonyan et al. 2013. They are compared in Springenberg's figure 1."""


@dataclass(frozen=True)
class Step:
    """A layer's turn in the forward pass, with a graph of its own."""

    name: str
    layer: nn.Module
    sources: tuple[str, ...]  # the layers that fed it
    part: Part | None  # of it that was computed, if not all
    inputs: list[Tensor]
    output: Tensor


def project(
    network: Network,
    images: Tensor,
    layer: str,
    channels: Tensor,
    *,
    units: Tensor | None = None,
    rule: RuleName = "deconvnet",
) -> Tensor:
    """The deconvnet's picture of one unit for each image, or that of another rule.

    A signal of 1 starts at the unit and runs back through the layers:

    - pooling puts it back to where each maximum was (the recorded switches). Windows of
      overlapping pooling may share their maximum; their signals add up there
      (`functional.max_unpool2d` would keep only one of them);
    - a ReLU rectifies the signal itself, wherever the forward map was positive or not; so does one
      with a cap, such as ReLU6: its strongest units are at the cap, where the gradient is 0;
    - convolutions and fully connected layers pass it through their transposed filters;
    - local response normalisation and dropout let it through unchanged.

    Anything else (tanh, sigmoid, average pooling, batch normalisation) hands back its gradient. The
    other rules differ at ReLUs, see `RULES`, and take the gradient of response normalisation too.

    Positive values are pixels that would feed the unit by growing brighter in that colour,
    negative ones by growing darker. The paper starts from the activation instead of 1, which
    only scales the picture. A unit that did not fire gives a picture all the same, though not in
    the paper, where it starts from 0: look at its activation. Much of what one sees comes from
    the switches, whatever the unit (Mahendran & Vedaldi 2016); the same image projected from
    another channel is the control.

    Args:
        network: In evaluation mode.
        images: (N, 3, H, W), normalised.
        layer: The layer of the units.
        channels: (N,) channel for each image.
        units: (N, 2) row and column for each image; by default where the channel is strongest.
            A fully connected layer has one unit a channel, at (0, 0).
        rule: deconvnet, guided or gradient.

    Returns:
        (N, 3, H, W) on the CPU.

    Raises:
        WorkbenchError: If there is no such layer, channel or unit, or no way back from it.

    Source: Zeiler & Fergus, ECCV 2014, section 2.1; equal to captum's `NeuronDeconvolution`
    on networks without response normalisation, and to its `NeuronGuidedBackprop` and
    `NeuronGradient` on all.
    """
    if rule not in RULES:
        raise WorkbenchError(f"Unknown rule {rule!r}. Choose one of: {', '.join(RULES)}.")
    network.require_layer(layer)
    require_way_back(network, layer)
    channels = torch.as_tensor(channels, dtype=torch.int64)
    if channels.shape != images.shape[:1]:
        raise WorkbenchError(
            f"{len(images)} images need {len(images)} channels, one each; "
            f"got {tuple(channels.shape)}."
        )
    if not len(images):
        return torch.empty_like(images, device="cpu")
    projections = []
    for first in range(0, len(images), CHUNK):
        some = slice(first, first + CHUNK)
        chosen = None if units is None else torch.as_tensor(units[some])
        projections.append(
            _project(network, images[some], layer, channels[some], chosen, RULES[rule])
        )
    return torch.cat(projections).contiguous()


def strongest_units(activations: Tensor, channels: Tensor) -> Tensor:
    """Row and column of the largest activation of one channel for each image.

    Args:
        activations: (N, C, h, w), or (N, D) of a fully connected layer.
        channels: (N,) channel for each image.

    Returns:
        (N, 2) int64; the first in reading order where several are equal.
    """
    maps = activations[torch.arange(len(activations)), channels]  # (N, h, w) or (N,)
    columns = maps.shape[-1] if maps.dim() == 3 else 1
    place = maps.reshape(len(maps), -1).argmax(1)
    return torch.stack([place // columns, place % columns], dim=1)


def _project(
    network: Network,
    images: Tensor,
    layer: str,
    channels: Tensor,
    units: Tensor | None,
    rule: Rule,
) -> Tensor:
    """One chunk; where the units are known, only what they depend on is computed."""
    inside: dict[str, Part] = {}
    if units is not None and layer in network.geometry:
        size = images.shape[2:]
        sides = map_size(network, layer, size)
        if sides is not None:  # else whoever starts the signal looks at the map itself
            _check_units(units, layer, *sides)
            inside = parts(network, layer, units, size)
        if layer in inside:
            units = torch.zeros_like(units)  # all that there is of the map
    trace = _forward(network, images, layer, rule, inside)
    signal = _start(trace[-1].output, channels, units, layer)
    pixels = _backward(trace, signal, rule)
    if IMAGE in inside:
        pixels = inside[IMAGE].window.put_back(pixels)
    return pixels.cpu()


def _forward(
    network: Network, images: Tensor, layer: str, rule: Rule, inside: Mapping[str, Part]
) -> list[Step]:
    """Every layer that the named one needs, or a part of it, and that one last."""
    trace: list[Step] = []
    layers = network.layers
    # pages call from within inference mode, whose tensors no graph accepts
    with torch.inference_mode(False), torch.enable_grad():
        image = images.to(network.device, memory_format=torch.channels_last)
        image = image.clone() if image.is_inference() else image
        signals = {IMAGE: inside[IMAGE].window.of(image) if IMAGE in inside else image}
        for stage in network.plan([layer]):
            module, part = layers[stage.name], inside.get(stage.name)
            graph = _needs_gradient(module, rule)
            inputs = [signals[name].detach() for name in stage.sources]
            if part is not None:
                inputs = part.read(inputs)
            inputs = [maps.requires_grad_(graph) for maps in inputs]
            run = partial(run_layer, module) if part is None else part.run
            signals[stage.name] = run(*inputs)
            trace.append(Step(stage.name, module, stage.sources, part, inputs, signals[stage.name]))
    return trace


def _start(activations: Tensor, channels: Tensor, units: Tensor | None, layer: str) -> Tensor:
    """1 at each image's unit, 0 elsewhere, in the shape of the activations."""
    count = activations.shape[1]
    if not ((channels >= 0) & (channels < count)).all():
        raise WorkbenchError(
            f"{layer} has channels 0 to {count - 1}; got {channels.min()} to {channels.max()}."
        )
    activations = activations.detach()
    channels = channels.to(activations.device)
    if units is None:
        units = strongest_units(activations, channels)
    rows, columns = activations.shape[2:] if activations.dim() == 4 else (1, 1)
    _check_units(units, layer, rows, columns)
    row, col = units.to(activations.device).unbind(1)
    signal = torch.zeros_like(activations)
    spatial = signal if signal.dim() == 4 else signal[:, :, None, None]
    spatial[torch.arange(len(signal), device=signal.device), channels, row, col] = 1
    return signal


def _check_units(units: Tensor, layer: str, rows: int, columns: int) -> None:
    row, col = units.unbind(1)
    if not ((row >= 0) & (row < rows) & (col >= 0) & (col < columns)).all():
        raise WorkbenchError(
            f"{layer} has maps of {rows}x{columns} units; got rows {row.min()} to {row.max()} "
            f"and columns {col.min()} to {col.max()}."
        )


def _backward(trace: list[Step], signal: Tensor, rule: Rule) -> Tensor:
    """The signal at the last layer's output carried down to the pixels; empties the trace.

    Where branches part on the way up, their signals add up on the way down.
    """
    signals = {trace[-1].name: signal}
    while trace:
        step = trace.pop()  # its maps are freed as we go
        signal = signals.pop(step.name)
        if isinstance(step.layer, nn.ReLU) or is_capped_relu(step.layer):
            signal = rule.relu(signal, step.output)
        shares: Sequence[Tensor] = (
            torch.autograd.grad(step.output, step.inputs, signal)
            if _needs_gradient(step.layer, rule)
            else [signal]
        )
        if step.part is not None:
            reads = zip(step.part.reads, shares, strict=True)
            shares = [read.put_back(share) for read, share in reads]
        for source, share in zip(step.sources, shares, strict=True):
            signals[source] = signals[source] + share if source in signals else share
    return signals[IMAGE]


def _needs_gradient(module: nn.Module, rule: Rule) -> bool:
    if isinstance(module, ResponseNorm) or is_capped_relu(module):
        return not rule.through_norm
    return not isinstance(module, nn.ReLU | nn.Dropout)
