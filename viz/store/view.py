"""The views, found by their folders: viz/<view>/query.py, figure.py and, for two, pair.py.

A view's `query.py` has one `Query`, named `VIEW`. Its `figure.py` has `draw(shown)`. Where two
networks can be paired, `pair.py` has `pair(first, second)`, which takes two sides and gives a
`viz.drawing.pairs.Pair`; a view without one is drawn twice, one figure below the other.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.errors import WorkbenchError
from viz.store.answer import Side
from viz.store.cache import SECOND, Arrays
from viz.store.export import Made, how_made
from viz.store.query import Query, of_images

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@cache
def views() -> Mapping[str, type[Query[Any]]]:
    """The question of each view, by name."""
    package = Path(__file__).parents[1]
    folders = sorted(module.name for module in pkgutil.iter_modules([str(package)]))
    asked = [name for name in folders if (package / name / "query.py").exists()]
    found = {}
    for name in asked:
        kind = getattr(import_module(f"viz.{name}.query"), "VIEW", None)
        if kind is not None:
            found[kind.view] = kind
    return found


def draw(side: Side) -> Figure:
    """The figure of one network."""
    figure: Figure = _figures(side.query).draw(side.shown)
    return figure


@dataclass(frozen=True)
class Twice:
    """Two networks of a view that does not pair them."""

    first: Any
    second: Any

    def arrays(self) -> Arrays:
        """Those of the first, and of the second under names of their own."""
        second = {f"{SECOND}{name}": array for name, array in self.second.arrays().items()}
        return {**self.first.arrays(), **second}

    def words(self) -> str:
        """What is told of either, in a line or more each."""
        both = [(who, one) for who, one in zip("AB", (self.first, self.second), strict=True)]
        return "\n".join(f"{who}: {one.words()}" for who, one in both if hasattr(one, "words"))


def pair(first: Side, second: Side) -> Any:
    """What two networks show of the same question, first, second and their difference if any.

    Raises:
        WorkbenchError: If they cannot be compared.
    """
    if first.query.view != second.query.view:
        raise WorkbenchError(
            f"Two networks are compared in one view, not in {first.query.view} and "
            f"{second.query.view}."
        )
    module = f"{_package(first.query)}.pair"
    if find_spec(module) is None:
        return Twice(first.shown, second.shown)
    return import_module(module).pair(first, second)


def draw_both(query: Query[Any], both: Any, titles: Sequence[str]) -> Figure:
    """The figure of two networks.

    A view whose figures of two are no rows of panels has `draw_both(both, titles)` beside `draw`.

    Args:
        query: Of either.
        both: What `pair` gave.
        titles: Of each network.
    """
    figures = _figures(query)
    if hasattr(figures, "draw_both"):
        figure: Figure = figures.draw_both(both, titles)
        return figure
    if isinstance(both, Twice):
        from viz.drawing.stack import stacked

        return stacked([figures.draw(both.first), figures.draw(both.second)], titles)
    from viz.drawing.pairs import draw_pair

    return draw_pair(both, titles)


def made(side: Side, **more: Any) -> Made:
    """What stands in a file about how it was made: the whole question, resolved, and the look."""
    opened, settings = side.opened, {}
    for asked in (side.query, side.shown.look):
        for field in fields(asked):
            if field.name not in ("run", "epoch"):
                value = getattr(asked, field.name)
                settings[field.name] = of_images(field.type, value, opened.image_seen)
    settings |= side.query.said(opened)
    if hasattr(side.shown, "said"):  # what a look leaves open and each image settled for itself
        settings |= side.shown.said()
    epochs = settings.pop("epochs", None) or (opened.epoch if side.query.of_weights else None)
    return how_made(side.query.view, opened.run, epochs, **settings, **more)


def more_file(side: Side, suffix: str) -> bytes:
    """A file of a kind that only this view has, such as .gif."""
    content: bytes = getattr(_figures(side.query), side.query.more_files[suffix])(side.shown)
    return content


def _package(query: Query[Any]) -> str:
    return type(query).__module__.rpartition(".")[0]


def _figures(query: Query[Any]) -> Any:
    return import_module(f"{_package(query)}.figure")
