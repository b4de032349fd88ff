"""Compare: does the claim hold here?"""

from __future__ import annotations

import shlex

import pandas as pd
import streamlit as st

from app.jobs import job as jobs
from app.shell import address
from app.shell.errors import plain, readable
from app.shell.frame import STATES, go_to
from app.shell.menu import VIEWS
from app.shell.paths import runs_root
from app.shell.runs import name_of
from app.shell.window import is_dark
from app.shell.words import time_left
from app.views.claim import show_claim
from app.views.compare import offer_recipes, show_two, wait_for_the_start
from app.widgets.downloads import offer
from app.widgets.drawing import show_figure
from app.widgets.layout import heading
from training.comparison import ALL_SEEDS, Comparison, list_comparisons
from training.comparison_table import heading as column
from training.comparison_table import say
from training.status import DEAD, FAILED, FINISHED, RUNNING, STOPPED
from viz.comparison import (
    Curve,
    arrays_along,
    arrays_of,
    how_compared,
    learning_curves,
    lines_along,
)
from viz.comparison.along_figure import along_figure
from viz.comparison.figure import comparison_figure, comparison_lines
from viz.drawing.pointing import CONFIG

LOOK_EVERY_S = 2.0
STOP_S = 60.0  # until the trainings have saved what they have


def compare() -> None:
    heading(
        "Compare",
        "The papers' claims, tried again: the same network trained with one thing changed, its "
        "curves over each other and the paper's number beside yours.",
    )
    there = {one.name: one for one in list_comparisons(runs_root())}
    wait_for_the_start()
    if not there:
        offer_recipes()
        return
    comparison = _choose(there)
    _show(comparison)
    st.subheader("Two side by side", anchor=False)
    show_two(comparison)
    st.divider()
    with st.expander("Train another comparison", icon=":material/add:"):
        offer_recipes()


def _choose(there: dict[str, Comparison]) -> Comparison:
    with st.container(width=420):
        name = address.pick(
            st.selectbox, "Comparison", list(there), name="comparison", default=next(iter(there))
        )
    comparison = there[name]
    st.subheader(plain(comparison.config["title"]), anchor=False)
    return comparison


def _show(comparison: Comparison) -> None:
    """How far it is, its table and its curves; grows by itself while it trains."""
    state = comparison.status().state
    every = LOOK_EVERY_S if state == RUNNING else None
    st.fragment(_glance, run_every=every)(comparison, state)


@readable()
def _glance(comparison: Comparison, state: str) -> None:
    comparison = Comparison.open(comparison.path)  # trials may have chosen meanwhile
    status = comparison.status()
    if status.state != state:
        st.rerun()
    _band(comparison)
    table = comparison.table()
    show_claim(comparison, table)
    _table(comparison, table)
    _open_buttons(comparison)
    if comparison.axis is not None:
        _along(comparison, comparison.axis)
    curves = learning_curves(comparison)
    if curves:
        _curves(comparison, curves)
    else:
        st.info(
            "The curves will stand here after the first epoch.", icon=":material/hourglass_empty:"
        )


def _band(comparison: Comparison) -> None:
    status = comparison.status()
    if status.state == FINISHED and not status.message:
        return
    words, button = st.columns([6, 1], vertical_alignment="center")
    if status.state == RUNNING:
        left = status.seconds_left
        text = f"**{plain(status.message)}**" + (f" · {time_left(left)}" if left else "")
        words.progress(min(status.done / max(status.total, 1), 1.0), text=text)
        if button.button("Stop", icon=":material/stop:", width="stretch", key="stop"):
            jobs.stop_training(comparison.path, grace_s=STOP_S)
            st.toast("It stops once the trainings have saved what they have.")
        return
    if status.state == FAILED:
        words.error(plain(status.message), icon=":material/error:")
    elif status.state == STOPPED:
        words.info(
            f"It was stopped. {plain(status.message)}".strip(), icon=":material/pause_circle:"
        )
    else:
        words.info(f"It has ended. {plain(status.message)}", icon=":material/info:")
    arguments = comparison.config.get("arguments")
    # what has died would die again
    is_over = comparison.table()["state"].isin([FINISHED, DEAD]).all()
    if not arguments or (is_over and status.state == FINISHED):
        return
    if button.button("Go on", icon=":material/play_arrow:", width="stretch", key="go on"):
        jobs.compare(arguments, name=comparison.name)
        st.session_state["comparing"] = comparison.name
        st.rerun()


