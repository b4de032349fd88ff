"""What is said about a learning rate, held against what was seen of real runs."""

import numpy as np
import pytest

from training.advice import Course, advice, percent, why_dead
from training.monitor import Activity, Motion

QUIET = Activity(dead={}, saturated={})


def course(ratio, *, lr=0.1, losses=(2.3, 2.3), steps=468, measured=8, rates=None, seen=QUIET):
    """Weights of norm 1 that move by `ratio` a step: one number a layer, or one for all three."""
    rates = np.full(measured, lr) if rates is None else np.asarray(rates)
    update = np.ones((measured, 1)) * np.broadcast_to(ratio, 3) * (rates / lr)[:, None]
    ones = np.ones((measured, 3))
    names = ("conv1", "conv2", "conv3")
    step = np.arange(measured) + 1
    motion = Motion(names, np.ones(3, dtype=bool), step, rates, ones, ones, update)
    return Course(motion, seen, losses, lr, steps)


# Median update-to-weight ratio on the plateau at which all of these begin, by learning rate; runs
# of 12 epochs. Marked is what did not learn in 2 epochs while a neighbouring rate did.
SEEN = [
    ("alexnet-small, builtin", 0.0001, 0.00001, 468, "low"),
    ("alexnet-small, builtin", 0.001, 0.00008, 468, "low"),
    ("alexnet-small, builtin", 0.005, 0.00035, 468, None),
    ("alexnet-small, builtin", 0.02, 0.0013, 468, None),
    ("alexnet-small, builtin", 0.05, 0.0033, 468, None),
    ("alexnet-small, builtin", 0.1, 0.0068, 468, "high"),
    ("alexnet-small, builtin", 0.3, 0.019, 468, "high"),
    ("alexnet-small, builtin", 1.0, 0.08, 468, "high"),
    ("alexnet-small, Tiny ImageNet", 0.0001, 0.000014, 4680, "low"),
    ("alexnet-small, Tiny ImageNet", 0.001, 0.00011, 4680, None),
    ("alexnet-small, Tiny ImageNet", 0.02, 0.0016, 4680, None),
    ("alexnet-small, Tiny ImageNet", 0.1, 0.0074, 4680, "high"),
    ("alexnet-small, Tiny ImageNet", 0.3, 0.022, 4680, "high"),
    ("cifar4, CIFAR-10", 0.00001, 0.0000004, 4680, "low"),
    ("cifar4, CIFAR-10", 0.0001, 0.000004, 4680, "low"),
    ("cifar4, CIFAR-10", 0.001, 0.00004, 4680, None),
    ("cifar4, CIFAR-10", 0.01, 0.0004, 4680, None),
    ("cifar4, CIFAR-10", 0.03, 0.0013, 4680, None),
    ("cifar4, CIFAR-10", 0.1, 0.0059, 4680, "high"),
    ("cifar4, CIFAR-10", 0.3, 0.14, 4680, "high"),
    ("cifar4 with tanh, CIFAR-10", 0.01, 0.0008, 4680, None),
    ("cifar4 with sigmoid, CIFAR-10", 0.01, 0.0005, 4680, None),
]


@pytest.mark.parametrize(("network", "lr", "ratio", "steps", "wrong"), SEEN)
def test_the_rates_that_went_wrong_are_told_from_those_that_went_well(
    network, lr, ratio, steps, wrong
):
    said = advice(course(ratio, lr=lr, steps=steps))
    assert (said is None) == (wrong is None), network
    assert said is None or f"The learning rate is too {wrong}" in said


def test_a_network_that_learns_is_left_alone():
    # lenet5 on MNIST at 0.003, after a quarter of its first epoch; batch norm at 0.1 is alike
    assert advice(course(0.15, losses=[82.0, 75.0, 70.0, 64.0, 59.0])) is None
    assert advice(course(0.000001, losses=[2.3, 2.2, 2.1, 2.0, 1.9])) is None


