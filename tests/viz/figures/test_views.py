"""Each view's figure, from results made by hand."""

from io import BytesIO

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib import colormaps
from matplotlib.colors import to_hex
from PIL import Image

from viz.architecture import describe
from viz.evolution import Evolution
from viz.feature_maps import FeatureMaps
from viz.figures.architecture import architecture_figure, architecture_pointing, blocks
from viz.figures.colours import class_colour
from viz.figures.curves import best_epoch, curves_figure
from viz.figures.deconvnet import deconvnet_figure
from viz.figures.evolution import channel_pixels, evolution_figure
from viz.figures.feature_maps import feature_maps_figure, feature_maps_pointing
from viz.figures.film import film_figure, film_gif
from viz.figures.filters import filters_figure, filters_pointing
from viz.figures.occlusion import occlusion_figure, occlusion_pointing
from viz.figures.retrieval import retrieval_figure
from viz.figures.style import HEAD, MARGIN
from viz.figures.top_patches import top_patches_figure
from viz.filters import film, first_layer
from viz.occlusion import Occlusion
from viz.retrieval import Neighbours

GREY = [128, 128, 128]


@pytest.fixture
def weight() -> torch.Tensor:
    """Four 3×3 kernels: nothing, all red, all dark, a weak one."""
    weight = torch.zeros(4, 3, 3, 3)
    weight[1, 0] = 2.0
    weight[2] = -2.0
    weight[3, 1, 1, 1] = 0.5
    return weight


@pytest.fixture
def result() -> Occlusion:
    """2×3 cells in which class 1 is mostly the most probable, class 5 once."""
    return Occlusion(
        probability=torch.tensor([[0.9, 0.8, 0.7], [0.6, 0.2, 0.5]]),
        predicted=torch.tensor([[1, 1, 1], [1, 5, 1]]),
        activation=torch.tensor([[4.0, 3, 2], [1, 0, 2]]),
        base=torch.tensor([0.0, 0.95, 0, 0, 0, 0.05]),
        base_activation=5.0,
        label=1,
        layer="relu5",
        channel=7,
        window=8,
        stride=4,
    )


CLASSES = ["ant", "bee", "cat", "dog", "elk", "fox"]


def test_a_weight_of_zero_is_mid_grey_and_a_kernel_pixel_a_square(weight, pixels_of):
    drawn = pixels_of(filters_figure(first_layer(weight)))
    first = drawn[HEAD : HEAD + 48, MARGIN : MARGIN + 48]  # 3 px, enlarged 16 times
    assert (first == GREY).all()
    second = drawn[HEAD : HEAD + 48, MARGIN + 50 : MARGIN + 98]
    assert (second == [255, 128, 128]).all()


def test_the_scale_of_the_filters_names_its_ends(weight, words_of):
    assert {"−2", "0", "2"} <= set(words_of(filters_figure(first_layer(weight))))


def test_filters_on_scales_of_their_own_have_no_common_scale_bar(weight):
    figure = filters_figure(first_layer(weight, scale="each"))
    assert len(figure.axes) == 1


def test_a_click_on_a_sorted_sheet_returns_the_filter_s_own_number(weight):
    figure = filters_pointing(first_layer(weight, order="norm"))
    markers = figure.data[1]
    assert list(markers.customdata) == [2, 1, 3, 0]
    assert markers.hovertext[0].startswith("filter 2")
    assert markers.x[0] < markers.x[1]


def test_the_chosen_filter_is_outlined_where_it_lies(weight):
    figure = filters_pointing(first_layer(weight, order="norm"), chosen=1)
    (outline,) = figure.layout.shapes
    assert outline.x0 < figure.data[1].x[1] < outline.x1


def test_the_film_has_a_frame_an_epoch(weight):
    steps = {epoch: weight * epoch / 4 for epoch in range(5)}
    with Image.open(BytesIO(film_gif(film(steps)))) as gif:
        assert gif.n_frames == 5
        gif.seek(0)
        assert np.abs(np.asarray(gif.convert("RGB"))[40, 60].astype(int) - 128).max() <= 2
        gif.seek(4)
        last = np.asarray(gif.convert("RGB"))
    # the second kernel's tile, all red at the end: 10 of border, 39 of tile, 2 of gap
    assert np.abs(last[40, 10 + 39 + 2 + 20].astype(int) - [255, 128, 128]).max() <= 4


def test_a_film_on_paper_shows_first_and_last_epoch(weight, words_of):
    steps = {epoch: weight * epoch for epoch in range(21)}
    words = words_of(film_figure(film(steps)))
    assert sum(word.startswith("epoch") for word in words) == 8
    assert {"epoch 0", "epoch 20"} <= set(words)


