import numpy as np
import pytest

from training.data import Split
from training.errors import WorkbenchError
from training.preprocess import Preprocess
from viz.network.objects import known, object_mask, object_masks, object_sizes, require_known

HALF = (0.5, 0.5, 0.5)


def split(side: int = 8, *, masks=None, boxes=None, count: int = 2) -> Split:
    images = np.zeros((count, side, side, 3), np.uint8)
    boxes = None if boxes is None else np.array(boxes, np.int32)
    return Split(images, np.zeros(count, np.int64), [""] * count, masks, boxes)


def seen(size: int, stored: int = 8) -> Preprocess:
    return Preprocess(size, stored, HALF, HALF)


def test_a_box_is_filled_from_its_first_to_before_its_last_pixel():
    mask = object_mask(split(boxes=[[1, 2, 4, 3], [-1] * 4]), seen(8), 0)
    assert np.argwhere(mask).tolist() == [[2, 1], [2, 2], [2, 3]]  # row, column


def test_only_images_with_a_box_are_known():
    boxes = split(boxes=[[-1] * 4, [0, 0, 8, 8]])
    assert known(boxes).tolist() == [1]
    assert object_mask(boxes, seen(8), 0) is None
    assert known(split()).tolist() == []
    assert object_mask(split(), seen(8), 0) is None


def test_an_object_is_cut_as_its_image_is():
    masks = np.zeros((2, 8, 8), bool)
    masks[0, 1, 1] = masks[0, 2, 3] = True
    masks[1, 0, 0] = True
    data = split(masks=masks)
    assert np.argwhere(object_masks(data, seen(6), np.array([0]))[0]).tolist() == [[0, 0], [1, 2]]
    assert object_mask(data, seen(6), 1) is None  # outside of what the network sees
    assert np.argwhere(object_mask(data, seen(12), 1)).tolist() == [[2, 2]]  # on a larger ground


def test_masks_are_cut_where_pixels_are():
    pixels = np.random.default_rng(0).integers(0, 2, (1, 9, 9), dtype=np.uint8)
    for size in (4, 5, 9, 12):
        preprocess = seen(size, 9)
        colours = preprocess.picture(preprocess.from_uint8(pixels[..., None].repeat(3, 3) * 255))
        mask = preprocess.see_masks(pixels.astype(bool))
        np.testing.assert_array_equal(mask[0], colours[0, 0].numpy() > 0.5)


def test_a_size_is_the_side_of_a_square_of_the_same_area():
    sizes = object_sizes(split(boxes=[[0, 0, 8, 2], [-1] * 4]), seen(8))
    assert sizes.tolist() == [4.0]


def test_without_objects_it_says_what_would_tell_them():
    with pytest.raises(WorkbenchError, match=r"boxes\.csv"):
        require_known(split())
