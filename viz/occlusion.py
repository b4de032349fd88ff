"""Where does the network look: a square slides over the image and the answer is watched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from training.errors import WorkbenchError
from training.models import Network
from training.models.joints import Concat
from training.progress import Progress, silent
from viz.layers import KINDS, deepest


@dataclass(frozen=True)
class Occlusion:
    """What covering each spot of one image does.

    Cell (r, c) of a map hides the square whose top-left pixel is (r · stride, c · stride).
    """

    probability: Tensor  # (rows, cols) of the class `label`
    predicted: Tensor  # (rows, cols) int64, the most probable class
    activation: Tensor  # (rows, cols) total over the map of `channel`
    base: Tensor  # (K,) probabilities of the whole image
    base_activation: float  # total of `channel` for the whole image
    label: int
    layer: str
    channel: int  # of `layer`: the one with the largest total for the whole image
    window: int  # side of the square, px
    stride: int  # step between squares, px


@torch.no_grad()  # not inference mode: its tensors refuse in-place work later
def occlusion(
    network: Network,
    image: Tensor,
    *,
    label: int,
    window: int,
    stride: int,
    fill: float | Sequence[float] = 0.0,
    layer: str | None = None,
    batch_size: int = 64,
    progress: Progress = silent,
) -> Occlusion:
    """Class probability, most probable class and strongest map while a square hides each spot.

    Low probability marks the evidence: covering that spot costs the network its answer. Where
    the strongest map falls with it, that channel is part of the reason.

    Every map has (H - window) // stride + 1 rows, and columns likewise: the square never leaves
    the image. Memory holds one batch of images, however many places there are.

    Args:
        network: In evaluation mode.
        image: (3, H, W), normalised.
        label: Class whose probability is wanted, 0 <= label < K.
        window: Side of the square, px.
        stride: Step between squares, px.
        fill: Value of the square after normalisation, one for all colours or one for each.
        layer: Spatial layer whose strongest channel is watched; by default the last
            convolution's maps after their activation function.
        batch_size: Images in one forward pass.
        progress: Told (places done, places).

    Raises:
        WorkbenchError: If the square does not fit, or there is no such class or layer.

    Source: Zeiler & Fergus, ECCV 2014, section 4.2. Their grey is 0 after normalisation.
    """
    _check(network, image, label, window, stride, batch_size)
    watched = _Watched(network, layer or last_maps(network))
    image = image.to(network.device)
    colour = torch.as_tensor(fill, dtype=image.dtype, device=image.device).expand(3)[:, None, None]

    logits, totals = watched(image[None].contiguous(memory_format=torch.channels_last))
    base, base_totals = logits[0].softmax(0), totals[0]
    channel = int(base_totals.argmax())

    rows, cols = ((side - window) // stride + 1 for side in image.shape[1:])
    corners = [(row * stride, col * stride) for row in range(rows) for col in range(cols)]
    probability, predicted, activation = [], [], []
    done = 0
    for images in _covered(image, corners, window, colour, batch_size):
        logits, totals = watched(images)
        probability.append(logits.softmax(1)[:, label])
        predicted.append(logits.argmax(1))
        activation.append(totals[:, channel])
        done += len(images)
        progress(done, len(corners))
    return Occlusion(
        probability=torch.cat(probability).reshape(rows, cols).cpu(),
        predicted=torch.cat(predicted).reshape(rows, cols).cpu(),
        activation=torch.cat(activation).reshape(rows, cols).cpu(),
        base=base.cpu(),
        base_activation=base_totals[channel].item(),
        label=label,
        layer=watched.layer,
        channel=channel,
        window=window,
        stride=stride,
    )


def _covered(
    image: Tensor, corners: list[tuple[int, int]], window: int, colour: Tensor, batch_size: int
) -> Iterator[Tensor]:
    """Batches of the image with the square at each corner; all share one buffer."""
    copies = min(batch_size, len(corners))
    batch = image.repeat(copies, 1, 1, 1).contiguous(memory_format=torch.channels_last)
    for first in range(0, len(corners), copies):
        squares = [
            copy[:, top : top + window, left : left + window]
            for copy, (top, left) in zip(batch, corners[first:], strict=False)
        ]
        for square in squares:
            square.copy_(colour)
        yield batch[: len(squares)]
        for square, (top, left) in zip(squares, corners[first:], strict=False):
            square.copy_(image[:, top : top + window, left : left + window])


def square_for(image_size: int) -> tuple[int, int]:
    """Side and step of the square: 32 and 8 px of 224, and in proportion for other sizes.

    Small images show their object large, where a seventh hides next to nothing: the side is at
    least 12 px (a third of images below 36 px).
    """
    side = max(round(image_size / 7), min(12, image_size // 3))
    return max(1, side), max(1, round(image_size / 28))


@torch.no_grad()
def last_maps(network: Network) -> str:
    """The last maps before the classifier as it sees them: after their activation function.

    Before it, most of a map is negative and its total says little about what was found. Maps of a
    single unit, as those of LeNet-5's C5, are passed over where there are larger ones.
    """
    kinds = (*KINDS["activation"], Concat)
    after = [name for name in network.geometry if isinstance(network.layers[name], kinds)]
    if not after:
        return deepest(network)
    side = network.image_size
    maps = network.activations(torch.zeros(1, 3, side, side, device=network.device), after)
    larger = [name for name in after if maps[name][0, 0].numel() > 1]
    return (larger or after)[-1]


class _Watched:
    """A network that tells its logits (N, K) and each channel's total (N, C) in one pass."""

    def __init__(self, network: Network, layer: str) -> None:
        network.require_layer(layer)
        self.network, self.layer = network, layer
        self._last = network.head

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        outputs = self.network.activations(images, {self.layer, self._last})
        maps = outputs[self.layer]
        if maps.dim() != 4:
            raise WorkbenchError(
                f"{self.layer} has no maps to watch. Choose a layer before the first fully "
                f"connected one, such as {last_maps(self.network)}."
            )
        return outputs[self._last], maps.sum((2, 3))


def _check(
    network: Network, image: Tensor, label: int, window: int, stride: int, batch_size: int
) -> None:
    if image.dim() != 3:
        raise WorkbenchError(f"One image (3, H, W) is needed, got shape {tuple(image.shape)}.")
    height, width = image.shape[1:]
    if not 1 <= window <= min(height, width):
        raise WorkbenchError(
            f"The square is {window} px wide but the image is {height}x{width} px. "
            f"Choose 1 to {min(height, width)} px."
        )
    if stride < 1:
        raise WorkbenchError(f"The square has to move: stride {stride} px must be at least 1.")
    if not 0 <= label < network.num_classes:
        raise WorkbenchError(
            f"There is no class {label}: the network knows 0 to {network.num_classes - 1}."
        )
    if batch_size < 1:
        raise WorkbenchError(f"A batch needs at least one image, got batch_size={batch_size}.")
