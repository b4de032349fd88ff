"""The run folder, written: whole files in an order that a crash at any moment leaves usable."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import torch

from training import __version__, layer_table, metrics
from training.atomic import check_room, write_text
from training.atomic import make_folder as make_plain_folder
from training.checkpoints import (
    CheckpointError,
    checkpoint_path,
    load_checkpoint,
    save_checkpoint,
)
from training.config import FitConfig
from training.data import Source
from training.errors import WorkbenchError
from training.guarded import require_text
from training.learner import Learner
from training.metrics import HEADER, Row, append_row
from training.models import options
from training.preprocess import Preprocess
from training.resume_file import RESUME, not_from_here, read_state, write_state
from training.run_settings import write_settings
from training.runs import LAYERS, Run
from training.transfer import Start, model_options


def check_folder(path: Path, config: FitConfig, *, resume: bool) -> None:
    """Make sure that the folder is free, or holds the run to go on with; nothing is written.

    Raises:
        WorkbenchError: If it holds another run, or none to resume, or one of other settings.
    """
    require_text(path, WorkbenchError)
    has_run, has_state = (path / "run.json").exists(), (path / RESUME).exists()
    if has_run and resume and Run.open(path).info.training is None:
        raise WorkbenchError(
            f"{path} was imported, so there is no training to go on with. Train a network of your "
            "own with another --run.",
            code="resume",
        )
    is_begun = has_state or Run(path, {}).epochs not in ([], [0])  # else a start that failed
    anew = "choose another --run or delete the folder"
    if resume and not (has_run and has_state):
        lacking = RESUME if has_run else "run.json"
        raise WorkbenchError(
            f"{path} holds nothing to resume: it has no {lacking}. Start it without --resume"
            f"{f': {anew}' if is_begun else ''}.",
            code="resume",
        )
    if resume:
        _same_settings(path, config)
    elif is_begun:
        way_on = f"Go on with it (--resume), {anew}" if has_run and has_state else anew.capitalize()
        raise WorkbenchError(f"{path} already holds a run. {way_on}.", code="taken")


def make_folder(path: Path) -> None:
    """Make the run's folder, unless it is there.

    Raises:
        WorkbenchError: If that is not possible or not allowed.
    """
    for folder in (path, path / "checkpoints"):
        make_plain_folder(folder)


def sweep(path: Path) -> None:
    """Remove what a process that was killed left half-written; only for who holds the run."""
    for folder in (path, path / "checkpoints"):
        for partial in folder.glob(".*.partial"):
            partial.unlink(missing_ok=True)


def cut_tables(path: Path, epoch: int) -> None:
    """Drop the rows of what was stopped between its row and resume.pt, or in the middle of one."""
    metrics.cut_rows(path / "metrics.csv", epoch)
    layer_table.cut_rows(path / LAYERS, epoch)


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
            "settings it was started with.",
            code="settings",
        )


def begin_run(
    path: Path,
    config: FitConfig,
    source: Source,
    preprocess: Preprocess,
    learner: Learner,
    *,
    data_notices: Sequence[str],
    colours_of: str,
    start: Start | None = None,
) -> None:
    """Write the folder as it is before the first epoch.

    resume.pt comes last: before it is there, the same start can be made again.

    Args:
        path: The run's folder.
        config: Settings of the training.
        source: The data set.
        preprocess: How its images become inputs.
        learner: Untrained.
        data_notices: What became the validation set, and what else was told of the data.
        colours_of: Whose mean and deviation the inputs are normalised by, in words.
        start: Where its weights come from, if they are not random.
    """
    check_room(path, weight_of(learner))
    write_settings(
        path,
        model=config.model,
        options=options(config.model, **model_options(config, len(source.classes))),
        classes=source.classes,
        preprocess=preprocess,
        data=source.spec,  # absolute, so that the run opens from any folder
        data_fingerprint=source.fingerprint,
        data_notices=list(data_notices),
        colours_of=colours_of,
        training=asdict(config),
        origin=asdict(start.origin) if start else None,
        adopted=start.run.config.get("adopted") if start else None,
        frozen=list(learner.network.frozen),
        precision=str(learner.dtype).removeprefix("torch."),
        **provenance(),
    )
    write_text(path / "metrics.csv", HEADER + "\n")
    save_checkpoint(path, 0, learner.network.state_dict())
    save_resume(path, 0, learner)


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
    history: Sequence[Row],
) -> None:
    """Checkpoint, then metrics, then resume.pt: the epoch counts once the last one stands.

    Args:
        path: Run folder.
        epoch: Its number.
        learner: What it left.
        history: The row of each epoch so far, this one's last.
    """
    check_room(path, weight_of(learner))  # of all of it: half an epoch is of no use
    save_checkpoint(path, epoch, learner.network.state_dict())
    append_row(path / "metrics.csv", history[-1])
    save_resume(path, epoch, learner, history)


def save_resume(path: Path, epoch: int, learner: Learner, history: Sequence[Row] = ()) -> None:
    # the rows, too: the learning rate may depend on them, and anybody may write in metrics.csv
    write_state(path, {"epoch": epoch, "history": list(map(dict, history)), **learner.state()})


def weight_of(learner: Learner) -> int:
    """Bytes that an epoch takes on the disk: the weights, and what training goes on from."""
    return _size(learner.network.state_dict()) + _size(learner.state())


def _size(found: Any) -> int:
    if isinstance(found, torch.Tensor):
        return found.nbytes
    inner = found.values() if isinstance(found, dict) else found
    return sum(map(_size, inner)) if isinstance(found, dict | list | tuple) else 0


def restore(path: Path, learner: Learner) -> tuple[int, list[Row]]:
    """Put the learner back to the last epoch that counts; its number, and each epoch's row.

    Raises:
        WorkbenchError: If resume.pt or the epoch's checkpoint is damaged, or of another network.
    """
    saved = read_state(path)
    epoch: int = saved["epoch"]
    expected = learner.network.state_dict()
    try:
        weights = load_checkpoint(checkpoint_path(path, epoch), expected)
    except CheckpointError as error:
        raise CheckpointError(
            f"Training cannot go on from epoch {epoch}: {error}", code=error.code
        ) from error
    try:
        learner.restore(saved, weights)
    except (RuntimeError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise not_from_here(path) from error
    if "history" not in saved:  # written by an earlier version
        rows = metrics.read_metrics(path / "metrics.csv").to_dict("records")
        return epoch, cast(list[Row], rows)
    return epoch, list(saved["history"])
