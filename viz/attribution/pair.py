"""Which pixels speak for a class in two networks, and where the second's map has more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan

from torch import Tensor

from viz.attribution.compute import MethodName
from viz.network.rank_correlation import rank_correlation
from viz.store.cache import Arrays


@dataclass(frozen=True)
class HeatsBeside:
    """Heat maps of one class of one image, (H, W) by method; the same methods in both."""

    first: Mapping[MethodName, Tensor]
    second: Mapping[MethodName, Tensor]

    @property
    def difference(self) -> dict[MethodName, Tensor]:
        """Second − first by method; none where the inputs are of two sizes."""
        return {
            method: self.second[method] - heat
            for method, heat in self.first.items()
            if heat.shape == self.second[method].shape
        }

    def likeness(self, method: MethodName) -> float:
        """Spearman's correlation of the two maps' pixels; NaN where they do not correspond."""
        first, second = self.first[method], self.second[method]
        return rank_correlation(first, second) if first.shape == second.shape else nan

    def arrays(self) -> Arrays:
        """All maps by method, those of the second and the differences with that before it."""
        parts = {"": self.first, "second_": self.second, "difference_": self.difference}
        return {
            f"{part}{method}": heat.numpy()
            for part, maps in parts.items()
            for method, heat in maps.items()
        }


def heats_beside(
    first: Mapping[MethodName, Tensor], second: Mapping[MethodName, Tensor]
) -> HeatsBeside:
    """The two by the methods that both have, in the first's order."""
    both = [method for method in first if method in second]
    return HeatsBeside({each: first[each] for each in both}, {each: second[each] for each in both})
