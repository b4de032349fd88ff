"""Where two networks look in one image, and what the second has more than the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from torch import Tensor, tensor

from training.errors import WorkbenchError
from viz.drawing.pairs import MORE, Pair, PairRow
from viz.drawing.placed import PlacedMap
from viz.drawing.scales import difference_scale
from viz.drawing.sheet import as_array
from viz.drawing.style import class_name, number
from viz.drawing.words import percent
from viz.occlusion.compute import Cell, Occlusion, argmin_cell
from viz.occlusion.figure import (
    READING,
    box_of,
    class_scale,
    frequent,
    image_in,
    map_scale,
    name_classes,
    panel_side,
    panels_of,
)
from viz.occlusion.query import OcclusionLook, OcclusionShown, Row
from viz.store.answer import Side
from viz.store.cache import SECOND, Arrays


def pair(first: Side, second: Side) -> Pair:
    """Rows of probability, most probable class and strongest map; columns of A, B and B − A.

    Raises:
        WorkbenchError: If several images are asked for.
    """
    a, b = first.shown, second.shown
    if len(a.rows) > 1:
        raise WorkbenchError("Two networks are compared on one image, but --image names several.")
    both = in_common(a, b)
    label, found = both.label, both.found
    name, whole = class_name(both.classes, label), [number(float(o.base[label])) for o in found]
    picture, look = a.rows[0].picture, a.look
    leaning = box_of(found[0], argmin_cell(found[0], label))
    return Pair(
        title=f"Where two networks look for {name}",
        reading=f"a window of {found[0].window} px in steps of {found[0].stride} px; uncovered, "
        f"P({name}) is {' and '.join(whole)}; {READING[look.scale]}",
        rows=_rows(both, (picture, b.rows[0].picture), look),
        found=_arrays(both, a, b),
        summary=both.words(),
        notes=_notes(first, second, both),
        picture=(
            image_in(picture, panel_side(picture), leaning),
            "input; orange: what costs A most",
        ),
    )


@dataclass(frozen=True)
class InCommon:
    """Two networks' occlusions of one image with one window, told in one list of K classes.

    A class that a network has not learned has the probability 0 there.
    """

    classes: tuple[str, ...]  # the first network's, then those that only the second one has
    found: tuple[Occlusion, Occlusion]
    label: int
    layers: tuple[str, str]

    @property
    def shape(self) -> Cell:
        """(rows, cols) of the places that both have: they differ where the inputs do."""
        rows, cols = zip(*(one.shape for one in self.found), strict=True)
        return min(rows), min(cols)

    @property
    def difference(self) -> Tensor | None:
        """(rows, cols) of P(class), second − first; None where the inputs are of two sizes."""
        a, b = self.found
        if a.shape != b.shape:
            return None
        return b.probability[..., self.label] - a.probability[..., self.label]

    def words(self) -> str:
        """What changes from A to B: the answer, and the place that each leans on most."""
        named = dict(zip("AB", self.found, strict=True))
        sure = " and ".join(
            f"{percent(float(one.base[self.label]))} for {who}" for who, one in named.items()
        )
        leaning = " ".join(_leaning(who, one, self.label) for who, one in named.items())
        return f"Uncovered, P({self.classes[self.label]}) is {sure}. {leaning}"


def in_common(a: OcclusionShown, b: OcclusionShown) -> InCommon:
    """The two in terms of the same classes, which are matched by name."""
    named = tuple(dict.fromkeys([*a.classes, *b.classes]))
    first, second = (_told_in(one.rows[0].found, one.classes, named) for one in (a, b))
    return InCommon(named, (first, second), a.rows[0].label, (a.layer, b.layer))


def _told_in(found: Occlusion, own: Sequence[str], wanted: Sequence[str]) -> Occlusion:
    """The same with the probabilities of other classes, 0 where the network has no such class."""
    places = tensor([wanted.index(name) for name in own])
    probability = found.probability.new_zeros(*found.shape, len(wanted))
    base = found.base.new_zeros(len(wanted))
    return replace(
        found,
        probability=probability.index_add(2, places, found.probability),
        base=base.index_add(0, places, found.base),
    )


def _leaning(who: str, found: Occlusion, label: int) -> str:
    cell = argmin_cell(found, label)
    left = float(found.probability[(*cell, label)])
    if left >= float(found.base[label]):
        return f"No window costs {who} any of it."
    row, column = (place * found.stride for place in cell)
    return (
        f"{who} leans most on the window at row {row}, column {column}: "
        f"covering it leaves {percent(left)}."
    )


def _rows(both: InCommon, pictures: Sequence[Tensor], look: OcclusionLook) -> list[PairRow]:
    side, label = panel_side(pictures[0]), both.label
    occurring = frequent(*(one.predicted for one in both.found))
    tracked = [one.tracked(layer) for one, layer in zip(both.found, both.layers, strict=True)]
    of_class, totals = class_scale(look.scale, both.found, label), map_scale(*tracked)
    a, b = (
        panels_of(
            one, picture, both.classes, label, layer, look, side, of_class=of_class, totals=totals
        )
        for one, picture, layer in zip(both.found, pictures, both.layers, strict=True)
    )
    legend = partial(name_classes, occurring=occurring, classes=both.classes)
    maps = tuple(f"{each.layer}, channel {each.channel}" for each in tracked)
    name = "cell"
    return [
        PairRow(a.probability, b.probability, _difference(both, a.probability, look), name=name),
        PairRow(
            a.predicted, b.predicted, heads=("most probable class",) * 2, name=name, finish=legend
        ),
        PairRow(a.activation, b.activation, heads=(maps[0], maps[1]), name=name),
    ]


def _difference(both: InCommon, of_first: PlacedMap, look: OcclusionLook) -> PlacedMap | None:
    """What B has more of P(class), or of its change in log odds."""
    if (difference := both.difference) is None:
        return None
    a, b = (one.probability[..., both.label] for one in both.found)
    stride = both.found[0].stride

    def tell(row: int, column: int) -> str:
        values = (float(each[row, column]) for each in (a, b, difference))
        before, after, more = (f"{100 * value:.1f}".replace("-", "−") for value in values)
        return (
            f"Window at row {row * stride}, column {column * stride} px\n"
            f"A {before} %, B {after} %, {MORE} {more} points"
        )

    rows, columns = difference.shape
    hover = [[tell(row, column) for column in range(columns)] for row in range(rows)]
    drawn, unit = difference, "probability"
    if look.scale == "log-odds":
        first, second = (one.change(both.label) for one in both.found)
        drawn, unit = second - first, "change in log odds"
    scale, label = difference_scale(drawn), f"{MORE}, {unit}"
    values, side = as_array(drawn), of_first.side
    return PlacedMap.of_values(values, scale, label, of_first.frame, hover, side)


def _arrays(both: InCommon, a: OcclusionShown, b: OcclusionShown) -> Arrays:
    one, two = (
        {**shown.arrays(), **Row("", row.picture, found, both.label).arrays(layer)}
        for shown, row, found, layer in zip(
            (a, b), (a.rows[0], b.rows[0]), both.found, both.layers, strict=True
        )
    )
    found = {**one, **{f"{SECOND}{name}": array for name, array in two.items()}}
    found["class_name"] = found[f"{SECOND}class_name"] = np.array(both.classes)
    difference = both.difference
    return found if difference is None else found | {"difference": difference.numpy()}


def _notes(first: Side, second: Side, both: InCommon) -> list[str]:
    """What keeps the two from being compared in full."""
    notes, name = [], both.classes[both.label]
    sizes = [side.opened.run.preprocess.size for side in (first, second)]
    if sizes[0] != sizes[1]:
        notes.append(
            f"A sees {sizes[0]} px and B {sizes[1]} px: the same window hides another share of the "
            "image and places do not correspond, so there is no difference to show."
        )
    if name not in second.shown.classes:
        notes.append(f"B has not learned {name}: its P is 0 everywhere.")
    if both.layers[0] != both.layers[1]:
        notes.append(
            f"B has no {both.layers[0]}: its last maps, {both.layers[1]}, are tracked instead."
        )
    return notes
