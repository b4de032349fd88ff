"""How the variants of a comparison learned: their curves, to be drawn over each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.comparison import Comparison
from training.data_spec import without_place
from viz.comparison.paper import paper_numbers
from viz.store.export import Made, software


@dataclass(frozen=True)
class Curve:
    """One run of a variant; errors are top-1, in [0, 1]."""

    variant: str
    seed: int
    epoch: np.ndarray  # (E,) int, from 1
    train_error: np.ndarray  # (E,) measured during training (running average)
    val_error: np.ndarray  # (E,)


@dataclass(frozen=True)
class Line:
    """Variants that differ in one setting alone: what they came to, along it."""

    name: str  # what their names have in common
    at: np.ndarray  # (N,) values of the setting, ascending
    accuracy: np.ndarray  # (N,) mean over seeds of 1 - the measure, in [0, 1]
    deviation: np.ndarray  # (N,) over seeds; nan for a single one
    paper: np.ndarray  # (N,) the paper's accuracy; nan where it has none


def lines_along(comparison: Comparison) -> list[Line]:
    """A line for the variants scratch-5, scratch-15 and so on, where the axis is 5 and 15."""
    table, [measure, *_] = comparison.table(), comparison.measures
    numbers = paper_numbers(comparison.paper)
    paper = numbers.values if numbers else {}
    rows: dict[str, list[tuple[float, ...]]] = {}
    for variant, settings in comparison.config["recipe"]["variants"].items():
        value = settings.get(comparison.axis)
        found = comparison.summary(variant, measure, table)
        if value is not None and found.count:
            row = (value, 1 - found.mean, found.deviation, 1 - paper.get(variant, math.nan))
            rows.setdefault(variant.removesuffix(f"-{value}"), []).append(row)
    return [Line(name, *np.array(sorted(those)).T) for name, those in rows.items()]


def how_compared(comparison: Comparison) -> Made:
    """What stands in a file about the comparison that it shows."""
    return {
        **software("comparison"),
        "comparison": comparison.name,
        "recipe": _shareable(comparison.config["recipe"]),
    }


def _shareable(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe as it was followed, without the places where its data lie."""
    hide = {"data": without_place, "start_from": lambda run: Path(run).name}
    variants = {
        name: {key: hide[key](value) if key in hide else value for key, value in settings.items()}
        for name, settings in recipe["variants"].items()
    }
    return {**recipe, "variants": variants}


def learning_curves(comparison: Comparison) -> list[Curve]:
    """A curve for each run that has finished an epoch, in the recipe's order."""
    curves = []
    for variant in comparison.variants:
        for seed in comparison.seeds:
            run = comparison.run(variant, seed)
            metrics = None if run is None else run.metrics()
            if metrics is not None and len(metrics):
                curves.append(
                    Curve(
                        variant,
                        seed,
                        metrics["epoch"].to_numpy(),
                        1 - metrics["train_top1"].to_numpy(),
                        1 - metrics["val_top1"].to_numpy(),
                    )
                )
    return curves


def arrays_of(curves: Sequence[Curve]) -> dict[str, np.ndarray]:
    """<variant>-seed<k>-epoch, -train_error and -val_error of each run, (E,)."""
    return {
        f"{curve.variant}-seed{curve.seed}-{name}": getattr(curve, name)
        for curve in curves
        for name in ("epoch", "train_error", "val_error")
    }


def arrays_along(lines: Sequence[Line]) -> dict[str, np.ndarray]:
    """<line>-at, -accuracy, -deviation and -paper, (N,)."""
    return {
        f"{line.name}-{name}": getattr(line, name)
        for line in lines
        for name in ("at", "accuracy", "deviation", "paper")
    }


def mean_curve(curves: Sequence[Curve]) -> Curve:
    """The mean over the seeds of one variant, as far as all of them have come."""
    epochs = min(len(curve.epoch) for curve in curves)
    return Curve(
        curves[0].variant,
        -1,
        curves[0].epoch[:epochs],
        np.mean([curve.train_error[:epochs] for curve in curves], axis=0),
        np.mean([curve.val_error[:epochs] for curve in curves], axis=0),
    )
