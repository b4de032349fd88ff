"""Which images train and test, and how answers are counted."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from training.errors import WorkbenchError
from training.probe import accuracy_by_class, choose_c, draws, fit_linear, pooled

LABELS = np.repeat(np.arange(4), 12)


def test_splits_have_as_many_of_each_class_as_asked_and_no_image_twice():
    found = draws(LABELS, per_class=5, most=6, splits=3, seed=1)
    assert len(found) == 3
    for split in found:
        assert np.bincount(LABELS[split.train]).tolist() == [5] * 4
        assert np.bincount(LABELS[split.test]).tolist() == [6] * 4
        assert not set(split.train.tolist()) & set(split.test.tolist())
    assert found[0].train.tolist() != found[1].train.tolist()


def test_a_seed_draws_the_same_again_and_another_one_does_not():
    first, again, other = (draws(LABELS, per_class=5, splits=1, seed=s)[0] for s in (0, 0, 1))
    assert first.train.tolist() == again.train.tolist() != other.train.tolist()


def test_test_images_of_their_own_are_counted_on_from_the_training_images():
    [split] = draws(LABELS, np.repeat(np.arange(4), 3), per_class=12, splits=1)
    assert split.train.tolist() == list(range(48))
    assert split.test.tolist() == list(range(48, 60))


def test_too_few_images_of_a_class_are_refused_with_the_number_there_is():
    with pytest.raises(WorkbenchError, match=r"4 of 4 classes .* 13 images .* has 12"):
        draws(LABELS, per_class=12, splits=1)
    with pytest.raises(WorkbenchError, match="at least two classes; there are 1"):
        draws(np.zeros(9, dtype=int), per_class=2)


def test_accuracy_is_of_each_class_whatever_their_sizes():
    scores = torch.tensor([[1.0, 0], [1, 0], [1, 0], [0, 1], [1, 0], [1, 0]])
    labels = torch.tensor([0, 0, 0, 1, 1, 1])
    assert accuracy_by_class(scores, labels, 2).tolist() == pytest.approx([1, 1 / 3])


def test_labels_shuffled_at_random_are_told_apart_at_chance():
    random = np.random.default_rng(3)
    images = torch.from_numpy(random.standard_normal((400, 30)))
    images /= images.norm(dim=1, keepdim=True)
    labels = random.permutation(np.repeat(np.arange(4), 100))
    kernel, answers = images @ images.T, []
    for split in draws(labels, per_class=50, splits=5):
        inner, own = kernel[split.train][:, split.train], torch.from_numpy(labels)[split.train]
        fitted = fit_linear(inner, own, loss="svm", c=choose_c(inner, own, loss="svm"))
        scores = fitted.scores(kernel[split.test][:, split.train])
        answers.append(accuracy_by_class(scores, torch.from_numpy(labels)[split.test], 4).mean())
    assert 0.20 < float(torch.stack(answers).mean()) < 0.30  # 1,000 answers: ± 0.014 around 1/4


def test_c_is_chosen_low_where_only_the_noise_of_the_images_speaks_for_a_high_one():
    # one number tells the classes apart, two hundred are noise
    random = np.random.default_rng(0)
    labels = torch.arange(2).repeat_interleave(60)
    images = torch.from_numpy(random.standard_normal((120, 200)))
    images[:, 0] += 3 * (2 * labels - 1)
    images /= images.norm(dim=1, keepdim=True)
    assert choose_c(images @ images.T, labels, loss="svm", grid=(0.01, 1000)) == 0.01


def test_a_pyramid_holds_the_largest_response_of_each_cell():
    maps = torch.zeros(1, 1, 4, 4)
    maps[0, 0, 3, 0] = 2
    found = pooled(maps, "pyramid")[0]
    assert found.nonzero()[:, 0].tolist() == [0, 1 + 2, 1 + 4 + 12]  # whole, lower left, its cell
    assert torch.allclose(found[found > 0], torch.full((3,), 3**-0.5))


def test_features_have_length_one_and_a_silent_image_stays_silent():
    maps = torch.stack([torch.zeros(2, 3, 3), torch.rand(2, 3, 3)])
    for pooling in ("none", "mean", "pyramid"):
        lengths = pooled(maps, pooling).norm(dim=1)
        assert lengths.tolist() == pytest.approx([0, 1])
