"""Feature maps & deconvnet: what happens to one image, layer by layer, and what one unit saw."""

from __future__ import annotations

import streamlit as st

from app.jobs.ask import Reply, ask
from app.shell import address
from app.shell.errors import plain
from app.shell.frame import Choice, compared, layer_picker
from app.views.deconvnet import channel_of, unit_of
from app.views.feature_maps import draw_sheet, draw_top, inspect, say_how_many, show_two
from app.views.strongest import draw_strongest
from app.widgets.downloads import offer_side
from app.widgets.images import ChosenImage, choose_image, on_both
from app.widgets.layout import heading, picture_and_inspector
from viz.feature_maps import FeatureMapsQuery
from viz.network.layers import maps_to_show, maps_to_watch
from viz.store.lend import plan_of
from viz.store.query import ImageSource, Look

ONE_LAYER, ALL_LAYERS = "maps of the layer", "strongest of each layer"


def page() -> None:
    heading(
        "Feature maps & deconvnet",
        "What the chosen layer makes of the image: one map a channel, strongest first. Click "
        "anywhere on a map to see what the unit there saw.",
    )
    choices = compared()
    choice = choices[0]
    image = choose_image(choice)
    layer, sheet_of = choose_layer_and_sheet(choice)
    pairs = on_both(choices, image)
    reply = ask_maps(choice, image, layer)
    if reply.answer is None:
        return
    side, maps = reply.side(Look()), reply.answer
    if len(pairs) > 1 and sheet_of == ONE_LAYER and has_layer(pairs[1][0], layer):
        second = ask_maps(*pairs[1], layer)
        if second.answer is not None:
            show_two(side, second.side(Look()), pairs)
        return
    channel = channel_of(maps)
    unit = unit_of(maps, channel)
    picture, inspector = picture_and_inspector()
    with picture:
        if sheet_of == ONE_LAYER:
            say_how_many(maps)
            draw_top(choice, image, maps, unit)
            draw_sheet(maps, channel, unit)
            offer_side(side)
        else:
            draw_strongest(choice, image)
            if len(pairs) > 1:
                st.caption("These are A's; B stands beside it in the maps of one layer.")
    with inspector:
        inspect(choice, image, maps, unit)


def choose_layer_and_sheet(choice: Choice) -> tuple[str, str]:
    """The layer, and whether its maps are shown or the strongest unit of each layer."""
    network = choice.network()
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        with st.container(width=240):
            layer = layer_picker(
                network, maps_to_show(network), maps_to_watch(network), also=network.layers
            )
        with st.container(width=360):
            sheet_of = address.pick(
                st.segmented_control,
                "Picture",
                [ONE_LAYER, ALL_LAYERS],
                name="sheet",
                default=ONE_LAYER,
                required=True,
            )
    return layer, sheet_of


def ask_maps(choice: Choice, image: ChosenImage, layer: str) -> Reply:
    """The maps of one layer of one network."""
    path, source = str(choice.run.path), ImageSource(image.source)
    return ask(FeatureMapsQuery(path, choice.epoch, source, layer))


def has_layer(choice: Choice, layer: str) -> bool:
    """Whether B has such a layer; a word where it has not."""
    if layer in plan_of(choice.run).layers:
        return True
    st.info(
        f"B, {choice.title}, has no layer {plain(layer)}: A is shown alone.",
        icon=":material/info:",
    )
    return False


page()
