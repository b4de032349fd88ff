"""What happens to one image: the maps that each channel of a layer makes of it."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from training.models import Network
from viz.store.cache import Arrays


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
    channel it watches (Zeiler & Fergus 2014, section 4.2); the largest single unit would put a
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


@dataclass(frozen=True)
class MapsBeside:
    """What two networks make of one image in one layer."""

    first: FeatureMaps
    second: FeatureMaps
    difference: FeatureMaps | None  # second − first, where there are as many maps of one size

    def arrays(self) -> Arrays:
        """The maps by what they are, and the order of the first network's channels."""
        found = {"maps": self.first.maps.numpy(), "order": self.first.order.numpy()}
        found["second"] = self.second.maps.numpy()
        more = {} if self.difference is None else {"difference": self.difference.maps.numpy()}
        return found | more


def beside(first: FeatureMaps, second: FeatureMaps) -> MapsBeside:
    """Two networks' maps; where there is a difference, all have the first's order of channels."""
    if first.maps.shape != second.maps.shape:
        return MapsBeside(first, second, None)
    order = first.order
    difference = FeatureMaps(first.layer, second.maps - first.maps, order)
    return MapsBeside(first, replace(second, order=order), difference)
