"""One unit of a feature map in the inspector: where it looks, and what it saw by three rules."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from app.shell.frame import Choice, go_to
from app.views.feature_maps.backward_rule import WAYS, passing
from app.views.feature_maps.chosen_unit import (
    Unit,
    box_of,
    choose_channel_and_rule,
    draw_unit,
    point_at_map,
    project_unit,
)
from app.widgets.downloads import made_by, offer
from app.widgets.images import ChosenImage
from app.widgets.layout import show_pixels
from training.models import Network
from viz.deconvnet import RuleName
from viz.deconvnet.control import control
from viz.deconvnet.figure import deconvnet_figure
from viz.drawing.outline import projection_pixels
from viz.drawing.sheet import sheet
from viz.feature_maps import FeatureMaps
from viz.feature_maps.figure import map_scale
from viz.network.layers import source_of
from viz.store.export import command_line

WAY_PX = 128


def inspect(
    choice: Choice,
    network: Network,
    image: ChosenImage,
    maps: FeatureMaps,
    unit: Unit,
) -> None:
    """One unit: where it looks, what the deconvnet says it saw, and its map to choose another."""
    channel, rule = choose_channel_and_rule(maps)
    seen = choice.run.preprocess(image.picture)
    ways = {each: project_unit(network, seen, maps.layer, channel, unit, each) for each in WAYS}
    projection = ways[rule]
    activation = float(maps.maps[channel, unit[0], unit[1]])
    box = box_of(network, maps.layer, unit)
    draw_unit(choice, image, maps, channel, unit, box, projection, rule)
    if activation <= 0 and rule == "deconvnet":
        st.info(
            "The unit does not fire here, so the deconvnet has nothing to project. What is shown "
            "is what it would pass back.",
            icon=":material/info:",
        )
    st.caption(passing(network, maps.layer, rule))
    three = [projection_pixels(each, WAY_PX, box) for each in ways.values()]
    show_pixels(
        sheet(np.stack(three) / 255, 3, gap=2)[0],
        caption=f"The same unit by {', '.join(map(str.lower, WAYS.values()))}",
        alt=f"{maps.layer}, channel {channel}, by {len(WAYS)} rules",
    )
    if len(maps.maps) > 1:
        show_control(network, seen, maps.layer, channel, unit, projection, rule)
    draw_map(maps, channel, unit)
    if st.button("Top patches of this channel", icon=":material/photo_library:"):
        go_to("top_patches", layer=source_of(network, maps.layer), channel=channel)
    offer_projection(choice, image, maps.layer, channel, unit, projection, box, rule)


def show_control(
    network: Network,
    image: Tensor,
    layer: str,
    channel: int,
    unit: Unit,
    projection: Tensor,
    rule: RuleName,
) -> None:
    """The projection beside that of another unit at the same place, and how alike they are."""
    generator = torch.Generator().manual_seed(0)  # the same control at every look
    found = control(
        network, image, layer, channel, unit, projection, rule=rule, generator=generator
    )
    pair = [projection_pixels(each, WAY_PX) for each in (projection, found.projection)]
    alike = "none" if math.isnan(found.similarity) else f"{found.similarity:.2f}"
    show_pixels(
        sheet(np.stack(pair) / 255, 2, gap=2)[0],
        caption=f"Control: the unit and channel {found.channel} at the same place, drawn at "
        f"random; rank correlation of their pixels' sizes {alike.replace('-', '−')}. Near 1, the "
        "picture tells of the image rather than of the unit (Mahendran & Vedaldi 2016)",
        alt=f"{layer}, channels {channel} and {found.channel}, by the rule {rule}",
    )


def draw_map(maps: FeatureMaps, channel: int, unit: Unit) -> None:
    """The channel's map, large, to choose another unit."""
    st.markdown("**Its map**; click for another unit")
    point_at_map(maps, channel, unit, scale=map_scale(maps), key="map")


def offer_projection(
    choice: Choice,
    image: ChosenImage,
    layer: str,
    channel: int,
    unit: Unit,
    projection: Tensor,
    box: Any,
    rule: RuleName,
) -> None:
    run, epoch = choice.run, choice.epoch
    seen = run.preprocess.picture(run.preprocess(image.picture))
    arrays: dict[str, np.ndarray] = {"projection": projection.numpy()}
    offer(
        lambda: deconvnet_figure(seen, projection, layer=layer, channel=channel, box=tuple(box)),
        lambda: arrays,
        name=f"{run.name}-{rule}-{layer}-{channel}-epoch-{epoch}",
        made=made_by(
            choice,
            "deconvnet",
            layer=layer,
            channel=channel,
            unit=list(unit),
            image=image.seen(run),
            rule=rule,
        ),
        shell=command_line(
            "deconvnet",
            run.path,
            image=image.source,
            epoch=epoch,
            layer=layer,
            channel=channel,
            row=unit[0],
            col=unit[1],
            rule=rule,
            out="deconvnet.png",
        ),
        python=image.python(run.path)
        + "\nimport torch\nfrom viz.deconvnet import project\n\n"
        + f"network = run.network({epoch})\nimages = run.preprocess(image)[None]\n"
        + f'project(network, images, "{layer}", torch.tensor([{channel}]), '
        + f'units=torch.tensor([[{unit[0]}, {unit[1]}]]), rule="{rule}")',
    )
