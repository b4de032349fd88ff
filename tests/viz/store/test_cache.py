"""Cached arrays: written in one step, believed only where they are whole and of this question."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from viz.store.cache import from_arrays, load, save, to_arrays

NAME, KEY = "occlusion-1234", '{"view": "occlusion"}'
SCORE = {"score": np.arange(1000.0)}


def test_arrays_come_back_under_their_question_only(tmp_path: Path):
    assert save(tmp_path, NAME, KEY, SCORE)
    found = load(tmp_path, NAME, KEY)
    assert found is not None
    assert found["score"].tolist() == SCORE["score"].tolist()
    assert load(tmp_path, NAME, '{"view": "another"}') is None  # renamed, or a key's collision
    assert load(tmp_path, NAME, KEY, partial=True) is None


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "flipped", "a folder"])
def test_a_damaged_file_is_none(tmp_path: Path, damage: str):
    save(tmp_path, NAME, KEY, SCORE)
    path = tmp_path / f"{NAME}.npz"
    content = bytearray(path.read_bytes())
    if damage == "flipped":
        content[5000] ^= 1
    path.write_bytes(
        {"truncated": bytes(content[:3000]), "empty": b"", "text": b"<html>"}.get(
            damage, bytes(content)
        )
    )
    if damage == "a folder":
        path.unlink()
        path.mkdir()
    assert load(tmp_path, NAME, KEY) is None


def test_no_code_is_run_out_of_a_cached_file(tmp_path: Path):
    with (tmp_path / f"{NAME}.npz").open("wb") as file:
        np.savez(file, score=np.array([{"a": 1}], dtype=object), settings=np.array(KEY))
    assert load(tmp_path, NAME, KEY) is None


def test_where_nothing_can_be_cached_the_log_says_so(tmp_path: Path, caplog):
    no_folder = tmp_path / "derived"
    no_folder.write_text("in the way")
    with caplog.at_level(logging.WARNING):
        assert not save(no_folder, NAME, KEY, SCORE)
    assert "not cached" in caplog.text


def test_nothing_is_left_behind_when_the_disk_fills(tmp_path: Path, monkeypatch):
    def full(file, **_arrays):
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert not save(tmp_path, NAME, KEY, SCORE)
    assert list(tmp_path.iterdir()) == []


@dataclass(frozen=True)
class Everything:
    table: torch.Tensor
    share: float
    count: int
    word: str
    words: tuple[str, ...]


def test_an_answer_comes_back_as_it_went(tmp_path: Path):
    answer = Everything(torch.tensor([[1, -1]]), 0.5, 7, "conv5", ("a", "b"))
    save(tmp_path, NAME, KEY, to_arrays(answer))
    again = from_arrays(Everything, load(tmp_path, NAME, KEY) or {})
    assert torch.equal(again.table, answer.table)
    assert again.table.dtype == torch.int64
    assert (again.share, again.count, again.word, again.words) == (0.5, 7, "conv5", ("a", "b"))
