"""The question whether to believe a heat map, and what two tests of it found."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

import numpy as np
import torch

from training.progress import Progress
from viz.attribution.compute import MethodName, attribution, require_method
from viz.attribution.query import AttributionQuery, named_class
from viz.sanity_checks.deletion_insertion import DeletionInsertion, deletion_insertion
from viz.sanity_checks.randomisation import Randomisation, randomisation
from viz.store.cache import Arrays, from_arrays, to_arrays
from viz.store.lend import Opened
from viz.store.query import FIRST_IMAGE, ImageSource, Look, Query

CURVES = 30  # hundredths of the work that the curves are, roughly
SEED = 0  # of the random orders and weights: the same question has the same answer


@dataclass(frozen=True)
class SanityChecks:
    """What both tests say of one map.

    The two fail different maps. One that shows little but edges follows no weights, and may still
    lie on the object and win by deletion; one that follows the weights may miss the object.
    """

    curves: DeletionInsertion
    randomisation: Randomisation

    def arrays(self) -> Arrays:
        """All curves and maps by name."""
        return to_arrays(self.curves) | to_arrays(self.randomisation)


@dataclass(frozen=True)
class SanityChecksLook(Look):
    """Nothing is chosen afterwards: another class or method is another question."""


@dataclass(frozen=True)
class SanityChecksQuery(Query[SanityChecks]):
    """Sanity checks of a heat map: deletion and insertion, and randomised weights.

    Does the answer follow the map: P(class) while its highest pixels go or come, beside random
    orders. Does the map follow the weights: what is left of it while layer after layer, from the
    top down, becomes random.

    .npz holds: share, deleted, inserted (S + 1), random_deleted, random_inserted (R, S + 1), and of
    networks with ever more random layers maps (L + 1, H, W), correlation (L + 1), down_to (L). Also
    label, class_name (K) and method.
    """

    image: ImageSource = FIRST_IMAGE
    """A picture file, or the number of a validation image; photo.jpg@0 is its left or upper
    square, @100 the right or lower one."""
    label: str | None = None
    """Class, by name or number; the most probable one if not given."""
    method: MethodName = "grad-cam"
    """Whose map: gradient, guided, deconvnet, grad-cam, integrated-gradients or occlusion."""

    view: ClassVar[str] = "sanity-checks"
    answer_type: ClassVar[type] = SanityChecks
    look: ClassVar[type[Look]] = SanityChecksLook
    message: ClassVar[str] = "Checking the map"

    def resolved(self, opened: Opened) -> Self:
        require_method(self.method)
        label = named_class(opened, self.image, self.label)
        return replace(self, epoch=opened.epoch, label=label)

    def following(self, first: Any, opened: Opened) -> Self:
        return replace(self, label=self.map.following(first, opened).label)

    @property
    def map(self) -> AttributionQuery:
        """The question of the map itself."""
        return AttributionQuery(self.run, self.epoch, self.image, self.label, (self.method,))

    def identity(self, opened: Opened) -> dict[str, Any]:
        """The map has versions of its own."""
        [part] = self.map.parts()
        return super().identity(opened) | {"map": part.identity(opened)}

    def compute(self, opened: Opened, progress: Progress) -> SanityChecks:
        assert self.label
        label, side = opened.run.classes.index(self.label), opened.run.preprocess.size
        images, labels = opened.pixels(self.image)[None], torch.tensor([label])
        heat = opened.ask(self.map).of(label, side)[self.method]

        def first(done: int, total: int) -> None:
            progress(CURVES * done // total, 100)

        def second(done: int, total: int) -> None:
            progress(CURVES + (100 - CURVES) * done // total, 100)

        curves = deletion_insertion(
            opened.network,
            images[0],
            heat,
            label=label,
            generator=torch.Generator().manual_seed(SEED),
            progress=first,
        )
        cascade = randomisation(
            opened.network,
            lambda network: attribution(network, images, labels, method=self.method)[0],
            generator=torch.Generator().manual_seed(SEED),
            progress=second,
        )
        return SanityChecks(curves, cascade)

    def encode(self, answer: SanityChecks) -> Arrays:
        return answer.arrays()

    def decode(self, arrays: Arrays) -> SanityChecks:
        found = [
            from_arrays(kind, {field.name: arrays[field.name] for field in fields(kind)})
            for kind in (DeletionInsertion, Randomisation)
        ]
        return SanityChecks(*found)  # type: ignore[arg-type]

    def show(self, opened: Opened, answer: SanityChecks, _look: Look) -> SanityChecksShown:
        assert self.label
        look, classes = SanityChecksLook(), opened.run.classes
        return SanityChecksShown(look, classes, classes.index(self.label), self.method, answer)


@dataclass(frozen=True)
class SanityChecksShown:
    """What both tests say of one map, and which map that is."""

    look: SanityChecksLook
    classes: tuple[str, ...]
    label: int  # whose evidence the map shows
    method: MethodName
    found: SanityChecks

    def arrays(self) -> Arrays:
        """All curves and maps by name, and whose they are."""
        return self.found.arrays() | {
            "label": np.array(self.label),
            "class_name": np.array(self.classes),
            "method": np.array(self.method),
        }


VIEW = SanityChecksQuery
