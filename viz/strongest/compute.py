"""The strongest unit anywhere: in each layer the one that an image excites most."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.models import Network
from viz.deconvnet import project
from viz.network.layers import key_layers, kind_of
from viz.network.patches import boxes, cut
from viz.store.cache import Arrays


@dataclass(frozen=True)
class Strongest:
    """One unit, what it sees of the image, and what the deconvnet says it saw there.

    s is the side of the layer's receptive field, or of the image where that is much larger.
    """

    layer: str
    channel: int
    row: int
    col: int
    activation: float
    share: float | None  # of the channel's strongest response to many images; None if not known
    patch: Tensor  # (3, s, s) colours in [0, 1]; mid grey outside of the image
    projection: Tensor  # (3, s, s) signed


def convolutions_on_the_way(network: Network) -> list[str]:
    """The convolutions that the answer depends on, first to last."""
    return [
        name
        for name in key_layers(network)
        if kind_of(network.layers[name]) == "convolution" and name in network.geometry
    ]


def strongest(
    network: Network,
    image: Tensor,
    layers: Sequence[str],
    usual: Mapping[str, Tensor] | None = None,
    *,
    picture: Callable[[Tensor], Tensor],
) -> list[Strongest]:
    """The strongest unit of each layer.

    Activations of two channels do not compare, and those of two layers even less: one filter may
    have ten times the norm of another. Where the strongest response of each channel to many images
    is known, a unit is therefore as strong as its share of that, and 1 means that no image excites
    its channel more. Elsewhere the activation decides, within its layer only.

    Args:
        network: In evaluation mode.
        image: (3, H, W), normalised.
        layers: With maps.
        usual: By layer, as far as it is known, (C,) the strongest response of each channel.
        picture: Normalised images back to colours in [0, 1]; `Preprocess.picture`.

    Raises:
        WorkbenchError: If there is no such layer.
    """
    with torch.no_grad():
        images = image[None].to(network.device, memory_format=torch.channels_last)
        maps = {name: each[0].cpu() for name, each in network.activations(images, layers).items()}
    colours = picture(image[None]).cpu()
    found = []
    for layer in layers:
        channel, row, col, share = _place(maps[layer], (usual or {}).get(layer))
        unit = torch.tensor([[row, col]])
        square = boxes(network, layer, unit[:, 0], unit[:, 1])
        projection = project(network, image[None], layer, torch.tensor([channel]), units=unit)
        found.append(
            Strongest(
                layer,
                channel,
                row,
                col,
                activation=float(maps[layer][channel, row, col]),
                share=share,
                patch=cut(colours, square)[0],
                projection=cut(projection, square, fill=0.0)[0],
            )
        )
    return found


NUMBERS = ("channel", "row", "col", "activation")


def as_arrays(units: Sequence[Strongest]) -> Arrays:
    """layer, channel, row, col, activation and share, (L) each, and the pictures of each layer.

    A share that is not known is NaN.
    """
    arrays = {name: np.array([getattr(unit, name) for unit in units]) for name in NUMBERS}
    shares = [np.nan if unit.share is None else unit.share for unit in units]
    found = {"layer": np.array([unit.layer for unit in units], dtype=np.str_)}
    found |= {**arrays, "share": np.array(shares)}
    for unit in units:
        found[f"patch_{unit.layer}"] = unit.patch.numpy()
        found[f"projection_{unit.layer}"] = unit.projection.numpy()
    return found


def as_units(arrays: Arrays) -> list[Strongest]:
    """The same again.

    Raises:
        LookupError: If anything is missing.
    """
    return [
        Strongest(
            layer=layer,
            **{name: arrays[name][place].item() for name in NUMBERS},
            share=None if np.isnan(share := arrays["share"][place].item()) else share,
            patch=torch.from_numpy(arrays[f"patch_{layer}"]),
            projection=torch.from_numpy(arrays[f"projection_{layer}"]),
        )
        for place, layer in enumerate(arrays["layer"].tolist())
    ]


def _place(maps: Tensor, usual: Tensor | None) -> tuple[int, int, int, float | None]:
    """Channel, row, column and share of the strongest unit of maps (C, h, w)."""
    shares = maps
    if usual is not None:  # a channel that nothing excites has no share
        known = usual[:, None, None]
        shares = torch.where(known > 0, maps / known.clamp(min=1e-12), -torch.inf)
    _, rows, cols = maps.shape
    best = int(shares.argmax())
    channel, place = divmod(best, rows * cols)
    share = None if usual is None else float(shares.flatten()[best])
    return channel, place // cols, place % cols, share
