"""What long work is doing: a small file that another process reads while it is written."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

from filelock import FileLock, Timeout

from training.atomic import cannot_write, write_text
from training.errors import WorkbenchError
from training.guarded import parse_json, read_text
from training.processes import born
from training.settings import Filled, Range, settle

RUNNING, FINISHED, STOPPED, DEAD, FAILED = "running", "finished", "stopped", "dead", "failed"
NO_MESSAGE = "The process exited without an error message."
LONGEST_MESSAGE = 2_000  # letters; the file then fits into the block that it has on a full disk
AtLeast0 = Annotated[int, Range(0)]
Moment = Annotated[float, Range(0)]


@dataclass(frozen=True)
class Status:
    """State and progress of a piece of work."""

    state: Filled = RUNNING  # or finished, stopped, dead, failed
    message: str = ""  # what it is doing, or why it ended; for people
    done: AtLeast0 = 0
    total: AtLeast0 = 0
    started: Moment = 0.0  # seconds since 1970, of the work whose progress this is
    skipped: AtLeast0 = 0  # of `done`, what was done by then: the first step includes start-up
    updated: Moment = 0.0
    pid: AtLeast0 = 0
    born: Moment = 0.0  # seconds since 1970, of the process; 0 in files of older versions

    def __post_init__(self) -> None:
        settle(self)

    @property
    def seconds_left(self) -> float | None:
        """Time left at the speed so far; None before there is one."""
        elapsed, done = self.updated - self.started, self.done - self.skipped
        if done <= 0 or not self.total or elapsed <= 0:
            return None
        return elapsed * (self.total - self.done) / done


def read_status(path: Path) -> Status | None:
    """The status in a file, or None where there is none (yet) or it is not readable.

    Work that says it is running while no process holds its lock was killed: it reads as stopped.
    """
    try:
        stored = parse_json(read_text(path, WorkbenchError), path, WorkbenchError)
        status = Status(**stored)
    except (WorkbenchError, TypeError):  # a field that this version does not know
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

    def __init__(
        self,
        path: Path,
        *,
        message: str = "",
        every_s: float = 0.3,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """
        Args:
            path: The file.
            message: What the work is, for people.
            every_s: How often it is written at most, s.
            check: What may refuse the work, once nobody else can begin it and before anything is
                written.
        """
        self._path, self._every_s = path, every_s
        self._lock = FileLock(_lock_path(path))
        try:
            self._lock.acquire(timeout=1)  # longer than a reader's glance at the lock
        except Timeout as error:
            raise WorkbenchError(_who_has(path), code="owned") from error
        except OSError as error:
            raise cannot_write(path, error) from error
        now = time.time()
        self.status = Status(
            message=message, started=now, updated=now, pid=os.getpid(), born=born(os.getpid())
        )
        try:
            check()
            self._write()
        except WorkbenchError:
            self._lock.release()
            raise

    def __call__(self, done: int, total: int) -> None:
        if not self.status.total:  # the clock of a phase starts with its first word
            self.status = replace(self.status, started=time.time(), skipped=done)
        self.status = replace(self.status, done=done, total=total)
        if time.time() - self.status.updated >= self._every_s or done == total:
            self._try_to_write()

    def say(self, message: str) -> None:
        """Begin a new phase of the work, with a count of its own."""
        self.status = replace(
            self.status, message=message, done=0, total=0, started=time.time(), skipped=0
        )
        self._try_to_write()

    def end(self, state: str, message: str = "") -> None:
        """The last word; another process may take over.

        It never fails: what ended the work may be what hinders writing, and is to be heard of.
        """
        self.status = replace(self.status, state=state, message=message[:LONGEST_MESSAGE])
        try:
            self._try_to_write()
        finally:
            self._lock.release()

    def _try_to_write(self) -> None:
        """Write, if need be over the old words in their own place, which a full disk allows."""
        try:
            self._write()
        except WorkbenchError:
            text = self._text()
            with suppress(OSError), self._path.open("r+b", buffering=0) as file:
                room = os.fstat(file.fileno()).st_size
                file.write(text.ljust(room))  # in one go: a reader finds the old or the new words
                file.truncate(max(len(text), 1))

    def _write(self) -> None:
        self.status = replace(self.status, updated=time.time())
        write_text(self._path, self._text().decode(), durable=False)

    def _text(self) -> bytes:
        return json.dumps(asdict(self.status)).encode()


def _who_has(path: Path) -> str:
    holder = read_status(path)
    who = "Another process"
    if holder is not None and holder.pid:
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(holder.born or holder.started))
        who = f"Another process ({holder.pid}, since {since})"
    return f"{who} is at work on {path.parent}. Stop it first, or choose another name."


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
