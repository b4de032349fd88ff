"""What one image does to a layer of two networks: A, B and what B has more, sheet by sheet."""

from __future__ import annotations

from dataclasses import replace

from viz.drawing.outline import image_pixels
from viz.drawing.pairs import MORE, Pair, PairRow
from viz.drawing.scales import difference_scale
from viz.feature_maps.compute import FeatureMaps
from viz.feature_maps.figure import map_scale, map_sheet
from viz.occlusion.figure import panel_side
from viz.store.answer import Side
from viz.store.cache import Arrays


def pair(first: Side, second: Side) -> Pair:
    """One row: sheets of A, B and, where both have as many maps of one size, B − A."""
    a, b = first.shown.maps, second.shown.maps
    more = difference(a, b)
    scale, linked = map_scale(a, b), more is not None
    picture = first.shown.picture
    row = PairRow(
        map_sheet(a, scale),
        # where places correspond, B's channels stand where A's do
        map_sheet(replace(b, order=a.order) if linked else b, scale, linked=linked),
        None if more is None else map_sheet(more, difference_scale(more.maps), label=f"{MORE}, "),
        name="unit",
    )
    return Pair(
        title=f"What the image does to {a.layer}",
        reading="the strongest channels of A"
        + (" and the same of B" if linked else ", and of B")
        + "; channel number below each map",
        rows=[row],
        found=_arrays(a, b, more),
        notes=[_correspondence(first, second, a, b)],
        picture=(image_pixels(picture, panel_side(picture)), "the network's input"),
    )


def difference(first: FeatureMaps, second: FeatureMaps) -> FeatureMaps | None:
    """Second − first in the first's order; None where they are not as many or of other sizes."""
    if first.maps.shape != second.maps.shape:
        return None
    return FeatureMaps(first.layer, second.maps - first.maps, first.order)


def _arrays(first: FeatureMaps, second: FeatureMaps, more: FeatureMaps | None) -> Arrays:
    """The maps by what they are, each in the order of the channels' numbers."""
    found = {"maps": first.maps.numpy(), "order": first.order.numpy()}
    found |= {"second": second.maps.numpy(), "second_order": second.order.numpy()}
    return found if more is None else found | {"difference": more.maps.numpy()}


def _correspondence(first: Side, second: Side, a: FeatureMaps, b: FeatureMaps) -> str:
    """Which channels stand there, and how far those of the two correspond."""
    (count, *size), (others, *their_size) = a.maps.shape, b.maps.shape
    shown = f"The strongest of {count} channels of A"
    if a.maps.shape != b.maps.shape:
        sizes = ["×".join(map(str, each)) for each in (size, their_size)]
        return (
            f"{shown}, of {sizes[0]} units each, and of B's {others} of {sizes[1]}: these are "
            "not the same places, so there is no difference to show."
        )
    if first.opened.run.path != second.opened.run.path:
        return (
            f"{shown}, and the same numbers in B. Two runs learn their channels apart: the "
            "same number means little, unless one began with the other's weights."
        )
    return f"{shown}, and the same in B."
