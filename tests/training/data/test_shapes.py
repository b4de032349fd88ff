"""Outlines are true distances, and shapes of one radius cover the same area."""

import numpy as np
import pytest

from training.data.shapes import SHAPES


@pytest.mark.parametrize("name", SHAPES)
def test_all_shapes_of_one_radius_cover_the_same_area(name):
    outline, reach = SHAPES[name]
    axis = ((np.arange(400) + 0.5) / 100 - 2).astype(np.float32)
    inside = outline(axis[None, :] / reach, axis[:, None] / reach) < 0
    assert inside.sum() * 0.01**2 == pytest.approx(np.pi, rel=0.02)


@pytest.mark.parametrize("name", SHAPES)
def test_a_shapes_distance_changes_sign_at_its_outline_and_never_faster_than_one(name):
    outline, _ = SHAPES[name]
    axis = ((np.arange(400) + 0.5) / 100 - 2).astype(np.float32)
    slopes = np.gradient(outline(axis[None, :], axis[:, None]), 0.01)
    assert np.hypot(*slopes)[1:-1, 1:-1].max() < 1.05  # at the rim numpy steps to one side
