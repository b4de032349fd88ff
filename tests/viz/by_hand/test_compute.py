"""Sums that can be checked on the board."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from training.errors import WorkbenchError
from training.models import Network, create, freeze
from training.models.shallow.hog import Hog
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


FIRST = {
    "reflect": nn.Conv2d(3, 4, 7, 2, 3, padding_mode="reflect"),
    "reflect, dilated": nn.Conv2d(3, 4, 3, padding=2, dilation=2, padding_mode="reflect"),
    "replicate": nn.Conv2d(3, 4, 5, padding=2, padding_mode="replicate"),
    "circular": nn.Conv2d(3, 4, 3, 2, padding=1, padding_mode="circular"),
    "zeros": nn.Conv2d(3, 4, 3, padding=2),
    "dilated": nn.Conv2d(3, 4, 3, dilation=3, padding=1),
    "same, even": nn.Conv2d(3, 4, 4, padding="same"),
    "valid": nn.Conv2d(3, 4, 3, 2, padding="valid", bias=False),
    "a plane each": nn.Conv2d(3, 6, 3, padding=1, groups=3),
}


def begun_with(layer, *others):
    layers = {"conv1": layer} | {f"layer{at}": other for at, other in enumerate(others)}
    return freeze(Network(layers, image_size=14).double())


def picture():
    generator = torch.Generator().manual_seed(3)
    return torch.randn(3, 14, 14, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("layer", FIRST.values(), ids=FIRST)
def test_every_unit_is_what_the_network_says_whatever_its_padding(layer):
    network, image = begun_with(layer), picture()
    maps = network.activations(image[None], ["conv1"])["conv1"][0]
    rows, cols = maps.shape[1:]
    for row in {0, 1, rows // 2, rows - 1}:
        for col in {0, cols // 2, cols - 1}:
            channel = (row + col) % len(maps)
            found = unit_by_hand(network, image, channel, row, col)
            assert found.total == pytest.approx(float(maps[channel, row, col]), abs=1e-10)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_the_patch_holds_what_the_padding_puts_beyond_the_picture(mode):
    layer, image = nn.Conv2d(3, 4, 5, 2, 2, dilation=1, padding_mode=mode), picture()
    patches = functional.unfold(functional.pad(image[None], (2, 2, 2, 2), mode), 5, stride=2)
    patches = patches.reshape(3, 5, 5, 7, 7)
    network = begun_with(layer)
    for row, col in [(0, 0), (0, 6), (6, 0), (3, 6)]:
        found = unit_by_hand(network, image, 0, row, col)
        assert torch.equal(found.patch, patches[..., row, col])


@pytest.mark.parametrize(
    ("name", "unit", "words"),
    [
        ("reflect", (0, 3), ["Beyond the picture stands its mirror image: the padding."]),
        ("circular", (0, 0), ["Beyond the picture stands its opposite edge: the padding."]),
        ("zeros", (15, 4), ["Beyond the picture stands 0: the padding."]),
        ("dilated", (4, 4), ["Its rows lie 3 px apart and its columns 3 px: dilation."]),
        ("a plane each", (4, 4), ["Of the planes 0 to 2 it sees 1 alone."]),
        ("reflect", (3, 3), []),
    ],
)
def test_what_is_shown_is_said(name, unit, words):
    found = unit_by_hand(begun_with(FIRST[name]), picture(), 2, *unit)
    assert list(found.notes) == words


def test_what_lies_between_picture_and_convolution_is_named():
    layers = {"norm": nn.BatchNorm2d(3), "conv1": nn.Conv2d(3, 4, 3, padding=1)}
    network = freeze(Network(layers, image_size=14).double())
    found = unit_by_hand(network, picture(), 0, 3, 3)
    assert found.notes == ("It sees what norm makes of the picture.",)


POOLS = {
    "dilated": nn.MaxPool2d(2, 1, dilation=3),
    "padded": nn.MaxPool2d(3, 2, 1),
    "adaptive": nn.AdaptiveMaxPool2d(5),
    "hanging": nn.MaxPool2d(3, 3, ceil_mode=True),
    "oblong": nn.MaxPool2d((2, 3), (3, 2), (1, 0)),
}


@pytest.mark.parametrize("pool", POOLS.values(), ids=POOLS)
def test_a_unit_that_wins_is_the_pooled_value_whatever_the_window(pool):
    network, image = begun_with(nn.Conv2d(3, 2, 3), nn.ReLU(), pool), picture()
    maps = network.activations(image[None], ["layer0", "layer1"])
    below, above = (maps[name][0, 1] for name in ("layer0", "layer1"))
    wins = 0
    for row in range(12):
        for col in range(12):
            after = what_follows(network, image, 1, row, col)[-1]
            assert after.value in above
            if "which this unit wins" in after.words:
                wins += 1
                assert after.value == pytest.approx(float(below[row, col]))
    assert wins


def test_the_mean_over_the_whole_map_is_a_window_too():
    network = begun_with(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
    after = what_follows(network, picture(), 0, 5, 5)[-1]
    assert after.words == "window of 12×12 units at (0, 0)"


def test_what_follows_ends_where_channels_become_others():
    network = Hog(image_size=32).build(2).eval()
    picture = torch.rand(3, 32, 32)
    assert what_follows(network, picture, 0, 5, 5) == []  # nine orientations of two gradients
