"""How long work reports on itself: a function that is told (done, total) now and then."""

import sys
from collections.abc import Callable

from tqdm import tqdm

Progress = Callable[[int, int], None]
"""Called as progress(done, total); units are whatever the caller counts."""


def silent(_done: int, _total: int) -> None:
    """Report nothing."""


class Bar:
    """A terminal bar with speed and time left, for command lines."""

    def __init__(self, label: str, unit: str = "image") -> None:
        self._bar = tqdm(desc=label, unit=unit, leave=False, file=sys.stderr, disable=None)

    def __call__(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.update(done - self._bar.n)
        if done >= total:
            self._bar.close()
