"""The run folder, written: whole files in an order that a crash at any moment leaves usable."""

from __future__ import annotations

import csv
import io
import pickle
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from training import __version__
from training.atomic import replacing, write_text
from training.checkpoints import checkpoint_path, load_checkpoint, save_checkpoint
from training.config import FitConfig
from training.data import Source
from training.errors import WorkbenchError
from training.layer_table import cut_rows
from training.learner import Learner
from training.metrics import METRICS, read_metrics
from training.models import options
from training.preprocess import Preprocess
from training.run_settings import write_settings
from training.runs import LAYERS, Run

Row = dict[str, float]
"""A line of metrics.csv."""


def check_folder(path: Path, config: FitConfig, *, resume: bool) -> None:
    """Make sure that the folder is free, or holds the run to go on with; nothing is written.

    Raises:
        WorkbenchError: If it holds another run, or none to resume, or one of other settings.
    """
    exists = (path / "run.json").exists()
    if exists and resume and Run.open(path).info.training is None:
        raise WorkbenchError(
            f"{path} was imported, so there is no training to go on with. Train a network of your "
            "own with another --run."
        )
    if exists and not resume:
        raise WorkbenchError(
            f"{path} already holds a run. Go on with it (--resume), choose another --run or "
            "delete the folder."
        )
    if resume and not (path / "resume.pt").exists():
        raise WorkbenchError(
            f"{path} holds nothing to resume: it has no resume.pt. Start it without --resume."
        )
    if resume:
        _same_settings(path, config)


def make_folder(path: Path) -> None:
    """Make the run's folder, unless it is there.

    Raises:
        WorkbenchError: If that is not possible or not allowed.
    """
    try:
        (path / "checkpoints").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkbenchError(f"Cannot make the folder {path}: {error.strerror}.") from error


def sweep(path: Path) -> None:
    """Remove what a process that was killed left half-written; only for who holds the run.

    Raises:
        WorkbenchError: If resume.pt cannot be read.
    """
    for folder in (path, path / "checkpoints"):
        for partial in folder.glob(".*.partial"):
            partial.unlink(missing_ok=True)
    if (path / "resume.pt").exists():
        epoch = _saved(path, mmap=True)["epoch"]
        metrics = path / "metrics.csv"
        if read_metrics(metrics).epoch.max() > epoch:  # stopped between the row and resume.pt
            lines = metrics.read_text(encoding="utf-8").splitlines(keepends=True)
            write_text(metrics, "".join(lines[: epoch + 1]))
        cut_rows(path / LAYERS, epoch)


def _same_settings(path: Path, config: FitConfig) -> None:
    """Refuse to go on with other settings: the result would be nobody's run."""
    before = Run.open(path).info.training or {}
    changed = [
        f"{name} was {before.get(name)!r}, now {value!r}"
        for name, value in asdict(config).items()
        if name not in ("run", "device", "log") and before.get(name, value) != value
    ]
    if changed:
        raise WorkbenchError(
            f"{path} cannot be resumed with other settings: {'; '.join(changed)}. Give the "
            "settings it was started with."
        )


def begin_run(
    path: Path,
    config: FitConfig,
    source: Source,
    preprocess: Preprocess,
    dtype: torch.dtype,
    *,
    data_notices: Sequence[str],
    colours_of: str,
) -> None:
    """Write run.json and the heads of the tables.

    Args:
        path: The run's folder.
        config: Settings of the training.
        source: The data set.
        preprocess: How its images become inputs.
        dtype: Precision of the steps.
        data_notices: What became the validation set, and what else was told of the data.
        colours_of: Whose mean and deviation the inputs are normalised by, in words.
    """
    write_settings(
        path,
        model=config.model,
        options=options(config.model, **config.model_options),
        classes=source.classes,
        preprocess=preprocess,
        data=source.spec,  # absolute, so that the run opens from any folder
        data_fingerprint=source.fingerprint,
        data_notices=list(data_notices),
        colours_of=colours_of,
        training=asdict(config),
        precision=str(dtype).removeprefix("torch."),
        **provenance(),
    )
    write_text(path / "metrics.csv", ",".join(METRICS) + "\n")


def provenance() -> dict[str, Any]:
    """When, with which libraries and from which source revision a run was made."""
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,  # tells the CUDA build, which its package does not
            "filterscope": __version__,
            **{package: version(package) for package in ("torchvision", "safetensors")},
        },
        "revision": _revision(),
    }


def _revision() -> str | None:
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None  # installed without its history
    return answer.stdout.strip()


def save_epoch(
    path: Path,
    epoch: int,
    learner: Learner,
    row: Row,
) -> None:
    """Checkpoint, then metrics, then resume.pt: the epoch counts once the last one stands."""
    save_checkpoint(path, epoch, learner.network.state_dict())
    line = io.StringIO()
    csv.DictWriter(line, METRICS, lineterminator="\n").writerow(row)
    with (path / "metrics.csv").open("a", encoding="utf-8") as file:
        file.write(line.getvalue())
    save_resume(path, epoch, learner)


def save_resume(path: Path, epoch: int, learner: Learner) -> None:
    with replacing(path / "resume.pt") as partial:
        torch.save({"epoch": epoch, **learner.state()}, partial)


def restore(path: Path, learner: Learner) -> int:
    """Put the learner back to the last epoch that counts; its number."""
    saved = _saved(path)
    epoch: int = saved["epoch"]
    learner.restore(saved, load_checkpoint(checkpoint_path(path, epoch)))
    return epoch


def _saved(path: Path, *, mmap: bool = False) -> dict[str, Any]:
    """What resume.pt holds; mapped, its tensors cost nothing until they are looked at."""
    file = path / "resume.pt"
    try:
        saved: dict[str, Any] = torch.load(file, mmap=mmap, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise WorkbenchError(f"{file} cannot be read: {error}.") from error
    return saved
