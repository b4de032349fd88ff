"""Whatever ends a training leaves a readable reason, whole epochs, and a way to go on."""

import io
import os
import pickle
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.conftest import album as album
from tests.training.conftest import recipe as recipe
from training import atomic
from training.checkpoints import load_checkpoint
from training.errors import WorkbenchError
from training.fit import fit
from training.runs import Run, list_runs
from training.status import FINISHED, Reporter, read_status
from viz import ask
from viz.filters import FiltersLook, FiltersQuery


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB, of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "none", place], check=False, capture_output=True
    )
    if not mounted or mounted.returncode:
        pytest.skip("a disk of its own can be mounted by root alone")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill_up(disk: Path) -> None:
    with (disk / "ballast").open("ab", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            pass


def all_weights(run: Run) -> list[torch.Tensor]:
    paths = sorted((run.path / "checkpoints").iterdir())
    return [tensor for path in paths for tensor in load_checkpoint(path).values()]


def stray(run: Path) -> list[Path]:
    return list(run.rglob("*.partial"))


def refused(call: Callable[[], Any]) -> WorkbenchError:
    with pytest.raises(WorkbenchError) as error:
        call()
    assert "\n" not in str(error.value)
    return error.value


@pytest.mark.parametrize("known", [True, False], ids=["free space is known", "a quota"])
def test_a_disk_that_fills_up_while_training_leaves_the_last_epoch_and_names_itself(
    recipe, disk, tmp_path, monkeypatch, known
):
    if not known:  # of a user, which the system does not tell
        monkeypatch.setattr(atomic, "_free", lambda _folder: None)
    whole = fit(recipe(run=str(tmp_path / "whole")))
    config = recipe(run=str(disk / "run"))
    error = refused(lambda: fit(config, on_epoch=lambda _row: fill_up(disk)))
    assert error.code == "space"
    run = Run.open(config.run)
    assert run.sound(run.epochs).epochs == (0, 1)
    assert not stray(run.path)
    assert run.status().state == "failed"
    assert run.status().message == str(error)

    (disk / "ballast").unlink()
    monkeypatch.undo()
    resumed = fit(config, resume=True)
    assert all(map(torch.equal, all_weights(resumed), all_weights(whole)))


@pytest.mark.parametrize("known", [True, False], ids=["free space is known", "a quota"])
def test_a_start_on_a_full_disk_can_be_repeated_when_there_is_room(
    recipe, disk, monkeypatch, known
):
    if not known:
        monkeypatch.setattr(atomic, "_free", lambda _folder: None)
    fill_up(disk)
    os.truncate(disk / "ballast", (disk / "ballast").stat().st_size - 24_576)  # for small files
    config = recipe(run=str(disk / "run"), epochs=1)
    for _ in range(2):
        error = refused(lambda: fit(config))
        assert error.code == "space"
        assert "--resume" not in str(error)
    assert refused(lambda: fit(config, resume=True)).code == "resume"
    runs, broken = list_runs(disk)
    assert not broken
    assert len(runs) == (not known)  # not begun, or as far as the room went
    assert all(each.status().message == str(error) for each in runs)
    assert not stray(disk)
    (disk / "ballast").unlink()
    assert fit(config).epochs == [0, 1]


def test_a_folder_that_cannot_be_written_is_refused_at_once_and_can_be_looked_at(recipe, disk):
    run = fit(recipe(run=str(disk / "run"), epochs=1))
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    steps: list[int] = []
    for name, resume in (("run", True), ("other", False)):
        config = recipe(run=str(disk / name), epochs=1)
        again = partial(fit, config, resume=resume, on_step=lambda *_: steps.append(1))
        assert refused(again).code == "read-only"
    assert not steps
    assert ask(FiltersQuery(str(run.path), 1), FiltersLook()).shown is not None
    assert run.status().state == FINISHED


def test_a_folder_of_another_user_is_refused_at_once(recipe, open_folder, as_nobody):
    config = recipe(run=str(open_folder / "run"), epochs=1, data="builtin")
    with as_nobody():
        error = refused(lambda: fit(config))
    assert error.code == "permission"
    assert not (open_folder / "run").exists()


@pytest.mark.parametrize("resume", [True, False])
def test_a_second_trainer_is_told_who_has_the_run(recipe, resume):
    config = recipe(epochs=1)
    seen: list[WorkbenchError] = []
    fit(config, on_epoch=lambda _row: seen.append(refused(lambda: fit(config, resume=resume))))
    assert seen[0].code == ("owned" if resume else "taken")
    if resume:
        assert f"({os.getpid()}, since 20" in str(seen[0])
    assert Run.open(config.run).status().state == FINISHED


def test_who_comes_second_does_not_begin_what_the_first_one_ended_meanwhile(recipe, monkeypatch):
    from training import fit as module

    config, prepare = recipe(epochs=1), module.prepare
    monkeypatch.setattr(
        module, "prepare", lambda *of, **how: fit_first(config) or prepare(*of, **how)
    )

    def fit_first(config: Any) -> None:
        monkeypatch.setattr(module, "prepare", prepare)
        fit(config)

    assert refused(lambda: fit(config)).code == "taken"
    run = Run.open(config.run)
    assert (run.epochs, run.status().state) == ([0, 1], FINISHED)


def test_a_run_that_is_deleted_while_it_trains_says_so_and_no_more(recipe):
    config = recipe()
    error = refused(lambda: fit(config, on_epoch=lambda _row: shutil.rmtree(config.run)))
    assert error.code == "gone"
    assert config.run in str(error)


def test_training_without_memory_enough_says_so_and_goes_on_later(recipe, tmp_path):
    config = recipe()

    def run_out(epoch: int, _step: Any) -> None:
        if epoch == 2:
            raise MemoryError

    error = refused(lambda: fit(config, on_step=run_out))
    assert error.code == "memory"
    assert "--resume" in str(error)
    assert Run.open(config.run).status().message == str(error)
    whole = fit(recipe(run=str(tmp_path / "whole")))
    assert all(map(torch.equal, all_weights(fit(config, resume=True)), all_weights(whole)))


@pytest.mark.parametrize("name", ["run.json", "resume.pt"])
def test_what_cannot_be_resumed_says_how_to_start_and_that_works(recipe, name):
    config = recipe(epochs=1)
    (fit(config).path / name).unlink()
    assert refused(lambda: fit(config, resume=True)).code == "resume"
    assert refused(lambda: fit(config)).code == "taken"
    shutil.rmtree(config.run)
    assert fit(config).epochs == [0, 1]


class Bomb:
    def __reduce__(self) -> Any:
        return (os.mkdir, ("struck",))


def packed(saved: Any) -> bytes:
    file = io.BytesIO()
    torch.save(saved, file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda _whole: b"", "truncated"),
        (lambda whole: whole[: len(whole) // 2], "truncated"),
        (lambda _whole: b"no state at all", "truncated"),
        (lambda _whole: pickle.dumps(Bomb()), "truncated"),
        (lambda _whole: packed(Bomb()), "truncated"),
        (lambda whole: whole[:3_000] + bytes([whole[3_000] ^ 1]) + whole[3_001:], "digest"),
        (lambda _whole: packed([1, 2]), "network"),
        (lambda _whole: packed({"epoch": "one"}), "network"),
        (lambda _whole: packed({"epoch": 1}), "network"),
        (lambda _whole: packed({"epoch": 1, "optimizer": {"state": {}}}), "network"),
        (lambda _whole: packed({"epoch": 9}), "gone"),
    ],
    ids=[
        "zero bytes", "half", "text", "a pickle bomb", "a bomb in a zip", "a flipped bit", "a list",
        "an epoch in words", "no optimiser", "another optimiser", "an epoch that is not there",
    ],
)  # fmt: skip
def test_a_damaged_state_is_refused_and_the_epochs_stay_as_they_are(recipe, spoil, code):
    config = recipe(epochs=1)
    run = fit(config)
    file = run.path / "resume.pt"
    file.write_bytes(spoil(file.read_bytes()))
    error = refused(lambda: fit(recipe(epochs=1), resume=True))
    assert error.code == code
    assert "weights_only" not in str(error)
    assert not Path("struck").exists()
    assert run.sound(run.epochs).epochs == (0, 1)


@pytest.mark.parametrize("damage", ["gone", "binary", "a bad line"])
def test_a_resumed_run_depends_on_no_table_that_anybody_may_write_in(recipe, tmp_path, damage):
    whole = fit(recipe(run=str(tmp_path / "whole"), schedule="plateau", patience=1))
    config = recipe(schedule="plateau", patience=1)
    with pytest.raises(KeyboardInterrupt):
        fit(config, on_step=stop_in(3))
    table = Path(config.run) / "metrics.csv"
    text = table.read_text()
    damaged = {"gone": b"", "binary": b"\xff\x00" * 99, "a bad line": text[:-9].encode()}
    table.write_bytes(damaged[damage])
    assert all(map(torch.equal, all_weights(fit(config, resume=True)), all_weights(whole)))


def stop_in(last: int) -> Callable[..., None]:
    def stop(epoch: int, _step: Any) -> None:
        if epoch == last:
            raise KeyboardInterrupt

    return stop


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_any_step_of_writing_it_resumes_from_the_last_whole_epoch(recipe, tmp_path):
    whole = fit(recipe(run=str(tmp_path / "whole"), epochs=2))
    begun = recipe(run=str(tmp_path / "begun"), epochs=2)
    with pytest.raises(KeyboardInterrupt):
        fit(begun, on_step=stop_in(2))
    moments, survived = 0, False
    while not survived:
        config = recipe(run=str(tmp_path / f"killed {moments}"), epochs=2)
        shutil.copytree(begun.run, config.run)
        survived = not killed_at(moments, lambda c=config: fit(c, resume=True))
        run = Run.open(config.run)
        assert run.sound(run.epochs).left_out == {}
        status = read_status(run.path / "status.json")
        assert status is not None
        assert status.state == (FINISHED if survived else "stopped")
        if not survived and moments % 3 == 0:
            resumed = fit(config, resume=True)
            assert all(map(torch.equal, all_weights(resumed), all_weights(whole)))
            assert resumed.metrics().epoch.tolist() == [1, 2]
            assert not stray(run.path)
        moments += 1
    assert moments > 6


def killed_at(moment: int, work: Callable[[], Any]) -> bool:
    """Do it in a child that is gone, with nothing cleaned up, at a step of writing files."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] != 0
    steps = iter(range(1_000))

    def die_in(step: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*of: Any) -> Any:
            if next(steps) == moment:
                os._exit(9)
            return step(*of)

        return stepped

    for name in ("_flush_to_disk", "_flush_names"):
        setattr(atomic, name, die_in(getattr(atomic, name)))
    work()
    os._exit(0)


def test_a_lock_is_free_again_when_the_status_could_not_be_written(disk):
    fill_up(disk)
    assert refused(lambda: Reporter(disk / "status.json")).code == "space"
    (disk / "ballast").unlink()
    Reporter(disk / "status.json").end(FINISHED)
