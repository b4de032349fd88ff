"""Precision and average precision of nearest neighbours: scikit-learn's, and worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score

from training.runs import Run
from viz import answer, ask
from viz.network.images import SplitImages
from viz.retrieval import features, nearest
from viz.retrieval_scores import RetrievalScoresQuery, ScoresLook, by_class, score


def test_average_precision_is_scikit_learns_of_every_image_among_the_others():
    random = np.random.default_rng(0)
    points, labels = torch.from_numpy(random.standard_normal((40, 3))), torch.arange(40) % 4
    found = score(points, labels, 5)
    for index in range(40):
        others = [other for other in range(40) if other != index]
        distance = (points[others] - points[index]).norm(dim=1)
        relevant = (labels[others] == labels[index]).numpy()
        expected = average_precision_score(relevant, -distance.numpy())
        assert float(found.average_precision[index]) == pytest.approx(expected)
        close = relevant[distance.argsort()[:5].numpy()].mean()
        assert float(found.precision[index]) == pytest.approx(close)


def test_four_points_on_a_line_by_hand():
    # from 0 the others come as b a b: the only a at rank 2
    found = score(torch.tensor([[0.0], [1.0], [2.5], [4.5]]), torch.tensor([0, 1, 0, 1]), 1)
    assert found.average_precision[0] == pytest.approx(1 / 2)
    assert found.precision[0] == 0
    assert found.average_precision[3] == pytest.approx(1 / 2)  # from 4.5: a b a


def test_between_equal_distances_the_lower_index_comes_first():
    same = torch.zeros(4, 2)
    found = score(same, torch.tensor([0, 1, 1, 0]), 1)
    assert found.average_precision.tolist() == pytest.approx([1 / 3, 1 / 2, 1 / 2, 1])


def test_an_image_alone_in_its_class_counts_for_nothing():
    found = score(torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([0, 0, 1]), 1)
    assert found.average_precision[2] == -1
    classes = by_class(found.average_precision, torch.tensor([0, 0, 1]), 2)
    assert classes[0] == pytest.approx((1 + 1) / 2)
    assert classes[1].isnan()


def test_blocks_of_queries_give_the_same_as_all_at_once(monkeypatch):
    points = torch.from_numpy(np.random.default_rng(1).standard_normal((30, 4)))
    labels = torch.arange(30) % 3
    whole = score(points, labels, 4)
    monkeypatch.setattr("viz.retrieval_scores.compute.QUERIES", 7)
    again = score(points, labels, 4)
    assert torch.equal(whole.average_precision, again.average_precision)
    assert torch.equal(whole.precision, again.precision)


def test_a_layers_precision_is_that_of_the_page_s_neighbours(run: Run):
    data, images = run.data(), SplitImages(run.data().val, run.preprocess)
    known = features(run.network(1), images, "relu7")
    shown = ask(RetrievalScoresQuery(str(run.path), 1, ("relu7",), k=3), ScoresLook()).shown
    labels, found = torch.from_numpy(data.val.labels.copy()), shown.found[1, "relu7"]
    for index in range(4):
        others = nearest(known, known[index], 4).image
        others = others[others != index][:3]
        expected = float((labels[others] == labels[index]).double().mean())
        assert float(found.precision[index]) == pytest.approx(expected)


def test_pixels_stand_beside_every_epoch_and_each_layer_is_cached_for_itself(run: Run):
    query = RetrievalScoresQuery(str(run.path), layers=("pool1", "relu7"), epochs=(0, 1))
    arrays = ask(query, ScoresLook()).shown.arrays()
    assert arrays["layer"].tolist() == ["pool1", "relu7", "pixels"]
    pixels = arrays["average_precision"][:, 2]
    assert np.array_equal(pixels[0], pixels[1])
    answer(RetrievalScoresQuery(str(run.path), 1, ("relu7",)), cached_only=True)
