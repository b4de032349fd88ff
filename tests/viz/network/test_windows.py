"""Only what a unit depends on is computed; nothing of the picture may change by that."""

import pytest
import torch

from training.models import create, freeze
from viz.deconvnet import project, strongest_units
from viz.network.windows import map_size, parts

pytestmark = pytest.mark.thorough

NETWORKS = {
    "lrn": ("alexnet-small", {"image_size": 48}, ["conv1", "norm1", "conv2", "relu3", "pool5"]),
    "hanging windows": ("zfnet", {"image_size": 64}, ["conv1", "pool1", "conv2", "conv3"]),
    "no overlap": ("alexnet-small", {"image_size": 48, "pool_kernel": 2}, ["pool1", "conv3"]),
    "average": ("alexnet-small", {"image_size": 48, "pooling": "average"}, ["pool1", "conv3"]),
    "towers": ("alexnet-small", {"image_size": 48, "groups": (1, 2, 1, 2, 2)}, ["conv3"]),
    "lenet": ("lenet5", {}, ["C1", "S2", "C3", "S4"]),
    "residual": ("resnet18", {"image_size": 96}, ["conv1", "pool1", "add2_1", "add3_1"]),
    "inception": ("googlenet", {"image_size": 96}, ["pool1", "inception3a"]),
}
CASES = [(name, layer) for name, (_, _, layers) in NETWORKS.items() for layer in layers]


@pytest.fixture(scope="module")
def double():
    """The networks, in double precision, where no rounding hides a mistake or makes one."""
    made = {}

    def build(name):
        if name not in made:
            model, options, _ = NETWORKS[name]
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                network = create(model, 4, **options)
                for parameter in network.parameters():
                    if parameter.dim() == 1:  # biases of 0 would hide mistakes
                        torch.nn.init.uniform_(parameter, -0.1, 0.1)
            made[name] = freeze(network.double())
        return made[name]

    return build


def images_for(network, count):
    side = network.image_size
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, 3, side, side, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize(("name", "layer"), CASES)
def test_a_unit_anywhere_has_the_gradient_of_its_whole_image(double, name, layer):
    network = double(name)
    rows, columns = map_size(network, layer, (network.image_size,) * 2)
    middle = rows // 2, columns // 2
    units = torch.tensor([(0, 0), (0, columns - 1), (rows - 1, 0), (rows - 1, 1), middle])
    images = images_for(network, len(units)).requires_grad_()
    maps = network.activations(images, [layer])[layer]
    channels = torch.arange(len(units)) % maps.shape[1]
    of_units = maps[torch.arange(len(units)), channels, units[:, 0], units[:, 1]]
    (expected,) = torch.autograd.grad(of_units.sum(), images)
    found = project(network, images.detach(), layer, channels, units=units, rule="gradient")
    assert torch.allclose(found, expected, atol=1e-12 + 1e-9 * float(expected.abs().max()))


@pytest.mark.parametrize(("name", "layer"), CASES)
def test_a_projection_is_that_of_the_whole_image(double, name, layer):
    network = double(name)
    images = images_for(network, 5)
    maps = network.activations(images, [layer])[layer]
    channels = torch.arange(5) % maps.shape[1]
    # where no unit is given, whole maps are needed to find it, and whole maps are projected
    expected = project(network, images, layer, channels)
    found = project(network, images, layer, channels, units=strongest_units(maps, channels))
    assert float(expected.abs().max()) > 0
    assert torch.allclose(found, expected, atol=1e-9 * float(expected.abs().max()))


@pytest.mark.parametrize(("name", "layer"), CASES)
def test_the_size_of_a_map_is_known_without_making_it(double, name, layer):
    network = double(name)
    maps = network.activations(images_for(network, 1), [layer])[layer]
    assert map_size(network, layer, (network.image_size,) * 2) == maps.shape[2:]


def test_a_unit_in_the_middle_depends_on_its_receptive_field_alone(double):
    network = double("lrn")
    found = parts(network, "conv2", torch.tensor([[5, 6]]), (48, 48))
    # by hand: conv2 is 5×5, pool1 3×3 with stride 2, conv1 7×7 with stride 2
    sides = {name: part.window.rows.length for name, part in found.items()}
    assert sides == {"image": 27, "conv1": 11, "relu1": 11, "norm1": 11, "pool1": 5, "conv2": 1}
    field = network.geometry["conv2"].box(5, 6)
    window = found["image"].window
    assert (int(window.rows.start), int(window.cols.start)) == field[:2]
