"""The first layer's filters of a run, on a scale that holds for all its epochs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from torch import nn

from training.errors import WorkbenchError
from training.runs import Run
from viz.filters import Filters, Order, Scale, first_layer, largest_weight
from viz.network.layers import source_of
from viz.planes import Planes, heaviest_planes
from viz.results.opening import blueprint

FilterScale = Literal["epochs", "shared", "each"]


def first_filters(
    run: Run, epoch: int, *, scale: FilterScale = "epochs", order: Order = "index"
) -> Filters:
    """The first convolution's filters after an epoch, as pictures.

    Args:
        run: Whose.
        epoch: Of the network.
        scale: `epochs` draws the largest weight of all epochs as full colour, so that growth
            shows; `shared` and `each` as `viz.filters.first_layer` has them.
        order: By number, or longest first.
    """
    weight = run.weight(epoch, first_weight(run))
    if scale == "epochs":
        return first_layer(weight, order=order, high=full_colour(run))
    return first_layer(weight, scale=scale, order=order)


def full_colour(run: Run, layer: str | None = None) -> float:
    """The largest weight of a convolution, the first if not given, over all epochs."""
    name = f"{layer}.weight" if layer else first_weight(run)
    return largest_weight(run.weight(epoch, name) for epoch in run.epochs)


def planes(run: Run, epoch: int, layer: str, channels: Sequence[int], *, count: int = 12) -> Planes:
    """The heaviest planes of some filters of a deeper layer.

    Args:
        run: Whose.
        epoch: Of the network.
        layer: A convolution.
        channels: Of it.
        count: Planes of each, at most.

    Raises:
        WorkbenchError: If the layer is no convolution.
    """
    convolution = blueprint(run).require_layer(layer)
    if not isinstance(convolution, nn.Conv2d):
        raise WorkbenchError(
            f"{layer} has no filters to draw. Choose one of: {', '.join(with_planes(run))}."
        )
    weight = run.weight(epoch, f"{layer}.weight")
    return heaviest_planes(weight, channels, count=count, groups=convolution.groups)


def with_planes(run: Run) -> list[str]:
    """The convolutions above the first."""
    plan = blueprint(run)
    deeper = plan.convolutions[1:]
    return [name for name in deeper if isinstance(plan.layers[name], nn.Conv2d)]


def below(run: Run, layer: str) -> str:
    """The layer whose channels a convolution's planes look at."""
    plan = blueprint(run)
    return source_of(plan, plan.inputs[layer][0])


def first_weight(run: Run) -> str:
    """Name of the first convolution's weight, as checkpoints have it."""
    return f"{blueprint(run).convolutions[0]}.weight"


def filters_beside(
    pair: Sequence[tuple[Run, int]], *, scale: FilterScale = "epochs", order: Order = "index"
) -> list[Filters]:
    """The filters of two networks on one scale, and what the second has more than the first.

    Args:
        pair: Run and epoch of each.
        scale: As in `first_filters`, over both; `each` has no difference to show.
        order: By number, or the first network's longest first (each its own where they differ).

    Returns:
        First, second and, where their shapes agree and they share a scale, second − first; a
        place stands for the same channel on all of them.
    """
    first, second = (run.weight(epoch, first_weight(run)) for run, epoch in pair)
    if scale == "each":
        high = None
    elif scale == "epochs":
        high = max(full_colour(run) for run, _ in pair)
    else:
        high = largest_weight([first, second])
    alike = first.shape == second.shape
    shown = [first, second, *([second - first] if alike and high is not None else [])]
    kind: Scale = "each" if high is None else "shared"
    drawn = [first_layer(weight, scale=kind, high=high) for weight in shown]
    if order == "index":
        return drawn
    leader = drawn[0].norm.argsort(descending=True, stable=True)
    own = drawn[1].norm.argsort(descending=True, stable=True)
    return [
        each.arranged(leader if each.tiles.shape == drawn[0].tiles.shape else own) for each in drawn
    ]
