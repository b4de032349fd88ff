"""Occlusion: where does the network look? A square slides over the image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from textwrap import shorten

import streamlit as st
from matplotlib.figure import Figure

from app.shell import address
from app.shell.errors import plain
from app.shell.frame import Choice, compared, go_to
from app.shell.runs import data_of
from app.views.occlusion.controls import (
    Square,
    ask,
    choose_cell,
    click_on,
    occlusions_of,
    true_class,
)
from app.views.occlusion.pair import show_beside
from app.views.occlusion.several import show_several
from app.views.occlusion.tracked_channel import mined, own_of, show_watched
from app.widgets.bars import best, class_bars, class_legend
from app.widgets.downloads import made_by, offer
from app.widgets.images import ChosenImage, choose_image, on_both
from app.widgets.layout import heading, panes, show_pixels
from viz.drawing.outline import image_pixels
from viz.drawing.style import number
from viz.drawing.words import percent
from viz.network.layers import source_of
from viz.network.objects import object_mask
from viz.occlusion import Cell, Occlusion, Watched, dearest
from viz.occlusion.figure import frequent, occlusion_figure
from viz.occlusion.pointing import occlusion_pointing
from viz.store.cache import Arrays
from viz.store.export import command_line
from viz.top_patches.gallery import Gallery

PANEL_PX, BOX_PX = 256, 332
ONE, SEVERAL = "one image", "several images"


@dataclass(frozen=True)
class View:
    """One image's occlusion, and what of it is looked at."""

    image: ChosenImage
    square: Square
    found: Occlusion
    label: int
    watched: Watched
    cell: Cell  # the chosen place


def page() -> None:
    heading(
        "Occlusion",
        "A square slides over the image and hides a part of it. Dark places in the map of "
        "P(class) are the evidence: covering them costs the network its answer. Point at a place "
        "for the answer there, click it to see the image as it was.",
    )
    choices = compared()
    choice = choices[0]
    mode = address.pick(
        st.segmented_control, "Show", [ONE, SEVERAL], name="show", default=ONE, required=True
    )
    if mode == SEVERAL:
        show_several(choice)
        if len(choices) > 1:
            st.caption("Several images are shown for A alone; B stands beside it for one image.")
        return
    image = choose_image(choice)
    pairs = on_both(choices, image)
    asked = ask(choice, image, min(each.run.preprocess.size for each, _ in pairs))
    if len(pairs) > 1:
        show_beside(pairs, asked)
        return
    found = occlusions_of(choice, [image], asked.square)[0]
    cell = choose_cell(found.shape, dearest(found, asked.label))
    watched = found.watched(asked.layer)
    view = View(image, asked.square, found, asked.label, watched, cell)
    own = own_of(choice, view.image, view.watched)
    picture, inspector = panes()
    with picture:
        draw_panels(choice, view)
        if view.found.step == 1:
            offer_panels(choice, view, own)
    with inspector:
        inspect(choice, view)
    show_watched(choice, view.image, view.watched, own)  # last: mining may end the page here


def draw_panels(choice: Choice, view: View) -> None:
    """The four panels of Zeiler & Fergus's figure 7 that are linked."""
    classes, found, watched = choice.run.classes, view.found, view.watched
    name = shorten(classes[view.label], 26, placeholder="…")
    seen = choice.run.preprocess.picture(choice.run.preprocess(view.image.picture))
    above = st.container(horizontal=True, gap="small")
    below = st.container(horizontal=True, gap="small")
    with above.container(width=BOX_PX):
        st.markdown("**Input**, the chosen square in orange")
        show_pixels(
            image_pixels(seen, PANEL_PX, view.square.box(view.cell)),
            alt=f"{view.image.name} as the network sees it, with the chosen square",
        )
    panels = [
        (above, "probability", f"**P({plain(name)})**"),
        (below, "activation", f"**{watched.layer}, channel {watched.channel}**, the strongest map"),
        (below, "predicted", "**Most probable class**"),
    ]
    for row, panel, title in panels:
        with row.container(width=BOX_PX):
            st.markdown(title)
            point(view, classes, panel)
            if panel == "predicted":
                class_legend(frequent(found.predicted), classes)
    whole = percent(float(found.base[view.label]))
    coarse = f" So far every {ordinal(found.step)} place is known." if found.step > 1 else ""
    st.caption(
        f"Uncovered, P({plain(name)}) is {whole} and the map's total {number(watched.base)}. "
        f"Each place stands for the square whose top left corner is there: {found.window} px "
        f"wide, in steps of {found.stride} px.{coarse}"
    )


