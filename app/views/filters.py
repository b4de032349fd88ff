"""The first filters on a page: how they are drawn, their sheet, and one of them large."""

from __future__ import annotations

from math import isnan
from typing import Any, cast

import streamlit as st

from app.shell import address
from app.shell.frame import Choice, go_to
from app.shell.runs import name_of
from app.widgets.drawing import pointed_at, show_figure
from app.widgets.sheets import tile_px
from viz.drawing.scales import Scale
from viz.filters import FilterScale, FiltersLook, FiltersShown, Order, first_layer
from viz.filters.figure import filter_planes_figure, filters_pointing
from viz.store.answer import Side

ORDERS = {"index": "as they are", "norm": "strongest first"}
SCALES = {"epochs": "one for all epochs", "shared": "this epoch's", "each": "each its own"}


def choose_look() -> FiltersLook:
    """Order and scale, in the row that the page has begun."""
    order, scale = _segments("Order", ORDERS, "order"), _segments("Scale", SCALES, "scale")
    return FiltersLook(cast(Order, order), cast(FilterScale, scale))


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


def show_sheet(side: Side, width_px: int, *, key: str = "filters", chosen: Any = None) -> Any:
    """All filters to point at; the channel that was just clicked, or None."""
    shown = side.shown
    tile = tile_px(len(shown.filters.tiles), width_px)
    figure = filters_pointing(shown.filters, chosen=chosen, tile_px=tile)
    alt = f"The {len(shown.filters.tiles)} filters of {shown.layer} after epoch {shown.epoch}"
    return pointed_at(figure, key=key, alt=alt)


def channel_in_address(filters: int) -> int | None:
    """The filter that the address names, if any."""
    return address.read("channel", lambda text: range(filters)[_natural(text)], None)


def choose_channel(clicked: int | None, channel: int | None) -> None:
    """A click on another filter than the chosen one chooses it."""
    if clicked is not None and clicked != channel:
        address.write(channel=clicked)
        st.rerun()


def _natural(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def inspect(
    shown: FiltersShown,
    channel: int | None,
    scale: Scale | None = None,
    *,
    of: Choice | None = None,
    key: str = "",
) -> None:
    """Draw the chosen filter, say how strong it is, and lead on to its patches.

    Args:
        shown: The network's filters.
        channel: Which, if one is chosen.
        scale: Of two networks, where they share one; the sheet's own if not given.
        of: Run and epoch, where there are two networks.
        key: Of the widgets, where there are several inspectors.
    """
    if channel is None:
        st.info("Click a filter to see it large, plane by plane.", icon=":material/ads_click:")
        return
    weight, filters = shown.weight.float(), shown.filters
    if scale is not None:
        filters = first_layer(shown.weight, order=shown.look.order, high=scale[2])
    place = filters.channel.tolist().index(channel)
    title = f"{shown.layer}, filter {channel}, epoch {shown.epoch}"
    high = float(weight.abs().max()) if isnan(filters.high) else filters.high
    figure = filter_planes_figure(weight[channel], filters.tiles[place], title=title, high=high)
    planes = "its red, green and blue planes" if weight.shape[1] == 3 else "its plane"
    show_figure(figure, alt=f"Filter {channel} enlarged, above {planes}")
    norms = weight.flatten(1).norm(dim=1)
    rank = int((norms > norms[channel]).sum()) + 1
    st.markdown(f"Norm **{float(norms[channel]):.3g}**, number {rank} of {len(norms)} by strength.")
    with st.container(horizontal=True, gap="small"):
        if st.button(
            "Its top patches", key=f"patches {key}", type="primary", icon=":material/photo_library:"
        ):
            run = {} if of is None else {"run": name_of(of.run), "epoch": of.epoch}
            go_to("top_patches", layer=shown.layer, channel=channel, **run)
        if st.button("Close", key=f"close {key}", type="tertiary"):
            address.write(channel=None)
            st.rerun()
