"""A few images of each class: how many, which, and what validates."""

from collections import Counter

import numpy as np
import pytest
from PIL import Image

from training.data import describe, open_data
from training.data_spec import without_place

SIZES = {"cat": 70, "dog": 12, "eel": 5}


@pytest.fixture
def animals(tmp_path, monkeypatch):
    """Three classes of unlike size, without validation images of their own."""
    monkeypatch.setenv("FILTERSCOPE_CACHE", str(tmp_path / "cache"))
    for name, count in SIZES.items():
        folder = tmp_path / "animals" / name
        folder.mkdir(parents=True)
        for index in range(count):
            Image.fromarray(np.full((8, 8, 3), index, np.uint8)).save(folder / f"{index}.png")
    return f"folder:{tmp_path / 'animals'}"


def counts(split):
    return dict(Counter(list(SIZES)[label] for label in split.labels))


def test_so_many_images_of_each_class_train_and_up_to_50_others_validate(animals):
    data = open_data(f"few:4:0:{animals}", size=8)
    assert counts(data.train) == {"cat": 4, "dog": 4, "eel": 4}
    assert counts(data.val) == {"cat": 50, "dog": 8, "eel": 1}
    assert not set(data.train.names) & set(data.val.names)


def test_more_images_are_the_same_and_others_and_large_classes_keep_their_validation(animals):
    few, more = (open_data(f"few:{count}:0:{animals}", size=8) for count in (2, 4))
    assert set(few.train.names) < set(more.train.names)
    assert {name for name in few.val.names if "cat" in name} == {
        name for name in more.val.names if "cat" in name
    }


def test_the_seed_decides_which(animals):
    one, same, other = (
        set(describe(f"few:4:{seed}:{animals}").open("train").names) for seed in (0, 0, 1)
    )
    assert one == same != other


def test_classes_with_fewer_images_are_told_and_keep_one_to_validate(animals):
    source = describe(f"few:10:0:{animals}")
    assert "1 of 3 classes have fewer than 10 images to train on: eel (4)." in source.notices
    assert "10 of each class" in source.validation_in_words
    assert (source.train_images, source.val_images) == (24, 50 + 2 + 1)


def test_validation_images_of_its_own_stay_as_they_are(album):
    whole, few = (open_data(f"{begin}folder:{album}", size=8) for begin in ("", "few:3:1:"))
    assert few.val.names == whole.val.names
    assert len(few.train.labels) == 9


def test_it_is_called_by_its_data_set_without_the_place(animals):
    assert without_place(f"few:30:0:{animals}") == "animals, 30 a class"
