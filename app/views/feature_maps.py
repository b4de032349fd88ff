"""What the page Feature maps draws: a layer's sheet, one unit of it, and two networks' sheets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
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
    rule_of,
    unit_of,
)
from app.widgets.bars import scale_bar
from app.widgets.downloads import offer_pair, offer_side
from app.widgets.drawing import pointed_at
from app.widgets.images import ChosenImage
from app.widgets.layout import columns, picture_px
from app.widgets.pairs import show_pair
from viz.deconvnet.figure import projection_over
from viz.drawing.pairs import MORE
from viz.drawing.panels import Heatmap
from viz.drawing.pointing import point_at_sheet
from viz.drawing.scales import Scale, difference_scale
from viz.drawing.sheet import channels_last, factor, sheet, shrink
from viz.drawing.style import number
from viz.feature_maps import FeatureMaps
from viz.feature_maps.figure import (
    POINTED,
    SPOTS,
    feature_maps_pointing,
    map_scale,
    silent,
    strongest_unit,
)
from viz.feature_maps.pair import difference
from viz.network.layers import source_of
from viz.store.answer import Side
from viz.store.query import Look
from viz.store.view import pair

PANEL_PX, SMALL_PX, BAR_PX = 256, 168, 90
Pairs = Sequence[tuple[Choice, ChosenImage]]


def say_how_many(maps: FeatureMaps) -> None:
    """How many channels answer, and which one most."""
    count, rows, cols = maps.maps.shape
    answering = count - len(silent(maps))
    st.markdown(
        f"**{answering} of {count} channels** of {maps.layer} answer to this image, channel "
        f"**{int(maps.order[0])}** most; each map has {rows} × {cols} units."
    )


def draw_top(choice: Choice, image: ChosenImage, maps: FeatureMaps, unit: Unit) -> None:
    """The image, what the chosen unit saw over it, and the unit's map, side by side."""
    channel = channel_of(maps)
    room, pixels = (picture_px() - BAR_PX - 2 * 16) // 3, choice.run.preprocess.size
    side = min(room, pixels * factor(pixels, room))
    reply = ask_unit(choice, image, maps.layer, channel, unit, rule_of())
    row = st.container(horizontal=True, gap="small")
    picture = choice.run.preprocess.crop(image.picture)
    input_pixels = np.asarray(picture, dtype=np.float32) / 255
    with row.container(width=side):
        st.markdown("**Input**; click to occlude it")
        if point_at_picture(input_pixels, side, key="input", alt=f"{image.name}: occlude it"):
            go_to("occlusion", image=image.key)
    if reply.answer is not None:
        shown = reply.side(Look()).shown
        over = projection_over(shown.picture, shown.seen.projection)
        with row.container(width=side):
            st.markdown(f"**Projection of {maps.layer}, {channel}**")
            alt = f"What {maps.layer}, channel {channel} saw, over {image.name}: open its unit page"
            if point_at_picture(channels_last(over), side, key="over", alt=alt):
                go_to("unit", layer=source_of(choice.network(), maps.layer), channel=channel)
    with row.container(width=side + BAR_PX):
        st.markdown(f"**Map of {maps.layer}, {channel}**")
        point_at_map(maps, channel, unit, scale=map_scale(maps), key="map", side=side)


def point_at_picture(pixels: np.ndarray, side: int, *, key: str, alt: str) -> bool:
    """One picture (H, W, 3) in [0, 1] as a button: whether it was just clicked."""
    small = shrink(pixels[None], side)
    sheet_pixels, grid = sheet(small, 1, enlarge=factor(max(small.shape[1:3]), side))
    figure = point_at_sheet(sheet_pixels, grid, [key], [alt], edge_px=0)
    return pointed_at(figure, key=f"picture {key}", alt=alt) is not None


def draw_sheet(maps: FeatureMaps, channel: int, unit: Unit) -> None:
    """The channels that answer, strongest first; a click anywhere chooses channel and unit."""
    _, rows, cols = maps.maps.shape
    quiet = set(silent(maps))
    answering = [each for each in maps.order.tolist() if each not in quiet]
    shown = answering[:POINTED]
    head = st.container(horizontal=True, gap="small", vertical_alignment="center")
    if len(answering) > POINTED:
        with head:
            everything = address.pick(
                st.segmented_control,
                "Channels",
                [str(POINTED), "all"],
                name="maps",
                default=str(POINTED),
                format_func=lambda which: (
                    f"strongest {POINTED}"
                    if which != "all"
                    else f"all {len(answering)} that answer"
                ),
                label_visibility="collapsed",
                required=True,
            )
        shown = answering if everything == "all" else shown
    if shown:
        figure = feature_maps_pointing(
            maps, channels=shown, chosen=(channel, *unit), width_px=picture_px() - 4
        )
        alt = f"Maps of {len(shown)} channels of {maps.layer}, strongest first"
        choose_clicked(pointed_at(figure, key=f"maps {maps.layer} {channel} {unit}", alt=alt))
        colours, low, high = map_scale(maps)
        words = "activation, one scale for all maps; channel number under each"
        scale_bar(colours, number(low), number(high), words)
    if quiet:
        with st.expander(f"{len(quiet)} silent channel{'s' if len(quiet) > 1 else ''}"):
            st.caption(
                "No unit of theirs is above zero for this image: "
                f"{', '.join(map(str, sorted(quiet)))}."
            )
    if len(shown) * rows * cols > SPOTS:
        st.caption(
            "There are more units here than a pointer can tell apart: a click takes the strongest "
            "one close by. The map above has a cell for each of the channel's units."
        )


def choose_clicked(clicked: Sequence[object] | None) -> None:
    """A click on a sheet chooses channel and unit; a fifth entry says that the unit is B's own."""
    if clicked is not None:
        channel, row, column = clicked[:3]
        address.write(channel=channel, unit=f"{row},{column}" if len(clicked) < 5 else None)
        st.rerun()


def inspect(choice: Choice, image: ChosenImage, maps: FeatureMaps, unit: Unit) -> None:
    """One unit: where it looks, what the deconvnet says it saw, and how far to believe that."""
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
    layer = source_of(network, maps.layer)
    with st.container(horizontal=True, gap="small"):
        if st.button("Open unit page", icon=":material/filter_center_focus:", type="primary"):
            go_to("unit", layer=layer, channel=channel)
        if st.button("Top patches of this channel", icon=":material/photo_library:"):
            go_to("top_patches", layer=layer, channel=channel)
    draw_control(shown)
    with st.expander("The other rules, and how the signal came back"):
        draw_rules(reply, shown)
        st.caption(passing(network, maps.layer, rule))
    offer_side(side)


def point_at_map(
    maps: FeatureMaps,
    channel: int,
    unit: Unit,
    *,
    scale: Scale,
    key: str,
    side: int,
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
