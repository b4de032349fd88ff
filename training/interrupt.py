"""Ctrl-C and a scheduler's SIGTERM, taken at the next good moment."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Self


class Interruptible:
    """Inside the `with` block a first signal waits for `pause()`; a second one strikes at once.

    `pause()` raises KeyboardInterrupt if somebody has asked to stop.
    """

    def __enter__(self) -> Self:
        self._asked = False
        self._before = {
            number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)
        }
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def pause(self) -> None:
        if self._asked:
            raise KeyboardInterrupt

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
