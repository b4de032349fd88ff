"""Noise along the colours in which a training set varies most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PrincipalColours:
    """Eigenvectors and eigenvalues of a training set's colours, the largest first."""

    directions: np.ndarray  # (3, 3), P: column i is a direction in (red, green, blue)
    variances: np.ndarray  # (3,), λ, of values in [0, 1]

    @classmethod
    def of(cls, covariance: np.ndarray) -> PrincipalColours:
        """The principal components of a covariance (3, 3) of values in [0, 1]."""
        variances, directions = np.linalg.eigh(covariance)
        directions *= np.sign(directions.sum(0)) + (directions.sum(0) == 0)  # else LAPACK chooses
        return cls(directions[:, ::-1], variances[::-1].clip(min=0))

    def shifts(self, amounts: np.ndarray) -> np.ndarray:
        """What to add to all pixels of each image, P (α · λ), in [0, 1].

        The paper's formula takes the eigenvalues themselves; for values up to 255 it would add
        more than 255, so they have to be those of values in [0, 1]: with σ = 0.1, each channel
        then varies by about three grey levels on photographs.

        Args:
            amounts: α, (N, 3), drawn from N(0, σ).

        Returns:
            (N, 3), of covariance σ² P diag(λ²) Pᵀ.

        Source: Krizhevsky et al. 2012, section 4.1.
        """
        return amounts * self.variances @ self.directions.T
