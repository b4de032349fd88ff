"""The learning rate is a function of settings, moment and errors."""

import pytest

from training.config import FitConfig
from training.schedule import learning_rate, plateaus


def test_the_rate_rises_from_zero_through_the_warm_up():
    config = FitConfig(lr=0.1, warmup=2.0)
    assert [learning_rate(config, at, []) for at in (0, 0.5, 1)] == pytest.approx([0, 0.025, 0.05])


def test_cosine_falls_from_the_full_rate_to_zero():
    config = FitConfig(lr=0.1, warmup=1.0, epochs=9, schedule="cosine")
    rates = [learning_rate(config, at, []) for at in (1, 5, 9)]
    assert rates == pytest.approx([0.1, 0.05, 0.0])


def test_plateau_keeps_the_rate_while_the_error_falls_and_then_divides_it_by_ten():
    config = FitConfig(lr=0.1, schedule="plateau", patience=2)
    assert learning_rate(config, 3, [0.9, 0.8, 0.7]) == pytest.approx(0.1)
    assert learning_rate(config, 5, [0.9, 0.8, 0.7, 0.7, 0.71]) == pytest.approx(0.01)


def test_a_plateau_is_counted_anew_after_each_division():
    assert plateaus([0.5, 0.6, 0.6, 0.6, 0.6], patience=2) == 2
    assert plateaus([0.5, 0.6, 0.4, 0.6, 0.3], patience=2) == 0
