"""Training and validation folders under the names that people give them, and what is said of it."""

import json

import pytest

from training.data import describe
from training.data.splits import role_of
from training.errors import WorkbenchError
from training.fit import fit
from training.runs import Run

pytestmark = pytest.mark.thorough


@pytest.fixture
def lay(photos, fill):
    """Fill folders of two classes: lay(("Training", 3), ("Testing", 2))."""

    def make(*splits, classes=("cat", "dog"), below=""):
        for name, count in splits:
            for each in classes:
                fill(photos / below / name / each, count)
        return f"folder:{photos}"

    return make


PAIRS = [
    ("train", "val"),
    ("Training", "Testing"),
    ("TRAIN", "TEST"),
    ("Train", "Validation"),
    ("train", "valid"),
    ("training_set", "test_set"),
    ("TrainingSet", "ValidationSet"),
    ("trainset", "testset"),
    ("train-images", "val-images"),
    ("train_data", "dev_data"),
    ("seg_train", "seg_test"),
    ("train2017", "val2017"),
    ("cifar_train", "cifar_eval"),
    ("Train Set", "Test Set"),
]


@pytest.mark.parametrize(("train", "val"), PAIRS)
def test_splits_are_known_in_any_spelling_and_told(lay, train, val):
    source = describe(lay((train, 3), (val, 2)))
    assert source.classes == ("cat", "dog")
    assert (source.train_images, source.val_images) == (6, 4)
    assert source.validation_in_words == (
        f"Validation set: 4 images of the folder {val}; training set: 6 of the folder {train}."
    )
    assert source.notices == ()


@pytest.mark.parametrize(("train", "val"), PAIRS[:8])
def test_they_may_lie_one_folder_deeper(lay, train, val):
    source = describe(lay((train, 3), (val, 2), below="archive"))
    assert (source.classes, source.val_images) == (("cat", "dog"), 4)
    assert f"archive/{val}" in source.validation_in_words


@pytest.mark.parametrize(("train", "val"), [("train", "test"), ("seg_train", "seg_test")])
def test_a_split_may_be_packed_in_a_folder_of_its_own_name(lay, train, val):
    source = describe(lay((f"{train}/{train}", 3), (f"{val}/{val}", 2)))
    assert (source.classes, source.val_images) == (("cat", "dog"), 4)


def test_splits_inside_of_each_class_are_splits(photos, fill):
    for name in ("cat", "dog"):
        fill(photos / name / "train", 3), fill(photos / name / "test", 1)
    source = describe(f"folder:{photos}")
    assert (source.classes, source.train_images, source.val_images) == (("cat", "dog"), 6, 2)
    assert "<class>/test" in source.validation_in_words


@pytest.mark.parametrize("linked", ["splits", "classes"])
def test_links_to_folders_elsewhere_are_followed(photos, fill, linked):
    for split, count in (("Training", 3), ("Testing", 2)):
        for name in ("cat", "dog"):
            fill(photos / "store" / split / name, count)
    mine = photos / "mine"
    mine.mkdir()
    for split in ("Training", "Testing"):
        if linked == "splits":
            (mine / split).symlink_to(photos / "store" / split)
        else:
            (mine / split).mkdir()
            for name in ("cat", "dog"):
                (mine / split / name).symlink_to(photos / "store" / split / name)
    source = describe(f"folder:{mine}")
    assert (source.classes, source.train_images, source.val_images) == (("cat", "dog"), 6, 4)


@pytest.mark.parametrize("target", [".", "..", "../cat", "../.."])
def test_a_class_that_leads_back_is_no_class(photos, fill, target):
    fill(photos / "train/cat", 3), fill(photos / "train/dog", 3)
    (photos / "train/loop").symlink_to(photos / "train/dog" / target)
    source = describe(f"folder:{photos}")
    assert source.classes == ("cat", "dog")
    assert "not followed: train/loop" in "\n".join(source.notices)


