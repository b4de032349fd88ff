"""The same channels of two networks: A's top patches beside B's."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from matplotlib.figure import Figure

from app.shell.errors import plain
from app.shell.frame import Choice
from app.shell.runs import data_of
from app.views.top_patches.inspector import inspect
from app.views.top_patches.sheets import draw_sheet, say_silent, tiles_of, top_patches_of
from app.widgets.downloads import made_by, offer
from app.widgets.layout import BESIDE_PX, INSPECTOR_PX, columns
from training.data import Data
from training.errors import WorkbenchError
from viz import results
from viz.network.layers import mined_together
from viz.store.cache import to_arrays
from viz.store.export import command_line
from viz.top_patches import TopPatches
from viz.top_patches.figure import Nine, top_patches_beside_figure
from viz.top_patches.patch_sheet import pitch_of

GAP_PX = 32  # between columns


@dataclass(frozen=True)
class Side:
    """One of the two."""

    name: str  # A or B
    choice: Choice
    data: Data
    top: TopPatches

    def having(self, channels: list[int]) -> list[int]:
        """Those of the channels that its layer has."""
        return [channel for channel in channels if channel < len(self.top.score)]


def other_side(choice: Choice, layer: str) -> Side | None:
    """B, mined where it has to be; a word and None where it has no such layer or no images."""
    plan = results.blueprint(choice.run)
    try:
        plan.require_layer(layer)
        data = data_of(choice.run)
    except WorkbenchError as error:
        st.info(f"B, {choice.title}, is not shown. {plain(str(error))}", icon=":material/info:")
        return None
    choice.check()
    return Side("B", choice, data, top_patches_of(choice, layer, mined_together(plan, layer)))


def show_beside(sides: list[Side], layer: str, shown: list[int], channel: int) -> None:
    """A row for each channel, A's patches beside B's; A's chosen channel in the inspector."""
    row = st.container(horizontal=True, gap="small")
    with row.container(width=2 * BESIDE_PX + GAP_PX):
        draw_sheets(sides, layer, shown, channel)
        if sides[0].choice.run.path != sides[1].choice.run.path:
            st.caption(
                "Two runs learn their channels apart: the same number means little, unless one "
                "began with the other's weights."
            )
        offer_beside(sides, layer, shown)
    with row.container(width=INSPECTOR_PX):
        first = sides[0]
        st.markdown("**A**, in its images")
        inspect(first.choice, first.data, layer, first.top, channel)


def draw_sheets(sides: list[Side], layer: str, shown: list[int], channel: int) -> None:
    """Two sheets whose rows stand level, whatever the size of their tiles."""
    channels = [side.having(shown) for side in sides]
    pitches = [
        pitch_of(tiles_of(side.choice, layer, side.top, own[:1]))
        for side, own in zip(sides, channels, strict=True)
        if own
    ]
    places = columns([f"**{side.name}**: {side.choice.title}" for side in sides])
    for side, own, column in zip(sides, channels, places, strict=True):
        with column:
            if own:
                draw_sheet(
                    side.choice,
                    side.data,
                    layer,
                    side.top,
                    own,
                    channel,
                    width_px=BESIDE_PX,
                    pitch=max(pitches),
                    key=f"{side.name} ",
                )
            if len(own) < len(shown):
                st.caption(f"Its {layer} has {len(side.top.score)} channels only.")
            say_silent(side.top)


def offer_beside(sides: list[Side], layer: str, shown: list[int]) -> None:
    """The same rows for print, with the lines that draw them."""
    a, b = (side.choice for side in sides)
    names = [f"{each.run.name}, epoch {each.epoch}" for each in (a, b)]

    def figure() -> Figure:
        drawn = []
        for side, name in zip(sides, names, strict=True):
            own, choice = side.having(shown), side.choice
            nine = results.gallery_of(choice.run, choice.epoch, layer, side.top, own)
            drawn.append(Nine(name, own, nine, side.top.score[own]))
        return top_patches_beside_figure(drawn, layer=layer)

    second = {f"second_{name}": array for name, array in to_arrays(sides[1].top).items()}
    offer(
        figure,
        lambda: to_arrays(sides[0].top) | second,
        name=f"{a.run.name}-top-patches-{layer}-epoch-{a.epoch}-beside-{b.epoch}",
        made=made_by(a, "top-patches", layer=layer, split="val", channels=shown, beside=names[1]),
        shell=command_line(
            "top-patches",
            a.run.path,
            epoch=a.epoch,
            layer=layer,
            channels=shown,
            beside=b.run.path,
            beside_epoch=b.epoch,
            out="top-patches.png",
        ),
        python=PYTHON.format(
            path=a.run.path, epoch=a.epoch, other=b.run.path, other_epoch=b.epoch, layer=layer
        ),
    )


PYTHON = """\
from training.runs import Run
from viz import results

pair = [(Run.open("{path}"), {epoch}), (Run.open("{other}"), {other_epoch})]
[results.top_patches(run, epoch, ["{layer}"])["{layer}"] for run, epoch in pair]"""