def _table(comparison: Comparison, table: pd.DataFrame) -> None:
    rows = []
    for variant in comparison.variants:
        ours = table[(table["variant"] == variant) & (table["seed"] != ALL_SEEDS)]
        row = {"variant": variant}
        if comparison.chosen.get(variant):
            row["chosen by trials"] = ", ".join(
                f"{name} {value}" for name, value in comparison.chosen[variant].items()
            )
        for measure in comparison.measures:
            row[column(comparison, measure)] = say(comparison, variant, measure, table)
        row["in the paper"] = comparison.paper.get(variant, "–")
        row["runs"] = _runs(ours)
        row["why"] = "; ".join(why for why in dict.fromkeys(ours["why"]) if why)
        rows.append(row)
    shown = pd.DataFrame(rows).fillna("")
    shown = shown.loc[:, [name for name in shown if name != "why" or shown["why"].any()]]
    st.dataframe(shown, hide_index=True, height="content", width="stretch")


def _runs(ours: pd.DataFrame) -> str:
    """3 finished; or 1 finished, 1 running (epoch 4), 1 waiting."""
    said = []
    for state, group in ours.groupby("state", sort=False):
        epochs = ", ".join(str(epoch) for epoch in group["epochs"])
        at = f" (epoch {epochs})" if state in (RUNNING, STOPPED) else ""
        said.append(f"{len(group)} {state}{at}")
    return ", ".join(said)


def _open_buttons(comparison: Comparison) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for variant in comparison.variants:
            seeds = [seed for seed in comparison.seeds if comparison.run(variant, seed)]
            with st.popover(
                f"Open {plain(variant)}", icon=":material/open_in_new:", disabled=not seeds
            ):
                _views(comparison, variant, seeds)


def _views(comparison: Comparison, variant: str, seeds: list[int]) -> None:
    if not seeds:
        return
    seed = seeds[0]
    if len(seeds) > 1:
        seed = st.segmented_control(
            "Seed", seeds, default=seeds[0], required=True, key=f"seed of {variant}"
        )
    run = comparison.run(variant, seed)
    if run is None:
        return
    state = run.status().state
    if state in STATES:
        st.caption(STATES[state])
    if run.info.start_in_words:
        st.caption(plain(run.info.start_in_words))
    for page, (title, icon) in VIEWS.items():
        if st.button(title, icon=icon, key=f"open {variant} {page}", type="tertiary"):
            address.write(epoch=None)
            go_to(page, run=name_of(run))


def _along(comparison: Comparison, axis: str) -> None:
    """What the variants that have ended came to, along the setting in which they differ."""
    lines = lines_along(comparison)
    if not lines:
        return
    title = comparison.config["title"]
    names = ", ".join(line.name for line in lines)
    show_figure(along_figure(lines, axis, title=title), alt=f"Accuracy of {names} along {axis}")
    path = str(comparison.path)
    offer(
        lambda: along_figure(lines, axis, title=title),
        lambda: arrays_along(lines),
        name=comparison.name,
        made=how_compared(comparison),
        shell=shlex.join(["python", "-m", "viz", "comparison", path, "--out", "accuracy.svg"]),
        python=PYTHON_ALONG.format(path=path, axis=axis),
    )


PYTHON_ALONG = """\
from training.comparison import Comparison
from viz.comparison import lines_along
from viz.comparison.along_figure import along_figure

figure = along_figure(lines_along(Comparison.open({path!r})), {axis!r})"""


def _curves(comparison: Comparison, curves: list[Curve]) -> None:
    st.caption(
        "Validation error solid, training error dashed"
        + (", thin lines for the seeds and a thick one for their mean" if _several(curves) else "")
        + ". Click a name to hide it, twice to see it alone."
    )
    figure = comparison_lines(
        curves, comparison.variants, threshold=comparison.until, dark=is_dark()
    )
    alt = f"Errors of {', '.join(comparison.variants)} by epoch"
    st.plotly_chart(
        figure, width="stretch", theme=None, config=CONFIG | {"responsive": True}, key="curves",
        alt=alt,
    )  # fmt: skip
    path = str(comparison.path)
    offer(
        lambda: comparison_figure(
            curves,
            title=comparison.config["title"],
            paper=comparison.paper,
            threshold=comparison.until,
        ),
        lambda: arrays_of(curves),
        name=f"{comparison.name}-curves",
        made=how_compared(comparison),
        shell=shlex.join(["python", "-m", "viz", "comparison", path, "--out", "curves.svg"]),
        python=PYTHON.format(path=path),
        more={"csv": lambda: comparison.table().to_csv(index=False).encode()},
    )


PYTHON = """\
from training.comparison import Comparison
from viz.comparison import learning_curves
from viz.comparison.figure import comparison_figure

figure = comparison_figure(learning_curves(Comparison.open({path!r})))"""


def _several(curves: list[Curve]) -> bool:
    return len({curve.seed for curve in curves}) > 1


compare()
