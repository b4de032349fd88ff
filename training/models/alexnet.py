"""The AlexNet family: some convolutions, some fully connected layers, and every choice open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from training.errors import WorkbenchError
from training.models.drop_connect import DropConnect
from training.models.fillers import FILLERS
from training.models.network import Network
from training.models.pooling import POOLINGS, pooled_side
from training.models.response_norm import ResponseNorm

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}
Layers = dict[str, nn.Module]


@dataclass(frozen=True)
class AlexNet:
    """The choices behind a network; the defaults are the two towers of Krizhevsky et al. 2012.

    Layers are counted from 1, as in the papers. Source, unless another is named: sections 3 to 5.
    """

    image_size: int = 224
    """Side of the square input. Not the paper's 227: with conv1 padded by 2, both give 55×55."""
    widths: tuple[int, ...] = (96, 256, 384, 384, 256)
    """Filters of each convolution."""
    kernels: tuple[int, ...] = (11, 5, 3, 3, 3)
    """Side of each convolution's filters."""
    strides: tuple[int, ...] = (4, 1, 1, 1, 1)
    """Stride of each convolution."""
    paddings: tuple[int, ...] = (2, 2, 1, 1, 1)
    """Zeros around each convolution's input."""
    groups: tuple[int, ...] = (1, 2, 1, 2, 2)
    """Towers that each convolution is split into (section 3.2)."""
    activation: str = "relu"
    """relu, tanh or sigmoid (section 3.1)."""
    lrn: tuple[int, ...] = (1, 2)
    """Convolutions followed by local response normalisation (section 3.3); empty for none."""
    lrn_after_pool: bool = False
    """Normalise the pooled map, as Zeiler & Fergus do, instead of the map before it."""
    batch_norm: bool = False
    """Batch normalisation before every activation function (Ioffe & Szegedy 2015)."""
    pooling: str = "max"
    """max, average, sum, or stochastic: in training a unit drawn by its strength, afterwards the
    mean of what would be drawn (Zeiler & Fergus 2013, "Stochastic Pooling")."""
    pool_after: tuple[int, ...] = (1, 2, 5)
    """Convolutions followed by pooling."""
    pool_kernel: int = 3
    """Side of the pooling window."""
    pool_stride: int = 2
    """Stride of the pooling window; less than its side pools with overlap (section 3.4)."""
    pool_ceil: bool = False
    """Keep a last window that hangs over the edge, as Caffe and cuda-convnet do."""
    hidden: tuple[int, ...] = (4096, 4096)
    """Widths of the fully connected layers before the last."""
    dropout: float = 0.5
    """Probability of dropping a unit after each hidden layer (section 4.2); 0 for no dropout."""
    dropconnect: float = 0.0
    """Probability of dropping a weight of the hidden layers (DropConnect, Wan et al. 2013)."""
    filler: str = "gaussian"
    """How weights begin. gaussian: with deviation `std`; xavier: uniform, scaled by fan-in, as in
    Caffe; he: Gaussian, scaled by fan-in for ReLUs (He et al. 2015), which narrow networks need to
    start learning at all; constant: all at `std`, which shows why chance is needed."""
    std: float = 0.01
    """Scale of the gaussian and constant fillers (section 5)."""
    conv1_std: float | None = None
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
        lengths = [len(self.kernels), len(self.strides), len(self.paddings), len(self.groups)]
        if lengths != [len(self.widths)] * 4:
            raise WorkbenchError(
                f"widths names {len(self.widths)} convolutions, but kernels, strides, paddings "
                f"and groups have {lengths} numbers. Give one for each convolution."
            )
        for option, chosen, known in (
            ("activation", self.activation, ACTIVATIONS),
            ("pooling", self.pooling, POOLINGS),
            ("filler", self.filler, FILLERS),
        ):
            if chosen not in known:
                raise WorkbenchError(
                    f"Unknown {option} {chosen!r}. Choose one of: {', '.join(known)}."
                )
        for option in ("dropout", "dropconnect"):
            if not 0 <= getattr(self, option) < 1:
                raise WorkbenchError(
                    f"{option} is a probability from 0 to less than 1, got {getattr(self, option)}."
                )
        spare = self._names[1:-1]
        for name in self.without:
            if name not in spare:
                raise WorkbenchError(
                    f"Cannot leave out {name!r}. Choose from: {', '.join(spare) or 'none'}; "
                    "the first and the last layer have to stay."
                )

    def build(self, num_classes: int) -> Network:
        """A freshly initialised network; torch's global generator decides its weights.

        Raises:
            WorkbenchError: If the options do not fit each other or the image.
        """
        layers: Layers = {}
        channels, side = 3, self.image_size
        for number in range(1, len(self.widths) + 1):
            if f"conv{number}" not in self.without:
                layers |= self._convolution(number, channels)
                channels = self.widths[number - 1]
            layers |= self._pooling(number, channels)
            side = self._side_after(number, side)
        layers |= self._classifier(channels * side * side, num_classes)
        network = Network(layers, image_size=self.image_size)
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
        if channels % groups or width % groups:
            raise WorkbenchError(
                f"conv{number} takes {channels} channels and gives {width}, which does not "
                f"divide into {groups} groups."
            )
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

    def _side_after(self, number: int, side: int) -> int:
        """Side of the map after a stage that takes a map of this side."""
        index = number - 1
        if f"conv{number}" not in self.without:
            padded = side + 2 * self.paddings[index]
            side = (padded - self.kernels[index]) // self.strides[index] + 1
        if number in self.pool_after:
            side = pooled_side(side, self.pool_kernel, self.pool_stride, self.pool_ceil)
        if side < 1:
            raise WorkbenchError(
                f"An image of {self.image_size} px is too small: nothing is left of it after "
                f"stage {number}. Take larger images, smaller strides or less pooling."
            )
        return side

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
            if not isinstance(layer, nn.Conv2d | nn.Linear):
                continue
            if name == "conv1" and self.conv1_std is not None:
                nn.init.normal_(layer.weight, std=self.conv1_std)
            else:
                FILLERS[self.filler](layer.weight, self.std)
            assert layer.bias is not None
            at_one = self.unit_biases and name not in ("conv1", "conv3", last)
            nn.init.constant_(layer.bias, 1.0 if at_one else 0.0)
