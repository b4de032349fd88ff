"""Localisation: do the heat maps point at the object?"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.jobs.ask import ask
from app.shell import address
from app.shell.errors import plain
from app.shell.frame import Choice, chosen, go_to
from app.shell.runs import data_of
from app.widgets.downloads import offer_side
from app.widgets.drawing import pointed_at, show_figure
from app.widgets.images import validation_name
from app.widgets.layout import heading, page_px
from training.data import Data
from training.ensemble import check_classes
from training.errors import WorkbenchError
from viz.attribution import METHODS, MethodName
from viz.drawing.words import percent
from viz.localisation import NAMES, Localisation, LocalisationLook, LocalisationQuery, rows
from viz.localisation.figure import draw, misses_pointing
from viz.network.objects import object_masks, require_known
from viz.store.answer import Side
from viz.store.lend import is_number

USUAL: list[MethodName] = ["occlusion", "grad-cam"]
COUNTS, COUNT = (20, 50, 100, 200, 500, 1000), 50


def page() -> None:
    heading(
        "Localisation",
        "How often the strongest point of a heat map lies in the object, on validation images "
        "that the network classifies correctly.",
    )
    choice = chosen()
    try:
        data = data_of(choice.run)
        check_classes(choice.run, data)
        known = len(require_known(data.val))
    except WorkbenchError as error:
        st.info(
            f"No image of this data set has a known object location. {plain(str(error))}",
            icon=":material/info:",
        )
        return
    methods, images = controls(known)
    run = str(choice.run.path)
    reply = ask(LocalisationQuery(run, choice.epoch, methods=tuple(methods), images=images))
    if reply.answer is not None:
        show(reply.side(LocalisationLook()))
        misses(choice, data, reply.answer)
        explain(reply.answer)


def controls(known: int) -> tuple[list[MethodName], int]:
    """Which methods, at least one, and how many images."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        methods = address.read("methods", _methods, USUAL)

        def changed(picked: list[MethodName]) -> None:
            address.write(methods=",".join(name for name in NAMES if name in picked) or None)

        with st.container(width=520):
            st.multiselect(
                "Methods",
                list(NAMES),
                **address.bound("methods", methods, list(NAMES), changed),
                format_func=NAMES.__getitem__,
            )
        counts = [count for count in COUNTS if count < known] + [known] * (known <= COUNTS[-1])
        named = st.query_params.get("images", "")
        if is_number(named) and 0 < int(named) <= COUNTS[-1]:  # any number, as a command takes it
            counts = sorted({*counts, int(named)})
        with st.container(width=130):
            images = address.pick(
                st.selectbox, "Images", counts, name="images", default=min(COUNT, known)
            )
    return methods, images


def _methods(text: str) -> list[MethodName]:
    names = text.split(",")
    if not set(names) <= NAMES.keys():
        raise ValueError(text)
    by_name = {str(method): method for method in METHODS}
    return [by_name[name] for name in dict.fromkeys(names)]


def show(side: Side) -> None:
    """The result in one line, and the figure."""
    found = side.shown.found
    first = found[0]
    *methods, middle, _random = rows(found)
    best = max(methods, key=lambda row: row.hits.share)
    st.markdown(
        f"**{best.name}** points into the object in **{percent(best.hits.share)}** of "
        f"{len(first.image)} images, the middle of the picture lies in it in "
        f"{percent(middle.hits.share)}."
    )
    named = ", ".join(NAMES[one.method] for one in found)
    show_figure(draw(side.shown, page_px()), alt=f"How often {named} point at the object")
    offer_side(side)
    for reason in side.shown.left_out:
        st.caption(plain(reason))


def explain(found: Sequence[Localisation]) -> None:
    """The numbers, and how to read figure and misses, folded away."""
    first = found[0]
    fold = st.expander("How to read this, and the numbers")
    fold.markdown(
        f"**{len(first.image)} of {first.looked_at}** images are classified correctly. Of these:"
    )
    fold.dataframe(as_table(found), hide_index=True, width=600)
    fold.markdown(
        "Left: hits with Wilson's interval at 95 %, without tolerance. Right: mean share of the "
        "map's positive part, the thin line spanning the middle half of the images. Occlusion "
        "points with the middle of the grey window that leaves the class the lowest probability; "
        "its map is of log odds, as a sure network's probability rounds to 1 everywhere. Objects "
        "tend to the middle of a picture: a method should beat its middle pixel, too."
    )


def as_table(found: Sequence[Localisation]) -> pd.DataFrame:
    """The rows in words."""
    return pd.DataFrame(
        [
            {
                "": row.name,
                "hits the object": percent(row.hits.share),
                "95 % interval": f"{percent(row.hits.low)} to {percent(row.hits.high)}"
                if row.hits.high > row.hits.low
                else "",
                "map inside the object": "" if row.energy is None else percent(row.energy),
            }
            for row in rows(found)
        ]
    )


def misses(choice: Choice, data: Data, found: Sequence[Localisation]) -> None:
    """The farthest misses of each method; a click shows the image on the Occlusion page."""
    st.subheader("The farthest misses", anchor=False)
    st.caption(
        "The object in orange, a cross where the method points; below each picture its map. "
        "Click one to slide a window over it."
    )
    preprocess, classes = choice.run.preprocess, choice.run.classes
    for one in found:
        count = int((one.distance[one.worst] > 0).sum())
        st.markdown(f"**{NAMES[one.method]}**{'' if count else ': it misses none'}")
        if not count:
            continue
        indices = one.image[one.worst[:count]].numpy()
        figure = misses_pointing(
            preprocess.picture(preprocess.from_uint8(data.val.images[indices])),
            object_masks(data.val, preprocess, indices),
            one,
            [validation_name(data, int(index)) for index in indices],
        )
        named = ", ".join(classes[int(data.val.labels[index])] for index in indices)
        clicked = pointed_at(
            figure, key=f"misses {one.method}", alt=f"{NAMES[one.method]} misses: {named}"
        )
        if clicked is not None:
            go_to("occlusion", image=f"val:{clicked}")


page()
