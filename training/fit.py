"""Training a run: the loop's results written to the run folder, epoch by epoch."""

from __future__ import annotations

import csv
import io
import pickle
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from training.atomic import replacing, write_text
from training.checkpoints import checkpoint_path, load_checkpoint, save_checkpoint
from training.config import FitConfig
from training.data import Source, describe, open_data
from training.data.batches import batches
from training.device import choose_device, choose_dtype
from training.errors import WorkbenchError
from training.evaluate import evaluate
from training.loop import Step, make_optimizer, train_epoch, why_dead
from training.models import Network, create, options
from training.preprocess import Preprocess
from training.progress import Progress
from training.runs import METRICS, Run, read_metrics, write_settings
from training.status import DEAD, FAILED, FINISHED, STOPPED, Reporter

Row = dict[str, float]
"""A line of metrics.csv."""


def fit(
    config: FitConfig,
    *,
    resume: bool = False,
    on_step: Callable[[int, Step], None] = lambda *_: None,
    on_epoch: Callable[[Row], None] = lambda _: None,
    pause: Callable[[], None] = lambda: None,
) -> Run:
    """Train a network and write its run folder.

    Whatever ends it leaves the folder ready to be resumed from its last whole epoch.

    Args:
        config: Everything that decides the result.
        resume: Go on with the run in the folder, as if it had never stopped.
        on_step: Told (epoch, step) after every batch.
        on_epoch: Told the new line of metrics.csv, once the epoch is saved.
        pause: Called where it is good to stop; stops the run by raising KeyboardInterrupt.

    Raises:
        WorkbenchError: If the settings do not fit, the folder holds another run, the data cannot
            be read, or the network dies.
    """
    path = Path(config.run)
    _claim(path, config, resume)
    status = Reporter(path / "status.json", message="Getting ready")
    try:
        for row in _epochs(path, config, resume, status, on_step, pause):
            on_epoch(row)
    except KeyboardInterrupt:
        status.end(STOPPED, "Stopped by hand; resume goes on from the last whole epoch.")
        raise
    except DeadNetworkError as error:
        status.end(DEAD, str(error))
        raise
    except BaseException as error:
        status.end(FAILED, str(error) or type(error).__name__)
        raise
    status.end(FINISHED)
    return Run.open(path)


class DeadNetworkError(WorkbenchError):
    """The network will learn nothing more."""


def _epochs(
    path: Path,
    config: FitConfig,
    resume: bool,
    status: Reporter,
    on_step: Callable[[int, Step], None],
    pause: Callable[[], None],
) -> Iterator[Row]:
    device = choose_device(config.device)
    dtype = choose_dtype(config.precision, device)
    source = describe(config.data)
    preprocess = Preprocess(config.input_size, config.stored_size, source.mean, source.std)
    torch.manual_seed(config.seed)
    network = create(config.model, len(source.classes), **config.model_options)
    if not resume:
        _write_run(path, config, source, preprocess, dtype)
        # before the data are ready: there is something to look at from the first second
        save_checkpoint(path, 0, network.state_dict())
    network = network.to(device).to(memory_format=torch.channels_last)
    optimizer = make_optimizer(network, config)
    if not resume:
        _save_resume(path, 0, optimizer)
    first = _restore(path, network, optimizer) + 1 if resume else 1

    status.say("Reading the images")
    data = open_data(config.data, size=config.stored_size, progress=_both(status, pause))
    for notice in data.notices:
        print(notice, file=sys.stderr)
    for epoch in range(first, config.epochs + 1):
        status.say(f"Epoch {epoch} of {config.epochs}")
        began = time.perf_counter()
        errors = (1 - read_metrics(path / "metrics.csv").val_top1).tolist()
        for step in train_epoch(
            network,
            optimizer,
            data.train,
            preprocess,
            config,
            epoch=epoch,
            errors=errors,
            dtype=dtype,
        ):
            on_step(epoch, step)
            status(step.images, step.total)
            pause()
            if not step.loss < float("inf"):
                break
        some_images = next(batches(data.val, preprocess, device=device))
        if reason := why_dead(network.eval(), some_images, step.mean_loss):
            raise DeadNetworkError(f"Epoch {epoch}: {reason}")
        score = evaluate(network, data.val, preprocess)
        row: Row = {
            "epoch": epoch,
            "train_loss": step.mean_loss,
            "train_top1": step.top1,
            "val_loss": score.loss,
            "val_top1": score.top1,
            "val_top5": score.top5,
            "lr": step.lr,
            "seconds": time.perf_counter() - began,
            "images_per_s": step.images / step.seconds,
        }
        _save_epoch(path, epoch, network, optimizer, row)
        yield row


