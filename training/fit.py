"""Training a run: the loop's results written to the run folder, epoch by epoch."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from training.advice import why_dead
from training.augment import augmentation_of
from training.config import FitConfig
from training.data import open_data
from training.data.batches import share
from training.early import EarlyCheckpoints
from training.errors import WorkbenchError
from training.evaluate import Evaluation, tally
from training.fit_checks import check_readable
from training.fit_start import Beginning, begin, both, prepare
from training.loop import Step, train_epoch
from training.metrics import Row
from training.models import Network
from training.preprocess import Preprocess
from training.ranks import ALONE, Ranks
from training.run_writer import (
    check_folder,
    cut_tables,
    make_folder,
    restore,
    save_epoch,
    sweep,
)
from training.runs import Run
from training.status import DEAD, FAILED, FINISHED, STOPPED, Reporter, Unheard
from training.watch import Watch

if TYPE_CHECKING:
    from training.data import Split


def fit(
    config: FitConfig,
    *,
    resume: bool = False,
    on_step: Callable[[int, Step], None] = lambda *_: None,
    on_epoch: Callable[[Row], None] = lambda _: None,
    on_advice: Callable[[str], None] = lambda _: None,
    pause: Callable[[], None] = lambda: None,
    ranks: Ranks = ALONE,
) -> Run:
    """Train a network and write its run folder.

    Whatever ends it leaves the folder ready to be resumed from its last whole epoch. Several
    processes that call this together train one network, and the first of them writes.

    Args:
        config: Everything that decides the result.
        resume: Go on with the run in the folder, as if it had never stopped.
        on_step: Told (epoch, step) after every batch.
        on_epoch: Told the new line of metrics.csv, once the epoch is saved.
        on_advice: Told in the first epoch, and once, if the learning rate looks wrong.
        pause: Called where it is good to stop; stops the run by raising KeyboardInterrupt, in all
            processes if it does so in one.
        ranks: The processes; the folder must be one that all of them see.

    Raises:
        WorkbenchError: If the settings do not fit, the folder holds another run, the data cannot
            be read, or the network dies.
    """
    path = Path(config.run)
    if ranks.is_first:
        check_folder(path, config, resume=resume)
    start = prepare(
        config, ranks, resume=resume
    )  # before the folder is made: what does not fit leaves no trace
    status: Reporter = Unheard()
    if ranks.is_first:
        make_folder(path)
        again = partial(check_folder, path, config, resume=resume)  # another one may be quicker
        status = Reporter(path / "status.json", message="Getting ready", check=again)
    try:
        if ranks.is_first:
            print(start.source.validation_in_words, file=sys.stderr)
            sweep(path)
            if not resume:
                begin(path, config, start, status, both(status, pause))
        ranks.wait()
        for row in _epochs(path, config, start, ranks, status, on_step, on_advice, pause):
            on_epoch(row)
    except KeyboardInterrupt:
        status.end(STOPPED, "Stopped by hand; resume goes on from the last whole epoch.")
        raise
    except DeadNetworkError as error:
        status.end(DEAD, str(error))
        raise
    except (MemoryError, torch.OutOfMemoryError) as error:
        told = WorkbenchError(
            f"There is not memory enough for batches of {config.batch_size} images: "
            f"{str(error).partition(chr(10))[0] or 'the system gives no more'}. Give a smaller "
            "--batch_size and another --run, or free memory and go on with --resume.",
            code="memory",
        )
        status.end(FAILED, str(told))
        raise told from error
    except BaseException as error:
        status.end(FAILED, str(error) or type(error).__name__)
        raise
    status.end(FINISHED)
    return Run.open(path)


class DeadNetworkError(WorkbenchError):
    """The network will learn nothing more."""

    code = "dead"


def _epochs(
    path: Path,
    config: FitConfig,
    start: Beginning,
    ranks: Ranks,
    status: Reporter,
    on_step: Callable[[int, Step], None],
    on_advice: Callable[[str], None],
    pause: Callable[[], None],
) -> Iterator[Row]:
    preprocess, learner = Run.open(path).preprocess, start.learner
    last, history = restore(path, learner)
    first = last + 1
    early = EarlyCheckpoints(path, config.early_checkpoints if ranks.is_first else 0)
    if ranks.is_first:
        cut_tables(path, last)
        early.sweep(last)

    status.say("Reading the images")
    data = open_data(config.data_spec, size=config.stored_size, progress=both(status, pause))
    for notice in data.notices if ranks.is_first else ():
        print(notice, file=sys.stderr)
    check_readable(start.source, data)
    augmentation = augmentation_of(config, data.train)
    watch = Watch(
        path,
        config,
        learner,
        data,
        preprocess,
        first=first,
        writes=ranks.is_first,
        on_advice=on_advice,
    )
    for epoch in range(first, config.epochs + 1):
        if _has_learned_enough(config, history):
            return
        status.say(f"Epoch {epoch} of {config.epochs}")
        began = time.perf_counter()
        errors = [1 - row["val_top1"] for row in history]
        watch.begin(epoch)
        for step in train_epoch(
            learner,
            data.train,
            preprocess,
            augmentation,
            config,
            epoch=epoch,
            errors=errors,
            gauge=watch.gauge,
        ):
            on_step(epoch, step)
            watch.step(step)
            status(step.images, step.total)
            _agreed(pause, ranks)
            if not step.loss < float("inf"):
                break
            early.save(epoch - 1 + step.images / step.total, learner)
        learner.trained.eval()
        seen = watch.activity()
        if reason := why_dead(step.mean_loss, learner.network.num_classes, seen):
            raise DeadNetworkError(f"Epoch {epoch}: {reason}")
        score = _evaluated(learner.network, data.val, preprocess, ranks)
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
        watch.end(row, seen)
        history.append(row)
        if ranks.is_first:
            save_epoch(path, epoch, learner, history)
        yield row


def _evaluated(network: Network, split: Split, preprocess: Preprocess, ranks: Ranks) -> Evaluation:
    """Each process counts its own images, and all of them add up what they counted."""
    own = share(len(split.labels), ranks.rank, ranks.count)
    counted = tally(network, split, preprocess, start=own.start, stop=own.stop)
    (counted.loss,) = ranks.total([counted.loss])
    counted.top5 = int(ranks.total([counted.top5])[0])
    counted.confusion = ranks.total_of(counted.confusion)
    return counted.evaluation()


def _agreed(pause: Callable[[], None], ranks: Ranks) -> None:
    """Stop in all processes after the same batch, if one of them is asked to."""
    asked = False
    try:
        pause()
    except KeyboardInterrupt:
        asked = True
    if ranks.any(asked):
        raise KeyboardInterrupt


def _has_learned_enough(config: FitConfig, history: Sequence[Row]) -> bool:
    wanted = config.stop_at_train_error
    return wanted is not None and any(1 - row["train_top1"] <= wanted for row in history)
