"""Several runs asked together: the mean of their probabilities, over one view or ten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from training.data.source import SplitName
from training.device import choose_device
from training.errors import WorkbenchError
from training.evaluate import Evaluation, Tally
from training.models import Network
from training.outputs import SOFTMAX, Outputs
from training.preprocess import Preprocess
from training.progress import Progress, silent
from training.views import CENTRE, ten_views

if TYPE_CHECKING:
    from training.data import Data, Split
    from training.runs import Run


@dataclass(frozen=True)
class Member:
    """A trained network and how it sees a split; the images are stored as it needs them."""

    name: str
    network: Network  # in evaluation mode
    split: Split
    preprocess: Preprocess
    padding: int = 0  # border its corners are cut out of, px

    def predict(self, rows: slice, views: int) -> dict[int, Tensor]:
        """Scores (n, K) of some images, by number of views: 1, or 1 and 10."""
        pixels, device = self.split.images[rows], self.network.device
        if views == 1:
            return {1: self._look(self.preprocess.from_uint8(pixels, device))}
        looks = [
            self._look(view)
            for view in ten_views(pixels, self.preprocess, padding=self.padding, device=device)
        ]
        return {1: looks[CENTRE], 10: self.network.outputs.mean(looks)}

    def _look(self, images: Tensor) -> Tensor:
        return self.network(images).float().cpu()


@dataclass(frozen=True)
class Score:
    """How well one network, or several together, did with so many views."""

    name: str
    views: int
    evaluation: Evaluation
    outputs: Outputs = SOFTMAX  # what was counted as right depends on them


@torch.inference_mode()
def evaluate_together(
    members: Sequence[Member],
    *,
    views: int = 1,
    batch_size: int = 250,
    mistakes: int = 0,
    progress: Progress = silent,
) -> list[Score]:
    """Score each network and, where there are several, the mean of their probabilities.

    The loss is the cross-entropy of the probabilities that are scored.

    Args:
        members: The networks; all have to see the same images.
        views: 1 for the central crop, 10 for that and the ten views.
        batch_size: Images at once.
        mistakes: How many of the most confident and of the lowest-probability ones are wanted.
        progress: Told the images done.

    Returns:
        One view before ten; in each, the mean after its members.

    Raises:
        WorkbenchError: If the members have other classes or other images.

    Source: Krizhevsky et al. 2012, sections 4.1 (ten views) and 6 (five networks).
    """
    check_alike(members)
    labels = torch.from_numpy(members[0].split.labels)
    names = [member.name for member in members]
    if len(members) > 1:
        names.append(f"mean of {len(members)}")
    kinds = [1] if views == 1 else [1, 10]
    num_classes, outputs = members[0].network.num_classes, members[0].network.outputs
    tallies = {
        kind: [Tally(num_classes, mistakes=mistakes, outputs=outputs) for _ in names]
        for kind in kinds
    }
    for first in range(0, len(labels), batch_size):
        rows = slice(first, first + batch_size)
        predictions = [member.predict(rows, views) for member in members]
        if len(members) > 1:
            predictions.append(
                {kind: outputs.mean([one[kind] for one in predictions]) for kind in kinds}
            )
        for kind in kinds:
            for one, prediction in zip(tallies[kind], predictions, strict=True):
                one.add(prediction[kind], labels[rows], first=first)
        progress(min(first + batch_size, len(labels)), len(labels))
    return [
        Score(name, kind, one.evaluation(), outputs)
        for kind in kinds
        for name, one in zip(names, tallies[kind], strict=True)
    ]


def check_alike(members: Sequence[Member]) -> None:
    """Refuse networks whose answers are not about the same images and classes."""
    first = members[0]
    for other in members[1:]:
        if other.network.num_classes != first.network.num_classes:
            raise WorkbenchError(
                f"{first.name} tells {first.network.num_classes} classes apart, {other.name} "
                f"{other.network.num_classes}: there is no mean of them. Evaluate them one by one."
            )
        ours, theirs = first.network.outputs, other.network.outputs
        if ours.exclusive != theirs.exclusive or ours.loss is not theirs.loss:
            raise WorkbenchError(
                f"{first.name} gives {ours.name} outputs, {other.name} {theirs.name}: there is no "
                "mean of their probabilities. Evaluate them one by one."
            )
        if not np.array_equal(other.split.labels, first.split.labels):
            raise WorkbenchError(
                f"{first.name} and {other.name} see other images: {len(first.split.labels)} and "
                f"{len(other.split.labels)}, or in another order. Evaluate them one by one."
            )


def check_classes(run: Run, data: Data) -> None:
    """Refuse images whose classes are not the network's: it may have been trained elsewhere."""
    if len(run.classes) == 1:
        raise WorkbenchError(
            f"{run.name} knows one label alone ({run.classes[0]}): whatever it answers, that is "
            "the label of the highest probability. Import it with --outputs binary, and it tells "
            "two classes apart."
        )
    if data.foreign:
        raise WorkbenchError(f"{run.name}: {data.foreign}")
    for name, split in (("training", data.train), ("validation", data.val)):
        if not (split.labels < len(run.classes)).any():
            raise WorkbenchError(
                f"{run.name} knows the class of none of the {name} images of {data.spec}. "
                f"{data.told}"
            )


def open_members(
    runs: Sequence[Run],
    *,
    epoch: int | None = None,
    split: SplitName = "val",
    progress: Progress = silent,
) -> list[Member]:
    """The networks of some runs, on the fastest device, with the images of one split.

    Args:
        runs: Of the same classes and data, though perhaps of other networks and sizes.
        epoch: After which; each run's last one if not given.
        split: val or train.
        progress: Told of the images while they are decoded for the first time.

    Raises:
        WorkbenchError: If runs have other classes or data, or lack the epoch.
    """
    for run in runs:  # before any images are read
        if run.classes != runs[0].classes:
            raise WorkbenchError(
                f"{runs[0].name} and {run.name} were trained on other classes "
                f"({len(runs[0].classes)} and {len(run.classes)}): there is no mean of them. "
                "Evaluate them one by one."
            )
    members: list[Member] = []
    first: Data | None = None
    for run in runs:
        data = run.data(progress)
        check_classes(run, data)
        first = first or data
        if data.fingerprint != first.fingerprint:
            raise WorkbenchError(
                f"{runs[0].name} was trained on {runs[0].data_name}, {run.name} on "
                f"{run.data_name}, and these are not the same images. Evaluate them one by one."
            )
        at = run.epochs[-1] if epoch is None and run.epochs else epoch
        members.append(
            Member(
                name=f"{run.name}, epoch {at}",
                network=run.network(at).to(choose_device()),
                split=data.train if split == "train" else data.val,
                preprocess=run.preprocess,
                padding=border_of(run),
            )
        )
    return members


def border_of(run: Run) -> int:
    """The border that a run's training crops were cut out of, px; its corners lie there too."""
    from training.config import FitConfig

    settings = run.info.training
    if settings is None:
        return 0  # trained elsewhere
    known = {field.name for field in fields(FitConfig)}
    return FitConfig(**{name: settings[name] for name in settings if name in known}).padding
