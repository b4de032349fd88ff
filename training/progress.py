"""How long work reports on itself: a function called as progress(done, total)."""

import sys
from collections.abc import Callable, Mapping
from typing import Self

from tqdm import tqdm

Progress = Callable[[int, int], None]
"""Called as progress(done, total); units are whatever the caller counts."""


def silent(_done: int, _total: int) -> None:
    """Report nothing."""


def part_of(progress: Progress, number: int, parts: int) -> Progress:
    """The progress of one of several pieces of work that are alike, one after the other."""

    def report(done: int, total: int) -> None:
        progress(number * total + done, parts * total)

    return report


class Bar:
    """A terminal bar with speed and time left, for command lines."""

    def __init__(self, label: str, unit: str = "image") -> None:
        self._bar = tqdm(desc=label, unit=unit, leave=False, file=sys.stderr, disable=None)

    def __call__(self, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.update(done - self._bar.n)
        if done >= total:
            self._bar.close()


class Lines:
    """A terminal bar for each of several pieces of work, one below the other.

    Where there is no terminal, only what is told of them is printed.
    """

    def __init__(self, unit: str = "epoch") -> None:
        self._unit = unit
        self._bars: dict[str, tqdm] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for bar in self._bars.values():
            bar.close()

    def show(self, done: Mapping[str, int], total: Mapping[str, int]) -> None:
        """How far each of them is."""
        for name, steps in done.items():
            if name not in self._bars:
                self._bars[name] = tqdm(
                    desc=name,
                    unit=self._unit,
                    position=len(self._bars),
                    file=sys.stderr,
                    disable=None,
                )
            bar = self._bars[name]
            if bar.total != total[name]:
                bar.reset(total[name])
            bar.update(steps - bar.n)

    def tell(self, line: str) -> None:
        """Print a line above the bars."""
        tqdm.write(line, file=sys.stdout)
        sys.stdout.flush()
