"""What the page Compare needs: two variants side by side, and the recipes that can be started."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app.jobs import job as jobs
from app.jobs.ask import ask, ask_cached
from app.shell import address
from app.shell.errors import plain, readable
from app.shell.frame import go_to
from app.shell.paths import runs_root
from app.shell.runs import name_of
from app.shell.words import duration
from app.views.claim import show_papers_claim
from app.views.train import NAME, free_name
from app.widgets.downloads import offer_pair
from app.widgets.drawing import show_figure
from training.comparison import Comparison
from training.data import describe
from training.errors import WorkbenchError
from training.recipe import SETTINGS, SHIPPED, Recipe, RecipeError, read_recipe, shipped
from training.runs import Run
from training.status import NO_MESSAGE
from viz.architecture import ArchitectureQuery
from viz.curves import CurvesQuery
from viz.filters import FiltersLook, FiltersQuery
from viz.network.layers import deepest
from viz.store.lend import plan_of
from viz.store.query import Look, Query
from viz.store.view import draw_both, pair
from viz.top_patches import TopPatchesLook, TopPatchesQuery

CHANNELS = 4  # of which patches are shown
LOOK_EVERY_S = 0.5  # at a comparison that is being started


def show_two(comparison: Comparison) -> None:
    """Choose a view, two runs and an epoch, and set what it shows of them side by side."""
    runs = _runs(comparison)
    if not runs:
        st.info("There is no run to look at yet.", icon=":material/hourglass_empty:")
        return
    with st.container(horizontal=True, gap="large", vertical_alignment="bottom"):
        look = address.pick(
            st.segmented_control,
            "View",
            list(LOOKS),
            name="look",
            default="filters",
            format_func=lambda name: LOOKS[name].title,
            required=True,
            width="content",
        )
        epoch = _epoch(runs) if look in ("filters", "patches") else None
        chosen = [
            runs[address.pick(st.selectbox, side.title(), list(runs), name=side, default=default)]
            for side, default in zip(("left", "right"), _first_two(runs), strict=True)
        ]
    try:
        _draw(LOOKS[look], [(run, _nearest(run, epoch)) for run in chosen])
    except WorkbenchError as error:
        st.info(plain(str(error)), icon=":material/info:")


def _draw(shown: Shown, chosen: list[tuple[Run, int]]) -> None:
    """One question of both, drawn by the mechanism that all pages have."""
    queries = [shown.ask(str(run.path), epoch) for run, epoch in chosen]
    if not _wanted(queries):
        return
    replies = [ask(query) for query in queries]
    if any(reply.answer is None for reply in replies):
        return
    first = replies[0].side(shown.look)
    second = replies[1].side(queries[1].look_for(replies[1].opened, first.shown.look))
    both, titles = pair(first, second), [first.opened.title, second.opened.title]
    show_figure(
        draw_both(first.query, both, titles), alt=f"{shown.title} of {' and '.join(titles)}"
    )
    offer_pair(first, second, both)
    if shown.page and st.button("Open it there", icon=":material/open_in_full:"):
        (run, epoch), (other, other_epoch) = chosen
        beside = {"beside": name_of(other), "beside_epoch": other_epoch}
        go_to(shown.page, run=name_of(run), epoch=epoch, **beside)


def _wanted(queries: list[Query[Any]]) -> bool:
    """Whether all is there or quick, or somebody asked for what takes a pass over the images."""
    if all(not query.cached or ask_cached(query) is not None for query in queries):
        return True
    asked = f"look for {queries}"
    if not st.session_state.get(asked):
        st.info(
            "The top patches of these epochs are not computed yet.",
            icon=":material/photo_library:",
        )
        st.session_state[asked] = st.button("Compute them", icon=":material/search:")
    return bool(st.session_state[asked])


@dataclass(frozen=True)
class Shown:
    """A view that can be chosen for two variants."""

    title: str
    ask: Callable[[str, int], Query[Any]]
    look: Look
    page: str | None = None  # where the same two can be looked at in full


def _patches(run: str, epoch: int) -> TopPatchesQuery:
    return TopPatchesQuery(run, epoch, (deepest(plan_of(Run.open(run))),))


LOOKS = {
    "filters": Shown("First filters", FiltersQuery, FiltersLook(scale="shared"), "filters"),
    "curves": Shown("Curves", lambda run, _epoch: CurvesQuery(run), Look()),
    "architecture": Shown("Architecture", lambda run, _epoch: ArchitectureQuery(run), Look()),
    "patches": Shown("Top patches", _patches, TopPatchesLook(count=CHANNELS), "top_patches"),
}


def _runs(comparison: Comparison) -> dict[str, Run]:
    """Those with a checkpoint, by what to call them: relu, or relu, seed 1."""
    several = len(comparison.seeds) > 1
    found = {}
    for variant in comparison.variants:
        for seed in comparison.seeds:
            run = comparison.run(variant, seed)
            if run is not None and run.epochs:
                found[f"{variant}, seed {seed}" if several else variant] = run
    return found


def _first_two(runs: dict[str, Run]) -> tuple[str, str]:
    """The first run and the first of another variant."""
    names = list(runs)
    variant = names[0].split(",")[0]
    return names[0], next((name for name in names if name.split(",")[0] != variant), names[-1])


def _epoch(runs: dict[str, Run]) -> int:
    epochs = sorted({epoch for run in runs.values() for epoch in run.epochs})
    if len(epochs) == 1:
        return epochs[0]
    with st.container(width=320):
        return address.pick(
            st.select_slider, "Epoch of both", epochs, name="at", default=epochs[-1]
        )


def _nearest(run: Run, epoch: int | None) -> int:
    """The last epoch that the run has up to this one: a variant may have ended earlier."""
    before = [each for each in run.epochs if epoch is None or each <= epoch]
    return before[-1] if before else run.epochs[0]


def offer_recipes() -> None:
    """Choose a recipe, see what the paper found, say where its data lie, start it."""
    recipes = _recipes()
    with st.container(border=True):
        _form(recipes)
    with st.expander("How a comparison is trained"):
        st.markdown(
            "Each recipe trains a few variants of one network, each in a process of its own; you "
            "can leave and come back. The small setting is for two cores and half an hour at most, "
            "the full one for GPUs and ImageNet."
        )
    st.subheader("All claims", anchor=False)
    for name, recipe in recipes.items():
        with st.container(horizontal=True, gap="medium"):
            if st.button(name, key=f"take {name}", width=190):
                st.session_state["recipe"] = name
                st.rerun()
            with st.container(width="stretch"):
                st.markdown(f"**{plain(recipe.title)}**{_takes(recipe)}  \n{plain(recipe.claim)}")


def _form(recipes: dict[str, Recipe]) -> None:
    if not recipes:
        st.error("None of the shipped recipes can be read.", icon=":material/error:")
        return
    wanted = st.session_state.pop("recipe", None)
    if wanted is not None:
        st.session_state["recipe chosen"] = wanted
    row = st.columns([2, 1, 3, 2], vertical_alignment="bottom")
    name = row[0].selectbox("Recipe", list(recipes), key="recipe chosen")
    setting = row[1].selectbox("Setting", SETTINGS)
    recipe = _read(name, setting)
    data = row[2].text_input(
        "Data",
        value=" ".join(recipe.data),
        key=f"data of {name} {setting}",
        help="Where its data lie, or are downloaded to where that is possible: cifar10:PLACE, "
        "mnist:PLACE, imagenet:PLACE, folder:PLACE.",
    )
    called = row[3].text_input("Name", value=free_name(name), key=f"name of {name} {setting}")
    show_papers_claim(recipe)
    st.caption(f"Trains {plain(', '.join(recipe.variants))}{_takes(recipe)}")
    if st.button("Start the comparison", type="primary", icon=":material/play_arrow:"):
        _start(recipe, data.strip(), called.strip())


def _start(recipe: Recipe, data: str, name: str) -> None:
    arguments = recipe.arguments
    try:
        if not NAME.fullmatch(name) or (runs_root() / name).exists():
            raise WorkbenchError(
                f"{name!r} cannot be the name of the comparison: it becomes a folder, and must be "
                "a new one, of letters, digits, points, dashes and underscores."
            )
        if [data] != recipe.data:
            arguments += ["--data", data]
        for spec in [data] if [data] != recipe.data else recipe.data:
            describe(spec)
        jobs.compare(arguments, name=name)
    except WorkbenchError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.session_state["comparing"] = name
    st.session_state["comparing since"] = time.time()
    st.rerun()


def wait_for_the_start() -> None:
    """While the process of a comparison that was just started has not begun to say anything."""
    if "comparing" in st.session_state:
        st.fragment(_until_there, run_every=LOOK_EVERY_S)()


@readable()
def _until_there() -> None:
    name = st.session_state.get("comparing")
    if name is None:
        return
    began = st.session_state.setdefault("comparing since", time.time())
    status = runs_root() / name / "status.json"
    if status.exists() and status.stat().st_mtime >= began:
        _forget()
        address.write(comparison=name)
        st.rerun()
    if jobs.is_starting(name) or time.time() - began < 1:
        st.progress(min((time.time() - began) / 8, 0.95), text=f"{plain(name)} · starting")
        return
    words = plain(jobs.training_log(name) or NO_MESSAGE)
    st.error(f"{plain(name)} could not be started: {words}", icon=":material/error:")


def _forget() -> None:
    st.session_state.pop("comparing", None)
    st.session_state.pop("comparing since", None)


def _recipes() -> dict[str, Recipe]:
    """Those that can be followed here, in their small setting."""
    found = {}
    for name in shipped():
        try:
            found[name] = _read(name, "small")
        except RecipeError as error:
            st.warning(plain(str(error)), icon=":material/warning:")
    return found


def _read(name: str, setting: str) -> Recipe:
    return _cached(name, setting, (SHIPPED / f"{name}.yaml").stat().st_mtime)


@st.cache_data(max_entries=64, show_spinner="Reading the recipes")
def _cached(name: str, setting: str, changed: float) -> Recipe:
    del changed  # part of the key only
    return read_recipe(name, setting)


def _takes(recipe: Recipe) -> str:
    if recipe.minutes is None:
        return ""
    where = f" on {plain(recipe.machine)}" if recipe.machine else ""
    return f" · about {duration(60 * recipe.minutes)}{where}"
