"""A small network in which something is tried between a convolution and the classifier."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.adopt.adopt import adopt

SIZE, CLASSES = 12, 3


class Between(nn.Module):
    """conv1, what is tried, fc."""

    def __init__(self, what: Callable[[Tensor], Tensor], norm: nn.Module | None = None) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv1 = nn.Conv2d(3, 8, 3)
        self.norm = norm or nn.Identity()
        self.fc = nn.Linear(8, CLASSES)
        self.what = what

    def forward(self, images):
        return self.fc(self.what(self.norm(functional.relu(self.conv1(images)))))


def same_logits(module: nn.Module) -> list[str]:
    """Names of its layers; its logits are the author's."""
    network = adopt(module.eval(), image_size=SIZE).network
    images = torch.randn(4, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        torch.testing.assert_close(network(images), module(images))
    return list(network.layers)
