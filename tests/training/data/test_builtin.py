"""The built-in set is what it says: balanced, repeatable, masked, and no short cut solves it."""

from collections import Counter
from functools import cache
from itertools import combinations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from training.data import builtin
from training.data.builtin import CLASSES, Drawing, draw


@cache
def split(name: str) -> Drawing:
    return draw(name)


def test_the_set_has_the_promised_size():
    assert len(CLASSES) >= 10
    for name, count in (("train", 5000), ("val", 1000)):
        drawing = split(name)
        assert drawing.images.shape == (count, 64, 64, 3)
        assert drawing.images.dtype == np.uint8
        assert drawing.labels.shape == (count,)
        assert drawing.masks.shape == (count, 64, 64)


def test_every_class_appears_equally_often():
    for name in ("train", "val"):
        counts = Counter(split(name).labels.tolist())
        assert len(counts) == len(CLASSES)
        assert max(counts.values()) - min(counts.values()) <= 1


def test_the_same_seed_gives_the_same_bytes():
    first, again = draw("train", seed=3, count=40), draw("train", seed=3, count=40)
    assert first.images.tobytes() == again.images.tobytes()
    assert first.masks.tobytes() == again.masks.tobytes()


def test_a_smaller_count_is_the_beginning_of_the_whole():
    assert np.array_equal(draw("val", count=70).images, split("val").images[:70])


def test_seeds_and_splits_draw_different_pictures():
    train, val = draw("train", count=20), draw("val", count=20)
    other = draw("train", seed=1, count=20)
    assert not (train.images == val.images).all(axis=(1, 2, 3)).any()
    assert not (train.images == other.images).all(axis=(1, 2, 3)).any()


def test_the_object_covers_a_part_that_heatmaps_can_be_scored_on():
    share = split("train").masks.mean(axis=(1, 2))
    assert share.min() > 0.05
    assert share.max() < 0.35
    assert 0.1 < share.mean() < 0.25


def test_the_mask_holds_the_opposed_colours_and_its_surroundings_do_not():
    drawing = split("train")
    wanted = [index for index, kind in enumerate(builtin.KINDS) if kind[2] == "blue-yellow"]
    chosen = np.isin(drawing.labels, wanted)
    images, masks = drawing.images[chosen].astype(np.float32), drawing.masks[chosen]
    blueness = images[..., 2] - images[..., 0]
    assert blueness[masks].std() > 2 * blueness[~masks].std()


def test_each_cue_is_shared_by_classes_that_differ_in_both_others():
    for cue in range(3):
        shared = Counter(kind[cue] for kind in builtin.KINDS)
        assert min(shared.values()) >= 3
    for first, second in combinations(builtin.KINDS, 2):
        assert sum(a == b for a, b in zip(first, second, strict=True)) <= 1


def test_the_constants_for_normalising_are_those_of_the_set():
    pixels = split("train").images.reshape(-1, 3) / 255
    assert pixels.mean(axis=0) == pytest.approx(builtin.MEAN, abs=1e-3)
    assert pixels.std(axis=0) == pytest.approx(builtin.STD, abs=1e-3)


def val_accuracy_of_a_linear_classifier(features, strength=0.01) -> float:
    """Fitted until it converges; neither a tenth nor ten times of C is 3 % better."""
    train, val = split("train"), split("val")
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=300))
    classifier.fit(features(train.images), train.labels)
    return classifier.score(features(val.images), val.labels)


def small_pixels(images: np.ndarray) -> np.ndarray:
    """Means of 4 × 4 pixels."""
    blocks = images.reshape(-1, 16, 4, 16, 4, 3)
    return blocks.mean(axis=(2, 4), dtype=np.float32).reshape(len(images), -1)


def all_pixels(images: np.ndarray) -> np.ndarray:
    """All 12,288 values, of which a linear classifier needs strong regularisation."""
    return images.reshape(len(images), -1).astype(np.float32)


def colour_histograms(images: np.ndarray) -> np.ndarray:
    """Square roots of joint 8 × 8 × 8 RGB histograms, the form that a linear classifier likes."""
    levels = (images >> 5).reshape(len(images), -1, 3).astype(np.int64) @ (64, 8, 1)
    counts = [np.bincount(picture, minlength=512) for picture in levels]
    return np.sqrt(counts).astype(np.float32)


def test_pixels_do_not_give_the_class_away():
    assert val_accuracy_of_a_linear_classifier(small_pixels) < 0.4


@pytest.mark.slow
def test_all_the_pixels_do_not_give_the_class_away_either():
    assert val_accuracy_of_a_linear_classifier(all_pixels, strength=1e-4) < 0.4


def test_colours_do_not_give_the_class_away():
    assert val_accuracy_of_a_linear_classifier(colour_histograms) < 0.5
