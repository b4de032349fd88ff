"""Where two networks look in one image: A beside B on one scale, and what B has more."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from textwrap import shorten

import streamlit as st

from app.shell.errors import plain
from app.shell.frame import Choice
from app.views.occlusion.controls import Asked, choose_cell, click_on, occlusions_of, true_class
from app.views.occlusion.tracked_channel import draw_own, own_of
from app.widgets.bars import best, class_bars, class_legend
from app.widgets.downloads import made_by, offer
from app.widgets.images import ChosenImage
from app.widgets.layout import columns, show_pixels
from viz import results
from viz.drawing.outline import image_pixels
from viz.drawing.scales import Scale
from viz.occlusion import Cell, Occlusion, Watched, dearest
from viz.occlusion.figure import frequent, map_scale
from viz.occlusion.pair import OcclusionsBeside, in_words, layers_beside, occlusions_beside
from viz.occlusion.pair_figure import difference_pointing, occlusion_beside_figure
from viz.occlusion.pointing import occlusion_pointing
from viz.store.export import command_line

PANEL_PX, SMALL_PX = 256, 192
LIKELY = 3  # classes that each names first
Pairs = list[tuple[Choice, ChosenImage]]


@dataclass(frozen=True)
class Side:
    """One of the two."""

    name: str  # A or B
    choice: Choice
    image: ChosenImage  # as the choice's run knows it
    found: Occlusion
    watched: Watched


@dataclass(frozen=True)
class View:
    """Both, and what of them is looked at."""

    pair: OcclusionsBeside
    sides: tuple[Side, Side]
    asked: Asked
    cell: Cell  # the chosen place

    @property
    def class_name(self) -> str:
        return self.pair.classes[self.asked.label]


def show_beside(pairs: Pairs, asked: Asked) -> None:
    """Both networks' maps row by row, each place linked on all of them."""
    view = view_of(pairs, asked)
    st.markdown(plain(in_words(view.pair, asked.label)))
    say_what_differs(view)
    draw_probability(view)
    draw_predicted(view)
    draw_strongest(view)
    compare_answers(view)
    offer_beside(view)


def view_of(pairs: Pairs, asked: Asked) -> View:
    """What is found of both; the page waits for it."""
    found = [occlusions_of(each, [image], asked.square, whole=True)[0] for each, image in pairs]
    runs = [choice.run for choice, _ in pairs]
    pair = occlusions_beside(found[0], found[1], (runs[0].classes, runs[1].classes))
    layers = layers_beside(pair, asked.layer, results.blueprint(runs[1]))
    a, b = (
        Side(name, choice, image, one, one.watched(layer))
        for name, (choice, image), one, layer in zip(
            "AB", pairs, (pair.first, pair.second), layers, strict=True
        )
    )
    rows, columns = pair.shape
    row, column = dearest(pair.first, asked.label)
    cell = choose_cell(pair.shape, (min(row, rows - 1), min(column, columns - 1)))
    return View(pair, (a, b), asked, cell)


def say_what_differs(view: View) -> None:
    """What keeps the two from being compared in full."""
    a, b = view.sides
    sizes = [side.choice.run.preprocess.size for side in view.sides]
    if sizes[0] != sizes[1]:
        st.caption(
            f"A sees {sizes[0]} px and B {sizes[1]} px: the same square hides another share of the "
            "image and places do not correspond, so there is no difference to show."
        )
    if view.class_name not in b.choice.run.classes:
        st.caption(f"B has not learned {plain(view.class_name)}: its P is 0 everywhere.")
    if a.watched.layer != b.watched.layer:
        st.caption(
            f"B has no {a.watched.layer}: its last maps, {b.watched.layer}, are watched instead."
        )


def draw_probability(view: View) -> None:
    """P(class) of both, and what B has more."""
    name = plain(shorten(view.class_name, 26, placeholder="…"))
    difference = difference_pointing(
        view.pair, label=view.asked.label, chosen=view.cell, side=PANEL_PX
    )
    titles = [f"**{side.name}**: {side.choice.title}  \nP({name})" for side in view.sides]
    titles += [] if difference is None else [f"**B − A**  \nP({name})"]
    places = columns(titles)
    for side, place in zip(view.sides, places, strict=False):
        with place:
            point(view, side, "probability")
    if difference is not None:
        with places[2]:
            alt = f"What B has more of P({view.class_name}) than A"
            click_on(difference, key="occlusion difference", alt=alt)


