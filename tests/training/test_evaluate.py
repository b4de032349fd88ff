"""How often a network is right, beside scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss, top_k_accuracy_score

from training.data.batches import batches
from training.data.store import Split
from training.evaluate import correct_in_top, evaluate
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


def test_a_score_is_the_mean_over_every_image_whatever_the_batch(tiny):
    generator = np.random.default_rng(0)
    split = Split(
        generator.integers(0, 255, (23, 32, 32, 3), np.uint8),
        generator.integers(0, 4, 23),
        [""] * 23,
        None,
    )
    preprocess = Preprocess(32, 32, (0.5,) * 3, (0.25,) * 3)
    score = evaluate(tiny, split, preprocess, batch_size=7)
    with torch.inference_mode():
        logits = torch.cat([tiny(images) for images in batches(split, preprocess)])
    probabilities = logits.double().softmax(1).numpy()
    assert score.images == 23
    assert score.top1 == pytest.approx((probabilities.argmax(1) == split.labels).mean())
    assert score.loss == pytest.approx(
        log_loss(split.labels, probabilities, labels=range(4)), rel=1e-5
    )
