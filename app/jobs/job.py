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
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from app.shell.paths import SOURCE, runs_root
from training.atomic import write_text
from training.errors import WorkbenchError
from training.status import FAILED, FINISHED, RUNNING, STOPPED, Status, read_status

GRACE_S = 3.0  # between asking a child to end and ending it
_starting = threading.Lock()
_visitors: dict[str, set[str]] = {}  # sessions that look at a job, by its key


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
        if status is None or status.state == STOPPED:
            # a child needs seconds to import torch before it writes its first status
            pid = _pid_in(self.folder)
            if pid is None:
                return status
            if _is_alive(pid):
                return Status(state=RUNNING, message="Starting", pid=pid)
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
            started = {"command": self.command, "pid": pid}
            write_text(self.folder / "command.json", json.dumps(started), durable=False)

    def cancel(self) -> None:
        """End it, to the last child, and remember that somebody wanted that."""
        status = self.status()
        if status is not None and status.state == RUNNING:
            end(status.pid)
            _remove_partial_files(Path(self.arguments[1]) / "derived")
        if self.folder.exists():
            (self.folder / "cancelled").touch()

    @property
    def was_cancelled(self) -> bool:
        return (self.folder / "cancelled").exists()


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
        write_text(folder / "command.json", json.dumps({"command": [*words, *flags], "pid": pid}))


def was_trained(name: str) -> bool:
    """Whether a training process for that run was ever started from here."""
    return (_training_folder(name) / "command.json").exists()


def is_starting(name: str) -> bool:
    """Whether a training process for that run is alive; it may not have a folder yet."""
    pid = _pid_in(_training_folder(name))
    return pid is not None and _is_alive(pid)


def training_log(name: str) -> str:
    """The last line that a run's training process wrote; empty if there is none."""
    return last_words(_training_folder(name) / "log.txt")


def stop_training(path: Path, *, grace_s: float = GRACE_S) -> None:
    """Ask the process of a run or a comparison to stop after its batch; returns at once."""
    status = read_status(path / "status.json")
    if status is not None and status.state == RUNNING:
        threading.Thread(target=end, args=(status.pid, grace_s), daemon=True).start()


def spawn(command: list[str], log: Path) -> int:
    """Start a process in a session of its own, a little nicer than the workbench; its id."""
    paths = [str(SOURCE), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    nice = ["nice", "-n", "5"] if shutil.which("nice") else []
    with log.open("ab") as output:
        child = subprocess.Popen(
            [*nice, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,  # it outlives the server, and can be ended as a group
        )
    threading.Thread(target=child.wait, daemon=True).start()  # or it would stay as a zombie
    return child.pid


def end(pid: int, grace_s: float = GRACE_S) -> None:
    """End a process and its children: asked first, then told."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(os.getpgid(pid), number)
        except (ProcessLookupError, PermissionError):
            return
        deadline = time.monotonic() + grace_s
        while _is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)


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
        end(status.pid)


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


def _pid_in(folder: Path) -> int | None:
    try:
        return int(json.loads((folder / "command.json").read_text(encoding="utf-8"))["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_alive(pid: int) -> bool:
    """Whether the process is there and is one of ours: ids are used again."""
    process = Path(f"/proc/{pid}")
    try:
        environment = (process / "environ").read_bytes()
        if environment:
            return f"{SOURCE}".encode() in environment
        # the dead have none, nor has a process for an instant while it becomes another program
        return (process / "stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        pass
    except OSError:
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return not Path("/proc/self").exists()  # there is no /proc on macOS


def _remove_partial_files(folder: Path) -> None:
    for partial in folder.glob(".*.partial"):
        partial.unlink(missing_ok=True)


__all__ = [
    "FINISHED",
    "Job",
    "compare",
    "is_starting",
    "last_words",
    "stop_training",
    "train",
    "training_log",
    "was_trained",
]
