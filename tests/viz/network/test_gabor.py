"""Gabor functions found again in filters that are some."""

import math

import pytest
import torch

from viz.network.gabor import gabors, principal_planes


def gabor(frequency, angle, phase=0.7, size=11, width=2.0, place=(5.0, 5.0)):
    rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    right, down = columns - place[0], rows - place[1]
    u = right * math.cos(angle) + down * math.sin(angle)
    window = torch.exp(-(right**2 + down**2) / (2 * width**2))
    return window * torch.cos(2 * math.pi * frequency * u + phase)


@pytest.mark.parametrize("frequency", [0.1, 0.2, 0.35])
@pytest.mark.parametrize("angle", [0.0, 0.8, math.pi / 2, 2.6])
def test_a_gabor_function_is_found_whole(frequency, angle):
    plane = gabor(frequency, angle, place=(4.3, 5.6)).double()
    found = gabors(plane.expand(1, 3, -1, -1))
    assert found.residual[0] < 1e-3
    assert found.frequency[0] == pytest.approx(frequency, abs=0.01)
    turned = abs(float(found.orientation[0]) - angle)
    assert min(turned, math.pi - turned) < 0.05
    assert found.width[0] == pytest.approx(2.0, rel=0.1)


def test_noise_is_no_gabor_function():
    noise = torch.randn(4, 3, 11, 11, generator=torch.Generator().manual_seed(0))
    assert (gabors(noise).residual > 0.5).all()


def test_a_filter_of_opposite_colours_is_fitted_along_its_colour():
    plane = gabor(0.2, 0.5)
    found = gabors(torch.stack([plane, -plane, torch.zeros_like(plane)])[None])
    assert found.residual[0] < 1e-3


def test_the_principal_plane_holds_all_the_energy_of_a_filter_of_one_colour():
    plane = gabor(0.2, 0.5).double()
    weight = torch.stack([0.2 * plane, -0.5 * plane, 0.1 * plane])[None]
    found = principal_planes(weight)[0]
    assert found.square().sum() == pytest.approx(float(weight.square().sum()))
    assert found.flatten()[found.abs().argmax()] > 0


def test_an_empty_filter_is_explained_by_nothing():
    found = gabors(torch.zeros(1, 3, 7, 7))
    assert found.residual.tolist() == [1.0]
