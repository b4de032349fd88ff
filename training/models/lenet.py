"""LeNet-5 as the paper of 1998 has it: shared coefficients, a table of connections, fixed codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.errors import WorkbenchError
from training.models.digit_codes import codes
from training.models.network import Network
from training.models.table_conv import TableConv2d
from training.settings import Side, settle

# Table I: the maps of S2 that each map of C3 is joined to
C3_SOURCES = (
    (0, 1, 2),
    (1, 2, 3),
    (2, 3, 4),
    (3, 4, 5),
    (0, 4, 5),
    (0, 1, 5),
    (0, 1, 2, 3),
    (1, 2, 3, 4),
    (2, 3, 4, 5),
    (0, 3, 4, 5),
    (0, 1, 4, 5),
    (0, 1, 2, 5),
    (0, 1, 3, 4),
    (1, 2, 4, 5),
    (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)
SMALLEST = 32  # px that leave C5 one unit


@dataclass(frozen=True)
class LeNet5:
    """The choices behind LeNet-5 (LeCun et al. 1998, section II.B).

    The layers are the paper's, C1 S2 C3 S4 C5 F6 output, each of the first six followed by its
    squashing function, tanh1 to tanh6. Where the input has three channels, a layer `grey` before
    them makes one plane of three.
    """

    image_size: Side = 32
    """Side of the square input; digits of 28 px stand in the middle of it."""
    channels: Literal[1, 3] = 3
    """Of the input: 3 for colours, of which the first layer takes the mean, 1 for pictures turned
    grey before."""
    rubbish_energy: float = 1.0
    """The constant j of equation 9, the energy of an answer that is none of the classes. It keeps
    the wrong classes from being pushed away for ever; the paper gives no value."""

    def __post_init__(self) -> None:
        settle(self)
        if self.image_size < SMALLEST:
            raise WorkbenchError(
                f"LeNet-5 needs an image_size of at least {SMALLEST} px, got {self.image_size}."
            )

    def build(self, num_classes: int) -> Network:
        """A freshly initialised network; torch's global generator decides its weights."""
        side = (((self.image_size - 4) // 2) - 4) // 2 - 4  # of the maps of C5
        first = {"grey": Grey()} if self.channels == 3 else {}
        layers = {
            **first,
            "C1": nn.Conv2d(1, 6, 5),
            "tanh1": ScaledTanh(),
            "S2": SubSampling(6),
            "tanh2": ScaledTanh(),
            "C3": TableConv2d(6, C3_SOURCES, 5),
            "tanh3": ScaledTanh(),
            "S4": SubSampling(16),
            "tanh4": ScaledTanh(),
            "C5": nn.Conv2d(16, 120, 5),
            "tanh5": ScaledTanh(),
            "F6": nn.Linear(120 * side * side, 84),
            "tanh6": ScaledTanh(),
            "output": RadialBasis(codes(num_classes)),
        }
        network = Network(
            layers,
            image_size=self.image_size,
            image_channels=self.channels,
            criterion=RubbishClass(self.rubbish_energy),
        )
        _initialise(network)
        return network


class Grey(nn.Module):
    """One plane for three: their mean."""

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, 1, H, W)."""
        return images.mean(dim=1, keepdim=True)


class ScaledTanh(nn.Module):
    """1.7159·tanh(2x/3), which is ±1 at ±1 (LeCun et al. 1998, appendix A)."""

    def forward(self, sums: Tensor) -> Tensor:
        """Any shape to the same shape."""
        return 1.7159 * torch.tanh(sums * (2 / 3))


class SubSampling(nn.Module):
    """The sum of each 2×2 square, times the map's coefficient, plus its bias."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.padding = 2, 2, 0
        self.coefficient = nn.Parameter(torch.empty(channels))
        self.bias = nn.Parameter(torch.empty(channels))

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C, H // 2, W // 2)."""
        sums = functional.avg_pool2d(maps, 2, divisor_override=1)
        return sums * self.coefficient[:, None, None] + self.bias[:, None, None]

    def extra_repr(self) -> str:
        return f"{len(self.bias)}"


class RadialBasis(nn.Module):
    """How far the state of F6 is from the code of each class, as logits: yᵢ = Σⱼ (xⱼ - wᵢⱼ)².

    The paper takes the class with the smallest yᵢ. Here the output is -yᵢ, so that the largest
    is the answer as in every other network; the codes are fixed.
    """

    codes: Tensor

    def __init__(self, codes: Tensor) -> None:
        """
        Args:
            codes: (K, D) of -1 and +1.
        """
        super().__init__()
        self.out_features, self.in_features = codes.shape
        self.register_buffer("codes", codes)

    def forward(self, states: Tensor) -> Tensor:
        """(N, D) to (N, K); in float32, as the distances are near each other."""
        return -(states.float()[:, None] - self.codes).square().sum(dim=2)

    def extra_repr(self) -> str:
        return f"{self.in_features}, {self.out_features}"


class RubbishClass:
    """The loss of equation 9: y_D + log(e⁻ʲ + Σᵢ e⁻ʸⁱ), cross-entropy with one more class."""

    def __init__(self, energy: float) -> None:
        self.energy = energy

    def __call__(
        self,
        logits: Tensor,
        labels: Tensor,
        /,
        *,
        label_smoothing: float = 0.0,
        reduction: str = "mean",
    ) -> Tensor:
        """Of logits (N, K), here -y, and labels (N,)."""
        rubbish = logits.new_full((len(logits), 1), -self.energy)
        return functional.cross_entropy(
            torch.cat([logits, rubbish], dim=1),
            labels,
            label_smoothing=label_smoothing,
            reduction=reduction,
        )


def _initialise(network: Network) -> None:
    """Uniform within ±2.4 / fan-in, as in the paper."""
    for layer in network.layers.values():
        for name, parameter in layer.named_parameters():
            fan_in = _fan_in(layer)
            assert fan_in, name
            nn.init.uniform_(parameter, -2.4 / fan_in, 2.4 / fan_in)


def _fan_in(layer: nn.Module) -> float:
    match layer:
        case nn.Conv2d() | nn.Linear():
            return layer.weight[0].numel()
        case TableConv2d():
            return layer.kernels.numel() / layer.out_channels
        case SubSampling():
            return 4
    return 0