# Mean losses of the tenths of the first epoch of lenet5 on MNIST, with the ratio at its end.
COURSES = [
    (0.003, 0.0167, [69.3, 50.9, 40.7, 32.3, 23.9, 18.2, 14.3, 12.4, 10.8, 9.9], None),
    (0.01, 0.0194, [64.0, 42.3, 28.8, 17.8, 14.6, 14.4, 11.7, 11.2, 10.7, 9.9], None),
    (0.02, 0.028, [60.7, 35.9, 21.3, 15.9, 15.2, 14.7, 15.4, 16.1, 20.2, 29.7], "high"),
    (0.03, 0.0274, [58.6, 32.6, 25.1, 19.3, 19.9, 23.4, 37.1, 48.0, 55.9, 72.4], "high"),
]


@pytest.mark.parametrize(("lr", "ratio", "losses", "wrong"), COURSES)
def test_a_loss_that_rises_again_is_told_from_one_that_goes_on_falling(lr, ratio, losses, wrong):
    said = advice(course(ratio, lr=lr, losses=[82.0, *losses[1:]]))
    assert (said is None) == (wrong is None)
    assert said is None or "the loss rises again after it fell to" in said


def test_the_noise_of_a_plateau_is_no_rise():
    losses = 4.6 + 0.05 * np.random.default_rng(0).standard_normal(200)
    assert course(0.001, losses=losses).lowest is None


def test_a_rate_that_is_too_high_is_told_with_the_layer_the_silence_and_a_better_one():
    seen = Activity(dead={"relu1": 0.1, "relu3": 0.61}, saturated={})
    assert advice(course([0.3, 0.01, 0.04], seen=seen)) == (
        "The learning rate is too high: conv3's weights change by 4 % a step (about 0.2 % is "
        "healthy), 61% of relu3's units are silent and the loss does not fall. Try --lr 0.005."
    )


def test_outputs_at_their_limits_are_the_silence_of_other_activation_functions():
    seen = Activity(dead={}, saturated={"tanh2": 0.85})
    assert "85% of tanh2's outputs are at their limits" in str(advice(course(0.08, seen=seen)))


def test_a_rate_that_is_too_low_is_told_with_how_far_it_could_go():
    assert advice(course(0.00001, lr=0.0003)) == (
        "The learning rate is too low: the weights change by 0.001 % a step, at most 0.47 % in "
        "the 468 steps of this run. Try --lr 0.003."
    )


@pytest.mark.parametrize(("ratio", "wrong"), [(0.0015, None), (0.01, "high")])
def test_within_the_warm_up_steps_are_judged_by_the_rate_it_leads_to(ratio, wrong):
    said = advice(course(ratio, rates=np.linspace(0.001, 0.03, 8)))
    assert (said is None) == (wrong is None)


def test_one_layer_alone_raises_no_alarm():
    # conv1 of alexnet-small begins very small and moves by 8 % a step while all is well
    assert advice(course([0.08, 0.0015, 0.0005])) is None


def test_nothing_is_said_after_a_few_steps():
    assert advice(course(0.5, measured=4)) is None


@pytest.mark.parametrize(
    ("share", "words"), [(0.08, "8 %"), (0.0000123, "0.0012 %"), (1.3, "130 %"), (0.5, "50 %")]
)
def test_shares_are_written_with_two_digits(share, words):
    assert percent(share) == words


def test_a_silent_layer_is_death_only_while_the_loss_is_that_of_guessing():
    silent = Activity(dead={"relu1": 0.2, "relu2": 1.0}, saturated={})
    assert "units of relu2 are at zero" in str(why_dead(np.log(10), 10, silent))
    assert why_dead(1.0, 10, silent) is None
    assert why_dead(np.log(10), 10, QUIET) is None
    assert "no longer a number" in str(why_dead(float("nan"), 10, QUIET))
