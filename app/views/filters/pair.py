"""The first filters of two networks beside each other, and what the second has more."""

from __future__ import annotations

import streamlit as st

from app.shell import address
from app.shell.frame import Choice
from app.views.filters.inspector import channel_in_address, inspect
from app.widgets.downloads import made_by, offer
from app.widgets.drawing import pointed_at
from app.widgets.sheets import tile_px
from viz import results
from viz.filters import Filters, Order
from viz.filters.figure import filters_beside_figure, filters_pointing
from viz.store.export import command_line

BESIDE_PX = 350  # two in a window of 1024 px, three in one of 1440 px


def show_beside(choices: list[Choice], order: Order, scale: results.FilterScale) -> None:
    """A, B and what B has more, on one scale; a click shows that filter's planes in both."""
    pair = [(each.run, each.epoch) for each in choices]
    drawn = results.filters_beside(pair, scale=scale, order=order)
    titles = ["A", "B", "B − A"]
    names = [each.title for each in choices]
    channel = channel_in_address(max(len(each.channel) for each in drawn))
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
                inspect(choice, layer, each, channel, key=title)


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
