"""A checkpoint opens whole or is refused in words."""

import struct

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


def test_one_flipped_byte_is_noticed(checkpoint):
    data = bytearray(checkpoint.read_bytes())
    data[-1] ^= 1
    checkpoint.write_bytes(data)
    with pytest.raises(CheckpointError, match="altered"):
        load_checkpoint(checkpoint)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x01", b"not weights at all", struct.pack("<Q", 2**63), b"\xff\xd8\xff\xe0" * 40],
    ids=["empty", "two bytes", "text", "endless header", "a JPEG"],
)
def test_what_is_no_checkpoint_is_refused_by_name(checkpoint, content):
    checkpoint.write_bytes(content)
    for read in (load_checkpoint, stored_digest, lambda path: load_tensor(path, "conv1.weight")):
        with pytest.raises(CheckpointError, match=r"epoch-0003\.safetensors"):
            read(checkpoint)


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.99])
def test_a_truncated_checkpoint_is_refused(checkpoint, kept):
    data = checkpoint.read_bytes()
    checkpoint.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(CheckpointError, match=r"epoch-0003\.safetensors"):
        load_checkpoint(checkpoint)


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
