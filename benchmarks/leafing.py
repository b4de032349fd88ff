"""Sixteen channels' nine patches and projections: what a page of Top patches has to make.

Beside it the same 144 projections from whole maps, as they are made where nobody says which unit
is meant, and a bare forward pass of the same images.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.timing import take_turns
from training.models import create, freeze
from viz.deconvnet import project
from viz.top_patches import mine
from viz.top_patches.gallery import gallery, small_tiles

LAYERS = {
    "alexnet-small": ("conv1", "conv2", "conv3", "conv4", "conv5"),
    "alexnet-onetower": ("conv5",),
}
IMAGES, CHANNELS = 144, 16


def measure(name: str, rounds: int) -> dict[str, dict[str, float]]:
    """By layer, median seconds of each contestant; ours first."""
    torch.manual_seed(0)
    network = freeze(create(name, 100))
    side = network.image_size
    images = torch.randn(IMAGES, 3, side, side).contiguous(memory_format=torch.channels_last)
    top = mine(network, images, LAYERS[name])
    channels = torch.arange(CHANNELS)

    def page(layer: str) -> Callable[[], object]:
        # channel by channel, as the page does: each is kept for other pages that show it
        return lambda: [
            small_tiles(gallery(network, images, layer, top[layer], one, picture=_picture))
            for one in channels.split(1)
        ]

    def whole(layer: str) -> Callable[[], object]:
        chosen = images[top[layer].image[channels].flatten()]
        return lambda: project(network, chosen, layer, channels.repeat_interleave(9))

    def forward(layer: str) -> Callable[[], object]:
        chosen = images[top[layer].image[channels].flatten()]

        def run() -> None:
            with torch.no_grad():
                network.activations(chosen, [layer])

        return run

    return {
        layer: take_turns(
            {
                "the page: patches, projections, tiles": page(layer),
                "projections from whole maps": whole(layer),
                "forward pass alone": forward(layer),
            },
            rounds,
        )
        for layer in LAYERS[name]
    }


def _picture(images: Tensor) -> Tensor:
    return (images * 0.25 + 0.5).clamp(0, 1)
