"""A comparison, made: its variants trained, its tables and its figure written.

Everything lies in the comparison's folder (see `training.comparison`), so that the same command
goes on where it was stopped.
"""

from __future__ import annotations

import json
import math
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.atomic import make_folder, write_text
from training.comparison import FORMAT, Comparison, run_folder
from training.comparison_table import markdown, settings_in_words, write_table
from training.data import describe
from training.errors import WorkbenchError
from training.measures import MEASURES, rank
from training.processes import available_cores
from training.recipe import Recipe, RecipeError
from training.run_settings import RunError
from training.run_writer import provenance
from training.runs import Run
from training.side_by_side import SOURCE, Task, train_all
from training.status import DEAD, FAILED, FINISHED, STOPPED, Reporter

Look = Callable[[Mapping[str, int], Mapping[str, int]], None]
"""Told the epochs done and in all, by variant."""


def compare(
    recipe: Recipe,
    path: Path,
    *,
    jobs: int | None = None,
    only: Sequence[str] = (),
    on_look: Look = lambda *_: None,
    on_end: Callable[[str], None] = lambda _: None,
    pause: Callable[[], None] = lambda: None,
) -> Comparison:
    """Train the variants of a recipe, or those that are missing.

    Args:
        recipe: What to compare, checked.
        path: The comparison's folder.
        jobs: Trainings at once; as many as fit if not given.
        only: Variants to train now; all if empty.
        on_look: Told how far each variant is, a few times a second.
        on_end: Told a line about each run that has ended.
        pause: Called where it is good to stop; stops by raising KeyboardInterrupt.

    Raises:
        WorkbenchError: If the folder holds a comparison by another recipe or something else, a
            data set cannot be read, or a variant is unknown. A run that fails raises nothing.
    """
    for variant in only:
        if variant not in recipe.variants:
            raise RecipeError(
                f"{recipe.name} has no variant {variant!r}. It has: {', '.join(recipe.variants)}."
            )
    for spec in recipe.data:
        describe(spec)  # before anything is trained
    for variant in recipe.variants:
        recipe.config(variant, recipe.seeds[0], path)  # so that a missing start is told now
    _begin(path, recipe)
    status = Reporter(path / "status.json", message="Getting ready")
    variants = tuple(only) or tuple(recipe.variants)
    work = _Work(recipe, path, jobs, variants, status, on_look, on_end, pause)
    try:
        work.choose()
        work.train()
        work.evaluate()
        comparison = Comparison.open(path)
        write_text(path / "comparison.md", markdown(comparison))
        _draw(path, on_end)
    except KeyboardInterrupt:
        status.end(STOPPED, "Stopped by hand; the same command goes on.")
        with suppress(WorkbenchError):  # it may be what hinders writing that had it stopped
            write_table(Comparison.open(path))
        raise
    except BaseException as error:
        status.end(FAILED, str(error) or type(error).__name__)
        raise
    states = comparison.table()["state"]
    missing = states[states != FINISHED].value_counts()
    said = ", ".join(f"{count} {state}" for state, count in missing.items())
    status.end(FINISHED, f"Not all runs have finished: {said}." if said else "")
    return comparison


