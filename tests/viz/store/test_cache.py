import logging
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from viz.store.cache import Question, from_arrays, keep, kept, recall, to_arrays

QUESTION = Question("top-patches", "abc", "builtin-1", {"layer": "conv5", "k": 9})


def counting(answers: list[int]):
    def compute() -> dict[str, np.ndarray]:
        answers.append(1)
        return {"score": np.array([1.0, 2.0])}

    return compute


def test_the_same_question_is_worked_out_once(tmp_path: Path):
    worked: list[int] = []
    for _ in range(3):
        assert kept(tmp_path, QUESTION, counting(worked))["score"].tolist() == [1.0, 2.0]
    assert len(worked) == 1


def test_the_order_of_the_settings_does_not_matter():
    turned = replace(QUESTION, settings={"k": 9, "layer": "conv5"})
    assert turned.key == QUESTION.key


@pytest.mark.parametrize(
    "other",
    [
        replace(QUESTION, checkpoint="abd"),
        replace(QUESTION, data="builtin-2"),
        replace(QUESTION, view="features"),
        replace(QUESTION, settings={"layer": "conv5", "k": 10}),
        replace(QUESTION, settings={"layer": "conv5", "k": "9"}),
        replace(QUESTION, checkpoint="ab", data="cbuiltin-1"),
    ],
)
def test_another_question_has_another_answer(tmp_path: Path, other: Question):
    keep(tmp_path, QUESTION, {"score": np.zeros(1)})
    assert recall(tmp_path, other) is None


def test_the_file_is_named_by_view_and_key_and_holds_its_question(tmp_path: Path):
    keep(tmp_path, QUESTION, {"score": np.zeros(1)})
    (path,) = tmp_path.iterdir()
    assert path.name == f"top-patches-{QUESTION.key[:16]}.npz"
    with np.load(path, allow_pickle=False) as file:
        assert '"layer": "conv5"' in str(file["settings"])


def test_a_file_under_the_name_of_another_question_is_not_believed(tmp_path: Path):
    other = replace(QUESTION, checkpoint="abd")
    keep(tmp_path, QUESTION, {"score": np.zeros(1)})
    QUESTION.file(tmp_path).rename(other.file(tmp_path))
    assert recall(tmp_path, other) is None


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "flipped", "a folder"])
def test_a_damaged_file_is_worked_out_anew(tmp_path: Path, damage: str):
    keep(tmp_path, QUESTION, {"score": np.arange(1000.0)})
    path = QUESTION.file(tmp_path)
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
    assert recall(tmp_path, QUESTION) is None
    assert kept(tmp_path, QUESTION, counting([]))["score"].tolist() == [1.0, 2.0]


def test_no_code_is_run_out_of_a_kept_file(tmp_path: Path):
    with QUESTION.file(tmp_path).open("wb") as file:
        np.savez(file, score=np.array([{"a": 1}], dtype=object), settings=np.array(QUESTION.text))
    assert recall(tmp_path, QUESTION) is None


def test_where_nothing_can_be_kept_the_answer_is_still_given(tmp_path: Path, caplog):
    no_folder = tmp_path / "derived"
    no_folder.write_text("in the way")
    with caplog.at_level(logging.WARNING):
        answer = kept(no_folder, QUESTION, counting([]))
    assert answer["score"].tolist() == [1.0, 2.0]
    assert "not kept" in caplog.text


def test_nothing_is_left_behind_when_the_disk_fills(tmp_path: Path, monkeypatch):
    def full(file, **_arrays):
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert not keep(tmp_path, QUESTION, {"score": np.zeros(1)})
    assert list(tmp_path.iterdir()) == []


@dataclass(frozen=True)
class Everything:
    table: torch.Tensor
    share: float
    count: int
    word: str


def test_a_result_comes_back_as_it_went(tmp_path: Path):
    result = Everything(torch.tensor([[1, -1]]), 0.5, 7, "conv5")
    keep(tmp_path, QUESTION, to_arrays(result))
    again = from_arrays(Everything, recall(tmp_path, QUESTION) or {})
    assert torch.equal(again.table, result.table)
    assert again.table.dtype == torch.int64
    assert (again.share, again.count, again.word) == (0.5, 7, "conv5")
