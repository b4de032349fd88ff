"""Settings are checked once, with words."""

import inspect
import re

import pytest

from training.config import FitConfig
from training.errors import WorkbenchError
from training.models import MODELS


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"model": "alexnett"}, "alexnet-small"),
        ({"epochs": 0}, "--epochs must be at least 1"),
        ({"batch_size": 0}, "--batch_size must be at least 1"),
        ({"resize": 0}, "--resize must be at least 1"),
        ({"color": -0.1}, "--color must be at least 0"),
        ({"scale": 1.5}, "--scale is a share of the area"),
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


def test_pictures_may_be_stored_smaller_than_the_input():
    config = FitConfig(image_size=32, resize=28)
    assert (config.stored_size, config.padding) == (28, 0)


def test_resized_crops_need_no_border():
    assert FitConfig(model="alexnet-small", scale=0.3).padding == 0


@pytest.mark.parametrize(
    ("model", "lr"), [("alexnet", 0.01), ("alexnet-small", 0.02), ("lenet5", 0.003)]
)
def test_a_network_begins_at_the_rate_that_suits_it(model, lr):
    assert FitConfig(model=model).lr == FitConfig(model=model).rate == lr
    assert FitConfig(model=model, lr=0.5).rate == 0.5


def test_the_help_names_every_network():
    source = inspect.getsource(FitConfig)  # a field's help is the string under it
    words = set(
        re.findall(r"[\w-]+", source[source.index("model: str") : source.index("data: str")])
    )
    assert set(MODELS) <= words
