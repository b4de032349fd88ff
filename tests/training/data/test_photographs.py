"""Caltech-101, Imagenette and ImageNet in the folders they come in."""

import pytest

from training.data import describe
from training.errors import WorkbenchError


def test_caltechs_background_is_no_category(photos, fill):
    folder = photos / "caltech101/101_ObjectCategories"
    for name in ("BACKGROUND_Google", "ant", "wrench"):
        fill(folder / name, 10)
    source = describe(f"caltech101:{photos}")
    assert source.classes == ("ant", "wrench")
    assert (source.train_images, source.val_images) == (18, 2)
    assert describe(f"caltech101:{photos}/caltech101").classes == source.classes


def test_imagenette_has_readable_names_wherever_it_was_unpacked(photos, fill):
    for split in ("train", "val"):
        fill(photos / "imagenette2-160" / split / "n03000684", 1)
    assert describe(f"imagenette:{photos}").classes == ("chain saw",)
    assert describe(f"imagenette:{photos}/imagenette2-160").classes == ("chain saw",)


def test_imagenet_without_files_says_where_to_get_them(photos):
    with pytest.raises(WorkbenchError, match=r"image-net\.org.*train/<class>"):
        describe(f"imagenet:{photos}")


def test_a_part_of_imagenet_keeps_its_folder_names(photos, fill):
    for split in ("train", "val"):
        fill(photos / split / "n01440764", 1)
    assert describe(f"imagenet:{photos}").classes == ("n01440764",)


def test_the_thousand_classes_of_imagenet_get_their_names(photos, fill):
    one = next(fill(photos, 1).iterdir())
    for split in ("train", "val"):
        for index in range(1000):
            folder = photos / split / f"n{index:08}"
            folder.mkdir(parents=True)
            (folder / "0.png").hardlink_to(one)
    classes = describe(f"imagenet:{photos}").classes
    assert classes[:2] == ("tench", "goldfish")
    assert len(set(classes)) == 1000
