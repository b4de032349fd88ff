"""What a network makes of all images of a split: features, mistakes, a diagnosis."""

from __future__ import annotations

import hashlib

from training.ensemble import Member, border_of, check_classes
from training.evaluate import Evaluation
from training.progress import Progress, silent
from training.runs import Run
from viz.diagnosis import Diagnosis
from viz.diagnosis import compute as diagnoses
from viz.localisation import Localisation
from viz.localisation import compute as localisations
from viz.mistakes import compute as mistakes
from viz.network.images import SplitImages
from viz.results.opening import answered, network_of, split_of
from viz.store.cache import Arrays, Question, to_arrays


def evaluation(
    run: Run,
    epoch: int,
    *,
    split: str = "val",
    views: int = 1,
    only_kept: bool = False,
    progress: Progress = silent,
) -> Evaluation:
    """Accuracy, confusion and mistakes on all images of a split; one pass serves both views of it.

    Args:
        run: Whose network and data.
        epoch: Of the network.
        split: val or train.
        views: 1 for the central crop, 10 for the mean of ten views.
        only_kept: Raise `NotKept` rather than compute.
        progress: Told (images done, images).
    """
    data = run.data(progress)
    check_classes(run, data)
    settings = {"split": split, "views": views}
    question = Question("evaluation", run.digest(epoch), data.fingerprint, settings)

    def compute() -> Arrays:
        images, network = split_of(data, split), network_of(run, epoch)
        member = Member(run.name, network, images, run.preprocess, border_of(run))
        return mistakes.as_arrays(mistakes.evaluation(member, views=views, progress=progress))

    return mistakes.as_evaluation(answered(run, question, compute, only_kept))


def diagnosis(
    run: Run,
    epoch: int,
    *,
    split: str = "val",
    only_kept: bool = False,
    progress: Progress = silent,
) -> Diagnosis:
    """What stride and filter size do to a network, measured on the images of a split.

    Args:
        run: Whose network and data.
        epoch: Of the network.
        split: val or train.
        only_kept: Raise `NotKept` rather than compute.
        progress: Told (forward passes done, forward passes).
    """
    data = run.data(progress)
    question = Question("diagnosis", run.digest(epoch), data.fingerprint, {"split": split})

    def compute() -> Arrays:
        images = SplitImages(split_of(data, split), run.preprocess)
        return diagnoses.as_arrays(
            diagnoses.diagnose(network_of(run, epoch), images, progress=progress)
        )

    return diagnoses.as_diagnosis(answered(run, question, compute, only_kept))


def localisation(
    run: Run,
    epoch: int,
    method: str,
    *,
    images: int,
    split: str = "val",
    only_kept: bool = False,
    progress: Progress = silent,
) -> Localisation:
    """Whether the heat maps of a method point at the objects of many images.

    Args:
        run: Whose network and data.
        epoch: Of the network.
        method: A name in `viz.evidence.METHODS`.
        images: How many to look at, of those whose object's place is known.
        split: val or train.
        only_kept: Raise `NotKept` rather than compute.
        progress: Told (images done, images).
    """
    data = run.data(progress)
    check_classes(run, data)
    known = split_of(data, split)
    # the images' fingerprint knows nothing of boxes, which may come later or change
    objects = hashlib.sha256(b"" if known.boxes is None else known.boxes.tobytes()).hexdigest()[:16]
    settings = {"method": method, "images": images, "split": split, "objects": objects}
    question = Question("localisation", run.digest(epoch), data.fingerprint, settings)

    def compute() -> Arrays:
        network = network_of(run, epoch)
        return to_arrays(
            localisations.localise(
                network, known, run.preprocess, method, images=images, progress=progress
            )
        )

    return localisations.as_localisation(answered(run, question, compute, only_kept))
