"""Answers are cached once, under the whole question; what does not fit is made again."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from training.runs import Run
from viz.store import cache
from viz.store.answer import CacheMiss, answer, load, save_state, so_far
from viz.store.lend import Lender, Opened
from viz.store.query import Query, Resumable


@dataclass(frozen=True)
class Sum:
    value: Tensor
    words: tuple[str, ...]


@dataclass(frozen=True)
class SumQuery(Query[Sum]):
    """Adds up numbers, and counts how often it had to."""

    numbers: tuple[int, ...] = (1, 2)

    view: ClassVar[str] = "sum"
    answer_type: ClassVar[type] = Sum
    asked: ClassVar[list[tuple[int, ...]]] = []

    def compute(self, opened: Opened, progress: Any) -> Sum:
        self.asked.append(self.numbers)
        progress(1, 1)
        return Sum(torch.tensor(float(sum(self.numbers)) + opened.epoch), ("one", "two"))


@dataclass(frozen=True)
class NewerQuery(SumQuery):
    version: ClassVar[int] = 2


@dataclass(frozen=True)
class WiderQuery(SumQuery):
    numbers: tuple[int, ...] = (1, 2)
    more: int = 0


@pytest.fixture(autouse=True)
def forget() -> None:
    SumQuery.asked.clear()


def test_an_answer_is_computed_once_and_then_loaded(run: Run):
    first, second = (answer(SumQuery(str(run.path), 2)) for _ in range(2))
    assert float(first.value) == float(second.value) == 5
    assert second.words == ("one", "two")
    assert len(SumQuery.asked) == 1


def test_a_question_of_another_version_is_another_question(run: Run):
    answer(SumQuery(str(run.path)))
    with pytest.raises(CacheMiss):
        answer(NewerQuery(str(run.path)), cached_only=True)
    answer(NewerQuery(str(run.path)))
    assert len(SumQuery.asked) == 2


def test_weights_and_every_field_belong_to_the_question(run: Run):
    for query in (
        SumQuery(str(run.path), 0),
        SumQuery(str(run.path), 1),
        SumQuery(str(run.path), 1, (3,)),
        WiderQuery(str(run.path), 1, (3,)),
    ):
        answer(query)
    assert len(SumQuery.asked) == 4


def test_the_default_epoch_and_its_number_are_one_question(run: Run):
    answer(SumQuery(str(run.path)))
    answer(SumQuery(str(run.path), 2), cached_only=True)


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"value": np.array(1.0)},
        {"value": np.array(1.0), "words": np.array(["a"]), "more": np.array(2)},
    ],
)
def test_a_cached_answer_with_fields_more_or_less_is_made_again(run: Run, arrays: cache.Arrays):
    opened = Opened.of(str(run.path), None, Lender())
    query = SumQuery(str(run.path)).resolved(opened)
    cache.save(run.derived, query.file_name(opened), query.key(opened), arrays)
    assert load(query, opened) is None
    assert float(answer(query).value) == 5
    assert float(answer(query, cached_only=True).value) == 5


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 half an archive"])
def test_a_damaged_file_is_made_again(run: Run, content: bytes):
    answer(SumQuery(str(run.path)))
    [file] = run.derived.glob("sum-*.npz")
    file.write_bytes(content)
    answer(SumQuery(str(run.path)))
    assert len(SumQuery.asked) == 2


def test_where_nothing_can_be_written_the_answer_is_given_all_the_same(
    run: Run, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert float(answer(SumQuery(str(run.path))).value) == 5
    assert not list(run.derived.glob("*"))


@dataclass(frozen=True)
class Count:
    value: int


class Stopped(Exception):
    pass


@dataclass(frozen=True)
class CountQuery(Resumable[Count]):
    """Counts to ten."""

    view: ClassVar[str] = "count"
    answer_type: ClassVar[type] = Count
    begun: ClassVar[list[int]] = []

    def states(self, _opened: Opened, before: Count | None):
        first = 0 if before is None else before.value
        self.begun.append(first)
        for value in range(first, 11):
            yield Count(value)

    def done(self, state: Count) -> tuple[int, int]:
        return state.value, 10

    def grain(self, state: Count) -> int:
        return state.value // 5


def test_stopped_work_goes_on_where_it_stopped(run: Run):
    def until(done: int, _total: int) -> None:
        if done == 7:
            raise Stopped

    query = CountQuery(str(run.path))
    opened = Opened.of(str(run.path), None, Lender())
    with pytest.raises(Stopped):
        answer(query, progress=until)
    assert [state.value for state in so_far(query.resolved(opened), opened)] == [7]
    assert answer(query).value == 10
    assert CountQuery.begun[-2:] == [0, 7]
    assert not list(run.derived.glob("*.partial.npz"))


def test_a_state_in_which_there_is_nothing_to_see_is_not_shown(run: Run):
    opened = Opened.of(str(run.path), None, Lender())
    query = CountQuery(str(run.path)).resolved(opened)
    save_state(query, opened, Count(4))
    assert so_far(query, opened) == []


def test_what_asks_opens_a_checkpoint_once(run: Run, monkeypatch: pytest.MonkeyPatch):
    from viz.occlusion import OcclusionLook, OcclusionQuery
    from viz.store import lend
    from viz.store.answer import ask

    opened: list[int] = []
    fresh = lend.fresh_network

    def count(run: Run, epoch: int):
        opened.append(epoch)
        return fresh(run, epoch)

    monkeypatch.setattr(lend, "fresh_network", count)
    query = OcclusionQuery(str(run.path), image=("0", "1", "2"), window=16, stride=8)
    ask(query, OcclusionLook())
    assert opened == [2]
