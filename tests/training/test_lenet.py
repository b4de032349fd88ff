"""LeNet-5 is the paper's, number for number."""

import math

import pytest
import torch

from training.errors import WorkbenchError
from training.models import create
from training.models.digit_codes import codes
from training.models.lenet import RadialBasis, RubbishClass, ScaledTanh, SubSampling


def parameters(layer):
    return sum(parameter.numel() for parameter in layer.parameters())


def test_lenet5_has_sixty_thousand_trainable_parameters():
    layers = create("lenet5", 10).layers
    counts = {name: parameters(layer) for name, layer in layers.items() if parameters(layer)}
    assert counts == {"C1": 156, "S2": 12, "C3": 1516, "S4": 32, "C5": 48120, "F6": 10164}
    assert sum(counts.values()) == 60_000


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        ("C1", (6, 28, 28)),
        ("S2", (6, 14, 14)),
        ("C3", (16, 10, 10)),
        ("S4", (16, 5, 5)),
        ("C5", (120, 1, 1)),
        ("F6", (84,)),
        ("output", (10,)),
    ],
)
def test_lenet5_has_the_maps_of_figure_2(layer, shape):
    outputs = create("lenet5", 10).activations(torch.zeros(1, 3, 32, 32), [layer])
    assert outputs[layer].shape[1:] == shape


def test_a_unit_of_c5_sees_the_whole_picture():
    field = create("lenet5", 10).geometry["C5"]
    assert field.box(0, 0) == (0, 0, 32, 32)


def test_c3_has_151600_connections():
    # ten by ten units, each with the weights and the bias of its map
    layer = create("lenet5", 10).layers["C3"]
    assert parameters(layer) * 100 == 151_600


def test_c3_joins_what_table_i_joins():
    weight = create("lenet5", 10).layers["C3"].weight
    joined = weight.abs().sum((2, 3)) > 0  # (16, 6)
    assert joined.sum(1).tolist() == [3] * 6 + [4] * 9 + [6]
    assert joined.sum(0).tolist() == [10] * 6
    assert joined[9].tolist() == [True, False, False, True, True, True]
    assert joined[14].tolist() == [True, False, True, True, False, True]


def test_subsampling_scales_the_sum_of_four_and_adds_a_bias():
    layer = SubSampling(1)
    torch.nn.init.constant_(layer.coefficient, 0.5)
    torch.nn.init.constant_(layer.bias, -1.0)
    maps = torch.tensor([[[[1.0, 2.0, 0.0, 0.0], [3.0, 4.0, 0.0, 2.0]]]])
    assert layer(maps).tolist() == [[[[4.0, 0.0]]]]


def test_the_squashing_function_gives_one_at_one():
    values = ScaledTanh()(torch.tensor([1.0, -1.0, 100.0]))
    torch.testing.assert_close(values, torch.tensor([1.0, -1.0, 1.7159]), rtol=1e-4, atol=1e-4)


def test_an_output_is_minus_the_squared_distance_to_the_code():
    layer = RadialBasis(torch.tensor([[1.0, -1.0], [1.0, 1.0]]))
    assert layer(torch.tensor([[1.0, 3.0]])).tolist() == [[-16.0, -4.0]]


def test_the_loss_is_that_of_equation_9():
    energies = [2.0, 5.0, 0.5]
    expected = energies[0] + math.log(math.exp(-0.7) + sum(math.exp(-y) for y in energies))
    loss = RubbishClass(0.7)(-torch.tensor([energies]), torch.tensor([0]))
    assert loss.item() == pytest.approx(expected)


def test_the_codes_are_not_trained():
    network = create("lenet5", 10)
    assert "output.codes" not in dict(network.named_parameters())
    assert "output.codes" in network.state_dict()


def test_no_two_classes_share_a_code():
    found = codes(200)
    assert found.shape == (200, 84)
    assert set(found.unique().tolist()) == {-1.0, 1.0}
    assert len(found.unique(dim=0)) == 200


def test_the_digits_codes_stay_when_there_are_more_classes():
    assert torch.equal(codes(10), codes(47)[:10])


def test_initial_weights_lie_within_the_papers_bounds():
    network = create("lenet5", 10)
    assert 0.9 * 2.4 / 400 < network.C5.weight.abs().max() <= 2.4 / 400
    assert 0.9 * 2.4 / 120 < network.F6.weight.abs().max() <= 2.4 / 120
    assert 0.5 * 2.4 / 25 < network.C1.weight.abs().max() <= 2.4 / 25


def test_a_picture_that_is_too_small_for_c5_is_refused():
    with pytest.raises(WorkbenchError, match="at least 32 px, got 28"):
        create("lenet5", 10, image_size=28)
