"""Ten views of an image, beside torchvision's."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import TenCrop

from training.errors import WorkbenchError
from training.outputs import mean_log_probability
from training.preprocess import Preprocess
from training.views import CENTRE, ten_views

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@pytest.fixture
def pixels() -> np.ndarray:
    """Three stored images of 40 px."""
    return np.random.default_rng(0).integers(0, 256, (3, 40, 40, 3), np.uint8)


def test_the_views_are_those_of_torchvision(pixels):
    preprocess = Preprocess(32, 40, MEAN, STD)
    ours = torch.stack(list(ten_views(pixels, preprocess)), dim=1)
    for views, image in zip(ours, pixels, strict=True):
        crops = np.stack([np.asarray(crop) for crop in TenCrop(32)(Image.fromarray(image))])
        # theirs mirrors first and cuts then: its left is our right
        assert torch.allclose(views, preprocess.normalise(crops[[0, 1, 2, 3, 4, 6, 5, 8, 7, 9]]))


def test_the_fifth_view_is_the_one_that_is_looked_at_alone(pixels):
    for size in (32, 33):
        preprocess = Preprocess(size, 40, MEAN, STD)
        views = list(ten_views(pixels, preprocess))
        assert torch.equal(views[CENTRE], preprocess.from_uint8(pixels))


def test_each_view_has_its_own_part_of_the_mean_image_subtracted(pixels):
    # images that are their own mean
    preprocess = Preprocess(32, 40, MEAN, STD).with_mean_image((pixels[0] / 255).astype(np.float32))
    for view in ten_views(pixels[:1], preprocess):
        assert view.abs().max() < 1e-5


def test_where_training_had_a_border_the_corners_lie_in_it(pixels):
    preprocess = Preprocess(40, 40, (0.2, 0.4, 0.6), STD)
    top_left, *_ = ten_views(pixels, preprocess, padding=4)
    assert top_left[:, :, :4].abs().max() < 1e-6  # the mean colour
    assert torch.equal(top_left[:, :, 4:, 4:], preprocess.from_uint8(pixels)[:, :, :36, :36])


def test_ten_views_of_nothing_to_cut_off_are_refused(pixels):
    with pytest.raises(WorkbenchError, match=r"input of 40 px.*stored at 40 px.*--resize"):
        next(ten_views(pixels, Preprocess(40, 40, MEAN, STD)))


def test_probabilities_are_averaged_not_logits():
    probabilities = torch.tensor([[[0.9, 0.1]], [[0.2, 0.8]], [[0.4, 0.6]]])
    mean = mean_log_probability(probabilities.log()).exp()
    assert mean[0].tolist() == pytest.approx([0.5, 0.5])


def test_the_mean_of_nearly_impossible_answers_is_a_number():
    tiny = torch.full((1, 2), -500.0)  # exp of it is zero
    assert mean_log_probability([tiny, tiny]).tolist() == [[-500.0, -500.0]]
