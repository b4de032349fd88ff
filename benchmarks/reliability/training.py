"""Trainings that are killed, told to stop, or run out of disk: what is left opens and goes on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from training.checkpoints import checkpoint_path, load_checkpoint
from training.errors import WorkbenchError
from training.runs import Run
from training.status import FAILED, STOPPED, read_status

PATIENCE_S = 300
SETTINGS = (
    "--epochs=5000",
    "--image-size=32",
    "--batch-size=8",
    "--device=cpu",
    "--log=none",
    "--lr=0.002",
)
SMALL = '--options={"widths": [6, 8, 8, 8, 6], "hidden": [16, 12]}'
WIDE = '--options={"widths": [24, 64, 64, 64, 64], "hidden": [512, 256]}'


@dataclass
class Left:
    """What was found after so many trainings had been ended."""

    times: int = 0
    unreadable: int = 0  # runs that did not open, or with an epoch that did not
    stray: int = 0  # half-written files that the next start did not remove
    not_resumed: int = 0  # runs that did not go on
    epochs: int = 0  # whole ones at the end
    equal: bool | None = None  # the last epoch, to that of a training that nobody ended


def killed(folder: Path, times: int, seed: int = 0, window_s: float = 2.0) -> Left:
    """SIGKILL at random moments from the first status on, and `--resume` after each.

    Args:
        folder: An empty one.
        times: How often.
        seed: Of the moments.
        window_s: Within which the moment lies, in seconds.
    """
    moments = random.Random(seed)
    data, run = pictures(folder / "pictures"), folder / "run"
    left = Left()
    for _ in range(times):
        process = fit(run, data, SMALL, resume=(run / "resume.pt").exists())
        _until_at_work(run, process)
        time.sleep(moments.uniform(0, window_s))
        process.kill()
        process.wait()
        left.times += 1
        left.unreadable += not _opens(run)
    return _gone_on(left, run, folder / "unharmed", data, SMALL)


def told_to_stop(folder: Path, times: int, seed: int = 0, window_s: float = 2.0) -> Left:
    """SIGTERM to `torchrun` with two processes at random moments; state `stopped` after each."""
    moments = random.Random(seed)
    data, run = pictures(folder / "pictures"), folder / "run"
    left = Left()
    for _ in range(times):
        process = fit(run, data, SMALL, resume=(run / "resume.pt").exists(), processes=2)
        _until_at_work(run, process)
        time.sleep(moments.uniform(0, window_s))
        process.terminate()
        process.wait(PATIENCE_S)
        left.times += 1
        status = read_status(run / "status.json")
        left.unreadable += not _opens(run) or status is None or status.state != STOPPED
    return _gone_on(left, run, None, data, SMALL)


@dataclass
class Full:
    """A training on a disk that became full."""

    mb: int
    said: str = ""
    state: str = ""
    left: Left | None = None


def full_disk(folder: Path, mb: int = 20) -> Full:
    """Train in a file system of so many MB until it is full, make room, resume.

    Raises:
        PermissionError: If this user may not mount one.
    """
    data = pictures(folder / "pictures")
    with file_system(folder / "disk", mb) as disk:
        run = disk / "run"
        process = fit(run, data, WIDE)
        _, errors = process.communicate(timeout=PATIENCE_S)
        status = read_status(run / "status.json")
        found = Full(mb, errors.strip().splitlines()[-1], status.state if status else "none")
        left = found.left = Left(times=1, unreadable=not _opens(run), stray=len(_partial(run)))
        left.not_resumed = int(found.state != FAILED)
        for epoch in Run.open(run).epochs[:-1]:
            checkpoint_path(run, epoch).unlink()  # somebody makes room
        _gone_on(left, run, None, data, WIDE)
    return found


@contextmanager
def file_system(place: Path, mb: int) -> Iterator[Path]:
    """A file system in memory of so many MB while the block lasts."""
    place.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mb}m", "tmpfs", str(place)])
    if done.returncode:
        raise PermissionError("This needs the right to mount a file system.")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def pictures(folder: Path, side: int = 32) -> str:
    """A data set of 48 pictures in four classes, as `--data` takes it."""
    generator = np.random.default_rng(0)
    for split, count in (("train", 8), ("val", 4)):
        for number, name in enumerate(("blue", "green", "red", "stripes")):
            (folder / split / name).mkdir(parents=True)
            for index in range(count):
                pixels = generator.integers(0, 120, (side, side, 3))
                pixels[(..., 2 - number) if number < 3 else (slice(None), slice(0, None, 4))] += 120
                image = Image.fromarray(pixels.astype(np.uint8))
                image.save(folder / split / name / f"{index}.png")
    return f"folder:{folder}"


def fit(
    run: Path, data: str, options: str, *, resume: bool = False, processes: int = 1
) -> subprocess.Popen[str]:
    """`python -m training fit` as a process, under torchrun where there are several."""
    words = ["training", "fit", "--run", str(run), "--data", data, *SETTINGS, options]
    words += ["--resume"] * resume
    start = ["-m"]
    if processes > 1:
        start = ["-m", "torch.distributed.run", "--standalone"]
        start += [f"--nproc-per-node={processes}", "-m", "--"]
    return subprocess.Popen(
        [sys.executable, *start, *words],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _gone_on(left: Left, run: Path, unharmed: Path | None, data: str, options: str) -> Left:
    """Resume once more, for an epoch; then compare with a training that nobody ended."""
    before = Run.open(run).epochs[-1]
    process = fit(run, data, options, resume=True)
    try:
        _wait(lambda: Run.open(run).epochs[-1] > before, process)
    except WorkbenchError:
        left.not_resumed += 1
    _end(process)
    left.unreadable += not _opens(run)
    left.stray += len(_partial(run))
    epochs = Run.open(run).epochs
    left.epochs = len(epochs) - 1
    if unharmed is not None:
        process = fit(unharmed, data, options)
        last = checkpoint_path(unharmed, epochs[-1])
        _wait(last.exists, process)
        _end(process)
        left.equal = Run.open(run).digest(epochs[-1]) == Run.open(unharmed).digest(epochs[-1])
    return left


def _opens(run: Path) -> bool:
    """Whether the run opens with all its epochs, numbers and images."""
    try:
        opened = Run.open(run)
        opened.metrics()
        for epoch in opened.epochs:
            load_checkpoint(checkpoint_path(run, epoch))
    except WorkbenchError as error:
        print(f"unreadable: {error}", file=sys.stderr)
        return False
    return True


def _partial(run: Path) -> list[Path]:
    return [*run.rglob(".*.partial"), *run.rglob("*.tmp")]


def _until_at_work(run: Path, process: subprocess.Popen[str]) -> None:
    """Until the run says that it is trained, and there is an epoch to go on from."""
    _wait(lambda: (run / "resume.pt").exists() and _is_running(run), process)


def _is_running(run: Path) -> bool:
    status = read_status(run / "status.json")
    return status is not None and status.state == "running"


def _wait(is_so: Callable[[], object], process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        if process.poll() is not None:
            errors = process.stderr.read() if process.stderr else ""
            raise WorkbenchError(f"The training ended by itself: {errors[-500:]}")
        if time.monotonic() > end:
            raise TimeoutError(f"Nothing came of it in {PATIENCE_S} s.")
        time.sleep(0.02)


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    process.wait(PATIENCE_S)