def test_maps_without_negative_values_are_amounts_from_zero(pixels_of):
    maps = torch.zeros(2, 4, 4)
    maps[1] = 3.0
    figure = feature_maps_figure(
        torch.zeros(3, 32, 32), FeatureMaps("relu1", maps, torch.tensor([1, 0]))
    )
    drawn = pixels_of(figure)
    left = MARGIN + 224 + 24  # behind the image
    viridis = [[round(255 * v) for v in colormaps["viridis"](end)[:3]] for end in (1.0, 0.0)]
    tile = 64 + 3
    found = [drawn[HEAD + 16 + 30, left + 30 + place * tile].tolist() for place in (0, 1)]
    assert np.abs(np.array(found) - viridis).max() <= 1


def test_signed_maps_are_white_at_zero(pixels_of, words_of):
    maps = torch.tensor([0.0, -3.0]).reshape(2, 1, 1).expand(2, 4, 4)
    figure = feature_maps_figure(
        torch.zeros(3, 32, 32), FeatureMaps("conv1", maps, torch.tensor([0, 1]))
    )
    zero = pixels_of(figure)[HEAD + 16 + 30, MARGIN + 224 + 24 + 30]
    assert zero.min() >= 245
    assert {"−3", "3"} <= set(words_of(figure))


def test_pointing_at_maps_returns_channels_strongest_first():
    maps = FeatureMaps("relu1", torch.rand(3, 2, 2), torch.tensor([2, 0, 1]))
    assert list(feature_maps_pointing(maps).data[1].customdata) == [2, 0, 1]
    assert list(feature_maps_pointing(maps, most=2).data[1].customdata) == [2, 0]


def test_patches_stand_left_of_their_projections_with_scores_below(pixels_of, words_of):
    patches = torch.zeros(1, 9, 3, 36, 36)
    patches[0, :, 0] = 1.0  # red
    score = torch.arange(9, 0, -1.0)[None]
    figure = top_patches_figure(patches, torch.zeros_like(patches), score, [4], layer="conv2")
    drawn = pixels_of(figure)
    row = HEAD + 16 + 10
    assert drawn[row, MARGIN + 10].tolist() == [255, 0, 0]
    beside = MARGIN + 3 * 72 + 2 * 2 + 8 + 10  # 36 px twice as large, three of them
    assert drawn[row, beside].tolist() == GREY
    words = words_of(figure)
    assert words.index("9") < words.index("8") < words.index("1")
    assert "channel 4" in words


def test_an_empty_projection_is_grey_and_the_scale_is_symmetric(pixels_of, words_of):
    projection = torch.zeros(3, 32, 32)
    projection[0, 31, 31] = -0.5
    figure = deconvnet_figure(torch.zeros(3, 32, 32), projection, layer="conv3", channel=1)
    drawn = pixels_of(figure)
    assert drawn[HEAD + 16 + 5, MARGIN + 256 + 18 + 5].tolist() == GREY
    assert {"−0.5", "0", "0.5"} <= set(words_of(figure))


