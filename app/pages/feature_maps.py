"""Feature maps & deconvnet: what happens to one image, layer by layer, and what one unit saw."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import streamlit as st
import torch
from torch import nn

from app import address
from app.bars import scale_bar
from app.downloads import made_by, offer
from app.drawing import pointed_at, show_figure
from app.frame import Choice, chosen, go_to, layer_picker
from app.images import ChosenImage, choose_image
from app.panes import PICTURE_PX, heading, panes, show_pixels
from training.models import Network
from training.models.joints import Add, Concat
from training.models.lenet import ScaledTanh
from training.models.response_norm import ResponseNorm
from viz import results
from viz.control import control
from viz.deconvnet import RULES, RuleName, project
from viz.export import command_line
from viz.feature_maps import FeatureMaps, feature_maps
from viz.figures.deconvnet import deconvnet_figure
from viz.figures.feature_maps import (
    SPOTS,
    feature_maps_figure,
    feature_maps_pointing,
    map_scale,
)
from viz.figures.outline import image_pixels, projection_pixels
from viz.figures.pointing import point_at_heatmap
from viz.figures.scales import PLOTLY
from viz.figures.sheet import sheet
from viz.figures.strongest import strongest_figure
from viz.figures.style import number
from viz.layers import maps_to_show, source_of, way_down
from viz.occlusion import last_maps
from viz.patches import boxes
from viz.strongest import as_arrays

ONE_LAYER, ALL_LAYERS = "maps of the layer", "strongest of each layer"
IMAGE_PX, WAY_PX, MAP_PX = 192, 128, 290
WAYS: dict[RuleName, str] = {
    "deconvnet": "Deconvnet",
    "guided": "Guided",
    "gradient": "Gradient",
}
SOURCES: dict[RuleName, str] = {
    "deconvnet": "Zeiler & Fergus 2013",
    "guided": "Springenberg et al. 2014",
    "gradient": "Simonyan et al. 2013",
}


def page() -> None:
    heading(
        "Feature maps & deconvnet",
        "What the chosen layer makes of the image: one map a channel, strongest first, all on one "
        "scale. Click anywhere on a map to see what the unit there saw.",
    )
    choice = chosen()
    image = choose_image(choice)
    network = choice.network()
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        with st.container(width=300):
            layer = layer_picker(network, maps_to_show(network), last_maps(network))
        with st.container(width=360):
            sheet_of = address.pick(
                st.segmented_control,
                "Picture",
                [ONE_LAYER, ALL_LAYERS],
                name="sheet",
                default=ONE_LAYER,
                required=True,
            )
    maps = feature_maps(network, choice.run.preprocess(image.picture), layer)
    channel = channel_of(maps)
    unit = unit_of(maps, channel)
    picture, inspector = panes()
    with picture:
        if sheet_of == ONE_LAYER:
            draw_sheet(maps, channel, unit)
            offer_maps(choice, image, maps)
        else:
            draw_strongest(choice, image)
    with inspector:
        inspect(choice, network, image, maps, channel, unit)


def channel_of(maps: FeatureMaps) -> int:
    """The chosen channel; by default the strongest one."""

    def parse(text: str) -> int:
        channel = int(text)
        if not 0 <= channel < len(maps.maps):
            raise ValueError(text)
        return channel

    return address.read("channel", parse, int(maps.order[0]))


def unit_of(maps: FeatureMaps, channel: int) -> tuple[int, int]:
    """The chosen unit; by default the channel's strongest one."""
    _, rows, columns = maps.maps.shape
    strongest = int(maps.maps[channel].argmax())

    def parse(text: str) -> tuple[int, int]:
        row, column = (int(part) for part in text.split(","))
        if not (0 <= row < rows and 0 <= column < columns):
            raise ValueError(text)
        return row, column

    return address.read("unit", parse, (strongest // columns, strongest % columns))


def draw_sheet(maps: FeatureMaps, channel: int, unit: tuple[int, int]) -> None:
    count, rows, columns = maps.maps.shape
    st.markdown(f"**{maps.layer}** · {count} channels of {rows}×{columns} units, strongest first")
    figure = feature_maps_pointing(maps, chosen=(channel, *unit), width_px=PICTURE_PX)
    alt = f"Maps of all {count} channels of {maps.layer}"
    clicked = pointed_at(figure, key=f"maps {maps.layer} {channel} {unit}", alt=alt)
    if clicked is not None:
        address.write(channel=clicked[0], unit=f"{clicked[1]},{clicked[2]}")
        st.rerun()
    colours, low, high = map_scale(maps)
    scale_bar(colours, number(low), number(high), "activation, one scale for all maps")
    if count * rows * columns > SPOTS:
        st.caption(
            "There are more units here than a pointer can tell apart: a click takes the strongest "
            "one close by. The enlarged map beside has a cell for each of the channel's units."
        )


def inspect(
    choice: Choice,
    network: Network,
    image: ChosenImage,
    maps: FeatureMaps,
    channel: int,
    unit: tuple[int, int],
) -> None:
    """One unit: where it looks, what the deconvnet says it saw, and its map to choose another."""
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
            "Way back",
            list(WAYS),
            name="rule",
            default="deconvnet",
            format_func=WAYS.__getitem__,
            required=True,
            help="What a ReLU does to the signal on its way back; everything else is the same.",
        )
    preprocess = choice.run.preprocess
    seen = preprocess(image.picture)
    activation = float(maps.maps[channel, unit[0], unit[1]])
    box = boxes(network, maps.layer, *torch.tensor([unit]).T)[0].tolist()
    ways = {
        each: project(
            network,
            seen[None],
            maps.layer,
            torch.tensor([channel]),
            units=torch.tensor([unit]),
            rule=each,
        )[0]
        for each in WAYS
    }
    projection = ways[rule]
    st.markdown(
        f"Unit at row {unit[0]}, column {unit[1]}: activation **{number(activation)}**, "
        f"sees {box[2] - box[0]} px"
    )
    pair = np.stack(
        [
            image_pixels(preprocess.picture(seen), IMAGE_PX, box),
            projection_pixels(projection, IMAGE_PX, box),
        ]
    )
    show_pixels(
        sheet(pair / 255, 2, gap=4)[0],
        caption="The image, the square that the unit sees in orange, and its projection: mid grey "
        "is zero, brighter pixels would feed the unit",
        alt=f"{image.name} with the unit's receptive field, and the {rule} projection of "
        f"{maps.layer}, channel {channel}",
    )
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
    image: torch.Tensor,
    layer: str,
    channel: int,
    unit: tuple[int, int],
    projection: torch.Tensor,
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


def passing(network: Network, layer: str, rule: RuleName) -> str:
    """How the signal came back to the pixels, as far as this network has such layers."""
    below = way_down(network, layer)
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


def draw_map(maps: FeatureMaps, channel: int, unit: tuple[int, int]) -> None:
    """The channel's map, large, to choose another unit."""
    colours, low, high = map_scale(maps)
    values = maps.maps[channel].numpy()
    hover = [
        [f"row {row}, column {column}: {number(float(value))}" for column, value in enumerate(line)]
        for row, line in enumerate(values)
    ]
    st.markdown("**Its map**; click for another unit")
    figure = point_at_heatmap(
        values,
        hover,
        colours=PLOTLY[colours],
        low=low,
        high=high,
        label="activation",
        chosen=unit,
        side=MAP_PX,
    )
    clicked = pointed_at(figure, key=f"map {maps.layer}", alt=f"Map of channel {channel}")
    if clicked is not None:
        address.write(channel=channel, unit=f"{clicked[0]},{clicked[1]}")
        st.rerun()


def draw_strongest(choice: Choice, image: ChosenImage) -> None:
    """In each layer the unit that the image excites most, and the way to it."""
    run, epoch = choice.run, choice.epoch
    units = results.strongest(run, epoch, image.picture)
    named = ", ".join(f"{unit.layer} channel {unit.channel}" for unit in units)
    show_figure(strongest_figure(units), alt=f"The strongest unit of each layer: {named}")
    if any(unit.share is None for unit in units):
        st.caption(
            "Activations of two channels do not compare. Once the layers' top patches are mined, "
            "a unit counts by its share of the strongest response of its channel."
        )
    with st.container(horizontal=True, gap="small"):
        for unit in units:
            if st.button(f"{unit.layer}, {unit.channel}", key=f"strongest {unit.layer}"):
                address.write(layer=unit.layer, channel=unit.channel, unit=f"{unit.row},{unit.col}")
                st.rerun()
    offer(
        lambda: strongest_figure(units),
        lambda: as_arrays(units),
        name=f"{run.name}-strongest-epoch-{epoch}",
        made=made_by(choice, "strongest", image=image.seen(run)),
        shell=f"python -m viz strongest {run.path} --image {image.source} --epoch {epoch} "
        "--out strongest.png",
        python=image.python(run.path)
        + "\nfrom viz import results\n\n"
        + f"units = results.strongest(run, {epoch}, image)",
    )


def offer_maps(choice: Choice, image: ChosenImage, maps: FeatureMaps) -> None:
    run, epoch = choice.run, choice.epoch
    seen = run.preprocess(image.picture)
    offer(
        lambda: feature_maps_figure(run.preprocess.picture(seen), maps),
        lambda: {"maps": maps.maps.numpy(), "order": maps.order.numpy()},
        name=f"{run.name}-feature-maps-{maps.layer}-epoch-{epoch}",
        made=made_by(choice, "feature-maps", layer=maps.layer, image=image.seen(run)),
        shell=command_line(
            "feature-maps",
            run.path,
            image=image.source,
            epoch=epoch,
            layer=maps.layer,
            out="feature-maps.png",
        ),
        python=image.python(run.path)
        + "\nfrom viz.feature_maps import feature_maps\n\n"
        + f'maps = feature_maps(run.network({epoch}), run.preprocess(image), "{maps.layer}")',
    )


def offer_projection(
    choice: Choice,
    image: ChosenImage,
    layer: str,
    channel: int,
    unit: tuple[int, int],
    projection: torch.Tensor,
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


page()
