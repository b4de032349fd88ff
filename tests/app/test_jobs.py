"""Jobs: long work in child processes, found again, shown, ended to the last child."""

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from app.jobs import job as jobs
from app.jobs.job import Job, running
from training.checkpoints import save_checkpoint
from training.data import describe
from training.models import create, options
from training.preprocess import Preprocess
from training.run_settings import write_settings
from training.status import FAILED, FINISHED, RUNNING, STOPPED, read_status

Wait = Callable[..., None]

COUNTING = """
    import subprocess, sys, time
    from pathlib import Path
    from training.status import Reporter
    subprocess.Popen(["sleep", "3600"])
    report = Reporter(Path(sys.argv[1]), message="Counting", every_s=0)
    for number in range(36000):
        report(number, 36000)
        time.sleep(0.1)
"""
DONE = """
    import sys
    from pathlib import Path
    from training.status import Reporter
    Reporter(Path(sys.argv[1])).end("finished")
"""
BROKEN = """
    import sys
    sys.exit("filterscope: There is no such layer.")
"""


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Job]]:
    """A job that runs the given lines instead of a view."""
    monkeypatch.setenv("FILTERSCOPE_RUNS", str(tmp_path / "runs"))
    made = Job(("top-patches", str(tmp_path / "runs" / "small"), "--epoch", "1"))

    def make(lines: str) -> Job:
        script = tmp_path / "script.py"
        script.write_text(textwrap.dedent(lines))
        command = [sys.executable, str(script), str(made.folder / "status.json")]
        monkeypatch.setattr(Job, "command", property(lambda _job: command))
        return made

    yield make
    made.cancel()


def state(job: Job) -> str | None:
    status = job.status()
    return status.state if status else None


