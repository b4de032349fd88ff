"""Mining the top 9 of every channel, beside a bare forward loop over the same batches."""

from collections.abc import Callable

import torch

from benchmarks.timing import take_turns
from training.models import create, freeze
from viz.top_patches import mine

IMAGES = {"alexnet": 256, "alexnet-small": 2048}  # a few seconds of work on two cores


def measure(name: str, rounds: int) -> list[tuple[str, float]]:
    """(what, median images/s): a bare forward pass, mining conv5, mining every convolution."""
    torch.manual_seed(0)
    network = freeze(create(name, 1000))
    side, count = network.image_size, IMAGES[name]
    images = torch.randn(count, 3, side, side).contiguous(memory_format=torch.channels_last)
    batches = images.split(64)

    def bare() -> None:
        with torch.no_grad():
            for batch in batches:
                network(batch)

    def mining(layers: list[str]) -> Callable[[], object]:
        # with the last layer, so that both go through the whole network
        return lambda: mine(network, iter(batches), [*layers, "fc8"])

    seconds = take_turns(
        {
            "bare forward loop": bare,
            "mining conv5 and fc8": mining(["conv5"]),
            "mining conv1 to conv5 and fc8": mining(network.convolutions),
        },
        rounds,
    )
    return [(what, count / taken) for what, taken in seconds.items()]
