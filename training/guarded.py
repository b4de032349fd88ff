"""Files that anybody may have written, read so that none of them hurts or holds up the reader."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import Any

from training.errors import WorkbenchError
from training.words import printable

LARGEST_TEXT = 64 * 2**20  # bytes; the graph of a network with a thousand layers has one million
Refusal = type[WorkbenchError]


@contextmanager
def opened(
    path: Path, refusal: Refusal, *, within: Path | None = None, missing: str | None = None
) -> Iterator[BufferedReader]:
    """A regular file, open to be read; whatever fails, in the block too, is said in one sentence.

    Args:
        path: The file.
        refusal: The kind of error to raise.
        within: Folder that it must lie in, wherever links lead; anywhere if not given.
        missing: What to say where there is no such file.

    Raises:
        WorkbenchError: Of the kind asked for; gone, permission, outside, kind or unreadable.
    """
    try:
        if within is not None and not _real(path).is_relative_to(_real(within)):
            raise refusal(
                f"{path} is a link that leads out of {within}. Put the file itself there.",
                code="outside",
            )
        # without waiting: a pipe would have the reader wait for somebody to write into it
        how = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with _closing(os.open(path, how)) as descriptor:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise refusal(f"{path} is not a file. Remove what stands there.", code="kind")
            with open(descriptor, "rb", closefd=False) as file:
                yield file
    except (FileNotFoundError, NotADirectoryError) as error:
        gone = missing or f"{path} is gone. Was the run deleted or moved while it was open?"
        raise refusal(gone, code="gone") from error
    except PermissionError as error:
        raise refusal(no_permission(path), code="permission") from error
    except OSError as error:
        raise refusal(f"{path} cannot be read: {said(error)}.", code="unreadable") from error


@contextmanager
def _closing(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def read_text(
    path: Path,
    refusal: Refusal,
    *,
    within: Path | None = None,
    missing: str | None = None,
) -> str:
    """A whole text file.

    Raises:
        WorkbenchError: Of the kind asked for; as `opened`, or size or text.
    """
    with opened(path, refusal, within=within, missing=missing) as file:
        content = file.read(LARGEST_TEXT + 1)
    if len(content) > LARGEST_TEXT:
        raise refusal(
            f"{path} cannot be read: it is larger than {LARGEST_TEXT // 2**20} MB, which no such "
            "file is.",
            code="size",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refusal(f"{path} cannot be read: it holds no text ({error}).", code="text") from error


def parse_json(text: str | bytes, what: str | Path, refusal: Refusal) -> dict[str, Any]:
    """The one object in a JSON text; anything with two meanings or none is refused.

    Args:
        text: The JSON.
        what: Whose text it is, for the message.
        refusal: The kind of error to raise.

    Raises:
        WorkbenchError: Of the kind asked for, json.
    """
    try:
        found = json.loads(text, object_pairs_hook=_each_once)
        if not isinstance(found, dict):
            raise ValueError("it holds no names with values")
        if b"\\ud" in (text if isinstance(text, bytes) else text.encode()).lower():
            json.dumps(found, ensure_ascii=False).encode()  # half a character cannot be shown
    except RecursionError as error:
        message = f"{what} cannot be read: its brackets are nested too deeply."
        raise refusal(message, code="json") from error
    except ValueError as error:
        raise refusal(f"{what} cannot be read: {error}.", code="json") from error
    return found


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"it names {twice!r} twice")
    return found


def members(folder: Path, refusal: Refusal) -> list[Path]:
    """What lies in a folder, by name; nothing where there is none.

    Raises:
        WorkbenchError: Of the kind asked for; permission or unreadable.
    """
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except PermissionError as error:
        raise refusal(no_permission(folder), code="permission") from error
    except OSError as error:
        raise refusal(f"{folder} cannot be read: {said(error)}.", code="unreadable") from error


def may_have(folder: Path, name: str) -> bool:
    """Whether a folder has such a file, or does not let anybody see whether it has."""
    try:
        (folder / name).lstat()
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def no_permission(path: Path) -> str:
    """What to say of a file or folder that may not be read."""
    mode = ""
    for place in (path, *path.parents):  # what lies in a closed folder does not tell its mode
        with suppress(OSError):
            of = "" if place == path else f"of {place} "
            mode = f" ({of}mode {stat.S_IMODE(place.lstat().st_mode):04o})"
            break
    return f"No permission to read {path}{mode}. Ask its owner for it, or look at another run."


def require_listable(folder: Path, refusal: Refusal) -> None:
    """Refuse a folder in which nothing may be named or opened; one that is not there is none.

    Raises:
        WorkbenchError: Of the kind asked for, permission.
    """
    known = os.access in os.supports_effective_ids
    if os.path.lexists(folder) and not os.access(folder, os.R_OK | os.X_OK, effective_ids=known):
        raise refusal(no_permission(folder), code="permission")


def require_text(path: Path, refusal: Refusal) -> None:
    """Refuse a name that cannot be shown or written down; on Linux any bytes make a file's name.

    Raises:
        WorkbenchError: Of the kind asked for, name.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise refusal(
            f"The name {printable(path)} is not written in UTF-8, so that it can be neither shown "
            "nor passed on. Rename the folder, or choose another one.",
            code="name",
        ) from error


def said(error: OSError) -> str:
    """What the system says of an error, in words."""
    return error.strerror or str(error) or type(error).__name__


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
