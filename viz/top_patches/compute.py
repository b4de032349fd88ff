"""What excites each channel most: one pass over many images keeps the strongest few."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from training.errors import WorkbenchError
from training.models import Network
from training.progress import Progress, silent
from viz.network.images import Images, count, in_batches


@dataclass(frozen=True)
class TopPatches:
    """The strongest response of each channel in k different images, best first.

    Places without an image (fewer images than k) have image -1 and score -inf.
    """

    score: Tensor  # (C, k) activation
    image: Tensor  # (C, k) int64 index into the images
    row: Tensor  # (C, k) int64, of the unit in the feature map
    col: Tensor  # (C, k) int64

    @classmethod
    def empty(cls, channels: int, k: int) -> TopPatches:
        """Before the first image."""
        none = torch.full((channels, k), -1)
        return cls(torch.full((channels, k), -torch.inf), none, none, none)

    def best(self, k: int) -> TopPatches:
        """The first k places of each channel."""
        return TopPatches(self.score[:, :k], self.image[:, :k], self.row[:, :k], self.col[:, :k])

    def by_strength(self) -> list[int]:
        """The channels, strongest response first."""
        return self.score[:, 0].argsort(descending=True, stable=True).tolist()

    def is_silent(self, channel: int) -> bool:
        """Whether no image excites the channel."""
        return float(self.score[channel, 0]) <= 0


@dataclass(frozen=True)
class MiningState:
    """How far a pass has come; all that is needed to go on later."""

    seen: int  # images
    top: dict[str, TopPatches]  # by layer
    images: int | None = None  # that there are, where their number is known


def mine(
    network: Network,
    images: Images | Iterable[Tensor],
    layers: Sequence[str],
    k: int = 9,
    *,
    progress: Progress = silent,
) -> dict[str, TopPatches]:
    """The k images with the strongest response, for every channel of the named layers.

    Each image counts once, with its strongest unit; between equal responses the earlier image
    wins, within an image the first unit in reading order. NaN never wins. What is held in memory
    does not grow with the number of images.

    Args:
        network: In evaluation mode.
        images: (N, 3, H, W), normalised, or anything that yields such batches.
        layers: Names of layers; a fully connected layer counts as maps of one unit.
        k: Images to keep for each channel.
        progress: Told (images seen, images) where their number is known beforehand.

    Returns:
        The strongest of each layer, by the layer's name.

    Raises:
        WorkbenchError: If there is no such layer, or k is less than 1.

    Source: Zeiler & Fergus, ECCV 2014, figure 2.
    """
    state = MiningState(0, {})
    total = count(images)
    for state in scan(network, in_batches(images), layers, k):
        if total is not None:
            progress(state.seen, total)
    return state.top


def scan(
    network: Network,
    batches: Iterable[Tensor],
    layers: Sequence[str],
    k: int = 9,
    state: MiningState | None = None,
) -> Iterator[MiningState]:
    """Mine batch by batch, so that the caller may show, keep or stop in between.

    Args:
        network: In evaluation mode.
        batches: (n, 3, H, W) each, normalised.
        layers: Names of layers.
        k: Images to keep for each channel, where no state says so.
        state: Where an earlier pass over the same layers stopped; the batches are those that it
            has not seen.

    Yields:
        The state before the first batch, and then after each.

    Raises:
        WorkbenchError: If there is no such layer, or k is less than 1.
    """
    if k < 1:
        raise WorkbenchError(f"At least one image must be kept for each channel, got k={k}.")
    for layer in layers:
        network.require_layer(layer)
    state = state or MiningState(0, {layer: TopPatches.empty(0, k) for layer in layers})
    yield state
    for images in batches:
        # not around the loop: the mode would leak into the caller at each yield
        with torch.no_grad():
            images = images.to(network.device, memory_format=torch.channels_last)
            activations = network.activations(images, layers)
            top = {
                layer: _merge(state.top[layer], activations[layer], first=state.seen)
                for layer in layers
            }
        state = MiningState(state.seen + len(images), top)
        yield state


def _merge(top: TopPatches, activations: Tensor, first: int) -> TopPatches:
    """The best of those so far and a batch (n, C, h, w) or (n, D) that starts at image `first`."""
    maps = activations if activations.dim() == 4 else activations[:, :, None, None]
    strongest = maps.amax((2, 3))
    if strongest.isnan().any():
        maps = maps.where(~maps.isnan(), -torch.inf)
        strongest = maps.amax((2, 3))
    strongest = strongest.float().cpu().T  # (C, n)
    k = top.score.shape[1]
    if not len(top.score):
        top = TopPatches.empty(len(strongest), k)

    # almost every batch leaves almost every channel as it is
    changed = (strongest.amax(1) > top.score[:, -1]).nonzero()[:, 0]
    candidates = torch.cat([top.score[changed], strongest[changed]], dim=1)
    # topk would not say which of two equals it takes
    score, order = candidates.sort(dim=1, descending=True, stable=True)
    score, order = score[:, :k], order[:, :k]
    kept = order.clamp(max=k - 1)
    image, row, col = (table[changed].gather(1, kept) for table in (top.image, top.row, top.col))

    new = order >= k
    newcomer = order[new] - k  # index in the batch
    winner = changed[new.nonzero()[:, 0]]  # channel
    # looked for in the winners' maps only: argmax over all maps takes longer than amax
    place = maps[newcomer, winner].flatten(1).argmax(1).cpu()
    columns = maps.shape[3]
    image[new], row[new], col[new] = first + newcomer, place // columns, place % columns
    return TopPatches(
        top.score.index_copy(0, changed, score),
        top.image.index_copy(0, changed, image),
        top.row.index_copy(0, changed, row),
        top.col.index_copy(0, changed, col),
    )
