"""What long work is doing: a small file that another process reads while it is written."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from training.atomic import write_text
from training.errors import WorkbenchError
from training.processes import born

RUNNING, FINISHED, STOPPED, DEAD, FAILED = "running", "finished", "stopped", "dead", "failed"
NO_MESSAGE = "The process exited without an error message."


@dataclass(frozen=True)
class Status:
    """State and progress of a piece of work."""

    state: str = RUNNING  # or finished, stopped, dead, failed
    message: str = ""  # what it is doing, or why it ended; for people
    done: int = 0
    total: int = 0
    started: float = 0.0  # seconds since 1970, of the work whose progress this is
    updated: float = 0.0
    pid: int = 0
    born: float = 0.0  # seconds since 1970, of the process; 0 in files of older versions

    @property
    def seconds_left(self) -> float | None:
        """Time left at the speed so far; None before there is one."""
        elapsed = self.updated - self.started
        if not self.done or not self.total or elapsed <= 0:
            return None
        return elapsed * (self.total - self.done) / self.done


def read_status(path: Path) -> Status | None:
    """The status in a file, or None where there is none (yet) or it is not readable.

    Work that says it is running while no process holds its lock was killed: it reads as stopped.
    """
    try:
        status = Status(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    if status.state == RUNNING and not _is_held(_lock_path(path)):
        return replace(status, state=STOPPED, message=NO_MESSAGE)
    return status


class Reporter:
    """Writes a status file, at most a few times a second; usable as a `Progress`.

    It holds a lock beside the file until the process ends in whatever way, so that the same work
    is not done twice at once and a reader can tell the living from the dead.

    Raises:
        WorkbenchError: If another process holds the lock.
    """

    def __init__(self, path: Path, *, message: str = "", every_s: float = 0.3) -> None:
        self._path, self._every_s = path, every_s
        self._lock = FileLock(_lock_path(path))
        try:
            self._lock.acquire(timeout=1)  # longer than a reader's glance at the lock
        except Timeout as error:
            holder = read_status(path)
            raise WorkbenchError(
                f"Another process{f' ({holder.pid})' if holder else ''} is at work on "
                f"{path.parent}. Stop it first, or choose another name."
            ) from error
        now = time.time()
        self.status = Status(
            message=message, started=now, updated=now, pid=os.getpid(), born=born(os.getpid())
        )
        self._write()

    def __call__(self, done: int, total: int) -> None:
        self.status = replace(self.status, done=done, total=total)
        if time.time() - self.status.updated >= self._every_s or done == total:
            self._write()

    def say(self, message: str) -> None:
        """Begin a new phase of the work, with a count of its own."""
        self.status = replace(self.status, message=message, done=0, total=0, started=time.time())
        self._write()

    def end(self, state: str, message: str = "") -> None:
        """The last word; another process may take over."""
        self.status = replace(self.status, state=state, message=message)
        self._write()
        self._lock.release()

    def _write(self) -> None:
        self.status = replace(self.status, updated=time.time())
        write_text(self._path, json.dumps(asdict(self.status)), durable=False)


class Unheard(Reporter):
    """Reports to nobody: for a process that works while another one speaks."""

    def __init__(self) -> None:
        self.status = Status()

    def __call__(self, done: int, total: int) -> None: ...

    def say(self, message: str) -> None: ...

    def end(self, state: str, message: str = "") -> None: ...


def _lock_path(path: Path) -> Path:
    return path.with_name(f".{path.stem}.lock")


def _is_held(path: Path) -> bool:
    if not path.exists():
        return False
    try:
        with FileLock(path).acquire(timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # a folder that cannot be written has no writer at work either
        return False
