"""Filters: what do the first filters look for?"""

from __future__ import annotations

from typing import cast

import streamlit as st

from app import address
from app.downloads import made_by, offer
from app.drawing import pointed_at, show_figure
from app.frame import Choice, chosen, go_to
from app.panes import heading, panes
from app.sheets import tile_px
from training.runs import Run
from viz import filters as kernels
from viz.figures.film import film_figure, film_gif
from viz.figures.filter_planes import filter_planes_figure
from viz.figures.filters import filters_figure, filters_pointing
from viz.filters import Film, Filters, Order, Scale
from viz.results import blueprint

SHEET_PX = 670  # what a window of 1024 px has room for
ORDERS = {"index": "as they are", "norm": "strongest first"}
SCALES = {"shared": "one for all", "each": "each its own"}
PICTURES = {"epoch": "one epoch", "film": "film of all epochs"}


def filters(choice: Choice) -> None:
    heading(
        "Filters",
        "Each square is one filter: it wants the colours that it shows, and does not care where "
        "it is grey.",
    )
    layer = blueprint(choice.run).convolutions[0]
    picture, order, scale = _controls(len(choice.run.epochs))
    weight = choice.run.weight(choice.epoch, f"{layer}.weight")
    choice.warn_of([] if weight.isfinite().all() else [layer])
    result = kernels.first_layer(weight, scale=scale, order=order)
    left, right = panes()
    channel = _channel(len(weight))
    with left:
        if picture == "film":
            _film(choice, layer)
        else:
            _sheet(choice, layer, result, channel, order, scale)
    with right:
        _inspector(choice, layer, result, channel)


def _controls(epochs: int) -> tuple[str, Order, Scale]:
    with st.container(horizontal=True, gap="large", vertical_alignment="bottom"):
        picture = _segments("Picture", PICTURES, "picture") if epochs > 1 else "epoch"
        still = picture == "epoch"
        order = _segments("Order", ORDERS, "order") if still else "index"
        scale = _segments("Scale", SCALES, "scale") if still else "shared"
    return picture, cast(Order, order), cast(Scale, scale)


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
    choice: Choice, layer: str, result: Filters, channel: int | None, order: Order, scale: Scale
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
    flags = f"--epoch {epoch} --order {order} --scale {scale}"
    offer(
        lambda: filters_figure(result, title=title),
        lambda: {"filters": result.tiles.numpy(), "channel": result.channel.numpy()},
        name=f"{choice.run.name}-filters-epoch-{epoch}",
        made=made,
        shell=f"python -m viz filters {path} {flags} --out filters.png",
        python=PYTHON.format(path=path, epoch=epoch, layer=layer, order=order, scale=scale),
    )


PYTHON = """\
from training.runs import Run
from viz.filters import first_layer

weight = Run.open("{path}").weight({epoch}, "{layer}.weight")
filters = first_layer(weight, order="{order}", scale="{scale}")"""


def _film(choice: Choice, layer: str) -> None:
    run = choice.run
    digests = tuple(run.digest(epoch) for epoch in run.epochs)
    gif = _gif(str(run.path), layer, digests)
    st.image(gif, alt=f"The filters of {layer} growing over {len(digests)} epochs")
    st.caption("One scale for all epochs: what grows brighter grows stronger.")
    offer(
        lambda: film_figure(_film_of(run, layer)),
        lambda: {"tiles": _film_of(run, layer).tiles.numpy()},
        name=f"{run.name}-film",
        made={**made_by(choice, "film", layer=layer), "epochs": run.epochs},
        shell=f"python -m viz film {run.path} --out film.gif",
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


def _inspector(choice: Choice, layer: str, result: Filters, channel: int | None) -> None:
    if channel is None:
        st.info(
            "Click a filter to see it large, with its three planes.", icon=":material/ads_click:"
        )
        return
    weight = choice.run.weight(choice.epoch, f"{layer}.weight").float()
    place = result.channel.tolist().index(channel)
    title = f"{layer}, filter {channel}, epoch {choice.epoch}"
    high = float(weight.abs().max())
    figure = filter_planes_figure(weight[channel], result.tiles[place], title=title, high=high)
    show_figure(figure, alt=f"Filter {channel} enlarged, above its red, green and blue planes")
    norms = weight.flatten(1).norm(dim=1)
    rank = int((norms > norms[channel]).sum()) + 1
    st.markdown(f"Norm **{float(norms[channel]):.3g}**, number {rank} of {len(norms)} by strength.")
    with st.container(horizontal=True, gap="small"):
        if st.button("Its top patches", type="primary", icon=":material/photo_library:"):
            go_to("top_patches", layer=layer, channel=channel)
        if st.button("Close", type="tertiary"):
            address.write(channel=None)
            st.rerun()


filters(chosen())
