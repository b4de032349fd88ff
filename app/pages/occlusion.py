"""Occlusion: where does the network look? A window slides over the image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from app.jobs.ask import Reply, ask
from app.shell import address
from app.shell.errors import plain
from app.shell.frame import Choice, compared, go_to
from app.views.occlusion import (
    choose_look,
    choose_opacity,
    choose_window,
    say_result,
    say_share_of_object,
    show_covered_units,
    show_several,
    show_tracked,
)
from app.widgets.bars import best, class_bars, class_legend, scale_bar
from app.widgets.brush import Brush, brush
from app.widgets.class_choice import caption_outputs
from app.widgets.downloads import offer_pair, offer_side
from app.widgets.drawing import pointed_at
from app.widgets.images import ChosenImage, choose_image, on_both
from app.widgets.layout import (
    columns,
    heading,
    picture_and_inspector,
    picture_px,
    show_pixels,
)
from app.widgets.pairs import show_pair
from viz.drawing.outline import image_pixels
from viz.drawing.placed import PlacedMap
from viz.drawing.sheet import channels_last, to_bytes
from viz.drawing.style import number
from viz.drawing.words import label_of
from viz.network.fills import filling
from viz.network.layers import source_of
from viz.occlusion import Cell, Occlusion, OcclusionLook, OcclusionQuery, argmin_cell
from viz.occlusion.figure import READING, box_of, frequent, panel_side, panels_of
from viz.occlusion.pair import in_common
from viz.store.answer import Side
from viz.store.query import ImageSource
from viz.store.view import pair

PANEL_PX, SMALL_PX, GAP_PX, LARGEST_PX = 256, 192, 24, 560
BARS = 5
CLASS_MAPS = {
    "log-odds": "what covering changes",
    "probability": "P with the window there",
    "own": "P with the window there",
}
LIKELY = 3  # classes that each of two networks names first
ONE, SEVERAL = "one image", "several images"


@dataclass(frozen=True)
class View:
    """One image's occlusion, and what of it is looked at."""

    side: Side
    image: ChosenImage
    cell: Cell  # the chosen place

    @property
    def found(self) -> Occlusion:
        return self.side.shown.rows[0].found

    @property
    def label(self) -> int:
        return self.side.shown.rows[0].label

    @property
    def box(self) -> tuple[int, int, int, int]:
        """The window at the chosen place: top, left, bottom, right, px."""
        return box_of(self.found, self.cell)

    def covered(self) -> Tensor:
        """What the network sees with the window at the chosen place."""
        top, left = self.box[:2]
        query, window = self.side.query, self.found.window
        seen: Tensor = query.covered(self.side.opened, query.image[0], window, top, left)
        return seen


def page() -> None:
    heading("Occlusion", "Where does it look? A window slides over the image and hides a part.")
    choices = compared()
    if "," in (named := st.query_params.get("image", "")):  # as a question names several
        address.write(image=None, images=named, show=SEVERAL)
    if address.read("show", {ONE: ONE, SEVERAL: SEVERAL}.__getitem__, ONE) == SEVERAL:
        if st.button("One image", icon=":material/arrow_back:", type="tertiary"):
            show(ONE)
        show_several(choices[0])
        if len(choices) > 1:
            st.caption("Several images are shown for A alone; B stands beside it for one image.")
        return
    image = choose_image(choices[0])
    pairs = on_both(choices, image)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        look = choose_look(choices[0], image)
        window = choose_window(min(each.run.preprocess.size for each, _ in pairs))
    replies: list[Reply] = []
    for choice, _ in pairs:
        query = OcclusionQuery(
            str(choice.run.path), choice.epoch, image=(ImageSource(image.source),), **window
        )
        replies.append(ask(query))
        if len(pairs) > 1 and not replies[-1].whole:
            return  # the second begins when the first one stands
    if replies[0].answer is None:
        return
    if len(pairs) > 1:
        side = replies[0].side(look)
        second = replies[1].side(side.query.look_for(replies[1].opened, side.shown.look))
        show_two(side, second, pairs)
    else:
        show_one(choices[0], image, replies[0], look)


