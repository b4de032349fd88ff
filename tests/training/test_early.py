"""Checkpoints within the first epoch: named by their fraction, and of no influence."""

import pytest
import torch

from training.checkpoints import CheckpointError, checkpoint_path, digest_of, load_checkpoint
from training.fit import fit
from training.runs import Run


def stop_at_step(number):
    """A `pause` that stops after so many batches; an epoch of the album has three."""
    steps = iter(range(100))

    def pause() -> None:
        if next(steps) == number:
            raise KeyboardInterrupt

    return pause


def test_the_first_epoch_has_them_and_the_epochs_stay_what_they_are(recipe):
    run = fit(recipe(early_checkpoints=2))  # an epoch of the album has three batches
    assert run.early == [0.333, 0.666]
    assert run.epochs == [0, 1, 2, 3]
    assert checkpoint_path(run.path, 0.333).name == "epoch-0000.333.safetensors"


def test_there_are_none_unless_they_are_asked_for(recipe):
    assert fit(recipe(epochs=1)).early == []


def test_training_is_bit_equal_with_and_without_them(recipe, tmp_path):
    settings = {"average": 0.9, "options": {"batch_norm": True}}
    without = fit(recipe(run=str(tmp_path / "without"), **settings))
    with_them = fit(recipe(run=str(tmp_path / "with"), early_checkpoints=2, **settings))
    for epoch in without.epochs:
        assert without.digest(epoch) == with_them.digest(epoch)


def test_weights_lie_between_those_of_the_epochs_around_them(recipe):
    run = fit(recipe(epochs=1, early_checkpoints=2))
    steps = [run.weight(epoch, "conv1.weight") for epoch in (0, *run.early, 1)]
    ways = [float((step - steps[0]).norm()) for step in steps]
    assert ways == sorted(ways)
    assert ways[1] > 0


def test_a_fraction_opens_as_an_epoch_does_and_its_digest_is_held_against_its_weights(recipe):
    run = fit(recipe(epochs=1, early_checkpoints=1))
    (early,) = run.early
    network = run.network(early)
    assert torch.equal(network.state_dict()["conv1.weight"], run.weight(early, "conv1.weight"))
    assert digest_of(load_checkpoint(checkpoint_path(run.path, early))) == run.digest(early)
    with pytest.raises(CheckpointError, match=r"no epoch 0\.25"):
        run.weight(0.25, "conv1.weight")


def test_of_several_that_fall_into_one_batch_the_last_is_saved(recipe):
    assert fit(recipe(epochs=1, early_checkpoints=9)).early == [0.333, 0.666]


def test_an_epoch_begun_again_saves_its_own(recipe, tmp_path):
    whole = fit(recipe(run=str(tmp_path / "whole"), early_checkpoints=2))
    halves = recipe(run=str(tmp_path / "halves"), early_checkpoints=2)
    with pytest.raises(KeyboardInterrupt):
        fit(halves, pause=stop_at_step(1))
    stopped = Run.open(halves.run)
    assert stopped.early == [0.333]
    resumed = fit(halves, resume=True)
    assert resumed.early == whole.early
    assert [resumed.digest(epoch) for epoch in resumed.early] == [
        whole.digest(epoch) for epoch in whole.early
    ]


def test_those_of_an_epoch_that_is_over_stay_when_a_run_goes_on(recipe):
    config = recipe(early_checkpoints=2)
    with pytest.raises(KeyboardInterrupt):
        fit(config, pause=stop_at_step(4))
    assert fit(config, resume=True).early == [0.333, 0.666]


def test_a_renamed_one_is_refused(recipe):
    run = fit(recipe(epochs=1, early_checkpoints=1))
    path = checkpoint_path(run.path, run.early[0]).rename(checkpoint_path(run.path, 0.6))
    with pytest.raises(CheckpointError, match=r"holds the weights of epoch 0\.333"):
        load_checkpoint(path)
