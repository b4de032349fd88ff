"""Processes, on any system: known again by number and birth, and ended with their children."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable

import psutil

GRACE_S = 3.0  # between asking a process to end and ending it
SAME_S = 2.0  # Linux counts a birth from the boot, whose time moves when the clock is set


def available_cores() -> int:
    """Cores that a container or a scheduler leaves to this process."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def born(pid: int) -> float:
    """When a process began, in seconds since 1970; 0 where that cannot be known."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return 0.0


def find(pid: int, born_s: float = 0.0, *, before_s: float = math.inf) -> psutil.Process | None:
    """The process of that number, if it is alive and still the one that is meant.

    Systems give the numbers of ended processes to new ones.

    Args:
        pid: Its number.
        born_s: What `born` said of it; 0 if nobody asked then.
        before_s: A time at which it was alive, as the age of a file that names it: a process that
            began later is another one. Seconds since 1970.
    """
    if pid <= 0:
        return None
    try:
        process = psutil.Process(pid)
        began = process.create_time()
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return None
    except psutil.Error:
        return None
    is_meant = abs(began - born_s) < SAME_S if born_s else began < before_s + SAME_S
    return process if is_meant else None


def end(pid: int, born_s: float = 0.0, grace_s: float = GRACE_S) -> None:
    """End a process, then its children: asked first, then told.

    The children come second because it may have them save what they did.

    Args:
        pid: Its number.
        born_s: What `born` said of it: another process of that number is left alone.
        grace_s: Seconds that it, and then its children, have to end by themselves.
    """
    process = find(pid, born_s)
    if process is None:
        return
    children = _children(process)
    _end([process], grace_s)
    _end(children, grace_s)


def lower_priority(pid: int, steps: int = 5) -> None:
    """Let a process stand back a little behind this one; no matter if that is not allowed."""
    try:
        process = psutil.Process(pid)
        if psutil.WINDOWS:
            process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            process.nice(min(19, process.nice() + steps))
    except psutil.Error:
        pass


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _end(processes: Iterable[psutil.Process], grace_s: float) -> None:
    alive = [process for process in processes if process.is_running()]
    for word in (psutil.Process.terminate, psutil.Process.kill):
        for process in alive:
            try:
                word(process)
            except psutil.Error:
                continue  # it ended by itself, or it is not ours to end
        _, alive = psutil.wait_procs(alive, timeout=grace_s)