def show(mode: str) -> None:
    """One image or several."""
    address.write(show=None if mode == ONE else mode)
    st.rerun()


def show_one(choice: Choice, image: ChosenImage, reply: Reply, look: OcclusionLook) -> None:
    """Four linked panels, the chosen place at the right, and the tracked channel below."""
    picture, inspector = picture_and_inspector()
    with picture:
        result = st.container()
        above, below = (st.container(horizontal=True, gap="medium") for _ in range(2))
    side_px = panel_side(
        reply.opened.pixels(image.source), min((picture_px() - GAP_PX) // 2, LARGEST_PX)
    )
    panels = [row.container(width=side_px + 4) for row in (above, above, below, below)]
    of_class = panels[1].container()
    with panels[1]:
        look = replace(look, opacity=choose_opacity())
    side = reply.side(look)
    row = side.shown.rows[0]
    view = View(side, image, choose_cell(row.found.shape, argmin_cell(row.found, row.label)))
    with result:
        say_result(row, choice.run.classes, choice.run.preprocess.size)
    with panels[0]:
        draw_brush(choice, view, side_px)
    draw_maps(choice, view, side_px, [of_class, *panels[2:]])
    with picture:
        caption_maps(view)
        if reply.whole:
            offer_side(side)
        if st.button("Several images", icon=":material/view_list:", type="tertiary"):
            show(SEVERAL)
    with inspector:
        inspect(choice, view)
    show_tracked(choice, image, side)


def choose_cell(shape: Cell, default: Cell) -> Cell:
    """The place that was clicked on a map of so many rows and columns; the address says `cell`."""

    def parse(text: str) -> Cell:
        row, column = (int(part) for part in text.split(","))
        if not (0 <= row < shape[0] and 0 <= column < shape[1]):
            raise ValueError(text)
        return row, column

    rows, columns = shape
    return address.read("cell", parse, (min(default[0], rows - 1), min(default[1], columns - 1)))


def choose_clicked(clicked: Cell | None) -> None:
    """A click on any map chooses the place on all of them."""
    if clicked is not None:
        address.write(cell=f"{clicked[0]},{clicked[1]}")
        st.rerun()


def draw_brush(choice: Choice, view: View, side_px: int) -> None:
    """The input with a window to drag, and bars of the classes that matter on the way."""
    found, query, opened = view.found, view.side.query, view.side.opened
    seen = opened.pixels(query.image[0])
    picture, hidden = (
        to_bytes(channels_last(choice.run.preprocess.picture(each)))
        for each in (seen, filling(query.fill, seen))
    )
    shown = dict.fromkeys([view.label, *best(found.base, LIKELY), *frequent(found.predicted)])
    st.markdown("**Input** · drag the window, or move it by arrow keys")
    brush(
        Brush(
            picture,
            hidden,
            side_px,
            found,
            query.shape,
            choice.run.classes,
            list(shown)[:BARS],
            opened.true_class(view.image.source),
        ),
        view.cell,
        lambda text: address.write(cell=text),
        key=f"brush {view.image.key}",
        alt=f"{view.image.name} as the network sees it, with the chosen window",
    )


def draw_maps(choice: Choice, view: View, side_px: int, places: Sequence[DeltaGenerator]) -> None:
    """The class's map, the most probable class and the strongest map, each to point at."""
    classes, found, shown = choice.run.classes, view.found, view.side.shown
    picture, tracked = shown.rows[0].picture, found.tracked(shown.layer)
    maps = panels_of(found, picture, classes, view.label, shown.layer, shown.look, side_px)
    name = plain(label_of(classes, view.label, None))
    panels = {
        "probability": f"**{name}** · {CLASS_MAPS[shown.look.scale]}",
        "predicted": "**Most probable class**",
        "activation": f"**{tracked.layer}, channel {tracked.channel}** · strongest map",
    }
    for place, (panel, title) in zip(places, panels.items(), strict=True):
        with place:
            st.markdown(title)
            placed: PlacedMap = getattr(maps, panel)
            figure = placed.point(view.cell, bar=False)
            alt = f"Occlusion map: {panel}. {shown.rows[0].words(classes)}"
            choose_clicked(pointed_at(figure, key=f"occlusion {panel}", alt=alt))
            if placed.scale is None:
                class_legend(frequent(found.predicted), classes)
            else:
                colours, low, high = placed.scale
                scale_bar(colours, number(low), number(high), placed.label)


def caption_maps(view: View) -> None:
    """How to read them, in a line."""
    found, reading = view.found, READING[view.side.shown.look.scale]
    coarse = f" So far every {ordinal(found.step)} place is known." if found.step > 1 else ""
    st.caption(
        f"Each place stands for the window of {found.window} px whose centre is there, in steps of "
        f"{found.stride} px. {reading.capitalize()}.{coarse}"
    )


def ordinal(step: int) -> str:
    """2nd, 4th, 8th: what a step of places can be."""
    return "2nd" if step == 2 else f"{step}th"


def inspect(choice: Choice, view: View) -> None:
    """The image as it was at the chosen place, and what the network then thought."""
    classes, found, (top, left, _, _) = choice.run.classes, view.found, view.box
    st.markdown(f"**With the window** at row {top}, column {left}")
    show_pixels(
        image_pixels(view.covered(), PANEL_PX),
        alt=f"{view.image.name} with the window at row {top}, column {left} covered",
    )
    say_share_of_object(choice, view.image, view.box)
    st.markdown("**Whole image → window covered**")
    before, now = found.base, found.probability[view.cell]
    shown = list(dict.fromkeys([*best(before), *best(now)[:1], view.label]))
    known = view.side.opened.true_class(view.image.source)
    class_bars(now, classes, before=before, shown=shown, label=known)
    st.caption("Thick: with the window covered. Thin: the whole image. ✓: the true class.")
    caption_outputs(choice.run)
    show_covered_units(choice, view.side, view.cell)
    lead_on(choice, view)


def lead_on(choice: Choice, view: View) -> None:
    """The strongest map's channel, seen elsewhere, and the map beside those of other methods."""
    tracked = view.found.tracked(view.side.shown.layer)
    layer = source_of(choice.network(), tracked.layer)
    with st.container(horizontal=True, gap="small"):
        if st.button(f"Top patches of channel {tracked.channel}", icon=":material/photo_library:"):
            go_to("top_patches", layer=layer, channel=tracked.channel)
        if st.button("Its map and projection", icon=":material/layers:"):
            go_to("feature_maps", layer=tracked.layer, channel=tracked.channel)
        if st.button("Sanity checks", icon=":material/fact_check:"):
            go_to("attribution", image=view.image.key, label=view.label, method="occlusion")


def show_two(first: Side, second: Side, pairs: list[tuple[Choice, ChosenImage]]) -> None:
    """Both networks' maps row by row, each place linked on all of them."""
    both, common = pair(first, second), in_common(first.shown, second.shown)
    row = first.shown.rows[0]
    cell = choose_cell(common.shape, argmin_cell(row.found, row.label))
    titles = [choice.title for choice, _ in pairs]
    clicked = show_pair(both, titles, key="occlusion", chosen={"cell": cell})
    class_legend(frequent(*(one.predicted for one in common.found)), common.classes)
    view = View(first, pairs[0][1], cell)
    top, left, _, _ = view.box
    where = f"row {top}, column {left}"
    known = first.opened.true_class(view.image.source)
    likely = [each for one in common.found for each in best(one.base, LIKELY)]
    shown = list(dict.fromkeys([*likely, common.label]))
    heads = [f"**{who}**: whole image → window covered" for who in "AB"]
    *sides, at_last = columns([*heads, f"**With the window** at {where}"])
    for one, place in zip(common.found, sides, strict=True):
        with place:
            now = one.probability[cell]
            class_bars(now, common.classes, before=one.base, shown=shown, label=known)
    with at_last:
        show_pixels(
            image_pixels(view.covered(), SMALL_PX),
            alt=f"{view.image.name} with the window at {where} covered",
        )
    st.caption("Thick: with the window covered. Thin: the whole image. ✓: the true class.")
    offer_pair(first, second, both)
    choose_clicked(clicked and clicked[1])


page()
