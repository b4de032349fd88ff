"""Ctrl-C and a scheduler's SIGTERM, taken at the next good moment."""

from __future__ import annotations

import signal
import time
from types import FrameType
from typing import Self

ONE_WISH_S = 1.0


class Interruptible:
    """Inside the `with` block a first signal waits for `pause()`; a later one strikes at once.

    Signals within a second are one wish: Ctrl-C reaches a process both from the terminal and from
    `torchrun`. `pause()` raises KeyboardInterrupt if somebody has asked to stop.
    """

    def __enter__(self) -> Self:
        self._asked: float | None = None  # when, in seconds
        self._before = {
            number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)
        }
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def pause(self) -> None:
        if self._asked is not None:
            raise KeyboardInterrupt

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._asked is not None and now - self._asked > ONE_WISH_S:
            raise KeyboardInterrupt
        self._asked = self._asked or now
