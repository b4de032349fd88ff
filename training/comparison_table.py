"""The table of a comparison: as comparison.csv, and in words beside the paper's numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from training.atomic import write_text
from training.comparison import ALL_SEEDS, Comparison, columns
from training.measures import MEASURES
from training.status import FAILED, FINISHED


def write_table(
    comparison: Comparison, failed: Mapping[tuple[str, str], str] | None = None
) -> None:
    """Write comparison.csv anew, in one step.

    Args:
        comparison: Whose runs are looked at.
        failed: Reasons why processes failed, by variant and seed.
    """
    table = comparison.table()
    for (variant, seed), why in (failed or {}).items():
        here = (table["variant"] == variant) & (table["seed"] == seed)
        table.loc[here, ["state", "why"]] = [FAILED, why]
    write_csv(comparison, table)


def write_csv(comparison: Comparison, table: pd.DataFrame) -> None:
    ordered = table.reindex(columns=columns(comparison.measures))
    write_text(comparison.path / "comparison.csv", ordered.to_csv(index=False), durable=False)


def markdown(comparison: Comparison) -> str:
    """The table of a comparison as Markdown: mean ± deviation over seeds beside the paper's."""
    table = comparison.table()
    names = comparison.measures
    heads = ["variant", *(heading(comparison, name) for name in names), "paper", "seeds"]
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for variant in comparison.variants:
        said = [say(comparison, variant, name, table) for name in names]
        chosen = comparison.chosen.get(variant)
        name = f"{variant} ({settings_in_words(chosen)})" if chosen else variant
        seeds = table[
            (table["variant"] == variant)
            & (table["state"] == FINISHED)
            & (table["seed"] != ALL_SEEDS)
        ]["seed"]
        cells = [name, *said, comparison.paper.get(variant, ""), ", ".join(seeds) or "–"]
        lines.append(f"| {' | '.join(cells)} |")
    config = comparison.config
    made = (
        f"`{config['command']}` · revision {config['revision']} · {config['machine']} · torch "
        f"{config['versions']['torch']}"
    )
    title = f"### {comparison.config['title']}"
    return "\n".join([title, "", comparison.config["claim"], "", *lines, "", made, ""])


def heading(comparison: Comparison, measure: str) -> str:
    """What a column of the table counts."""
    words = MEASURES[measure].words
    if measure == "epochs_to_train_error":
        words += f" of {comparison.until:.0%}"
    return words


def say(comparison: Comparison, variant: str, measure: str, table: pd.DataFrame) -> str:
    """A cell of the table; a threshold that was never reached says after how many epochs."""
    summary = comparison.summary(variant, measure, table)
    if measure == "epochs_to_train_error" and summary.of and not summary.count:
        ours = table[(table["variant"] == variant) & (table["state"] == FINISHED)]
        return f"not within {int(ours['epochs'].max())}"
    return summary.say(measure)


def settings_in_words(settings: Mapping[str, Any]) -> str:
    """lr 0.02, momentum 0.5."""
    return ", ".join(f"{name} {value}" for name, value in settings.items())
