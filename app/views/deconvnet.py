"""One unit on a page: which one is chosen, by which rule, and what it saw in the image."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import streamlit as st
from torch import nn

from app.jobs.ask import Reply, ask
from app.shell import address
from app.shell.frame import Choice
from app.widgets.images import ChosenImage
from app.widgets.layout import show_pixels
from training.models import Network
from training.models.lenet import ScaledTanh
from training.models.merge import Add, Concat
from training.models.response_norm import ResponseNorm
from viz.deconvnet import RULES, DeconvnetQuery, RuleName
from viz.deconvnet.query import DeconvnetShown
from viz.drawing.outline import image_pixels, projection_pixels
from viz.drawing.sheet import sheet
from viz.drawing.style import number
from viz.feature_maps import FeatureMaps
from viz.feature_maps.figure import strongest_unit
from viz.network.layers import layers_to_pixels
from viz.store.query import ImageSource

IMAGE_PX, SMALL_PX = 192, 128
Unit = tuple[int, int]  # row and column of a map
NAMES: dict[RuleName, str] = {
    "deconvnet": "Deconvnet",
    "guided": "Guided",
    "gradient": "Gradient",
}
SOURCES: dict[RuleName, str] = {
    "deconvnet": "Zeiler & Fergus 2013",
    "guided": "Springenberg et al. 2014",
    "gradient": "Simonyan et al. 2013",
}


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


def rule_of() -> RuleName:
    """The rule that the address names."""
    known: dict[str, RuleName] = {rule: rule for rule in NAMES}
    return address.read("rule", known.__getitem__, "deconvnet")


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
        rule: RuleName = address.pick(
            st.segmented_control,
            "Backward rule",
            list(NAMES),
            name="rule",
            default="deconvnet",
            format_func=NAMES.__getitem__,
            required=True,
            help="What a ReLU does to the signal on its way back; everything else is the same.",
        )
    return channel, rule


def ask_unit(
    choice: Choice,
    image: ChosenImage,
    layer: str,
    channel: int,
    unit: Unit,
    rule: RuleName,
    *,
    control: bool = False,
) -> Reply:
    """What one unit saw in the image, by one rule."""
    return ask(
        DeconvnetQuery(
            str(choice.run.path),
            choice.epoch,
            ImageSource(image.source),
            layer=layer,
            channel=channel,
            row=unit[0],
            col=unit[1],
            rule=rule,
            control=control,
        )
    )


def draw_unit(image: ChosenImage, shown: DeconvnetShown, side: int = IMAGE_PX) -> None:
    """The image with the square that the unit sees, and the unit's projection."""
    (row, column), box = shown.unit, shown.box
    st.markdown(
        f"Unit at row {row}, column {column}: activation **{number(shown.activation)}**, "
        f"sees {box[2] - box[0]} px"
    )
    pair = np.stack(
        [
            image_pixels(shown.picture, side, box),
            projection_pixels(shown.seen.projection, side, box),
        ]
    )
    show_pixels(
        sheet(pair / 255, 2, gap=4)[0],
        caption="The image, the square that the unit sees in orange, and its projection: mid grey "
        "is zero, brighter pixels would feed the unit",
        alt=f"{image.name} with the unit's receptive field, and the {shown.rule} projection of "
        f"{shown.layer}, channel {shown.channel}",
    )


def draw_rules(reply: Reply, shown: DeconvnetShown) -> None:
    """The same unit by all three rules, of which the reply is one."""
    query, found = reply.query, []
    assert isinstance(query, DeconvnetQuery)
    for rule in NAMES:
        same = rule == shown.rule
        other = reply if same else ask(replace(query, rule=rule, control=False))
        if other.answer is None:
            return
        found.append(projection_pixels(other.answer.projection, SMALL_PX, shown.box))
    show_pixels(
        sheet(np.stack(found) / 255, 3, gap=2)[0],
        caption=f"The same unit by {', '.join(map(str.lower, NAMES.values()))}",
        alt=f"{shown.layer}, channel {shown.channel}, by {len(NAMES)} rules",
    )


def draw_control(shown: DeconvnetShown) -> None:
    """The projection beside that of another unit at the same place, and how alike they are."""
    if (control := shown.seen.control) is None:
        return
    both = (shown.seen.projection, control.projection)
    pair = [projection_pixels(each, SMALL_PX) for each in both]
    alike = "none" if math.isnan(control.similarity) else f"{control.similarity:.2f}"
    show_pixels(
        sheet(np.stack(pair) / 255, 2, gap=2)[0],
        caption=f"Control: the unit and channel {control.channel} at the same place, drawn at "
        f"random; rank correlation of their pixels' sizes {alike.replace('-', '−')}. Near 1, the "
        "picture tells of the image rather than of the unit (Mahendran & Vedaldi 2016)",
        alt=f"{shown.layer}, channels {shown.channel} and {control.channel}, by the rule "
        f"{shown.rule}",
    )


def passing(network: Network, layer: str, rule: RuleName) -> str:
    """How the signal came back to the pixels, as far as this network has such layers."""
    below = layers_to_pixels(network, layer)
    way = "Back through the transposed filters"
    if any(isinstance(each, nn.ReLU) for each in below):
        way += f", {RULES[rule].words}"
    if any(isinstance(each, ScaledTanh | nn.Tanh | nn.Sigmoid) for each in below):
        way += ", times the slope of each squashing function"
    if any(isinstance(each, nn.MaxPool2d) for each in below):
        way += ", unpooled with the recorded switches"
    if any(isinstance(each, Add | Concat) for each in below):
        way += ", summed where branches part"
    if any(isinstance(each, nn.BatchNorm2d) for each in below):
        way += "; batch normalisation scales the signal"
    if any(isinstance(each, ResponseNorm) for each in below):
        way += "; local response normalisation " + (
            "passes the signal through unchanged"
            if RULES[rule].through_norm
            else "hands back its gradient"
        )
    return f"{way} ({SOURCES[rule]})."
