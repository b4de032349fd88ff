"""Heat maps of a class on a page: kept, computed at once or left to a job."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from app.jobs.ask import answer, can_keep
from app.shell.frame import Choice
from app.widgets.images import ChosenImage
from viz import results
from viz.attribution import METHODS, MethodName

DEAR: MethodName = "occlusion"  # a thousand passes
Maps = dict[MethodName, Tensor]


def arguments(choice: Choice, image: ChosenImage, label: int, method: MethodName) -> list[str]:
    """Of `python -m viz` for one method's map."""
    path, epoch = str(choice.run.path), str(choice.epoch)
    words = ["attribution", path, "--image", image.source, "--epoch", epoch]
    return [*words, "--label", str(label), "--method", method]


def maps_of(choice: Choice, image: ChosenImage, label: int, wanted: MethodName) -> Maps:
    """All of them; the dear one may come later, unless it is the one to be seen."""
    maps: Maps = {}
    for method in METHODS:
        at_once = method != DEAR or method == wanted or not can_keep(choice.run)
        find = heat_of if at_once else kept_heat
        heat = find(choice, image, label, method)
        if heat is not None:
            maps[method] = heat
    return maps


def kept_heat(choice: Choice, image: ChosenImage, label: int, method: MethodName) -> Tensor | None:
    """The map, if it was worked out before."""
    run, epoch, picture = choice.run, choice.epoch, image.picture
    try:
        return results.attribution(run, epoch, picture, label=label, method=method, only_kept=True)
    except results.NotKept:
        return None


def heat_of(choice: Choice, image: ChosenImage, label: int, method: MethodName) -> Tensor:
    """Kept, computed at once or left to a job."""

    def compute(**how: Any) -> Tensor:
        return results.attribution(
            choice.run, choice.epoch, image.picture, label=label, method=method, **how
        )

    words = arguments(choice, image, label, method)
    return answer(compute, choice.run, words, label=f"Mapping by {METHODS[method].name}")
