"""A network of two towers, written with chunk: what views compute of it is autograd's and whole."""

import pytest
import torch
from captum.attr import NeuronDeconvolution, NeuronGradient, NeuronGuidedBackprop
from torch import nn

from training.adopt.adopt import adopt
from training.models import Network
from training.models.merge import Slice
from viz.architecture import describe
from viz.deconvnet import project
from viz.network.layers import kind_of, last_hidden, last_maps, source_of
from viz.self_check import self_check

pytestmark = pytest.mark.thorough

SIZE = 16
CAPTUMS = {
    "deconvnet": NeuronDeconvolution,
    "guided": NeuronGuidedBackprop,
    "gradient": NeuronGradient,
}


class Towers(nn.Module):
    """Each sees one half of the maps, and the second one more layer."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem, self.relu = nn.Conv2d(3, 6, 3, padding=1), nn.ReLU()
        self.left, self.right = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3)
        self.relu_left, self.relu_right = nn.ReLU(), nn.ReLU()
        self.pool, self.fc = nn.MaxPool2d(2), nn.Linear(8 * 49, 5)

    def forward(self, images):
        one, two = self.relu(self.stem(images)).chunk(2, 1)
        maps = torch.cat([self.relu_left(self.left(one)), self.relu_right(self.right(two))], 1)
        return self.fc(self.pool(maps).flatten(1))


@pytest.fixture
def towers() -> Network:
    return adopt(Towers().eval(), image_size=SIZE).network


@pytest.mark.parametrize("rule", CAPTUMS)
@pytest.mark.parametrize(("layer", "channel", "unit"), [("right", 2, (0, 13)), ("left", 1, (6, 5))])
def test_projections_are_what_captum_computes_of_the_authors_own(
    towers, rule, layer, channel, unit
):
    image, net = torch.randn(1, 3, SIZE, SIZE), Towers().eval()
    theirs = CAPTUMS[rule](net, getattr(net, layer)).attribute(
        image.clone().requires_grad_(), (channel, *unit)
    )
    channels, units = torch.tensor([channel]), torch.tensor([unit])
    ours = project(towers, image, layer, channels, units=units, rule=rule)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)


def test_the_self_check_covers_them(towers):
    found = self_check(towers)
    assert found.passed
    assert not found.uncovered


def test_a_tower_begins_with_some_channels_of_what_it_parts_from(towers):
    halves = [name for name, layer in towers.layers.items() if isinstance(layer, Slice)]
    assert [kind_of(towers.layers[name]) for name in halves] == ["merge", "merge"]
    assert [source_of(towers, name) for name in halves] == halves  # its channel 0 is another's 3
    kinds = {row.name: row.kind for row in describe(towers)}
    assert [kinds[name] for name in halves] == ["channels 0 to 2", "channels 3 to 5"]


def test_the_last_maps_are_the_towers_side_by_side(towers):
    assert last_maps(towers) == towers.inputs["pool"][0]
    assert last_hidden(towers) == "pool"
