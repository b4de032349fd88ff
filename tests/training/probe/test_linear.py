"""Linear classifiers on products of features: scikit-learn's, found another way."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from training.errors import WorkbenchError
from training.probe import LossName, fit_linear


@pytest.fixture(scope="module")
def features() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Sixty training and twenty other images of six overlapping classes, 40 numbers each."""
    random = np.random.default_rng(0)
    centres = random.standard_normal((6, 40))
    noisy = centres[:, None] + 1.5 * random.standard_normal((6, 14, 40))
    unit = torch.from_numpy(noisy / np.linalg.norm(noisy, axis=2, keepdims=True))
    labels = torch.arange(6).repeat_interleave(10)
    return unit[:, :10].reshape(60, 40), unit[:, 10:].reshape(24, 40), labels


def decisions(features: tuple[torch.Tensor, ...], loss: LossName, c: float) -> np.ndarray:
    train, other, labels = features
    fitted = fit_linear(train @ train.T, labels, loss=loss, c=c, tolerance=1e-7)
    return fitted.scores(other @ train.T).numpy()


@pytest.mark.parametrize("c", [0.1, 1, 10, 100])
def test_the_machine_with_margins_is_linear_svc(features, c):
    train, other, labels = features
    theirs = LinearSVC(C=c, tol=1e-9, max_iter=1_000_000).fit(train.numpy(), labels.numpy())
    expected = theirs.decision_function(other.numpy())
    assert np.abs(decisions(features, "svm", c) - expected).max() < 1e-3


@pytest.mark.parametrize("c", [0.1, 10, 1000])
def test_the_softmax_is_logistic_regression(features, c):
    train, other, labels = features
    theirs = LogisticRegression(C=c, tol=1e-10, max_iter=100_000).fit(train.numpy(), labels.numpy())
    expected = theirs.decision_function(other.numpy())
    ours = decisions(features, "softmax", c)
    # a number added to all classes of an image changes nothing; logistic regression's sum to 0
    centred = ours - ours.mean(1, keepdims=True)
    assert np.abs(centred - (expected - expected.mean(1, keepdims=True))).max() < 1e-3


def test_single_precision_decides_as_double_does(features):
    train, other, labels = features
    for loss in ("svm", "softmax"):
        double = fit_linear(train @ train.T, labels, loss=loss, c=10).scores(other @ train.T)
        short, few = train.float(), other.float()
        single = fit_linear(short @ short.T, labels, loss=loss, c=10).scores(few @ short.T)
        assert (single - double).abs().max() < 5e-3


def test_two_images_on_either_side_have_the_margin_worked_out_by_hand():
    # x = ±1: with w = 2C(1 − w)·2 / … the optimum of ½w² + 2C(1 − w)² is w = 4C / (1 + 4C)
    fitted = fit_linear(
        torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).double(),
        torch.tensor([0, 1]),
        loss="svm",
        c=1.0,
        tolerance=1e-9,
    )
    scores = fitted.scores(torch.tensor([[1.0, -1.0]]).double())  # of the image at +1
    assert scores[0].tolist() == pytest.approx([4 / 5, -4 / 5], abs=1e-6)


def test_features_that_do_not_differ_give_every_class_the_same_score():
    same = torch.ones(6, 6).double()
    fitted = fit_linear(same, torch.tensor([0, 0, 1, 1, 2, 2]), loss="softmax", c=1.0)
    scores = fitted.scores(torch.ones(1, 6).double())
    assert float(scores.max() - scores.min()) == pytest.approx(0, abs=1e-6)


def test_one_class_or_numbers_that_are_none_are_refused():
    with pytest.raises(WorkbenchError, match="two classes"):
        fit_linear(torch.eye(2), torch.tensor([0, 0]), loss="svm", c=1)
    with pytest.raises(WorkbenchError, match="not finite"):
        fit_linear(torch.full((2, 2), torch.nan), torch.tensor([0, 1]), loss="svm", c=1)
    with pytest.raises(WorkbenchError, match="C must be above 0"):
        fit_linear(torch.eye(2), torch.tensor([0, 1]), loss="svm", c=0)
