"""The AlexNet family: some convolutions, some fully connected layers, and every choice open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from torch import nn

from training.errors import WorkbenchError
from training.models.network import Network
from training.models.response_norm import ResponseNorm

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}
POOLINGS: dict[str, Callable[[int, int, int], nn.Module]] = {
    "max": nn.MaxPool2d,
    "average": nn.AvgPool2d,
}
Layers = dict[str, nn.Module]


@dataclass(frozen=True)
class AlexNet:
    """The choices behind a network; the defaults are the two towers of Krizhevsky et al. 2012.

    Layers are counted from 1, as in the papers. Source: sections 3 and 5.
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
    """Towers that each convolution is split into."""
    activation: str = "relu"
    """relu, tanh or sigmoid."""
    lrn: tuple[int, ...] = (1, 2)
    """Convolutions followed by local response normalisation; empty for none."""
    lrn_after_pool: bool = False
    """Normalise the pooled map, as Zeiler & Fergus do, instead of the map before it."""
    batch_norm: bool = False
    """Batch normalisation between each convolution and its activation."""
    pooling: str = "max"
    """max or average."""
    pool_after: tuple[int, ...] = (1, 2, 5)
    """Convolutions followed by pooling."""
    pool_kernel: int = 3
    """Side of the pooling window."""
    pool_stride: int = 2
    """Stride of the pooling window; less than its side pools with overlap (section 3.4)."""
    pool_padding: int = 0
    """Padding of the pooling layers, except the last, which has none."""
    hidden: tuple[int, ...] = (4096, 4096)
    """Widths of the fully connected layers before the last."""
    dropout: float = 0.5
    """Probability of dropping a unit after each hidden layer (section 4.2); 0 for no dropout."""
    conv1_std: float = 0.01
    """Deviation of conv1's Gaussian initial weights: small, so that the noise soon leaves the
    picture of the filters."""
    std: float | None = 0.01
    """Deviation of all other initial weights. None scales them by fan-in (He et al. 2015), which
    narrow networks need to start learning at all."""
    unit_biases: bool = True
    """Start the biases of conv2, conv4, conv5 and the hidden layers at 1 (section 5)."""

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
        ):
            if chosen not in known:
                raise WorkbenchError(
                    f"Unknown {option} {chosen!r}. Choose one of: {', '.join(known)}."
                )

    def build(self, num_classes: int) -> Network:
        """A freshly initialised network; torch's global generator decides its weights.

        Raises:
            WorkbenchError: If the options do not fit each other or the image.
        """
        layers: Layers = {}
        channels, side = 3, self.image_size
        for number in range(1, len(self.widths) + 1):
            layers |= self._stage(number, channels)
            channels, side = self.widths[number - 1], self._side_after(number, side)
        layers |= self._classifier(channels * side * side, num_classes)
        network = Network(layers, image_size=self.image_size)
        self._initialise(network)
        return network

    def _stage(self, number: int, channels: int) -> Layers:
        """One convolution with what follows it up to the next."""
        index = number - 1
        width, groups = self.widths[index], self.groups[index]
        if channels % groups or width % groups:
            raise WorkbenchError(
                f"conv{number} takes {channels} channels and gives {width}, which does not "
                f"divide into {groups} groups."
            )
        stage: Layers = {
            f"conv{number}": nn.Conv2d(
                channels,
                width,
                self.kernels[index],
                self.strides[index],
                self.paddings[index],
                groups=groups,
            )
        }
        if self.batch_norm:
            stage[f"bn{number}"] = nn.BatchNorm2d(width)
        stage[f"{self.activation}{number}"] = ACTIVATIONS[self.activation]()
        norm: Layers = {f"norm{number}": ResponseNorm(width)} if number in self.lrn else {}
        pool: Layers = {}
        if number in self.pool_after:
            window = (self.pool_kernel, self.pool_stride, self._pool_padding(number))
            pool = {f"pool{number}": POOLINGS[self.pooling](*window)}
        return stage | (pool | norm if self.lrn_after_pool else norm | pool)

    def _pool_padding(self, number: int) -> int:
        return 0 if number == max(self.pool_after) else self.pool_padding

    def _side_after(self, number: int, side: int) -> int:
        """Side of the map after a stage that takes a map of this side."""
        index = number - 1
        side = (side + 2 * self.paddings[index] - self.kernels[index]) // self.strides[index] + 1
        if number in self.pool_after:
            padded = side + 2 * self._pool_padding(number)
            side = (padded - self.pool_kernel) // self.pool_stride + 1
        if side < 1:
            raise WorkbenchError(
                f"An image of {self.image_size} px is too small: nothing is left of it after "
                f"stage {number}. Take larger images, smaller strides or less pooling."
            )
        return side

    def _classifier(self, features: int, num_classes: int) -> Layers:
        layers: Layers = {}
        number = len(self.widths)
        for width in self.hidden:
            number += 1
            layers[f"fc{number}"] = nn.Linear(features, width)
            layers[f"{self.activation}{number}"] = ACTIVATIONS[self.activation]()
            if self.dropout:
                layers[f"drop{number}"] = nn.Dropout(self.dropout)
            features = width
        layers[f"fc{number + 1}"] = nn.Linear(features, num_classes)
        return layers

    def _initialise(self, network: Network) -> None:
        weighted = list(_weighted(network))
        last, _ = weighted[-1]
        for name, layer in weighted:
            std = self.conv1_std if name == "conv1" else self.std
            if std is None:
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            else:
                nn.init.normal_(layer.weight, std=std)
            assert layer.bias is not None
            at_one = self.unit_biases and name not in ("conv1", "conv3", last)
            nn.init.constant_(layer.bias, 1.0 if at_one else 0.0)


def _weighted(network: Network) -> Iterator[tuple[str, nn.Conv2d | nn.Linear]]:
    for name, layer in network.layers.items():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            yield name, layer
