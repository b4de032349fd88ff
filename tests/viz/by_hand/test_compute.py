"""Sums that can be checked on the board."""

import pytest
import torch

from training.errors import WorkbenchError
from training.models import create
from viz.by_hand import (
    CURVE,
    LECTURE,
    ByHand,
    slide,
    typed_kernel,
    unit_by_hand,
    what_follows,
)


def test_the_lectures_curve_detector_says_6600_on_the_curve_and_0_elsewhere():
    totals = {where: ByHand(patch, CURVE, 0.0).total for where, patch in LECTURE.items()}
    assert totals == {"on the curve": 6600, "elsewhere": 0}


@pytest.mark.parametrize(("row", "col"), [(0, 0), (3, 5), (15, 15)])
def test_a_unit_is_the_sum_of_its_products_and_the_bias(tiny, noise, row, col):
    maps = tiny.activations(noise[:1], ["conv1"])["conv1"][0]
    assert maps.shape[1:] == (16, 16)
    found = unit_by_hand(tiny, noise[0], 2, row, col)
    assert found.total == pytest.approx(float(maps[2, row, col]), abs=1e-5)
    assert found.product.shape == found.patch.shape == found.kernel.shape
    assert float(found.sums.sum()) == pytest.approx(float(found.product.sum()), abs=1e-5)


def test_what_lies_beyond_the_image_counts_as_zero(tiny, noise):
    assert (unit_by_hand(tiny, noise[0], 0, 0, 0).patch[:, 0] == 0).all()


def test_the_next_layers_follow_up_to_the_pooling(tiny, noise):
    maps = tiny.activations(noise[:1], ["relu1", "norm1", "pool1"])
    found = {after.layer: after for after in what_follows(tiny, noise[0], 2, 4, 6)}
    assert list(found) == ["relu1", "norm1", "pool1"]
    for layer in ("relu1", "norm1"):
        assert found[layer].value == pytest.approx(float(maps[layer][0, 2, 4, 6]))


def test_the_window_of_the_pooling_holds_the_unit_and_says_who_wins(tiny, noise):
    maps = tiny.activations(noise[:1], ["norm1", "pool1"])
    below, above = maps["norm1"][0, 1], maps["pool1"][0, 1]
    wins = 0
    for row in range(14):
        for col in range(14):
            after = what_follows(tiny, noise[0], 1, row, col)[-1]
            assert after.layer == "pool1"
            assert after.value in above.flatten().tolist()
            assert after.value >= float(below[row, col]) - 1e-6
            wins += "which this unit wins" in after.words
    assert 0 < wins < 49  # there are 49 windows, and many are silent


def test_a_network_without_normalisation_has_no_line_for_it(make_tiny, noise):
    network = make_tiny(lrn=())
    assert [one.layer for one in what_follows(network, noise[0], 0, 1, 1)] == ["relu1", "pool1"]


@pytest.mark.parametrize("unit", [(99, 0, 0), (0, 16, 0), (0, 0, -1)])
def test_a_unit_that_is_not_there_is_refused(tiny, noise, unit):
    with pytest.raises(WorkbenchError, match="channels of 16×16 units"):
        unit_by_hand(tiny, noise[0], *unit)


@pytest.mark.parametrize("text", ["-1 0 1\n-2 0 2\n-1 0 1", "[-1, 0, 1],\n[-2, 0, 2],\n[-1, 0, 1]"])
def test_a_kernel_can_be_typed(text):
    assert typed_kernel(text).tolist() == [[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "one row a line"),
        ("1 2\n3", "same length"),
        ("1 x", "not all numbers"),
        ("1 nan", "finite"),
        (" ".join(["1"] * 16), "at most 15"),
    ],
)
def test_what_is_no_kernel_is_refused_in_words(text, words):
    with pytest.raises(WorkbenchError, match=words):
        typed_kernel(text)


def test_a_typed_kernel_slides_over_a_picture():
    picture = torch.zeros(1, 5, 5)
    picture[0, :, 3:] = 10  # an edge between the columns 2 and 3
    found = slide(typed_kernel("-1 0 1\n-2 0 2\n-1 0 1"), picture)
    assert found.tolist() == [[0, 40, 40]] * 3


def test_torchvisions_first_layers_have_no_bias():
    network = create("resnet18", 4, image_size=64).eval()
    image = torch.randn(3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        maps = network.activations(image[None], ["conv1"])["conv1"][0]
    found = unit_by_hand(network, image, 5, 3, 4)
    assert found.bias == 0
    assert found.total == pytest.approx(float(maps[5, 3, 4]), abs=1e-4)
    assert [one.layer for one in what_follows(network, image, 5, 3, 4)] == ["bn1", "relu1", "pool1"]


def test_lenets_first_layer_sees_one_grey_plane():
    network = create("lenet5", 10).eval()
    image = torch.randn(3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        maps = network.activations(image[None], ["C1"])["C1"][0]
    found = unit_by_hand(network, image, 1, 3, 4)
    assert found.patch.shape == (1, 5, 5)
    assert found.total == pytest.approx(float(maps[1, 3, 4]), abs=1e-5)
