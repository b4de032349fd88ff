import pytest
import torch
from torch import Tensor, nn

from training.models import Network
from training.outputs import SOFTMAX
from viz.attribution import METHODS, attribution, evidence
from viz.attribution.covering import by_occlusion, covered_log_odds

LABELS = torch.tensor([0, 3, 1])


class Light(nn.Module):
    """Logit of class 1: so much for each unit of light in the square of 6 px from (8, 4) on."""

    def __init__(self, strength: float) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.tensor(strength), requires_grad=False)

    def forward(self, images: Tensor) -> Tensor:
        light = images[:, :, 8:14, 4:10].mean((1, 2, 3))
        return torch.stack([torch.zeros_like(light), self.strength * light], dim=1)


def light(strength: float) -> Network:
    return Network({"fc": Light(strength)}, image_size=24).eval()


def test_log_odds_are_those_of_the_softmax():
    logits = torch.randn(3, 4, generator=torch.Generator().manual_seed(0)).double()
    share = logits.softmax(1)[torch.arange(3), LABELS]
    assert torch.allclose(SOFTMAX.log_odds(logits, LABELS), (share / (1 - share)).log())


def test_every_place_is_covered_as_by_hand(tiny, noise):
    found = covered_log_odds(tiny, noise[:3], LABELS, window=10, stride=4)
    assert found.shape == (3, 6, 6)
    for image, row, column in ((0, 0, 0), (1, 2, 5), (2, 5, 1)):
        covered = noise[image : image + 1].clone()
        covered[:, :, 4 * row : 4 * row + 10, 4 * column : 4 * column + 10] = 0
        truth = SOFTMAX.log_odds(tiny(covered), LABELS[image : image + 1])
        assert found[image, row, column] == pytest.approx(float(truth), abs=1e-4)


@pytest.mark.parametrize("strength", [3.0, 60.0])
def test_occlusion_points_at_the_only_pixels_that_matter(strength):
    images = torch.ones(2, 3, 24, 24)
    found = by_occlusion(light(strength), images, torch.tensor([1, 1]), window=6, stride=2)
    assert found.peak.tolist() == [[11, 7], [11, 7]]  # the middle of rows 8 to 13, columns 4 to 9
    outside = found.maps[0].clone()
    outside[3:19, 0:15] = 0
    assert outside.abs().max() < 1e-5


def test_a_sure_network_is_not_pointed_at_by_rounding():
    network, images = light(60.0), torch.ones(1, 3, 24, 24)
    images[:, :, 8:14, 4:10] = 1.5
    images[:, :, 8:14, 4:7] = 0.5  # so that no square takes all of its evidence at once
    covered = covered_log_odds(network, images, torch.tensor([1]), window=3, stride=1)
    assert (covered.sigmoid() == 1).all()  # what single precision makes of the probability
    found = by_occlusion(network, images, torch.tensor([1]), window=3, stride=1)
    row, column = found.peak[0].tolist()
    assert 8 <= row < 14
    assert 7 <= column < 10


def test_other_methods_point_at_their_largest_pixel(tiny, noise):
    maps = attribution(tiny, noise[:3], LABELS, method="gradient")
    found = evidence(tiny, noise[:3], LABELS, method="gradient")
    for one, (row, column) in zip(maps, found.peak.tolist(), strict=True):
        assert one[row, column] == one.max()


def test_every_method_gives_a_map_of_the_image_and_a_point(tiny, noise):
    for method in METHODS:
        found = evidence(tiny, noise[:2], LABELS[:2], method=method)
        assert found.maps.shape == (2, 32, 32)
        assert found.peak.shape == (2, 2)
