"""Spectra of filters whose frequencies are known."""

import math

import pytest
import torch

from training.errors import WorkbenchError
from viz.network.spectra import spectra


def grating(frequency: float, angle: float, size: int = 33) -> torch.Tensor:
    """(1, 3, size, size): a grey grating in a smooth round window."""
    offsets = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    across = offsets[None, :] * math.cos(angle) + offsets[:, None] * math.sin(angle)
    window = torch.exp(-(offsets[None, :] ** 2 + offsets[:, None] ** 2) / (2 * (size / 6) ** 2))
    return (window * torch.cos(2 * math.pi * frequency * across)).expand(1, 3, -1, -1)


@pytest.mark.parametrize(
    ("frequency", "stride", "aliased"),
    [(0.2, 4, 1.0), (0.2, 2, 0.0), (0.06, 4, 0.0), (0.4, 2, 1.0), (0.4, 1, 0.0)],
)
def test_a_grating_is_carried_up_to_one_cycle_in_two_strides(frequency, stride, aliased):
    found = spectra(grating(frequency, 0.0), stride)
    assert found.aliased[0] == pytest.approx(aliased, abs=0.02)
    assert found.limit == 1 / (2 * stride)


def test_a_diagonal_grating_counts_by_its_frequency_along_rows_and_columns():
    # 0.3 cycles a pixel at 45° are 0.212 each way: within what stride 2 carries
    assert spectra(grating(0.3, math.pi / 4), 2).aliased[0] == pytest.approx(0, abs=0.05)
    assert spectra(grating(0.3, 0.0), 2).aliased[0] == pytest.approx(1, abs=0.06)


def test_one_pixel_has_all_frequencies_alike():
    weight = torch.zeros(1, 3, 5, 5)
    weight[0, 1, 2, 2] = 1
    found = spectra(weight, 4)
    # 17 of 64 bins each way lie within 0.125 cycles a pixel
    assert found.aliased[0] == pytest.approx(1 - (17 / 64) ** 2)
    assert found.power.sum() == pytest.approx(1)


@pytest.mark.parametrize("angle", [0.0, 0.5, math.pi / 2, 2.5])
def test_frequency_and_orientation_are_those_of_the_strongest_grating(angle):
    found = spectra(grating(0.2, angle), 1, bins=128)
    assert found.peak[0] == pytest.approx(0.2, abs=0.01)
    assert found.orientation[0] == pytest.approx(angle, abs=0.05)


def test_colour_is_what_a_grey_image_never_meets():
    grey, opponent = torch.ones(1, 3, 3, 3), torch.zeros(1, 3, 3, 3)
    opponent[:, 0], opponent[:, 2] = 1, -1
    assert spectra(grey, 1).colour[0] == pytest.approx(0)
    assert spectra(opponent, 1).colour[0] == pytest.approx(1)
    assert spectra(torch.cat([grey, opponent]), 1).colour.tolist() == pytest.approx([0, 1])


def test_strong_filters_weigh_more_in_the_share_of_all():
    pair = torch.cat([3 * grating(0.2, 0.0), grating(0.05, 0.0)])
    found = spectra(pair, 4)
    shares = found.energy / found.energy.sum()
    assert found.aliased_energy == pytest.approx(float(shares[0]), abs=0.02)


def test_an_empty_filter_has_no_spectrum_and_spoils_no_other():
    found = spectra(torch.cat([torch.zeros(1, 3, 33, 33), grating(0.2, 0.0)]), 4)
    assert found.power[0].sum() == 0
    assert found.aliased[0] == 0
    assert found.aliased_energy == pytest.approx(1, abs=0.02)


def test_weights_that_are_not_finite_are_refused():
    with pytest.raises(WorkbenchError, match="not finite"):
        spectra(torch.full((1, 3, 3, 3), torch.nan), 4)
