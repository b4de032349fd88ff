"""Other people's names as text that can be shown, written and sent anywhere."""

from __future__ import annotations

import os
import sys


def printable(name: object) -> str:
    """A name whatever its bytes: those that are not UTF-8 stand there as \\xe9."""
    try:
        return os.fsencode(str(name)).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half a character, which no file name can have
        return str(name).encode("utf-8", "backslashreplace").decode("utf-8")


def print_any_name() -> None:
    """Let this program print names that its terminal has no letters for, as \\xe9."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