def test_the_receptive_field_is_marked_on_the_image(pixels_of):
    picture, box = torch.zeros(3, 32, 32), (4, 8, 12, 16)
    marked = pixels_of(deconvnet_figure(picture, picture, layer="conv3", channel=1, box=box))
    image = marked[HEAD + 16 : HEAD + 16 + 256, MARGIN : MARGIN + 256]
    ys, xs = image.max(axis=2).nonzero()
    assert (ys.min() // 8, ys.max() // 8) == (4, 11)
    assert (xs.min() // 8, xs.max() // 8) == (8, 15)


def test_probability_has_the_fixed_scale_from_zero_to_one(result):
    figure = occlusion_figure(torch.zeros(3, 16, 16), result, CLASSES)
    panel = next(ax for ax in figure.axes if ax.get_title(loc="left") == "P(bee)")
    assert panel.images[0].get_clim() == (0, 1)


def test_activation_is_measured_against_the_uncovered_image(result):
    figure = occlusion_figure(torch.zeros(3, 16, 16), result, CLASSES)
    panel = next(ax for ax in figure.axes if "channel 7" in ax.get_title(loc="left"))
    assert panel.images[0].get_clim() == (0, 5)


def test_the_legend_names_the_classes_that_occur_in_their_colours(result):
    figure = occlusion_figure(torch.zeros(3, 16, 16), result, CLASSES)
    (legend,) = [ax.get_legend() for ax in figure.axes if ax.get_legend()]
    assert [text.get_text() for text in legend.get_texts()] == ["bee", "fox"]
    patches = legend.get_patches()
    assert [to_hex(patch.get_facecolor()) for patch in patches] == [
        class_colour(1),
        class_colour(5),
    ]


def test_the_square_is_drawn_to_scale_over_the_image(result, pixels_of):
    drawn = pixels_of(occlusion_figure(torch.ones(3, 16, 16), result, CLASSES))
    image = drawn[HEAD + 16 : HEAD + 16 + 224, MARGIN : MARGIN + 224]  # 16 px, 14 times
    assert image[50, 50].tolist() == GREY  # 8 px are 112
    assert image[120, 120].tolist() == [255, 255, 255]


@pytest.mark.parametrize("panel", ["probability", "activation", "predicted"])
def test_a_click_on_a_heatmap_returns_row_and_column(result, panel):
    markers = occlusion_pointing(result, CLASSES, panel=panel).data[1]
    assert list(markers.customdata) == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    assert (markers.x[5], markers.y[5]) == (2, 1)
    assert "fox" in markers.hovertext[4]
    assert "row 4, column 8 px" in markers.hovertext[5]


def test_a_heatmap_of_classes_has_one_flat_colour_a_class(result):
    heatmap = occlusion_pointing(result, CLASSES, panel="predicted").data[0]
    assert [list(row) for row in heatmap.z] == [[0, 0, 0], [0, 1, 0]]
    assert {colour for _, colour in heatmap.colorscale} == {class_colour(1), class_colour(5)}


def test_a_script_in_a_class_name_stays_text(result):
    hostile = ["ant", "<script>alert(1)</script>", *CLASSES[2:]]
    markers = occlusion_pointing(result, hostile).data[1]
    assert not any("<script" in text for text in markers.hovertext)


def test_neighbours_stand_in_order_with_class_and_distance(words_of):
    found = Neighbours(torch.tensor([4, 2]), torch.tensor([1.5, 2.5]))
    pictures = torch.rand(2, 3, 16, 16)
    words = words_of(
        retrieval_figure(pictures[0], pictures, found, [5, 2], CLASSES, query_name="mine.jpg")
    )
    order = [words.index(word) for word in ("mine.jpg", "fox", "distance 1.5", "cat")]
    assert order == sorted(order)


def test_evolution_has_epochs_across_and_projections_below(words_of):
    patch = torch.zeros(2, 1, 3, 24, 24)
    patch[1, 0, 0] = 1.0
    zeros = torch.zeros(2, 1, dtype=torch.int64)
    evolution = Evolution(
        layer="conv2",
        epoch=torch.tensor([0, 9]),
        channel=torch.tensor([3]),
        score=torch.tensor([[0.5], [2.0]]),
        image=zeros,
        row=zeros,
        col=zeros,
        patch=patch,
        projection=torch.zeros_like(patch),
    )
    pixels = channel_pixels(evolution, 0)  # 24 px three times as large: 72, and a gap of 3
    assert pixels[10, 10, :3].tolist() == [0, 0, 0]
    assert pixels[10, 85, :3].tolist() == [255, 0, 0]
    assert pixels[85, 85, :3].tolist() == GREY
    assert {"epoch 0", "epoch 9", "channel 3", "0.5", "2"} <= set(
        words_of(evolution_figure(evolution))
    )


def metrics() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "epoch": [1, 2, 3, 4],
            "train_loss": [2.0, 1.0, 0.5, 0.2],
            "val_loss": [2.1, 1.2, 1.4, 1.9],
            "train_top1": [0.2, 0.5, 0.8, 0.9],
            "val_top1": [0.2, 0.4, 0.45, 0.45],
            "val_top5": [0.5, 0.7, 0.8, 0.8],
        }
    )


def test_the_curves_mark_the_lowest_validation_loss(words_of):
    assert best_epoch(metrics()) == 2
    words = " ".join(words_of(curves_figure(metrics())))
    assert "1.2 at epoch 2\nfrom here on it overfits" in words


def test_a_loss_that_still_falls_is_not_called_overfitting(words_of):
    words = " ".join(words_of(curves_figure(metrics().head(2))))
    assert "overfits" not in words


def test_error_is_what_accuracy_leaves():
    (_, error) = curves_figure(metrics()).axes
    lines = {line.get_label(): line.get_ydata().tolist() for line in error.lines}
    assert lines["validation, top-1"] == pytest.approx([0.8, 0.6, 0.55, 0.55])
    assert error.get_ylim() == (0, 1)


def test_a_run_without_an_epoch_has_empty_curves(pixels_of):
    assert pixels_of(curves_figure(metrics().head(0))).size


def test_blocks_are_as_high_as_their_maps(tiny):
    rows = {block.row.name: block for block in blocks(describe(tiny))}
    conv1, pool1 = rows["conv1"], rows["pool1"]
    ratio = conv1.row.output[1] / pool1.row.output[1]
    assert conv1.height / pool1.height == pytest.approx(ratio)
    assert rows["conv2"].left > rows["pool1"].right


def test_a_click_on_a_block_returns_its_layer(tiny, words_of):
    rows = describe(tiny)
    markers = architecture_pointing(rows).data[0]
    assert list(markers.customdata)[:3] == ["conv1", "pool1", "conv2"]
    assert "fc8" in words_of(architecture_figure(rows))
