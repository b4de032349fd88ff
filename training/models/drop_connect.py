"""A fully connected layer that loses some of its connections in training."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class DropConnect(nn.Linear):
    """Each weight and bias is dropped with probability p, the others grow by 1 / (1 − p).

    A mask serves 16 examples of a batch, so a batch of 128 meets eight different networks. The
    paper draws a mask for each example and finds that one for all 128 regularises too little; but
    masks for each example take fifteen times as long on a CPU, and for fc6 of AlexNet 38 million
    random numbers an image.

    In evaluation mode all connections are there: the mean of the layer's inputs to its activation
    function. The paper goes further and averages the activations over a Gaussian of the same mean
    and variance; but that takes the activation function into this layer, and by sampling it would
    give every view another picture each time.

    Source: Wan et al. 2013, "Regularization of Neural Networks using DropConnect", section 3.
    """

    def __init__(
        self, in_features: int, out_features: int, p: float, *, examples_per_mask: int = 16
    ) -> None:
        """
        Args:
            in_features: Numbers in.
            out_features: Numbers out.
            p: Probability of dropping a weight, in [0, 1). The paper's p is that of keeping it.
            examples_per_mask: Neighbours in a batch that share a mask.
        """
        super().__init__(in_features, out_features)
        self.p, self.examples_per_mask = p, examples_per_mask

    def forward(self, vectors: Tensor) -> Tensor:
        """(N, D) to (N, K); torch's global generator draws the masks, as it does for dropout."""
        if not self.training:
            return super().forward(vectors)
        shares = [
            functional.linear(share, self._dropped(self.weight), self._dropped(self.bias))
            for share in vectors.split(self.examples_per_mask)
        ]
        return torch.cat(shares) / (1 - self.p)

    def _dropped(self, parameter: Tensor) -> Tensor:
        kept = torch.rand_like(parameter) >= self.p  # four times as fast as bernoulli_ on a CPU
        return parameter * kept

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, p={self.p}, examples_per_mask={self.examples_per_mask}"
