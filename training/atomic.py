"""Files that are there whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from training.errors import WorkbenchError


@contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """Lend a temporary file that takes `path`'s place when the block ends well.

    A reader, a crash or a full disk sees the old file or the new one, never a part. The file
    gets the permissions that the umask asks for, whatever wrote it (safetensors would leave it
    readable to its owner alone).

    Args:
        path: The file to make or replace.
        durable: Wait until it is on the disk, so that it survives a crash of the machine too. A
            busy disk takes seconds for that: leave it out for what is written many times a minute.

    Raises:
        WorkbenchError: If the folder cannot be written or the disk is full.
    """
    partial = path.with_name(f".{path.name}.{uuid4().hex[:8]}.partial")
    try:
        partial.touch()
        mode = partial.stat().st_mode
        yield partial
        partial.chmod(mode)
        if durable:
            _flush_to_disk(partial)
        partial.replace(path)
    except OSError as error:
        free_mb = _free_mb(path.parent)
        raise WorkbenchError(
            f"Cannot write {path}: {error.strerror or error}. {free_mb} MB are free there."
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str, *, durable: bool = True) -> None:
    """Replace a text file in one step."""
    with replacing(path, durable=durable) as partial:
        partial.write_text(text, encoding="utf-8")


def _flush_to_disk(path: Path) -> None:
    # a rename alone survives a crash of the program, not of the machine
    with path.open("r+b") as file:  # Windows flushes only what may be written
        os.fsync(file.fileno())


def _free_mb(folder: Path) -> str:
    try:
        return f"{shutil.disk_usage(folder).free // 2**20:,}"
    except OSError:
        return "unknown"
