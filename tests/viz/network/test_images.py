from types import SimpleNamespace

import numpy as np
import torch

from training.preprocess import Preprocess
from viz.network.images import SplitImages, count, in_batches, spread_over_classes


def split_images(number=150):
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (number, 10, 10, 3), np.uint8)
    split = SimpleNamespace(images=images, labels=np.zeros(number, np.int64))
    return SplitImages(split, Preprocess(8, 10, (0.5, 0.4, 0.3), (0.2, 0.2, 0.2)))


def test_a_split_is_indexed_like_a_tensor_of_normalised_images():
    source = split_images()
    everything = source.preprocess.from_uint8(source.split.images)
    assert len(source) == 150
    assert torch.equal(source[3:5], everything[3:5])
    assert torch.equal(source[torch.tensor([7, 7, 2])], everything[[7, 7, 2]])


def test_batches_of_a_split_and_of_a_tensor_are_the_same():
    source = split_images()
    everything = source[:150]
    for ours, theirs in zip(in_batches(source), in_batches(everything), strict=True):
        assert torch.equal(ours, theirs)
    assert [len(batch) for batch in in_batches(source)] == [64, 64, 22]


def test_what_comes_in_batches_passes_as_it_is_and_is_not_counted():
    batches = [torch.zeros(2, 3, 8, 8), torch.ones(5, 3, 8, 8)]
    assert list(in_batches(iter(batches))) == batches
    assert count(iter(batches)) is None
    assert count(batches[1]) == 5
    assert count(split_images()) == 150


def test_images_are_the_first_of_classes_spread_over_all_the_first_and_the_last_among_them():
    split = SimpleNamespace(labels=np.repeat(np.arange(10), 3))
    assert spread_over_classes(split, 4) == [0, 9, 18, 27]


def test_where_there_are_fewer_classes_than_wanted_further_images_make_up_for_it():
    split = SimpleNamespace(labels=np.repeat(np.arange(2), 3))
    assert spread_over_classes(split, 4) == [0, 3, 1, 2]
