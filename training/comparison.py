"""The folder of a comparison, read: which runs belong to it and what they have come to.

```
runs/<comparison>/
  comparison.json               the recipe as it was followed, and what was chosen by trials
  comparison.csv                a row a run, written anew whenever one has ended
  comparison.md                 the table, ready for a page of results
  figure.svg, figure.png        the curves over each other
  status.json                   what the comparison is doing, or how it ended
  <variant>-seed<k>/            the runs, as any other
  trials/<variant>-<n>/         short runs by which a setting was chosen for each variant
  logs/                         what each process said, and its settings
```
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd

from training.errors import WorkbenchError
from training.guarded import may_have, members
from training.measures import MEASURES
from training.run_settings import RunError, read_settings
from training.runs import Run
from training.settings import Length, OneOf, checked
from training.status import DEAD, FAILED, FINISHED, STOPPED, Status, read_status

FORMAT = 1
PLAIN = ("top1", "top5", "loss", "seconds", "state", "why")
ALL_SEEDS = "all"  # in the place of a seed: a row for all runs of a variant together
WAITING = "waiting"
Measured = Annotated[str, OneOf(MEASURES)]
DECLARED: Mapping[str, Any] = {  # what comparison.json must have, and of which kind
    "created": str | None,
    "title": str,
    "claim": str,
    "paper": Mapping[str, str],
    "axis": str | None,
    "chosen": Mapping[str, Mapping[str, Any]],
    "recipe": Mapping[str, Any],
    "recipe.variants": Annotated[Mapping[str, Any], Length(1)],
    "recipe.seeds": Annotated[list[int], Length(1)],
    "recipe.measure": Measured,
    "recipe.also": list[Measured],
    "recipe.until": float | None,
}


@dataclass(frozen=True)
class Summary:
    """One measure of one variant, over its seeds."""

    mean: float  # nan where no run has it
    deviation: float  # of a sample; nan below two runs
    count: int  # runs that have it
    of: int  # runs that have ended

    def say(self, measure: str) -> str:
        """12.3 ± 0.4 %, or 6, or – where there is none yet."""
        kind = MEASURES[measure]
        if not self.count:
            return "–"
        scale, unit, digits = (100, " %", 2) if kind.is_share else (1, "", 1)
        text = f"{scale * self.mean:.{digits}f}"
        if not math.isnan(self.deviation):
            text += f" ± {scale * self.deviation:.{digits}f}"
        missing = f" ({self.count} of {self.of} runs)" if self.count < self.of else ""
        return f"{text}{unit}{missing}"


@dataclass(frozen=True)
class Comparison:
    """One comparison, read from its folder; it may be read while it is being made."""

    path: Path
    config: Mapping[str, Any]  # comparison.json

    @classmethod
    def open(cls, path: str | Path) -> Comparison:
        """The comparison in a folder.

        Raises:
            RunError: If there is none, or it was written by a newer version.
        """
        path = Path(path)
        missing = (
            f"{path} is no comparison: it has no comparison.json. "
            f"`python -m training compare RECIPE --run {path}` makes one."
        )
        file = path / "comparison.json"
        config = read_settings(file, what="comparison", newest=FORMAT, missing=missing)
        try:
            for name, kind in DECLARED.items():
                outer, _dot, inner = name.rpartition(".")
                checked(name, kind, (config[outer] if outer else config).get(inner))
        except WorkbenchError as error:
            raise RunError(
                f"{file} describes no comparison: {error} Put the file back as it was written.",
                code="field",
            ) from error
        return cls(path, config)

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def variants(self) -> list[str]:
        """Names, in the recipe's order."""
        return list(self.config["recipe"]["variants"])

    @property
    def seeds(self) -> list[int]:
        return list(self.config["recipe"]["seeds"])

    @property
    def measures(self) -> list[str]:
        """The one that decides, then the others."""
        recipe = self.config["recipe"]
        return [recipe["measure"], *recipe["also"]]

    @property
    def until(self) -> float | None:
        """The training error at which runs end, if they do."""
        threshold: float | None = self.config["recipe"]["until"]
        return threshold

    @property
    def axis(self) -> str | None:
        """The setting that its figure is drawn along, if not along the epochs."""
        name: str | None = self.config.get("axis")
        return name

    @property
    def paper(self) -> Mapping[str, str]:
        """What the paper has for a variant."""
        said: Mapping[str, str] = self.config["paper"]
        return said

    @property
    def chosen(self) -> Mapping[str, Mapping[str, Any]]:
        """The settings that trials chose, by variant."""
        settings: Mapping[str, Mapping[str, Any]] = self.config["chosen"]
        return settings

    def folder(self, variant: str, seed: int) -> Path:
        """Where a run lies, whether it is there yet or not."""
        return run_folder(self.path, variant, seed)

    def run(self, variant: str, seed: int) -> Run | None:
        """A run, once it is there."""
        try:
            return Run.open(self.folder(variant, seed))
        except RunError:
            return None

    def status(self) -> Status:
        """What it is doing or how it ended."""
        return read_status(self.path / "status.json") or Status(state=STOPPED)

    def written(self) -> pd.DataFrame:
        """comparison.csv as it was last written; without rows before that."""
        try:
            table = pd.read_csv(self.path / "comparison.csv", dtype={"seed": str, "why": str})
        except (OSError, ValueError):
            return pd.DataFrame(columns=columns(self.measures))
        return table.reindex(columns=columns(self.measures))

    def table(self) -> pd.DataFrame:
        """A row for each run as it stands now, then one for each variant's seeds together.

        What metrics.csv does not tell (ten views, ensembles, why a process failed) is taken from
        comparison.csv.
        """
        written = [dict(row) for _, row in self.written().iterrows()]
        before = {(row["variant"], row["seed"]): row for row in written}
        rows = [
            self._row(variant, seed, before.get((variant, str(seed)), {}))
            for variant in self.variants
            for seed in self.seeds
        ]
        together = [row for (_, seed), row in before.items() if seed == ALL_SEEDS]
        rows += together
        return pd.DataFrame(rows, columns=columns(self.measures))

    def summary(self, variant: str, measure: str, table: pd.DataFrame | None = None) -> Summary:
        """Mean and deviation over the finished runs of a variant."""
        table = self.table() if table is None else table
        ours = table[(table["variant"] == variant) & (table["state"] == FINISHED)]
        is_together = ours["seed"] == ALL_SEEDS
        ours = ours[is_together if MEASURES[measure].of_all_seeds else ~is_together]
        values = ours[measure].astype(float).dropna()
        return Summary(
            mean=float(values.mean()) if len(values) else math.nan,
            deviation=float(values.std(ddof=1)) if len(values) > 1 else math.nan,
            count=len(values),
            of=len(ours),
        )

    def _row(self, variant: str, seed: int, before: Mapping[str, Any]) -> dict[str, Any]:
        row: dict[str, Any] = {"variant": variant, "seed": str(seed), "epochs": 0}
        run = self.run(variant, seed)
        state, why = WAITING, ""
        if run is not None:
            status = run.status()
            state, why = status.state, status.message if status.state in (DEAD, FAILED) else ""
        if state in (WAITING, STOPPED) and before.get("state") == FAILED:
            state, why = FAILED, str(before.get("why", ""))  # its process never got to say so
        metrics = run.metrics() if run is not None else pd.DataFrame()
        if len(metrics):
            last = metrics.iloc[-1]
            row |= {
                "epochs": int(last["epoch"]),
                "top1": last["val_top1"],
                "top5": last["val_top5"],
                "loss": last["val_loss"],
                "seconds": float(metrics["seconds"].sum()),
            }
        if state == FINISHED:
            for name in self.measures:
                read = MEASURES[name].read
                if read is not None and len(metrics):
                    row[name] = read(metrics, self.until or 0.0)
                elif not MEASURES[name].of_all_seeds:
                    row[name] = before.get(name, math.nan)
        return row | {"state": state, "why": why}


def run_folder(comparison: Path, variant: str, seed: int) -> Path:
    """Where the run of a variant lies."""
    return comparison / f"{variant}-seed{seed}"


def columns(measures: Sequence[str]) -> list[str]:
    """Of comparison.csv."""
    return ["variant", "seed", "epochs", *measures, *PLAIN]


def list_comparisons(root: str | Path) -> list[Comparison]:
    """The comparisons in a folder of runs, newest first; those that cannot be read are left out."""
    found = []
    for folder in members(Path(root), RunError):
        if not may_have(folder, "comparison.json"):
            continue
        try:
            found.append(Comparison.open(folder))
        except RunError:
            continue
    return sorted(found, key=lambda one: one.config.get("created") or "", reverse=True)
