"""What a network is made of, layer by layer: sizes, cost, and how much of the image each sees."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from torch import Tensor, nn

from training.geometry import IMAGE, ReceptiveField
from training.models import Network, blank
from training.models.channel_softmax import ChannelSoftmax
from training.models.drop_connect import DropConnect
from training.models.lenet import Grey, RadialBasis, ScaledTanh, SubSampling
from training.models.merge import Add, Concat, Slice
from training.models.network import run_layer
from training.models.pooling import StochasticPool2d, SumPool2d
from training.models.response_norm import ResponseNorm
from training.models.scale import Scale
from training.models.shallow.hog import Fourier
from training.models.table_conv import TableConv2d
from training.outputs import TwoClasses
from viz.network.layers import Kind, backbone, kind_of


@dataclass(frozen=True)
class LayerRow:
    """One layer, as a row of the architecture table."""

    name: str
    kind: str  # in words, with its settings
    output: tuple[int, ...]  # (C, h, w), or (D,) after a fully connected layer
    parameters: int  # weights and biases
    macs: int  # multiply-accumulates for one image, biases not counted
    receptive_field: ReceptiveField | None  # None: every unit sees the whole image
    family: Kind  # in one word
    on_backbone: bool  # whether everything passes it; not so inside of branches


LIGHT = 10_000_000  # weights of which real ones are quicker: for shapes alone torch loads much


@torch.no_grad()
def describe(network: Network) -> list[LayerRow]:
    """A row for each layer in forward order, for one image of the network's own size.

    Args:
        network: In evaluation mode.
    """
    fields, backbone_path = network.geometry, backbone(network)
    if network.device.type == "meta" and sum(map(Tensor.numel, network.parameters())) < LIGHT:
        network = deepcopy(network).to_empty(device="cpu")
        for tensor in (*network.parameters(), *network.buffers()):
            tensor.zero_()  # a table of connections is to be one
    signals = {IMAGE: blank(network)}
    rows = []
    for name, layer in network.layers.items():
        signal = run_layer(layer, *(signals[source] for source in network.inputs[name]))
        signals[name] = signal
        rows.append(
            LayerRow(
                name=name,
                kind=_kind(layer, signal),
                output=tuple(signal.shape[1:]),
                parameters=sum(parameter.numel() for parameter in layer.parameters()),
                macs=_macs(layer, signal),
                receptive_field=fields.get(name),
                family=kind_of(layer),
                on_backbone=name in backbone_path,
            )
        )
    return rows


def arrays_of(rows: Sequence[LayerRow]) -> dict[str, np.ndarray]:
    """The table's columns by name, (L,) each, and the layers' outputs (L, 3)."""
    fields = [row.receptive_field for row in rows]
    lengths = {"receptive_field": "size", "stride": "stride", "start": "start"}
    return {
        "name": np.array([row.name for row in rows]),
        "kind": np.array([row.kind for row in rows]),
        "output": np.array([(*row.output, 1, 1)[:3] for row in rows]),
        "parameters": np.array([row.parameters for row in rows]),
        "macs": np.array([row.macs for row in rows]),
        **{
            name: np.array([np.nan if one is None else getattr(one, length) for one in fields])
            for name, length in lengths.items()
        },
    }


def _macs(layer: nn.Module, output: Tensor) -> int:
    """Each output of a convolution or fully connected layer takes one of its weight rows."""
    if isinstance(layer, nn.Conv2d | nn.Linear):
        return output[0].numel() * prod(layer.weight.shape[1:])
    if isinstance(layer, TableConv2d):
        return layer.kernels.numel() * prod(output.shape[2:])
    return 0


def _kind(layer: nn.Module, output: Tensor) -> str:
    match layer:
        case nn.Conv2d():
            words = ["convolution " + _window(layer), *_unless(1, layer.groups, "groups")]
        case TableConv2d():
            side = layer.kernel_size
            words = [f"convolution {side}×{side}", f"{len(layer.kernels)} kernels by a table"]
        case Add():
            words = ["sum of branches"]
        case Concat():
            words = ["channels of all branches"]
        case Slice():
            words = [f"channels {layer.start} to {layer.stop - 1}"]
        case nn.MaxPool2d():
            words = ["max pooling " + _window(layer)]
        case SumPool2d():
            words = ["sum pooling " + _window(layer)]
        case nn.AvgPool2d():
            words = ["average pooling " + _window(layer)]
        case nn.AdaptiveAvgPool2d():
            side = output.shape[-1]
            words = ["mean of each map" if side == 1 else f"average pooling to {side}×{side}"]
        case SubSampling():
            words = ["trainable sub-sampling 2×2"]
        case StochasticPool2d():
            words = ["stochastic pooling " + _window(layer)]
        case DropConnect():
            words = ["fully connected", f"dropconnect {layer.p:g}"]
        case Fourier():
            words = [layer.in_words]
        case nn.Linear():
            words = ["fully connected"]
        case nn.BatchNorm1d() | nn.BatchNorm2d():
            words = ["batch normalisation"]
        case ResponseNorm():
            words = [f"response normalisation over {layer.n} channels"]
        case Scale():
            words = ["each channel times a number, plus another"]
        case nn.Dropout():
            words = [f"dropout {layer.p:g}"]
        case ScaledTanh():
            words = ["tanh, scaled"]
        case RadialBasis():
            words = ["distance to a fixed code for each class"]
        case Grey():
            words = ["mean of the three colours"]
        case TwoClasses():
            words = ["one number for two classes: −z and z"]
        case ChannelSoftmax():
            words = ["softmax"]
        case nn.ReLU():
            words = ["rectified linear"]
        case _:
            words = [getattr(layer, "in_words", type(layer).__name__.lower())]
    return ", ".join(words)


def _window(layer: nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d | StochasticPool2d) -> str:
    kernel, stride, padding = (
        length if isinstance(length, int) else length[0]
        for length in (layer.kernel_size, layer.stride, layer.padding)
    )
    window = [f"{kernel}×{kernel}", f"stride {stride}"]
    return ", ".join([*window, *([f"padding {padding}"] if padding else [])])


def _unless(usual: int, number: int, unit: str) -> list[str]:
    return [f"{number} {unit}"] if number != usual else []
