"""A process is known again by number and birth, and ended with its children."""

import subprocess
import sys
import time

import psutil
import pytest

from training.processes import born, end, find, lower_priority

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
{rest}
"""
SLEEP = "print(flush=True)\nimport time\ntime.sleep(60)"
DEAF = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SLEEP


@pytest.fixture
def start():
    """Starts a process with a child: start(child's lines, lines of its own) -> (it, child)."""
    begun = []

    def make(child, rest="time.sleep(60)"):
        command = [sys.executable, "-c", PARENT.format(rest=rest), child]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        begun.extend([psutil.Process(process.pid), psutil.Process(int(process.stdout.readline()))])
        return process, begun[-1]

    yield make
    for process in begun:
        if process.is_running():
            process.kill()


def is_over(process, within_s=5):
    _, alive = psutil.wait_procs([process], timeout=within_s)
    return not alive or process.status() == psutil.STATUS_ZOMBIE


def test_a_process_is_known_by_its_number_and_birth():
    me = psutil.Process()
    assert find(me.pid, born(me.pid)) == me
    assert find(me.pid, born(me.pid) - 100) is None  # its number was another's before
    assert find(0) is None


def test_without_a_birth_a_process_is_older_than_the_file_that_names_it():
    me = psutil.Process()
    assert find(me.pid, before_s=time.time()) == me
    assert find(me.pid, before_s=me.create_time() - 100) is None


def test_a_process_that_has_ended_is_not_found_though_nobody_waited_for_it():
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    process.stdout.read()  # ends when it does
    deadline = time.monotonic() + 30
    while find(process.pid) is not None:
        assert time.monotonic() < deadline
    assert process.wait() == 0


def test_ending_a_process_ends_its_children(start):
    process, child = start(SLEEP)
    end(process.pid, born(process.pid))
    process.wait(5)
    assert is_over(child)


def test_who_does_not_hear_is_ended_all_the_same(start):
    process, child = start(
        DEAF,
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [15])\n"
        "print(flush=True)\ntime.sleep(60)",
    )
    process.stdout.readline()
    end(process.pid, born(process.pid), grace_s=0.2)
    process.wait(5)
    assert is_over(child)


def test_another_process_of_that_number_is_left_alone(start):
    process, child = start(SLEEP)
    end(process.pid, born(process.pid) - 100)
    assert process.poll() is None
    assert child.is_running()


def test_a_process_may_let_its_children_save_before_they_are_asked_to_end(start, monkeypatch):
    # as a comparison does, whose trainings would take a second signal for impatience
    save = (
        "import signal, sys\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
        "try:\n    time.sleep(60)\nfinally:\n    child.wait()"
    )
    slow = "import time\nprint(flush=True)\ntime.sleep(1)"
    process, child = start(slow, save)
    signals = []
    child_end = psutil.Process.terminate
    monkeypatch.setattr(
        psutil.Process, "terminate", lambda one: signals.append(one.pid) or child_end(one)
    )
    end(process.pid, born(process.pid), grace_s=20)
    assert is_over(child)
    assert signals == [process.pid]


def test_a_process_stands_back_behind_this_one(start):
    process, _ = start(SLEEP)
    lower_priority(process.pid, 1)
    assert psutil.Process(process.pid).nice() == min(19, psutil.Process().nice() + 1)
    lower_priority(2**22 + 1)  # there is no such process: no matter