def draw_predicted(view: View) -> None:
    """The most probable class of both with one legend, and the image with the square."""
    titles = [f"**Most probable class**, {side.name}" for side in view.sides]
    square, a = view.asked.square, view.sides[0]
    top, left, _, _ = square.box(view.cell)
    where = f"row {top}, column {left}"
    places = columns([*titles, "**Classes**, of both"])
    for side, place in zip(view.sides, places, strict=False):
        with place:
            point(view, side, "predicted")
    with places[2]:
        occurring = frequent(*(side.found.predicted for side in view.sides))
        class_legend(occurring, view.pair.classes)
        st.markdown(f"**With the square** at {where}")
        show_pixels(
            image_pixels(square.on(a.choice, a.image, top, left), SMALL_PX),
            alt=f"{a.image.name} with the square at {where} covered",
        )


def draw_strongest(view: View) -> None:
    """The map of each one's strongest channel, and what its strongest unit sees."""
    totals = map_scale(*(side.watched for side in view.sides))
    titles = [
        f"**{side.watched.layer}, channel {side.watched.channel}**, the strongest of {side.name}"
        for side in view.sides
    ]
    for side, place in zip(view.sides, columns(titles), strict=True):
        with place:
            point(view, side, "activation", totals)
            draw_own(side.image, side.watched, own_of(side.choice, side.image, side.watched))


def point(view: View, side: Side, panel: str, totals: Scale | None = None) -> None:
    """One map to point at."""
    figure = occlusion_pointing(
        side.found,
        view.pair.classes,
        label=view.asked.label,
        layer=side.watched.layer,
        panel=panel,
        chosen=view.cell,
        side=PANEL_PX,
        totals=totals,
    )
    click_on(figure, key=f"occlusion {panel} {side.name}", alt=f"Occlusion: {panel}, {side.name}")


def compare_answers(view: View) -> None:
    """What both thought of the image, and what they think with the square at the chosen place."""
    first = view.sides[0]
    known = true_class(first.choice, first.image)
    likely = [each for side in view.sides for each in best(side.found.base, LIKELY)]
    shown = list(dict.fromkeys([*likely, view.asked.label]))
    titles = [f"**{side.name}**: whole image → square covered" for side in view.sides]
    for side, place in zip(view.sides, columns(titles), strict=True):
        with place:
            now, before = side.found.probability[view.cell], side.found.base
            class_bars(now, view.pair.classes, before=before, shown=shown, label=known)
    st.caption("Thick: with the square covered. Thin: the whole image. ✓: the true class.")


def offer_beside(view: View) -> None:
    """The same rows for print, with the lines that draw them."""
    a, b = view.sides
    run, epoch, square, label = a.choice.run, a.choice.epoch, view.asked.square, view.asked.label
    layers = a.watched.layer, b.watched.layer
    names = [f"{side.choice.run.name}, epoch {side.choice.epoch}" for side in view.sides]
    offer(
        lambda: occlusion_beside_figure(
            square.on(a.choice, a.image), view.pair, names, label=label, layers=layers
        ),
        lambda: view.pair.arrays(label, layers),
        name=f"{run.name}-occlusion-epoch-{epoch}-beside-{b.choice.epoch}",
        made=made_by(
            a.choice,
            "occlusion",
            image=a.image.seen(run),
            label=view.class_name,
            layer=list(layers),
            beside=names[1],
            **asdict(square),
        ),
        shell=command_line(
            "occlusion",
            run.path,
            image=a.image.source,
            epoch=epoch,
            label=label,
            layer=layers[0],
            **asdict(square),
            beside=b.choice.run.path,
            beside_epoch=b.choice.epoch,
            out="occlusion.png",
        ),
        python=a.image.python(run.path)
        + PYTHON.format(
            epoch=epoch,
            other=b.choice.run.path,
            other_epoch=b.choice.epoch,
            label=label,
            square=f'window={square.window}, stride={square.stride}, fill="{square.fill}"',
        ),
    )


PYTHON = """
from viz import results
from viz.occlusion.pair import in_words, occlusions_beside

other = Run.open("{other}")
first = results.occlusion(run, {epoch}, image, {square})
second = results.occlusion(other, {other_epoch}, image, {square})
pair = occlusions_beside(first, second, (run.classes, other.classes))
pair.difference({label}), in_words(pair, {label})"""
