"""Who asks lends the network: a page the one that its visitors share, a command a fresh one."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image

from training.device import choose_device
from training.errors import WorkbenchError
from training.images import read_image
from training.models import Network
from training.preprocess import CENTRE, square
from training.progress import Progress, silent
from training.runs import Run

if TYPE_CHECKING:
    from training.data import Data, Split
    from viz.store.query import Query

NO_EPOCH = -1  # of a run that has no checkpoint yet
NETWORKS = 2  # that a command holds at a time


class Lender:
    """Opens runs, networks, data and pictures, each once while it is in use."""

    def __init__(self) -> None:
        self._networks: OrderedDict[tuple[str, int, str], Network] = OrderedDict()
        self._data: dict[str, Data] = {}

    def run(self, path: str) -> Run:
        """The run in a folder."""
        return Run.open(path)

    def network(self, run: Run, epoch: int) -> Network:
        """The network after an epoch, on the fastest device there is; not to be changed."""
        key = str(run.path), epoch, run.digest(epoch)
        if key not in self._networks:
            self._networks[key] = fresh_network(run, epoch)
            while len(self._networks) > NETWORKS:
                self._networks.popitem(last=False)
        return self._networks[key]

    def data(self, run: Run, progress: Progress = silent) -> Data:
        """The images that a run was trained on."""
        key = str(run.path)
        if key not in self._data:
            self._data[key] = run.data(progress)
        return self._data[key]

    def read(self, path: str, side: int, at: int = CENTRE) -> Image.Image:
        """A picture file, RGB; it may come as the square of that side which a network needs.

        Any but the central square does: what comes after would take the central one.
        """
        image = read_image(Path(path)).image
        return image if at == CENTRE else square(image, side, at)

    def ask(self, query: Query[Any], **how: Any) -> Any:
        """Another question, with what is open already; see `viz.store.answer.answer`."""
        from viz.store.answer import answer

        return answer(query, self, **how)


@torch.inference_mode(False)  # as Run.network: a copy on another device would be such weights too
def fresh_network(run: Run, epoch: int) -> Network:
    """The network after an epoch, read anew, on the fastest device there is."""
    return run.network(epoch).to(choose_device())


@dataclass(frozen=True)
class Picture:
    """An image that a question is about."""

    image: Image.Image  # RGB
    name: str  # for people and provenance
    index: int | None = None  # of the validation image, if it is one


@dataclass(frozen=True)
class Opened:
    """A run after an epoch, with what whoever asks lends."""

    run: Run
    epoch: int
    lender: Lender

    @classmethod
    def of(cls, path: str, epoch: int | None, lender: Lender) -> Opened:
        """The run, after the epoch asked for or the last one.

        Raises:
            WorkbenchError: If there is no such run or epoch.
        """
        run = lender.run(path)
        return cls(run, checked_epoch(run, epoch), lender)

    @classmethod
    def for_query(cls, query: Query[Any], lender: Lender) -> Opened:
        """What a question is asked of; one of no weights needs no checkpoint yet."""
        if query.of_weights:
            return cls.of(query.run, query.epoch, lender)
        run = lender.run(query.run)
        return cls(run, run.epochs[-1] if run.epochs else NO_EPOCH, lender)

    def at(self, epoch: int) -> Opened:
        """The same run after another epoch."""
        return Opened(self.run, checked_epoch(self.run, epoch), self.lender)

    @property
    def title(self) -> str:
        """Run and epoch, for figures."""
        return f"{self.run.name}, epoch {self.epoch}"

    @property
    def digest(self) -> str:
        """Of the epoch's weights."""
        return self.run.digest(self.epoch)

    @property
    def plan(self) -> Network:
        """The network on the meta device: names and geometry in no time; not to be changed."""
        return plan_of(self.run)

    @property
    def network(self) -> Network:
        """The network, lent: not to be changed."""
        return self.lender.network(self.run, self.epoch)

    def data(self, progress: Progress = silent) -> Data:
        """The images that the run was trained on."""
        return self.lender.data(self.run, progress)

    def split(self, name: str, progress: Progress = silent) -> Split:
        """The training or the validation images."""
        return split_of(self.data(progress), name)

    def picture(self, source: str) -> Picture:
        """A picture file or a validation image, with what to call it.

        Raises:
            WorkbenchError: If there is no such picture.
        """
        if not is_number(source):
            path, at = file_and_square(source)
            side = self.run.preprocess.resize
            return Picture(self.lender.read(path, side, at), Path(source).name)
        images = self.data().val.images
        index = int(source)
        if index >= len(images):
            raise WorkbenchError(
                f"There is no validation image {source}. Choose one from 0 to {len(images) - 1}, "
                "or the path of a picture."
            )
        return Picture(Image.fromarray(images[index]), f"validation image {index}", index)

    def true_class(self, source: str) -> int | None:
        """The class of a validation image as the network counts them, where it has learned it."""
        if not is_number(source):
            return None
        data = self.data()
        label = int(data.val.labels[int(source)])
        return None if data.foreign or label >= len(self.run.classes) else label

    def pixels(self, source: str) -> torch.Tensor:
        """What the network sees of a picture, (3, H, W), normalised."""
        return self.run.preprocess(self.picture(source).image)

    def image_digest(self, source: str) -> str:
        """SHA-256 of what the network sees: two pictures that differ in a pixel differ in it."""
        return digest_of(self.run, self.picture(source).image)

    def image_seen(self, source: str) -> dict[str, str]:
        """A picture by its name and by the digest of what the network sees of it."""
        picture = self.picture(source)
        return {"name": picture.name, "sha256": digest_of(self.run, picture.image)}

    def ask(self, query: Query[Any], **how: Any) -> Any:
        """Another question, with what is open already."""
        return self.lender.ask(query, **how)


def checked_epoch(run: Run, epoch: int | None) -> int:
    """The epoch asked for, or the last one.

    Raises:
        WorkbenchError: If there is none, or not this one.
    """
    epochs = run.epochs
    if not epochs:
        raise WorkbenchError(f"{run.name} has no checkpoint yet. Wait for the first, or train on.")
    if epoch is None:
        return epochs[-1]
    if epoch not in epochs:
        raise WorkbenchError(
            f"{run.name} has no epoch {epoch}. It has {epochs[0]} to {epochs[-1]}."
        )
    return epoch


def plan_of(run: Run) -> Network:
    """A run's network on the meta device."""
    return run.plan


def digest_of(run: Run, image: Image.Image) -> str:
    """SHA-256 of what the network sees of an image."""
    return hashlib.sha256(np.asarray(run.preprocess.crop(image)).tobytes()).hexdigest()


def split_of(data: Data, split: str) -> Split:
    """The training or the validation images."""
    return data.train if split == "train" else data.val


def same_images(runs: Sequence[Run]) -> bool:
    """Whether runs were trained on the same data, so that a number names the same picture."""
    return len({run.config.get("data_fingerprint") for run in runs}) == 1


def file_and_square(source: str) -> tuple[str, int]:
    """Path of a picture and where its square lies: photo.jpg@0 is the left or upper one.

    A file that is called so itself is meant as it is.
    """
    found = re.fullmatch(r"(.+)@(\d{1,2}|100)", source, re.DOTALL)
    if found is None or Path(source).is_file():
        return source, CENTRE
    return found[1], int(found[2])


def with_square(path: str, at: int) -> str:
    """The same as a question and an address have it; the central square needs no word."""
    return path if at == CENTRE else f"{path}@{at}"


def is_number(text: str) -> bool:
    """Whether a source counts validation images rather than naming a file."""
    return text.isascii() and text.isdigit()
