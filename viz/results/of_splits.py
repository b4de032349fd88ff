"""What a network makes of all images of a split: features, mistakes, a diagnosis."""

from __future__ import annotations

import torch
from PIL import Image
from torch import Tensor

from training.progress import Progress, silent
from training.runs import Run
from viz.network.images import SplitImages
from viz.network.layers import last_hidden
from viz.results.opening import answered, blueprint, network_of, split_of
from viz.retrieval import Neighbours
from viz.retrieval import compute as retrieval
from viz.store.cache import Arrays, Question


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

    return torch.from_numpy(answered(run, question, compute, only_kept)["features"])


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
