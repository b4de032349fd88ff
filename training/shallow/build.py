"""A shallow network fitted to a data set and written as a run with one epoch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.atomic import make_folder
from training.checkpoints import save_checkpoint
from training.data import Split, open_data
from training.errors import WorkbenchError
from training.models import architecture, build, options
from training.models.network import Network
from training.models.shallow import SHALLOW
from training.models.shallow.bow import Bow
from training.models.shallow.fisher import Fisher
from training.models.shallow.gradients import MEAN, STD
from training.models.shallow.llc import Llc
from training.preprocess import Preprocess
from training.progress import Progress, part_of, silent
from training.run_settings import write_settings
from training.run_writer import provenance
from training.runs import Run
from training.shallow.classifier import fit_linear
from training.shallow.codebook import learn_codes

BATCH = 16
MOST_IMAGES = 6_000  # that scores are fitted to: time grows with the cube of their number


def import_shallow(
    name: str,
    *,
    run: Path,
    data: str | None,
    choices: Mapping[str, Any],
    progress: Progress = silent,
) -> Run:
    """Make a run with one epoch out of features that nobody trained, and scores fitted to them.

    Args:
        name: One of `SHALLOW`.
        run: Folder to write, free.
        data: Data set whose training images a codebook and the scores are fitted to.
        choices: What differs from the design's own options.
        progress: Told of the images looked at.

    Raises:
        WorkbenchError: If there is no such design, no data set, or options that do not fit.
    """
    if name not in SHALLOW:
        raise WorkbenchError(f"Unknown features {name!r}. Choose one of: {', '.join(SHALLOW)}.")
    if data is None:
        raise WorkbenchError(
            f"--data is missing: {name} is fitted to the training images of a data set, such as "
            "builtin or caltech101:PATH."
        )
    design = architecture(name, **choices)
    side = design.image_size
    preprocess = Preprocess(side, side, (MEAN,) * 3, (STD,) * 3)
    images = open_data(data, size=side, progress=progress)
    network = build(design, len(images.classes)).eval()
    told = []
    if isinstance(design, Bow | Llc | Fisher):
        told.append(learn_codes(network, design, images.train, preprocess, part_of(progress, 0, 2)))
    chosen = evenly(images.train.labels, MOST_IMAGES)
    told.append(
        fit_scores(network, images.train, chosen, preprocess, part_of(progress, len(told), 2))
    )
    make_folder(run / "checkpoints")
    save_checkpoint(run, 1, network.state_dict())
    write_settings(
        run,
        model=name,
        options=options(name, **choices),
        classes=images.classes,
        preprocess=preprocess,
        data=images.spec,
        data_fingerprint=images.fingerprint,
        data_notices=list(images.notices),
        imported=name,
        told=tuple(told),
        **provenance(),
    )
    return Run.open(run)


def evenly(labels: np.ndarray, most: int, seed: int = 0) -> np.ndarray:
    """Indices of at most so many images, the same number of each class as far as it has them."""
    order = np.random.default_rng(seed).permutation(len(labels))
    place = np.empty(len(labels), np.int64)  # of each image among those of its class
    for each in np.unique(labels):
        own = order[labels[order] == each]
        place[own] = np.arange(len(own))
    return np.sort(order[place[order].argsort(kind="stable")][:most])


@torch.inference_mode()
def features(
    network: Network,
    split: Split,
    chosen: np.ndarray,
    preprocess: Preprocess,
    progress: Progress = silent,
) -> np.ndarray:
    """What the scores are made of, (n, D) float32, of some images of a split.

    Args:
        network: Its last layer gives the scores.
        split: Where the images are.
        chosen: (n,) indices.
        preprocess: How they become inputs.
        progress: Told of the images seen.
    """
    [layer] = network.inputs[network.head]
    found: np.ndarray | None = None
    for first in range(0, len(chosen), BATCH):
        some = slice(first, min(first + BATCH, len(chosen)))
        images = preprocess.from_uint8(split.images[chosen[some]])
        rows = network.activations(images, [layer])[layer].contiguous().flatten(1).numpy()
        if found is None:
            found = np.empty((len(chosen), rows.shape[1]), np.float32)
        found[some] = rows
        progress(some.stop, len(chosen))
    if found is None:
        raise WorkbenchError("There is no training image.")
    return found


def fit_scores(
    network: Network, split: Split, chosen: np.ndarray, preprocess: Preprocess, progress: Progress
) -> str:
    """Put a linear classifier of some training images into the last layer; how, in a sentence."""
    rows, labels = features(network, split, chosen, preprocess, progress), split.labels[chosen]
    scores = network.layers[network.head]
    assert isinstance(scores, torch.nn.Linear)
    fitted = fit_linear(rows @ rows.T, labels, scores.out_features)
    with torch.no_grad():
        scores.weight.copy_(torch.from_numpy(fitted.weights.T.astype(np.float32) @ rows))
        scores.bias.copy_(torch.from_numpy(fitted.bias))
    return (
        f"Scores were fitted to {len(chosen):,} training images by least squares; of predictions "
        f"that leave the image out {fitted.left_out_top1:.1%} are right, the mean over classes."
    )
