"""Do projections do what they say? Compared with the paper's own steps, written out once more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.geometry import IMAGE
from training.models import Network
from training.models.merge import Add, Concat
from training.models.response_norm import ResponseNorm
from training.progress import Progress, silent
from viz.deconvnet import project, strongest_units
from viz.network.layers import backbone, key_layers

TOLERANCE = 1e-5  # of a picture's largest value, in float32
MOST_LAYERS = 5  # from which projections start; each runs through all layers below


@dataclass(frozen=True)
class SelfCheck:
    """How far projections of one image are from the same pictures worked out in another way."""

    layers: tuple[str, ...]  # whose projections were compared
    deviation: float  # largest difference over a picture's largest value; 0 without layers
    gradient: float  # the same between the gradient of a logit and autograd's
    uncovered: tuple[str, ...]  # layers whose way back is not written out here

    @property
    def passed(self) -> bool:
        """Whether both differ by rounding alone; NaN does not."""
        return self.deviation <= TOLERANCE and self.gradient <= TOLERANCE

    @property
    def words(self) -> str:
        """The result in a sentence or two."""
        if not self.passed:
            verdict = (
                f"Projections differ from the explicit computation by {_power(self.deviation)}"
            )
            rest = f"gradients from autograd's by {_power(self.gradient)}"
            return f"{verdict}, {rest} of their largest value: do not trust them."
        parts = [f"gradients equal autograd's to {_power(self.gradient)}"]
        if self.layers:
            starts = ", ".join(self.layers)
            parts.insert(
                0,
                f"projections from {starts} equal the explicit computation to "
                f"{_power(self.deviation)}",
            )
        said = " and ".join(parts) + "."
        if self.uncovered:
            said += f" Not compared: what lies behind {', '.join(self.uncovered[:3])}"
            said += f" and {len(self.uncovered) - 3} more." if len(self.uncovered) > 3 else "."
        return said[0].upper() + said[1:]


def self_check(network: Network, *, progress: Progress = silent) -> SelfCheck:
    """Compare projections of an image of noise with unpooling, rectifying, transposed filtering.

    From up to `MOST_LAYERS` layers of the backbone, spread evenly, the strongest unit is projected
    by `viz.deconvnet.project` and once more without autograd: maxima are put back by summed
    switches,
    signals clamped at ReLUs, convolutions transposed, sums of branches handed to each branch and
    concatenations cut apart. Layers below one that has no such rule are left out and named. The
    gradient rule is compared with autograd through the whole network.

    Args:
        network: In evaluation mode.
        progress: Told after each comparison.
    """
    side = network.image_size
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(1, network.image_channels, side, side, generator=generator).to(
        network.device, memory_format=torch.channels_last
    )
    starts = _starts(network)
    deviations = []
    for done, layer in enumerate(starts):
        deviations.append(_deviation_from(network, image, layer))
        progress(done + 1, len(starts) + 1)
    gradient = _gradient_deviation(network, image)
    progress(len(starts) + 1, len(starts) + 1)
    return SelfCheck(
        layers=tuple(starts),
        deviation=_largest(deviations),
        gradient=gradient,
        uncovered=tuple(name for name in _path(network) if not _covered(network.layers[name])),
    )


def _starts(network: Network) -> list[str]:
    """Key layers of the backbone that have nothing but covered layers below them, spread evenly."""
    backbone_path = backbone(network)
    layers = network.layers
    fit = [
        name
        for name in key_layers(network)
        if name in backbone_path
        and all(_covered(layers[stage.name]) for stage in network.plan([name]))
    ]
    if len(fit) <= MOST_LAYERS:
        return fit
    step = (len(fit) - 1) / (MOST_LAYERS - 1)
    return [fit[round(place * step)] for place in range(MOST_LAYERS)]


def _path(network: Network) -> list[str]:
    return [stage.name for stage in network.plan([network.head])]


def _deviation_from(network: Network, image: Tensor, layer: str) -> float:
    stages = [stage.name for stage in network.plan([layer])]
    with torch.no_grad():
        maps = {IMAGE: image} | network.activations(image, stages)
        answer = maps[layer]
        channel = answer.flatten(2).amax(2).argmax(1) if answer.dim() == 4 else answer.argmax(1)
        row, col = strongest_units(answer, channel)[0].tolist()
        signal = torch.zeros_like(answer)
        signal[(0, channel[0], row, col) if answer.dim() == 4 else (0, channel[0])] = 1
        theirs = _by_hand(network, maps, layer, signal)
    return _deviation(project(network, image, layer, channel.cpu()), theirs.cpu())


def _gradient_deviation(network: Network, image: Tensor) -> float:
    with torch.inference_mode(False), torch.enable_grad():
        pixels = image.clone().requires_grad_()
        logits = network(pixels)
        channel = logits.argmax(1)
        (theirs,) = torch.autograd.grad(logits[0, channel[0]], pixels)
    ours = project(network, image, network.head, channel.cpu(), rule="gradient")
    return _deviation(ours, theirs.cpu())


def _deviation(ours: Tensor, theirs: Tensor) -> float:
    largest = theirs.abs().max().item()
    difference = (ours - theirs).abs().max().item()
    return difference / largest if largest else difference


def _largest(deviations: list[float]) -> float:
    """The largest; NaN, which max would lose, where there is one."""
    return max(deviations, key=lambda each: each if isfinite(each) else torch.inf, default=0.0)


def _by_hand(network: Network, maps: Mapping[str, Tensor], layer: str, start: Tensor) -> Tensor:
    """The signal brought down to the pixels, layer by layer."""
    signals = {layer: start}
    for stage in reversed(network.plan([layer])):
        inputs = [maps[source] for source in stage.sources]
        parts = _back(network.layers[stage.name], signals.pop(stage.name), inputs)
        for source, part in zip(stage.sources, parts, strict=True):
            signals[source] = signals.get(source, 0) + part
    return signals[IMAGE]


def _covered(layer: nn.Module) -> bool:
    match layer:
        case nn.Conv2d():
            return layer.padding_mode == "zeros" and not isinstance(layer.padding, str)
        case nn.BatchNorm1d() | nn.BatchNorm2d():
            return layer.running_var is not None
        case nn.AdaptiveAvgPool2d():
            return layer.output_size in (1, (1, 1))
        case nn.AvgPool2d():
            return not (layer.padding or layer.ceil_mode or layer.divisor_override)
        case _:
            return type(layer) in _PLAIN


_PLAIN = (
    *(nn.ReLU, nn.MaxPool2d, nn.Linear, nn.Flatten, Add, Concat),
    *(nn.Identity, nn.Dropout, nn.Dropout2d, ResponseNorm),
)


def _back(layer: nn.Module, signal: Tensor, inputs: list[Tensor]) -> list[Tensor]:
    """What each source of a layer gets of the signal at its output."""
    source = inputs[0]
    match layer:
        case nn.Conv2d():
            return [_transposed(layer, signal, source)]
        case nn.ReLU():
            return [signal.clamp(min=0)]
        case nn.MaxPool2d():
            return [_unpooled(layer, signal, source)]
        case nn.AvgPool2d():
            return [_spread(layer, signal, source)]
        case nn.AdaptiveAvgPool2d():
            return [signal.expand_as(source) / source[0, 0].numel()]
        case nn.BatchNorm1d() | nn.BatchNorm2d():
            assert layer.running_var is not None
            scale = (layer.running_var + layer.eps).rsqrt()
            scale = scale if layer.weight is None else scale * layer.weight
            return [signal * scale.reshape(1, -1, *[1] * (signal.dim() - 2))]
        case nn.Linear():
            return [(signal @ layer.weight).reshape(source.shape)]
        case nn.Flatten():
            return [signal.reshape(source.shape)]
        case Add():
            return [signal] * len(inputs)
        case Concat():
            return list(signal.split([branch.shape[1] for branch in inputs], dim=1))
        case _:
            return [signal]


def _transposed(layer: nn.Conv2d, signal: Tensor, source: Tensor) -> Tensor:
    """Through the transposed filters; a margin that the stride left over gets nothing."""
    cut = layer.padding
    whole = functional.conv_transpose2d(
        signal, layer.weight, None, layer.stride, 0, 0, layer.groups, layer.dilation
    )
    return _on(source, whole, int(cut[0]), int(cut[1]))


def _spread(layer: nn.AvgPool2d, signal: Tensor, source: Tensor) -> Tensor:
    """A mean's signal in equal parts to everything it was taken over."""
    height, width = _pair(layer.kernel_size)
    channels = signal.shape[1]
    window = torch.full((channels, 1, height, width), 1 / (height * width)).to(signal)
    stride = _pair(layer.stride)
    return _on(source, functional.conv_transpose2d(signal, window, None, stride, 0, 0, channels))


