import math

import pytest
import torch

from training.errors import WorkbenchError
from viz.filters import film, first_layer, order_of


def one_pixel_filters(*colours):
    """(C, 3, 1, 1)"""
    return torch.tensor(colours)[:, :, None, None]


def test_the_largest_weight_of_all_is_full_colour_and_zero_is_mid_grey():
    weight = one_pixel_filters([2.0, 0.0, -2.0], [1.0, -1.0, 0.5])
    filters = first_layer(weight)
    assert filters.tiles.shape == (2, 1, 1, 3)
    assert filters.tiles[0, 0, 0].tolist() == [1.0, 0.5, 0.0]
    assert filters.tiles[1, 0, 0].tolist() == [0.75, 0.25, 0.625]
    assert (filters.low, filters.high) == (-2.0, 2.0)


def test_filters_of_two_networks_may_share_a_scale():
    filters = first_layer(one_pixel_filters([1.0, 0.0, -1.0]), high=2.0)
    assert filters.tiles[0, 0, 0].tolist() == [0.75, 0.5, 0.25]
    assert (filters.low, filters.high) == (-2.0, 2.0)


def test_each_filter_on_its_own_scale_fills_it():
    weight = one_pixel_filters([2.0, 0.0, -2.0], [0.1, 0.2, 0.3], [7.0, 7.0, 7.0])
    filters = first_layer(weight, scale="each")
    assert torch.allclose(filters.tiles[0, 0, 0], torch.tensor([1.0, 0.5, 0.0]))
    assert torch.allclose(filters.tiles[1, 0, 0], torch.tensor([0.0, 0.5, 1.0]))
    assert filters.tiles[2, 0, 0].tolist() == [0.5, 0.5, 0.5]
    assert math.isnan(filters.low)
    assert math.isnan(filters.high)


def test_filters_sort_by_their_norm_and_remember_who_they_were():
    weight = one_pixel_filters([1.0, 0.0, 0.0], [3.0, 4.0, 0.0], [0.0, 2.0, 0.0], [1.0, 0.0, 0.0])
    filters = first_layer(weight, order="norm")
    assert filters.channel.tolist() == [1, 2, 0, 3]
    assert filters.norm.tolist() == [5.0, 2.0, 1.0, 1.0]
    assert torch.equal(filters.tiles, first_layer(weight).tiles[filters.channel])


def test_a_tile_lies_the_way_its_filter_does():
    weight = torch.zeros(1, 3, 2, 4)
    weight[0, 2, 1, 3] = 1.0  # blue, second row, last column
    assert first_layer(weight).tiles[0, 1, 3].tolist() == [0.5, 0.5, 1.0]


def test_filters_of_nothing_but_zeros_are_grey():
    for scale in ("shared", "each"):
        assert (first_layer(torch.zeros(2, 3, 5, 5), scale=scale).tiles == 0.5).all()


def test_one_broken_weight_leaves_the_others_their_colour():
    weight = one_pixel_filters([float("nan"), float("inf"), 1.0], [1.0, -1.0, 0.0])
    tiles = first_layer(weight).tiles[:, 0, 0]
    assert tiles.tolist() == [[0.5, 0.5, 1.0], [1.0, 0.0, 0.5]]


def test_a_film_has_one_scale_for_all_epochs():
    shot = film({0: one_pixel_filters([1.0, 0.0, 0.0]), 7: one_pixel_filters([0.0, 0.0, -4.0])})
    assert shot.epoch.tolist() == [0, 7]
    assert shot.high == 4.0
    assert shot.tiles[:, 0, 0, 0].tolist() == [[0.625, 0.5, 0.5], [0.5, 0.5, 0.0]]


def test_what_cannot_be_drawn_is_refused_in_plain_words():
    with pytest.raises(WorkbenchError, match=r"got \(6, 2, 5, 5\)"):
        first_layer(torch.zeros(6, 2, 5, 5))
    with pytest.raises(WorkbenchError, match=r"Unknown scale 'log'.* shared, each"):
        first_layer(torch.zeros(6, 3, 5, 5), scale="log")
    with pytest.raises(WorkbenchError, match=r"Unknown order 'hue'.* index, norm"):
        first_layer(torch.zeros(6, 3, 5, 5), order="hue")
    with pytest.raises(WorkbenchError, match="at least one epoch"):
        film({})


def test_filters_for_grey_images_are_drawn_grey():
    weight = torch.tensor([[0.0, 1.0], [-1.0, 0.5]]).reshape(1, 1, 2, 2)
    filters = first_layer(weight)
    assert torch.equal(filters.tiles[0, :, :, 0], torch.tensor([[0.5, 1.0], [0.0, 0.75]]))
    assert torch.equal(filters.tiles[..., 0], filters.tiles[..., 2])
    assert filters.norm.item() == 1.5


def bars(*planes: float, period: int, level: bool = False) -> torch.Tensor:
    """(3, 8, 8): light and dark bars of such a period, so strong in red, green and blue."""
    wave = torch.cos(2 * math.pi * torch.arange(8) / period).expand(8, 8)
    return torch.tensor(planes)[:, None, None] * (wave.T if level else wave)


def test_coarse_filters_stand_before_fine_ones():
    coarse, fine = bars(1, 1, 1, period=8), bars(1, 1, 1, period=2)
    middle = bars(1, 1, 1, period=4, level=True)
    assert order_of(torch.stack([fine, coarse, middle]), "frequency").tolist() == [1, 2, 0]


def test_upright_edges_stand_before_level_ones_and_blobs_last():
    blob, level, upright = (
        torch.ones(3, 8, 8),
        bars(1, 1, 1, period=4, level=True),
        bars(1, 1, 1, period=4),
    )
    assert order_of(torch.stack([blob, level, upright]), "orientation").tolist() == [2, 1, 0]


def test_coloured_filters_stand_before_grey_ones():
    grey, tinted = bars(1, 1, 1, period=4), bars(2, 1, 1, period=4)
    opponent = bars(1, 0, -1, period=4)
    assert order_of(torch.stack([grey, opponent, tinted]), "colour").tolist() == [1, 2, 0]


@pytest.mark.parametrize("order", ["index", "norm", "frequency", "orientation", "colour"])
def test_filters_for_grey_pictures_can_be_ordered_too(order):
    weight = torch.stack([bars(1, period=4), bars(3, period=2)])
    assert sorted(first_layer(weight, order=order).channel.tolist()) == [0, 1]
