"""Correspondence: does the network know a part again?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.jobs.ask import Reply, ask, ask_cached
from app.shell import address
from app.shell.asked import asked
from app.shell.errors import plain
from app.shell.frame import Choice, chosen
from app.shell.runs import data_of
from app.views.correspondence import (
    TABLE,
    choose_images,
    folder_of,
    keep_table,
    mark,
    ready,
    take_kept_table,
)
from app.widgets.downloads import offer_side
from app.widgets.drawing import show_figure
from app.widgets.layout import heading, page_px
from training.data import Data
from training.errors import WorkbenchError
from viz.correspondence import (
    DRAWS,
    WAYS,
    Correspondence,
    CorrespondenceLook,
    CorrespondenceQuery,
    default_layers,
)
from viz.correspondence.figure import draw
from viz.correspondence.query import OBJECT
from viz.correspondence.words import PAPER, in_words
from viz.drawing.words import percent
from viz.network.layers import key_layers
from viz.network.objects import known
from viz.store.answer import Side
from viz.store.lend import plan_of
from viz.store.query import ImageSource

SOURCES = {OBJECT: "The object and its halves", "boxes": "Boxes that you draw"}
MOST_LAYERS = 4
TABLE_PX, PAPER_PX = 700, 330
_ASKED = "compared parts"


def page() -> None:
    heading(
        "Correspondence",
        "The same part is hidden in several pictures. Where the features change in the same way "
        "each time, the network knows the part again, though nobody told it of parts.",
    )
    choice = chosen()
    try:
        data = data_of(choice.run)
    except WorkbenchError as error:
        st.info(f"There are no pictures to compare. {plain(str(error))}", icon=":material/info:")
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        images = choose_images(data)
        take_kept_table(choice.run)
        source = choose_source(data)
        layers = choose_layers(choice)
    if source == OBJECT:
        query = objects(choice, images, layers)
    else:
        query = boxes(choice, data, images, layers)
    if query is None:
        return
    reply = reply_to(asked(query, "draws", "seed"))
    if reply is not None and reply.answer is not None:
        show(reply.side(CorrespondenceLook()))


def choose_source(data: Data) -> str:
    """Where the parts come from; only boxes, where the data set does not know its objects."""
    if not len(known(data.val)):
        return address.read("parts", {"boxes": "boxes"}.__getitem__, "boxes")
    sources = list(SOURCES)
    return address.pick(
        st.segmented_control,
        "Parts",
        sources,
        name="parts",
        default=sources[0],
        format_func=SOURCES.__getitem__,
        required=True,
    )


def choose_layers(choice: Choice) -> list[str]:
    """Up to four layers; in forward order where they are chosen here."""
    plan = plan_of(choice.run)
    default = default_layers(plan)
    shown = {*key_layers(plan), *default}
    options = [name for name in plan.inputs if name in shown]

    def parse(text: str) -> list[str]:
        names = list(dict.fromkeys(text.split(",")))
        if not set(names) <= set(plan.inputs) or len(names) > MOST_LAYERS:
            raise ValueError(text)
        return names

    layers = address.read("layers", parse, default)
    options = [name for name in plan.inputs if name in {*options, *layers}]

    def changed(chosen: list[str]) -> None:
        names = [name for name in options if name in chosen]
        address.write(layers=None if names in ([], default) else ",".join(names))

    with st.container(width=340):
        st.multiselect(
            "Layers",
            options,
            **address.bound("layers", layers, options, changed),
            max_selections=MOST_LAYERS,
        )
    return layers


def objects(choice: Choice, images: list[int], layers: list[str]) -> CorrespondenceQuery | None:
    """Of the objects that the data set knows, and their halves."""
    if len(images) < 2:
        st.info("Choose another picture: two are needed to compare.", icon=":material/info:")
        return None
    numbers = tuple(ImageSource(str(index)) for index in images)
    run = str(choice.run.path)
    return CorrespondenceQuery(run, choice.epoch, images=numbers, layers=tuple(layers))


def boxes(
    choice: Choice, data: Data, images: list[int], layers: list[str]
) -> CorrespondenceQuery | None:
    """Of the boxes drawn, once there are two of a part."""
    drawn = mark(choice, data, images)
    usable = ready(drawn)
    left_out = list(dict.fromkeys(box.part for box in drawn if box not in usable))
    if left_out:
        names = plain(", ".join(left_out))
        st.caption(f"Marked in one picture only, so not compared yet: {names}.")
    if not usable:
        st.info("Mark the same part in two pictures or more.", icon=":material/info:")
        return None
    table = folder_of(choice.run) / keep_table(choice.run, usable) / TABLE
    run = str(choice.run.path)
    return CorrespondenceQuery(run, choice.epoch, table=str(table), layers=tuple(layers))


def reply_to(query: CorrespondenceQuery) -> Reply | None:
    """What is cached; for boxes else a button, since every new box would be another question."""
    if query.table == OBJECT:
        return ask(query)
    cached = ask_cached(query)
    if cached is not None:
        return cached
    asked = st.session_state.get(_ASKED) == query
    if not st.button("Compare", type="primary", icon=":material/join_inner:") and not asked:
        return None
    st.session_state[_ASKED] = query
    return ask(query)


def show(side: Side) -> None:
    """The result in words, as a figure and in numbers."""
    found = side.shown.found
    first, *others = in_words(found)
    st.markdown(plain(first))
    alt = f"Differences of {', '.join(found.layers)} for {', '.join(found.parts)}; what is hidden"
    show_figure(draw(side.shown, page_px()), alt=alt)
    offer_side(side)
    with st.expander("How to read this, and the numbers beside the paper's"):
        for sentence in others:
            st.markdown(f"- {plain(sentence)}")
        st.markdown(how_to_read(found))
        tables(found)


def how_to_read(found: Correspondence) -> str:
    fewest, most = int(found.images.min()), int(found.images.max())
    pictures = f"{most}" if fewest == most else f"{fewest} to {most}"
    pairs = f"{most * (most - 1) // 2}" if fewest == most else "all"
    words = (
        f"A feature changes up, down or not at all; two pictures differ in it where they do not "
        f"agree. Mean ± standard deviation over the {pairs} pairs of {pictures} pictures, and for "
        f"the random masks over {DRAWS} draws too. One mask for all is the stricter control: "
        "at the same place, whatever is hidden touches the same units of a map. What is hidden "
        "becomes the mean colour."
    )
    if float(found.overlap.max()) > 0.005:
        words += (
            f" For want of room, up to {percent(float(found.overlap.max()))} of a random mask lies "
            "on the part itself."
        )
    return words


def tables(found: Correspondence) -> None:
    """The numbers, and the paper's beside them."""
    row = st.container(horizontal=True, gap="medium")
    with row.container(width=TABLE_PX):
        st.markdown("**In numbers**")
        st.dataframe(numbers(found), hide_index=True)
        st.caption(
            "Changed: the share of the features that hiding changes at all, of the part and of its "
            "two controls. Where these are far apart, the difference is partly that."
        )
    with row.container(width=PAPER_PX):
        st.markdown("**The paper's table 1**")
        st.dataframe(pd.DataFrame(PAPER, columns=["hidden", "layer 5", "layer 7"]), hide_index=True)
        st.caption(
            "Zeiler & Fergus 2013, section 4.4: five dogs, a network for ImageNet. At layer 5 eyes "
            "and nose change the features more alike than random parts do, at layer 7 hardly. "
            "Pictures, network and perhaps the place in the layer differ: compare the order, not "
            "the numbers."
        )


def numbers(found: Correspondence) -> pd.DataFrame:
    """A row a layer and part, with the part beside its controls."""
    rows = []
    for row, layer in enumerate(found.layers):
        for column, part in enumerate(found.parts):
            means, deviations = found.difference[row, column], found.deviation[row, column]
            differences = [
                f"{mean:.3f} ± {deviation:.3f}"
                for mean, deviation in zip(means.tolist(), deviations.tolist(), strict=True)
            ]
            changed = " · ".join(percent(share, 0) for share in found.changed[row, column].tolist())
            rows.append([layer, part, *differences, changed])
    return pd.DataFrame(rows, columns=["layer", "hidden", *WAYS, "changed"])


page()
