"""What one image does to a layer of two networks: A, B and what B has more, sheet by sheet."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from torch import Tensor

from viz.drawing.pairs import BAR_PX, GAP_PX, MORE
from viz.drawing.scales import Scale, difference_scale
from viz.drawing.sheet import channels_last
from viz.drawing.style import head, pixel_axes, pixel_figure, plain, scale_bar, show
from viz.feature_maps.compute import FeatureMaps, MapsBeside
from viz.feature_maps.figure import draw_feature_maps, map_scale, sheet_size
from viz.occlusion.figure import panel_side


def scales_of(pair: MapsBeside) -> list[Scale]:
    """Of A, of B, which is the same, and of the difference where there is one."""
    common = map_scale(pair.first, pair.second)
    more = [] if pair.difference is None else [difference_scale(pair.difference.maps)]
    return [common, common, *more]


def sheets_of(pair: MapsBeside) -> list[FeatureMaps]:
    """A, B and the difference where there is one."""
    more = [] if pair.difference is None else [pair.difference]
    return [pair.first, pair.second, *more]


def feature_maps_beside_figure(
    picture: Tensor, pair: MapsBeside, names: Sequence[str], *, most: int = 24
) -> Figure:
    """The image beside the strongest channels of two networks.

    Args:
        picture: What the first network sees, (3, H, W) in [0, 1].
        pair: Their maps.
        names: Of the two networks.
        most: Channels of each, strongest first.
    """
    sheets = sheets_of(pair)
    shown = [each.order[:most].tolist() for each in sheets]
    sizes = [sheet_size(each, channels) for each, channels in zip(sheets, shown, strict=True)]
    side = panel_side(picture)
    left, height = side + GAP_PX, max(side, *(high for high, _ in sizes))
    lefts = []
    for place, (_, wide) in enumerate(sizes):
        lefts.append(left)
        left += wide + (GAP_PX if place == 0 else BAR_PX)  # one bar for A and B
    reading = f"the {len(shown[0])} strongest channels of A" + (
        " and the same of B; channel number below each map"
        if pair.difference is not None
        else ", and of B; channel number below each map"
    )
    figure = pixel_figure(left, 16 + height, f"What the image does to {pair.first.layer}", reading)
    image = pixel_axes(figure, 0, 16, side, side)
    show(image, channels_last(picture))
    head(image, "the network's input")
    words = [*(f"{who}: {plain(each, 30)}" for who, each in zip("AB", names, strict=True)), MORE]
    for place, (each, channels, scale) in enumerate(
        zip(sheets, shown, scales_of(pair), strict=True)
    ):
        high, wide = sizes[place]
        ax = pixel_axes(figure, lefts[place], 16, wide, high)
        draw_feature_maps(ax, each, channels, scale)
        head(ax, words[place])
        if place:
            bar = pixel_axes(figure, lefts[place] + wide + 8, 16, 9, min(high, 180))
            label = f"{MORE}, activation" if place == 2 else "activation"
            scale_bar(figure, bar, *scale, label)
    return figure
