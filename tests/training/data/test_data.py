"""One string names a data set; a wrong one teaches the right ones."""

import numpy as np
import pytest

from training.data import builtin, describe, open_data
from training.errors import WorkbenchError


@pytest.fixture
def few(monkeypatch):
    """The built-in set, cut down to 40 and 20 images."""
    draw = builtin.draw
    counts = {"train": 40, "val": 20}
    monkeypatch.setattr(builtin, "TRAIN_IMAGES", 40)
    monkeypatch.setattr(builtin, "VAL_IMAGES", 20)
    monkeypatch.setattr(builtin, "draw", lambda split: draw(split, count=counts[split]))


@pytest.mark.parametrize("spec", ["", "builtin:", "folder", "folder:", "cifar100:data", "photos"])
def test_an_unknown_data_set_teaches_the_known_ones(spec):
    with pytest.raises(WorkbenchError, match=r"builtin, folder:PATH, cifar10:PATH, mnist:PATH"):
        describe(spec)


def test_a_size_must_be_one():
    with pytest.raises(WorkbenchError, match="0 px"):
        open_data("builtin", size=0)


def test_the_builtin_set_is_described_without_drawing(monkeypatch):
    monkeypatch.setattr(builtin, "draw", None)
    source = describe("builtin")
    assert source.classes == builtin.CLASSES
    assert (source.train_images, source.val_images) == (5000, 1000)
    assert (source.mean, source.std) == (builtin.MEAN, builtin.STD)


@pytest.mark.usefixtures("few")
def test_the_builtin_set_is_stored_as_drawn_with_its_masks():
    data = open_data("builtin", size=64)
    drawing = builtin.draw("val")
    np.testing.assert_array_equal(data.val.images, drawing.images)
    np.testing.assert_array_equal(data.val.masks, drawing.masks)
    np.testing.assert_array_equal(data.val.labels, drawing.labels)
    assert data.train.names[17] == "builtin train 17"


@pytest.mark.usefixtures("few")
def test_masks_shrink_with_the_builtin_images():
    data = open_data("builtin", size=32)
    masks = builtin.draw("val").masks
    assert data.val.images.shape == (20, 32, 32, 3)
    assert (data.val.masks.shape, data.val.masks.dtype) == ((20, 32, 32), bool)
    np.testing.assert_allclose(data.val.masks.mean(axis=(1, 2)), masks.mean(axis=(1, 2)), atol=0.02)
