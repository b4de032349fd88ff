"""Several trainings at once: who gets what of the machine, and what becomes of each."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from training import side_by_side
from training.config import FitConfig
from training.side_by_side import Task, room_for, train_all
from training.status import Reporter


@dataclass(frozen=True)
class Script(Task):
    """A task that runs a line of Python in place of a training."""

    line: str = ""

    def command(self) -> list[str]:
        return [sys.executable, "-c", self.line]


@pytest.fixture
def script(tmp_path):
    def make(name: str, line: str) -> Script:
        return Script(name, FitConfig(run=str(tmp_path / name), device="cpu"), tmp_path, line)

    return make


@pytest.fixture
def machine(monkeypatch):
    def make(cores: int, gigabytes: float, gpus: int = 0) -> None:
        device = torch.device("cuda" if gpus else "cpu")
        monkeypatch.setattr(side_by_side, "choose_device", lambda _name: device)
        monkeypatch.setattr(side_by_side, "available_cores", lambda: cores)
        monkeypatch.setattr(side_by_side, "_memory_gb", lambda: gigabytes)
        monkeypatch.setattr("torch.cuda.device_count", lambda: gpus)
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    return make


def threads(slots):
    return [slot["OMP_NUM_THREADS"] for slot in slots]


def test_each_training_gets_a_thread_where_there_are_enough_of_them(machine):
    machine(cores=4, gigabytes=64)
    assert threads(room_for(10)) == ["1", "1", "1", "1"]


def test_few_trainings_share_all_cores(machine):
    machine(cores=8, gigabytes=64)
    assert threads(room_for(2)) == ["4", "4"]
    assert threads(room_for(10, jobs=3)) == ["2", "2", "2"]


def test_little_memory_holds_few_trainings(machine):
    machine(cores=8, gigabytes=5)
    assert threads(room_for(10)) == ["4", "4"]


def test_each_training_gets_a_gpu(machine, monkeypatch):
    machine(cores=8, gigabytes=64, gpus=2)
    assert [slot["CUDA_VISIBLE_DEVICES"] for slot in room_for(5)] == ["0", "1"]
    assert [slot["CUDA_VISIBLE_DEVICES"] for slot in room_for(5, jobs=3)] == ["0", "1", "0"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,7")  # what a scheduler leaves us
    assert [slot["CUDA_VISIBLE_DEVICES"] for slot in room_for(5)] == ["5", "7"]


def test_the_last_words_of_a_process_say_why_it_failed(script):
    ended = {}
    line = "import sys; print('filterscope: The disk is full.', file=sys.stderr); sys.exit(2)"
    tasks = [script("full", line), script("killed", "import os; os.kill(os.getpid(), 9)")]
    train_all(tasks, jobs=1, on_end=lambda task, *how: ended.update({task.name: how}))
    assert ended["full"] == ("failed", "The disk is full.")
    assert ended["killed"] == ("failed", "Its process was ended by SIGKILL.")


def test_stopping_asks_every_child_and_waits_for_it(script, tmp_path):
    line = (
        "import signal, sys, time\n"
        "def save(*_): open({!r}, 'w').write('saved'); sys.exit(130)\n"
        "signal.signal(signal.SIGTERM, save)\n"
        "open({!r}, 'w').close()\n"
        "time.sleep(60)"
    )
    names = ("a", "b")
    tasks = [
        script(name, line.format(str(tmp_path / f"{name}.saved"), str(tmp_path / f"{name}.ready")))
        for name in names
    ]

    def pause() -> None:
        if all((tmp_path / f"{name}.ready").exists() for name in names):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_all(tasks, jobs=2, pause=pause)
    assert all((tmp_path / f"{name}.saved").read_text() == "saved" for name in names)


def test_a_run_that_another_process_trains_is_waited_for(script):
    task = script("shared", "raise SystemExit('it was begun twice')")
    folder = Path(task.config.run)
    folder.mkdir()
    settings = {"format": 1, "model": "lenet5", "options": {}, "classes": ["a"]}
    settings |= {"preprocess": {"size": 32, "resize": 32, "mean": [0.5], "std": [1.0]}}
    (folder / "run.json").write_text(json.dumps(settings))
    other = Reporter(folder / "status.json", message="Epoch 1 of 2")
    looks = []

    def look() -> None:
        looks.append(task.state()[0])
        if len(looks) == 3:
            other.end("finished")

    ended = {}
    train_all([task], on_look=look, on_end=lambda task, *how: ended.update({task.name: how}))
    assert looks[:2] == ["running", "running"]
    assert ended == {"shared": ("finished", "")}
