"""What people's folders look like, and what is made of them."""

import os

import pytest

from training.data import describe, open_data
from training.data.scan import Scan
from training.errors import WorkbenchError


def notices(folder) -> str:
    return "\n".join(describe(f"folder:{folder}").notices)


def names(source, split) -> list[str]:
    return list(source.open(split).names)


def test_labels_are_the_class_folders_in_alphabetical_order(photos, fill):
    fill(photos / "train/dog", 3), fill(photos / "train/cat", 2)
    fill(photos / "val/cat", 1), fill(photos / "val/dog", 1)
    source = describe(f"folder:{photos}")
    assert source.classes == ("cat", "dog")
    assert (source.train_images, source.val_images) == (5, 2)
    assert source.open("train").labels.tolist() == [0, 0, 1, 1, 1]
    assert names(source, "val") == ["val/cat/000.png", "val/dog/000.png"]
    assert source.notices == ()


def test_a_test_folder_serves_where_there_is_no_val(photos, fill):
    fill(photos / "train/cat", 2), fill(photos / "test/cat", 3)
    assert describe(f"folder:{photos}").val_images == 3


def test_without_val_a_tenth_of_each_class_is_held_out_always_the_same(photos, fill):
    fill(photos / "train/cat", 20), fill(photos / "train/dog", 10)
    source, again = describe(f"folder:{photos}"), describe(f"folder:{photos}")
    assert source.open("val").labels.tolist() == [0, 0, 1]
    assert not set(names(source, "train")) & set(names(source, "val"))
    assert names(source, "val") == names(again, "val")
    assert "a tenth" in notices(photos)


def test_class_folders_may_lie_in_the_folder_itself(photos, fill):
    fill(photos / "cat", 2), fill(photos / "dog", 2)
    (photos / "classes.csv").write_text("folder,name\ncat,Cat\n")
    source = describe(f"folder:{photos}")
    assert source.classes == ("Cat", "dog")
    assert (source.train_images, source.val_images) == (2, 2)
    assert "no images" not in notices(photos)  # the table is of use


def test_images_in_folders_inside_a_class_belong_to_it(photos, fill):
    fill(photos / "train/n01443537/images", 3), fill(photos / "val/n01443537", 1)
    assert describe(f"folder:{photos}").train_images == 3


def test_tiny_imagenet_opens_as_it_is_published(photos, fill):
    fill(photos / "train/n01443537/images", 2), fill(photos / "train/n02124075/images", 2)
    fill(photos / "val/images", 2), fill(photos / "test/images", 2)
    table = "000.png\tn02124075\t0\t0\t9\t9\n001.png\tn01443537\t0\t0\t9\t9\n"
    (photos / "val/val_annotations.txt").write_text(table)
    words = "n01443537\tgoldfish, Carassius auratus\nn02124075\tEgyptian cat\n"
    (photos / "words.txt").write_text(words)
    source = describe(f"folder:{photos}")
    assert source.classes == ("goldfish", "Egyptian cat")
    assert names(source, "val") == ["val/images/001.png", "val/images/000.png"]
    assert source.notices == ()


def test_two_classes_of_one_name_keep_their_folders_apart(photos, fill):
    fill(photos / "n02012849", 2), fill(photos / "n03126707", 2)
    (photos / "classes.csv").write_text("wnid,name\nn02012849,crane\nn03126707,crane\n")
    classes = describe(f"folder:{photos}").classes
    assert classes == ("crane (n02012849)", "crane (n03126707)")


def test_class_names_that_are_no_text_are_named_as_such(photos, fill):
    fill(photos / "cat", 2)
    (photos / "classes.csv").write_bytes(b"cat,\xff\xfe\n")
    with pytest.raises(WorkbenchError, match=r"classes\.csv.*UTF-8"):
        describe(f"folder:{photos}")


def test_a_missing_folder_and_an_empty_one_say_what_is_expected(photos):
    with pytest.raises(WorkbenchError, match=r"no folder .*nowhere.*train/<class>"):
        describe(f"folder:{photos}/nowhere")
    with pytest.raises(WorkbenchError, match=r"no class folders with images.*train/<class>"):
        describe(f"folder:{photos}")


def test_images_without_class_folders_are_counted_in_the_error(photos, fill):
    fill(photos, 3)
    with pytest.raises(WorkbenchError, match="3 lie outside of any class"):
        describe(f"folder:{photos}")


def test_val_without_train_is_an_error_and_no_class(photos, fill):
    fill(photos / "val/cat", 2)
    with pytest.raises(WorkbenchError, match="no folder train"):
        describe(f"folder:{photos}")


