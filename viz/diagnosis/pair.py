"""Which of two networks has the better first layers, by the numbers of their diagnoses.

Zeiler & Fergus 2013, section 4.1, chose 7×7 at stride 2 before 11×11 at stride 4 by looking, and
found the error lower as well. Here each number has a vote, and the error stands beside them: it
is not one of the votes, so that it can contradict them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from viz.diagnosis.compute import Diagnosis
from viz.diagnosis.findings import CORRELATED, RARE, findings
from viz.diagnosis.query import DiagnosisShown
from viz.drawing.words import percent
from viz.store.answer import Side
from viz.store.cache import SECOND, Arrays

EQUAL = 0.01  # shares that differ by less are alike


@dataclass(frozen=True)
class Vote:
    """One number of A and of B: a share in [0, 1], the lower the better."""

    name: str
    shares: tuple[float, float]

    @property
    def better(self) -> int | None:
        """0 for A, 1 for B, None where they are alike."""
        first, second = self.shares
        if abs(first - second) < EQUAL:
            return None
        return int(second < first)


NUMBERS: dict[str, Callable[[Diagnosis], float]] = {
    "filter energy above the stride's limit": lambda seen: seen.spectra.aliased_energy,
    "filters that are no Gabor function, median": lambda seen: float(seen.gabors.residual.median()),
    "dead channels": lambda seen: _of_channels(seen, [len(one.dead()) for one in seen.responses]),
    "near-dead channels": lambda seen: _of_channels(
        seen, [len(one.near_dead(RARE)) for one in seen.responses]
    ),
    "channels like another": lambda seen: _of_channels(
        seen,
        [
            len({channel for pair in one.duplicates(CORRELATED) for channel in pair[:2]})
            for one in seen.responses
        ],
    ),
    "checkerboard in the first two layers' detail": lambda seen: max(
        (float(one.checkerboard.mean()) for one in seen.responses[:2]), default=0.0
    ),
    "answers that change under shifts of 1 to 8 px": lambda seen: (
        1 - float(seen.shifts.agreement.mean())
    ),
}


@dataclass(frozen=True)
class DiagnosesOfTwo:
    """What was measured of two networks, and which of them the numbers prefer."""

    first: DiagnosisShown
    second: DiagnosisShown

    @property
    def votes(self) -> list[Vote]:
        """All numbers of both."""
        return votes(self.first.found, self.second.found)

    def verdict(self) -> str:
        """Which is preferred, and whether it generalises better, too."""
        a, b = self.first, self.second
        words = verdict(self.votes, (a.title, b.title), (a.error, b.error))
        if a.epoch == b.epoch:
            return words
        return f"Not a fair comparison: A is at epoch {a.epoch}, B at epoch {b.epoch}. {words}"

    def arrays(self) -> Arrays:
        """All that was measured of both, and the numbers that have a vote."""
        second = {f"{SECOND}{name}": array for name, array in self.second.arrays().items()}
        return {
            **self.first.arrays(),
            **second,
            "vote_name": np.array([vote.name for vote in self.votes]),
            "vote": np.array([vote.shares for vote in self.votes]),
        }

    def words(self) -> str:
        """The findings of each, and the verdict."""
        lines = []
        for one in (self.first, self.second):
            said = [f"{finding.layer}: {finding.words}" for finding in findings(one.found)]
            lines += [f"{one.title}, {each}" for each in said or ["nothing stands out."]]
        return "\n".join([*lines, self.verdict()])


def pair(first: Side, second: Side) -> DiagnosesOfTwo:
    """Both, with a vote for each of their numbers."""
    return DiagnosesOfTwo(first.shown, second.shown)


def votes(first: Diagnosis, second: Diagnosis) -> list[Vote]:
    """All numbers of both, in a fixed order."""
    return [Vote(name, (number(first), number(second))) for name, number in NUMBERS.items()]


def verdict(
    cast: Sequence[Vote],
    names: tuple[str, str],
    errors: tuple[float | None, float | None] = (None, None),
) -> str:
    """One or two sentences: which is preferred, and whether it generalises better, too.

    Args:
        cast: As `votes` gives them.
        names: Of A and B.
        errors: Validation errors in [0, 1], where they are known.
    """
    won = [[vote.name for vote in cast if vote.better == side] for side in (0, 1)]
    if len(won[0]) == len(won[1]):
        return f"The numbers do not tell which is better: {len(won[0])} speak for each."
    better = int(len(won[1]) > len(won[0]))
    words = f"{len(won[better])} of {len(cast)} numbers speak for {names[better]}"
    words += f", {len(won[1 - better])} for {names[1 - better]}." if won[1 - better] else "."
    first, second = errors[better], errors[1 - better]
    if first is None or second is None:
        return words
    compared = f"top-1 error {percent(first)} against {percent(second)}"
    if first < second:
        return f"{words} It generalises better, too: {compared}."
    return f"{words} Yet it does not generalise better: {compared}."


def _of_channels(seen: Diagnosis, counts: Sequence[int]) -> float:
    """A count in each layer as a share of all their channels."""
    channels = sum(len(one.active) for one in seen.responses)
    return sum(counts) / channels if channels else 0.0
