"""What a step of the tour can take its number from: the run, and what its page has worked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.jobs.ask import Reply
    from training.runs import Run


@dataclass(frozen=True)
class Seen:
    """A page as it has just been drawn."""

    runs: Path  # folder of all runs
    run: Run | None = None  # the chosen one; None where a page chooses among them itself
    epoch: float | None = None
    replies: Sequence[Reply[Any]] = ()  # to what the page asked

    def reply(self, view: str) -> Reply[Any] | None:
        """The first whole answer to a question of that view, which is A's."""
        there = (each for each in self.replies if each.query.view == view and each.whole)
        return next(there, None)
