"""Does the network know a part again? The same part is hidden in every picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from training.errors import WorkbenchError
from training.models import Network, blank
from training.preprocess import Preprocess
from training.progress import Progress, silent
from viz.network.layers import last_hidden
from viz.network.random_masks import one_mask, overlap, random_masks

DRAWS = 10  # of each control
WAYS = ("the part", "random masks", "one mask for all")
"""What is hidden: in each picture the part; its shape at a random place; the same pixels in all."""


@dataclass(frozen=True)
class Correspondence:
    """How far pictures differ in what hiding a part changes, in L layers, for P parts.

    A difference is the share of a layer's features whose changes have different signs in two
    pictures: 0 where hiding changes both in the same way. W counts the `WAYS`.
    """

    parts: tuple[str, ...]
    layers: tuple[str, ...]
    images: Tensor  # (P,) in how many pictures each part is marked
    difference: Tensor  # (L, P, W) mean over pairs of pictures, and over the draws of a control
    deviation: Tensor  # (L, P, W) of those, from their mean
    draws: Tensor  # (L, P, W - 1, R) mean over the pairs of each draw of each control
    changed: Tensor  # (L, P, W) share of the features that hiding changes at all
    overlap: Tensor  # (P, W - 1) share of a control that lies on the part, for want of room


@torch.inference_mode()
def correspondence(
    network: Network,
    images: Tensor,
    parts: Mapping[str, Tensor],
    *,
    layers: Sequence[str] | None = None,
    draws: int = DRAWS,
    generator: torch.Generator,
    progress: Progress = silent,
) -> Correspondence:
    """Hide the same part of every picture and compare what that changes.

    With x a layer's features of a picture and x̃ those with the part hidden, ε = x − x̃, and two
    pictures i and j differ by H(sign ε_i, sign ε_j), the Hamming distance, here divided by the
    number of features. A low mean over the pairs says that the part means the same to the network
    wherever it appears. A sign is −1, 0 or 1: a feature that changes in one picture alone counts
    as a difference, one that changes in neither does not.

    Fewer features change where less is hidden, so each part has controls of its own shape in each
    picture: at random places, as in the paper, and at one random place for all pictures. The
    latter is the stricter where the layer has maps: what lies at the same place touches the same
    units, whatever it is.

    Args:
        network: In evaluation mode.
        images: (N, 3, H, W), normalised; what is hidden becomes 0, the mean colour.
        parts: (N, H, W) bool by name; all false in a picture where the part is not marked.
        layers: Whose features; see `default_layers`.
        draws: Of each control.
        generator: Draws the random places, on the CPU.
        progress: Told (times that something was hidden in all pictures, such times).

    Raises:
        WorkbenchError: If there is no such layer, or a part is marked in fewer than two pictures.

    Source: Zeiler & Fergus 2013, section 4.4 and table 1. They add the distances up.
    """
    layers = tuple(layers or default_layers(network))
    for layer in layers:
        network.require_layer(layer)
    _check(images, parts, draws)
    images = images.to(network.device)
    whole = _features(network, images, layers)
    steps = len(parts) * sum(_rounds(draws))
    done, found = 0, []
    for masks in parts.values():
        marked = masks.flatten(1).any(1)
        ways = _ways(masks[marked], draws, generator)
        pairs, changed = [], []
        for hidden in ways:
            after = _features(network, covered(images[marked], hidden), layers)
            changes = [one[marked] - other for one, other in zip(whole, after, strict=True)]
            pairs.append(torch.stack([differences(change) for change in changes]))
            changed.append(torch.stack([(change != 0).float().mean() for change in changes]))
            progress(done := done + 1, steps)
        lain = torch.stack([overlap(masks[marked], hidden) for hidden in ways[1:]])
        found.append(_summary(torch.stack(pairs, 1), torch.stack(changed, 1).cpu(), lain, draws))
    difference, deviation, means, shares, overlaps = zip(*found, strict=True)
    return Correspondence(
        parts=tuple(parts),
        layers=layers,
        images=torch.stack([masks.flatten(1).any(1).sum() for masks in parts.values()]),
        difference=torch.stack(difference, 1),
        deviation=torch.stack(deviation, 1),
        draws=torch.stack(means, 1),
        changed=torch.stack(shares, 1),
        overlap=torch.stack(overlaps),
    )


def differences(changes: Tensor) -> Tensor:
    """Share of the features whose changes differ in sign, for each pair of pictures.

    Args:
        changes: (N, D), N pictures' changes of D features.

    Returns:
        (N · (N − 1) / 2,), the pairs (0, 1), (0, 2) … (1, 2) …
    """
    signs = changes.sign()
    alike = torch.zeros(len(changes), len(changes), device=changes.device)
    for sign in (-1, 0, 1):
        has = (signs == sign).float()
        alike += has @ has.T  # whole numbers: exact below 2**24
    first, second = torch.triu_indices(len(changes), len(changes), offset=1)
    return 1 - alike[first, second].cpu() / changes.shape[1]


def default_layers(network: Network) -> list[str]:
    """The last maps and the last hidden layer: pool5 and fc7 of AlexNet.

    The latter before its rectifier: after it most features are 0, and what hides more of a picture
    changes more of them, which counts as a difference.
    """
    maps = network.activations(blank(network), network.geometry)
    last = next(name for name in reversed(maps) if maps[name][0, 0].numel() > 1)
    return list(dict.fromkeys([last, last_hidden(network)]))


def covered(images: Tensor, masks: Tensor) -> Tensor:
    """Normalised pictures (N, 3, H, W) with what (N, H, W) marks at 0, the mean colour."""
    return images.masked_fill(masks[:, None].to(images.device), 0.0)


def hidden_pictures(
    preprocess: Preprocess,
    pictures: Sequence[Image.Image],
    parts: Mapping[str, np.ndarray],
    *,
    seed: int = 0,
) -> list[tuple[str, Tensor]]:
    """What is hidden, row by row: nothing, each part, and a random mask of the first one's shape.

    Args:
        preprocess: The run's preprocessing.
        pictures: N RGB images.
        parts: (N, H, W) bool by name.
        seed: Of the controls' places; the last row is the first draw.

    Returns:
        Name and pictures (N, 3, H, W) in [0, 1] of each row.
    """
    images = torch.stack([preprocess(picture) for picture in pictures])
    masks = {name: torch.from_numpy(np.asarray(one)) for name, one in parts.items()}
    rows = {"": torch.zeros_like(images[:, 0], dtype=torch.bool), **masks}
    shown = [(name, preprocess.picture(covered(images, where))) for name, where in rows.items()]
    first = next(iter(masks.values()))
    marked = first.flatten(1).any(1)
    control = torch.zeros_like(first)
    control[marked] = random_masks(first[marked], torch.Generator().manual_seed(seed))
    return [*shown, ("random mask", preprocess.picture(covered(images, control)))]


def _features(network: Network, images: Tensor, layers: Sequence[str]) -> list[Tensor]:
    """(N, D) of each layer."""
    images = images.contiguous(memory_format=torch.channels_last)
    found = network.activations(images, layers)
    return [found[layer].flatten(1) for layer in layers]


def _rounds(draws: int) -> list[int]:
    """How often something is hidden in each of the `WAYS`."""
    return [1, *[draws] * (len(WAYS) - 1)]


def _ways(masks: Tensor, draws: int, generator: torch.Generator) -> list[Tensor]:
    """What is hidden each time, (N, H, W): the part, then the draws of each control."""
    controls = [place(masks, generator) for place in (random_masks, one_mask) for _ in range(draws)]
    return [masks, *controls]


def _summary(pairs: Tensor, changed: Tensor, lain: Tensor, draws: int) -> tuple[Tensor, ...]:
    """Difference, deviation, draws, changed and overlap of one part, as in `Correspondence`.

    Args:
        pairs: (L, rounds, pairs).
        changed: (L, rounds).
        lain: (rounds - 1,) share on the part.
        draws: Of each control.
    """
    by_way = pairs.split(_rounds(draws), dim=1)
    return (
        torch.stack([way.mean((1, 2)) for way in by_way], 1),
        torch.stack([way.std((1, 2), correction=0) for way in by_way], 1),
        torch.stack([way.mean(2) for way in by_way[1:]], 1),
        torch.stack([way.mean(1) for way in changed.split(_rounds(draws), dim=1)], 1),
        lain.reshape(-1, draws).mean(1),
    )


def _check(images: Tensor, parts: Mapping[str, Tensor], draws: int) -> None:
    if not parts:
        raise WorkbenchError("There is no part to hide. Mark one in at least two pictures.")
    if draws < 1:
        raise WorkbenchError(f"The controls need at least one draw, got {draws}.")
    for name, masks in parts.items():
        if masks.shape != (len(images), *images.shape[2:]):
            raise WorkbenchError(
                f"The masks of {name} are {tuple(masks.shape)}, but the pictures need "
                f"{(len(images), *images.shape[2:])}."
            )
        if masks.flatten(1).any(1).sum() < 2:
            raise WorkbenchError(
                f"{name} is marked in fewer than two pictures, so there is no pair to compare. "
                "Mark it in another one."
            )