def ordinal(step: int) -> str:
    """2nd, 4th, 8th: what a step of places can be."""
    return "2nd" if step == 2 else f"{step}th"


def point(view: View, classes: Sequence[str], panel: str) -> None:
    """One map to point at; a click chooses the place on all of them."""
    figure = occlusion_pointing(
        view.found,
        classes,
        label=view.label,
        layer=view.watched.layer,
        panel=panel,
        chosen=view.cell,
        side=PANEL_PX,
    )
    click_on(figure, key=f"occlusion {panel}", alt=f"Occlusion map: {panel}")


def inspect(choice: Choice, view: View) -> None:
    """The image as it was at the chosen place, and what the network then thought."""
    classes, found, (top, left, _, _) = choice.run.classes, view.found, view.square.box(view.cell)
    st.markdown(f"**With the square** at row {top}, column {left}")
    show_pixels(
        image_pixels(view.square.on(choice, view.image, top, left), PANEL_PX),
        alt=f"{view.image.name} with the square at row {top}, column {left} covered",
    )
    on_object(choice, view)
    st.markdown("**Whole image → square covered**")
    before, now = found.base, found.probability[view.cell]
    shown = list(dict.fromkeys([*best(before), *best(now)[:1], view.label]))
    class_bars(now, classes, before=before, shown=shown, label=true_class(choice, view.image))
    st.caption("Thick: with the square covered. Thin: the whole image. ✓: the true class.")
    lead_on(choice, view)


def on_object(choice: Choice, view: View) -> None:
    """How much of the object the square hides, where the data set knows the object's place."""
    if view.image.index is None:
        return
    seen = object_mask(data_of(choice.run).val, choice.run.preprocess, view.image.index)
    if seen is None:
        return
    top, left, bottom, right = view.square.box(view.cell)
    share = seen[top:bottom, left:right].sum() / seen.sum()
    st.caption(f"The square hides {percent(float(share))} of the object.")


def lead_on(choice: Choice, view: View) -> None:
    """The strongest map's channel, seen elsewhere, and the map beside those of other methods."""
    watched = view.watched
    layer = source_of(choice.network(), watched.layer)
    with st.container(horizontal=True, gap="small"):
        if st.button(f"Top patches of channel {watched.channel}", icon=":material/photo_library:"):
            go_to("top_patches", layer=layer, channel=watched.channel)
        if st.button("Its map and projection", icon=":material/layers:"):
            go_to("feature_maps", layer=watched.layer, channel=watched.channel)
        if st.button("Can this be trusted?", icon=":material/fact_check:"):
            go_to("attribution", image=view.image.key, label=view.label, method="occlusion")


def offer_panels(choice: Choice, view: View, own: Gallery) -> None:
    run, epoch, square = choice.run, choice.epoch, view.square
    watched = view.watched

    def figure() -> Figure:
        elsewhere = mined(choice, watched)
        return occlusion_figure(
            square.on(choice, view.image),
            view.found,
            run.classes,
            label=view.label,
            layer=watched.layer,
            own=own,
            others=None if elsewhere is None else elsewhere[1],
        )

    def arrays() -> Arrays:
        return {
            "probability": view.found.probability[..., view.label].numpy(),
            "predicted": view.found.predicted.numpy(),
            "activation": watched.activation.numpy(),
        }

    offer(
        figure,
        arrays,
        name=f"{run.name}-occlusion-epoch-{epoch}",
        made=made_by(
            choice,
            "occlusion",
            image=view.image.seen(run),
            label=run.classes[view.label],
            layer=watched.layer,
            **asdict(square),
        ),
        shell=command_line(
            "occlusion",
            run.path,
            image=view.image.source,
            epoch=epoch,
            label=view.label,
            layer=watched.layer,
            **asdict(square),
            out="occlusion.png",
        ),
        python=view.image.python(run.path)
        + "\nfrom viz.fills import filling\nfrom viz.occlusion import occlusion\n\n"
        + "pixels = run.preprocess(image)\n"
        + f"found = occlusion(\n    run.network({epoch}), pixels, window={square.window}, "
        + f'stride={square.stride},\n    fill=filling("{square.fill}", pixels),\n)\n'
        + f'found.probability[..., {view.label}], found.watched("{watched.layer}").activation',
    )


page()