@dataclass
class _Work:
    """The steps of one comparison, which share where they are done and whom they tell."""

    recipe: Recipe
    path: Path
    jobs: int | None
    variants: Sequence[str]  # to train now
    status: Reporter
    on_look: Look
    on_end: Callable[[str], None]
    pause: Callable[[], None]
    failed: dict[tuple[str, str], str] = field(default_factory=dict)  # by variant and seed: why

    def choose(self) -> None:
        """Try each variant's candidates in short runs and keep the best in comparison.json."""
        before = Comparison.open(self.path).chosen
        asked = [name for name in self.variants if name in self.recipe.candidates]
        open_ones = [name for name in asked if name not in before]
        trials = {
            (name, number): self._trial(name, number)
            for name in open_ones
            for number in range(len(self.recipe.candidates[name]))
        }
        if not trials:
            return
        self.status.say("Trying settings")
        owners = {task.name: name for (name, _), task in trials.items()}
        self._train_all(list(trials.values()), owners)
        for name in open_ones:
            tasks = [task for (owner, _), task in trials.items() if owner == name]
            self._keep_best(name, tasks)

    def train(self) -> None:
        """Train every run that is not there yet."""
        chosen = Comparison.open(self.path).chosen
        tasks, owners = [], {}
        for seed in self.recipe.seeds:  # one of each variant first: they show something soon
            for name in self.variants:
                if name in self.recipe.candidates and name not in chosen:
                    self.failed[name, str(seed)] = "None of its candidates could be trained."
                    continue
                run = run_folder(self.path, name, seed)
                config = self.recipe.config(name, seed, run, chosen.get(name))
                tasks.append(Task(run.name, config, self.path / "logs"))
                owners[run.name] = name
        self.status.say(f"Training {len(tasks)} runs")
        write_table(Comparison.open(self.path), self.failed)
        self._train_all(tasks, owners)
        write_table(Comparison.open(self.path), self.failed)

    def evaluate(self) -> None:
        """Work out what the runs' own metrics do not tell: ten views, and seeds together."""
        if all(MEASURES[name].read is not None for name in self.recipe.measures):
            return
        from training.comparison_scores import add_scores

        self.status.say("Evaluating")
        add_scores(Comparison.open(self.path), tell=self.on_end, pause=self.pause)

    def _trial(self, name: str, number: int) -> Task:
        run = self.path / "trials" / f"{name}-{number + 1}"
        return Task(run.name, self.recipe.trial(name, number, run), self.path / "logs")

    def _keep_best(self, name: str, tasks: Sequence[Task]) -> None:
        """Write the best candidate into comparison.json, with what the others came to."""
        tried: list[dict[str, Any]] = []
        ranks: list[tuple[float, float]] = []
        for task, settings in zip(tasks, self.recipe.candidates[name], strict=True):
            state, _ = task.state()
            error, found = None, (math.inf, math.inf)  # of a trial that died or failed
            if state == FINISHED:
                metrics = Run.open(task.run).metrics()
                error = float(1 - metrics.train_top1.iloc[-1])
                found = rank(self.recipe.measure, metrics, self.recipe.until or 0.0)
            ranks.append(found)
            tried.append({"settings": settings, "state": state, "train_error": error})
        file = self.path / "comparison.json"
        config = json.loads(file.read_text(encoding="utf-8"))
        config["trials"][name] = tried
        if min(ranks) < (math.inf, math.inf):
            best = ranks.index(min(ranks))
            config["chosen"][name] = self.recipe.candidates[name][best]
            self.on_end(f"{name}: chosen {settings_in_words(config['chosen'][name])}")
        write_text(file, json.dumps(config, indent=2) + "\n")

    def _train_all(self, tasks: Sequence[Task], owners: Mapping[str, str]) -> None:
        ended: dict[str, str] = {}

        def end(task: Task, state: str, why: str) -> None:
            ended[task.name] = state
            owner, _, seed = task.name.rpartition("-seed")
            if state == FAILED and task.run.parent == self.path:
                self.failed[owner, seed] = why
            if task.run.parent == self.path:
                write_table(Comparison.open(self.path), self.failed)
            self.on_end(f"{task.name}: {state}{f': {why}' if why else ''}")

        def look() -> None:
            done = dict.fromkeys(owners.values(), 0)
            total = dict.fromkeys(owners.values(), 0)
            for task in tasks:
                whole = task.config.epochs
                over = ended.get(task.name) in (FINISHED, DEAD, FAILED)
                done[owners[task.name]] += whole if over else _epochs_of(task.run)
                total[owners[task.name]] += whole
            self.on_look(done, total)
            self.status(sum(done.values()), sum(total.values()))

        train_all(tasks, jobs=self.jobs, on_end=end, on_look=look, pause=self.pause)
        look()


def _begin(path: Path, recipe: Recipe) -> None:
    """Write comparison.json, or make sure that the one there says the same.

    Raises:
        WorkbenchError: If the folder holds a run, or a comparison by another recipe.
    """
    if (path / "run.json").exists():
        raise WorkbenchError(f"{path} holds a run. Choose another --run for the comparison.")
    decisive = json.loads(json.dumps(recipe.decisive))
    try:
        before = Comparison.open(path).config["recipe"]
    except RunError:
        if (path / "comparison.json").exists():
            raise
    else:
        if before != decisive:
            raise RecipeError(_difference(path, before, decisive))
        return
    config = {
        "format": FORMAT,
        "name": recipe.name,
        "title": recipe.title,
        "claim": recipe.claim,
        "paper": dict(recipe.paper),
        "axis": recipe.axis,
        "recipe": decisive,
        "chosen": {},
        "trials": {},
        "arguments": recipe.arguments,
        "command": recipe.command(path),
        "machine": _machine(),
        **provenance(),
    }
    make_folder(path)
    write_text(path / "comparison.json", json.dumps(config, indent=2) + "\n")


def _difference(path: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    changed = [f"{name} was {then!r}, now {new!r}" for name, then, new in _changes("", before, now)]
    return (
        f"{path} was made by another recipe: {'; '.join(changed)}. Its runs would not compare. "
        "Put the recipe back, choose another --run or delete the folder."
    )


def _changes(prefix: str, before: Any, now: Any) -> Iterator[tuple[str, Any, Any]]:
    """The leaves that differ, each by the names that lead to it."""
    if not (isinstance(before, Mapping) and isinstance(now, Mapping)):
        if before != now:
            yield prefix, before, now
        return
    for name in {**before, **now}:
        deeper = f"{prefix}, {name}" if prefix else name
        yield from _changes(deeper, before.get(name), now.get(name))


def _epochs_of(run: Path) -> int:
    try:
        return max(Run.open(run).epochs, default=0)
    except RunError:
        return 0


def _machine() -> str:
    """Cores and GPUs, as a table of results names them."""
    import torch

    cores = available_cores()
    if torch.cuda.is_available():
        return f"{torch.cuda.device_count()} × {torch.cuda.get_device_name(0)}"
    return f"{cores} {'core' if cores == 1 else 'cores'} of {_processor()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _draw(path: Path, tell: Callable[[str], None]) -> None:
    """Draw the curves, by the command of the views: training itself knows no figures."""
    paths = [str(SOURCE), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    done = subprocess.run(
        [sys.executable, "-m", "viz", "comparison", str(path)],
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        reason = done.stderr.strip() or f"its process ended with code {done.returncode}."
        tell(f"The figure could not be drawn: {reason}")
