"""What lies under a checkpoint's name is refused with its reason; its neighbours stay usable."""

import os
import time

import pytest
import torch

from tests.attacks.checkpoints import FAULTS
from training.checkpoints import (
    AT_REST_S,
    CheckpointError,
    checkpoint_path,
    load_checkpoint,
    load_tensor,
    save_checkpoint,
    stored_digest,
)
from training.errors import CODES
from training.runs import Run
from viz import answer, ask
from viz.class_evidence import ClassEvidenceLook, ClassEvidenceQuery
from viz.evolution import EvolutionLook, EvolutionQuery
from viz.film import FilmQuery
from viz.filters import FiltersLook, FiltersQuery
from viz.planes import PlanesQuery
from viz.store.query import Look

pytestmark = pytest.mark.thorough

WEIGHT = "conv1.weight"


def at(run: Run, epoch: int):
    return checkpoint_path(run.path, epoch)


@pytest.mark.parametrize("name", FAULTS)
def test_a_damaged_checkpoint_is_refused_with_its_reason_by_every_way_into_it(run, name):
    spoil, code = FAULTS[name]
    spoil(at(run, 2))
    for read in (lambda: run.weight(2, WEIGHT), lambda: run.network(2)):
        with pytest.raises(CheckpointError, match=r"epoch-0002") as refused:
            read()
        assert refused.value.code == code
        assert "\n" not in str(refused.value)
    sound = run.sound(run.epochs)
    assert sound.epochs == (0, 1)
    assert set(sound.left_out) == {2}


@pytest.mark.parametrize("name", ["a flipped bit in the middle", "another shape", "a JPEG"])
@pytest.mark.parametrize(
    ("question", "look"),
    [
        (lambda run: FiltersQuery(run, 1), FiltersLook()),
        (lambda run: PlanesQuery(run, 1), Look()),
        (FilmQuery, Look()),
        (lambda run: FilmQuery(run, epochs=(2, 1)), Look()),
        (lambda run: ClassEvidenceQuery(run), ClassEvidenceLook()),
        (lambda run: EvolutionQuery(run, layer="conv1", channels=(0,)), EvolutionLook()),
    ],
    ids=["filters", "planes", "film", "film of some", "class-evidence", "evolution"],
)
def test_a_view_over_epochs_leaves_the_damaged_one_out_and_says_so(run, name, question, look):
    spoil, _code = FAULTS[name]
    spoil(at(run, 2))
    [notice] = ask(question(str(run.path)), look).notices
    assert notice.startswith("Epoch 2 is left out: epoch-0002.safetensors")


def test_the_scale_is_that_of_the_sound_epochs_alone(run):
    largest = max(run.weight(epoch, WEIGHT).abs().max() for epoch in (0, 1))
    FAULTS["a flipped bit at the end"][0](at(run, 2))
    shown = ask(FiltersQuery(str(run.path), 1), FiltersLook()).shown
    assert shown.full == pytest.approx(float(largest))


def test_a_run_of_damaged_epochs_alone_says_what_is_wrong_with_them(run):
    for epoch in run.epochs:
        at(run, epoch).write_bytes(b"")
    with pytest.raises(CheckpointError, match="not written to its end"):
        answer(FilmQuery(str(run.path)))


def test_nothing_is_said_where_nothing_is_left_out(run):
    assert ask(FiltersQuery(str(run.path), 1), FiltersLook()).notices == ()


def test_the_digest_is_worked_out_once_as_long_as_the_file_stays_as_it_is(run, monkeypatch):
    from training import checkpoints

    time.sleep(2 * AT_REST_S)
    read, whole = [], checkpoints._digest_in
    monkeypatch.setattr(
        checkpoints, "_digest_in", lambda *of: read.append(of[2].name) or whole(*of)
    )
    for _ in range(3):
        run.weight(1, WEIGHT)
        run.weight(1, "conv2.weight")
    assert read == ["epoch-0001.safetensors"]


def test_a_file_that_is_altered_later_is_noticed_even_with_its_old_times(run):
    path = at(run, 1)
    time.sleep(2 * AT_REST_S)
    assert run.weight(1, WEIGHT) is not None
    before = path.stat()
    FAULTS["a flipped bit at the end"][0](path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(CheckpointError, match="altered"):
        run.weight(1, WEIGHT)


def test_a_file_that_is_cut_short_while_it_is_open_is_an_error_and_not_the_end(run, monkeypatch):
    from training import checkpoints

    whole = checkpoints.read_tensor

    def cut_then_read(file, place, name):
        os.truncate(at(run, 1), 400)
        return whole(file, place, name)

    monkeypatch.setattr(checkpoints, "read_tensor", cut_then_read)
    for read in (load_checkpoint, lambda path: load_tensor(path, "fc8.weight")):
        with pytest.raises(CheckpointError) as refused:
            read(at(run, 1))
        assert refused.value.code == "truncated"
        save_checkpoint(run.path, 1, {"fc8.weight": torch.ones(40, 40)})


def test_a_tensor_outlives_its_file(run):
    weight = run.weight(1, WEIGHT)
    kept = weight.clone()
    os.truncate(at(run, 1), 0)
    assert torch.equal(weight, kept)


def test_a_checkpoint_of_another_user_names_its_mode(run, open_folder, as_nobody):
    path = open_folder / "run" / "checkpoints" / "epoch-0001.safetensors"
    path.parent.mkdir(parents=True)
    path.write_bytes(at(run, 1).read_bytes())
    path.chmod(0o600)
    with as_nobody(), pytest.raises(CheckpointError, match=r"No permission.*mode 0600") as refused:
        stored_digest(path)
    assert refused.value.code == "permission"


def test_our_files_are_safetensors_to_others(run):
    from safetensors.torch import load_file

    theirs, ours = load_file(at(run, 1)), load_checkpoint(at(run, 1))
    assert theirs.keys() == ours.keys()
    assert all(torch.equal(theirs[name], ours[name]) for name in ours)


def test_every_reason_is_in_the_table():
    assert {code for _spoil, code in FAULTS.values()} <= set(CODES)
