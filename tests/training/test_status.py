"""A small file tells what long work is doing, and whether it is still alive."""

import os
import subprocess
import sys

import psutil
import pytest

from training.errors import WorkbenchError
from training.status import FINISHED, STOPPED, Reporter, Status, read_status


def test_a_reader_sees_what_the_writer_is_doing(tmp_path):
    reporter = Reporter(tmp_path / "status.json", message="Mining", every_s=0)
    reporter(30, 120)
    status = read_status(tmp_path / "status.json")
    assert status is not None
    assert (status.state, status.message, status.done, status.total) == (
        "running",
        "Mining",
        30,
        120,
    )
    reporter.end(FINISHED)


def test_time_left_follows_from_the_speed_so_far():
    status = Status(done=25, total=100, started=1000.0, updated=1010.0)
    assert status.seconds_left == pytest.approx(30.0)
    assert Status(done=0, total=100, started=1000.0, updated=1010.0).seconds_left is None


def test_the_speed_is_that_since_the_first_step_which_includes_what_is_done_once(tmp_path):
    reporter = Reporter(tmp_path / "status.json", message="Mining", every_s=0)
    reporter(30, 120)
    assert reporter.status.skipped == 30
    assert reporter.status.seconds_left is None
    reporter(60, 120)
    elapsed = reporter.status.updated - reporter.status.started
    assert (reporter.status.seconds_left or 0) == pytest.approx(2 * elapsed)
    reporter.say("Projecting")
    assert reporter.status.skipped == 0
    reporter.end(FINISHED)


def test_work_that_was_killed_reads_as_stopped(tmp_path):
    path = tmp_path / "status.json"
    code = (
        "import os, pathlib, sys, training.status as status\n"
        "status.Reporter(pathlib.Path(sys.argv[1]))\n"
        "os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, path], check=False)
    status = read_status(path)
    assert status is not None
    assert status.state == STOPPED


def test_a_second_worker_is_refused_while_the_first_is_at_work(tmp_path):
    first = Reporter(tmp_path / "status.json")
    with pytest.raises(WorkbenchError, match="is at work on"):
        Reporter(tmp_path / "status.json")
    first.end(FINISHED)
    Reporter(tmp_path / "status.json").end(FINISHED)


def test_a_status_says_which_process_wrote_it(tmp_path):
    reporter = Reporter(tmp_path / "status.json")
    status = read_status(tmp_path / "status.json")
    assert (status.pid, status.born) == (os.getpid(), psutil.Process().create_time())
    reporter.end(FINISHED)


def test_a_status_of_an_older_version_is_read(tmp_path):
    path = tmp_path / "status.json"
    path.write_text('{"state": "finished", "done": 3, "total": 3, "pid": 17}')
    assert read_status(path) == Status(state=FINISHED, done=3, total=3, pid=17, born=0.0)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"state": "running", "unknown": 1}'])
def test_a_status_that_cannot_be_read_is_none(tmp_path, text):
    path = tmp_path / "status.json"
    path.write_text(text)
    assert read_status(path) is None
