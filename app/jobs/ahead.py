"""Work ahead of the visitors: what they will most likely ask for next, while nothing is drawn.

One thread lives as long as the server. It keeps networks and libraries warm, stands back behind
every other thread of the machine, and pauses between two small steps while any page is at work.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from app.shell.lender import Shared
from training.errors import WorkbenchError
from viz.store.lend import Lender

if TYPE_CHECKING:
    from training.models import Network
    from training.runs import Run

LOWEST = 19  # nice
LOOK_EVERY_S = 0.05
SCRIPT_THREAD = "ScriptRunner.scriptThread"  # lives while Streamlit draws somebody's page

Breathe = Callable[[], None]  # waits while a page is drawn; raises NotWanted when all has changed
Step = Callable[[Breathe], object]


class NotWanted(Exception):
    """The visitor looks at something else by now."""


class LenderAhead(Shared):
    """Shares the visitors' data and pictures, and keeps the networks of other epochs to itself.

    Theirs would otherwise have to give way, and be read again when they are needed.
    """

    def network(self, run: Run, epoch: int) -> Network:
        return Lender.network(self, run, epoch)


class Worker:
    """Takes steps that the visitors' last pages wished for, in turns, and forgets older ones."""

    def __init__(self, is_drawing: Callable[[], bool]) -> None:
        self._is_drawing = is_drawing
        self._wishes: dict[str, deque[Step]] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def wish(self, who: str, steps: Sequence[Step]) -> None:
        """What this visitor will ask for next, most likely first; earlier wishes are forgotten."""
        with self._changed:
            self._wishes[who] = deque(steps)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="ahead", daemon=True)
                self._thread.start()
            self._changed.notify()

    def is_idle(self) -> bool:
        """Whether nothing is left to do."""
        with self._changed:
            return not self._wishes

    def _work(self) -> None:
        stand_back()
        while True:
            with self._changed:
                while not self._wishes:
                    self._changed.wait()
                who, steps = next(iter(self._wishes.items()))
            self._take(who, steps)

    def _take(self, who: str, steps: deque[Step]) -> None:
        """The first step of a visitor, who then goes to the end of the queue."""

        def breathe() -> None:
            while self._is_drawing():
                time.sleep(LOOK_EVERY_S)
            if self._wishes.get(who) is not steps:
                raise NotWanted

        try:
            breathe()
            if steps:
                steps.popleft()(breathe)
        except NotWanted:
            return
        except (WorkbenchError, OSError):
            steps.clear()  # the page will say what is wrong when it is asked for
        with self._changed:
            if self._wishes.get(who) is steps:
                del self._wishes[who]
                if steps:
                    self._wishes[who] = steps


def stand_back() -> None:
    """Give this thread the lowest priority there is, where the system has one for threads."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST)


def is_drawing() -> bool:
    """Whether a page is being drawn for anybody."""
    return any(thread.name == SCRIPT_THREAD for thread in threading.enumerate())


LENDER_AHEAD = LenderAhead()
_worker = Worker(is_drawing)


def prepare(steps: Sequence[Step]) -> None:
    """Have these steps taken once this page stands; outside of a server nothing is."""
    context = get_script_run_ctx()
    if context is not None and st.runtime.exists():
        _worker.wish(context.session_id, steps)
