"""A softmax among a network's layers, where its probabilities are the scores of another one."""

from torch import Tensor, nn


class ChannelSoftmax(nn.Module):
    """The softmax over the channels, the second axis."""

    def forward(self, scores: Tensor) -> Tensor:
        """(N, C, …) to the same shape."""
        return scores.softmax(1)
