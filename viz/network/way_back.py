"""What each kind of layer hands back of a signal, written out step by step and without autograd.

It is slow and looks at whole maps: a second opinion on `viz.deconvnet`, of which it shares nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.geometry import IMAGE
from training.models import Network
from training.models.merge import Add, Concat, Slice
from training.models.network import run_layer
from training.models.response_norm import ResponseNorm
from training.models.scale import Scale
from training.outputs import TwoClasses
from viz.network.layers import is_capped_relu
from viz.network.reach import padded, rows_of


def brought_back(
    network: Network, maps: Mapping[str, Tensor], layer: str, start: Tensor, rule: str
) -> Tensor:
    """A signal at a layer's output brought down to the pixels, layer by layer.

    Args:
        network: In evaluation mode.
        maps: (N, …) of every layer on the way, and of the picture under `IMAGE`.
        layer: Where it starts.
        start: (N, …) in the shape of the layer's maps.
        rule: deconvnet, guided or gradient; they differ at ReLUs and response normalisation.

    Returns:
        (N, 3, H, W).

    Source: Zeiler & Fergus 2013, section 2.1; Springenberg et al. 2014, figure 1.
    """
    signals = {layer: start}
    for stage in reversed(network.plan([layer])):
        inputs = [maps[source] for source in stage.sources]
        module, signal = network.layers[stage.name], signals.pop(stage.name)
        shares = back(module, signal, inputs, maps[stage.name], rule)
        for source, share in zip(stage.sources, shares, strict=True):
            signals[source] = signals[source] + share if source in signals else share
    return signals[IMAGE]


def written_out(layer: nn.Module) -> bool:
    """Whether the way back through a layer is known here; else autograd's is taken."""
    if type(layer) in (nn.BatchNorm1d, nn.BatchNorm2d):
        return layer.running_var is not None and not layer.training
    return type(layer) in _KNOWN or is_capped_relu(layer)


_KNOWN = (
    *(nn.Conv2d, nn.ReLU, nn.Linear, nn.Flatten, Add, Concat, Slice, ResponseNorm, Scale),
    *(nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d),
    *(nn.Identity, nn.Dropout, nn.Dropout2d, TwoClasses),
)


def back(
    layer: nn.Module, signal: Tensor, inputs: Sequence[Tensor], output: Tensor, rule: str
) -> list[Tensor]:
    """What each source of a layer gets of the signal at its output."""
    source = inputs[0]
    if not written_out(layer):
        return _autograd(layer, signal, inputs)
    match layer:
        case nn.Conv2d():
            return [_transposed(layer, signal, source)]
        case nn.ReLU():
            return [_rectified(signal, output, rule)]
        case nn.Hardtanh():
            rectified = _rectified(signal, output, rule)
            return [rectified if rule == "deconvnet" else rectified * (output < layer.max_val)]
        case ResponseNorm():
            return [signal if rule == "deconvnet" else _less_inhibited(layer, signal, source)]
        case nn.MaxPool2d() | nn.AdaptiveMaxPool2d():
            return [_unpooled(layer, signal, source)]
        case nn.AvgPool2d() | nn.AdaptiveAvgPool2d():
            return [_spread(layer, signal, source)]
        case nn.BatchNorm1d() | nn.BatchNorm2d():
            assert layer.running_var is not None
            scale = (layer.running_var + layer.eps).rsqrt()
            scale = scale if layer.weight is None else scale * layer.weight
            return [signal * scale.reshape(1, -1, *[1] * (signal.dim() - 2))]
        case Scale():
            return [signal * layer.weight.reshape(-1, *[1] * (signal.dim() - 2))]
        case nn.Linear():
            return [(signal @ layer.weight).reshape(source.shape)]
        case nn.Flatten():
            return [signal.reshape(source.shape)]
        case Add():
            return [signal.sum_to_size(branch.shape) for branch in inputs]
        case Concat():
            return list(signal.split([branch.shape[1] for branch in inputs], dim=1))
        case Slice():
            others = (layer.start, source.shape[1] - layer.stop)  # they get nothing of it
            return [functional.pad(signal.transpose(1, -1), others).transpose(1, -1)]
        case TwoClasses():
            of_z = signal[:, 1:] - signal[:, :1]
            return [of_z if layer.positive else -of_z]
        case _:
            return [signal]


