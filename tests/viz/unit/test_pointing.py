"""What is known of a channel, as sheets whose places one can count."""

import numpy as np
import pytest
import torch

from training.models import Network
from training.runs import Run
from viz import ask
from viz.top_patches import TopPatches
from viz.unit import UnitLook, UnitQuery
from viz.unit.compute import best_patches
from viz.unit.pointing import (
    Course,
    Thumb,
    course_pointing,
    fitted,
    patches_pointing,
    thumbs_pointing,
)


@pytest.mark.parametrize(
    ("side", "room", "least", "becomes"),
    [
        (7, 100, 96, 98),
        (51, 120, 96, 102),
        (64, 100, 96, 128),
        (96, 150, 96, 96),
        (195, 120, 96, 120),
    ],
)
def test_patches_are_enlarged_by_whole_factors_and_reduced_where_they_must_be(
    side, room, least, becomes
):
    assert fitted(torch.zeros(2, 3, side, side), room, least).shape == (2, 3, becomes, becomes)


@pytest.mark.parametrize("width_px", [690, 800, 1300])
def test_patches_have_96_px_or_more_and_stand_beside_their_projections(run: Run, width_px: int):
    shown = ask(UnitQuery(str(run.path), 1, "conv2"), UnitLook(1)).shown
    figure = patches_pointing(shown, width_px=width_px)
    cells = figure.data[1]
    assert cells.marker.size >= 96
    assert list(cells.customdata) == [*range(9), *range(9)]
    assert cells.x[9] - cells.x[0] > 3 * 96
    assert cells.y[9] == cells.y[0]
    assert figure.layout.width <= max(width_px, 2 * 3 * 128 + 100)


def test_every_patch_is_told_with_its_class_in_full(run: Run):
    shown = ask(UnitQuery(str(run.path), 1, "conv2"), UnitLook(1)).shown
    hover = patches_pointing(shown, width_px=800).data[1].hovertext
    for place in range(9):
        assert shown.classes[shown.labels[1, place]] in hover[place]


def test_thumbnails_stand_in_rows_of_one_length():
    thumbs = [Thumb(n, torch.zeros(3, 51, 51), [f"channel {n}"], "") for n in range(8)]
    wide, narrow = (thumbs_pointing(thumbs, width_px=width) for width in (1150, 700))
    assert len(set(wide.data[1].y)) == 1
    assert [round(wide.data[1].x[n + 1] - wide.data[1].x[n]) for n in range(3)] == [112] * 3
    assert len(set(narrow.data[1].y)) == 2
    assert narrow.data[1].x[4] == narrow.data[1].x[0]


def test_a_plane_of_weights_stands_below_its_patch():
    plane = np.zeros((3, 3, 3))
    with_plane, without = (
        thumbs_pointing([Thumb(5, torch.ones(3, 27, 27), ["a"], "", each)], width_px=700)
        for each in (plane, None)
    )
    assert with_plane.layout.height == without.layout.height + 108  # four times 27, like the patch


def test_the_course_has_a_dot_for_each_epoch_that_is_known():
    course = Course({0: 0.5, 2: 2.0}, {1: 0.25}, [0, 1, 2], 2)
    figure = course_pointing(course, np.array([0.0, 1, 2]), np.array([3, 4]), width_px=900)
    response, dead, histogram = figure.data
    assert (list(response.customdata), list(response.y)) == ([0, 2], [0.5, 2.0])
    assert list(dead.y) == [25]
    assert list(histogram.x) == [0.5, 1.5]
    [alone] = course_pointing(Course({}, {}, [0], 0), np.arange(2), np.ones(1), width_px=900).data
    assert list(alone.y) == [1]


def test_the_best_patch_of_a_channel_is_cut_without_weights(run: Run):
    plan: Network = run.plan
    images = torch.zeros(2, 3, 32, 32)
    images[1] = 1
    one = torch.tensor([[1], [-1]])
    top = TopPatches(one.float(), one, one.clamp(min=0), one.clamp(min=0))
    found = best_patches(plan, images, "conv1", top, [0, 1], picture=lambda batch: batch)
    side = plan.geometry["conv1"].size
    assert found.shape == (2, 3, side, side)
    assert found[0].max() == 1
    assert (found[1] == 0.5).all()  # there is no image
