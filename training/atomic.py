"""Files that are there whole or not at all."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from training.errors import WorkbenchError
from training.guarded import said

LEFT_FREE = 2**20  # bytes; for the small files beside a large one
_WHY = {
    errno.ENOSPC: "space",
    errno.EDQUOT: "space",
    errno.EACCES: "permission",
    errno.EPERM: "permission",
    errno.EROFS: "read-only",
    errno.ENOENT: "gone",
}


@contextmanager
def replacing(path: Path, *, durable: bool = True, size: int = 0) -> Iterator[Path]:
    """Lend a temporary file that takes `path`'s place when the block ends well.

    A reader, a crash or a full disk sees the old file or the new one, never a part. The file
    gets the permissions that the umask asks for, whatever wrote it (safetensors would leave it
    readable to its owner alone).

    Args:
        path: The file to make or replace.
        durable: Wait until it and its name are on the disk, so that they survive a crash of the
            machine too. A busy disk takes seconds for that: leave it out for what is written many
            times a minute.
        size: Bytes that it will have, if that is known: refused before they fill up the disk.

    Raises:
        WorkbenchError: If the folder cannot be written or the disk is full.
    """
    check_room(path.parent, size)
    partial = path.with_name(f".{path.name}.{uuid4().hex[:8]}.partial")
    try:
        partial.touch()
        mode = partial.stat().st_mode
        yield partial
        partial.chmod(mode)
        if durable:
            _flush_to_disk(partial)
        partial.replace(path)
        if durable:
            _flush_names(path.parent)
    except WorkbenchError:
        raise
    except Exception as error:
        cause = _cause(error)
        if cause is None:
            raise
        raise cannot_write(path, cause) from error
    finally:
        with suppress(OSError):  # what happened is worth more than what is left of it
            partial.unlink(missing_ok=True)


def write_text(path: Path, text: str, *, durable: bool = True) -> None:
    """Replace a text file in one step."""
    with replacing(path, durable=durable) as partial:
        partial.write_text(text, encoding="utf-8")


def make_folder(path: Path) -> None:
    """Make a folder with those above it, unless it is there, and see that it can be written.

    Raises:
        WorkbenchError: If that is not possible or not allowed.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkbenchError(
            f"Cannot make the folder {path}: {said(error)}.", code=_why(error)
        ) from error
    probe = path / f".{uuid4().hex[:8]}.partial"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise cannot_write(path, error) from error


def check_room(folder: Path, size: int) -> None:
    """Refuse what is larger than what is free on the disk.

    Raises:
        WorkbenchError: If it is, with both sizes.
    """
    free = _free(folder) if size else None
    if free is not None and size + LEFT_FREE > free:
        raise WorkbenchError(
            f"The disk is full: {folder} needs {_mb(size + LEFT_FREE)} more, but only {_mb(free)} "
            "are free there. Make room on it.",
            code="space",
        )


def cannot_write(path: Path, error: OSError) -> WorkbenchError:
    """What the system said when a file was to be written, with the room left, and the reason."""
    free = _free(path if path.is_dir() else path.parent)
    room = "unknown MB" if free is None else _mb(free)
    return WorkbenchError(
        f"Cannot write {path}: {said(error)}. {room} are free there.", code=_why(error)
    )


def _why(error: OSError) -> str:
    return _WHY.get(error.errno or 0, "write")


def _cause(error: BaseException | None) -> OSError | None:
    """What the system said, where a library that was writing made another error of it."""
    while error is not None and not isinstance(error, OSError):
        error = error.__cause__ or error.__context__
    return error


def _flush_to_disk(path: Path) -> None:
    # a rename alone survives a crash of the program, not of the machine
    with path.open("r+b") as file:  # Windows flushes only what may be written
        os.fsync(file.fileno())


def _flush_names(folder: Path) -> None:
    if os.name == "nt":
        return  # opens no folders, and keeps names safe by itself
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system that has no such thing
            raise
    finally:
        os.close(descriptor)


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _mb(size: int) -> str:
    return f"{size / 2**20:,.1f} MB"
