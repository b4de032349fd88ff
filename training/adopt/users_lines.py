"""Lines of the user's own code, for errors that name where something happened."""

from __future__ import annotations

import linecache
import sys
import sysconfig
from pathlib import Path
from types import CodeType

import torch

_NOT_THE_USERS = (Path(torch.__file__).parent, Path(__file__).parents[1])
_PYTHONS = Path(sysconfig.get_path("stdlib"))


def reason(error: Exception) -> str:
    """The first line of what an error says, without its full stop."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(". ")


def where_raised(error: BaseException) -> str:
    """The line of the user's own code in which an error arose: " (nets.py, line 7: `…`)"."""
    found, step = "", error.__traceback__
    while step is not None:
        if _is_users(step.tb_frame.f_code.co_filename):
            found = f" ({_line(step.tb_frame.f_code.co_filename, step.tb_lineno)})"
        step = step.tb_next
    return found


def _is_users(file: str) -> bool:
    path = Path(file)
    if file.startswith("<frozen") or any(folder in path.parents for folder in _NOT_THE_USERS):
        return False
    return _PYTHONS not in path.parents or "site-packages" in path.parts


def line_now(within: CodeType) -> str:
    """The line of the user's code that runs now; "" where none is within a call of that code."""
    frame = sys._getframe()
    while frame is not None and not _is_users(frame.f_code.co_filename):
        if frame.f_code is within:
            return ""
        frame = frame.f_back  # type: ignore[assignment]
    return _line(frame.f_code.co_filename, frame.f_lineno) if frame else ""


def _line(file: str, number: int) -> str:
    source = linecache.getline(file, number).strip()
    return f"{Path(file).name}, line {number}" + (f": `{source}`" if source else "")
