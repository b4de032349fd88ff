"""Probes: what the features of each layer are worth, on this or another data set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app.jobs.ask import ask
from app.shell import address
from app.shell.errors import plain
from app.shell.frame import Choice, chosen, go_to
from app.shell.window import is_dark, page_px
from app.widgets.downloads import offer_side
from app.widgets.drawing import pointed_at
from app.widgets.layout import heading, show_pixels
from training.data import open_data
from training.probe import POOLINGS, LossName, PoolingName, most_per_class
from viz.drawing.sheet import factor, sheet, shrink
from viz.drawing.words import percent
from viz.probe import ProbeLook, ProbeQuery, ProbeShown
from viz.probe.compute import Probe
from viz.probe.figure import point_at_curves
from viz.probe.query import NAMES, USUAL
from viz.store.answer import Side
from viz.store.lend import is_number
from viz.store.lines import from_text, to_text

SPLITS, USUAL_SPLITS = (1, 3, 5, 10), 3
THIS, ALL = "this epoch", "all epochs"
WORST, PICTURES, TILE_PX = 5, 8, 96


def page() -> None:
    heading(
        "Probes",
        "What is each layer good for? A linear classifier is fitted on its features, a few images "
        "of each class, and tested on others. Click a point to see that layer.",
    )
    choice = chosen()
    query = controls(choice)
    if query is None:
        return
    reply = ask(query)
    if reply.answer is None:
        return
    side = reply.side(ProbeLook())
    show(side)
    worst(side, choice)


def controls(choice: Choice) -> ProbeQuery | None:
    """The question, or a line that says why there is none yet."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        with st.container(width=300):
            data = text(
                "Data set",
                "on",
                placeholder="the run's own, or caltech101:FOLDER",
                help="As for training: folder:PATH, caltech101:FOLDER, cifar10:FOLDER, builtin.",
            )
        spec = data or choice.run.info.data
        if spec is None:
            st.info(
                "This run has no data set of its own. Name one above, such as folder:photos.",
                icon=":material/info:",
            )
            return None
        most = most_per_class(spec)
        with st.container(width=130):
            per_class = address.pick_number(
                st.number_input,
                "Images a class",
                1,
                most,
                name="per_class",
                default=min(USUAL, most),
            )
        splits_offered = sorted({*SPLITS, *filter(None, [whole("splits")])})
        with st.container(width=90):
            splits = address.pick(
                st.selectbox, "Splits", splits_offered, name="splits", default=USUAL_SPLITS
            )
        classifier = pick_several(st.pills, "Classifier", NAMES, "classifier", ("svm",))
        with st.container(width=130):
            pooling: PoolingName = address.pick(
                st.selectbox, "Pooling", POOLINGS, name="pooling", default="pyramid"
            )
        epochs = pick_epochs(choice)
    return ProbeQuery(
        str(choice.run.path),
        data=data,
        per_class=per_class,
        splits=splits,
        pooling=pooling,
        seed=address.read("seed", int, 0),
        layers=address.read("layers", names_of, ()),
        classifier=classifier,
        epochs=epochs,
    )


def whole(name: str) -> int | None:
    """A number that the address says, any above 0, as a command takes it."""
    said = st.query_params.get(name, "")
    return int(said) if is_number(said) and int(said) else None


def names_of(text: str) -> tuple[str, ...]:
    """What an address names with commas between."""
    return tuple(from_text(tuple[str, ...], text))


def pick_several(
    widget: Any, label: str, names: Mapping[LossName, str], name: str, default: tuple[LossName, ...]
) -> tuple[LossName, ...]:
    """A choice of at least one, in the address with commas between."""
    known: dict[str, LossName] = {str(each): each for each in names}
    value = address.read(name, lambda text: tuple(known[each] for each in names_of(text)), default)

    def changed(picked: list[LossName]) -> None:
        found = tuple(each for each in names if each in picked) or default
        address.write(**{name: None if found == default else to_text(found)})

    widget(
        label,
        list(names),
        selection_mode="multi",
        format_func=names.__getitem__,
        **address.bound(name, list(value), list(names), changed),
    )
    return value