def test_an_unsorted_val_folder_says_how_to_sort_it(photos, fill):
    fill(photos / "train/cat", 2), fill(photos / "val", 2)
    with pytest.raises(WorkbenchError, match="folders named as in train"):
        describe(f"folder:{photos}")


def test_a_class_that_only_val_has_is_an_error(photos, fill):
    fill(photos / "train/cat", 2), fill(photos / "val/cat", 1), fill(photos / "val/dog", 1)
    with pytest.raises(WorkbenchError, match="dog"):
        describe(f"folder:{photos}")


def test_an_empty_class_folder_is_reported_and_no_class(photos, fill):
    fill(photos / "cat", 2), fill(photos / "dog", 2), (photos / "yak").mkdir()
    assert describe(f"folder:{photos}").classes == ("cat", "dog")
    assert "without an image, left out: yak" in notices(photos)


def test_the_one_image_of_a_class_trains(photos, fill):
    fill(photos / "cat", 20), fill(photos / "yak", 1)
    source = describe(f"folder:{photos}")
    assert source.open("train").labels.tolist().count(1) == 1
    assert "single image: yak" in notices(photos)


def test_a_single_class_asks_whether_the_path_is_too_high(photos, fill):
    fill(photos / "101_ObjectCategories/cat", 4)
    assert "one folder too high" in notices(photos)


def test_one_image_in_all_cannot_be_held_out(photos, fill):
    fill(photos / "cat", 1)
    with pytest.raises(WorkbenchError, match="two images"):
        describe(f"folder:{photos}")


def test_other_files_are_ignored_and_counted(photos, fill):
    fill(photos / "cat", 2)
    for name in ("notes.txt", "more.TXT", "Thumbs.db", ".DS_Store", "._000.png"):
        (photos / "cat" / name).write_text("no image")
    assert describe(f"folder:{photos}").train_images == 1
    assert "no images, ignored: 3 (2 .txt, 1 .db)" in notices(photos)


def test_a_loop_of_links_is_not_walked(photos, fill):
    fill(photos / "cat", 2), fill(photos / "dog", 2)
    (photos / "cat/again").symlink_to(photos)
    (photos / "dog2").symlink_to(photos / "dog")
    source = describe(f"folder:{photos}")
    assert source.train_images + source.val_images == 4
    assert source.classes == ("cat", "dog")
    assert "Links to folders, not followed: dog2, cat/again" in notices(photos)


def test_links_to_images_count_and_dangling_ones_are_named(photos, fill):
    fill(photos / "cat", 2)
    (photos / "cat/link.png").symlink_to(photos / "cat/000.png")
    (photos / "cat/gone.png").symlink_to(photos / "nowhere.png")
    source = describe(f"folder:{photos}")
    assert source.train_images + source.val_images == 3
    assert "not there: cat/gone.png" in notices(photos)


def test_a_locked_folder_is_an_error_in_plain_words(photos, fill, monkeypatch):
    fill(photos / "cat", 2)

    def refuse(_scan, folder):
        raise PermissionError(13, "Permission denied", f"{photos}/{folder}")

    monkeypatch.setattr(Scan, "files", refuse)  # root may look where chmod forbids it
    with pytest.raises(WorkbenchError, match=r"No permission to look into .*cat"):
        describe(f"folder:{photos}")


def test_the_fingerprint_follows_the_files_not_the_place(photos, fill):
    fill(photos / "cat", 2), fill(photos / "dog", 2)
    before = describe(f"folder:{photos}").fingerprint
    moved = photos.rename(photos.with_name("moved"))
    assert describe(f"folder:{moved}").fingerprint == before
    os.utime(moved / "cat/000.png", ns=(1, 1))
    assert describe(f"folder:{moved}").fingerprint != before


def test_a_relative_path_means_the_same_from_everywhere(photos, fill, monkeypatch, tmp_path):
    fill(photos / "cat", 2)
    monkeypatch.chdir(tmp_path)
    spec = describe("folder:photos").spec
    monkeypatch.chdir("/")
    assert describe(spec).train_images == 1


def test_file_names_from_other_systems_survive(photos, fill):
    fill(photos / "cat", 3)
    name = os.fsdecode(b"caf\xe9.png")  # Latin-1, no UTF-8
    (photos / "cat/000.png").rename(photos / "cat" / name)
    data = open_data(f"folder:{photos}", size=8)
    assert len(data.train.names) + len(data.val.names) == 3
