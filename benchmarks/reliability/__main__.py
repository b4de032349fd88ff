"""python -m benchmarks.reliability <lane>: the figures of docs/reliability.md."""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jsonargparse import ArgumentParser, auto_cli, auto_parser

from benchmarks.reliability import training, visitors


def killed(count: int = 50, seed: int = 0) -> None:
    """SIGKILL to a training at random moments, and --resume after each.

    Args:
        count: How often.
        seed: Of the moments.
    """
    _print(lambda folder: training.killed(folder, count, seed))


def told_to_stop(count: int = 5, seed: int = 0) -> None:
    """SIGTERM to torchrun with two processes at random moments.

    Args:
        count: How often.
        seed: Of the moments.
    """
    _print(lambda folder: training.told_to_stop(folder, count, seed))


def full_disk(mb: int = 20) -> None:
    """A training in a file system of so many MB; needs the right to mount one.

    Args:
        mb: Of the file system.
    """
    _print(lambda folder: training.full_disk(folder, mb))


def many_visitors(count: int = 8, seconds: float = 600) -> None:
    """Visitors at once, each of whose pictures is compared with what one sees alone.

    Args:
        count: How many.
        seconds: How long.
    """
    _print(lambda folder: visitors.compared(folder, count, seconds))


def _print(lane: Callable[[Path], Any]) -> None:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for name, value in asdict(lane(Path(folder))).items():
            print(f"{name}: {value}")
    print(f"took: {time.monotonic() - began:.0f} s", file=sys.stderr)


LANES: list[Callable[..., Any] | type] = [killed, told_to_stop, full_disk, many_visitors]


def parser() -> ArgumentParser:
    """The lanes as commands."""
    return auto_parser(LANES)


if __name__ == "__main__":
    auto_cli(LANES)
