import pytest
import torch
from torch import nn

from training.errors import WorkbenchError
from training.geometry import ReceptiveField
from training.models import MODELS, Network, create, freeze
from training.models.alexnet import AlexNet

SMALL = {"hidden": (8, 8)}  # the fully connected layers have no geometry to test


def test_one_convolution_sees_its_kernel():
    field = ReceptiveField().after(kernel=7, stride=2, padding=3)
    assert field == ReceptiveField(size=7, stride=2, start=-3)
    assert field.box(0, 0) == (-3, -3, 4, 4)
    assert field.box(2, 5) == (1, 7, 8, 14)


def test_two_convolutions_of_three_see_five():
    field = ReceptiveField().after(3, padding=1).after(3, padding=1)
    assert field == ReceptiveField(size=5, stride=1, start=-2)


@pytest.mark.parametrize(
    ("layer", "size", "stride", "start"),
    [
        ("conv1", 11, 4, -2),
        ("norm1", 11, 4, -2),
        ("pool1", 19, 8, -2),  # 11 + 2·4
        ("conv2", 51, 8, -18),  # 19 + 4·8, two units of padding
        ("pool2", 67, 16, -18),  # 51 + 2·8
        ("conv3", 99, 16, -34),  # 67 + 2·16
        ("conv4", 131, 16, -50),
        ("conv5", 163, 16, -66),
        ("relu5", 163, 16, -66),
        ("pool5", 195, 32, -66),  # 163 + 2·16
    ],
)
def test_alexnets_receptive_fields_are_those_worked_out_by_hand(layer, size, stride, start):
    fields = create("alexnet", num_classes=2, **SMALL).geometry
    assert fields[layer] == ReceptiveField(size, stride, start)


@pytest.mark.parametrize(
    ("layer", "size", "stride", "start"),
    [
        ("conv1", 7, 2, -1),
        ("pool1", 11, 4, -1),  # 7 + 2·2
        ("conv2", 27, 8, -1),  # 11 + 4·4
        ("pool2", 43, 16, -1),  # 27 + 2·8
        ("conv5", 139, 16, -49),  # 43 + 3·2·16, three units of padding
        ("pool5", 171, 32, -49),
    ],
)
def test_zfnets_receptive_fields_are_those_worked_out_by_hand(layer, size, stride, start):
    fields = create("zfnet", num_classes=2, **SMALL).geometry
    assert fields[layer] == ReceptiveField(size, stride, start)


def support(network, layer, row, col):
    """(top, left, bottom, right) of the pixels with a gradient."""
    side = network.image_size
    image = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0))
    image.requires_grad_()
    unit = network.activations(image, [layer])[layer][0, :, row, col].sum()
    (gradient,) = torch.autograd.grad(unit, image)
    rows, cols = gradient[0].abs().sum(0).nonzero().unbind(1)
    return rows.min().item(), cols.min().item(), rows.max().item() + 1, cols.max().item() + 1


def clipped(box, side):
    return tuple(min(max(edge, 0), side) for edge in box)


@pytest.mark.parametrize(
    "name", [name for name, choices in MODELS.items() if isinstance(choices, AlexNet)]
)
def test_receptive_fields_are_where_the_gradient_reaches(name):
    # average pooling and positive weights let every pixel through that a unit sees at all
    narrow = {"pooling": "average", "lrn": (), "widths": [4 for _ in MODELS[name].kernels]}
    network = freeze(create(name, num_classes=2, **narrow, **SMALL))
    for layer in network.layers.values():
        if isinstance(layer, nn.Conv2d):
            nn.init.constant_(layer.weight, 1 / layer.weight[0].numel())
    for layer, field in network.geometry.items():
        if not layer.startswith(("conv", "pool")):
            continue
        last = network.activations(torch.zeros(1, 3, *[network.image_size] * 2), [layer])
        edge = last[layer].shape[-1] - 1
        middle = (edge + 1) // 2
        for row, col in ((0, 0), (middle, middle), (0, middle), (edge, edge)):
            expected = clipped(field.box(row, col), network.image_size)
            assert support(network, layer, row, col) == expected, (layer, row, col)


@pytest.mark.parametrize("pooling", ["average", "sum", "stochastic"])
def test_all_kinds_of_pooling_have_one_geometry(pooling):
    maximum = create("zfnet", num_classes=2, **SMALL).geometry
    assert create("zfnet", num_classes=2, pooling=pooling, **SMALL).geometry == maximum


def test_fully_connected_layers_have_no_square(tiny):
    assert list(tiny.geometry)[-1] == "pool5"


def test_a_window_that_is_not_square_is_refused():
    network = Network({"conv1": nn.Conv2d(3, 4, (3, 5))}, image_size=8)
    with pytest.raises(WorkbenchError, match=r"conv1 has a window of \(3, 5\)"):
        _ = network.geometry
