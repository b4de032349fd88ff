"""What every view needs of a run: its network, an image's digest, a split; and how it asks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image

from training.device import choose_device
from training.models import Network, create
from training.runs import Run
from viz.store.cache import Arrays, Question, kept, recall

if TYPE_CHECKING:
    from training.data import Data, Split


class NotKept(Exception):
    """The result has not been worked out yet."""


def blueprint(run: Run) -> Network:
    """The run's network without weights: layer names and geometry in no time; not to be changed."""
    options = json.dumps(run.info.options, sort_keys=True)
    return _blueprint(run.info.model, len(run.classes), options)


@lru_cache(maxsize=32)
def _blueprint(model: str, classes: int, options: str) -> Network:
    """Built once: initial weights are drawn even where there are none to be kept."""
    with torch.inference_mode(False), torch.device("meta"):
        network = create(model, classes, **json.loads(options))
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


def most_probable(run: Run, network: Network, image: Image.Image) -> int:
    """The class that the network names first."""
    with torch.inference_mode():
        return int(network(run.preprocess(image)[None].to(network.device)).argmax())


def digest_of(run: Run, image: Image.Image) -> str:
    """SHA-256 of what the network sees of an image: two that differ in a pixel differ in it."""
    return hashlib.sha256(np.asarray(run.preprocess.crop(image)).tobytes()).hexdigest()


def kept_report(run: Run, epoch: int) -> Path:
    """Where the report on an epoch is kept, if it was ever written."""
    return run.derived / f"report-{run.digest(epoch)[:16]}.html"


def split_of(data: Data, split: str) -> Split:
    """The training or the validation images."""
    return data.train if split == "train" else data.val


def answered(
    run: Run, question: Question, compute: Callable[[], Arrays], only_kept: bool
) -> Arrays:
    """The kept arrays, or else computed and kept; `NotKept` where that is not wanted."""
    if not only_kept:
        return kept(run.derived, question, compute)
    arrays = recall(run.derived, question)
    if arrays is None:
        raise NotKept
    return arrays
