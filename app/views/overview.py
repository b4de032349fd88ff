"""What the page Overview needs: example predictions, the run's report and its configuration."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
import torch

from app.jobs.job import Job
from app.jobs.panel import show_job
from app.shell.errors import plain
from app.shell.frame import Choice, go_to
from app.shell.runs import data_of
from training.errors import WorkbenchError
from training.runs import Run
from training.status import FINISHED, RUNNING
from viz.architecture import called
from viz.drawing.words import label_of, percent
from viz.network.images import spread_over_classes
from viz.report.command import cached_report
from viz.store.export import command_line

IMAGES, TOP, COLUMN_PX, GAP_PX = 6, 5, 180, 16
RIGHT, WRONG = "#0072b280", "#8888884d"  # half transparent: good on light and dark


def show_predictions(choice: Choice, width: int) -> None:
    """Draw the strip, once there are images: a run that has just begun still prepares them.

    Args:
        choice: Run and epoch.
        width: To fill, px.
    """
    run = choice.run
    if not run.info.data:
        return
    if run.status().state == RUNNING and run.metrics().empty:
        return
    st.subheader("Example predictions", anchor=False)
    st.caption(
        f"Validation images and the network's top-5 predictions after epoch {choice.epoch}; "
        f"the true class in bold, with a tick. {run.outputs.note}"
    )
    try:
        data = data_of(run)
    except WorkbenchError as error:
        st.warning(plain(str(error)), icon=":material/image_not_supported:")
        return
    split = data.val
    columns = max(3, min(8, width // COLUMN_PX))
    column = (width - (columns - 1) * GAP_PX) // columns
    chosen = spread_over_classes(split, max(columns, IMAGES))
    images = np.stack([split.images[index] for index in chosen])
    probability = _probabilities(choice, images)
    row = st.container(horizontal=True, gap="small")
    for place, index in enumerate(chosen):
        true_class = data.classes[split.labels[index]]
        with row.container(width=column, gap="small"):
            alt = f"Validation image {index}, {true_class}"
            st.image(images[place], width=column, alt=alt)
            st.html(_bars(run.classes, probability[place], true_class))
            if st.button(
                "Where it looks",
                key=f"occlude {index}",
                type="tertiary",
                icon=":material/visibility_off:",
                help="Cover the image spot by spot and watch the answer",
            ):
                go_to("occlusion", image=f"val:{index}")


@torch.inference_mode()
def _probabilities(choice: Choice, images: np.ndarray) -> np.ndarray:
    """(N, S, S, 3) uint8 to class probabilities (N, K)."""
    network = choice.network()
    batch = choice.run.preprocess.from_uint8(images).to(network.device)
    return network.probabilities(batch).cpu().numpy()


def _bars(classes: tuple[str, ...], probability: np.ndarray, true_class: str) -> str:
    """The top-5 predictions as bars, as in Krizhevsky et al. 2012, figure 4."""
    best = probability.argsort()[::-1][:TOP].tolist()
    return "".join(
        _bar(classes, index, float(probability[index]), classes[index] == true_class)
        for index in best
    )


def _bar(classes: tuple[str, ...], index: int, share: float, right: bool) -> str:
    words = escape(label_of(classes, index, None))
    shown = f"<b>{words}</b> ✓" if right else words
    colour = RIGHT if right else WRONG
    return (
        f'<div title="{escape(classes[index])}, {percent(share)}" '
        'style="display:flex; gap:4px; font-size:12px; '
        "line-height:1.25; margin-bottom:2px; border-radius:2px; padding:3px 4px; "
        f'background:linear-gradient(to right, {colour} {100 * share:.1f}%, transparent 0)">'
        f'<span style="flex:1">{shown}</span>'
        f'<span style="white-space:nowrap">{100 * share:.0f} %</span></div>'
    )


def offer_report(choice: Choice) -> None:
    """A button that makes the report, its progress, and the button that downloads it."""
    run, epoch = choice.run, choice.epoch
    st.subheader("Export report", anchor=False)
    st.caption(
        "The papers' figures for this run and epoch, with captions, findings and the lines that "
        "make them, as one page that opens anywhere. It takes some minutes at first; results "
        "are cached."
    )
    file = cached_report(run, epoch)
    job = Job(("report", str(run.path), "--epoch", str(epoch)))
    status = job.status()
    begun = status is not None and status.state != FINISHED
    if file.exists():
        st.download_button(
            "Download the report",
            file.read_bytes,
            file_name=f"{run.name}-report-epoch-{epoch}.html",
            mime="text/html",
            on_click="ignore",
            icon=":material/download:",
        )
        st.code(
            command_line("report", run.path, epoch=epoch, out="report.html"),
            language="bash",
            wrap_lines=True,
        )
    elif begun:
        show_job(job, "Writing the report")
    elif st.button("Make the report", icon=":material/article:"):
        job.start()
        st.rerun()


def show_configuration(run: Run) -> None:
    """All settings, options and versions that the run was made with."""
    st.subheader("Settings", anchor=False)
    config = run.config
    said: dict[str, Any] = {
        "network": called(run),
        "outputs": run.outputs.name,
        "data": config.get("data") or "none",
        "made": config.get("created", "").replace("T", " "),
        "source revision": config.get("revision"),
        "precision": config.get("precision"),
    }
    said |= {f"training · {name}": value for name, value in (run.info.training or {}).items()}
    choices = {name: value for name, value in config.get("options", {}).items() if name != "graph"}
    said |= {f"network · {name}": value for name, value in choices.items()}
    said |= {f"version · {name}": value for name, value in config.get("versions", {}).items()}
    with st.expander("Run configuration"):
        known = {name: str(value) for name, value in said.items() if value not in (None, {}, "")}
        st.dataframe(
            pd.DataFrame({"setting": known.keys(), "value": known.values()}),
            hide_index=True,
            height="content",
        )
        st.caption(f"{len(run.classes)} classes: {plain(', '.join(run.classes[:40]))}")
