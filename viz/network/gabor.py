"""How much of a filter is a Gabor function: a grating seen through a smooth window."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import least_squares
from torch import Tensor

from viz.network.spectra import spectra

STARTS = 3  # gratings to begin with: the strongest of the spectrum
APART = 8  # bins of the spectrum between them


@dataclass(frozen=True)
class Gabors:
    """The best Gabor function for the strongest colour plane of each filter."""

    frequency: Tensor  # (C,) cycles a pixel
    orientation: Tensor  # (C,) in [0, π): 0 for a vertical edge
    width: Tensor  # (C,) deviation of the window along the grating's change, px
    residual: Tensor  # (C,) share of the plane's energy that it does not explain; 1 where empty
    plane: Tensor  # (C, h, w) what was fitted
    fit: Tensor  # (C, h, w)


def gabors(weight: Tensor) -> Gabors:
    """Fit a Gabor function to each filter.

    The filter's three planes are first reduced to one, their principal component, so that a filter
    for red against green is fitted as well as one for light against dark. For given frequency,
    angle, place and widths the best amplitude and phase are a linear problem; the other six numbers
    are found by least squares from a few starts.

    Args:
        weight: (C, K, h, w), finite.

    Source: the fit of simple cells by Jones & Palmer 1987.
    """
    found = [_fit(plane) for plane in principal_planes(weight).numpy()]
    frequency, orientation, width, residual = (
        torch.tensor(values, dtype=torch.float64)
        for values in zip(*(one[:4] for one in found), strict=True)
    )
    plane, fit = (torch.from_numpy(np.stack([one[place] for one in found])) for place in (4, 5))
    return Gabors(frequency, orientation, width, residual, plane, fit)


def principal_planes(weight: Tensor) -> Tensor:
    """The direction of colour in which each filter is strongest, (C, K, h, w) to (C, h, w).

    Its sign is such that the strongest weight is positive.
    """
    flat = weight.detach().double().cpu().flatten(2)
    _, lengths, rows = torch.linalg.svd(flat, full_matrices=False)
    planes = lengths[:, :1] * rows[:, 0]
    strongest = planes.gather(1, planes.abs().argmax(1, keepdim=True))
    return (planes * torch.where(strongest < 0, -1.0, 1.0)).unflatten(1, weight.shape[2:])


Fit = tuple[float, float, float, float, np.ndarray, np.ndarray]


def _fit(plane: np.ndarray) -> Fit:
    energy = float((plane**2).sum())
    if energy == 0:
        return 0.0, 0.0, 0.0, 1.0, plane, np.zeros_like(plane)
    plane_scaled = plane / math.sqrt(energy)
    best = min(
        (_from(plane_scaled, start) for start in _starts(plane_scaled)), key=lambda one: one[0]
    )
    residual, (_, _, log_across, _, angle, frequency), fit = best
    if frequency < 0:
        angle, frequency = angle + math.pi, -frequency
    return (
        frequency,
        angle % math.pi,
        math.exp(log_across),
        residual,
        plane,
        fit * math.sqrt(energy),
    )


def _starts(plane: np.ndarray) -> list[np.ndarray]:
    """Around the middle of the plane's energy, the strongest gratings of its spectrum."""
    height, width = plane.shape
    rows, columns = np.mgrid[:height, :width]
    weights = plane**2 / (plane**2).sum()
    y, x = float((weights * rows).sum()), float((weights * columns).sum())
    seen = spectra(torch.from_numpy(plane)[None, None], 1)
    half = seen.power[0, :, len(seen.frequency) // 2 :]  # the other half mirrors it
    columns_of_half = half.shape[1]
    scale = math.log(min(height, width) / 4)
    starts = []
    for place in _separate_peaks(half.numpy()):
        down, right = divmod(place, columns_of_half)
        fy = float(seen.frequency[down])
        fx = float(seen.frequency[len(seen.frequency) // 2 + right])
        frequency = max(math.hypot(fx, fy), 0.5 / max(height, width))
        starts.append(np.array([x, y, scale, scale, math.atan2(fy, fx), frequency]))
    return starts


def _separate_peaks(power: np.ndarray) -> list[int]:
    left = power.copy()
    rows, columns = np.mgrid[: power.shape[0], : power.shape[1]]
    found = []
    for _ in range(STARTS):
        place = int(left.argmax())
        found.append(place)
        row, column = divmod(place, power.shape[1])
        left[np.hypot(rows - row, columns - column) < APART] = -1
    return found


def _from(plane: np.ndarray, start: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The best fit from one start: residual, the six numbers, the fitted plane."""
    height, width = plane.shape
    rows, columns = np.mgrid[:height, :width].astype(float)
    largest = max(height, width)
    low = [-1, -1, math.log(0.4), math.log(0.4), -np.inf, -0.5]
    high = [width, height, math.log(2 * largest), math.log(2 * largest), np.inf, 0.5]

    def waves(numbers: np.ndarray) -> np.ndarray:
        """(h·w, 2): the windowed cosine and sine."""
        x, y, across, along, angle, frequency = numbers
        right, down = columns - x, rows - y
        u = right * math.cos(angle) + down * math.sin(angle)
        v = down * math.cos(angle) - right * math.sin(angle)
        window = np.exp(-0.5 * ((u / math.exp(across)) ** 2 + (v / math.exp(along)) ** 2))
        phase = 2 * math.pi * frequency * u
        return np.stack([window * np.cos(phase), window * np.sin(phase)], axis=-1).reshape(-1, 2)

    def fitted(numbers: np.ndarray) -> np.ndarray:
        basis = waves(numbers)
        gram = basis.T @ basis + 1e-12 * np.eye(2)  # at frequency 0 there is no sine
        return basis @ np.linalg.solve(gram, basis.T @ plane.ravel())

    solved = least_squares(
        lambda numbers: fitted(numbers) - plane.ravel(),
        np.clip(start, np.array(low) + 1e-6, np.array(high) - 1e-6),
        bounds=(low, high),
        max_nfev=60,
    )
    return float(2 * solved.cost), solved.x, fitted(solved.x).reshape(plane.shape)
