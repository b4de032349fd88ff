"""The question whether stride and filter size are right, and what is told of the answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal, Self

from training.progress import Progress
from training.settings import Range
from viz.diagnosis.compute import Diagnosis, as_arrays, as_diagnosis, diagnose
from viz.diagnosis.findings import findings
from viz.network.images import SplitImages
from viz.store.cache import Arrays
from viz.store.lend import Opened
from viz.store.query import Look, Query


@dataclass(frozen=True)
class DiagnosisLook(Look):
    """All that was measured is shown."""

    width_px: Annotated[int, Range(480, 4_000)] = 780
    """Of the figure."""


@dataclass(frozen=True)
class DiagnosisQuery(Query[Any]):
    """Whether stride and filter size are right: aliasing, dead and equal channels, shifts.

    The findings are printed, worst first; what is measured is cached in the run. Compared with
    another run, the numbers of both are held against each other: which are better, and whether
    that network has the lower top-1 error, too.

    .npz holds what is measured: layer, kernel, stride and layers, spectra_…, gabors_…, shifts_…
    and, for each rectified layer, relu1_active and so on. Compared with another run: also
    second_layer and so on, and vote_name (V) and vote (V, 2), the shares of both, lower is better.
    """

    split: Literal["val", "train"] = "val"
    """Images to look at."""

    view: ClassVar[str] = "diagnosis"
    version: ClassVar[int] = 2  # 2: asked for as an object
    answer_type: ClassVar[type] = Diagnosis
    on_data: ClassVar[bool] = True
    look: ClassVar[type[Look]] = DiagnosisLook
    message: ClassVar[str] = "Diagnosing"

    def resolved(self, opened: Opened) -> Self:
        return replace(self, epoch=opened.epoch)

    def compute(self, opened: Opened, progress: Progress) -> Diagnosis:
        images = SplitImages(opened.split(self.split), opened.run.preprocess)
        return diagnose(opened.network, images, progress=progress)

    def encode(self, answer: Diagnosis) -> Arrays:
        return as_arrays(answer)

    def decode(self, arrays: Arrays) -> Diagnosis:
        return as_diagnosis(arrays)

    def show(self, opened: Opened, answer: Diagnosis, look: DiagnosisLook) -> DiagnosisShown:
        error = opened.run.top1_error(opened.epoch)
        return DiagnosisShown(look, opened.title, answer, error, opened.epoch)


@dataclass(frozen=True)
class DiagnosisShown:
    """What was measured of one network."""

    look: DiagnosisLook
    title: str  # run and epoch
    found: Diagnosis
    error: float | None = None  # of validation, top-1, in [0, 1], where it is known
    epoch: int | None = None

    def arrays(self) -> Arrays:
        """All that was measured, by name."""
        return as_arrays(self.found)

    def words(self) -> str:
        """A line for each finding, worst first."""
        said = findings(self.found)
        return "\n".join(f"{one.layer}: {one.words}" for one in said) or "Nothing stands out."


VIEW = DiagnosisQuery
