"""The numbers of a comparison that need its networks again: ten views, classes, seeds together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from training.comparison import ALL_SEEDS, Comparison
from training.comparison_table import write_csv
from training.ensemble import evaluate_together, open_members
from training.errors import WorkbenchError
from training.evaluate import Evaluation
from training.measures import MEASURES
from training.runs import Run
from training.status import FINISHED

READ: dict[str, Callable[[Evaluation], float]] = {
    "class_error": lambda score: 1 - score.mean_class_top1,
    "ten_view_error": lambda score: 1 - score.top1,
    "ten_view_top5_error": lambda score: 1 - score.top5,
    "ensemble_error": lambda score: 1 - score.top1,
    "ensemble_top5_error": lambda score: 1 - score.top5,
}


def add_scores(
    comparison: Comparison,
    *,
    tell: Callable[[str], None] = lambda _: None,
    pause: Callable[[], None] = lambda: None,
) -> None:
    """Evaluate what comparison.csv lacks, and write it there after each evaluation.

    A variant whose images are stored without a border has no ten views: its place stays empty.

    Args:
        comparison: Whose finished runs are looked at.
        tell: Told why a number cannot be had.
        pause: Called where it is good to stop; stops by raising KeyboardInterrupt.
    """
    asked = [name for name in comparison.measures if name in READ]
    alone = [name for name in asked if not MEASURES[name].of_all_seeds]
    together = [name for name in asked if MEASURES[name].of_all_seeds]
    for variant in comparison.variants:
        table = comparison.table()
        ours = table[(table["variant"] == variant) & (table["seed"] != ALL_SEEDS)]
        finished = ours[ours["state"] == FINISHED]
        runs = [Run.open(comparison.folder(variant, int(seed))) for seed in finished["seed"]]
        for run, seed in zip(runs, finished["seed"], strict=True):
            row = finished[finished["seed"] == seed]
            here = (table["variant"] == variant) & (table["seed"] == seed)
            for views in (1, 10):
                names = [name for name in alone if MEASURES[name].views == views]
                if not names or not row[names].isna().any(axis=None):
                    continue
                try:
                    score = _score([run], views, pause)
                except WorkbenchError as error:
                    tell(f"{run.name}: {error}")
                    continue
                for name in names:
                    table.loc[here, name] = READ[name](score)
                write_csv(comparison, table)
        is_there = ((table["variant"] == variant) & (table["seed"] == ALL_SEEDS)).any()
        if together and not is_there and len(runs) == len(comparison.seeds) > 1:
            try:
                score = _score(runs, 1, pause)
            except WorkbenchError as error:
                tell(f"{variant}, all seeds: {error}")
                continue
            row_of_all = _row_of_all(variant, score, together)
            write_csv(comparison, pd.concat([table, pd.DataFrame([row_of_all])]))


def _score(runs: Sequence[Run], views: int, pause: Callable[[], None]) -> Evaluation:
    """The mean of some runs, or a single one, with so many views."""
    members = open_members(runs, progress=lambda *_: pause())
    return evaluate_together(members, views=views, progress=lambda *_: pause())[-1].evaluation


def _row_of_all(variant: str, score: Evaluation, names: Sequence[str]) -> dict[str, Any]:
    return {
        "variant": variant,
        "seed": ALL_SEEDS,
        **{name: READ[name](score) for name in names},
        "top1": score.top1,
        "top5": score.top5,
        "loss": score.loss,
        "state": FINISHED,
        "why": "",
    }
