"""Every view's question asked of networks that take grey pictures: answered, and drawn in grey."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.golden.cases import CASES
from tests.golden.subject import Subject, build
from viz import ask, ask_two, pair
from viz.cli import parser_of, second_of
from viz.self_check import SelfCheckQuery
from viz.store.lines import read
from viz.store.view import draw, draw_both, views

pytestmark = pytest.mark.thorough

FIRST = {case.flags.split()[0]: name for name, case in reversed(CASES.items())}  # of each view
BESIDE = ("filters-beside-other", "feature-maps-beside-epoch", "top-patches-beside-other")
NAMES = [*(name for view, name in FIRST.items() if view in views()), *BESIDE]


@pytest.fixture(scope="module")
def grey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FILTERSCOPE_CACHE", "")
        yield build(tmp_path_factory.mktemp("grey"), channels=1)


def test_projections_into_one_channel_equal_the_explicit_computation(grey: Subject) -> None:
    assert ask(SelfCheckQuery(str(grey.run), 2), SelfCheckQuery.look()).shown.words()


@pytest.mark.parametrize("name", ["deconvnet", "top-patches", "filters"])
def test_what_is_drawn_of_one_channel_is_grey(name: str, grey: Subject) -> None:
    kind = views()[name]
    side = ask(kind(str(grey.run)), kind.look())
    pictures = [
        np.asarray(image.get_array())
        for ax in draw(side).axes
        for image in ax.images
        if np.ndim(image.get_array()) == 3
    ]
    assert pictures
    for each in pictures:
        assert (each[..., :1] == each[..., 1:3]).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_network_of_one_channel_has_an_answer_and_a_figure(name: str, grey: Subject) -> None:
    view, *words = CASES[name].arguments(grey)
    kind = views()[view]
    flags = vars(parser_of(kind).parse_args(words))
    query, look = read(kind, flags), read(kind.look, flags)
    if flags["compare_with"] is None:
        side = ask(query, look)
        arrays, figure = side.shown.arrays(), draw(side)
    else:
        two = ask_two(query, second_of(query, flags["compare_with"], flags["compare_epoch"]), look)
        both = pair(*two)
        arrays, figure = both.arrays(), draw_both(query, both, ["A", "B"])
    assert arrays
    assert figure.axes
