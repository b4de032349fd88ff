"""Settings are checked once, with words."""

import pytest

from training.config import FitConfig
from training.errors import WorkbenchError


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"model": "alexnett"}, "alexnet-small"),
        ({"epochs": 0}, "--epochs must be at least 1"),
        ({"batch_size": 0}, "--batch_size must be at least 1"),
        ({"image_size": 64, "resize": 32}, "smaller than the network's input"),
    ],
)
def test_a_wrong_setting_says_what_would_be_right(wrong, words):
    with pytest.raises(WorkbenchError, match=words):
        FitConfig(**wrong)


def test_images_for_224_px_are_stored_at_256_as_in_the_paper():
    config = FitConfig(model="alexnet")
    assert (config.input_size, config.stored_size, config.padding) == (224, 256, 0)


def test_small_images_are_stored_whole_and_cropped_out_of_a_border():
    config = FitConfig(model="alexnet-small")
    assert (config.input_size, config.stored_size, config.padding) == (64, 64, 4)
