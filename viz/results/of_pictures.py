"""What happens to a few pictures: covered spot by spot, moved, enlarged and turned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from training.models import Network
from training.preprocess import square
from training.progress import Progress, silent
from training.runs import Run
from viz import invariance as invariances
from viz import occlusion as occlusions
from viz.invariance import Invariance
from viz.kept import Arrays, Question, from_arrays, to_arrays
from viz.occlusion import Occlusion, square_for
from viz.results.opening import answered, blueprint, digest_of, most_probable, network_of


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
    return from_arrays(Occlusion, answered(run, question, compute, only_kept))


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

    return invariances.as_invariances(answered(run, question, compute, only_kept))
