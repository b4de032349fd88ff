"""Attribution: which pixels a class score rests on, by several methods, and sanity checks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from app.jobs.ask import Reply, ask, ask_cached, can_cache
from app.shell import address
from app.shell.errors import plain
from app.shell.frame import Choice, compared, go_to
from app.views.sanity_checks import show_sanity_checks
from app.widgets.bars import scale_bar
from app.widgets.class_choice import caption_outputs, pick_class, probabilities, true_class
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
from viz.attribution import METHODS, AttributionLook, AttributionQuery, MethodName, usable
from viz.attribution.figure import heat_pixels, point_at_maps, strongest_ninth
from viz.attribution.pair import METHOD, HeatsOfTwo, Which
from viz.drawing.outline import image_pixels
from viz.drawing.pairs import MORE
from viz.drawing.sheet import full_contrast, sheet
from viz.drawing.style import AMOUNT, SIGNED, number
from viz.drawing.words import from_to, label_of, percent
from viz.sanity_checks import ranks
from viz.sanity_checks.query import SEED
from viz.store.answer import Side
from viz.store.query import ImageSource
from viz.store.view import pair

LARGE_PX, SMALL_PX = 256, 160
DEFAULT: MethodName = "grad-cam"
SLOW: MethodName = "occlusion"  # a thousand passes
QUICK = tuple(method for method in METHODS if method != SLOW)
SIDES: tuple[tuple[str, Which], ...] = (("A", "first"), ("B", "second"), (MORE, "difference"))
Pairs = list[tuple[Choice, ChosenImage]]


def page() -> None:
    heading("Attribution", "Which pixels does a class score rest on? Click a method's map.")
    choices = compared()
    choice = choices[0]
    image = choose_image(choice)
    probability = probabilities(choice.network(), choice.run.preprocess(image.picture))
    label = pick_class(choice.run.classes, probability, true_class(choice, image))
    name = choice.run.classes[label]
    caption_outputs(choice.run)
    method = address.read("method", _method, DEFAULT)
    allowed, left_out = usable(choice.network())
    if method not in allowed:
        st.info(plain(" ".join(left_out)), icon=":material/info:")
        method = allowed[0]
    pairs = on_both(choices, image)
    if len(pairs) > 1 and has_class(pairs[1][0], name):
        show_two(pairs, name, method)
    else:
        show_one(choice, image, name, method)


def _method(text: str) -> MethodName:
    """The first of those that an address or a command names."""
    by_name = {str(each): each for each in METHODS}
    return by_name[text.partition(",")[0]]


def query_of(choice: Choice, image: ChosenImage, name: str) -> AttributionQuery:
    """All methods' maps of a class."""
    run, source = str(choice.run.path), ImageSource(image.source)
    return AttributionQuery(run, choice.epoch, source, name, tuple(METHODS))


def maps_of(query: AttributionQuery, choice: Choice, wanted: MethodName) -> Reply:
    """All of them; the slow one may come later, unless it is the one to be seen."""
    if wanted == SLOW or not can_cache(choice.run):
        return ask(query)
    return ask_cached(query) or ask(replace(query, method=QUICK))


def is_whole(reply: Reply) -> bool:
    """Whether no method's map is to come."""
    return reply.whole and SLOW in reply.query.method


def show_one(choice: Choice, image: ChosenImage, name: str, method: MethodName) -> None:
    """All maps, one of them large, and what tells whether to believe it."""
    query = query_of(choice, image, name)
    picture, inspector = picture_and_inspector()
    with picture:
        result, place = st.container(), st.container()
        reply = maps_of(query, choice, method)  # a job's panel stands under what is there already
    side = reply.side(AttributionLook())
    with place:
        draw_sheet(image, side, method)
    with picture:
        if is_whole(reply):
            offer_side(side)
    if method in side.shown.maps:
        with inspector:
            worth = inspect(choice, image, side, method)
        with result:
            say_result(side, method, worth)
    show_sanity_checks(choice, image, name, method)
    if reply.whole and not is_whole(reply):
        with picture:
            more = ask(query)
        if more.whole:
            st.rerun()


def say_result(side: Side, method: MethodName, worth: Worth) -> None:
    """Where the chosen map is strongest, and what the class loses without its highest pixels."""
    shown, known = side.shown, METHODS[method]
    name, heat = label_of(shown.classes, shown.label, None), shown.maps[method]
    before = float(shown.whole[shown.label])
    if not heat.any():
        words = f"{known.name} attributes nothing to {name}: its map is zero everywhere."
    else:
        words = (
            f"{known.name} points to {strongest_ninth(heat)}: without its highest {worth.share} % "
            f"of pixels P({name}) goes {from_to(before, worth.without)}."
        )
    st.markdown(f"**{plain(words)}**")


