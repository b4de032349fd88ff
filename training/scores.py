"""Scores as lines to read and as files to keep."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from training.atomic import replacing, write_text
from training.ensemble import Score
from training.errors import WorkbenchError
from training.evaluate import Mistakes

KINDS = (".json", ".csv", ".npz")
VIEWS = {1: "one view", 10: "ten views"}


def check_out(out: str | None) -> Path | None:
    """Where to write, refused before anything is computed if that cannot be.

    Raises:
        WorkbenchError: If the kind of file is unknown or its folder is missing.
    """
    if out is None:
        return None
    path = Path(out)
    if path.suffix.lower() not in KINDS:
        raise WorkbenchError(
            f"--out {out} is no kind of file that scores are written to. Its name must end with "
            f"{', '.join(KINDS)}; for pictures, see python -m viz mistakes and confusion."
        )
    if not path.parent.is_dir():
        raise WorkbenchError(f"There is no folder {path.parent} for --out {path.name}. Make it.")
    return path


def table(scores: Sequence[Score]) -> str:
    """A line for each score, and what an error is where that needs saying."""
    wide = max(len(score.name) for score in scores)
    images = f"{scores[0].evaluation.images:,} images"
    lines = [f"{images:{wide}}                loss   top-1 error   top-5 error   mean of classes"]
    for score in scores:
        found = score.evaluation
        lines.append(
            f"{score.name:{wide}}   {VIEWS[score.views]:9}  {found.loss:6.3f}   "
            f"{1 - found.top1:11.2%}   {1 - found.top5:11.2%}   {1 - found.mean_class_top1:15.2%}"
        )
    notes = dict.fromkeys(score.outputs.note_on_errors for score in scores)
    return "\n".join([*lines, *filter(None, notes)])


def mistakes_in_words(score: Score, classes: Sequence[str], names: Sequence[str]) -> str:
    """The most confident mistakes and those of lowest probability, with the top predictions."""
    lines = []
    for title, mistakes in (
        ("Most confident mistakes", score.evaluation.surest),
        ("Lowest probabilities of the true class", score.evaluation.worst),
    ):
        lines.append(f"{title} of {score.name}, {VIEWS[score.views]}:")
        for row in _rows(mistakes, classes):
            predictions = ", ".join(
                f"{guess['class']} {guess['probability']:.1%}" for guess in row["guesses"]
            )
            image = row["image"]
            name = names[image] if names[image] else image
            lines.append(
                f"  {name}: {row['class']} ({row['probability']:.1%}), predicted {predictions}"
            )
    return "\n".join(lines)


def write_scores(path: Path, scores: Sequence[Score], classes: Sequence[str]) -> None:
    """Write .json (scores and mistakes), .csv (scores) or .npz (also confusion), in one step.

    .npz holds name, views, images, loss, top1, top5, (S,) each; confusion (S, K, K), rows true;
    and for surest_ and worst_: index, label, truth (S, m), guess, probability (S, m, 5), filled up
    with -1 where there are fewer mistakes than were asked for.
    """
    kind = path.suffix.lower()
    if kind == ".json":
        write_text(path, json.dumps([_as_json(score, classes) for score in scores], indent=2))
    elif kind == ".csv":
        text = io.StringIO()
        rows = [_numbers(score) for score in scores]
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text(path, text.getvalue())
    else:
        with replacing(path) as partial, partial.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **_arrays(scores))


def _numbers(score: Score) -> dict[str, Any]:
    found = score.evaluation
    return {
        "name": score.name,
        "views": score.views,
        "images": found.images,
        "loss": found.loss,
        "top1_error": 1 - found.top1,
        "top5_error": 1 - found.top5,
        "class_error": 1 - found.mean_class_top1,
    }


def _as_json(score: Score, classes: Sequence[str]) -> dict[str, Any]:
    found = score.evaluation
    return {
        **_numbers(score),
        "outputs": score.outputs.name,
        "surest": _rows(found.surest, classes),
        "worst": _rows(found.worst, classes),
    }


def _rows(mistakes: Mistakes, classes: Sequence[str]) -> list[dict[str, Any]]:
    def predictions(row: int) -> list[dict[str, Any]]:
        best = zip(mistakes.guess[row].tolist(), mistakes.probability[row].tolist(), strict=True)
        return [{"class": classes[index], "probability": value} for index, value in best]

    return [
        {
            "image": int(mistakes.index[row]),
            "class": classes[int(mistakes.label[row])],
            "probability": float(mistakes.truth[row]),
            "guesses": predictions(row),
        }
        for row in range(len(mistakes))
    ]


def _arrays(scores: Sequence[Score]) -> dict[str, np.ndarray]:
    found = [score.evaluation for score in scores]
    arrays = {
        "name": np.array([score.name for score in scores]),
        "views": np.array([score.views for score in scores]),
        **{
            name: np.array([getattr(one, name) for one in found])
            for name in ("images", "loss", "top1", "top5")
        },
        "confusion": np.stack([one.confusion.numpy() for one in found]),
    }
    for order in ("surest", "worst"):
        lists = [getattr(one, order) for one in found]
        for field in fields(Mistakes):
            values = [getattr(mistakes, field.name).numpy() for mistakes in lists]
            arrays[f"{order}_{field.name}"] = _filled(values)
    return arrays


def _filled(values: Sequence[np.ndarray]) -> np.ndarray:
    """Arrays of unlike length as one, with -1 where there is nothing."""
    longest = max(len(value) for value in values)
    filled = np.full((len(values), longest, *values[0].shape[1:]), -1, values[0].dtype)
    for row, value in zip(filled, values, strict=True):
        row[: len(value)] = value
    return filled
