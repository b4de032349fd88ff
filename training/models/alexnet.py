"""The AlexNet family: some convolutions, some fully connected layers, and every choice open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from torch import nn

from training.errors import WorkbenchError
from training.models.drop_connect import DropConnect
from training.models.initialisers import FILLERS
from training.models.network import Network
from training.models.pooling import POOLINGS
from training.models.response_norm import ResponseNorm
from training.models.stages import stages
from training.settings import LARGEST_IMAGE, Count, Length, OneOf, Probability, Range, Side, settle

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}
Layers = dict[str, nn.Module]
Counts = Annotated[tuple[Count, ...], Length(1)]
Border = Annotated[int, Range(0, 4_096)]  # px
Scale = Annotated[float, Range(least=0)]


@dataclass(frozen=True)
class AlexNet:
    """The choices behind a network; the defaults are the two towers of Krizhevsky et al. 2012.

    Layers are counted from 1, as in the papers. Source, unless another is named: sections 3 to 5.
    """

    image_size: Side = 224
    """Side of the square input. Not the paper's 227: with conv1 padded by 2, both give 55×55."""
    channels: Literal[1, 3] = 3
    """Of the input: 3 for colours, 1 for pictures turned grey."""
    widths: Counts = (96, 256, 384, 384, 256)
    """Filters of each convolution."""
    kernels: Counts = (11, 5, 3, 3, 3)
    """Side of each convolution's filters."""
    strides: Counts = (4, 1, 1, 1, 1)
    """Stride of each convolution."""
    paddings: tuple[Border, ...] = (2, 2, 1, 1, 1)
    """Zeros around each convolution's input."""
    groups: Counts = (1, 2, 1, 2, 2)
    """Towers that each convolution is split into (section 3.2)."""
    activation: Annotated[str, OneOf(ACTIVATIONS)] = "relu"
    """relu, tanh or sigmoid (section 3.1)."""
    lrn: tuple[Count, ...] = (1, 2)
    """Convolutions followed by local response normalisation (section 3.3); empty for none."""
    lrn_after_pool: bool = False
    """Normalise the pooled map, as Zeiler & Fergus do, instead of the map before it."""
    batch_norm: bool = False
    """Batch normalisation before every activation function (Ioffe & Szegedy 2015)."""
    pooling: Annotated[str, OneOf(POOLINGS)] = "max"
    """max, average, sum, or stochastic: in training a unit drawn by its strength, afterwards the
    mean of what would be drawn (Zeiler & Fergus 2013, "Stochastic Pooling")."""
    pool_after: tuple[Count, ...] = (1, 2, 5)
    """Convolutions followed by pooling."""
    pool_kernel: Count = 3
    """Side of the pooling window."""
    pool_stride: Count = 2
    """Stride of the pooling window; less than its side pools with overlap (section 3.4)."""
    pool_ceil: bool = False
    """Keep a last window that hangs over the edge, as Caffe and cuda-convnet do."""
    hidden: tuple[Count, ...] = (4096, 4096)
    """Widths of the fully connected layers before the last."""
    dropout: Probability = 0.5
    """Probability of dropping a unit after each hidden layer (section 4.2); 0 for no dropout."""
    dropconnect: Probability = 0.0
    """Probability of dropping a weight of the hidden layers (DropConnect, Wan et al. 2013)."""
    filler: Annotated[str, OneOf(FILLERS)] = "gaussian"
    """How weights begin. gaussian: with deviation `std`; xavier: uniform, scaled by fan-in, as in
    Caffe; he: Gaussian, scaled by fan-in for ReLUs (He et al. 2015), which narrow networks need to
    start learning at all; constant: all at `std`, which shows why chance is needed."""
    std: Scale = 0.01
    """Scale of the gaussian and constant fillers (section 5)."""
    conv1_std: Scale | None = None
    """Deviation of conv1 alone, filled with a Gaussian: a small one, and the noise soon leaves the
    picture of the filters. None fills conv1 like the others."""
    unit_biases: bool = True
    """Start the biases of conv2, conv4, conv5 and the hidden layers at 1 (section 5)."""
    without: tuple[str, ...] = ()
    """Layers left out, to see what depth is worth (section 7; Zeiler & Fergus 2013, table 3): any
    but the first and the last, say conv3, conv4, fc6 or fc7. The others keep their names.
    Normalisation, activation function and dropout go with their layer, but pooling stays, so that
    the maps above keep their size."""

    def __post_init__(self) -> None:
        settle(self)
        convolutions = len(self.widths)
        lengths = [len(self.kernels), len(self.strides), len(self.paddings), len(self.groups)]
        if lengths != [convolutions] * 4:
            raise WorkbenchError(
                f"widths names {convolutions} convolutions, but kernels, strides, paddings "
                f"and groups have {lengths} numbers. Give one for each convolution."
            )
        for option, numbers in (("lrn", self.lrn), ("pool_after", self.pool_after)):
            if max(numbers, default=0) > convolutions:
                raise WorkbenchError(
                    f"{option} names convolution {max(numbers)}, but widths has {convolutions}. "
                    f"Give numbers from 1 to {convolutions}, or an empty list."
                )
        spare = self._names[1:-1]
        for name in self.without:
            if name not in spare:
                raise WorkbenchError(
                    f"without cannot leave out {name!r}. Choose from: {', '.join(spare) or 'none'};"
                    " the first and the last layer have to stay."
                )
        self._check_groups()
        self._check_image()

    def _check_groups(self) -> None:
        channels: int = self.channels
        for number, (width, groups) in enumerate(zip(self.widths, self.groups, strict=True), 1):
            if f"conv{number}" in self.without:
                continue
            if channels % groups or width % groups:
                raise WorkbenchError(
                    f"conv{number} takes {channels} channels and gives {width}, which does not "
                    f"divide into groups of {groups}: give a number that divides both."
                )
            channels = width

    def _check_image(self) -> None:
        if self._side(self.image_size) is not None:
            return
        larger = range(self.image_size + 1, LARGEST_IMAGE + 1)
        smallest = next((side for side in larger if self._side(side) is not None), None)
        larger_one = f"at least {smallest} px, or " if smallest else ""
        raise WorkbenchError(
            f"An image_size of {self.image_size} px is too small: nothing is left of the image "
            f"before the last stage. Take {larger_one}smaller kernels, strides, pool_kernel or "
            "pool_stride."
        )

    def build(self, num_classes: int) -> Network:
        """A freshly initialised network; torch's global generator decides its weights."""
        layers: Layers = {}
        channels: int = self.channels
        for number in range(1, len(self.widths) + 1):
            if f"conv{number}" not in self.without:
                layers |= self._convolution(number, channels)
                channels = self.widths[number - 1]
            layers |= self._pooling(number, channels)
        side = self._side(self.image_size)
        assert side is not None, "checked when the options were given"
        layers |= self._classifier(channels * side * side, num_classes)
        network = Network(layers, image_size=self.image_size, image_channels=self.channels)
        self._initialise(network)
        return network

    @property
    def _names(self) -> list[str]:
        """All layers with weights, also those left out."""
        convolutions = len(self.widths)
        last = convolutions + len(self.hidden) + 1
        return [
            f"conv{number}" if number <= convolutions else f"fc{number}"
            for number in range(1, last + 1)
        ]

    def _convolution(self, number: int, channels: int) -> Layers:
        index = number - 1
        width, groups = self.widths[index], self.groups[index]
        window = (self.kernels[index], self.strides[index], self.paddings[index])
        layers: Layers = {f"conv{number}": nn.Conv2d(channels, width, *window, groups=groups)}
        if self.batch_norm:
            layers[f"bn{number}"] = nn.BatchNorm2d(width)
        return layers | self._activation(number)

    def _activation(self, number: int) -> Layers:
        return {f"{self.activation}{number}": ACTIVATIONS[self.activation]()}

    def _pooling(self, number: int, channels: int) -> Layers:
        """Response normalisation and pooling, in the order asked for."""
        norm: Layers = {}
        if number in self.lrn and f"conv{number}" not in self.without:
            norm = {f"norm{number}": ResponseNorm(channels)}
        pool: Layers = {}
        if number in self.pool_after:
            layer = POOLINGS[self.pooling](
                self.pool_kernel, self.pool_stride, ceil_mode=self.pool_ceil
            )
            pool = {f"pool{number}": layer}
        return pool | norm if self.lrn_after_pool else norm | pool

    def _side(self, side: int) -> int | None:
        """Side of the last map for an image of this side, px; None where nothing is left."""
        return stages({**vars(self), "image_size": side})[-1].left or None

    def _classifier(self, features: int, num_classes: int) -> Layers:
        layers: Layers = {}
        for number, width in enumerate(self.hidden, start=len(self.widths) + 1):
            if f"fc{number}" in self.without:
                continue
            layers[f"fc{number}"] = (
                DropConnect(features, width, self.dropconnect)
                if self.dropconnect
                else nn.Linear(features, width)
            )
            if self.batch_norm:
                layers[f"bn{number}"] = nn.BatchNorm1d(width)
            layers |= self._activation(number)
            if self.dropout:
                layers[f"drop{number}"] = nn.Dropout(self.dropout)
            features = width
        layers[self._names[-1]] = nn.Linear(features, num_classes)
        return layers

    def _initialise(self, network: Network) -> None:
        last = self._names[-1]
        for name, layer in network.layers.items():
            # on the meta device torch would import its compiler for it, which takes seconds
            if not isinstance(layer, nn.Conv2d | nn.Linear) or layer.weight.is_meta:
                continue
            if name == "conv1" and self.conv1_std is not None:
                nn.init.normal_(layer.weight, std=self.conv1_std)
            else:
                FILLERS[self.filler](layer.weight, self.std)
            assert layer.bias is not None
            at_one = self.unit_biases and name not in ("conv1", "conv3", last)
            nn.init.constant_(layer.bias, 1.0 if at_one else 0.0)
