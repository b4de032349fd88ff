"""Where does the network look: a window slides over the image and the answer is followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil, nan
from typing import Literal

import torch
from torch import Tensor

from training.errors import WorkbenchError
from training.geometry import IMAGE
from training.models import Network
from training.models.network import run_layer
from training.progress import Progress, silent

LEAST = 1e-30  # so that what is impossible has log odds, too
SUM_TO_ONE = 1e-5  # of probabilities in single precision
FIRST = 64  # places of the coarse map: it stands after one batch
Shape = Literal["square", "circle"]
Cell = tuple[int, int]  # row and column of a map
Place = tuple[int, int, int]  # row, column, and how many cells down and right it stands for


@dataclass(frozen=True)
class Tracked:
    """The strongest channel of one layer while the window slides."""

    layer: str
    channel: int  # the one with the largest total for the whole image
    activation: Tensor  # (rows, cols) total over its map
    base: float  # its total for the whole image


@dataclass(frozen=True)
class Occlusion:
    """What covering each spot of one image does to the answer, and to a channel of every layer.

    Cell (r, c) of a map hides the window whose top-left pixel is (r · stride, c · stride). Places
    are visited coarse to fine: until all are, a cell has what the nearest visited one above and to
    the left of it has.
    """

    probability: Tensor  # (rows, cols, K) float64 of each class
    activation: Tensor  # (rows, cols, L) total over the map of each layer's strongest channel
    base: Tensor  # (K,) probabilities of the whole image
    base_activation: Tensor  # (L,) totals for the whole image
    layers: tuple[str, ...]  # the L layers with maps, in forward order
    channel: Tensor  # (L,) int64, the channel with the largest total for the whole image
    window: int  # side of the window, px
    stride: int  # step between windows, px
    done: int  # places visited

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols) of the maps."""
        rows, cols = self.probability.shape[:2]
        return rows, cols

    @property
    def step(self) -> int:
        """Cells between visited places: 1 where all are visited, 0 before the coarse ones are."""
        rows, cols = self.shape
        visited = (step for step in steps(rows, cols) if self.done >= _count(rows, cols, step))
        return min(visited, default=0)

    @property
    def predicted(self) -> Tensor:
        """(rows, cols) int64, the most probable class."""
        return self.probability.argmax(2)

    def change(self, label: int) -> Tensor:
        """(rows, cols) what covering does to a class: log odds with the window minus without.

        Log odds are log(P / (1 − P)): where P is near 0 or 1 they still tell places apart.
        """
        return log_odds(self.probability, label) - log_odds(self.base, label)

    def centre(self, cell: Cell) -> tuple[float, float]:
        """(y, x) of the middle of a cell's window, px from the image's upper left."""
        row, col = cell
        return row * self.stride + self.window / 2, col * self.stride + self.window / 2

    def tracked(self, layer: str) -> Tracked:
        """The strongest channel of a layer.

        Raises:
            WorkbenchError: If the layer has no maps.
        """
        if layer not in self.layers:
            raise WorkbenchError(
                f"{layer} has no maps to track. Choose one of: {', '.join(self.layers)}."
            )
        at = self.layers.index(layer)
        base = float(self.base_activation[at])
        return Tracked(layer, int(self.channel[at]), self.activation[..., at], base)


def occlusion(
    network: Network,
    image: Tensor,
    *,
    window: int,
    stride: int,
    fill: Tensor | None = None,
    shape: Shape = "square",
    batch_size: int = 64,
    progress: Progress = silent,
) -> Occlusion:
    """All class probabilities and each layer's strongest map while a window hides each spot.

    Low probability marks the evidence: covering that spot costs the network its answer. Where
    the strongest map of a layer falls with it, that channel is part of the reason.

    Every map has (H - window) // stride + 1 rows, and columns likewise: the window never leaves
    the image. Each place costs one image of a forward pass, whatever is asked of the result
    afterwards; memory holds one batch of images, however many places there are.

    Args:
        network: In evaluation mode.
        image: (3, H, W), normalised.
        window: Side of the window, px.
        stride: Step between windows, px.
        fill: (3, H, W), normalised: what the window shows; 0, the mean, if not given.
            See `viz.network.fills`.
        shape: Of the window; a circle has the window's side as its diameter.
        batch_size: Images in one forward pass.
        progress: Told (places done, places).

    Raises:
        WorkbenchError: If the window does not fit, or the fill is of another size.

    Source: Zeiler & Fergus, ECCV 2014, section 4.2. Their grey is 0 after normalisation.
    """
    for state in scan(
        network,
        image,
        window=window,
        stride=stride,
        fill=fill,
        shape=shape,
        batch_size=batch_size,
    ):
        progress(state.done, state.shape[0] * state.shape[1])
    return state


