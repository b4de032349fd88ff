"""A checkpoint opens whole or is refused in words; tests/attacks/checkpoints.py damages it."""

import pytest
import torch
from safetensors.torch import save_file

from training.checkpoints import (
    CheckpointError,
    checkpoint_path,
    load_checkpoint,
    load_tensor,
    save_checkpoint,
    stored_digest,
)


@pytest.fixture
def weights():
    generator = torch.Generator().manual_seed(0)
    return {
        "conv1.weight": torch.randn(4, 3, 3, 3, generator=generator),
        "conv1.bias": torch.randn(4, generator=generator),
    }


@pytest.fixture
def checkpoint(tmp_path, weights):
    (tmp_path / "checkpoints").mkdir()
    return save_checkpoint(tmp_path, 3, weights)


def test_weights_come_back_as_they_went_in(checkpoint, weights):
    loaded = load_checkpoint(checkpoint)
    assert loaded.keys() == weights.keys()
    assert all(torch.equal(loaded[name], weights[name]) for name in weights)


def test_one_tensor_is_read_alone(checkpoint, weights):
    assert torch.equal(load_tensor(checkpoint, "conv1.weight"), weights["conv1.weight"])
    with pytest.raises(CheckpointError, match=r"no tensor 'conv9.weight'. It has"):
        load_tensor(checkpoint, "conv9.weight")


def test_the_digest_changes_with_a_single_weight(tmp_path, checkpoint, weights):
    weights["conv1.bias"][0] += 1e-6
    assert stored_digest(save_checkpoint(tmp_path, 4, weights)) != stored_digest(checkpoint)


def test_a_renamed_checkpoint_is_refused(tmp_path, checkpoint):
    renamed = checkpoint.rename(checkpoint_path(tmp_path, 7))
    with pytest.raises(CheckpointError, match="holds the weights of epoch 3"):
        load_checkpoint(renamed)


def test_other_peoples_weights_are_pointed_to_import(checkpoint, weights):
    save_file(weights, checkpoint)
    with pytest.raises(CheckpointError, match="python -m training import"):
        load_checkpoint(checkpoint)


def test_a_missing_checkpoint_asks_whether_the_run_was_deleted(checkpoint):
    checkpoint.unlink()
    with pytest.raises(CheckpointError, match="is gone"):
        load_checkpoint(checkpoint)
