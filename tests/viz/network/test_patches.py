import pytest
import torch

from training.errors import WorkbenchError
from training.geometry import ReceptiveField
from training.models import create
from viz.network.patches import boxes, cut


def test_a_patch_inside_the_picture_is_a_plain_slice():
    pictures = torch.arange(2 * 3 * 8 * 8.0).reshape(2, 3, 8, 8)
    patches = cut(pictures, torch.tensor([[1, 2, 4, 5], [0, 0, 3, 3]]))
    assert torch.equal(patches[0], pictures[0, :, 1:4, 2:5])
    assert torch.equal(patches[1], pictures[1, :, :3, :3])


def test_a_patch_keeps_its_size_outside_the_picture_and_is_grey_there():
    patch = cut(torch.ones(1, 1, 4, 4), torch.tensor([[-1, 2, 2, 5]]))[0, 0]
    expected = torch.tensor([[0.5, 0.5, 0.5], [1.0, 1.0, 0.5], [1.0, 1.0, 0.5]])
    assert torch.equal(patch, expected)


def test_a_patch_may_be_larger_than_its_picture():
    patch = cut(torch.ones(1, 3, 4, 4), torch.tensor([[-3, -3, 7, 7]]), fill=0.0)[0]
    assert patch.shape == (3, 10, 10)
    assert patch.sum() == 3 * 4 * 4
    assert (patch[:, 3:7, 3:7] == 1).all()


def test_pictures_may_come_one_by_one():
    pictures = (torch.full((3, 4, 4), float(n)) for n in range(3))
    patches = cut(pictures, torch.tensor([[0, 0, 2, 2]] * 3))
    assert patches[:, 0, 0, 0].tolist() == [0.0, 1.0, 2.0]


def test_the_box_of_alexnets_first_units_by_hand():
    # conv1: 11x11 stride 4 padding 2, so unit (1, 2) sees rows 2..12 and columns 6..16
    network = create("alexnet-onetower", num_classes=2)
    found = boxes(network, "conv1", torch.tensor([0, 1]), torch.tensor([0, 2]))
    assert found.tolist() == [[-2, -2, 9, 9], [2, 6, 13, 17]]
    assert network.geometry["conv1"] == ReceptiveField(size=11, stride=4, start=-2)


def test_a_fully_connected_unit_sees_the_whole_image(tiny):
    assert boxes(tiny, "fc6", torch.tensor([0]), torch.tensor([0])).tolist() == [[0, 0, 32, 32]]


def test_an_unknown_layer_is_refused(tiny):
    with pytest.raises(WorkbenchError, match="No layer 'conv6'"):
        boxes(tiny, "conv6", torch.tensor([0]), torch.tensor([0]))
