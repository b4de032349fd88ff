"""What the page Compare needs: two variants side by side, and the recipes that can be started."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from matplotlib.figure import Figure

from app.jobs import job as jobs
from app.jobs.ask import ask
from app.shell import address
from app.shell.errors import plain, readable
from app.shell.frame import Choice, go_to
from app.shell.paths import runs_root
from app.shell.runs import data_of, name_of
from app.shell.words import duration
from app.views.train import NAME, free_name
from app.widgets.cached_patches import cached_patches
from app.widgets.drawing import is_dark, png_of
from training.comparison import Comparison
from training.data import describe
from training.errors import WorkbenchError
from training.recipe import SETTINGS, SHIPPED, Recipe, RecipeError, read_recipe, shipped
from training.runs import Run
from training.status import NO_MESSAGE
from viz.architecture import ArchitectureQuery
from viz.architecture import figure as architecture_figures
from viz.curves.figure import curves_figure
from viz.drawing.style import DPI
from viz.filters import FiltersLook, FiltersQuery, FiltersShown
from viz.filters.figure import filters_figure
from viz.filters.query import drawn_as
from viz.network.images import SplitImages
from viz.network.layers import deepest
from viz.network.patches import boxes, cut
from viz.network.weights import largest_weight
from viz.store.answer import CacheMiss
from viz.store.lend import plan_of
from viz.store.query import Look
from viz.top_patches.figure import top_patches_figure

CHANNELS = 4  # of which patches are shown
COLUMN_PX = 560  # of one picture; wider ones are reduced
LOOK_EVERY_S = 0.5  # at a comparison that is being started


@dataclass(frozen=True)
class At:
    """What one side shows."""

    run: Run
    epoch: int
    side: str  # left or right


def show_two(comparison: Comparison) -> None:
    """Choose a view, two runs and an epoch, and draw them."""
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
            format_func=lambda name: LOOKS[name][0],
            required=True,
            width="content",
        )
        epoch = _epoch(runs) if look in ("filters", "patches") else None
    columns = st.columns(2, gap="medium")
    pair = []
    for column, side, default in zip(columns, ("left", "right"), _first_two(runs), strict=True):
        with column:
            name = address.pick(st.selectbox, side.title(), list(runs), name=side, default=default)
        pair.append(At(runs[name], _nearest(runs[name], epoch), side))
    for column, one in zip(columns, pair, strict=True):
        with column:
            try:
                LOOKS[look][1](one, pair)
            except WorkbenchError as error:
                st.info(plain(str(error)), icon=":material/info:")


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


def _filters(one: At, pair: list[At]) -> None:
    shown = _first_filters(one)
    high = largest_weight(_first_filters(each).weight for each in pair)
    title = f"First filters, epoch {one.epoch}"
    filters = drawn_as(shown.weight, shown.look, high)
    _draw(filters_figure(filters, title=title), f"{title} of {one.run.name}")


def _first_filters(one: At) -> FiltersShown:
    side = ask(FiltersQuery(str(one.run.path), one.epoch)).side(FiltersLook(scale="shared"))
    shown: FiltersShown = side.shown
    return shown


def _curves(one: At, pair: list[At]) -> None:
    metrics = one.run.metrics()
    if metrics.empty:
        raise WorkbenchError("Its curves will stand here after the first epoch.")
    tables = [table for each in pair if len(table := each.run.metrics())]
    figure = curves_figure(metrics, epochs=max(len(table) for table in tables))
    highest = max(
        float(table[name].max()) for table in tables for name in ("train_loss", "val_loss")
    )
    figure.axes[0].set_ylim(0, 1.2 * highest)
    _draw(figure, f"Loss and error of {one.run.name} by epoch")


def _architecture(one: At, _pair: list[At]) -> None:
    side = ask(ArchitectureQuery(str(one.run.path))).side(Look())
    figure = architecture_figures.draw(side.shown)
    _draw(figure, f"The network of {one.run.name} as a row of blocks")


def _patches(one: At, _pair: list[At]) -> None:
    run, epoch = one.run, one.epoch
    plan = plan_of(run)
    layer = deepest(plan)
    try:
        top = cached_patches(Choice(run, epoch), layer)
    except CacheMiss:
        st.info(
            f"The top patches of {layer} at epoch {epoch} are not computed yet.",
            icon=":material/photo_library:",
        )
        if st.button("Compute them", icon=":material/search:", key=f"mine {one.side}"):
            go_to("top_patches", run=name_of(run), epoch=epoch, layer=layer)
        return
    channels = top.score[:, 0].argsort(descending=True, stable=True)[:CHANNELS]
    image, row, col = (table[channels].flatten() for table in (top.image, top.row, top.col))
    images = SplitImages(data_of(run).val, run.preprocess)[image.clamp(min=0)]
    patches = cut(run.preprocess.picture(images), boxes(plan, layer, row, col))
    patches = patches.unflatten(0, (len(channels), -1))
    figure = top_patches_figure(
        patches, None, top.score[channels], channels.tolist(), layer=layer, epoch=epoch
    )
    _draw(figure, f"The strongest patches of {layer} of {run.name}")


def _draw(figure: Figure, alt: str) -> None:
    width = round(figure.get_figwidth() * DPI)
    st.image(png_of(figure, dark=is_dark()), width=min(width, COLUMN_PX), alt=alt)


LOOKS: dict[str, tuple[str, Callable[[At, list[At]], None]]] = {
    "filters": ("First filters", _filters),
    "curves": ("Curves", _curves),
    "architecture": ("Architecture", _architecture),
    "patches": ("Top patches", _patches),
}


def offer_recipes() -> None:
    """Choose a recipe, say where its data lie, start it."""
    st.markdown(
        "Each recipe trains a few variants of one network, each in a process of its own; you can "
        "leave and come back. The small setting is for two cores and half an hour at most, the "
        "full one for GPUs and ImageNet."
    )
    recipes = _recipes()
    with st.container(border=True):
        _form(recipes)
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
    st.caption(f"{plain(recipe.title)}: {plain(', '.join(recipe.variants))}{_takes(recipe)}")
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