def draw_sheet(image: ChosenImage, side: Side, method: MethodName) -> None:
    """The image and all maps; a click chooses one."""
    shown = side.shown
    name, count = shown.classes[shown.label], len(shown.maps)
    st.markdown(f"**Attribution for class {plain(name)}**, each method on its own scale")
    alt = f"{image.name} and heat maps of {name} by {count} methods"
    figure = point_at_maps(shown, chosen=method, width_px=picture_px())
    clicked = pointed_at(figure, key=f"attributions {count}", alt=alt)
    if clicked:
        address.write(method=clicked)
        st.rerun()
    with st.expander("How to read this"):
        scale_bar(AMOUNT, "0", "full", "amounts: gradient, guided, deconvnet, Grad-CAM")
        scale_bar(SIGNED, "against", "for", "signed, white is 0: integrated gradients, occlusion")
        st.markdown(
            "Each method gives another answer, in a unit of its own; the numbers under a map say "
            "which values its colours stand for, up to the 99th percentile. Compare where maps "
            "are strong, not how strong they are, and run the sanity checks before you believe one."
        )


@dataclass(frozen=True)
class Worth:
    """What a class's probability is with some share of a map's highest pixels, and without."""

    share: int  # per cent
    alone: float
    without: float


def inspect(choice: Choice, image: ChosenImage, side: Side, method: MethodName) -> Worth:
    """One map, large, and what its highest pixels are worth to the network."""
    label, heat, known = side.shown.label, side.shown.maps[method], METHODS[method]
    st.markdown(f"**{known.name}** · {known.source}")
    show_pixels(
        heat_pixels(heat, LARGE_PX, is_signed=known.is_signed),
        alt=f"Heat map of {side.shown.classes[label]} by {known.name}",
    )
    full = number(full_contrast(heat))
    low = f"−{full}" if known.is_signed else "0"
    scale_bar(SIGNED if known.is_signed else AMOUNT, low, full, "")
    st.caption(f"Each pixel: {known.words}.")
    if not heat.any():
        st.info("The map is zero everywhere: this method attributes nothing to the class.")
    share = address.pick_number(
        st.slider, "Its highest pixels (%)", 1, 99, name="share", default=10
    )
    worth = show_worth(choice, image, label, heat, share)
    if st.button("Cover it spot by spot", icon=":material/visibility_off:"):
        go_to("occlusion", image=image.key, label=label)
    return worth


def show_worth(choice: Choice, image: ChosenImage, label: int, heat: Tensor, share: int) -> Worth:
    """The image with nothing but its highest pixels, and without them."""
    preprocess, network = choice.run.preprocess, choice.network()
    seen = preprocess(image.picture)
    rank = ranks(heat, torch.Generator().manual_seed(SEED))
    highest = rank < share / 100 * rank.numel()
    parts = [torch.where(which, seen, torch.zeros_like(seen)) for which in (highest, ~highest)]
    pixels = np.stack([image_pixels(preprocess.picture(part), SMALL_PX) for part in parts])
    worth = Worth(share, *(float(probabilities(network, part)[label]) for part in parts))
    alone, without = (percent(each).replace(" ", "\u00a0") for each in (worth.alone, worth.without))
    st.markdown(f"P(class) **{alone}** with them alone, **{without}** without them")
    show_pixels(
        sheet(pixels / 255, 2, gap=4)[0],
        alt=f"{image.name} with nothing but the highest {share} % of the map, and without them",
    )
    return worth


def has_class(choice: Choice, name: str) -> bool:
    """Whether B has learned the class; a word where it has not."""
    if name in choice.run.classes:
        return True
    st.info(
        f"B, {choice.title}, has not learned {plain(name)}: A is shown alone.",
        icon=":material/info:",
    )
    return False


def show_two(pairs: Pairs, name: str, method: MethodName) -> None:
    """A row of A, B and B − A for each method, one of them large; the slow one comes last."""
    queries = [query_of(*each, name) for each in pairs]
    replies: list[Reply] = []
    for (choice, _), query in zip(pairs, queries, strict=True):
        replies.append(maps_of(query, choice, method))
        if not replies[-1].whole:
            return  # the second begins when the first one stands
    first, second = (reply.side(AttributionLook()) for reply in replies)
    both, heats = pair(first, second), HeatsOfTwo(first.shown, second.shown)
    titles = [choice.title for choice, _ in pairs]
    st.markdown(f"**Attribution for class {plain(name)}**, each method on one scale for A and B")
    clicked = show_pair(both, titles, key="attribution", chosen={METHOD: method})
    if method in heats.first:
        draw_large(heats, method)
    if all(is_whole(reply) for reply in replies):
        offer_pair(first, second, both)
    elif all(ask(query).whole for query in queries):
        st.rerun()
    if clicked is not None:
        address.write(method=clicked[1])
        st.rerun()


def draw_large(heats: HeatsOfTwo, method: MethodName) -> None:
    """The chosen method's maps, with their scales."""
    known = METHODS[method]
    sides = SIDES if heats.difference else SIDES[:2]
    titles = [f"**{known.name}**, {who}" for who, _ in sides]
    for (who, which), place in zip(sides, columns(titles), strict=True):
        with place:
            colours, low, high = heats.scale(method, which)
            heat = getattr(heats, which)[method]
            show_pixels(
                heat_pixels(heat, LARGE_PX, is_signed=colours == SIGNED, full=high),
                alt=f"Heat map by {known.name}, {who}",
            )
            scale_bar(colours, number(low), number(high), "")
    st.caption(f"Each pixel: {known.words} ({known.source}).")


page()
