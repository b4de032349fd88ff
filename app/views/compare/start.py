"""The shipped recipes on a page: what each tries, how long it takes, and how to start it."""

from __future__ import annotations

import time

import streamlit as st

from app.jobs import job as jobs
from app.shell import address
from app.shell.errors import plain, readable
from app.shell.paths import runs_root
from app.shell.words import duration
from app.views.compare.recipes import NAME, free_name
from training.data import describe
from training.errors import WorkbenchError
from training.recipe import SETTINGS, SHIPPED, Recipe, RecipeError, read_recipe, shipped

LOOK_EVERY_S = 0.5


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
                st.markdown(f"**{plain(recipe.title)}**{_time(recipe)}  \n{plain(recipe.claim)}")


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
    st.caption(f"{plain(recipe.title)}: {plain(', '.join(recipe.variants))}{_time(recipe)}")
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
    words = plain(jobs.training_log(name) or "It ended without a word.")
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


def _time(recipe: Recipe) -> str:
    if recipe.minutes is None:
        return ""
    where = f" on {plain(recipe.machine)}" if recipe.machine else ""
    return f" · about {duration(60 * recipe.minutes)}{where}"
