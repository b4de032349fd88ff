"""What many tests look at: a network small enough to check everything by brute force."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from training.models import Network, create, freeze

TINY = {"image_size": 32, "widths": (6, 8, 8, 8, 6), "hidden": (16, 12)}


@pytest.fixture
def make_tiny() -> Callable[..., Network]:
    """A builder of 32 px networks with 4 classes, frozen; options as `create` takes them."""

    def build(*, seed: int = 0, **options: Any) -> Network:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = create("alexnet-small", num_classes=4, **(TINY | options))
            for parameter in network.parameters():
                if parameter.dim() == 1:  # biases of 0 would hide mistakes
                    torch.nn.init.uniform_(parameter, -0.1, 0.1)
        return freeze(network)

    return build


@pytest.fixture
def tiny(make_tiny: Callable[..., Network]) -> Network:
    """A 32 px AlexNet with response normalisation and 4 classes."""
    return make_tiny()


@pytest.fixture
def noise() -> Tensor:
    """(10, 3, 32, 32) images of normal noise."""
    return torch.randn(10, 3, 32, 32, generator=torch.Generator().manual_seed(1))
