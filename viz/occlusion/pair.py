"""Where two networks look in one image, and what the second has more than the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import Tensor, tensor

from training.models import Network
from viz.drawing.words import percent
from viz.occlusion.compute import Cell, Occlusion, dearest, last_maps
from viz.store.cache import Arrays


@dataclass(frozen=True)
class OcclusionsBeside:
    """Two networks' occlusions of one image with one square, told in one list of K classes.

    A class that a network has not learned has the probability 0 there.
    """

    classes: tuple[str, ...]  # the first network's, then those that only the second one has
    first: Occlusion
    second: Occlusion

    @property
    def shape(self) -> Cell:
        """(rows, cols) of the places that both have: they differ where the inputs do."""
        rows, cols = zip(self.first.shape, self.second.shape, strict=True)
        return min(rows), min(cols)

    def difference(self, label: int) -> Tensor | None:
        """(rows, cols) of P(class), second − first; None where the inputs are of two sizes."""
        if self.first.shape != self.second.shape:
            return None
        return self.second.probability[..., label] - self.first.probability[..., label]

    def arrays(self, label: int, layers: Sequence[str]) -> Arrays:
        """The maps of both for a class, and of the strongest channel of a layer of each."""
        found: Arrays = {}
        for whose, one, layer in zip(
            ("", "second_"), (self.first, self.second), layers, strict=True
        ):
            found |= {
                f"{whose}probability": one.probability[..., label].numpy(),
                f"{whose}predicted": one.predicted.numpy(),
                f"{whose}activation": one.watched(layer).activation.numpy(),
            }
        difference = self.difference(label)
        return found if difference is None else found | {"difference": difference.numpy()}


def occlusions_beside(
    first: Occlusion, second: Occlusion, classes: tuple[Sequence[str], Sequence[str]]
) -> OcclusionsBeside:
    """The two in terms of the same classes, which are matched by name.

    Args:
        first: Of one network.
        second: Of the other, on the same image, with a square of the same side and step.
        classes: Names of each network's.
    """
    named = tuple(dict.fromkeys([*classes[0], *classes[1]]))
    return OcclusionsBeside(
        named,
        *(_told_in(one, own, named) for one, own in zip((first, second), classes, strict=True)),
    )


def layers_beside(pair: OcclusionsBeside, layer: str, second: Network) -> tuple[str, str]:
    """The layer to watch in both: the second network's last maps where it has no such layer."""
    return layer, layer if layer in pair.second.layers else last_maps(second)


def _told_in(found: Occlusion, own: Sequence[str], wanted: Sequence[str]) -> Occlusion:
    """The same with the probabilities of other classes, 0 where the network has no such class."""
    places = tensor([wanted.index(name) for name in own])
    probability = found.probability.new_zeros(*found.shape, len(wanted))
    base = found.base.new_zeros(len(wanted))
    return replace(
        found,
        probability=probability.index_add(2, places, found.probability),
        base=base.index_add(0, places, found.base),
    )


def in_words(pair: OcclusionsBeside, label: int) -> str:
    """What changes from A, the first, to B: the answer, and the place that each leans on most."""
    both = {"A": pair.first, "B": pair.second}
    sure = " and ".join(
        f"{percent(float(one.base[label]))} for {name}" for name, one in both.items()
    )
    leaning = " ".join(_leaning(name, one, label) for name, one in both.items())
    return f"Uncovered, P({pair.classes[label]}) is {sure}. {leaning}"


def _leaning(name: str, found: Occlusion, label: int) -> str:
    cell = dearest(found, label)
    left = float(found.probability[(*cell, label)])
    if left >= float(found.base[label]):
        return f"No square costs {name} any of it."
    row, column = (place * found.stride for place in cell)
    return (
        f"{name} leans most on the square at row {row}, column {column}: "
        f"covering it leaves {percent(left)}."
    )