def scan(
    network: Network,
    image: Tensor,
    *,
    window: int,
    stride: int,
    fill: Tensor | None = None,
    shape: Shape = "square",
    batch_size: int = 64,
    state: Occlusion | None = None,
) -> Iterator[Occlusion]:
    """Slide the window batch by batch, so that the caller may show, keep or stop in between.

    Args:
        network: As `occlusion`, like all the others but the last.
        image: (3, H, W), normalised.
        window: Side of the window, px.
        stride: Step between windows, px.
        fill: (3, H, W), normalised.
        shape: Of the window.
        batch_size: Images in one forward pass.
        state: Where an earlier pass with the same network, image and window stopped.

    Yields:
        The state before the first batch, and then after each.
    """
    fill = torch.zeros_like(image) if fill is None else fill
    _check(image, fill, window, stride, batch_size)
    image, fill = image.to(network.device), fill.to(network.device)
    state = state or _before(network, image, window, stride)
    yield state
    channel_of = dict(zip(state.layers, state.channel.tolist(), strict=True))
    places = visiting_order(*state.shape)[state.done :]
    parts = [places[first : first + batch_size] for first in range(0, len(places), batch_size)]
    hidden = inside(shape, window).to(image.device)
    batches = _covered(image, fill, parts, hidden, stride)
    for part, images in zip(parts, batches, strict=True):
        # not around the loop: the mode would leak into the caller at each yield
        with torch.no_grad():
            scores, totals = _forward(
                network, images, lambda layer, maps: maps[:, channel_of[layer]].sum((1, 2))
            )
            activation = torch.stack(list(totals.values()), dim=1)
        state = _entered(state, part, _probabilities(network, scores), activation.cpu())
        yield state


def argmin_cell(found: Occlusion, label: int) -> Cell:
    """The cell whose window costs the network most of a class's probability."""
    return divmod(int(found.change(label).argmin()), found.shape[1])


def log_odds(probability: Tensor, label: int) -> Tensor:
    """(…) of one class, from the probabilities (…, K) of all of them.

    Where those of all classes sum to 1, what is left for the others is their sum: 1 − P of a sure
    network is lost in rounding. A probability of 0 counts as the smallest that is told apart.
    """
    of_class = probability[..., label]
    if bool(((probability.sum(-1) - 1).abs() < SUM_TO_ONE).all()):
        left = probability.clone()
        left[..., label] = 0
        rest = left.sum(-1)
    else:
        rest = 1 - of_class  # each output has a probability of its own
    return of_class.clamp(min=LEAST).log() - rest.clamp(min=LEAST).log()


def covered(
    image: Tensor,
    fill: Tensor,
    window: int,
    top: int = 0,
    left: int = 0,
    shape: Shape = "square",
) -> Tensor:
    """The image (3, H, W) as it is with the window there; top and left in pixels."""
    image = image.clone()
    place = slice(None), slice(top, top + window), slice(left, left + window)
    image[place] = torch.where(inside(shape, window), fill[place], image[place])
    return image


def inside(shape: Shape, window: int) -> Tensor:
    """(window, window) bool, what the window hides of the square around it: pixels whose centres
    lie in it."""
    if shape == "square":
        return torch.ones(window, window, dtype=torch.bool)
    from_centre = torch.arange(window) - (window - 1) / 2
    return from_centre[:, None] ** 2 + from_centre**2 <= (window / 2) ** 2


def _probabilities(network: Network, scores: Tensor) -> Tensor:
    """(N, K) float64 on the CPU: in single precision a sure network's P is 1 wherever one looks."""
    return network.outputs.probabilities(scores.cpu().double())


def visiting_order(rows: int, cols: int) -> list[Place]:
    """Every place once, coarse to fine: each level has those that the ones before left out."""
    levels = steps(rows, cols)
    return [
        (row, col, step)
        for step in levels
        for row in range(0, rows, step)
        for col in range(0, cols, step)
        if step == levels[0] or row % (2 * step) or col % (2 * step)
    ]


