import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from training.errors import WorkbenchError
from viz.network.fills import filling

IMAGE = torch.tensor([[[1.0, 3], [5, 7]], [[0, 0], [0, 8]], [[-2, -2], [-2, -2]]])


def test_grey_is_zero_everywhere():
    assert filling("grey", IMAGE).tolist() == torch.zeros(3, 2, 2).tolist()


def test_mean_is_the_mean_of_each_colour():
    assert filling("mean", IMAGE)[:, 0, 1].tolist() == [4, 2, -2]
    assert filling("mean", IMAGE).shape == IMAGE.shape


def test_blur_is_scipys_gaussian_of_10_px_of_224(noise):
    image = noise[0].double()
    truth = [gaussian_filter(plane, 10 / 7, mode="mirror", radius=5) for plane in image.numpy()]
    assert np.allclose(filling("blur", image), np.stack(truth), atol=1e-12)  # 32 is a 7th of 224


def test_blur_leaves_an_even_image_and_takes_the_smallest():
    assert torch.allclose(filling("blur", torch.full((3, 20, 20), 1.5)), torch.tensor(1.5))
    assert filling("blur", IMAGE).shape == IMAGE.shape


def test_noise_is_normal_and_the_same_every_time(noise):
    state = torch.get_rng_state()
    one = filling("noise", torch.zeros(3, 100, 100))
    assert torch.equal(one, filling("noise", torch.ones(3, 100, 100)))
    assert one.mean().abs() < 0.02
    assert one.std() == pytest.approx(1, abs=0.02)
    assert torch.equal(torch.get_rng_state(), state)  # nobody else's chance is touched
    assert filling("noise", noise[0]).shape == noise[0].shape


def test_a_number_fills_with_itself():
    assert (filling("-1.5", IMAGE) == -1.5).all()


@pytest.mark.parametrize("name", ["gray", "", "nan", "inf"])
def test_another_name_is_refused_with_those_there_are(name):
    with pytest.raises(WorkbenchError, match="grey, mean, blur, noise, or a number"):
        filling(name, IMAGE)
