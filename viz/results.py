"""The dear views of a run, each computed once: recalled where kept, else computed and kept.

Page, command line and notebook call the same functions with the same settings and so share what
is kept. With `only_kept` they compute nothing dear and raise `NotKept` instead, so that a page can
leave the work to a child process. Each can be stopped (an exception raised by `progress`, a
signal); mining then goes on where it stopped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from training.device import choose_device
from training.ensemble import Member, border_of, check_classes
from training.evaluate import Evaluation
from training.models import Network, create
from training.preprocess import square
from training.progress import Progress, silent
from training.runs import Run
from viz import diagnosis as diagnoses
from viz import invariance as invariances
from viz import mistakes, retrieval
from viz import occlusion as occlusions
from viz import profiles as profiled
from viz.diagnosis import Diagnosis
from viz.evolution import Evolution, from_columns
from viz.gallery import Gallery, gallery
from viz.images import SplitImages
from viz.invariance import Invariance
from viz.kept import (
    Arrays,
    Question,
    forget_partial,
    from_arrays,
    keep,
    kept,
    recall,
    to_arrays,
)
from viz.layers import last_hidden
from viz.mining import mine_on
from viz.occlusion import Occlusion
from viz.profiles import Profiles
from viz.retrieval import Neighbours
from viz.top_patches import TopPatches

if TYPE_CHECKING:
    from training.data import Data, Split

EPOCHS = 8  # columns of an evolution that fit on a page


class NotKept(Exception):
    """The result has not been worked out yet."""


def blueprint(run: Run) -> Network:
    """The run's network without weights: layer names and geometry in no time."""
    with torch.device("meta"):
        network = create(run.config["model"], len(run.classes), **run.config["options"])
    return network.eval()


def channel_count(plan: Network, layer: str) -> int:
    """How many channels a layer has; a blueprint is enough to know.

    Raises:
        WorkbenchError: If there is no such layer.
    """
    side = plan.image_size
    image = torch.zeros(1, 3, side, side, device=plan.device)
    return plan.activations(image, [layer])[layer].shape[1]


@torch.inference_mode(False)  # as Run.network: a copy on another device would be such weights too
def network_of(run: Run, epoch: int) -> Network:
    """The network after an epoch, on the fastest device there is."""
    return run.network(epoch).to(choose_device())


def top_patches(
    run: Run,
    epoch: int,
    layers: Sequence[str],
    *,
    k: int = 9,
    split: str = "val",
    only_kept: bool = False,
    progress: Progress = silent,
) -> dict[str, TopPatches]:
    """The k strongest patches of every channel; one pass over the split serves all the layers.

    Args:
        run: Whose network and data.
        epoch: Of the network.
        layers: Asked for; those that are kept already cost nothing.
        k: Images for each channel.
        split: val or train.
        only_kept: Raise `NotKept` rather than compute.
        progress: Told (images seen, images).

    Returns:
        By layer, in the order asked.
    """
    data = run.data(progress)
    digest = run.digest(epoch)

    def question(names: str | list[str]) -> Question:
        settings = {"layer": names, "k": k, "split": split}
        return Question("top-patches", digest, data.fingerprint, settings)

    found: dict[str, TopPatches] = {}
    for layer in layers:
        arrays = recall(run.derived, question(layer))
        if arrays is not None:
            found[layer] = from_arrays(TopPatches, arrays)
    missing = sorted(set(layers) - set(found))
    if missing and only_kept:
        raise NotKept
    if missing:
        images = SplitImages(split_of(data, split), run.preprocess)
        network = network_of(run, epoch)
        whole_pass = question(missing)
        state = mine_on(run.derived, whole_pass, network, images, missing, k, progress)
        for layer, top in state.top.items():
            keep(run.derived, question(layer), to_arrays(top))
        found |= state.top
        forget_partial(run.derived, whole_pass)
    return {layer: found[layer] for layer in layers}


