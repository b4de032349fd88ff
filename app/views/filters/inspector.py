"""One filter of the first layer, large, with its planes."""

from __future__ import annotations

from math import isnan

import streamlit as st

from app.shell import address
from app.shell.frame import Choice, go_to
from app.shell.runs import name_of
from app.widgets.drawing import show_figure
from viz.filters import Filters
from viz.filters.planes_figure import filter_planes_figure


def channel_in_address(filters: int) -> int | None:
    """The filter that the address names, if any."""
    return address.read("channel", lambda text: range(filters)[_natural(text)], None)


def _natural(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def inspect(
    choice: Choice, layer: str, result: Filters, channel: int | None, key: str = ""
) -> None:
    """Draw the chosen filter, say how strong it is, and lead on to its patches.

    Args:
        choice: Whose.
        layer: The first convolution.
        result: Its filters, on the scale of the sheet.
        channel: Which, if one is chosen.
        key: Of the widgets, where there are several inspectors.
    """
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
