"""Which pixels a class score rests on in two networks, and where B's map has more."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isnan, nan
from typing import Literal

import torch
from torch import Tensor

from viz.attribution.compute import METHODS, MethodName
from viz.attribution.figure import TILE_PX, heat_tile
from viz.attribution.query import AttributionShown
from viz.drawing.outline import image_pixels
from viz.drawing.pairs import MORE, Pair, PairRow
from viz.drawing.panels import Sheet
from viz.drawing.scales import Scale
from viz.drawing.sheet import factor, full_contrast, sheet
from viz.drawing.style import AMOUNT, SIGNED, class_name, number
from viz.drawing.words import percent
from viz.network.rank_correlation import rank_correlation
from viz.occlusion.figure import panel_side
from viz.store.answer import Side
from viz.store.cache import SECOND, Arrays

Which = Literal["first", "second", "difference"]
METHOD = "method"  # name of the rows' clicks


@dataclass(frozen=True)
class HeatsOfTwo:
    """Heat maps of one class of one image in two networks, by the methods that both have."""

    a: AttributionShown
    b: AttributionShown

    @property
    def first(self) -> dict[MethodName, Tensor]:
        """(H, W) by method."""
        return {method: heat for method, heat in self.a.maps.items() if method in self.b.maps}

    @property
    def second(self) -> dict[MethodName, Tensor]:
        """(H, W) by method, in the first's order."""
        return {method: self.b.maps[method] for method in self.first}

    @cached_property
    def difference(self) -> dict[MethodName, Tensor]:
        """Second − first by method; none where the inputs are of two sizes."""
        return {
            method: self.second[method] - heat
            for method, heat in self.first.items()
            if heat.shape == self.second[method].shape
        }

    def likeness(self, method: MethodName) -> float:
        """Spearman's correlation of the two maps' pixels; NaN where they do not correspond."""
        first, second = self.first[method], self.second[method]
        return rank_correlation(first, second) if first.shape == second.shape else nan

    def scale(self, method: MethodName, which: Which = "first") -> Scale:
        """One for A and B, another about 0 for the difference; full at the 99th percentile."""
        if which == "difference":
            full = full_contrast(self.difference[method])
            return SIGNED, -full, full
        both = [self.first[method].flatten(), self.second[method].flatten()]
        full = full_contrast(torch.cat(both))
        return (SIGNED, -full, full) if METHODS[method].is_signed else (AMOUNT, 0.0, full)

    def words(self) -> str:
        """How sure the two are of the class, and how alike their maps."""
        sure = [percent(float(one.whole[one.label])) for one in (self.a, self.b)]
        words = f"P({self.a.classes[self.a.label]}) is {sure[0]} for A and {sure[1]} for B."
        alike = [(METHODS[method].name, self.likeness(method)) for method in self.difference]
        if alike:
            each = [f"{name} {'none' if isnan(value) else number(value)}" for name, value in alike]
            words += f" Rank correlation of the two maps' pixels: {', '.join(each)}."
        return words


def pair(first: Side, second: Side) -> Pair:
    """A row of A, B and B − A for each method that both have."""
    heats = HeatsOfTwo(first.shown, second.shown)
    seen = heats.a.picture
    sizes = [side.opened.run.preprocess.size for side in (first, second)]
    note = (
        f"A sees {sizes[0]} px and B {sizes[1]} px: pixels do not correspond, so there is no "
        "difference to show."
    )
    return Pair(
        title=f"Attribution for class {class_name(heats.a.classes, heats.a.label)}",
        reading="each method has one scale for both networks, full at the 99th percentile",
        rows=[_row(heats, method) for method in heats.first],
        found=_arrays(heats),
        summary=heats.words(),
        notes=[] if sizes[0] == sizes[1] else [note],
        picture=(image_pixels(seen, panel_side(seen, TILE_PX)), "A's input"),
    )


def _row(heats: HeatsOfTwo, method: MethodName) -> PairRow:
    difference = None
    if method in heats.difference:
        difference = _panel(heats, method, "difference")
    return PairRow(
        _panel(heats, method, "first"),
        _panel(heats, method, "second"),
        difference,
        heads=(METHODS[method].name, ""),
        name=METHOD,
    )


def _panel(heats: HeatsOfTwo, method: MethodName, which: Which) -> Sheet:
    """A map as a sheet of one tile, which a click chooses: nobody asks for a single pixel."""
    scale = heats.scale(method, which)
    signed = scale[0] == SIGNED
    maps: dict[MethodName, Tensor] = getattr(heats, which)
    tile = heat_tile(maps[method], TILE_PX, is_signed=signed, full=scale[2])
    pixels, grid = sheet(tile[None], 1, enlarge=factor(len(tile), TILE_PX))
    label = "for (+), against (−)" if METHODS[method].is_signed else "amount"
    if which == "difference":
        label = f"{MORE}, {label}"
    hover = f"{METHODS[method].name}\n{METHODS[method].source}"
    return Sheet(pixels, grid, [method], [hover], scale, label)


def _arrays(heats: HeatsOfTwo) -> Arrays:
    """Those of both, of the methods that both have, and the differences."""
    one, two = (
        {name: array for name, array in shown.arrays().items() if name not in METHODS}
        | {str(method): heat.numpy() for method, heat in maps.items()}
        for shown, maps in ((heats.a, heats.first), (heats.b, heats.second))
    )
    differences = {f"difference_{name}": heat.numpy() for name, heat in heats.difference.items()}
    return {**one, **{f"{SECOND}{name}": array for name, array in two.items()}, **differences}
