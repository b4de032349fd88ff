"""The run folder: all that viewing knows of training. It may be read while it is being written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import torch
from torch import Tensor

from training.checkpoints import (
    CheckpointError,
    checked_digest,
    checkpoint_name,
    checkpoint_path,
    load_checkpoint,
    load_tensor,
    stored_digest,
)
from training.data_spec import without_place
from training.errors import WorkbenchError
from training.guarded import (
    may_have,
    members,
    printable,
    read_text,
    require_listable,
    require_text,
)
from training.layer_table import read_rows
from training.metrics import bad_lines, read_metrics
from training.models import Network, freeze
from training.outputs import Outputs, outputs_called
from training.preprocess import Preprocess
from training.progress import Progress, silent
from training.run_info import RunInfo
from training.run_network import described, expected, plan
from training.run_settings import FORMAT, MEAN_IMAGE, RunError, read_mean_image, read_settings
from training.status import FINISHED, STOPPED, Status, read_status

if TYPE_CHECKING:
    from training.data import Data

LAYERS, ADVICE = "layers.csv", "advice.txt"
_EPOCH = re.compile(r"epoch-([0-9]{4,9})\.safetensors")
_EARLY = re.compile(r"epoch-([0-9]{4}\.[0-9]{3})\.safetensors")


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
        require_text(path, RunError)
        found = "has no run.json" if path.is_dir() else "does not exist"
        missing = (
            f"{path} is not a run: it {found}. `python -m training fit --run {path}` makes one."
        )
        config = read_settings(path / "run.json", what="run", newest=FORMAT, missing=missing)
        run = cls(path, config)
        _ = run.info  # or what is missing would show up in the middle of a page
        require_listable(path / "checkpoints", RunError)
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
        names = {path.name for path in (self.path / "checkpoints").glob("epoch-*.safetensors")}
        found = {int(match[1]) for name in names if (match := _EPOCH.fullmatch(name))}
        return sorted(each for each in found if checkpoint_name(each) in names)

    @property
    def early(self) -> list[float]:
        """Fractions of the first epoch with a checkpoint, ascending: 0.1, 0.2 and so on.

        `weight`, `digest` and `network` take them as they take an epoch; `epochs` has none.
        """
        names = (path.name for path in (self.path / "checkpoints").glob("epoch-0000.*.safetensors"))
        return sorted(float(match[1]) for name in names if (match := _EARLY.fullmatch(name)))

    def sound(self, epochs: Sequence[int]) -> Sound:
        """Those of some epochs that can be used, for who looks at several of them.

        Raises:
            CheckpointError: If the run has no such epoch, or all of them are damaged.
        """
        wanted, there = expected(self.plan), self.epochs
        digests: dict[int, str] = {}
        left_out: dict[int, CheckpointError] = {}
        for epoch in epochs:
            path = self._checkpoint(epoch, there)
            try:
                digests[epoch] = checked_digest(path, wanted)
            except CheckpointError as error:
                left_out[epoch] = error
        if left_out and not digests:
            raise next(iter(left_out.values()))
        return Sound(digests, {epoch: str(error) for epoch, error in left_out.items()})

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, by index."""
        return self.info.classes

    @property
    def outputs(self) -> Outputs:
        """How probabilities of the classes follow from what the network gives."""
        return outputs_called(self.info.outputs)

    @property
    def data_name(self) -> str:
        """The data set without the place where it lies: tiny-imagenet-100, cifar10, no data."""
        return without_place(self.config.get("data") or "no data")

    @property
    def preprocess(self) -> Preprocess:
        """How an image becomes this network's input."""
        stored = self.info.preprocess
        side, mean = stored["resize"], tuple(stored["mean"])
        mean_image = None
        if stored.get("mean_image"):
            digest = stored.get("mean_image_sha256")
            mean_image = read_mean_image(self.path / MEAN_IMAGE, side, len(mean), digest)
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
    def network(self, epoch: float | None = None) -> Network:
        """The network as it stood after an epoch (the last one by default), ready to look at.

        Raises:
            CheckpointError: If the checkpoint is missing or damaged, or belongs to another
                network.
            RunError: If run.json describes no network.
        """
        weights = load_checkpoint(self._checkpoint(epoch), expected(self.plan))
        with torch.device("meta"):  # shapes only: the weights come from the file
            network = described(self.info, self.path / "run.json")
        network.load_state_dict(weights, assign=True)
        return freeze(network)

    @cached_property
    def plan(self) -> Network:
        """The network without weights, on the meta device; not to be changed. Raises RunError."""
        return plan(self.info, self.path / "run.json")

    def weight(self, epoch: float, name: str) -> Tensor:
        """One tensor, such as `conv1.weight`, without reading the rest of the checkpoint."""
        return load_tensor(self._checkpoint(epoch), name, expected(self.plan))

    def digest(self, epoch: float) -> str:
        """SHA-256 of an epoch's weights, the key of cached results; reads the header only."""
        return stored_digest(self._checkpoint(epoch))

    def metrics(self) -> pd.DataFrame:
        """A row for each trained epoch; a line that is being written is left out."""
        return read_metrics(self.path / "metrics.csv")

    def bad_lines(self) -> list[int]:
        """Which lines of metrics.csv are no row of it, the header being line 1."""
        return bad_lines(self.path / "metrics.csv")

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
            return read_text(self.path / ADVICE, RunError, within=self.path).strip()
        except RunError:
            return ""

    def status(self) -> Status:
        """What its training is doing or how it ended."""
        file = self.path / "status.json"
        found = read_status(file)
        if found is None and file.exists():
            return Status(state=STOPPED, message="status.json is damaged: how it ended is unknown.")
        return found or Status(state=FINISHED)  # weights from elsewhere

    def data(self, progress: Progress = silent) -> Data:
        """The images it was trained on, decoded at the size its network takes.

        Their labels are the outputs of the network; those of a network trained elsewhere are
        found by the names of the classes.

        Raises:
            WorkbenchError: If the run has no data set, or it is no longer there or has other
                classes by now.
        """
        from training.data import open_data
        from training.data.class_names import counted_as

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
        return data if was_trained_here else counted_as(self.classes, data)

    def _checkpoint(self, epoch: float | None, there: Sequence[float] | None = None) -> Path:
        if there is None:
            there = self.early if isinstance(epoch, float) else self.epochs
        epochs = there
        if not epochs:
            raise CheckpointError(f"{self.name} has no checkpoint yet.", code="epoch")
        if epoch is None:
            epoch = epochs[-1]
        if epoch not in epochs:
            raise CheckpointError(
                f"{self.name} has no epoch {epoch}. It has {epochs[0]} to {epochs[-1]}.",
                code="epoch",
            )
        return checkpoint_path(self.path, epoch)


