"""What hiding the same part of several pictures does."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from PIL import Image

from training.errors import WorkbenchError
from training.progress import Progress, silent
from training.runs import Run
from viz.correspondence import DRAWS, Correspondence, as_arrays, as_correspondence
from viz.correspondence import compute as correspondences
from viz.network.objects import known, object_masks
from viz.network.parts import Parts, object_parts
from viz.results.opening import answered, blueprint, digest_of, network_of
from viz.store.cache import Arrays, Question


def correspondence(
    run: Run,
    epoch: int,
    images: Sequence[Image.Image],
    parts: Mapping[str, np.ndarray],
    *,
    layers: Sequence[str] | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    only_kept: bool = False,
    progress: Progress = silent,
) -> Correspondence:
    """Whether the network knows the parts again from picture to picture.

    Args:
        run: Whose network.
        epoch: Of the network.
        images: N RGB images.
        parts: (N, H, W) bool by name, in pixels of the pictures as the network sees them.
        layers: Whose features; the last maps and the last hidden layer by default.
        draws: Of each control.
        seed: Of the controls' places.
        only_kept: Raise `NotKept` rather than compute.
        progress: Told how often something was hidden, and how often it will be.
    """
    layers = list(layers or correspondences.default_layers(blueprint(run)))
    settings = {
        "images": [digest_of(run, image) for image in images],
        "parts": [[name, hashlib.sha256(parts[name].tobytes()).hexdigest()] for name in parts],
        "layers": layers,
        "draws": draws,
        "seed": seed,
    }

    def compute() -> Arrays:
        found = correspondences.correspondence(
            network_of(run, epoch),
            torch.stack([run.preprocess(image) for image in images]),
            {name: torch.from_numpy(np.asarray(masks)) for name, masks in parts.items()},
            layers=layers,
            draws=draws,
            generator=torch.Generator().manual_seed(seed),
            progress=progress,
        )
        return as_arrays(found)

    question = Question("correspondence", run.digest(epoch), "", settings)
    return as_correspondence(answered(run, question, compute, only_kept))


def parts_of_objects(run: Run, indices: Sequence[int]) -> Parts:
    """The objects of some validation images and their halves, as the network sees them.

    Raises:
        WorkbenchError: If the data set does not know where the objects are.
    """
    val = run.data().val
    if not len(known(val)):
        raise WorkbenchError(
            f"{run.data_name} does not say where the objects are. Mark parts in a table instead: "
            "--parts parts.csv with columns image,part,left,top,right,bottom."
        )
    masks = object_masks(val, run.preprocess, np.array(indices))
    return Parts(tuple(map(str, indices)), object_parts(masks))
