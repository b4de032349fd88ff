"""Pictures that move, grow and turn, and features whose way can be told beforehand."""

import numpy as np
import pytest
import torch

from training.errors import WorkbenchError
from training.preprocess import Preprocess
from viz.invariance import (
    TRANSFORMATIONS,
    Invariance,
    as_arrays,
    as_invariances,
    borne,
    invariance,
    transformed,
)

PLAIN = Preprocess(32, 32, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)


def warps(name, *amounts):
    return np.stack([TRANSFORMATIONS[name].warp(amount) for amount in amounts])


def test_a_picture_moves_down_by_whole_pixels(pixels):
    [still, moved] = transformed(PLAIN, pixels[:1], warps("translation", 0, 5))
    assert torch.allclose(still, PLAIN.from_uint8(pixels[:1])[0], atol=1e-5)
    assert torch.allclose(moved[:, 5:], still[:, :-5], atol=1e-5)
    assert moved[:, :5].abs().max() < 1e-5  # the ground, black here


def test_the_mean_image_stays_where_it_is(pixels):
    mean = np.zeros((32, 32, 3), np.float32)
    mean[:5] = 0.6
    preprocess = PLAIN.with_mean_image(mean)
    [still, moved] = transformed(preprocess, pixels[:1], warps("translation", 0, 5))
    assert torch.allclose(still, preprocess.from_uint8(pixels[:1])[0], atol=1e-5)
    assert torch.allclose(moved[:, 5:10], still[:, :5] + 0.6, atol=1e-5)


@pytest.mark.parametrize(
    ("probability", "kept"),
    [
        ([0.1, 0.5, 0.8, 0.4, 0.9], (-2, 4)),  # half of 0.8, to both ends but the first
        ([0.9, 0.3, 0.8, 0.3, 0.9], (0, 0)),  # what comes back later does not count
    ],
)
def test_what_is_borne_reaches_from_no_change_to_where_half_is_lost(probability, kept):
    amounts = torch.tensor([-4.0, -2.0, 0.0, 2.0, 4.0])
    found = Invariance("translation", amounts, (), torch.empty(0), torch.tensor([probability]))
    assert borne(found) == kept


def test_a_quarter_turn_is_a_quarter_turn(pixels):
    [still, turned] = transformed(PLAIN, pixels[:1], warps("rotation", 0, 90))
    assert torch.allclose(turned, still.rot90(1, (1, 2)), atol=1e-4)


def test_twice_the_size_shows_the_middle(pixels):
    flat = pixels[:1].repeat(1, axis=0)
    flat[:, 8:24, 8:24] = 200
    flat[:, :8], flat[:, 24:], flat[:, :, :8], flat[:, :, 24:] = 0, 0, 0, 0
    [large] = transformed(PLAIN, flat, warps("scale", 2))
    assert torch.allclose(large[:, 1:-1, 1:-1], torch.tensor(200 / 255), atol=1e-5)


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_no_change_is_no_distance(tiny, pixels, name):
    found = invariance(tiny, pixels, [0, 1], PLAIN, name)
    nothing = found.amount.tolist().index(TRANSFORMATIONS[name].none)
    assert found.layers == ("conv1", "fc7")
    assert found.distance.shape == (2, 2, 25)
    assert found.probability.shape == (2, 25)
    assert (found.distance[:, :, nothing] == 0).all()
    others = [place for place in range(25) if place != nothing]
    if name == "rotation":
        others.remove(24)  # a full turn
        assert found.distance[:, :, 24].max() < 1e-3
    assert (found.distance[0][:, others] > 0).all()


def test_the_numbers_are_those_of_each_picture_alone(tiny, pixels):
    found = invariance(tiny, pixels, [0, 1], PLAIN, "translation", layers=["conv3"])
    image = PLAIN.from_uint8(pixels[1:])
    moved = transformed(PLAIN, pixels[1:], warps("translation", found.amount[3]))
    with torch.no_grad():
        one, other = (tiny.activations(each, ["conv3"])["conv3"] for each in (image, moved))
        probability = tiny(moved).softmax(1)[0, 1]
    assert found.distance[0, 1, 3] == pytest.approx(float((one - other).norm()), rel=1e-4)
    assert found.probability[1, 3] == pytest.approx(float(probability), rel=1e-4)


def test_an_unknown_transformation_is_refused(tiny, pixels):
    with pytest.raises(WorkbenchError, match="translation, scale, rotation"):
        invariance(tiny, pixels, [0, 1], PLAIN, "shear")


def test_nothing_is_lost_in_keeping(tiny, pixels):
    before = [invariance(tiny, pixels, [0, 1], PLAIN, name) for name in TRANSFORMATIONS]
    again = as_invariances(as_arrays(before))
    assert [one.transformation for one in again] == list(TRANSFORMATIONS)
    for one, other in zip(before, again, strict=True):
        assert one.layers == other.layers
        assert torch.equal(one.distance, other.distance)
