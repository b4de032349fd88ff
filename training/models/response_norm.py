"""Local response normalisation as the paper writes it, and fast."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class ResponseNorm(nn.Module):
    """b = a / (k + α Σ a²)^β, the sum running over n neighbouring channels at one position.

    α is not divided by n (`torch.nn.LocalResponseNorm` divides: there, the paper's values are
    alpha = n·α). The sum over neighbours is a 1×1 convolution with a band of ones, a matrix
    product, which is several times faster than the 3-D pooling behind
    `functional.local_response_norm`.

    Source: Krizhevsky et al. 2012, section 3.3.
    """

    def __init__(
        self, channels: int, *, n: int = 5, k: float = 2.0, alpha: float = 1e-4, beta: float = 0.75
    ) -> None:
        super().__init__()
        self.n, self.k, self.alpha, self.beta = n, k, alpha, beta
        self.channels = channels

    def forward(self, activations: Tensor) -> Tensor:
        """(N, C, h, w) to the same shape."""
        # made anew: it costs nothing beside the product, and the layer needs no buffer
        index = torch.arange(self.channels, device=activations.device)
        band = ((index[:, None] - index).abs() <= self.n // 2).to(activations.dtype)
        energy = functional.conv2d(activations.square(), band[:, :, None, None])
        scale = self.k + self.alpha * energy
        if self.beta == 0.75:  # two square roots instead of a power
            inverse_root = scale.rsqrt()
            return activations * inverse_root * inverse_root.sqrt()
        return activations * scale.pow(-self.beta)

    def extra_repr(self) -> str:
        return f"{self.channels}, n={self.n}, k={self.k}, alpha={self.alpha}, beta={self.beta}"