def _rectified(signal: Tensor, output: Tensor, rule: str) -> Tensor:
    on = torch.where(output > 0, signal, 0)
    if rule == "gradient":
        return on
    return torch.where(signal > 0, on if rule == "guided" else signal, 0)


def _transposed(layer: nn.Conv2d, signal: Tensor, source: Tensor) -> Tensor:
    """Through the transposed filters; what falls into the padding goes to where that came from."""
    places = torch.arange(1, source.shape[2] * source.shape[3] + 1, dtype=torch.float64)
    around = padded(layer, places.reshape(1, 1, *source.shape[2:]))  # 0 where nothing was taken
    whole = functional.conv_transpose2d(
        signal, layer.weight, None, layer.stride, 0, 0, layer.groups, layer.dilation
    )
    rows, columns = around.shape[2:]  # a margin that the stride left over gets nothing
    margin = (0, columns - whole.shape[3], 0, rows - whole.shape[2])
    whole = functional.pad(whole, margin).flatten(2)
    taken = around.flatten().long().to(source.device).expand_as(whole)
    found = whole.new_zeros(*source.shape[:2], len(places) + 1).scatter_add(2, taken, whole)
    return found[..., 1:].reshape(source.shape)


def _unpooled(layer: nn.MaxPool2d | nn.AdaptiveMaxPool2d, signal: Tensor, source: Tensor) -> Tensor:
    """Back to where each maximum was; several windows with one maximum add up."""
    if isinstance(layer, nn.MaxPool2d):
        _pooled, switches = functional.max_pool2d(
            source,
            layer.kernel_size,
            layer.stride,
            layer.padding,
            layer.dilation,
            layer.ceil_mode,
            return_indices=True,
        )
    else:
        _pooled, switches = functional.adaptive_max_pool2d(
            source, signal.shape[2:], return_indices=True
        )
    flat = torch.zeros_like(source, memory_format=torch.contiguous_format).flatten(2)
    return flat.scatter_add(2, switches.flatten(2), signal.flatten(2)).reshape(source.shape)


def _spread(layer: nn.AvgPool2d | nn.AdaptiveAvgPool2d, signal: Tensor, source: Tensor) -> Tensor:
    """A mean's signal in equal parts to everything it was taken over, a place at a time."""
    sides, places = source.shape[2:], signal.shape[2:]
    rows, columns = (
        [
            [each for each in rows_of(layer, axis, place, side, count) if 0 <= each < side]
            for place in range(count)
        ]
        for axis, (side, count) in enumerate(zip(sides, places, strict=True))
    )
    weight = layer(torch.ones_like(source[:1, :1]))[0, 0]  # what its members together weigh
    found = torch.zeros_like(source)
    for row, some in enumerate(rows):
        for column, others in enumerate(columns):
            share = signal[:, :, row, column] * weight[row, column] / (len(some) * len(others))
            found[:, :, some[0] : some[-1] + 1, others[0] : others[-1] + 1] += share[
                ..., None, None
            ]
    return found


def _less_inhibited(layer: ResponseNorm, signal: Tensor, source: Tensor) -> Tensor:
    """The slope of a / (k + α Σ a²)^β: its own share less what it takes from its neighbours."""
    scale = layer.k + layer.alpha * _over_neighbours(layer, source.square())
    taken = _over_neighbours(layer, signal * source * scale.pow(-layer.beta - 1))
    return signal * scale.pow(-layer.beta) - 2 * layer.alpha * layer.beta * source * taken


def _over_neighbours(layer: ResponseNorm, maps: Tensor) -> Tensor:
    """The sum over n neighbouring channels, fewer at both ends."""
    reach = layer.n // 2
    around = functional.pad(maps, (0, 0, 0, 0, reach, reach))
    return around.unfold(1, 2 * reach + 1, 1).sum(-1)


def _autograd(layer: nn.Module, signal: Tensor, inputs: Sequence[Tensor]) -> list[Tensor]:
    # pages call from within inference mode, whose tensors no graph accepts
    with torch.inference_mode(False), torch.enable_grad():
        own = [each.clone().requires_grad_() for each in inputs]
        return list(torch.autograd.grad(run_layer(layer, *own), own, signal.clone()))
