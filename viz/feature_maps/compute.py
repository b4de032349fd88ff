"""What happens to one image: the maps that each channel of a layer makes of it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from training.models import Network


@dataclass(frozen=True)
class FeatureMaps:
    """Every channel's map of one image."""

    layer: str
    maps: Tensor  # (C, h, w) activations; h = w = 1 for a fully connected layer
    order: Tensor  # (C,) int64 channels, strongest first


@torch.no_grad()
def feature_maps(network: Network, image: Tensor, layer: str) -> FeatureMaps:
    """The maps of one layer.

    A channel is as strong as its total over the map, the measure by which occlusion chooses the
    channel it tracks (Zeiler & Fergus 2014, section 4.2); the largest single unit would put a
    channel with one bright spot before one that answers to the whole object.

    Args:
        network: In evaluation mode.
        image: (3, H, W), normalised.
        layer: Name of any layer.

    Raises:
        WorkbenchError: If there is no such layer.
    """
    images = image[None].to(network.device, memory_format=torch.channels_last)
    maps = network.activations(images, [layer])[layer][0].cpu().contiguous()
    maps = maps if maps.dim() == 3 else maps[:, None, None]
    order = maps.sum((1, 2)).argsort(descending=True, stable=True)
    return FeatureMaps(layer, maps, order)
