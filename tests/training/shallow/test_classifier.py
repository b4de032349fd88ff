"""Least squares that leave one image out in closed form, and a run made with them."""

import numpy as np
import pytest

from training.shallow.classifier import balanced, fit_linear


@pytest.fixture(scope="module")
def sample():
    """Forty rows of three numbers far from 0, of three classes that overlap."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 40)
    return rng.normal(np.eye(3)[labels] + 5, 0.5), labels


def solved(rows, targets, ridge):
    """Weights and bias of least squares with a ridge on the weights only, from their equations."""
    ones = np.column_stack([rows, np.ones(len(rows))])
    penalty = np.diag([*[ridge] * rows.shape[1], 0.0])
    found = np.linalg.solve(ones.T @ ones + penalty, ones.T @ targets)
    return found[:-1], found[-1]


def test_scores_are_those_of_least_squares_up_to_one_scale(sample):
    rows, labels = sample
    fitted = fit_linear(rows @ rows.T, labels, 3)
    centred = rows - rows.mean(0)
    ridge = fitted.strength * np.square(centred).sum() / len(rows)
    weights, bias = solved(rows, np.where(labels[:, None] == np.arange(3), 1, -1), ridge)
    scores, told = rows @ (rows.T @ fitted.weights) + fitted.bias, rows @ weights + bias
    scale = (scores * told).sum() / np.square(told).sum()
    assert scale > 0
    assert np.allclose(scores, scale * told, atol=1e-6)


def test_the_accuracy_told_is_that_of_classifiers_fitted_without_the_image(sample):
    rows, labels = sample
    fitted = fit_linear(rows @ rows.T, labels, 3)
    ridge = fitted.strength * np.square(rows - rows.mean(0)).sum() / len(rows)
    targets = np.where(labels[:, None] == np.arange(3), 1, -1)
    predicted = []
    for each in range(len(rows)):
        others = np.arange(len(rows)) != each
        weights, bias = solved(rows[others], targets[others], ridge)
        predicted.append((rows[each] @ weights + bias).argmax())
    assert fitted.left_out_top1 == balanced(np.array(predicted), labels)


def test_a_mean_over_classes_counts_a_small_class_as_much_as_a_large_one():
    labels = np.array([0] * 8 + [1, 1])
    assert balanced(np.zeros(10, int), labels) == 0.5