def steps(rows: int, cols: int) -> list[int]:
    """Cells between the places of each level: 4, 2, 1 for 27×27, so that the first has few."""
    found = [1]
    while _count(rows, cols, found[0]) > FIRST:
        found.insert(0, 2 * found[0])
    return found


def _count(rows: int, cols: int, step: int) -> int:
    """Places that lie so many cells apart."""
    return ceil(rows / step) * ceil(cols / step)


def window_for(image_size: int) -> tuple[int, int]:
    """Side and step of the window: 32 and 8 px of 224, and in proportion for other sizes.

    Small images show their object large, where a seventh hides next to nothing: the side is at
    least 12 px (a third of images below 36 px).
    """
    side = max(round(image_size / 7), min(12, image_size // 3))
    return max(1, side), max(1, round(image_size / 28))


def _before(network: Network, image: Tensor, window: int, stride: int) -> Occlusion:
    """The whole image's answers, and maps that nothing is known of yet."""
    rows, cols = ((side - window) // stride + 1 for side in image.shape[1:])
    whole = image[None].contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        scores, totals = _forward(network, whole, lambda _layer, maps: maps.sum((2, 3))[0])
    base = _probabilities(network, scores)[0]
    return Occlusion(
        probability=base.new_full((rows, cols, len(base)), nan),
        activation=torch.full((rows, cols, len(totals)), nan),
        base=base,
        base_activation=torch.stack([each.max() for each in totals.values()]).cpu(),
        layers=tuple(totals),
        channel=torch.stack([each.argmax() for each in totals.values()]).cpu(),
        window=window,
        stride=stride,
        done=0,
    )


def _covered(
    image: Tensor, fill: Tensor, parts: list[list[Place]], hidden: Tensor, stride: int
) -> Iterator[Tensor]:
    """A batch (n, 3, H, W) for each part, the window at each of its places; all share a buffer."""
    copies, window = max(map(len, parts), default=0), len(hidden)
    batch = image.repeat(copies, 1, 1, 1).contiguous(memory_format=torch.channels_last)
    for part in parts:
        places = [
            (slice(None), slice(top, top + window), slice(left, left + window))
            for top, left in ((row * stride, col * stride) for row, col, _ in part)
        ]
        for copy, place in zip(batch, places, strict=False):
            copy[place] = torch.where(hidden, fill[place], image[place])
        yield batch[: len(part)]
        for copy, place in zip(batch, places, strict=False):
            copy[place] = image[place]


def _forward(
    network: Network, images: Tensor, read: Callable[[str, Tensor], Tensor]
) -> tuple[Tensor, dict[str, Tensor]]:
    """Scores (N, K), and what is read of each layer's maps as they pass: none are kept for it."""
    layers, signals = network.layers, {IMAGE: images}
    found = {}
    for stage in network.plan([network.head]):
        output = run_layer(layers[stage.name], *(signals[source] for source in stage.sources))
        signals[stage.name] = output
        if output.dim() == 4:
            found[stage.name] = read(stage.name, output)
        for name in stage.spent:
            del signals[name]
    return signals[network.head], found


def _entered(
    state: Occlusion, part: Sequence[Place], probability: Tensor, activation: Tensor
) -> Occlusion:
    """The state with what a batch of places gave, (n, K) and (n, L), in their blocks of cells."""
    maps, totals = state.probability.clone(), state.activation.clone()
    for (row, col, step), answer, total in zip(part, probability, activation, strict=True):
        block = slice(row, row + step), slice(col, col + step)
        maps[block], totals[block] = answer, total
    done = state.done + len(part)
    return replace(state, probability=maps, activation=totals, done=done)


def _check(image: Tensor, fill: Tensor, window: int, stride: int, batch_size: int) -> None:
    if image.dim() != 3:
        raise WorkbenchError(f"One image (3, H, W) is needed, got shape {tuple(image.shape)}.")
    if fill.shape != image.shape:
        raise WorkbenchError(
            f"The fill has shape {tuple(fill.shape)}, the image {tuple(image.shape)}. The window "
            "shows a picture of the same size: see viz.network.fills."
        )
    height, width = image.shape[1:]
    if not 1 <= window <= min(height, width):
        raise WorkbenchError(
            f"The window is {window} px wide but the image is {height}x{width} px. "
            f"Choose 1 to {min(height, width)} px."
        )
    if stride < 1:
        raise WorkbenchError(f"The window has to move: stride {stride} px must be at least 1.")
    if batch_size < 1:
        raise WorkbenchError(f"A batch needs at least one image, got batch_size={batch_size}.")
