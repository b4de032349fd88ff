"""An evolution as a question: each epoch's patches are those of top patches."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from training.errors import WorkbenchError
from training.models import Network
from training.runs import Run
from viz import answer, ask, ask_two, pair
from viz.evolution import Column, EvolutionLook, EvolutionQuery, spread
from viz.evolution.query import MotionQuery
from viz.store import lend
from viz.store.answer import CacheMiss, load
from viz.store.lend import Lender, Opened
from viz.store.lines import arguments
from viz.store.view import draw_both
from viz.top_patches import TopPatchesQuery
from viz.top_patches.gallery import gallery_of


def asked(run: Run, **how: object) -> EvolutionQuery:
    return EvolutionQuery(str(run.path), **{"layer": "conv2", "channels": (1, 4)} | how)


def never(_done: int, _total: int) -> None:
    raise AssertionError("This should have been loaded, not computed.")


def test_it_follows_the_best_patch_of_each_epoch(run: Run):
    found = answer(asked(run))
    assert found.epoch.tolist() == [0, 1, 2]
    for column, epoch in enumerate(run.epochs):
        mined = TopPatchesQuery(str(run.path), epoch, ("conv2",))
        best = answer(mined, cached_only=True)["conv2"]
        assert found.image[column].tolist() == best.image[[1, 4], 0].tolist()
    again = answer(asked(run), cached_only=True)
    assert torch.equal(again.tile, found.tile)
    assert again.learnt == found.learnt


def test_no_checkpoint_is_opened_twice(run: Run, monkeypatch):
    opened, fresh = [], lend.fresh_network

    def noted(run: Run, epoch: int) -> Network:
        opened.append(epoch)
        return fresh(run, epoch)

    monkeypatch.setattr(lend, "fresh_network", noted)
    answer(asked(run), Lender())
    assert opened == [0, 1, 2]


def test_progress_runs_over_all_epochs(run: Run):
    told: list[tuple[int, int]] = []
    answer(asked(run), progress=lambda *step: told.append(step))
    assert told == sorted(told)
    assert told[-1] == (48, 48)  # sixteen images at three epochs


def test_epochs_that_were_mined_before_count_as_done(run: Run):
    for epoch in (0, 2):
        answer(TopPatchesQuery(str(run.path), epoch, ("conv2",)))
    told: list[tuple[int, int]] = []
    answer(asked(run), progress=lambda *step: told.append(step))
    assert (told[0], told[-1]) == ((16, 48), (48, 48))
    assert told == sorted(told)


def test_first_and_last_epoch_are_always_shown():
    assert spread(list(range(91)))[0] == 0
    assert spread(list(range(91)))[-1] == 90
    assert spread([0, 1, 2]) == [0, 1, 2]


def test_what_is_left_to_defaults_is_settled_and_of_no_one_epoch(run: Run):
    side = ask(EvolutionQuery(str(run.path), epoch=1), EvolutionLook())
    assert (side.query.layer, side.query.channels) == ("conv5", (0, 1, 2, 3, 4, 5))
    assert side.query.epochs == (0, 1, 2)
    assert "--epoch" not in arguments(side.query)


def test_other_weights_of_one_epoch_are_another_question(run: Run):
    answer(asked(run))
    weights = run.path / "checkpoints"
    (weights / "epoch-0001.safetensors").unlink()
    with pytest.raises(CacheMiss):
        answer(asked(run), cached_only=True)


def test_a_pass_that_was_stopped_goes_on_with_the_next_epoch(run: Run):
    class Stopped(Exception):
        pass

    def stop(done: int, _total: int) -> None:
        if done > 16:
            raise Stopped

    with pytest.raises(Stopped):
        answer(asked(run), progress=stop)
    told: list[tuple[int, int]] = []
    answer(asked(run), progress=lambda *step: told.append(step))
    assert told[-1] == (32, 32)  # sixteen images at the two epochs that were missing


def test_what_there_is_so_far_is_the_first_epochs(run: Run):
    query = asked(run, epochs=(0, 1)).resolved(Opened.of(str(run.path), None, Lender()))
    answer(query)
    longer = replace(query, epochs=(0, 1, 2))
    known = answer(MotionQuery(query.run, layer="conv2", epochs=longer.epochs))
    found = longer.join([known, *so_far_columns(query, run)])
    assert found.epoch.tolist() == [0, 1]
    assert found.motion.cosine.shape == (2, 8)


def so_far_columns(query: EvolutionQuery, run: Run) -> list[Column]:
    opened = Opened.of(str(run.path), None, Lender())
    return [each for part in query.columns if (each := load(part, opened)) is not None]


def test_weights_are_followed_by_the_epochs_asked_for_and_pooling_has_none(run: Run):
    moved = answer(MotionQuery(str(run.path), layer="conv2", epochs=(0, 2)))
    first, last = (run.weight(epoch, "conv2.weight").flatten(1).double() for epoch in (0, 2))
    expected = torch.nn.functional.cosine_similarity(first, last)
    assert moved.cosine[0].tolist() == pytest.approx(expected.tolist())
    assert not answer(MotionQuery(str(run.path), layer="pool2", epochs=(0, 2))).has_weights


def test_the_arrays_say_what_the_images_are(run: Run):
    arrays = ask(asked(run, epochs=(0, 2)), EvolutionLook()).shown.arrays()
    assert arrays["label"].shape == arrays["image"].shape == (2, 2)
    assert arrays["label"][1, 0] == run.data().val.labels[arrays["image"][1, 0]]
    assert arrays["class_name"].tolist() == list(run.data().classes)
    assert str(arrays["layer"]) == "conv2"
    assert arrays["response"].shape == arrays["cosine"].shape == (2, 8)
    assert arrays["learnt"].shape == arrays["distance"].shape == (8,)
    there = Opened.of(str(run.path), 2, Lender())
    best = there.ask(TopPatchesQuery(str(run.path), 2, ("conv2",)))["conv2"].best(1)
    pictures = gallery_of(there, "conv2", best, [1, 4])
    assert np.array_equal(arrays["projection"][1], pictures.projection[:, 0])
    assert np.array_equal(arrays["patch"][1], pictures.patch[:, 0])


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"channels": (8,)}, "conv2 has channels 0 to 7, not 8"),
        ({"epochs": (0, 7)}, "no epoch 7"),
        ({"layer": "conv9"}, "No layer 'conv9'"),
    ],
)
def test_what_is_not_there_is_refused_before_anything_is_mined(run: Run, how, words):
    with pytest.raises(WorkbenchError, match=words):
        answer(asked(run, **how), progress=never)
    assert not run.derived.exists()


def test_two_runs_are_drawn_one_below_the_other(run: Run):
    a, b = ask_two(asked(run), asked(run), EvolutionLook())
    both = pair(a, b)
    assert np.array_equal(both.arrays()["second_patch"], a.shown.arrays()["patch"])
    assert draw_both(a.query, both, ["A", "B"]).axes
