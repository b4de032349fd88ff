"""One preprocessing for training, mining and uploads, and its inverse for drawing."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import v2

from training.preprocess import Preprocess, square

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def photograph(width: int, height: int) -> Image.Image:
    """Smooth and different everywhere, so that a shift shows."""
    rows, columns = np.mgrid[0:height, 0:width]
    channels = (columns * 255 / width, rows * 255 / height, (rows + columns) % 256)
    return Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8))


@pytest.mark.parametrize("size", [(300, 200), (200, 301), (90, 90)])
def test_it_agrees_with_torchvision_on_resizing_and_cropping(size):
    preprocess = Preprocess(size=56, resize=64, mean=MEAN, std=STD)
    image = photograph(*size)
    reference = v2.Compose(
        [
            v2.Resize(64, v2.InterpolationMode.BICUBIC),
            v2.CenterCrop(56),
            v2.ToImage(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(MEAN, STD),
        ]
    )
    difference = (preprocess(image) - reference(image)).abs()
    # within two grey levels: torchvision cuts the long side down, we round it
    assert difference.max() < 2.5 / 255 / min(STD)


def test_the_inverse_gives_the_colours_back():
    preprocess = Preprocess(size=48, resize=64, mean=MEAN, std=STD)
    image = photograph(64, 64)
    seen = np.asarray(preprocess.crop(image)) / 255
    picture = preprocess.picture(preprocess(image)).permute(1, 2, 0).numpy()
    assert np.abs(picture - seen).max() < 1e-5


def test_stored_pixels_and_an_upload_become_the_same_input():
    preprocess = Preprocess(size=56, resize=64, mean=MEAN, std=STD)
    image = photograph(120, 80)
    stored = np.asarray(square(image, 64))[None]
    assert torch.equal(preprocess.from_uint8(stored)[0], preprocess(image))


def test_zero_is_the_mean_colour():
    preprocess = Preprocess(size=8, resize=8, mean=MEAN, std=STD)
    grey = preprocess.picture(torch.zeros(3, 8, 8))
    assert grey[:, 0, 0].tolist() == pytest.approx(MEAN)


def test_batches_come_channels_last():
    pixels = np.zeros((2, 8, 8, 3), np.uint8)
    images = Preprocess(size=8, resize=8, mean=MEAN, std=STD).from_uint8(pixels)
    assert images.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(("stored", "size"), [(28, 32), (27, 32), (28, 31)])
def test_a_small_picture_lies_in_the_middle_on_black(stored, size):
    preprocess = Preprocess(size=size, resize=stored, mean=(0.1,) * 3, std=(0.3,) * 3)
    image = photograph(stored, stored)
    picture = preprocess.picture(preprocess(image)).permute(1, 2, 0).numpy()
    seen = np.asarray(preprocess.crop(image)) / 255
    assert np.abs(picture - seen).max() < 1e-5
    first = (size - stored + 1) // 2
    inside = np.zeros((size, size), bool)
    inside[first : first + stored, first : first + stored] = True
    assert np.allclose(seen[inside].reshape(stored, stored, 3), np.asarray(image) / 255)
    assert (seen[~inside] == 0).all()


def with_mean_image(size: int, resize: int) -> Preprocess:
    mean_image = np.random.default_rng(0).random((resize, resize, 3), np.float32)
    return Preprocess(size, resize, MEAN, STD).with_mean_image(mean_image)


@pytest.mark.parametrize(("size", "resize"), [(48, 64), (64, 64), (32, 28)])
def test_zero_is_the_centre_of_the_mean_image(size, resize):
    preprocess = with_mean_image(size, resize)
    seen = preprocess.picture(torch.zeros(3, size, size)).permute(1, 2, 0).numpy()
    margin = (resize - size) // 2
    if margin < 0:
        seen = seen[-margin:margin, -margin:margin]
        margin = 0
    inner = slice(margin, resize - margin)
    assert seen == pytest.approx(preprocess.mean_image[inner, inner], abs=1e-6)


@pytest.mark.parametrize(("size", "resize"), [(48, 64), (32, 28)])
def test_with_a_mean_image_the_inverse_gives_the_colours_back(size, resize):
    preprocess, image = with_mean_image(size, resize), photograph(90, 70)
    seen = np.asarray(preprocess.crop(image)) / 255
    picture = preprocess.picture(preprocess(image)).permute(1, 2, 0).numpy()
    assert np.abs(picture - seen).max() < 1e-5


def test_a_mean_image_is_subtracted_and_all_channels_divided_by_one_number():
    preprocess, image = with_mean_image(64, 64), photograph(64, 64)
    truth = (np.asarray(image) / 255 - preprocess.mean_image) / np.sqrt(np.square(STD).mean())
    assert preprocess(image).permute(1, 2, 0).numpy() == pytest.approx(truth, abs=1e-5)
