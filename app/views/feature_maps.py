"""What the page Feature maps draws: a layer's sheet, one unit of it, and two networks' sheets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import streamlit as st

from app.shell import address
from app.shell.frame import Choice, go_to
from app.views.deconvnet import (
    Unit,
    ask_unit,
    channel_of,
    choose_channel_and_rule,
    draw_control,
    draw_rules,
    draw_unit,
    passing,
    unit_of,
)
from app.widgets.bars import scale_bar
from app.widgets.downloads import offer_pair, offer_side
from app.widgets.drawing import pointed_at
from app.widgets.images import ChosenImage
from app.widgets.layout import PICTURE_PX, columns
from app.widgets.pairs import show_pair
from viz.drawing.pairs import MORE
from viz.drawing.panels import Heatmap
from viz.drawing.scales import Scale, difference_scale
from viz.drawing.style import number
from viz.feature_maps import FeatureMaps
from viz.feature_maps.figure import SPOTS, feature_maps_pointing, map_scale, strongest_unit
from viz.feature_maps.pair import difference
from viz.network.layers import source_of
from viz.store.answer import Side
from viz.store.query import Look
from viz.store.view import pair

MAP_PX, PANEL_PX, SMALL_PX = 290, 256, 168
Pairs = Sequence[tuple[Choice, ChosenImage]]


def draw_sheet(maps: FeatureMaps, channel: int, unit: Unit) -> None:
    """All channels of the layer; a click anywhere chooses channel and unit."""
    count, rows, cols = maps.maps.shape
    st.markdown(f"**{maps.layer}** · {count} channels of {rows}×{cols} units, strongest first")
    figure = feature_maps_pointing(maps, chosen=(channel, *unit), width_px=PICTURE_PX)
    alt = f"Maps of all {count} channels of {maps.layer}"
    choose_clicked(pointed_at(figure, key=f"maps {maps.layer} {channel} {unit}", alt=alt))
    colours, low, high = map_scale(maps)
    scale_bar(colours, number(low), number(high), "activation, one scale for all maps")
    if count * rows * cols > SPOTS:
        st.caption(
            "There are more units here than a pointer can tell apart: a click takes the strongest "
            "one close by. The enlarged map beside has a cell for each of the channel's units."
        )


def choose_clicked(clicked: Sequence[object] | None) -> None:
    """A click on a sheet chooses channel and unit; a fifth entry says that the unit is B's own."""
    if clicked is not None:
        channel, row, column = clicked[:3]
        address.write(channel=channel, unit=f"{row},{column}" if len(clicked) < 5 else None)
        st.rerun()


def inspect(choice: Choice, image: ChosenImage, maps: FeatureMaps, unit: Unit) -> None:
    """One unit: where it looks, what the deconvnet says it saw, and its map to choose another."""
    channel, rule = choose_channel_and_rule(maps)
    reply = ask_unit(
        choice, image, maps.layer, channel, unit, rule, control=len(maps.maps) > 1
    )  # a layer of one channel has no control
    if reply.answer is None:
        return
    side = reply.side(Look())
    shown, network = side.shown, side.opened.plan
    draw_unit(image, shown)
    if shown.activation <= 0 and rule == "deconvnet":
        st.info(
            "The unit does not fire here, so the deconvnet has nothing to project. What is shown "
            "is what it would pass back.",
            icon=":material/info:",
        )
    st.caption(passing(network, maps.layer, rule))
    draw_rules(reply, shown)
    draw_control(shown)
    st.markdown("**Its map**; click for another unit")
    point_at_map(maps, channel, unit, scale=map_scale(maps), key="map")
    if st.button("Top patches of this channel", icon=":material/photo_library:"):
        go_to("top_patches", layer=source_of(network, maps.layer), channel=channel)
    offer_side(side)


def point_at_map(
    maps: FeatureMaps,
    channel: int,
    unit: Unit,
    *,
    scale: Scale,
    key: str,
    side: int = MAP_PX,
    label: str = "activation",
) -> None:
    """A map to point at; a click chooses the unit."""
    values = maps.maps[channel].numpy()
    hover = [
        [f"row {row}, column {column}: {number(float(value))}" for column, value in enumerate(line)]
        for row, line in enumerate(values)
    ]
    clicked = pointed_at(
        Heatmap(values, scale, label, hover, side).point(unit),
        key=f"{key} {maps.layer}",
        alt=f"Map of channel {channel}",
    )
    if clicked is not None:
        choose_clicked([channel, *clicked])


@dataclass(frozen=True)
class Sheets:
    """What two networks make of the image in one layer."""

    first: FeatureMaps
    second: FeatureMaps

    @cached_property
    def more(self) -> FeatureMaps | None:
        """What the second has more, where places correspond."""
        return difference(self.first, self.second)

    @cached_property
    def scale(self) -> Scale:
        """Of both."""
        return map_scale(self.first, self.second)


def show_two(first: Side, second: Side, pairs: Pairs) -> None:
    """Sheets of A, B and the difference; below them one channel and unit in all of them."""
    sheets, both = Sheets(first.shown.maps, second.shown.maps), pair(first, second)
    channel = channel_of(sheets.first)
    unit = unit_of(sheets.first, channel)
    titles = [choice.title for choice, _ in pairs]
    clicked = show_pair(
        both, titles, key=f"maps {sheets.first.layer}", chosen={"unit": (channel, *unit)}
    )
    _draw_scales(sheets)
    channel, rule = choose_channel_and_rule(sheets.first)
    heads = [f"**{who}**: {sheets.first.layer}, channel {channel}" for who in "AB"]
    places = columns([*heads, f"**{MORE}**"] if sheets.more is not None else heads)
    for who, place, maps, (choice, image) in zip(
        "AB", places, (sheets.first, sheets.second), pairs, strict=False
    ):
        with place:
            if channel >= len(maps.maps):
                st.info(f"B has {len(maps.maps)} channels only.", icon=":material/info:")
                continue
            # where B's maps have another size, its own strongest unit
            here = unit if who == "A" or sheets.more else strongest_unit(maps, channel)
            point_at_map(maps, channel, here, scale=sheets.scale, key=f"map {who}", side=PANEL_PX)
            reply = ask_unit(choice, image, maps.layer, channel, here, rule)
            if reply.answer is not None:
                draw_unit(image, reply.side(Look()).shown, SMALL_PX)
    if sheets.more is not None:
        with places[-1]:
            scale, label = difference_scale(sheets.more.maps), f"{MORE}, activation"
            point_at_map(
                sheets.more, channel, unit, scale=scale, key="map more", side=PANEL_PX, label=label
            )
    st.caption(passing(first.opened.plan, sheets.first.layer, rule))
    offer_pair(first, second, both)
    choose_clicked(clicked and clicked[1])


def _draw_scales(sheets: Sheets) -> None:
    """Below the sheets: one for A and B, another for what B has more."""
    scales = [(sheets.scale, "activation, one scale for A and B")]
    if sheets.more is not None:
        scales.append((difference_scale(sheets.more.maps), MORE))
    with st.container(horizontal=True, gap="medium"):
        for (colours, low, high), label in scales:
            with st.container(width="content"):
                scale_bar(colours, number(low), number(high), label)
