"""Names of classes in every form in which people have them, or refused with the entry."""

import numpy as np
import pandas as pd
import pytest
import torch

from training.class_lists import names_from, names_in_file
from training.errors import WorkbenchError
from training.importing import class_names

pytestmark = pytest.mark.thorough

CAT_DOG = ["cat", "dog"]


@pytest.mark.parametrize(
    "given",
    [
        CAT_DOG,
        ("cat", "dog"),
        {0: "cat", 1: "dog"},
        {1: "dog", 0: "cat"},
        {"0": "cat", "1": "dog"},
        {"cat": 0, "dog": 1},
        {"dog": 1, "cat": 0},
        {"cat": "0", "dog": "1"},
        {np.int64(0): "cat", np.int64(1): "dog"},
        {"cat": np.int64(0), "dog": np.int64(1)},
        {"0": ["n0", "cat"], "1": ["n1", "dog"]},
        {"id2label": {"0": "cat", "1": "dog"}},
        {"nc": 2, "names": ["cat", "dog"]},
        [{"id": 1, "name": "dog"}, {"id": 0, "name": "cat"}],
        np.array(CAT_DOG),
        np.array([b"cat", b"dog"]),
        [b"cat", "dog "],
        pd.Series(CAT_DOG),
        pd.Series([0, 1], index=CAT_DOG),
        pd.Series(CAT_DOG, index=[0, 1])[::-1],
        pd.Index(CAT_DOG),
        pd.Categorical(CAT_DOG).categories,
        {"cat": 0, "dog": 1}.keys(),
        (name for name in CAT_DOG),
    ],
    ids=lambda value: type(value).__name__,
)
def test_names_of_any_container_are_names_by_output(given):
    assert names_from(given) == CAT_DOG


@pytest.mark.parametrize("given", [[3, 7], np.array([3, 7]), [3.0, 7.0], {"3": 0, "7": 1}])
def test_numbers_are_names_too(given):
    assert names_from(given) == ["3", "7"]


def test_folders_called_by_numbers_keep_the_order_of_their_dictionary():
    folders = {"0": 0, "1": 1, "10": 2, "2": 3}
    assert names_from(folders) == ["0", "1", "10", "2"]


def test_a_number_of_classes_counts_them():
    assert names_from(3) == names_from(np.int64(3)) == ["class 0", "class 1", "class 2"]
    assert class_names("3") == ["class 0", "class 1", "class 2"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["cat", "dog", "cat"], "'cat' is the name of both 0 and 2"),
        ({0: "cat", 2: "dog"}, "no name has the number 1, though 'dog' has 2"),
        ({1: "cat", 2: "dog"}, "no name has the number 0, though 'cat' has 1"),
        ({"cat": 0, "dog": 0}, "0 is both 'cat' and 'dog'"),
        ({"cat": 0, "dog": 3}, "no name has the number 1, though 'dog' has 3"),
        ({"cat": "dog"}, "neither the keys nor the values"),
        ({0: 1, 1: 0}, "either could be the outputs"),
        (["cat", ""], "entry 1 is ''"),
        (["cat", None], "entry 1 is None"),
        (["cat", float("nan")], "entry 1 is nan"),
        (np.array([["cat"], ["dog"]]), "entry 0"),
        ({"cat", "dog"}, "no order"),
        ([], "no class names"),
        ({}, "no class names"),
        (b"cat", "got bytes"),
        (None, "got NoneType"),
        (torch.nn.Linear(1, 1), "got Linear"),
    ],
    ids=lambda given: "set" if isinstance(given, set) else repr(given)[:30],
)
def test_what_names_no_output_for_sure_is_refused_with_the_entry(given, words):
    with pytest.raises(WorkbenchError, match=words):
        names_from(given)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "cat\ndog\n\n"),
        ("a.txt", "cat\r\ndog\r\n"),
        ("a.txt", "\ufeffcat\ndog"),
        ("a.txt", "0 cat\n1 dog"),
        ("a.txt", "1: dog\n0: cat"),
        ("a.txt", "0,cat\n1,dog"),
        ("a.txt", "n01440764 cat\nn01443537 dog"),
        ("a.txt", "{0: 'cat',\n 1: 'dog'}"),
        ("a.names", "cat\ndog"),
        ("a.json", '["cat", "dog"]'),
        ("a.json", '\ufeff{"0": "cat", "1": "dog"}'),
        ("a.json", '{"cat": 0, "dog": 1}'),
        ("a.json", '{"0": ["n01440764", "cat"], "1": ["n01443537", "dog"]}'),
        ("a.csv", "cat\ndog\n"),
        ("a.csv", "name\ncat\ndog\n"),
        ("a.csv", "\ufeffindex,name\r\n0,cat\r\n1,dog\r\n"),
        ("a.csv", "ClassId,SignName\n1,dog\n0,cat\n"),
        ("a.csv", "name;id\ncat;0\ndog;1\n"),
        ("a.csv", "0,cat\n1,dog\n"),
        ("a.csv", 'folder,name\nn01,"cat"\nn02,dog\n'),
        ("a.tsv", "id\tlabel\n0\tcat\n1\tdog\n"),
    ],
)
def test_files_of_names_are_read_as_they_are_written(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    assert list(class_names(str(tmp_path / name))) == CAT_DOG


def test_utf_16_with_its_mark_is_text_too(tmp_path):
    (tmp_path / "a.txt").write_text("cat\ndog", encoding="utf-16")
    assert names_in_file(str(tmp_path / "a.txt")) == CAT_DOG


def test_namesakes_among_synsets_are_told_apart(tmp_path):
    (tmp_path / "words.txt").write_text("n02012849 crane\nn03126707 crane, hoist\n")
    found = names_in_file(str(tmp_path / "words.txt"))
    assert found == ["crane (n02012849)", "crane (n03126707)"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"caf\xe9\n", "UTF-8.*byte 3"),
        (b"1 cat\n2 dog", "no name has the number 0, though 'cat' has 1"),
        (b"0 cat\n0 dog", "0 is both 'cat' and 'dog'"),
        (b"cat\ncat", "'cat' is the name of both 0 and 1"),
        (b'{"0": "cat"', "begins as JSON"),
        (b"[" * 5000, "begins as JSON"),
        (b"n01440764 cat\nn01440764 cat", "both 0 and 1"),
    ],
)
def test_a_file_that_names_no_outputs_is_refused_with_its_own_name(tmp_path, content, words):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(WorkbenchError, match=words) as refusal:
        class_names(str(tmp_path / "a.txt"))
    assert "a.txt" in str(refusal.value)
