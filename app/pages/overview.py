"""Overview: what is this run?"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.jobs import job as jobs
from app.jobs.ask import ask
from app.shell import first_visit
from app.shell.errors import plain, readable
from app.shell.frame import Choice, chosen, go_to
from app.shell.training_progress import TrainingProgress
from app.shell.words import count, duration
from app.views.curves import show_advice, show_curves, show_layers
from app.views.first_screen import (
    answer_in_words,
    is_growing,
    show_first_filters,
    show_growing,
)
from app.views.overview import offer_report, show_configuration, show_predictions
from app.views.self_check import show_opening
from app.widgets.downloads import offer_side
from app.widgets.drawing import pointed_at
from app.widgets.layout import heading, page_px
from training.runs import Run
from training.status import DEAD, FAILED, RUNNING, STOPPED
from viz.architecture import ArchitectureQuery, LayerRow, called
from viz.architecture.figure import architecture_pointing
from viz.curves.figure import best_epoch
from viz.drawing.words import percent
from viz.store.answer import Side
from viz.store.query import Look

BESIDE_PX = 900  # from this width on, filters and curves stand side by side
FILTERS_SHARE, GAP_PX, CURVES_PX = 0.56, 32, 500  # the gap is Streamlit's medium one
LOOK_EVERY_S = 1.0
TABLE_WIDTH_PX = 560  # of a few numbers
LINES, TABLE_PX = 40, 560  # a longer table of layers has a scroll bar and this height
MINED = ("convolution", "merge", "pooling")


def overview(choice: Choice) -> None:
    run, metrics = choice.run, choice.run.metrics()
    heading(f"Overview of {plain(run.name)}", plain(answer_in_words(run, choice.epoch, metrics)))
    _training(run)
    width = page_px()
    beside = width >= BESIDE_PX
    left = round(FILTERS_SHARE * width) if beside else width
    right = width - left - GAP_PX if beside else width
    # before anything that takes longer: it is the first picture
    if is_growing(choice):
        show_growing(choice, left, right)
        _curves(run, stacked=False)
    else:
        row = st.container(horizontal=True, gap="medium")
        with row.container(width=left):
            show_first_filters(choice, left - 4)
        with row.container(width=right):
            first_visit.offer_while_it_learns(run.name)
            _curves(run, stacked=beside)
    network = ask(ArchitectureQuery(str(run.path))).side(Look())
    _architecture(run, network, width)
    show_predictions(choice, width)
    _numbers(choice)
    show_layers(run)
    _layer_by_layer(network)
    show_configuration(run)
    show_opening(choice)
    offer_report(choice)


def _training(run: Run) -> None:
    """The band that tells how training goes on, or how it ended badly."""
    status = run.status()
    if status.state == RUNNING:
        st.fragment(_band, run_every=LOOK_EVERY_S)(run)
        return
    if status.state in (DEAD, FAILED):
        st.error(plain(status.message), icon=":material/error:")
    elif status.state == STOPPED:
        st.info(f"Training was stopped. {plain(status.message)}", icon=":material/pause_circle:")
    show_advice(run)


@readable()
def _band(run: Run) -> None:
    progress = TrainingProgress.of(run)
    words, button = st.columns([6, 1], vertical_alignment="center")
    words.progress(progress.share, text=f"**Training** · {progress.words}")
    if button.button("Stop", icon=":material/stop:", width="stretch"):
        jobs.stop_training(run.path)
    show_advice(run)


def _numbers(choice: Choice) -> None:
    metrics = choice.run.metrics()
    best = best_epoch(metrics)
    epochs = {choice.epoch: f"epoch {choice.epoch}", best: f"epoch {best}, the best"}
    table = {name: errors for epoch, name in epochs.items() if (errors := _errors(metrics, epoch))}
    if table:
        st.subheader("Errors", anchor=False)
        st.table(pd.DataFrame(table), width=TABLE_WIDTH_PX)
    elif choice.run.info.training is not None:
        st.markdown("**Errors** will stand here after the first epoch.")
    else:
        st.markdown("**Errors** of an imported network are measured on its data by")
        st.code(f"python -m training evaluate {choice.run.path}", language="sh", wrap_lines=True)
    if len(metrics):
        speed = metrics["images_per_s"].median()
        took = duration(float(metrics["seconds"].sum()))
        done = "1 epoch" if len(metrics) == 1 else f"{len(metrics)} epochs"
        st.caption(f"{done} in {took}, {count(speed)} images/s")


COSTS = ("parameters", "macs")


def _errors(metrics: pd.DataFrame, epoch: int | None) -> dict[str, str]:
    found = metrics[metrics["epoch"] == epoch]
    if found.empty:
        return {}
    row = found.iloc[-1]
    return {
        "validation, top-1": percent(1 - row["val_top1"]),
        "validation, top-5": percent(1 - row["val_top5"]),
        "training, top-1": percent(1 - row["train_top1"]),
        "validation loss": f"{row['val_loss']:.3g} nats",
    }


def _curves(run: Run, *, stacked: bool) -> None:
    if run.metrics().empty:
        return
    st.markdown("**How it learned**")
    show_curves(run, height=CURVES_PX if stacked else 320, stacked=stacked, layers=False)


def _architecture(run: Run, side: Side, width: int) -> None:
    rows = side.shown.rows
    parameters, macs = (sum(getattr(row, key) for row in rows) for key in COSTS)
    st.subheader("The network", anchor=False)
    st.markdown(
        f"**{plain(called(run))}** · {count(parameters)} parameters · "
        f"{count(macs)} multiply-accumulates an image · input {run.preprocess.size}×"
        f"{run.preprocess.size} px · {len(run.classes)} classes"
    )
    if run.info.start_in_words:
        st.markdown(plain(run.info.start_in_words))
    alt = f"{side.shown.name} as a row of blocks"
    figure = architecture_pointing(rows, width=width)
    layer = pointed_at(figure, key="architecture", alt=alt)
    st.caption(
        "From the image at the left to the classes at the right; blocks are as high as their "
        "maps are wide, and thicker the more of them there are. Click a block for its patches."
    )
    if layer in {row.name for row in rows if row.family in MINED}:
        go_to("top_patches", layer=layer)
    offer_side(side)


def _layer_by_layer(side: Side) -> None:
    rows = side.shown.rows
    with st.expander("Layer by layer"):
        st.dataframe(
            _table(rows),
            hide_index=True,
            height="content" if len(rows) <= LINES else TABLE_PX,
        )


def _table(rows: Sequence[LayerRow]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "layer": row.name,
            "what it does": row.kind,
            "output": "×".join(str(length) for length in row.output),
            "parameters": row.parameters or None,
            "multiply-accumulates": row.macs or None,
            "sees (px)": str(row.receptive_field.size) if row.receptive_field else "whole image",
        }
        for row in rows
    )


overview(chosen())
