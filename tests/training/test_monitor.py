"""What a step does to the weights, against arithmetic; which units are dead, by hand."""

import pytest
import torch
from torch import nn

from training.config import FitConfig
from training.learner import Learner
from training.models import Network
from training.monitor import Gauge, activity


@pytest.fixture
def network() -> Network:
    """conv1 of two 1×1 filters, relu1, fc2: small enough to know every number."""
    network = Network(
        {"conv1": nn.Conv2d(1, 2, 1), "relu1": nn.ReLU(), "fc2": nn.Linear(8, 2)}, image_size=2
    )
    nn.init.constant_(network.layers["conv1"].weight, 3.0)
    nn.init.constant_(network.layers["fc2"].weight, 0.5)
    return network


def test_a_step_is_measured_as_the_difference_of_the_weights(network):
    gauge = Gauge(network, steps=1)
    weight = network.layers["conv1"].weight
    weight.grad = torch.full_like(weight, 4.0)
    with gauge.step(0.1), torch.no_grad():
        weight += torch.tensor([0.6, 0.8]).view(2, 1, 1, 1)  # whatever the rule of update
    motion = gauge.motion()
    assert motion.layers == ("conv1", "fc2")
    assert motion.weight[0, 0] == pytest.approx(18**0.5)  # of (3, 3)
    assert motion.gradient[0, 0] == pytest.approx(32**0.5)  # of (4, 4)
    assert motion.update[0, 0] == pytest.approx(1.0)  # of (0.6, 0.8)
    assert motion.ratio[0, 0] == pytest.approx(1 / 18**0.5)
    assert motion.update[0, 1] == motion.gradient[0, 1] == 0  # fc2 stood still
    assert motion.lr.tolist() == [0.1]


@pytest.mark.parametrize(
    ("steps", "measured"),
    [
        (3, [1, 2, 3]),
        (20, list(range(1, 21))),
        (390, [int(19.5 * number) + 1 for number in range(20)]),
    ],
)
def test_twenty_steps_of_an_epoch_are_measured_the_first_among_them(network, steps, measured):
    gauge = Gauge(network, steps)
    for _ in range(steps):
        with gauge.step(0.1):
            pass
    assert gauge.motion().step.tolist() == measured


@pytest.mark.parametrize("update", ["torch", "krizhevsky"])
def test_watched_or_not_the_weights_become_the_same(make_tiny, noise, update):
    labels = torch.arange(len(noise)) % 4
    ends = []
    for is_watched in (True, False):
        network = make_tiny().train().requires_grad_(True)
        settings = {"*.bias": [2, 0]}
        learner = Learner(network, FitConfig(update=update, multipliers=settings))
        gauge = Gauge(network, 4) if is_watched else None
        torch.manual_seed(0)
        for _ in range(4):
            learner.step(noise, labels, 0.1, gauge=gauge)
        ends.append(network.state_dict())
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_plain_gradient_descent_moves_by_the_rate_times_the_gradient(make_tiny, noise):
    network = make_tiny().train().requires_grad_(True)
    learner = Learner(network, FitConfig(momentum=0.0, weight_decay=0.0))
    gauge = Gauge(network, 1)
    learner.step(noise, torch.arange(len(noise)) % 4, 0.1, gauge=gauge)
    motion = gauge.motion()
    assert motion.layers == ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8")
    assert motion.update == pytest.approx(0.1 * motion.gradient, rel=1e-3)


def test_weights_of_one_number_a_channel_are_told_from_those_that_join_channels(make_tiny):
    motion = Gauge(make_tiny(batch_norm=True).requires_grad_(True), 1).motion()
    joins = dict(zip(motion.layers, motion.joins, strict=True))
    assert joins["conv1"]
    assert not joins["bn1"]


def test_a_unit_is_dead_that_is_silent_everywhere_in_every_image(network):
    conv = network.layers["conv1"]
    with torch.no_grad():
        conv.weight.copy_(torch.tensor([1.0, -1.0]).view(2, 1, 1, 1))
        conv.bias.zero_()
    light = torch.ones(5, 1, 2, 2)
    assert activity(network.eval(), light).dead == {"relu1": 0.5}  # the second hates light
    light[4, 0, 1, 1] = -1.0  # one dark pixel wakes it
    assert activity(network, light).dead == {"relu1": 0.0}


@pytest.mark.parametrize(("kind", "at_limit"), [(nn.Tanh, 3.0), (nn.Sigmoid, 6.0)])
def test_outputs_near_their_limits_are_saturated(kind, at_limit):
    network = Network(
        {"fc1": nn.Linear(4, 4), "act1": kind(), "fc2": nn.Linear(4, 2)}, image_size=1
    )
    nn.init.eye_(network.layers["fc1"].weight)
    nn.init.zeros_(network.layers["fc1"].bias)
    sums = torch.tensor([[at_limit, -at_limit, 0.5, 1.0]])
    seen = activity(network, sums)
    assert seen.saturated == {"act1": 0.5}
    assert seen.dead == {}
