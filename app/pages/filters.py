"""Filters: what do the first filters look for?"""

from __future__ import annotations

from typing import cast

import streamlit as st

from app.shell import address
from app.shell.frame import Choice, compared, layer_picker
from app.views.filters.deeper_filters import show_planes
from app.views.filters.inspector import channel_in_address, inspect
from app.views.filters.pair import show_beside
from app.widgets.downloads import made_by, offer
from app.widgets.drawing import pointed_at
from app.widgets.layout import heading, panes
from app.widgets.sheets import tile_px
from training.runs import Run
from viz import results
from viz.film.figure import film_figure, film_gif
from viz.filters import Film, Filters, Order
from viz.filters import compute as kernels
from viz.filters.figure import filters_figure, filters_pointing
from viz.store.export import command_line, how_made

SHEET_PX = 670  # what a window of 1024 px has room for
ORDERS = {"index": "as they are", "norm": "strongest first"}
SCALES = {"epochs": "one for all epochs", "shared": "this epoch's", "each": "each its own"}
PICTURES = {"epoch": "one epoch", "film": "film of all epochs"}


def page() -> None:
    heading(
        "Filters",
        "Each square of the first layer is one filter: it wants the colours that it shows, and "
        "does not care where it is grey.",
    )
    choices = compared()
    choice = choices[0]
    plan = results.blueprint(choice.run)
    layer = plan.convolutions[0]
    controls = st.container(horizontal=True, gap="medium", vertical_alignment="bottom")
    with controls.container(width=235):
        chosen_layer = layer_picker(plan, [layer, *results.with_planes(choice.run)], layer)
    if chosen_layer != layer:
        show_planes(choice, chosen_layer, controls)
        if len(choices) > 1:
            st.caption(f"Only the filters of {layer} are shown beside others.")
        return
    with controls:
        picture, order, scale = _controls(len(choice.run.epochs))
    for each in choices:
        name = results.first_weight(each.run)
        finite = each.run.weight(each.epoch, name).isfinite().all()
        each.warn_of([] if finite else [name.removesuffix(".weight")])
    if len(choices) > 1 and picture == "epoch":
        show_beside(choices, order, scale)
        return
    result = _first_filters(choice, scale, order)
    left, right = panes()
    channel = channel_in_address(len(result.channel))
    with left:
        if picture == "film":
            _film(choice, layer)
        else:
            _sheet(choice, layer, result, channel, order, scale)
    with right:
        inspect(choice, layer, result, channel)


def _first_filters(choice: Choice, scale: results.FilterScale, order: Order) -> Filters:
    run = choice.run
    weight = run.weight(choice.epoch, results.first_weight(run))
    if scale != "epochs":
        return kernels.first_layer(weight, scale=scale, order=order)
    digests = tuple(run.digest(epoch) for epoch in run.epochs)
    return kernels.first_layer(weight, order=order, high=_full_colour(str(run.path), digests))


@st.cache_data(max_entries=32, show_spinner="Reading the filters of all epochs")
def _full_colour(run_path: str, digests: tuple[str, ...]) -> float:
    """One scale for all epochs, read once for all of them."""
    del digests  # part of the key only
    return results.full_colour(Run.open(run_path))


def _controls(epochs: int) -> tuple[str, Order, results.FilterScale]:
    picture = _segments("Picture", PICTURES, "picture") if epochs > 1 else "epoch"
    still = picture == "epoch"
    order = _segments("Order", ORDERS, "order") if still else "index"
    scale = _segments("Scale", SCALES, "scale") if still else "epochs"
    return picture, cast(Order, order), cast(results.FilterScale, scale)


def _segments(label: str, words: dict[str, str], name: str) -> str:
    """One of a few; the first is the default."""
    return address.pick(
        st.segmented_control,
        label,
        list(words),
        name=name,
        default=next(iter(words)),
        format_func=words.__getitem__,
        width="content",
    )


def _sheet(
    choice: Choice,
    layer: str,
    result: Filters,
    channel: int | None,
    order: Order,
    scale: results.FilterScale,
) -> None:
    tile = tile_px(len(result.tiles), SHEET_PX)
    figure = filters_pointing(result, chosen=channel, tile_px=tile)
    alt = f"The {len(result.tiles)} filters of {layer} after epoch {choice.epoch}"
    clicked = pointed_at(figure, key="filters", alt=alt)
    if clicked is not None and clicked != channel:
        address.write(channel=clicked)
        st.rerun()
    title = f"First filters, epoch {choice.epoch}"
    made = made_by(choice, "filters", layer=layer, order=order, scale=scale)
    path, epoch = choice.run.path, choice.epoch
    offer(
        lambda: filters_figure(result, title=title),
        lambda: {"filters": result.tiles.numpy(), "channel": result.channel.numpy()},
        name=f"{choice.run.name}-filters-epoch-{epoch}",
        made=made,
        shell=command_line(
            "filters", path, epoch=epoch, order=order, scale=scale, out="filters.png"
        ),
        python=PYTHON.format(path=path, epoch=epoch, order=order, scale=scale),
    )


PYTHON = """\
from training.runs import Run
from viz import results

filters = results.first_filters(Run.open("{path}"), {epoch}, scale="{scale}", order="{order}")"""


def _film(choice: Choice, layer: str) -> None:
    run = choice.run
    digests = tuple(run.digest(epoch) for epoch in run.epochs)
    gif = _gif(str(run.path), layer, digests)
    st.image(gif, alt=f"The filters of {layer} growing over {len(digests)} epochs")
    st.caption("One scale for all epochs: what grows brighter grows stronger.")
    offer(
        lambda: film_figure(_film_of(run, layer)),
        lambda: {
            "tiles": _film_of(run, layer).tiles.numpy(),
            "epoch": _film_of(run, layer).epoch.numpy(),
        },
        name=f"{run.name}-film",
        made=how_made("film", run, run.epochs, layer=layer),
        shell=command_line("film", run.path, out="film.gif"),
        python=FILM_PYTHON.format(path=run.path, layer=layer),
        more={"gif": lambda: gif},
    )


FILM_PYTHON = """\
from training.runs import Run
from viz.film.figure import film_gif
from viz.filters import film

run = Run.open("{path}")
gif = film_gif(film({{epoch: run.weight(epoch, "{layer}.weight") for epoch in run.epochs}}))"""


@st.cache_data(max_entries=8, show_spinner="Making the film")
def _gif(run_path: str, layer: str, digests: tuple[str, ...]) -> bytes:
    """The film as GIF; a new epoch or retrained weights make a new one."""
    del digests  # part of the key only
    made = _film_of(Run.open(run_path), layer)
    return film_gif(made, tile_px=tile_px(made.tiles.shape[1], SHEET_PX - 20))


def _film_of(run: Run, layer: str) -> Film:
    return kernels.film({epoch: run.weight(epoch, f"{layer}.weight") for epoch in run.epochs})


page()
