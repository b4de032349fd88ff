"""Correspondence: does the network know a part again?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from matplotlib.figure import Figure
from PIL import Image

from app.jobs.ask import answer
from app.shell import address
from app.shell.errors import plain
from app.shell.frame import Choice, chosen
from app.shell.runs import data_of
from app.views.correspondence.marking import TABLE, folder_of, keep_table, mark, ready
from app.views.correspondence.several_images import choose_images
from app.widgets.downloads import made_by, offer
from app.widgets.drawing import show_figure
from app.widgets.layout import heading
from training.data import Data
from training.errors import WorkbenchError
from viz import results
from viz.correspondence import (
    DRAWS,
    WAYS,
    Correspondence,
    as_arrays,
    default_layers,
    hidden_pictures,
)
from viz.correspondence.figure import correspondence_figure
from viz.correspondence.words import PAPER, in_words
from viz.drawing.words import percent
from viz.network.layers import landmarks
from viz.network.objects import known
from viz.network.parts import Parts, csv_of, parts_of
from viz.results import NotKept

SOURCES = {"object": "The object and its halves", "boxes": "Boxes that you draw"}
MOST_LAYERS = 4
TABLE_PX, PAPER_PX = 700, 330
_ASKED = "compared parts"


@dataclass(frozen=True)
class Marked:
    """What is to be hidden in which pictures."""

    parts: Parts
    pictures: list[Image.Image]  # as stored
    flags: tuple[str, ...]  # that say the same to `python -m viz correspondence`
    python: str  # lines that make `images` and `parts`
    table: str  # of the boxes as CSV; empty for objects


def page() -> None:
    heading(
        "Correspondence",
        "The same part is hidden in every picture. Where the features change in the same way each "
        "time, the network knows the part again, though nobody told it that there are parts.",
    )
    choice = chosen()
    try:
        data = data_of(choice.run)
    except WorkbenchError as error:
        st.info(f"There are no pictures to compare. {plain(str(error))}", icon=":material/info:")
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        images = choose_images(data)
        source = choose_source(data)
        layers = choose_layers(choice)
    marked = marked_objects(choice, data, images) if source == "object" else None
    if source == "boxes":
        marked = marked_boxes(choice, data, images)
    if marked is not None:
        show(choice, marked, layers)


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
    """Up to four layers, in forward order."""
    plan = results.blueprint(choice.run)
    default = default_layers(plan)
    shown = {*landmarks(plan), *default}
    options = [name for name in plan.inputs if name in shown]

    def parse(text: str) -> list[str]:
        names = text.split(",")
        if not set(names) <= set(plan.inputs) or len(names) > MOST_LAYERS:
            raise ValueError(text)
        return [name for name in plan.inputs if name in names]

    layers = address.read("layers", parse, default)
    options = [name for name in plan.inputs if name in {*options, *layers}]
    key = address.fresh_key("layers", layers, options)

    def changed() -> None:
        names = [name for name in options if name in st.session_state[key]]
        address.write(layers=None if names in ([], default) else ",".join(names))

    with st.container(width=340):
        st.multiselect("Layers", options, key=key, on_change=changed, max_selections=MOST_LAYERS)
    return layers


def marked_objects(choice: Choice, data: Data, images: list[int]) -> Marked | None:
    """The objects that the data set knows, and their halves."""
    if len(images) < 2:
        st.info("Choose another picture: two are needed to compare.", icon=":material/info:")
        return None
    return Marked(
        results.parts_of_objects(choice.run, images),
        [Image.fromarray(data.val.images[index]) for index in images],
        ("--parts", "object", "--images", ",".join(map(str, images))),
        f"images = [Image.fromarray(run.data().val.images[index]) for index in {images}]\n"
        f"parts = results.parts_of_objects(run, {images}).masks\n",
        "",
    )


def marked_boxes(choice: Choice, data: Data, images: list[int]) -> Marked | None:
    """The boxes drawn, once the visitor asks for a comparison or it is known already."""
    boxes = mark(choice, data, images)
    usable = ready(boxes)
    left_out = list(dict.fromkeys(box.part for box in boxes if box not in usable))
    if left_out:
        names = plain(", ".join(left_out))
        st.caption(f"Marked in one picture only, so not compared yet: {names}.")
    if not usable:
        st.info("Mark the same part in two pictures or more.", icon=":material/info:")
        return None
    run, side = choice.run, choice.run.preprocess.size
    path = folder_of(run) / keep_table(run, usable) / TABLE
    parts = parts_of(usable, side)
    pictures = [Image.fromarray(data.val.images[int(index)]) for index in parts.images]
    return Marked(
        parts,
        pictures,
        ("--parts", str(path)),
        f'marked = parts_of(read_boxes(Path("{path}").read_bytes(), {side}), {side})\n'
        "stored = run.data().val.images\n"
        "images = [Image.fromarray(stored[int(index)]) for index in marked.images]\n"
        "parts = marked.masks\n",
        csv_of(usable),
    )


def show(choice: Choice, marked: Marked, layers: list[str]) -> None:
    found = correspondence_of(choice, marked, layers)
    if found is None:
        return

    def figure() -> Figure:
        rows = hidden_pictures(choice.run.preprocess, marked.pictures, marked.parts.masks)
        return correspondence_figure(found, rows)

    for sentence in in_words(found):
        st.markdown(f"- {plain(sentence)}")
    alt = f"Differences of {', '.join(found.layers)} for {', '.join(found.parts)}; what is hidden"
    show_figure(figure(), alt=alt)
    st.caption(how_to_read(found))
    offer_all(choice, marked, found, figure)
    tables(found)


def correspondence_of(choice: Choice, marked: Marked, layers: list[str]) -> Correspondence | None:
    """What is kept; for boxes else a button, since every new box would be another question."""
    compute = partial(
        results.correspondence,
        choice.run,
        choice.epoch,
        marked.pictures,
        marked.parts.masks,
        layers=layers,
    )
    if marked.table:
        try:
            return compute(only_kept=True)
        except NotKept:
            asked = st.session_state.get(_ASKED) == marked.flags
            if not st.button("Compare", type="primary", icon=":material/join_inner:") and not asked:
                return None
            st.session_state[_ASKED] = marked.flags
    return answer(compute, choice.run, command(choice, marked, layers), label="Hiding the parts")


def command(choice: Choice, marked: Marked, layers: list[str]) -> list[str]:
    words = ["correspondence", str(choice.run.path), "--epoch", str(choice.epoch)]
    return [*words, *marked.flags, "--layers", ",".join(layers)]


def how_to_read(found: Correspondence) -> str:
    fewest, most = int(found.images.min()), int(found.images.max())
    pictures = f"{most}" if fewest == most else f"{fewest} to {most}"
    pairs = f"{most * (most - 1) // 2}" if fewest == most else "all"
    words = (
        f"A feature changes up, down or not at all; two pictures differ in it where they do not "
        f"agree. Mean ± standard deviation over the {pairs} pairs of {pictures} pictures, and for "
        f"the places elsewhere over {DRAWS} draws too. One place for all is the stricter control: "
        "at the same place, whatever is hidden touches the same units of a map. What is hidden "
        "becomes the mean colour."
    )
    if float(found.overlap.max()) > 0.005:
        words += (
            f" For want of room, up to {percent(float(found.overlap.max()))} of what is hidden "
            "elsewhere lies on the part itself."
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


def offer_all(choice: Choice, marked: Marked, found: Correspondence, figure: Any) -> None:
    run, epoch = choice.run, choice.epoch
    imports = [
        "from PIL import Image",
        "",
        "from training.runs import Run",
        "from viz import results",
    ]
    if marked.table:
        imports = ["from pathlib import Path", "", *imports]
        imports.append("from viz.parts import parts_of, read_boxes")
    offer(
        figure,
        lambda: as_arrays(found),
        name=f"{run.name}-correspondence-epoch-{epoch}",
        made=made_by(
            choice,
            "correspondence",
            images=list(marked.parts.images),
            parts=list(found.parts),
            layers=list(found.layers),
            draws=DRAWS,
            seed=0,
        ),
        shell=f"python -m viz {' '.join(command(choice, marked, list(found.layers)))} "
        "--out correspondence.png",
        python="\n".join(imports)
        + f'\n\nrun = Run.open("{run.path}")\n'
        + marked.python
        + f"results.correspondence(run, {epoch}, images, parts, layers={list(found.layers)})",
        more={"csv": marked.table.encode} if marked.table else None,
    )


page()
