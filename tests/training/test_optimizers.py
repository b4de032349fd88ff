"""How weights follow their gradients."""

import copy

import pytest
import torch

from training.config import FitConfig
from training.errors import WorkbenchError
from training.learner import Learner
from training.models import create
from training.optimizers import KrizhevskySGD, make_optimizer, set_rate

SMALL = {"image_size": 32, "widths": (4, 4, 4, 4, 4), "hidden": (8, 8), "dropout": 0.0}


@pytest.fixture
def network():
    torch.manual_seed(0)
    return create("alexnet-small", 3, **SMALL)


def test_three_steps_of_the_papers_rule_are_those_worked_out_by_hand():
    weight = torch.nn.Parameter(torch.tensor([1.0], dtype=torch.float64))
    optimizer = KrizhevskySGD([weight], lr=0.1, momentum=0.9, weight_decay=0.5)
    for rate, gradient, velocity, expected in (
        # v = 0.9·0 - 0.5·0.1·1 - 0.1·2
        (0.1, 2.0, -0.25, 0.75),
        # v = 0.9·(-0.25) - 0.5·0.1·0.75 - 0.1·1
        (0.1, 1.0, -0.3625, 0.3875),
        # the rate falls: v = 0.9·(-0.3625) - 0.5·0.01·0.3875 - 0.01·(-4)
        (0.01, -4.0, -0.2881875, 0.0993125),
    ):
        optimizer.param_groups[0]["lr"] = rate
        weight.grad = torch.tensor([gradient], dtype=torch.float64)
        optimizer.step()
        assert optimizer.state[weight]["velocity"].item() == pytest.approx(velocity, abs=1e-12)
        assert weight.item() == pytest.approx(expected, abs=1e-12)


def steps(optimizer, weight, rates):
    for step, rate in enumerate(rates):
        optimizer.param_groups[0]["lr"] = rate
        weight.grad = torch.sin(weight.detach() * (step + 1))
        optimizer.step()
    return weight.detach()


@pytest.mark.parametrize(
    ("rates", "alike"), [((0.1,) * 6, True), ((0.1,) * 3 + (0.01,) * 3, False)]
)
def test_torch_and_paper_agree_while_the_rate_stays(rates, alike):
    start = torch.linspace(-1, 1, 5, dtype=torch.float64)
    ours, theirs = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
    paper = steps(KrizhevskySGD([ours], lr=0.1, weight_decay=0.01), ours, rates)
    sgd = torch.optim.SGD([theirs], lr=0.1, momentum=0.9, weight_decay=0.01)
    assert torch.allclose(paper, steps(sgd, theirs, rates), rtol=1e-12) is alike


def test_caffes_habit_doubles_the_biases_rate_and_spares_them_decay(network):
    config = FitConfig(lr=0.1, weight_decay=0.01, multipliers={"*.bias": [2, 0]})
    optimizer = make_optimizer(network, config)
    set_rate(optimizer, 0.05)
    settings = {
        id(parameter): (group["lr"], group["weight_decay"])
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    found = {name: settings[id(parameter)] for name, parameter in network.named_parameters()}
    assert {pair for name, pair in found.items() if name.endswith(".bias")} == {(0.1, 0.0)}
    assert {pair for name, pair in found.items() if name.endswith(".weight")} == {(0.05, 0.01)}


def test_the_last_pattern_that_fits_decides(network):
    config = FitConfig(multipliers={"*": [0, 0], "fc8.*": [10, 1]})
    optimizer = make_optimizer(network, config)
    (fast,) = [group for group in optimizer.param_groups if group["lr_mult"] == 10]
    assert {id(parameter) for parameter in fast["params"]} == {
        id(network.fc8.weight),
        id(network.fc8.bias),
    }


def test_a_multiplier_for_nothing_is_refused(network):
    with pytest.raises(WorkbenchError, match=r"'conv9\.\*', which fits no parameter"):
        make_optimizer(network, FitConfig(multipliers={"conv9.*": [1, 1]}))


def test_a_rate_of_zero_leaves_a_layer_as_it_is(network):
    before = copy.deepcopy(network.state_dict())
    learner = Learner(network, FitConfig(multipliers={"conv1.*": [0, 0]}))
    learner.step(torch.randn(2, 3, 32, 32), torch.tensor([0, 1]), 0.1)
    assert torch.equal(network.conv1.weight, before["conv1.weight"])
    assert not torch.equal(network.fc8.weight, before["fc8.weight"])


def test_the_running_mean_is_what_the_hand_gets(network):
    learner = Learner(network, FitConfig(average=0.75))
    seen = []
    for step in range(3):
        torch.manual_seed(step)
        learner.step(torch.randn(4, 3, 32, 32), torch.tensor([0, 1, 2, 0]), 0.05)
        seen.append(network.fc8.weight.detach().clone())
    expected = 0.75 * (0.75 * seen[0] + 0.25 * seen[1]) + 0.25 * seen[2]
    torch.testing.assert_close(learner.network.fc8.weight, expected)
    assert not torch.equal(learner.network.fc8.weight, network.fc8.weight)


def test_without_an_average_the_network_itself_is_shown(network):
    assert Learner(network, FitConfig()).network is network