def profiles(
    run: Run,
    epoch: int,
    layer: str,
    *,
    split: str = "val",
    only_kept: bool = False,
    progress: Progress = silent,
) -> Profiles:
    """How often a layer's channels fire, for which classes, and which of them are alike.

    Args:
        run: Whose network and data.
        epoch: Of the network.
        layer: Whose channels; its strongest patches are mined where they are not kept yet.
        split: val or train.
        only_kept: Raise `NotKept` rather than compute.
        progress: Told (images seen, images) over both passes.
    """
    data = run.data(progress)
    chosen = split_of(data, split)
    total = 2 * len(chosen.labels)

    def first(done: int, _total: int) -> None:
        progress(done, total)

    def second(done: int, _total: int) -> None:
        progress(total // 2 + done, total)

    top = top_patches(run, epoch, [layer], split=split, only_kept=only_kept, progress=first)[layer]
    settings = {"layer": layer, "split": split}
    question = Question("profiles", run.digest(epoch), data.fingerprint, settings)

    def compute() -> Arrays:
        return to_arrays(
            profiled.profiles(
                network_of(run, epoch),
                SplitImages(chosen, run.preprocess),
                chosen.labels,
                layer,
                top.score[:, 0],
                num_classes=len(data.classes),
                progress=second,
            )
        )

    return from_arrays(Profiles, _answer(run, question, compute, only_kept))


def features(
    run: Run,
    epoch: int,
    layer: str | None = None,
    *,
    split: str = "val",
    only_kept: bool = False,
    progress: Progress = silent,
) -> Tensor:
    """What a layer, the last hidden one by default, makes of every image of a split, (N, D)."""
    layer = layer or last_hidden(blueprint(run))
    data = run.data(progress)
    settings = {"layer": layer, "split": split}
    question = Question("features", run.digest(epoch), data.fingerprint, settings)

    def compute() -> Arrays:
        images = SplitImages(split_of(data, split), run.preprocess)
        found = retrieval.features(network_of(run, epoch), images, layer, progress=progress)
        return {"features": found.numpy()}

    return torch.from_numpy(_answer(run, question, compute, only_kept)["features"])


def neighbours(
    run: Run,
    epoch: int,
    image: Image.Image,
    *,
    k: int = 12,
    layer: str | None = None,
    split: str = "val",
    but: int | None = None,
    only_kept: bool = False,
    progress: Progress = silent,
) -> Neighbours:
    """The k images of a split whose features lie nearest to an image's.

    Args:
        run: Whose network and data.
        epoch: Of the network.
        image: Any RGB image.
        k: Neighbours wanted; fewer where the split has fewer.
        layer: Whose features are compared; the last hidden one by default.
        split: val or train.
        but: Index of an image to leave out, which is the query's own where it has one.
        only_kept: Raise `NotKept` rather than compute.
        progress: Told of each batch while features are computed, which happens once.
    """
    layer = layer or last_hidden(blueprint(run))
    known = features(run, epoch, layer, split=split, only_kept=only_kept, progress=progress)
    images = run.preprocess(image)[None]
    query = retrieval.features(network_of(run, epoch), images, layer)[0]
    found = retrieval.nearest(known, query, min(k + (but is not None), len(known)))
    others = found.image != (-1 if but is None else but)
    return Neighbours(found.image[others][:k], found.distance[others][:k])


def occlusion(
    run: Run,
    epoch: int,
    image: Image.Image,
    *,
    label: int | None = None,
    window: int | None = None,
    stride: int | None = None,
    fill: float = 0.0,
    layer: str | None = None,
    only_kept: bool = False,
    progress: Progress = silent,
) -> Occlusion:
    """What covering each spot of an image costs.

    Args:
        run: Whose network.
        epoch: Of the network.
        image: Any RGB image.
        label: Class whose probability is drawn; the most probable one by default.
        window: Side of the square, in input pixels; see `square_for` for the default.
        stride: Step, in input pixels; likewise.
        fill: Value of the square after normalisation; 0 is the training set's mean colour.
        layer: Of the strongest channel; the last convolution's maps by default.
        only_kept: Raise `NotKept` rather than compute.
        progress: Told (positions done, positions).
    """
    default_window, default_stride = square_for(run.preprocess.size)
    window, stride = window or default_window, stride or default_stride
    layer = layer or occlusions.last_maps(blueprint(run))
    network: Network | None = None
    if label is None:
        network = network_of(run, epoch)
        label = most_probable(run, network, image)
    settings = {
        "image": digest_of(run, image),
        "label": label,
        "window": window,
        "stride": stride,
        "fill": fill,
        "layer": layer,
    }

    def compute() -> Arrays:
        result = occlusions.occlusion(
            network or network_of(run, epoch),
            run.preprocess(image),
            label=label,
            window=window,
            stride=stride,
            fill=fill,
            layer=layer,
            progress=progress,
        )
        return to_arrays(result)

    question = Question("occlusion", run.digest(epoch), "", settings)
    return from_arrays(Occlusion, _answer(run, question, compute, only_kept))


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

    return mistakes.as_evaluation(_answer(run, question, compute, only_kept))


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

    return diagnoses.as_diagnosis(_answer(run, question, compute, only_kept))


def invariance(
    run: Run,
    epoch: int,
    images: Sequence[Image.Image],
    labels: Sequence[int | None],
    *,
    only_kept: bool = False,
    progress: Progress = silent,
) -> list[Invariance]:
    """How features and answers follow pictures that move, grow and turn; one a transformation.

    Args:
        run: Whose network.
        epoch: Of the network.
        images: Any RGB images.
        labels: Class of each whose probability is followed; the most probable one where None.
        only_kept: Raise `NotKept` rather than compute.
        progress: Told (pictures done, pictures) over all transformations.
    """
    digests = [digest_of(run, image) for image in images]
    settings = {"images": digests, "labels": list(labels)}
    question = Question("invariance", run.digest(epoch), "", settings)

    def compute() -> Arrays:
        network, total = network_of(run, epoch), len(images) * len(invariances.TRANSFORMATIONS)
        known = [
            most_probable(run, network, image) if label is None else label
            for image, label in zip(images, labels, strict=True)
        ]
        pixels = np.stack([np.asarray(square(image, run.preprocess.resize)) for image in images])
        found = []
        for number, name in enumerate(invariances.TRANSFORMATIONS):

            def tell(done: int, _total: int, before: int = number * len(images)) -> None:
                progress(before + done, total)

            found.append(
                invariances.invariance(network, pixels, known, run.preprocess, name, progress=tell)
            )
        return invariances.as_arrays(found)

    return invariances.as_invariances(_answer(run, question, compute, only_kept))


def evolution(
    run: Run,
    layer: str,
    channels: Sequence[int],
    epochs: Sequence[int] | None = None,
    *,
    split: str = "val",
    only_kept: bool = False,
    progress: Progress = silent,
) -> Evolution:
    """The strongest patch of some channels, and its projection, at several epochs.

    What is mined at each epoch is kept as top patches: other channels cost little afterwards.

    Args:
        run: Whose networks and data.
        layer: Whose channels.
        channels: Wanted.
        epochs: Wanted; up to eight, evenly spread, by default.
        split: val or train.
        only_kept: Raise `NotKept` rather than compute.
        progress: Told (images seen, images) over all epochs.
    """
    epochs = list(epochs or spread(run.epochs))
    digests = ",".join(run.digest(epoch) for epoch in epochs)
    settings = {"layer": layer, "channels": list(channels), "epochs": epochs, "split": split}
    data = run.data(progress)
    question = Question("evolution", digests, data.fingerprint, settings)

    def compute() -> Arrays:
        count = len(split_of(data, split).labels)
        columns = []
        for number, epoch in enumerate(epochs):

            def tell(done: int, _total: int, before: int = number * count) -> None:
                progress(before + done, len(epochs) * count)

            top = top_patches(run, epoch, [layer], split=split, progress=tell)[layer]
            best = top.best(1)
            columns.append((epoch, best, gallery_of(run, epoch, layer, best, channels, split)))
        return to_arrays(from_columns(layer, channels, columns))

    return from_arrays(Evolution, _answer(run, question, compute, only_kept))


def spread(epochs: Sequence[int], most: int = EPOCHS) -> list[int]:
    """At most so many of the epochs, first and last among them."""
    places = np.linspace(0, len(epochs) - 1, min(most, len(epochs))).round().astype(int)
    return [epochs[place] for place in places]


def gallery_of(
    run: Run, epoch: int, layer: str, top: TopPatches, channels: Sequence[int], split: str = "val"
) -> Gallery:
    """The patches and projections of what mining found for some channels."""
    images = SplitImages(split_of(run.data(), split), run.preprocess)
    network, picture = network_of(run, epoch), run.preprocess.picture
    return gallery(network, images, layer, top, torch.tensor(list(channels)), picture=picture)


def square_for(image_size: int) -> tuple[int, int]:
    """Side and step of the square: 32 and 8 px of 224, and in proportion for other sizes.

    Small images show their object large, where a seventh hides next to nothing: the side is at
    least 12 px (a third of images below 36 px).
    """
    side = max(round(image_size / 7), min(12, image_size // 3))
    return max(1, side), max(1, round(image_size / 28))


def most_probable(run: Run, network: Network, image: Image.Image) -> int:
    """The class that the network names first."""
    with torch.inference_mode():
        return int(network(run.preprocess(image)[None].to(network.device)).argmax())


def digest_of(run: Run, image: Image.Image) -> str:
    """SHA-256 of what the network sees of an image: two that differ in a pixel differ in it."""
    return hashlib.sha256(np.asarray(run.preprocess.crop(image)).tobytes()).hexdigest()


def split_of(data: Data, split: str) -> Split:
    """The training or the validation images."""
    return data.train if split == "train" else data.val


def _answer(run: Run, question: Question, compute: Callable[[], Arrays], only_kept: bool) -> Arrays:
    if not only_kept:
        return kept(run.derived, question, compute)
    arrays = recall(run.derived, question)
    if arrays is None:
        raise NotKept
    return arrays
