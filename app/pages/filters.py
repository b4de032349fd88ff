"""Filters: what do the first filters look for?"""

from __future__ import annotations

from math import isnan
from typing import cast

import streamlit as st

from app import address
from app.deeper_filters import show_planes
from app.downloads import made_by, offer
from app.drawing import pointed_at, show_figure
from app.frame import Choice, compared, go_to, layer_picker
from app.panes import BESIDE_PX, heading, panes
from app.runs import name_of
from app.sheets import tile_px
from training.runs import Run
from viz import filters as kernels
from viz import results
from viz.export import command_line, how_made
from viz.figures.film import film_figure, film_gif
from viz.figures.filter_planes import filter_planes_figure
from viz.figures.filters import filters_beside_figure, filters_figure, filters_pointing
from viz.filters import Film, Filters, Order

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
        _beside(choices, order, scale)
        return
    result = _first_filters(choice, scale, order)
    left, right = panes()
    channel = _channel(len(result.channel))
    with left:
        if picture == "film":
            _film(choice, layer)
        else:
            _sheet(choice, layer, result, channel, order, scale)
    with right:
        _inspector(choice, layer, result, channel)


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


def _beside(choices: list[Choice], order: Order, scale: results.FilterScale) -> None:
    """A, B and what B has more, on one scale; a click shows that filter's planes in both."""
    pair = [(each.run, each.epoch) for each in choices]
    drawn = results.filters_beside(pair, scale=scale, order=order)
    titles = ["A", "B", "B − A"]
    names = [each.title for each in choices]
    channel = _channel(max(len(each.channel) for each in drawn))
    row = st.container(horizontal=True, gap="medium")
    for place, (title, each) in enumerate(zip(titles, drawn, strict=False)):
        with row.container(width=BESIDE_PX):
            about = f": {names[place]}" if place < len(names) else ", on the same scale"
            st.markdown(f"**{title}**{about}")
            figure = filters_pointing(
                each, chosen=channel, tile_px=tile_px(len(each.tiles), BESIDE_PX)
            )
            alt = f"The {len(each.tiles)} filters of {title}"
            clicked = pointed_at(figure, key=f"filters {title}", alt=alt)
            if clicked is not None and clicked != channel:
                address.write(channel=clicked)
                st.rerun()
    if len(drawn) < len(titles):
        st.caption(
            "There is no difference to show: each filter has a scale of its own."
            if scale == "each"
            else "There is no difference to show: the filters have different shapes."
        )
    _offer_beside(choices, drawn, order, scale)
    if channel is None:
        st.info("Click a filter to see it large in both.", icon=":material/ads_click:")
        return
    row = st.container(horizontal=True, gap="medium")
    for title, choice, each in zip(titles, choices, drawn, strict=False):
        if channel < len(each.channel):
            with row.container(width=BESIDE_PX):
                layer = results.blueprint(choice.run).convolutions[0]
                _inspector(choice, layer, each, channel, key=title)


def _offer_beside(
    choices: list[Choice], drawn: list[Filters], order: Order, scale: results.FilterScale
) -> None:
    choice, other = choices
    names = ["A", "B", "B − A"]
    labels = [f"{each.run.name}, epoch {each.epoch}" for each in choices]
    sheets = [(label, each) for label, each in zip([*labels, names[2]], drawn, strict=False)]
    keys = ("filters", "second", "difference")
    offer(
        lambda: filters_beside_figure(sheets),
        lambda: {key: each.tiles.numpy() for key, each in zip(keys, drawn, strict=False)},
        name=f"{choice.run.name}-filters-epoch-{choice.epoch}-beside-{other.epoch}",
        made=made_by(choice, "filters", order=order, scale=scale, beside=labels[1]),
        shell=command_line(
            "filters",
            choice.run.path,
            epoch=choice.epoch,
            order=order,
            scale=scale,
            beside=other.run.path,
            beside_epoch=other.epoch,
            out="filters.png",
        ),
        python=BESIDE_PYTHON.format(
            path=choice.run.path,
            epoch=choice.epoch,
            other=other.run.path,
            other_epoch=other.epoch,
            order=order,
            scale=scale,
        ),
    )


BESIDE_PYTHON = """\
from training.runs import Run
from viz import results

pair = [(Run.open("{path}"), {epoch}), (Run.open("{other}"), {other_epoch})]
drawn = results.filters_beside(pair, scale="{scale}", order="{order}")"""


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


def _channel(filters: int) -> int | None:
    """The filter that the address names, if any."""
    return address.read("channel", lambda text: range(filters)[_natural(text)], None)


def _natural(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


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
from viz.figures.film import film_gif
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


def _inspector(
    choice: Choice, layer: str, result: Filters, channel: int | None, key: str = ""
) -> None:
    if channel is None:
        st.info(
            "Click a filter to see it large, with its three planes.", icon=":material/ads_click:"
        )
        return
    weight = choice.run.weight(choice.epoch, f"{layer}.weight").float()
    place = result.channel.tolist().index(channel)
    title = f"{layer}, filter {channel}, epoch {choice.epoch}"
    high = float(weight.abs().max()) if isnan(result.high) else result.high
    figure = filter_planes_figure(weight[channel], result.tiles[place], title=title, high=high)
    show_figure(figure, alt=f"Filter {channel} enlarged, above its red, green and blue planes")
    norms = weight.flatten(1).norm(dim=1)
    rank = int((norms > norms[channel]).sum()) + 1
    st.markdown(f"Norm **{float(norms[channel]):.3g}**, number {rank} of {len(norms)} by strength.")
    with st.container(horizontal=True, gap="small"):
        if st.button(
            "Its top patches", key=f"patches {key}", type="primary", icon=":material/photo_library:"
        ):
            run = {"run": name_of(choice.run), "epoch": choice.epoch} if key else {}
            go_to("top_patches", layer=layer, channel=channel, **run)
        if st.button("Close", key=f"close {key}", type="tertiary"):
            address.write(channel=None)
            st.rerun()


page()
