"""What of a data set and its settings cannot be trained on, said before a folder is made."""

from __future__ import annotations

from torch import nn

from training.config import FitConfig
from training.data import Data, Source
from training.data.batches import batch_count
from training.errors import WorkbenchError
from training.models import Network
from training.ranks import Ranks

MOST_LOST = 0.01  # of all images: more are no accident but another data set
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def check_data(config: FitConfig, source: Source, ranks: Ranks) -> None:
    """Refuse batches too small for the processes, and data of a single class."""
    if config.batch_size < 2 * ranks.count:
        processes = f" for {ranks.count} processes" if ranks.count > 1 else ""
        raise WorkbenchError(
            f"--batch_size {config.batch_size} is too small{processes}. Give at least "
            f"{2 * ranks.count}."
        )
    if len(source.classes) < 2:
        raise WorkbenchError(
            f"{source.spec} has one class, {source.classes[0]}, and there is nothing to tell it "
            "from. Is the path one folder too high? It takes at least two class folders."
        )


def check_readable(source: Source, data: Data) -> None:
    """Refuse to train where more than a hundredth of the images, and more than one, are missing.

    Args:
        source: The data set as it lies on the disk.
        data: What could be decoded of it.
    """
    total = source.train_images + source.val_images
    lost = total - len(data.train.labels) - len(data.val.labels)
    if lost > max(1, MOST_LOST * total):
        named = next((notice for notice in data.notices if "cannot be read" in notice), "")
        raise WorkbenchError(
            f"{named or f'{lost:,} of {total:,} images cannot be read.'} That is more than "
            f"{100 * MOST_LOST:g} %: mend these files, or remove them, to train."
        )


def check_batches(network: Network, config: FitConfig, images: int, ranks: Ranks) -> None:
    """Refuse a batch of which a process has one image, where statistics are taken over batches.

    Args:
        network: To be trained.
        config: Says how large batches are.
        images: In the training set.
        ranks: The processes that share each batch.
    """
    if not any(isinstance(layer, BATCH_NORMS) for layer in network.modules()):
        return
    batch = min(config.batch_size, images)
    last = images - (batch_count(images, batch) - 1) * batch
    least = min(batch, last) // ranks.count
    if least < 2:
        raise WorkbenchError(
            f"{config.model} normalises over batches, and of {images:,} training images in batches "
            f"of {config.batch_size:,} the smallest leaves {least} to a process. Take another "
            "--batch_size or more images."
        )
