"""Work ahead of the visitors: in order, only while nothing is drawn, only what is still wanted."""

import threading

from app.jobs.ahead import Breathe, Step, Worker
from tests.conftest import wait_until


def note(said: list[str], word: str) -> Step:
    """A step that says a word."""
    return lambda _breathe: said.append(word)


def test_steps_are_taken_in_their_order() -> None:
    said: list[str] = []
    worker = Worker(lambda: False)
    worker.wish("me", [note(said, "next page"), note(said, "the one after")])
    wait_until(worker.is_idle)
    assert said == ["next page", "the one after"]


def test_nothing_is_done_while_a_page_is_drawn() -> None:
    said: list[str] = []
    looked = threading.Semaphore(0)
    drawing = True

    def is_drawing() -> bool:
        looked.release()
        return drawing

    worker = Worker(is_drawing)
    worker.wish("me", [note(said, "next page")])
    for _ in range(3):
        assert looked.acquire(timeout=60)
    assert not said
    drawing = False
    wait_until(worker.is_idle)
    assert said == ["next page"]


def test_a_newer_page_ends_what_an_older_one_wished_for() -> None:
    said: list[str] = []
    started, go_on = threading.Event(), threading.Event()

    def long_work(breathe: Breathe) -> None:
        started.set()
        go_on.wait(60)
        breathe()
        said.append("of the older page")

    worker = Worker(lambda: False)
    worker.wish("me", [long_work, note(said, "after it")])
    assert started.wait(60)
    worker.wish("me", [note(said, "of the newer page")])
    go_on.set()
    wait_until(worker.is_idle)
    assert said == ["of the newer page"]


def test_visitors_take_turns() -> None:
    said: list[str] = []
    worker = Worker(lambda: False)
    hold = threading.Event()
    worker.wish("first", [lambda _breathe: hold.wait(60), note(said, "A")])
    worker.wish("second", [note(said, "B")])
    hold.set()
    wait_until(worker.is_idle)
    assert sorted(said) == ["A", "B"]
    assert said[0] == "B"


def test_an_error_is_left_to_the_page_that_asks() -> None:
    said: list[str] = []

    def fail(_breathe: Breathe) -> None:
        raise OSError("the disk is gone")

    worker = Worker(lambda: False)
    worker.wish("me", [fail, note(said, "after it")])
    wait_until(worker.is_idle)
    worker.wish("me", [note(said, "another page")])
    wait_until(worker.is_idle)
    assert said == ["another page"]
