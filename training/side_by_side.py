"""Several trainings at once, each a process of its own, as many as the machine has room for."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from training.atomic import write_text
from training.config import FitConfig
from training.device import choose_device
from training.processes import available_cores
from training.run_settings import RunError
from training.runs import Run
from training.status import DEAD, FAILED, FINISHED, NO_MESSAGE, RUNNING, STOPPED

SOURCE = Path(__file__).resolve().parent.parent
LOOK_EVERY_S = 0.3
GB_EACH = 2.0  # of memory for one training on a CPU: the libraries, the network, some pixels
WAITING = "waiting"


@dataclass(frozen=True)
class Task:
    """One run to train."""

    name: str  # of its log, which lies in `logs`
    config: FitConfig
    logs: Path

    @property
    def run(self) -> Path:
        """Its folder."""
        return Path(self.config.run)

    @property
    def log(self) -> Path:
        """What its process writes."""
        return self.logs / f"{self.name}.log"

    def state(self) -> tuple[str, str]:
        """State and the reason for it, as its folder tells."""
        try:
            status = Run.open(self.run).status()
        except RunError:
            return WAITING, ""
        return status.state, status.message

    def command(self) -> list[str]:
        """What the child runs; leaves the settings beside the log, as a file for `fit --config`."""
        fit = [sys.executable, "-m", "training", "fit", "--run", str(self.run)]
        if (self.run / "resume.pt").exists():
            return [*fit, "--resume"]
        if (self.run / "run.json").exists():  # stopped before there was anything to go on with
            shutil.rmtree(self.run)
        settings = {name: value for name, value in asdict(self.config).items() if name != "run"}
        file = self.logs / f"{self.name}.yaml"
        write_text(file, json.dumps(settings, indent=2) + "\n")  # JSON is YAML
        return [*fit, "--config", str(file)]


@dataclass
class _Child:
    task: Task
    process: subprocess.Popen[bytes]
    slot: int


def train_all(
    tasks: Sequence[Task],
    *,
    jobs: int | None = None,
    on_end: Callable[[Task, str, str], None] = lambda *_: None,
    on_look: Callable[[], None] = lambda: None,
    pause: Callable[[], None] = lambda: None,
) -> None:
    """Train what is not yet finished; one that fails does not stop the others.

    A task that another process is at work on is waited for.

    Args:
        tasks: In the order to begin them.
        jobs: How many at once; as many as fit if not given, see `room_for`.
        on_end: Told (task, state, reason) of each that has ended, also long ago.
        on_look: Called a few times a second.
        pause: Called where it is good to stop; stops all by raising KeyboardInterrupt. The
            children save what they have.
    """
    pending = []
    for task in tasks:
        state, why = task.state()
        if state in (FINISHED, DEAD):  # trained again, it would die again
            on_end(task, state, why)
        else:
            pending.append(task)
    if not pending:
        return
    slots = room_for(len(pending), pending[0].config.device, jobs)
    children: list[_Child] = []
    try:
        while pending or children:
            pause()
            for child in [child for child in children if child.process.poll() is not None]:
                children.remove(child)
                on_end(child.task, *_how_it_ended(child))
            for task in [task for task in pending if task.state()[0] != RUNNING]:
                free = set(range(len(slots))) - {child.slot for child in children}
                if not free:
                    break
                pending.remove(task)
                if task.state()[0] in (FINISHED, DEAD):  # by the process that was waited for
                    on_end(task, *task.state())
                    continue
                children.append(_start(task, min(free), slots))
            on_look()
            time.sleep(LOOK_EVERY_S)
    finally:
        _stop(children)


def room_for(tasks: int, device: str = "auto", jobs: int | None = None) -> list[dict[str, str]]:
    """The environments that so many trainings at once get: a GPU each, or a share of the cores.

    On a CPU a thread each is best: two of the four-layer network on two cores train 7,700
    images/s together, one with both cores 5,900.

    Args:
        tasks: How many there are to train.
        device: Of `fit`.
        jobs: How many at once; as many as fit if not given.
    """
    if choose_device(device).type == "cuda":
        gpus = _gpus()
        count = min(jobs or len(gpus), tasks)
        return [{"CUDA_VISIBLE_DEVICES": gpus[slot % len(gpus)]} for slot in range(count)]
    cores = available_cores()
    count = min(jobs or max(1, min(cores, int(_memory_gb() / GB_EACH))), tasks)
    return [{"OMP_NUM_THREADS": str(max(1, cores // count))}] * count


def _start(task: Task, slot: int, slots: list[dict[str, str]]) -> _Child:
    task.logs.mkdir(parents=True, exist_ok=True)
    paths = [str(SOURCE), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))} | slots[slot]
    command = task.command()
    with task.log.open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,  # Ctrl-C is for us; we ask the children, once
        )
    return _Child(task, process, slot)


def _how_it_ended(child: _Child) -> tuple[str, str]:
    code = child.process.returncode
    state, why = child.task.state()
    if code == 0 and state == FINISHED:
        return FINISHED, ""
    if state == DEAD:
        return DEAD, why
    if code in (130, -signal.SIGTERM):
        return STOPPED, why
    if code < 0:
        return FAILED, f"Its process was ended by {signal.Signals(-code).name}."
    return FAILED, (why if state == FAILED else "") or _last_words(child.task.log)


def _stop(children: list[_Child]) -> None:
    """Ask the children to save and end, and wait for it; a second signal ends them at once."""
    for child in children:
        child.process.terminate()
    try:
        for child in children:
            child.process.wait()
    except KeyboardInterrupt:
        for child in children:
            child.process.kill()
            child.process.wait()
        raise


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1].removeprefix("filterscope: ") if lines else NO_MESSAGE


def _gpus() -> list[str]:
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible:
        return visible.split(",")
    import torch

    return [str(index) for index in range(torch.cuda.device_count())]


def _memory_gb() -> float:
    return psutil.virtual_memory().total / 2**30