def is_at_work(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def family(leader: int) -> list[psutil.Process]:
    """A process and its children, to the last."""
    process = psutil.Process(leader)
    return [process, *process.children(recursive=True)]


def test_a_job_that_was_never_started_has_no_status(job: Callable[[str], Job]) -> None:
    assert job(DONE).status() is None


def test_a_job_is_running_from_the_start_and_finished_at_its_end(
    job: Callable[[str], Job], wait_until: Wait
) -> None:
    made = job(DONE)
    made.start()
    assert state(made) in (RUNNING, FINISHED)
    wait_until(lambda: state(made) == FINISHED)


def test_the_same_question_is_the_same_job_and_is_not_started_twice(
    job: Callable[[str], Job], wait_until: Wait
) -> None:
    made = job(COUNTING)
    made.start()
    wait_until(lambda: made.status() and made.status().done)
    again = Job(made.arguments)
    again.start()
    assert again.status().pid == made.status().pid


def test_cancelling_ends_the_job_to_its_last_child(
    job: Callable[[str], Job], wait_until: Wait, tmp_path: Path
) -> None:
    derived = tmp_path / "runs" / "small" / "derived"
    derived.mkdir(parents=True)
    (derived / ".half.npz.1234.partial").write_text("half")
    made = job(COUNTING)
    made.start()
    wait_until(lambda: made.status() and made.status().done)
    leader = made.status().pid
    processes = family(leader)
    assert len(processes) == 2
    made.cancel()
    wait_until(lambda: not any(map(is_at_work, processes)))
    assert state(made) == STOPPED
    assert made.was_cancelled
    assert not list(derived.iterdir())


def test_a_job_that_is_cancelled_before_its_first_word_was_cancelled_and_did_not_fail(
    job: Callable[[str], Job],
) -> None:
    made = job(COUNTING)
    made.start()
    made.cancel()
    assert state(made) == STOPPED
    assert made.status().message == "Cancelled."
    made.start()
    assert state(made) == RUNNING
    made.cancel()


def test_the_tray_knows_what_is_at_work_whoever_began_it(
    job: Callable[[str], Job], wait_until: Wait
) -> None:
    made = job(COUNTING)
    assert made not in running()
    made.start()
    assert running() == [made]
    wait_until(lambda: made.status() and made.status().done)
    made.cancel()
    assert running() == []


def test_a_job_that_fails_says_why_in_its_own_words(
    job: Callable[[str], Job], wait_until: Wait
) -> None:
    made = job(BROKEN)
    made.start()
    wait_until(lambda: state(made) == FAILED)
    assert made.status().message == "There is no such layer."


@pytest.mark.parametrize("born_s", [None, 1.0])
def test_a_job_is_not_taken_for_alive_because_its_number_is_in_use(
    job: Callable[[str], Job], born_s: float | None
) -> None:
    made = job(DONE)
    made.folder.mkdir(parents=True)
    started = {"pid": os.getpid()} | ({} if born_s is None else {"born": born_s})
    file = made.folder / "command.json"
    file.write_text(json.dumps(started))
    os.utime(file, (2.0, 2.0))  # long before this process began
    assert state(made) == FAILED


def test_a_job_that_an_older_version_started_is_found_again(job: Callable[[str], Job]) -> None:
    made = job(DONE)
    made.folder.mkdir(parents=True)
    (made.folder / "command.json").write_text(json.dumps({"pid": os.getppid()}))
    assert state(made) == RUNNING
    shutil.rmtree(made.folder)  # or the fixture would end that process


def test_a_job_stands_back_behind_the_workbench(
    job: Callable[[str], Job], wait_until: Wait
) -> None:
    made = job(COUNTING)
    made.start()
    wait_until(lambda: made.status() and made.status().done)
    status = made.status()
    assert status is not None
    assert psutil.Process(status.pid).nice() == min(19, psutil.Process().nice() + 5)


def test_a_new_question_ends_the_earlier_one_unless_somebody_else_waits_for_it(
    job: Callable[[str], Job], wait_until: Wait
) -> None:
    made = job(COUNTING)
    made.start()
    wait_until(lambda: made.status() and made.status().done)
    jobs.look(made, "ann", None)
    jobs.look(made, "ben", None)
    other = Job((*made.arguments, "--layer", "conv2"))
    jobs.look(other, "ann", made)
    assert state(made) == RUNNING
    jobs.look(other, "ben", made)
    wait_until(lambda: state(made) == STOPPED)


@pytest.fixture
def slow_run(runs: Path, tmp_path: Path) -> Path:
    """An untrained network whose mining takes longer than a page waits."""
    pixels = np.random.default_rng(0).integers(0, 255, (600, 32, 32, 3), np.uint8)
    for index, image in enumerate(pixels):
        split = "val" if index < 592 else "train"
        path = tmp_path / "many" / split / f"class-{index % 4}" / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    data = f"folder:{tmp_path / 'many'}"
    widths = {"image_size": 64, "widths": (96, 512, 768, 768, 256)}
    network = create("alexnet-small", 4, **widths)
    (runs / "slow" / "checkpoints").mkdir(parents=True)
    write_settings(
        runs / "slow",
        model="alexnet-small",
        options=options("alexnet-small", **widths),
        classes=describe(data).classes,
        preprocess=Preprocess(64, 64, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)),
        data=data,
        data_fingerprint=describe(data).fingerprint,
        created="2020-01-01T00:00:00+00:00",
    )
    save_checkpoint(runs / "slow", 0, network.state_dict())
    return runs / "slow"


@pytest.mark.browser
def test_a_job_is_found_again_after_a_reload_and_can_be_cancelled(
    slow_run: Path, server: str, page: Any, wait_until: Wait
) -> None:
    page.goto(f"{server}/top_patches?run=slow")
    page.get_by_test_id("stMain").get_by_role("button", name="Cancel").wait_for()
    [status] = slow_run.parent.glob(".jobs/*/command.json")
    file = status.with_name("status.json")
    wait_until(file.exists)
    process = psutil.Process(read_status(file).pid)
    process.suspend()  # so that it is in the middle for as long as this test looks
    page.reload()
    page.get_by_test_id("stMain").get_by_role("button", name="Cancel").wait_for()
    assert len(list(slow_run.parent.glob(".jobs/*/command.json"))) == 1
    page.get_by_test_id("stMain").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Try again").wait_for()
    wait_until(lambda: not is_at_work(process))
    assert not list((slow_run / "derived").glob(".*.partial"))
