"""Networks that do, and that do not, mind where a thing is."""

import numpy as np
import pytest
import torch
from torch import nn

from training.models import Network
from training.preprocess import Preprocess
from viz.network.shifts import shift_agreement

PLAIN = Preprocess(16, 16, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


def network(red: torch.Tensor, bright: float = 0.5) -> Network:
    """Class 1 where the red plane, weighed so, comes to more than `bright`."""
    layer = nn.Linear(3 * 16 * 16, 2)
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[1, : 16 * 16] = red.flatten()
        layer.bias.copy_(torch.tensor([bright, 0.0]))
    return Network({"fc1": layer}, image_size=16).eval()


def pixel(row: int, column: int) -> torch.Tensor:
    red = torch.zeros(16, 16)
    red[row, column] = 1
    return red


def spot(row: int, column: int) -> np.ndarray:
    pixels = np.zeros((1, 16, 16, 3), np.uint8)
    pixels[0, row, column] = 255
    return pixels


def test_a_network_that_looks_at_one_pixel_loses_a_spot_that_moves_off_it():
    found = shift_agreement(network(pixel(8, 8)), spot(8, 8), PLAIN, farthest=3)
    assert found.agreement.tolist() == [0, 0, 0]
    assert found.images == 1


@pytest.mark.parametrize("column", [10, 6])
def test_each_direction_is_tried(column):
    # the spot comes to the pixel by exactly one of the four shifts by 2
    found = shift_agreement(network(pixel(8, 8)), spot(8, column), PLAIN, farthest=3)
    assert found.agreement.tolist() == pytest.approx([1, 0.75, 1])


def test_a_network_that_sums_over_the_image_does_not_mind():
    found = shift_agreement(network(torch.ones(16, 16)), spot(8, 8), PLAIN, farthest=7)
    assert found.agreement.tolist() == [1] * 7


def test_what_is_stored_around_the_input_moves_in():
    larger = Preprocess(16, 20, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    pixels = np.zeros((1, 20, 20, 3), np.uint8)
    pixels[0, 10, 1] = 255  # outside of the central crop, which begins at 2
    found = shift_agreement(network(pixel(8, 0)), pixels, larger, farthest=2)
    assert found.agreement.tolist() == pytest.approx([0.75, 1])
