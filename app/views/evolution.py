"""Some channels of one run over its epochs, and when each of them settles."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from torch import nn

from app.jobs.ask import ask
from app.shell.frame import Choice, go_to
from app.shell.runs import name_of
from app.widgets.drawing import show_figure
from app.widgets.layout import picture_and_inspector, show_pixels
from training.models import Network
from training.runs import Run
from viz.drawing.sheet import factor, sheet
from viz.drawing.style import number
from viz.evolution import (
    Evolution,
    EvolutionLook,
    EvolutionQuery,
    filter_settled,
    same_image_since,
    spread,
)
from viz.filters import film
from viz.store.answer import Side
from viz.store.view import draw

FILTER_PX = 46


def query_of(choice: Choice, layer: str, channels: list[int]) -> EvolutionQuery:
    """Some channels of a layer at a few epochs of a run."""
    epochs = tuple(spread(choice.run.epochs))
    return EvolutionQuery(
        str(choice.run.path), layer=layer, channels=tuple(channels), epochs=epochs
    )


def show(query: EvolutionQuery, choice: Choice, plan: Network) -> Side | None:
    """One run's channels over its epochs, and when they settle; None while a job is at work."""
    channels, epochs = query.channels, query.epochs
    reply = ask(query, f"Following {len(channels)} channels over {len(epochs)} epochs")
    if reply.answer is None:
        return None
    side = reply.side(EvolutionLook())
    picture, inspector = picture_and_inspector()
    with picture:
        show_figure(
            draw(side),
            alt=f"Strongest patch and projection of {query.layer}, channels {list(channels)}, "
            f"at epochs {list(epochs)}",
        )
    with inspector:
        inspect(choice, plan, side.shown.evolution)
    return side


def filters_settled(run: Run, layer: str) -> list[int]:
    """The epoch at which each filter of a convolution has settled, over all that are sound."""
    return _filters_settled(str(run.path), layer, dict(run.sound(run.epochs).digests))


@st.cache_data(max_entries=32, show_spinner="Reading the filters of all epochs")
def _filters_settled(run_path: str, layer: str, digests: dict[int, str]) -> list[int]:
    run = Run.open(run_path)  # the digests themselves are part of the key only
    return filter_settled({epoch: run.weight(epoch, f"{layer}.weight") for epoch in digests})


def inspect(choice: Choice, plan: Network, result: Evolution) -> None:
    """Where each channel settles, and for conv1 its filters."""
    name = name_of(choice.run)
    st.markdown("**When they settle**")
    channels = result.channel.tolist()
    since = same_image_since(result.epoch, result.image)
    has_filters = isinstance(plan.layers[result.layer], nn.Conv2d)
    by_filter = filters_settled(choice.run, result.layer) if has_filters else []
    rows = []
    for place, channel in enumerate(channels):
        epoch = since[place]
        row = {
            "channel": channel,
            "same image since": "still changing" if epoch is None else f"epoch {epoch}",
        }
        if by_filter:
            row["same filter since"] = f"epoch {by_filter[channel]}"
        row["activation"] = (
            f"{number(float(result.score[0, place]))} → {number(float(result.score[-1, place]))}"
        )
        rows.append(row)
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    st.caption(
        "A channel has settled where its strongest image stays the same to the last epoch shown, "
        "and its filter where its cosine to the last epoch's is at least 0.9 from then on."
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        with st.container(width=140):
            channel = st.selectbox("Channel", channels, key=f"channel of {name}")
        if st.button("Its top patches", key=f"patches of {name}", icon=":material/photo_library:"):
            go_to("top_patches", run=name, layer=result.layer, channel=channel)
    if result.layer == plan.convolutions[0]:
        draw_filters(choice.run, result)


def draw_filters(run: Run, result: Evolution) -> None:
    """The kernels themselves: only the first layer's can be seen as colours."""
    st.markdown("**The filters themselves**")
    epochs = result.epoch.tolist()
    name = f"{result.layer}.weight"
    weights = {epoch: run.weight(epoch, name)[result.channel] for epoch in epochs}
    tiles = film(weights).tiles.transpose(0, 1).flatten(0, 1)  # channels down
    pixels, _ = sheet(tiles, len(epochs), gap=3, enlarge=factor(tiles.shape[1], FILTER_PX))
    show_pixels(
        pixels,
        caption=f"Channels {', '.join(map(str, result.channel.tolist()))} from above, epochs "
        f"{', '.join(map(str, epochs))} across; one scale, mid grey is a weight of zero",
        alt=f"Filters of channels {result.channel.tolist()} by epoch",
    )