def _both(progress: Progress, pause: Callable[[], None]) -> Progress:
    def tell(done: int, total: int) -> None:
        progress(done, total)
        pause()

    return tell


def _claim(path: Path, config: FitConfig, resume: bool) -> None:
    """Make the folder, or make sure that it is the one to go on with."""
    exists = (path / "run.json").exists()
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
    try:
        (path / "checkpoints").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkbenchError(f"Cannot make the folder {path}: {error.strerror}.") from error


def _same_settings(path: Path, config: FitConfig) -> None:
    """Refuse to go on with other settings: the result would be nobody's run."""
    before = Run.open(path).config["training"]
    changed = [
        f"{name} was {before.get(name)!r}, now {value!r}"
        for name, value in asdict(config).items()
        if name not in ("run", "device") and before.get(name) != value
    ]
    if changed:
        raise WorkbenchError(
            f"{path} cannot be resumed with other settings: {'; '.join(changed)}. Give the "
            "settings it was started with."
        )


def _write_run(
    path: Path,
    config: FitConfig,
    source: Source,
    preprocess: Preprocess,
    dtype: torch.dtype,
) -> None:
    write_settings(
        path,
        model=config.model,
        options=options(config.model, **config.model_options),
        classes=source.classes,
        preprocess=preprocess,
        data=source.spec,  # absolute, so that the run opens from any folder
        data_fingerprint=source.fingerprint,
        training=asdict(config),
        precision=str(dtype).removeprefix("torch."),
        **provenance(),
    )
    write_text(path / "metrics.csv", ",".join(METRICS) + "\n")


def provenance() -> dict[str, Any]:
    """When, with which libraries and from which source revision a run was made."""
    packages = ("filterscope", "torchvision", "safetensors")
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,  # tells the CUDA build, which its package does not
            **{package: version(package) for package in packages},
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


def _save_epoch(
    path: Path,
    epoch: int,
    network: Network,
    optimizer: torch.optim.Optimizer,
    row: Row,
) -> None:
    """Checkpoint, then metrics, then resume.pt: the epoch counts once the last one stands."""
    save_checkpoint(path, epoch, network.state_dict())
    line = io.StringIO()
    csv.DictWriter(line, METRICS, lineterminator="\n").writerow(row)
    with (path / "metrics.csv").open("a", encoding="utf-8") as file:
        file.write(line.getvalue())
    _save_resume(path, epoch, optimizer)


def _save_resume(path: Path, epoch: int, optimizer: torch.optim.Optimizer) -> None:
    with replacing(path / "resume.pt") as partial:
        torch.save({"epoch": epoch, "optimizer": optimizer.state_dict()}, partial)


def _restore(path: Path, network: Network, optimizer: torch.optim.Optimizer) -> int:
    """Put network, optimiser and folder back to the last epoch that counts; its number."""
    try:
        saved = torch.load(path / "resume.pt", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise WorkbenchError(f"{path / 'resume.pt'} cannot be read: {error}.") from error
    epoch: int = saved["epoch"]
    network.load_state_dict(load_checkpoint(checkpoint_path(path, epoch)))
    optimizer.load_state_dict(saved["optimizer"])
    metrics = path / "metrics.csv"
    table = read_metrics(metrics)
    if table.epoch.max() > epoch:  # stopped between the row and resume.pt
        lines = metrics.read_text(encoding="utf-8").splitlines(keepends=True)
        write_text(metrics, "".join(lines[: epoch + 1]))
    return epoch
