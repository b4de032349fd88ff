"""What the paper found for each variant, as numbers that can be drawn.

A recipe has the paper's words: "40.5 %, 18.1 %", "1.1 points more", "6 × as many epochs". The first
number of each is what the measure that decides is about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

ERROR = re.compile(r"(\d+(?:\.\d+)?) ?%")
POINTS = re.compile(r"(\d+(?:\.\d+)?)(?: and [\d.]+)? points? more")
TIMES = re.compile(r"(\d+(?:\.\d+)?) ?×")


@dataclass(frozen=True)
class PaperNumbers:
    """One number a variant, less is better; only those of which the paper has one."""

    unit: str  # error, or times
    values: Mapping[str, float]  # by variant: a share in [0, 1], or a multiple

    def say(self, value: float) -> str:
        """40.5 % or 6 ×."""
        return f"{100 * value:.4g} %" if self.unit == "error" else f"{value:.3g} ×"


def paper_numbers(said: Mapping[str, str]) -> PaperNumbers | None:
    """The numbers in a paper's words, by variant; None where there are none to compare.

    What is told as points more is put on top of the one variant whose error is told.
    """
    times = {
        name: float(found[1]) for name, words in said.items() if (found := TIMES.search(words))
    }
    if times:
        return PaperNumbers("times", times)
    errors, more = {}, {}
    for name, words in said.items():
        if found := POINTS.search(words):
            more[name] = float(found[1]) / 100
        elif found := ERROR.search(words):
            errors[name] = float(found[1]) / 100
    if len(errors) == 1:
        [base] = errors.values()
        errors |= {name: base + points for name, points in more.items()}
    values = {name: errors[name] for name in said if name in errors}
    return PaperNumbers("error", values) if values else None
