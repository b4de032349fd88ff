"""Training a run: the loop's results written to the run folder, epoch by epoch."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch

from training.augment import augmentation_of
from training.checkpoints import save_checkpoint
from training.config import FitConfig
from training.data import Source, describe, open_data
from training.data.batches import batches
from training.data.statistics import mean_image
from training.device import choose_device, choose_dtype
from training.errors import WorkbenchError
from training.evaluate import evaluate
from training.learner import Learner
from training.loop import Step, train_epoch, why_dead
from training.models import Network, create
from training.preprocess import Preprocess
from training.progress import Progress
from training.run_writer import (
    Row,
    begin_run,
    check_folder,
    make_folder,
    restore,
    save_epoch,
    save_resume,
    sweep,
)
from training.runs import Run, read_metrics
from training.status import DEAD, FAILED, FINISHED, STOPPED, Reporter


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
    check_folder(path, config, resume=resume)
    start = _prepare(config)  # before the folder is made: what does not fit leaves no trace
    make_folder(path)
    status = Reporter(path / "status.json", message="Getting ready")
    sweep(path)
    try:
        for row in _epochs(path, config, start, resume, status, on_step, pause):
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


@dataclass(frozen=True)
class _Start:
    """What a run begins with."""

    source: Source
    preprocess: Preprocess
    network: Network  # untrained, on the CPU
    device: torch.device
    dtype: torch.dtype


def _prepare(config: FitConfig) -> _Start:
    device = choose_device(config.device)
    source = describe(config.data)
    torch.manual_seed(config.seed)
    return _Start(
        source,
        Preprocess(config.input_size, config.stored_size, source.mean, source.std),
        create(config.model, len(source.classes), **config.model_options),
        device,
        choose_dtype(config.precision, device),
    )


def _epochs(
    path: Path,
    config: FitConfig,
    start: _Start,
    resume: bool,
    status: Reporter,
    on_step: Callable[[int, Step], None],
    pause: Callable[[], None],
) -> Iterator[Row]:
    tell = _both(status, pause)
    preprocess = Run.open(path).preprocess if resume else start.preprocess
    if not resume:
        if config.mean == "image":
            status.say("Reading the images")
            train = open_data(config.data, size=config.stored_size, progress=tell).train
            status.say("Working out the mean image")
            preprocess = preprocess.with_mean_image(mean_image(train, tell))
        # else before the data are ready: there is something to look at from the first second
        begin_run(path, config, start.source, preprocess, start.dtype)
        save_checkpoint(path, 0, start.network.state_dict())
    network = start.network.to(start.device).to(memory_format=torch.channels_last)
    learner = Learner(network, config, start.dtype)
    if not resume:
        save_resume(path, 0, learner)
    first = restore(path, learner) + 1 if resume else 1

    status.say("Reading the images")
    data = open_data(config.data, size=config.stored_size, progress=tell)
    for notice in data.notices:
        print(notice, file=sys.stderr)
    augmentation = augmentation_of(config, data.train)
    for epoch in range(first, config.epochs + 1):
        before = read_metrics(path / "metrics.csv")
        if _has_learned_enough(config, before):
            return
        status.say(f"Epoch {epoch} of {config.epochs}")
        began = time.perf_counter()
        errors = (1 - before.val_top1).tolist()
        for step in train_epoch(
            learner, data.train, preprocess, augmentation, config, epoch=epoch, errors=errors
        ):
            on_step(epoch, step)
            status(step.images, step.total)
            pause()
            if not step.loss < float("inf"):
                break
        some_images = next(batches(data.val, preprocess, device=start.device))
        if reason := why_dead(learner.network.eval(), some_images, step.mean_loss):
            raise DeadNetworkError(f"Epoch {epoch}: {reason}")
        score = evaluate(learner.network, data.val, preprocess)
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
        save_epoch(path, epoch, learner, row)
        yield row


def _has_learned_enough(config: FitConfig, metrics: pd.DataFrame) -> bool:
    wanted = config.stop_at_train_error
    return wanted is not None and bool((1 - metrics.train_top1 <= wanted).any())


def _both(progress: Progress, pause: Callable[[], None]) -> Progress:
    def tell(done: int, total: int) -> None:
        progress(done, total)
        pause()

    return tell
