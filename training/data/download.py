"""Data sets fetched from the net: whole or not at all, and once though several ask."""

import hashlib
import shutil
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

from filelock import FileLock

from training.data.store import cache_folder
from training.errors import WorkbenchError


def download(
    title: str,
    root: Path,
    fetch: Callable[[Path], object],
    *,
    is_there: Callable[[], bool],
    by_hand: str,
) -> None:
    """Fetch a data set into `root` unless it is there.

    Args:
        title: Its name, for messages.
        root: Where it belongs; made if missing.
        fetch: Downloads and unpacks into the folder that it is given.
        is_there: Whether nothing need be fetched.
        by_hand: What a person can do instead, as in "unpack this into that".

    Raises:
        WorkbenchError: If it cannot be fetched. Nothing is left behind then.
    """
    if is_there():
        return
    key = hashlib.sha256(f"{title} {root}".encode()).hexdigest()[:16]
    lock = cache_folder() / "downloads" / f"{key}.lock"
    existed = root.is_dir()
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(lock):
            if not is_there():  # another process may have fetched it meanwhile
                _fetch_whole(root, fetch)
    except (OSError, RuntimeError, EOFError, HTTPException) as error:
        why = " ".join(str(error).split())  # torchvision's are of several lines
        raise WorkbenchError(
            f"{title} is not in {root} and cannot be downloaded ({why}). Where there is a "
            f"connection, {by_hand}; `builtin` needs none."
        ) from error
    finally:
        if not existed and root.is_dir() and not any(root.iterdir()):
            root.rmdir()


def _fetch_whole(root: Path, fetch: Callable[[Path], object]) -> None:
    # torchvision takes a folder that somebody interrupted half-way for a whole one
    aside = root / ".download.partial"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        fetch(aside)
        for item in aside.iterdir():
            if item.is_file():
                item.unlink()  # the archive, unpacked by now
            elif (root / item.name).is_dir():
                shutil.copytree(item, root / item.name, dirs_exist_ok=True)
            else:
                item.replace(root / item.name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