@dataclass(frozen=True)
class Sound:
    """Some epochs of a run, told apart by whether they can be used."""

    digests: Mapping[int, str]  # those that can, each with the SHA-256 of its weights
    left_out: Mapping[int, str]  # the others, each with the reason

    @property
    def epochs(self) -> tuple[int, ...]:
        """Those that can be used, in the order asked for."""
        return tuple(self.digests)


@dataclass(frozen=True)
class BrokenRun:
    """A run folder that cannot be opened, with the reason, in words and as a code."""

    path: Path
    reason: str
    code: str = "other"

    @property
    def name(self) -> str:
        """The folder's name, as it can be shown."""
        return printable(self.path.name)


def list_runs(root: str | Path) -> tuple[list[Run], list[BrokenRun]]:
    """The runs in a folder, newest first, and the folders that should be runs and are not.

    Those of a comparison lie one folder deeper, in its own.
    """
    runs: list[Run] = []
    broken: list[BrokenRun] = []

    def look_into(folder: Path, *, deeper: bool) -> None:
        try:
            if may_have(folder, "run.json"):
                runs.append(Run.open(folder))
            elif deeper and may_have(folder, "comparison.json"):
                for each in members(folder, RunError):
                    look_into(each, deeper=False)
        except RunError as error:
            broken.append(BrokenRun(folder, str(error), error.code))

    try:
        for folder in members(Path(root), RunError):
            look_into(folder, deeper=True)
    except RunError as error:
        broken.append(BrokenRun(Path(root), str(error), error.code))
    runs.sort(key=lambda run: run.info.created, reverse=True)
    return runs, broken
