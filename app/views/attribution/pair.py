"""What speaks for one class in two networks: A's heat maps beside B's on one scale, and B − A."""

from __future__ import annotations

import shlex
from math import isnan

import streamlit as st

from app.shell import address
from app.shell.errors import plain
from app.shell.frame import Choice
from app.views.attribution.heat_maps import DEAR, arguments, heat_of, kept_heat, maps_of
from app.widgets.bars import scale_bar
from app.widgets.class_choice import probabilities
from app.widgets.downloads import made_by, offer
from app.widgets.drawing import pointed_at
from app.widgets.images import ChosenImage
from app.widgets.layout import columns, show_pixels
from viz.attribution import METHODS, MethodName
from viz.attribution.figure import heat_pixels
from viz.attribution.pair import HeatsBeside, heats_beside
from viz.attribution.pair_figure import (
    Which,
    attribution_beside_figure,
    heats_pointing,
    scale_of,
)
from viz.drawing import style
from viz.drawing.outline import image_pixels
from viz.drawing.pairs import MORE
from viz.drawing.style import SIGNED, number
from viz.drawing.words import percent

LARGE_PX, SMALL_PX = 256, 128
SIDES: tuple[tuple[str, Which], ...] = (("A", "first"), ("B", "second"), (MORE, "difference"))
Pairs = list[tuple[Choice, ChosenImage]]


def has_class(choice: Choice, name: str) -> bool:
    """Whether B has learned the class; a word where it has not."""
    if name in choice.run.classes:
        return True
    st.info(
        f"B, {choice.title}, has not learned {plain(name)}: A is shown alone.",
        icon=":material/info:",
    )
    return False


def show_beside(pairs: Pairs, label: int, method: MethodName) -> None:
    """All methods' maps of both, one of them large; the dear one comes last.

    Args:
        pairs: A and B, and the image as each knows it.
        label: The class, as A counts it.
        method: That is chosen.
    """
    name = pairs[0][0].run.classes[label]
    labels = [choice.run.classes.index(name) for choice, _ in pairs]
    a, b = (maps_of(*pair, own, method) for pair, own in zip(pairs, labels, strict=True))
    heats = heats_beside(a, b)
    say(pairs, labels, heats, method)
    draw_sheets(pairs, heats, name, method)
    draw_large(heats, method)
    offer_beside(pairs, heats, label)
    for pair, own in zip(pairs, labels, strict=True):
        if kept_heat(*pair, own, DEAR) is None and DEAR not in heats.first:
            heat_of(*pair, own, DEAR)  # a job's progress ends the page
            st.rerun()


def sides_of(heats: HeatsBeside) -> tuple[tuple[str, Which], ...]:
    """A and B, and the difference where there is one."""
    return SIDES if heats.difference else SIDES[:2]


def draw_sheets(pairs: Pairs, heats: HeatsBeside, name: str, method: MethodName) -> None:
    """All methods' maps; a click chooses one."""
    st.markdown(f"**What speaks for {plain(name)}**, each method on one scale for A and B")
    titles = [f"**{who}**: {choice.title}" for who, (choice, _) in zip("AB", pairs, strict=True)]
    places = columns([*titles, f"**{MORE}**, each on a scale about 0"][: len(sides_of(heats))])
    for (who, which), place in zip(sides_of(heats), places, strict=True):
        with place:
            figure = heats_pointing(heats, which, chosen=method)
            alt = f"Heat maps of {name} by {len(heats.first)} methods, {who}"
            clicked = pointed_at(figure, key=f"attributions {who} {len(heats.first)}", alt=alt)
            if clicked:
                address.write(method=clicked)
                st.rerun()


def draw_large(heats: HeatsBeside, method: MethodName) -> None:
    """The chosen method's maps, with their scales."""
    shown = METHODS[method]
    titles = [f"**{shown.name}**, {who}" for who, _ in sides_of(heats)]
    for (who, which), place in zip(sides_of(heats), columns(titles), strict=True):
        with place:
            colours, low, high = scale_of(heats, method, which)
            show_pixels(
                heat_pixels(
                    getattr(heats, which)[method], LARGE_PX, is_signed=colours == SIGNED, full=high
                ),
                alt=f"Heat map by {shown.name}, {who}",
            )
            scale_bar(colours, number(low), number(high), "")


def say(pairs: Pairs, labels: list[int], heats: HeatsBeside, method: MethodName) -> None:
    """The image, how sure the two are, and how alike their maps."""
    choice, image = pairs[0]
    seen = choice.run.preprocess.picture(choice.run.preprocess(image.picture))
    before, now = (percent(_sure(*pair, own)) for pair, own in zip(pairs, labels, strict=True))
    words = f"P(class) is **{before}** for A and **{now}** for B. "
    if heats.difference:
        alike = heats.likeness(method)
        value = "none" if isnan(alike) else number(alike)
        words += f"By {METHODS[method].name} the rank correlation of their pixels is **{value}**."
    else:
        words += "Their inputs are of two sizes: pixels do not correspond, so none are compared."
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        with st.container(width=SMALL_PX):
            show_pixels(image_pixels(seen, SMALL_PX), alt=f"{image.name} as A sees it")
        with st.container(width=520):
            st.markdown(words)
            st.caption(f"Each pixel: {METHODS[method].words} ({METHODS[method].source}).")


def _sure(choice: Choice, image: ChosenImage, label: int) -> float:
    seen = choice.run.preprocess(image.picture)
    return float(probabilities(choice.network(), seen)[label])


def offer_beside(pairs: Pairs, heats: HeatsBeside, label: int) -> None:
    """The same rows for print, with the lines that draw them."""
    (choice, image), (other, _) = pairs
    run, epoch, name = choice.run, choice.epoch, choice.run.classes[label]
    names = [f"{each.run.name}, epoch {each.epoch}" for each, _ in pairs]
    seen = run.preprocess.picture(run.preprocess(image.picture))
    words = shlex.join(arguments(choice, image, label, DEAR)).rpartition(" --method ")[0]
    second = shlex.join(["--beside", str(other.run.path), "--beside_epoch", str(other.epoch)])
    offer(
        lambda: attribution_beside_figure(seen, heats, style.plain(name), names),
        heats.arrays,
        name=f"{run.name}-attribution-epoch-{epoch}-beside-{other.epoch}",
        made=made_by(
            choice,
            "attribution",
            image=image.seen(run),
            label=name,
            method=list(heats.first),
            beside=names[1],
        ),
        shell=f"python -m viz {words} {second} --out attribution.png",
        python=image.python(run.path)
        + PYTHON.format(epoch=epoch, other=other.run.path, other_epoch=other.epoch, name=name),
    )


PYTHON = """
from viz import results
from viz.attribution import METHODS
from viz.attribution.pair import heats_beside

def maps(run, epoch):
    label = run.classes.index({name!r})
    return {{
        method: results.attribution(run, epoch, image, label=label, method=method)
        for method in METHODS
    }}

heats = heats_beside(maps(run, {epoch}), maps(Run.open("{other}"), {other_epoch}))
heats.difference"""
