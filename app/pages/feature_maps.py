"""Feature maps & deconvnet: what happens to one image, layer by layer, and what one unit saw."""

from __future__ import annotations

import streamlit as st

from app.shell import address
from app.shell.frame import Choice, compared, layer_picker
from app.views.feature_maps.chosen_unit import Unit, channel_of, unit_of
from app.views.feature_maps.inspector import inspect
from app.views.feature_maps.pair import has_layer, show_beside
from app.views.feature_maps.strongest_units import draw_strongest
from app.widgets.bars import scale_bar
from app.widgets.downloads import made_by, offer
from app.widgets.drawing import pointed_at
from app.widgets.images import ChosenImage, choose_image, on_both
from app.widgets.layout import PICTURE_PX, heading, panes
from viz.drawing.style import number
from viz.feature_maps import FeatureMaps, feature_maps
from viz.feature_maps.figure import SPOTS, feature_maps_figure, feature_maps_pointing, map_scale
from viz.network.layers import maps_to_show
from viz.occlusion import last_maps
from viz.store.export import command_line

ONE_LAYER, ALL_LAYERS = "maps of the layer", "strongest of each layer"


def page() -> None:
    heading(
        "Feature maps & deconvnet",
        "What the chosen layer makes of the image: one map a channel, strongest first, all on one "
        "scale. Click anywhere on a map to see what the unit there saw.",
    )
    choices = compared()
    choice = choices[0]
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
    pairs = on_both(choices, image)
    if len(pairs) > 1 and sheet_of == ONE_LAYER and has_layer(pairs[1][0], layer):
        show_beside(pairs, maps)
        return
    channel = channel_of(maps)
    unit = unit_of(maps, channel)
    picture, inspector = panes()
    with picture:
        if sheet_of == ONE_LAYER:
            draw_sheet(maps, channel, unit)
            offer_maps(choice, image, maps)
        else:
            draw_strongest(choice, image)
            if len(pairs) > 1:
                st.caption("These are A's; B stands beside it in the maps of one layer.")
    with inspector:
        inspect(choice, network, image, maps, unit)


def draw_sheet(maps: FeatureMaps, channel: int, unit: Unit) -> None:
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


page()