def _on(source: Tensor, whole: Tensor, top: int = 0, left: int = 0) -> Tensor:
    """What lies within the source's maps, of a signal that may be larger or smaller."""
    rows, columns = source.shape[2:]
    inner = whole[:, :, top : top + rows, left : left + columns]
    margin = (0, columns - inner.shape[3], 0, rows - inner.shape[2])
    return functional.pad(inner, margin)


def _pair(sides: int | tuple[int, int]) -> tuple[int, int]:
    return (sides, sides) if isinstance(sides, int) else sides


def _unpooled(layer: nn.MaxPool2d, signal: Tensor, source: Tensor) -> Tensor:
    """Back to where each maximum was; several windows with one maximum add up."""
    _pooled, switches = functional.max_pool2d(
        source,
        layer.kernel_size,
        layer.stride,
        layer.padding,
        layer.dilation,
        layer.ceil_mode,
        return_indices=True,
    )
    flat = torch.zeros_like(source, memory_format=torch.contiguous_format).flatten(2)
    return flat.scatter_add(2, switches.flatten(2), signal.flatten(2)).reshape(source.shape)


def _power(number: float) -> str:
    """3·10⁻⁷."""
    if not isfinite(number):
        return "a number that is not finite"
    if number == 0:
        return "the last digit"
    digit, exponent = f"{number:.0e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digit}·10{raised}"
