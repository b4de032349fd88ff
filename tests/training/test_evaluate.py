"""How often a network is right, beside scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix, log_loss, top_k_accuracy_score

from training.data.batches import batches, share
from training.data.store import Split
from training.evaluate import Tally, correct_in_top, evaluate, tally
from training.preprocess import Preprocess


@pytest.mark.parametrize("k", [1, 3, 5])
def test_top_k_agrees_with_scikit_learn(k):
    generator = torch.Generator().manual_seed(k)
    logits = torch.randn(200, 9, generator=generator)
    labels = torch.randint(0, 9, (200,), generator=generator)
    ours = correct_in_top(logits, labels, k).float().mean().item()
    assert ours == pytest.approx(
        top_k_accuracy_score(labels, logits, k=k, labels=range(9)), abs=1e-7
    )


def test_with_four_classes_the_top_five_are_all_of_them():
    assert correct_in_top(torch.randn(6, 4), torch.tensor([0, 1, 2, 3, 0, 1]), 5).all()


HALF = Preprocess(32, 32, (0.5,) * 3, (0.25,) * 3)


@pytest.fixture
def split() -> Split:
    """23 images of noise in 4 classes."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 255, (23, 32, 32, 3), np.uint8)
    return Split(images, generator.integers(0, 4, 23), [""] * 23, None)


@pytest.fixture
def predictions() -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (200, 9) and labels (200,), half of them right."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 9, (200,), generator=generator)
    logits = 2 * torch.randn(200, 9, generator=generator)
    logits[torch.arange(200), labels] += 1.5
    return logits, labels


def tally_of(logits, labels, *, batch_size=200, start=0, stop=200, mistakes=5) -> Tally:
    counted = Tally(logits.shape[1], mistakes=mistakes)
    for first in range(start, stop, batch_size):
        rows = slice(first, min(first + batch_size, stop))
        counted.add(logits[rows], labels[rows], first=first)
    return counted


def test_a_score_is_the_mean_over_every_image_whatever_the_batch(tiny, split):
    score = evaluate(tiny, split, HALF, batch_size=7)
    with torch.inference_mode():
        logits = torch.cat([tiny(images) for images in batches(split, HALF)])
    probabilities = logits.double().softmax(1).numpy()
    assert score.images == 23
    assert score.top1 == pytest.approx((probabilities.argmax(1) == split.labels).mean())
    assert score.loss == pytest.approx(
        log_loss(split.labels, probabilities, labels=range(4)), rel=1e-5
    )


def test_counts_agree_with_scikit_learn(predictions):
    logits, labels = predictions
    found = tally_of(logits, labels, batch_size=7).evaluation()
    predicted = logits.argmax(1)
    assert found.confusion.numpy() == pytest.approx(
        confusion_matrix(labels, predicted, labels=range(9))
    )
    for k, ours in ((1, found.top1), (5, found.top5)):
        assert ours == pytest.approx(top_k_accuracy_score(labels, logits, k=k, labels=range(9)))
    probabilities = logits.double().softmax(1)
    assert found.loss == pytest.approx(log_loss(labels, probabilities, labels=range(9)), rel=1e-5)


def test_the_surest_mistakes_are_found_whatever_the_batch(predictions):
    logits, labels = predictions
    probabilities = logits.softmax(1)
    wrong = (logits.argmax(1) != labels).nonzero()[:, 0]
    surest = wrong[probabilities[wrong].amax(1).argsort(descending=True)][:5]
    worst = wrong[probabilities[wrong, labels[wrong]].argsort()][:5]
    for batch_size in (1, 7, 200):
        found = tally_of(logits, labels, batch_size=batch_size).evaluation()
        assert found.surest.index.tolist() == surest.tolist()
        assert found.worst.index.tolist() == worst.tolist()
    for mistakes, indices in ((found.surest, surest), (found.worst, worst)):
        top = probabilities[indices].topk(5)
        assert torch.equal(mistakes.guess, top.indices)
        assert torch.allclose(mistakes.probability, top.values)
        assert torch.equal(mistakes.label, labels[indices])
        assert torch.allclose(mistakes.truth, probabilities[indices, labels[indices]])


def test_between_equal_mistakes_the_first_image_comes_first():
    logits = torch.tensor([[1.0, 0.0]]).repeat(8, 1)
    labels = torch.ones(8, dtype=torch.int64)
    later, sooner = (
        tally_of(logits, labels, start=a, stop=b, batch_size=3) for a, b in ((4, 8), (0, 4))
    )
    assert (later + sooner).surest.index.tolist() == [0, 1, 2, 3, 4]


def test_as_many_mistakes_as_there_are_where_more_are_asked_for():
    logits, labels = torch.eye(3), torch.tensor([0, 1, 0])
    found = tally_of(logits, labels, stop=3, mistakes=10).evaluation()
    assert (len(found.surest), found.worst.index.tolist()) == (1, [2])
    assert found.surest.guess.shape == (1, 3)  # of three classes


def test_what_is_remembered_does_not_grow_with_the_images(predictions):
    logits, labels = predictions
    counted = tally_of(logits.repeat(50, 1), labels.repeat(50), stop=10_000, batch_size=100)
    assert (len(counted.surest), len(counted.worst)) == (5, 5)


@pytest.mark.parametrize("ranks", [2, 3])
def test_the_parts_of_a_split_add_up_to_the_whole(tiny, split, ranks):
    whole = tally(tiny, split, HALF, mistakes=4)
    shares = [share(len(split.labels), rank, ranks) for rank in range(ranks)]
    parts = [
        tally(tiny, split, HALF, start=rows.start, stop=rows.stop, mistakes=4, batch_size=5)
        for rows in shares
    ]
    total = sum(parts[1:], start=parts[0])
    assert total.images == 23
    assert torch.equal(total.confusion, whole.confusion)
    assert (total.top5, total.loss) == (whole.top5, pytest.approx(whole.loss))
    assert torch.equal(total.surest.index, whole.surest.index)
    assert torch.equal(total.worst.index, whole.worst.index)


def test_progress_of_a_part_ends_at_the_part(tiny, split):
    told = []
    tally(
        tiny,
        split,
        HALF,
        start=10,
        stop=20,
        batch_size=6,
        progress=lambda *counts: told.append(counts),
    )
    assert told == [(6, 10), (10, 10)]


def test_the_mean_of_classes_weighs_a_small_class_like_a_large_one():
    tally = Tally(3)
    logits = torch.eye(3)[[0, 0, 0, 0, 0]]  # always class 0
    tally.add(logits, torch.tensor([0, 0, 0, 0, 1]))  # and no image of class 2
    assert tally.evaluation().top1 == 4 / 5
    assert tally.evaluation().mean_class_top1 == 1 / 2
