"""Pictures turned grey for networks of one channel: by one rule, from training to uploads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import transforms

from training.channels import channels_of, share_of
from training.ensemble import evaluate_together, open_members
from training.errors import WorkbenchError
from training.fit import fit
from training.models import create
from training.preprocess import Preprocess
from training.views import ten_views

pytestmark = pytest.mark.thorough

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 40, 40, 3), np.uint8)
GREY = Preprocess(32, 40, (0.4,), (0.2,), channels="grey")


def test_grey_is_pillows_to_the_last_bit() -> None:
    every = np.stack(np.meshgrid(*[np.arange(0, 256, 5)] * 3), axis=-1).astype(np.uint8)
    every = every.reshape(-1, 8, 3)
    pillows = np.asarray(Image.fromarray(every).convert("L"))
    assert (channels_of(every, "grey")[..., 0] == pillows).all()


def test_a_grey_picture_keeps_its_values() -> None:
    every = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert (channels_of(np.stack([every] * 3, axis=-1), "grey")[..., 0] == every).all()


def test_one_channel_is_what_torchvisions_pipeline_gives() -> None:
    pipeline = transforms.Compose(
        [
            transforms.CenterCrop(32),
            transforms.Grayscale(),
            transforms.ToTensor(),
            transforms.Normalize(0.4, 0.2),
        ]
    )
    image = Image.fromarray(PIXELS[0])
    torch.testing.assert_close(GREY(image), pipeline(image), rtol=0, atol=1e-5)


def test_an_upload_is_turned_grey_as_training_images_are() -> None:
    uploads = torch.stack([GREY(Image.fromarray(each)) for each in PIXELS])
    assert torch.equal(uploads, GREY.from_uint8(PIXELS))


def test_the_picture_of_an_input_is_its_grey_in_three_colours() -> None:
    shown = GREY.picture(GREY.from_uint8(PIXELS))
    grey = channels_of(PIXELS, "grey")[:, 4:36, 4:36, 0] / 255
    assert shown.shape == (5, 3, 32, 32)
    for plane in shown.unbind(1):
        assert plane.numpy() == pytest.approx(grey, abs=1e-6)


def test_small_pictures_lie_on_black_and_ten_views_are_grey() -> None:
    small = Preprocess(48, 40, (0.4,), (0.2,), channels="grey")
    shown = small.picture(small.from_uint8(PIXELS))
    assert (shown[..., :4, :] == 0).all()
    views = list(ten_views(PIXELS, GREY))
    assert {tuple(each.shape) for each in views} == {(5, 1, 32, 32)}
    assert torch.equal(views[4], GREY.from_uint8(PIXELS))


def test_a_mean_image_is_turned_grey_and_subtracted() -> None:
    mean = (PIXELS.mean(0) / 255).astype(np.float32)
    preprocess = GREY.with_mean_image(mean)
    assert preprocess.mean_image is not None
    assert preprocess.mean_image.shape == (40, 40, 1)
    centred = preprocess.from_uint8(PIXELS).mean(0)
    assert centred.abs().max() < 0.5 / 255 / preprocess.std[0]  # each picture's grey is rounded
    back = preprocess.picture(preprocess.from_uint8(PIXELS))[:, 0].numpy()
    grey = channels_of(PIXELS, "grey")[:, 4:36, 4:36, 0] / 255
    assert back == pytest.approx(grey, abs=1e-6)


def test_colours_that_vary_make_their_grey_vary() -> None:
    shifts = np.array([[0.1, 0.2, 0.3]] * 5)
    plain = GREY.from_uint8(PIXELS)
    added = GREY.shifted(plain.clone(), shifts) - plain
    assert added.numpy() == pytest.approx(share_of(shifts, "grey")[0, 0] / 0.2, abs=1e-5)


@pytest.mark.parametrize(
    "changes",
    [{}, {"mean": "image"}, {"color": 0.1, "distort": 1.0}, {"model": "lenet5"}, {"scale": 0.5}],
)
def test_a_network_of_one_channel_trains_and_is_evaluated(recipe: Any, changes: Any) -> None:
    config = recipe(epochs=1, options={"channels": 1})
    if "model" in changes:
        changes = changes | {"options": {"channels": 1}, "lr": 0.003}
    run = fit(replace(config, **changes))
    assert run.preprocess.channels == "grey"
    assert len(run.preprocess.mean) == 1
    network = run.network()
    assert network.layers[network.convolutions[0]].in_channels == 1
    [score] = evaluate_together(open_members([run]))
    assert score.evaluation.top1 == pytest.approx(run.metrics()["val_top1"].iloc[-1])


@pytest.mark.parametrize("model", ["alexnet-small", "lenet5", "cifar4"])
@pytest.mark.parametrize("channels", [0, 2, 4, "grey"])
def test_other_numbers_of_channels_are_refused(model: str, channels: Any) -> None:
    with pytest.raises(WorkbenchError, match="channels must be one of 1, 3"):
        create(model, 3, channels=channels)
