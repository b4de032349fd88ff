"""The run folder: all that viewing knows of training. It may be read while it is being written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import torch
from torch import Tensor

from training.checkpoints import (
    CheckpointError,
    check_fit,
    checkpoint_path,
    load_checkpoint,
    load_tensor,
    stored_digest,
)
from training.errors import WorkbenchError
from training.layer_table import read_rows
from training.metrics import read_metrics
from training.models import Network, architecture, build, freeze
from training.preprocess import Preprocess
from training.progress import Progress, silent
from training.run_info import RunInfo
from training.run_settings import FORMAT, MEAN_IMAGE, RunError, read_mean_image, read_settings
from training.settings import checked
from training.status import FINISHED, Status, read_status

if TYPE_CHECKING:
    from training.data import Data

LAYERS, ADVICE = "layers.csv", "advice.txt"


@dataclass(frozen=True)
class Run:
    """One training run, read from its folder."""

    path: Path
    config: Mapping[str, Any]  # run.json as it stands; `info` has its fields by name and type

    @classmethod
    def open(cls, path: str | Path) -> Run:
        """The run in a folder.

        Raises:
            RunError: If the folder is gone, is no run, was written by a newer version, or if its
                run.json lacks what every run has.
        """
        path = Path(path)
        found = "has no run.json" if path.is_dir() else "does not exist"
        missing = (
            f"{path} is not a run: it {found}. `python -m training fit --run {path}` makes one."
        )
        config = read_settings(path / "run.json", what="run", newest=FORMAT, missing=missing)
        run = cls(path, config)
        _ = run.info  # or what is missing would show up in the middle of a page
        return run

    @cached_property
    def info(self) -> RunInfo:
        """What run.json says of it."""
        return RunInfo.read(self.config, self.path / "run.json")

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def epochs(self) -> list[int]:
        """Epochs with a checkpoint, ascending; 0 is the untrained network."""
        names = (path.name for path in (self.path / "checkpoints").glob("epoch-*.safetensors"))
        matches = (re.fullmatch(r"epoch-(\d+)\.safetensors", name) for name in names)
        return sorted(int(match[1]) for match in matches if match)

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, by index."""
        return self.info.classes

    @property
    def data_name(self) -> str:
        """The data set without the place where it lies: tiny-imagenet-100, cifar10, no data."""
        return without_place(self.info.data or "no data")

    @property
    def preprocess(self) -> Preprocess:
        """How an image becomes this network's input."""
        stored = self.info.preprocess
        side, mean = stored["resize"], tuple(stored["mean"])
        mean_image = None
        if stored.get("mean_image"):
            mean_image = read_mean_image(self.path / MEAN_IMAGE, side, len(mean))
        mix = stored.get("mix")
        return Preprocess(
            stored["size"],
            side,
            mean,
            tuple(stored["std"]),
            mean_image,
            channels=stored.get("channels", "rgb"),
            mix=mix and tuple(map(tuple, mix)),
        )

    @property
    def derived(self) -> Path:
        """Folder of cached results; deleting it loses only time."""
        return self.path / "derived"

    @torch.inference_mode(False)  # weights made inside of it could never be differentiated through
    def network(self, epoch: int | None = None) -> Network:
        """The network as it stood after an epoch (the last one by default), ready to look at.

        Raises:
            CheckpointError: If the checkpoint is missing or damaged, or belongs to another
                network.
            RunError: If run.json describes no network.
        """
        path = self._checkpoint(epoch)
        weights = load_checkpoint(path)
        with torch.device("meta"):  # shapes only: the weights come from the file
            network = self._blueprint()
        check_fit(weights, network.state_dict(), path.name)
        network.load_state_dict(weights, assign=True)
        return freeze(network)

    def weight(self, epoch: int, name: str) -> Tensor:
        """One tensor, such as `conv1.weight`, without reading the rest of the checkpoint."""
        return load_tensor(self._checkpoint(epoch), name)

    def digest(self, epoch: int) -> str:
        """SHA-256 of an epoch's weights, the key of cached results; reads the header only."""
        return stored_digest(self._checkpoint(epoch))

    def metrics(self) -> pd.DataFrame:
        """A row for each trained epoch; a line that is being written is left out."""
        return read_metrics(self.path / "metrics.csv")

    def top1_error(self, epoch: int) -> float | None:
        """Validation top-1 error after an epoch, in [0, 1]; None where it was not measured."""
        metrics = self.metrics()
        row = metrics[metrics["epoch"] == epoch]
        return 1 - float(row["val_top1"].iloc[0]) if len(row) else None

    def layers(self) -> pd.DataFrame:
        """A row for each trained epoch and layer; empty for runs that were not watched."""
        return read_rows(self.path / LAYERS)

    def advice(self) -> str:
        """What was said about its learning rate in the first epoch; mostly nothing."""
        try:
            return (self.path / ADVICE).read_text(encoding="utf-8").strip()
        except OSError:
            return ""

    def status(self) -> Status:
        """What its training is doing or how it ended."""
        return read_status(self.path / "status.json") or Status(state=FINISHED)

    def data(self, progress: Progress = silent) -> Data:
        """The images it was trained on, decoded at the size its network takes.

        Raises:
            WorkbenchError: If the run has no data set, or it is no longer there or has other
                classes by now.
        """
        from training.data import open_data

        if not self.info.data:
            raise WorkbenchError(
                f"{self.name} was imported without a data set. Import it again with --data, for "
                "example --data folder:PATH, to mine images for it."
            )
        data = open_data(self.info.data, size=self.preprocess.resize, progress=progress)
        # a network trained elsewhere may look at any images
        was_trained_here = self.info.training is not None
        if was_trained_here and data.classes != self.classes:
            raise WorkbenchError(
                f"{self.name} was trained on {len(self.classes)} classes, but {data.spec} now has "
                f"{len(data.classes)} or others. Put the former data back, or train anew."
            )
        return data

    def _blueprint(self) -> Network:
        """The network that run.json describes; anybody may have written that."""
        try:
            options = checked("options", dict[str, Any], self.config.get("options"))
            classes = checked("classes", list[str], self.config.get("classes"))
            return build(architecture(self.config.get("model", ""), **options), len(classes))
        except WorkbenchError as error:
            raise RunError(
                f"{self.path / 'run.json'} describes no network: {error} Put the file back as it "
                "was written."
            ) from error

    def _checkpoint(self, epoch: int | None) -> Path:
        epochs = self.epochs
        if not epochs:
            raise CheckpointError(f"{self.name} has no checkpoint yet.")
        if epoch is None:
            epoch = epochs[-1]
        if epoch not in epochs:
            raise CheckpointError(
                f"{self.name} has no epoch {epoch}. It has {epochs[0]} to {epochs[-1]}."
            )
        return checkpoint_path(self.path, epoch)


def without_place(spec: str) -> str:
    """What a data set is called; where it lies is nobody else's business."""
    family, _colon, place = spec.partition(":")
    return Path(place).name if family == "folder" else family


@dataclass(frozen=True)
class BrokenRun:
    """A run folder that cannot be opened, with the reason."""

    path: Path
    reason: str

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name


def list_runs(root: str | Path) -> tuple[list[Run], list[BrokenRun]]:
    """The runs in a folder, newest first, and the folders that should be runs and are not.

    The runs of a comparison lie one folder deeper, in that of the comparison.
    """
    runs, broken = [], []
    root = Path(root)
    compared = (file.parent.glob("*/run.json") for file in root.glob("*/comparison.json"))
    for settings in chain(root.glob("*/run.json"), *compared):
        try:
            runs.append(Run.open(settings.parent))
        except RunError as error:
            broken.append(BrokenRun(settings.parent, str(error)))
    runs.sort(key=lambda run: run.info.created, reverse=True)
    return runs, broken
