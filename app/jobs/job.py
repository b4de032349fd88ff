"""Long work in child processes: started once, found again, watched, stopped.

A job is a command of `python -m viz` whose result is kept in the run folder. Its state lies in
`<runs>/.jobs/<key>/`, where the key stands for the command, so that a reload, another visitor or a
restarted server finds the same job again instead of starting a second one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.shell.paths import SOURCE, runs_root
from training.atomic import write_text
from training.errors import WorkbenchError
from training.processes import GRACE_S, born, end, find, lower_priority
from training.status import FAILED, FINISHED, RUNNING, STOPPED, Status, read_status

CANCELLED = "Cancelled."
_starting = threading.Lock()
_visitors: dict[str, set[str]] = {}  # sessions that look at a job, by its key
_over: dict[Path, float] = {}  # jobs that ended, and when they were begun: not to be read again


@dataclass(frozen=True)
class Job:
    """One question to `python -m viz`."""

    arguments: tuple[str, ...]

    @property
    def view(self) -> str:
        return self.arguments[0]

    @property
    def key(self) -> str:
        """SHA-256 of the command, shortened."""
        return hashlib.sha256(json.dumps(self.arguments).encode()).hexdigest()[:24]

    @property
    def command(self) -> list[str]:
        """What the child runs."""
        progress = ["--progress", str(self.folder / "status.json")]
        return [sys.executable, "-m", "viz", *self.arguments, *progress]

    @property
    def folder(self) -> Path:
        return runs_root() / ".jobs" / self.key

    def status(self) -> Status | None:
        """What it is doing; None if it was never started."""
        status = read_status(self.folder / "status.json")
        if self.was_cancelled and (status is None or status.state != FINISHED):
            # maybe before it wrote a word
            return replace(status or Status(), state=STOPPED, message=CANCELLED)
        if status is None or status.state == STOPPED:
            # a child needs seconds to import torch before it writes its first status
            child = _child_of(self.folder)
            if child is None:
                return status
            if child.is_alive:
                return Status(RUNNING, "Starting", pid=child.pid, born=child.born_s)
            if status is None:
                return Status(state=FAILED, message=last_words(self.folder / "log.txt"))
        return status

    def start(self) -> None:
        """Start it, unless it is at work already."""
        with _starting:
            status = self.status()
            if status is not None and status.state == RUNNING:
                return
            shutil.rmtree(self.folder, ignore_errors=True)
            _make(self.folder)
            pid = spawn(self.command, self.folder / "log.txt")
            _note(self.folder, self.command, pid, asked=self.arguments, durable=False)

    def cancel(self) -> None:
        """End it, to the last child, and remember that somebody wanted that."""
        status = self.status()
        if status is None or status.state != RUNNING:
            return
        (self.folder / "cancelled").touch()  # first: whoever looks meanwhile sees no crash
        end(status.pid, status.born)
        _remove_partial_files(Path(self.arguments[1]) / "derived")

    @property
    def was_cancelled(self) -> bool:
        return (self.folder / "cancelled").exists()


def running() -> list[Job]:
    """The jobs that are at work now, whoever started them."""
    found = []
    for note in sorted(runs_root().glob(".jobs/*/command.json")):
        try:
            begun = note.stat().st_mtime
            if _over.get(note) == begun:
                continue
            job = Job(tuple(json.loads(note.read_text(encoding="utf-8"))["asked"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # gone meanwhile, or of an older workbench
        status = job.status() if job.arguments else None
        if status is not None and status.state == RUNNING:
            found.append(job)
        else:
            _over[note] = begun
    return found


def train(flags: list[str], *, name: str) -> None:
    """Start `python -m training fit` for the run of that name in the runs folder.

    Args:
        flags: Of `fit`, without --run.
        name: Of the run.
    """
    _start_training("fit", flags, name)


def compare(flags: list[str], *, name: str) -> None:
    """Start `python -m training compare` for the comparison of that name in the runs folder.

    Args:
        flags: Recipe and flags, without --run.
        name: Of the comparison's folder.
    """
    _start_training("compare", flags, name)


def _start_training(command: str, flags: list[str], name: str) -> None:
    folder = _training_folder(name)
    with _starting:
        shutil.rmtree(folder, ignore_errors=True)
        _make(folder)
        words = [sys.executable, "-m", "training", command, "--run", str(runs_root() / name)]
        pid = spawn([*words, *flags], folder / "log.txt")
        _note(folder, [*words, *flags], pid)


def was_trained(name: str) -> bool:
    """Whether a training process for that run was ever started from here."""
    return (_training_folder(name) / "command.json").exists()


def is_starting(name: str) -> bool:
    """Whether a training process for that run is alive; it may not have a folder yet."""
    child = _child_of(_training_folder(name))
    return child is not None and child.is_alive


def training_log(name: str) -> str:
    """The last line that a run's training process wrote; empty if there is none."""
    return last_words(_training_folder(name) / "log.txt")


def stop_training(path: Path, *, grace_s: float = GRACE_S) -> None:
    """Ask the process of a run or a comparison to stop after its batch; returns at once."""
    status = read_status(path / "status.json")
    if status is not None and status.state == RUNNING:
        process = (status.pid, status.born, grace_s)
        threading.Thread(target=end, args=process, daemon=True).start()


def spawn(command: list[str], log: Path) -> int:
    """Start a process in a session of its own, a little nicer than the workbench; its id."""
    paths = [str(SOURCE), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            # it outlives the server, and Ctrl-C there is not for it; the second is for Windows
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    lower_priority(child.pid)
    threading.Thread(target=child.wait, daemon=True).start()  # or it would stay as a zombie
    return child.pid


def last_words(log: Path) -> str:
    """The last line of a child's output, without the program's name."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].removeprefix("filterscope: ") if lines else ""


def look(job: Job, session: str, earlier: Job | None) -> None:
    """Note that a session looks at a job and no longer at an earlier one, which may end then."""
    with _starting:
        _visitors.setdefault(job.key, set()).add(session)
        if earlier is None or earlier.key == job.key:
            return
        left = _visitors.get(earlier.key, set())
        left.discard(session)
    status = earlier.status()
    if not left and status is not None and status.state == RUNNING:
        end(status.pid, status.born)


def _training_folder(name: str) -> Path:
    return runs_root() / ".jobs" / f"train-{name}"


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkbenchError(
            f"Cannot make the folder {folder}: {error.strerror}. Start the workbench where you "
            "may write, or set FILTERSCOPE_RUNS to such a folder."
        ) from error


def _note(
    folder: Path, command: list[str], pid: int, *, asked: Sequence[str] = (), durable: bool = True
) -> None:
    """Write down who works for a folder, for whoever looks for it later."""
    started = {"command": command, "pid": pid, "born": born(pid), "asked": list(asked)}
    write_text(folder / "command.json", json.dumps(started), durable=durable)


@dataclass(frozen=True)
class _Child:
    pid: int
    born_s: float  # since 1970; 0 where an older workbench started it
    seen_s: float  # since 1970: when it was written down, alive

    @property
    def is_alive(self) -> bool:
        return find(self.pid, self.born_s, before_s=self.seen_s) is not None


def _child_of(folder: Path) -> _Child | None:
    """The process that was started for a folder of a job."""
    path = folder / "command.json"
    try:
        started = json.loads(path.read_text(encoding="utf-8"))
        return _Child(int(started["pid"]), float(started.get("born", 0)), path.stat().st_mtime)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remove_partial_files(folder: Path) -> None:
    for partial in folder.glob(".*.partial"):
        partial.unlink(missing_ok=True)
