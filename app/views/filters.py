"""The first filters on a page: how they are drawn, their sheet, and one of them large."""

from __future__ import annotations

from math import isnan
from typing import Any, Literal, cast

import numpy as np
import streamlit as st
from torch import nn

from app.shell import address
from app.shell.frame import Choice, go_to
from app.shell.runs import name_of
from app.widgets.bars import scale_bar
from app.widgets.cached_patches import nine_patches
from app.widgets.drawing import pointed_at, show_figure
from viz.drawing.pointing import point_at_sheet
from viz.drawing.scales import Scale
from viz.drawing.sheet import sheet
from viz.drawing.style import GREY, number
from viz.drawing.words import percent
from viz.filters import FilterScale, FiltersLook, FiltersShown, Order
from viz.filters.figure import ORDERS, filter_planes_figure, filters_pointing, label_of
from viz.filters.query import drawn_as
from viz.network.spectra import spectra
from viz.network.weights import full_colour, healed
from viz.store.answer import Side
from viz.store.lend import plan_of

SCALES = {
    "epochs": "all epochs alike",
    "shared": "this epoch",
    "each": "each its own",
}
PATCH_PX = 96  # one of nine in the inspector


def choose_look() -> FiltersLook:
    """Order and scale, in the row that the page has begun."""
    order = _choose("Order", dict(ORDERS), "order")
    return FiltersLook(cast(Order, order), cast(FilterScale, _choose("Scale", SCALES, "scale")))


def _choose(label: str, words: dict[Any, str], name: str) -> str:
    """One of a few; the first is the default."""
    return address.pick(
        st.selectbox,
        label,
        list(words),
        name=name,
        default=next(iter(words)),
        format_func=words.__getitem__,
        width=155,
    )


def say_what_they_are(choice: Choice, shown: FiltersShown) -> None:
    """How many, how many for colour, and how fine they are beside what the stride can carry."""
    weight = healed(shown.weight)
    stride = stride_of(choice, shown.layer)
    found = spectra(weight, stride)
    count, _, height, width = weight.shape
    words = [f"**{count} filters of {height} × {width} px** in {shown.layer}"]
    if weight.shape[1] == 3:
        coloured = int((found.colour > 0.5).sum())
        words.append(f"{coloured} look for colour first, {count - coloured} for light and dark")
    if stride > 1:
        words.append(
            f"{percent(found.aliased_energy, 0)} of their energy is finer than stride {stride} "
            "can carry"
        )
    st.markdown("; ".join(words) + ".")


def stride_of(choice: Choice, layer: str) -> int:
    """Of the first convolution."""
    convolution = plan_of(choice.run).layers[layer]
    assert isinstance(convolution, nn.Conv2d)
    return int(convolution.stride[0])


def show_sheet(side: Side, width_px: int, *, key: str = "filters", chosen: Any = None) -> Any:
    """All filters to point at above their scale; the channel that was just clicked, or None."""
    shown = side.shown
    figure = filters_pointing(shown.filters, chosen=chosen, width_px=width_px)
    alt = f"The {len(shown.filters.tiles)} filters of {shown.layer} after epoch {shown.epoch}"
    clicked = pointed_at(figure, key=key, alt=alt)
    show_scale(shown)
    return clicked


def show_scale(shown: FiltersShown, scale: Scale | None = None) -> None:
    """What black, mid grey and white stand for.

    Args:
        shown: The filters.
        scale: That two networks share.
    """
    _, low, high = scale or (GREY, shown.filters.low, shown.filters.high)
    if isnan(shown.filters.high):
        st.caption(
            "Each filter from its least weight (black) to its greatest (white): patterns show, "
            "strengths do not compare, and grey is not zero."
        )
        return
    which = SCALES[shown.look.scale] if scale is None else "A and B alike"
    words = f"{label_of(shown.weight)} · scale: {which} · mid grey is 0"
    scale_bar(GREY, number(low), f"+{number(high)}", words)


def channel_in_address(shown: FiltersShown) -> int:
    """The filter that the address names; the strongest where it names none."""
    strongest = int(healed(shown.weight).flatten(1).norm(dim=1).argmax())
    count = len(shown.weight)
    return address.read("channel", lambda text: range(count)[_natural(text)], strongest)


def choose_channel(clicked: int | None, channel: int) -> None:
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
    choice: Choice,
    shown: FiltersShown,
    channel: int,
    scale: Scale | None = None,
    *,
    key: str = "",
) -> None:
    """Draw the chosen filter, say how strong it is, and lead on to its patches.

    Its planes are on the scale of all epochs whatever the sheet's is: one filter, one number.

    Args:
        choice: Whose it is.
        shown: The network's filters.
        channel: Which.
        scale: Of two networks, where they share one.
        key: Of the widgets, where there are several inspectors.
    """
    weight, look = shown.weight.float(), shown.look
    high = full_colour(choice.run, shown.layer) if scale is None else scale[2]
    tile = drawn_as(weight, FiltersLook(scale=look.scale), high).tiles[channel]
    title = f"{shown.layer}, filter {channel}, epoch {shown.epoch}"
    stride = stride_of(choice, shown.layer)
    figure = filter_planes_figure(
        healed(weight)[channel], tile, title=title, high=high, stride=stride
    )
    planes = "its red, green and blue planes" if weight.shape[1] == 3 else "its plane"
    show_figure(figure, alt=f"Filter {channel} enlarged beside its spectrum, above {planes}")
    norms = weight.flatten(1).norm(dim=1)
    rank = int((norms > norms[channel]).sum()) + 1
    st.markdown(f"Norm **{float(norms[channel]):.3g}**, number {rank} of {len(norms)} by strength.")
    lead_to_patches(choice, shown.layer, channel, key)


def lead_to_patches(
    choice: Choice, layer: str, channel: int, key: str, label: str = "Its top patches"
) -> None:
    """The nine patches that excite it most; a click on one, or the button, leads to them."""
    tiles = nine_patches(choice, layer, channel)
    leads = {"run": name_of(choice.run), "epoch": choice.epoch, "layer": layer, "channel": channel}
    if tiles is not None and len(tiles):
        st.markdown(f"**What excites {layer}, {channel} most**; click one for more")
        pixels, grid = nine(tiles)
        places = list(range(1, len(tiles) + 1))
        hover = [f"patch {place} of {layer}, channel {channel}" for place in places]
        alt = f"The strongest patches of {layer}, channel {channel}"
        figure = point_at_sheet(pixels, grid, places, hover)
        place = pointed_at(figure, key=f"nine {layer} {channel} {key}", alt=alt)
        if place is not None:
            go_to("top_patches", place=place, **leads)
    kind: Literal["primary", "secondary"] = "secondary" if key == "below" else "primary"
    if st.button(label, key=f"patches {key}", type=kind, icon=":material/photo_library:"):
        go_to("top_patches", **leads)


def nine(tiles: np.ndarray) -> Any:
    """(k, h, w, 4) uint8 as a square of patches, enlarged by a whole factor."""
    by = max(1, PATCH_PX // tiles.shape[1])
    return sheet(tiles / 255, 3, gap=3, enlarge=by)