def pick_epochs(choice: Choice) -> tuple[int, ...]:
    """That of the bar, or several of the run, which the address may name."""
    none: tuple[int, ...] = ()
    named = address.read("epochs", lambda text: tuple(map(int, names_of(text))), none)
    several = named if len(named) > 1 else ()
    every = tuple(choice.run.epochs)

    def changed(chosen: str | None) -> None:
        address.write(epochs=to_text(every) if chosen == ALL else None)

    st.segmented_control(
        "Epochs",
        [THIS, ALL],
        required=True,
        **address.bound("epochs", ALL if several else THIS, [THIS, ALL], changed),
    )
    return several or (choice.epoch,)


def text(label: str, name: str, **how: Any) -> str:
    """A line to type in, in the address."""
    value = address.read(name, str, "")

    def changed(typed: str) -> None:
        address.write(**{name: typed.strip() or None})

    return str(st.text_input(label, **address.bound(name, value, (), changed), **how)).strip()


def show(side: Side) -> None:
    """The result in one line, and the curves."""
    shown: ProbeShown = side.shown
    asked = shown.asked
    (epoch, layer, _classifier), best = shown.best
    st.markdown(plain_result(shown, epoch, layer, best))
    clicked = pointed_at(
        point_at_curves(shown, page_px(), dark=is_dark()),
        key="probe curves",
        alt=f"Accuracy of a linear classifier on {', '.join(asked.layers)}",
    )
    if clicked is not None:
        to_epoch, to_layer = clicked
        spatial = to_layer in side.opened.plan.geometry
        go_to("top_patches" if spatial else "unit", layer=to_layer, epoch=int(to_epoch))
    offer_side(side)
    with st.expander("How to read this, and the numbers"):
        st.dataframe(as_table(shown), hide_index=True)
        st.markdown(
            "Accuracy is the mean over classes, the bar its deviation over splits. C is chosen on "
            "a third of the training images. SVM: squared hinge, each class against the others; "
            "softmax: multinomial logistic regression. Source: Zeiler & Fergus 2013, table 7; "
            "Donahue et al. 2014 (DeCAF), table 1."
        )


def plain_result(shown: ProbeShown, epoch: int, layer: str, best: Probe) -> str:
    """One sentence."""
    first = shown.asked.epochs[0]
    words = (
        f"**{plain(layer)}** is worth most: from {shown.asked.per_class} images of each of "
        f"{len(shown.classes)} classes, **{percent(best.mean)}** of others are classified correctly"
    )
    if len(shown.asked.epochs) > 1:
        before = max(one.mean for one in shown.curve(first, shown.asked.classifier[0]))
        return f"{words} at epoch {epoch}; at epoch {first} the best layer has {percent(before)}."
    return f"{words}; chance is {percent(1 / len(shown.classes))}."


def as_table(shown: ProbeShown) -> pd.DataFrame:
    """Layers down, epochs across."""
    rows = []
    for classifier in shown.asked.classifier:
        for layer in shown.asked.layers:
            row = {"layer": layer, "classifier": NAMES[classifier]}
            for epoch in shown.asked.epochs:
                one = shown.found[epoch, layer, classifier]
                row[f"epoch {epoch}, %"] = f"{100 * one.mean:.1f} ± {100 * one.deviation:.1f}"
            rows.append(row)
    return pd.DataFrame(rows)


def worst(side: Side, choice: Choice) -> None:
    """The classes that the best layer tells apart least, with some of their images."""
    shown: ProbeShown = side.shown
    (epoch, layer, _classifier), best = shown.best
    accuracy = best.accuracy.mean(0)
    data = open_data(side.query.spec(side.opened), size=choice.run.preprocess.resize)
    st.subheader(f"Told apart least by {layer}, epoch {epoch}", anchor=False)
    for label in accuracy.argsort()[:WORST].tolist():
        indices = np.flatnonzero(data.train.labels == label)[:PICTURES]
        name = shown.classes[label]
        st.markdown(f"**{plain(name)}** · {percent(float(accuracy[label]))} right")
        tiles = shrink(data.train.images[indices] / 255, TILE_PX)
        pixels, _ = sheet(tiles, PICTURES, gap=4, enlarge=factor(tiles.shape[1], TILE_PX))
        show_pixels(pixels, alt=f"Images of the class {name}")


page()
