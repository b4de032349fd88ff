"""The first filters of two networks on one scale, and what the second has more than the first."""

from __future__ import annotations

from math import isnan

from torch import Tensor

from viz.drawing.pairs import Pair, PairRow
from viz.drawing.panels import Sheet
from viz.drawing.sheet import as_array, factor, sheet
from viz.drawing.style import GREY
from viz.filters.compute import Filters, order_of
from viz.filters.figure import TILE_PX, label_of, pointed, reading
from viz.filters.query import FiltersLook, FiltersShown, arrays_of, drawn_as
from viz.network.weights import largest_weight
from viz.store.answer import Side
from viz.store.cache import SECOND, Arrays


def pair(first: Side, second: Side) -> Pair:
    """A row of A, B and B − A; a place stands for the same channel on all of them."""
    a, b = first.shown, second.shown
    difference = b.weight - a.weight if a.weight.shape == b.weight.shape else None
    if a.look.scale == "each":
        difference = None
    drawn = on_one_scale(a, b, difference)
    return Pair(
        title="First filters",
        reading=reading(drawn[0]),
        rows=[_row(*(panel_of(each, label_of(a.weight)) for each in drawn))],
        found=_arrays(a, b, drawn, difference),
        notes=() if difference is not None else [_why_none(a.look)],
    )


def _row(a: Sheet, b: Sheet, difference: Sheet | None = None) -> PairRow:
    return PairRow(a, b, difference, name="channel")


def on_one_scale(a: FiltersShown, b: FiltersShown, difference: Tensor | None) -> list[Filters]:
    """Tiles of the first, of the second and of the difference, if there is one.

    The first network's order holds for all that have its shape; another shape has its own.
    """
    full = None
    if a.look.scale == "epochs":
        full = max(one.full or 0.0 for one in (a, b))
    elif a.look.scale == "shared":
        full = largest_weight([a.weight, b.weight])
    shown = [a.weight, b.weight, *([] if difference is None else [difference])]
    by_number = FiltersLook(scale=a.look.scale)
    drawn = [drawn_as(weight, by_number, full) for weight in shown]
    orders = [order_of(each.weight, a.look.order) for each in (a, b)]
    alike = [each.tiles.shape == drawn[0].tiles.shape for each in drawn]
    return [
        each.arranged(orders[0] if same else orders[1], a.look.order)
        for each, same in zip(drawn, alike, strict=True)
    ]


def panel_of(filters: Filters, label: str) -> Sheet:
    """A sheet to be drawn and pointed at; a click returns the channel."""
    pixels, grid = sheet(filters.tiles, enlarge=factor(filters.tiles.shape[1], TILE_PX))
    scale = None if isnan(filters.high) else (GREY, filters.low, filters.high)
    channels, hover = pointed(filters)
    return Sheet(pixels, grid, channels, hover, scale, label, as_array(filters.tiles))


def _arrays(
    a: FiltersShown, b: FiltersShown, drawn: list[Filters], difference: Tensor | None
) -> Arrays:
    found: Arrays = {}
    for prefix, one, filters in zip(("", SECOND), (a, b), drawn, strict=False):
        arrays = {**one.arrays(), **arrays_of(one.weight, filters)}
        found |= {f"{prefix}{name}": array for name, array in arrays.items()}
    if difference is not None:
        arrays = arrays_of(difference, drawn[2])
        found |= {"difference": arrays["weight"], "difference_drawn": arrays["drawn"]}
    return found


def _why_none(look: FiltersLook) -> str:
    why = (
        "each filter has a scale of its own"
        if look.scale == "each"
        else "the filters have different shapes"
    )
    return f"There is no difference to show: {why}."
