"""The maps that two networks make of one image: A beside B on one scale, and what B has more."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.shell import address
from app.shell.frame import Choice
from app.views.feature_maps.backward_rule import passing
from app.views.feature_maps.chosen_unit import (
    Unit,
    box_of,
    channel_of,
    choose_channel_and_rule,
    draw_unit,
    point_at_map,
    project_unit,
    strongest_unit,
    unit_of,
)
from app.widgets.bars import scale_bar
from app.widgets.downloads import made_by, offer
from app.widgets.drawing import pointed_at
from app.widgets.images import ChosenImage
from app.widgets.layout import BESIDE_PX, columns
from viz import results
from viz.deconvnet import RuleName
from viz.drawing.pairs import MORE
from viz.drawing.style import number
from viz.feature_maps import FeatureMaps, MapsBeside, beside, feature_maps
from viz.feature_maps.figure import feature_maps_pointing
from viz.feature_maps.pair_figure import feature_maps_beside_figure, scales_of, sheets_of
from viz.store.export import command_line

PANEL_PX, IMAGE_PX, MOST = 256, 168, 48
NAMES = ("A", "B", MORE)
Pairs = list[tuple[Choice, ChosenImage]]


def has_layer(choice: Choice, layer: str) -> bool:
    """Whether B has such a layer; a word where it has not."""
    if layer in results.blueprint(choice.run).layers:
        return True
    st.info(f"B, {choice.title}, has no layer {layer}: A is shown alone.", icon=":material/info:")
    return False


def show_beside(pairs: Pairs, maps: FeatureMaps) -> None:
    """Sheets of A, B and the difference; below them one channel and unit in all of them."""
    other, image = pairs[1]
    seen = other.run.preprocess(image.picture)
    pair = beside(maps, feature_maps(other.network(), seen, maps.layer))
    channel = channel_of(pair.first)
    units = units_of(pair, channel)
    draw_sheets(pairs, pair, channel, units)
    say_what_differs(pairs, pair)
    channel, rule = choose_channel_and_rule(pair.first)
    draw_units(pairs, pair, channel, units, rule)
    st.caption(passing(pairs[0][0].network(), maps.layer, rule))
    offer_beside(pairs, pair)


def units_of(pair: MapsBeside, channel: int) -> list[Unit | None]:
    """The chosen unit on each sheet; where B's maps have another size, its own strongest."""
    unit = unit_of(pair.first, channel)
    if pair.difference is not None:
        return [unit, unit, unit]
    known = channel < len(pair.second.maps)
    return [unit, strongest_unit(pair.second, channel) if known else None]


def draw_sheets(pairs: Pairs, pair: MapsBeside, channel: int, units: Sequence[Unit | None]) -> None:
    """The strongest channels of both; a click anywhere chooses channel and unit."""
    titles = [f"**{who}**: {choice.title}" for who, (choice, _) in zip("AB", pairs, strict=True)]
    places = columns([*titles, f"**{MORE}**, of the same channels"][: len(units)])
    words = ["activation", "activation", MORE]
    drawn = zip(NAMES, places, sheets_of(pair), scales_of(pair), units, words, strict=False)
    for name, column, maps, scale, unit, label in drawn:
        with column:
            figure = feature_maps_pointing(
                maps,
                most=MOST,
                chosen=unit and (channel, *unit),
                width_px=BESIDE_PX,
                scale=scale,
            )
            key, alt = f"maps {maps.layer} {name} {channel} {unit}", f"Maps of {maps.layer}, {name}"
            clicked = pointed_at(figure, key=key, alt=alt)
            if clicked is not None:
                linked = name == "A" or pair.difference is not None
                here = f"{clicked[1]},{clicked[2]}" if linked else None
                address.write(channel=clicked[0], unit=here)
                st.rerun()
            scale_bar(scale[0], number(scale[1]), number(scale[2]), label)


def say_what_differs(pairs: Pairs, pair: MapsBeside) -> None:
    """Which channels stand there, and how far those of the two correspond."""
    count, *size = pair.first.maps.shape
    shown = f"The {min(MOST, count)} strongest of {count} channels"
    if pair.difference is None:
        others, *their_size = pair.second.maps.shape
        sizes = ["×".join(map(str, each)) for each in (size, their_size)]
        st.caption(
            f"{shown} of A, of {sizes[0]} units each, and of B's {others} of {sizes[1]}: these are "
            "not the same places, so there is no difference to show."
        )
    elif pairs[0][0].run.path != pairs[1][0].run.path:
        st.caption(
            f"{shown} of A, and the same numbers in B. Two runs learn their channels apart: the "
            "same number means little, unless one began with the other's weights."
        )
    else:
        st.caption(f"{shown} of A, strongest first, and the same in B.")


def draw_units(
    pairs: Pairs, pair: MapsBeside, channel: int, units: Sequence[Unit | None], rule: RuleName
) -> None:
    """One unit of the same channel in both: the channel's maps, and what the unit saw."""
    titles = [f"**{who}**: {pair.first.layer}, channel {channel}" for who in "AB"]
    places = columns([*titles, f"**{MORE}**"][: len(units)])
    drawn = zip(NAMES, places, sheets_of(pair), scales_of(pair), units, strict=False)
    for name, column, maps, scale, unit in drawn:
        with column:
            if unit is None:
                st.info(f"B has {len(maps.maps)} channels only.", icon=":material/info:")
                continue
            label = f"{MORE}, activation" if name == MORE else "activation"
            point_at_map(
                maps, channel, unit, scale=scale, key=f"map {name}", side=PANEL_PX, label=label
            )
            if name != MORE:
                draw_seen(*pairs[NAMES.index(name)], maps, channel, unit, rule)


def draw_seen(
    choice: Choice,
    image: ChosenImage,
    maps: FeatureMaps,
    channel: int,
    unit: Unit,
    rule: RuleName,
) -> None:
    """What the unit saw in the image, by one rule."""
    network, seen = choice.network(), choice.run.preprocess(image.picture)
    projection = project_unit(network, seen, maps.layer, channel, unit, rule)
    box = box_of(network, maps.layer, unit)
    draw_unit(choice, image, maps, channel, unit, box, projection, rule, IMAGE_PX)


def offer_beside(pairs: Pairs, pair: MapsBeside) -> None:
    """The sheets for print, with the lines that draw them."""
    (choice, image), (other, _) = pairs
    run, epoch, layer = choice.run, choice.epoch, pair.first.layer
    names = [f"{each.run.name}, epoch {each.epoch}" for each, _ in pairs]
    picture = run.preprocess.picture(run.preprocess(image.picture))
    offer(
        lambda: feature_maps_beside_figure(picture, pair, names),
        pair.arrays,
        name=f"{run.name}-feature-maps-{layer}-epoch-{epoch}-beside-{other.epoch}",
        made=made_by(choice, "feature-maps", layer=layer, image=image.seen(run), beside=names[1]),
        shell=command_line(
            "feature-maps",
            run.path,
            image=image.source,
            epoch=epoch,
            layer=layer,
            beside=other.run.path,
            beside_epoch=other.epoch,
            out="feature-maps.png",
        ),
        python=image.python(run.path)
        + PYTHON.format(epoch=epoch, other=other.run.path, other_epoch=other.epoch, layer=layer),
    )


PYTHON = """
from viz.feature_maps import beside, feature_maps

pair = [(run, {epoch}), (Run.open("{other}"), {other_epoch})]
maps = [feature_maps(each.network(at), each.preprocess(image), "{layer}") for each, at in pair]
beside(*maps).difference"""
