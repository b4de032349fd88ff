"""The channel and unit that a visitor chose on a layer's maps, and what that unit saw."""

from __future__ import annotations

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from app.shell import address
from app.shell.frame import Choice
from app.views.feature_maps.backward_rule import choose_rule
from app.widgets.drawing import pointed_at
from app.widgets.images import ChosenImage
from app.widgets.layout import show_pixels
from training.models import Network
from viz.deconvnet import RuleName, project
from viz.drawing.outline import image_pixels, projection_pixels
from viz.drawing.pointing import point_at_heatmap
from viz.drawing.scales import PLOTLY, Scale
from viz.drawing.sheet import sheet
from viz.drawing.style import number
from viz.feature_maps import FeatureMaps
from viz.network.patches import boxes

IMAGE_PX, MAP_PX = 192, 290
Unit = tuple[int, int]  # row and column of a map


def channel_of(maps: FeatureMaps) -> int:
    """The chosen channel; by default the strongest one."""

    def parse(text: str) -> int:
        channel = int(text)
        if not 0 <= channel < len(maps.maps):
            raise ValueError(text)
        return channel

    return address.read("channel", parse, int(maps.order[0]))


def unit_of(maps: FeatureMaps, channel: int) -> Unit:
    """The chosen unit; by default the channel's strongest one."""
    _, rows, columns = maps.maps.shape

    def parse(text: str) -> Unit:
        row, column = (int(part) for part in text.split(","))
        if not (0 <= row < rows and 0 <= column < columns):
            raise ValueError(text)
        return row, column

    return address.read("unit", parse, strongest_unit(maps, channel))


def strongest_unit(maps: FeatureMaps, channel: int) -> Unit:
    """Row and column of the channel's largest activation."""
    return divmod(int(maps.maps[channel].argmax()), maps.maps.shape[2])


def choose_channel_and_rule(maps: FeatureMaps) -> tuple[int, RuleName]:
    """The channel by its number, and what a ReLU does to its signal on the way back."""
    row = st.container(horizontal=True, gap="small", vertical_alignment="bottom")
    with row.container(width=130):
        channel = address.pick_number(
            st.number_input,
            f"{maps.layer}, channel",
            0,
            len(maps.maps) - 1,
            name="channel",
            default=int(maps.order[0]),
        )
    with row:
        return channel, choose_rule()


def box_of(network: Network, layer: str, unit: Unit) -> list[int]:
    """The square of the input that the unit sees: top, left, bottom, right."""
    return boxes(network, layer, *torch.tensor([unit]).T)[0].tolist()


def project_unit(
    network: Network, image: Tensor, layer: str, channel: int, unit: Unit, rule: RuleName
) -> Tensor:
    """(3, H, W), what the rule brings back from one unit of a normalised image."""
    channels, units = torch.tensor([channel]), torch.tensor([unit])
    return project(network, image[None], layer, channels, units=units, rule=rule)[0]


def draw_unit(
    choice: Choice,
    image: ChosenImage,
    maps: FeatureMaps,
    channel: int,
    unit: Unit,
    box: list[int],
    projection: Tensor,
    rule: RuleName,
    side: int = IMAGE_PX,
) -> None:
    """The image with the square that the unit sees, and the unit's projection."""
    preprocess = choice.run.preprocess
    activation = float(maps.maps[channel, unit[0], unit[1]])
    st.markdown(
        f"Unit at row {unit[0]}, column {unit[1]}: activation **{number(activation)}**, "
        f"sees {box[2] - box[0]} px"
    )
    pair = np.stack(
        [
            image_pixels(preprocess.picture(preprocess(image.picture)), side, box),
            projection_pixels(projection, side, box),
        ]
    )
    show_pixels(
        sheet(pair / 255, 2, gap=4)[0],
        caption="The image, the square that the unit sees in orange, and its projection: mid grey "
        "is zero, brighter pixels would feed the unit",
        alt=f"{image.name} with the unit's receptive field, and the {rule} projection of "
        f"{maps.layer}, channel {channel}",
    )


def point_at_map(
    maps: FeatureMaps,
    channel: int,
    unit: Unit,
    *,
    scale: Scale,
    key: str,
    side: int = MAP_PX,
    label: str = "activation",
) -> None:
    """A map to point at; a click chooses the unit."""
    colours, low, high = scale
    values = maps.maps[channel].numpy()
    hover = [
        [f"row {row}, column {column}: {number(float(value))}" for column, value in enumerate(line)]
        for row, line in enumerate(values)
    ]
    figure = point_at_heatmap(
        values,
        hover,
        colours=PLOTLY[colours],
        low=low,
        high=high,
        label=label,
        chosen=unit,
        side=side,
    )
    clicked = pointed_at(figure, key=f"{key} {maps.layer}", alt=f"Map of channel {channel}")
    if clicked is not None:
        address.write(channel=channel, unit=f"{clicked[0]},{clicked[1]}")
        st.rerun()