@pytest.mark.parametrize(
    ("unused", "words"),
    [
        ("test", "though they hold the same classes: test"),
        ("unseen", "though they hold the same classes: unseen"),
        ("more", "though they hold the same classes: more"),
    ],
)
def test_a_folder_beside_train_of_the_same_classes_is_named_where_it_is_not_used(
    lay, unused, words
):
    source = describe(lay(("train", 3), ("valid", 2), (unused, 1)))
    assert (source.classes, source.val_images) == (("cat", "dog"), 4)
    assert words in "\n".join(source.notices)


def test_other_folders_beside_train_are_named(lay, fill, photos):
    lay(("train", 3), ("val", 1))
    fill(photos / "annotations", 2)
    assert "not used: annotations" in "\n".join(describe(f"folder:{photos}").notices)


@pytest.mark.parametrize("folder", ["test", "test/unknown", "Testing/images"])
def test_unlabelled_test_images_validate_nothing_and_are_named(lay, fill, photos, folder):
    lay(("train", 10))
    fill(photos / folder, 5)
    source = describe(f"folder:{photos}")
    assert source.val_images == 2
    assert "held out, a tenth" in source.validation_in_words
    assert "are not sorted into the classes" in "\n".join(source.notices)


def test_the_trains_among_the_vehicles_are_a_class(photos, fill):
    for name in ("train", "bus", "plane"):
        fill(photos / name, 3)
    assert describe(f"folder:{photos}").classes == ("bus", "plane", "train")


def test_two_folders_that_could_be_the_same_split_are_named(lay):
    with pytest.raises(
        WorkbenchError, match="several folders that could be train: TRAIN, Training"
    ):
        describe(lay(("Training", 2), ("TRAIN", 2), ("val", 1)))


def test_several_data_sets_in_a_folder_are_named(photos, fill):
    for name in ("birds", "fish"):
        fill(photos / name / "train" / "a", 2), fill(photos / name / "val" / "a", 1)
    with pytest.raises(WorkbenchError, match=r"several data sets.*birds, fish"):
        describe(f"folder:{photos}")


def test_class_folders_of_the_same_folders_ask_whether_they_are_splits(photos, fill):
    for place in ("day", "night"):
        fill(photos / place / "cat", 2), fill(photos / place / "dog", 2)
    assert "if they are splits" in "\n".join(describe(f"folder:{photos}").notices)


def test_the_path_of_train_itself_says_what_lies_beside(lay, photos):
    lay(("train", 3), ("valid", 2))
    assert "Beside it lie valid" in "\n".join(describe(f"folder:{photos}/train").notices)


@pytest.mark.parametrize(
    ("train", "val"), [("Cat", "cat"), ("big cat", "big_cat "), ("caf\u00e9", "cafe\u0301")]
)
def test_classes_written_otherwise_in_val_are_the_same_and_told(photos, fill, train, val):
    fill(photos / "train" / train, 3), fill(photos / "train/dog", 3)
    fill(photos / "val" / val, 2), fill(photos / "val/dog", 2)
    source = describe(f"folder:{photos}")
    assert (source.train_images, source.val_images) == (6, 4)
    assert f"{val} = {train}" in "\n".join(source.notices)


@pytest.mark.parametrize(
    "name",
    ["cat", "trainer", "latest", "contest", "valley", "train_test"],
)
def test_other_words_are_no_splits(name):
    assert role_of(name) is None


def test_the_first_line_of_a_run_says_what_validates(lay, tmp_path, capsys, recipe):
    spec = lay(("Training", 4), ("Testing", 2))
    run = fit(recipe(data=spec, epochs=1, run=str(tmp_path / "run")))
    first = capsys.readouterr().err.splitlines()[0]
    assert first.startswith("Validation set: 4 images of the folder Testing")
    assert json.loads((run.path / "run.json").read_text())["data_notices"][0] == first
    assert Run.open(run.path).info.data_notices[0] == first
