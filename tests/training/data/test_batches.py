"""Batches in order to look at, shuffled and jittered to learn from."""

from typing import ClassVar

import numpy as np
import pytest
import torch

from training.augment import Augmentation
from training.colour import PrincipalColours
from training.data.batches import batches, shuffled_batches
from training.data.store import Split
from training.preprocess import Preprocess

IDENTITY = Preprocess(size=4, resize=4, mean=(0.0,) * 3, std=(1 / 255,) * 3)  # input = pixel value


@pytest.fixture
def split() -> Split:
    """Ten 4 px images; every pixel of image i is 10·i plus its column."""
    images = np.zeros((10, 4, 4, 3), np.uint8)
    images += (10 * np.arange(10, dtype=np.uint8))[:, None, None, None]
    images += np.arange(4, dtype=np.uint8)[None, None, :, None]
    return Split(images=images, labels=np.arange(10), names=[""] * 10, masks=None)


def shuffled(split, *, padding=0, flip=False, seed=0, size=4, batch_size=4):
    return list(
        shuffled_batches(
            split,
            Preprocess(size, 4, IDENTITY.mean, IDENTITY.std),
            Augmentation(padding=padding, flip=flip),
            batch_size=batch_size,
            generator=np.random.default_rng(seed),
        )
    )


def test_in_order_every_image_comes_once(split):
    images = torch.cat(list(batches(split, IDENTITY, batch_size=4)))
    assert images[:, 0, 0, 0].tolist() == pytest.approx([10 * i for i in range(10)])


def test_a_pass_goes_on_where_an_earlier_one_stopped(split):
    whole = torch.cat(list(batches(split, IDENTITY, batch_size=4)))
    rest = torch.cat(list(batches(split, IDENTITY, batch_size=4, start=7)))
    assert torch.equal(rest, whole[7:])


def test_an_epoch_shows_each_image_once_with_its_own_label(split):
    batched = shuffled(split, batch_size=5)
    images, labels = (torch.cat(parts) for parts in zip(*batched, strict=True))
    assert sorted(labels.tolist()) == list(range(10))
    assert (images[:, 0, 0, 0] / 10).round().int().tolist() == labels.tolist()


def test_the_generator_decides_the_order(split):
    first, same, other = (
        torch.cat([labels for _, labels in shuffled(split, seed=seed)]).tolist()
        for seed in (1, 1, 2)
    )
    assert first == same != other


def test_half_of_the_images_are_mirrored(split):
    rising = [
        bool(image[0, 0, 3] > image[0, 0, 0])
        for seed in range(40)
        for images, _ in shuffled(split, flip=True, seed=seed)
        for image in images
    ]
    assert 0.4 < np.mean(rising) < 0.6


def test_crops_reach_every_place_in_the_stored_image(split):
    corners = {
        (image[0, 0, 0] % 10).round().int().item()
        for seed in range(20)
        for images, _ in shuffled(split, size=2, seed=seed)
        for image in images
    }
    assert corners == {0, 1, 2}  # a 2 px cut of a 4 px image starts at column 0, 1 or 2


EVERYTHING = Augmentation(
    padding=1,
    flip=True,
    scale=0.5,
    distort=1.0,
    color=0.1,
    colours=PrincipalColours.of(np.diag([0.03, 0.02, 0.01])),
)


@pytest.mark.parametrize("augmentation", [Augmentation(padding=1, flip=True), EVERYTHING])
@pytest.mark.parametrize("ranks", [2, 3, 5])
def test_the_parts_of_several_processes_are_together_what_one_would_see(split, augmentation, ranks):
    def epoch(rank: int = 0, ranks: int = 1):
        return list(
            shuffled_batches(
                split,
                IDENTITY,
                augmentation,
                batch_size=4,
                generator=np.random.default_rng(3),
                rank=rank,
                ranks=ranks,
            )
        )

    parts = [epoch(rank, ranks) for rank in range(ranks)]
    for (images, labels), *shares in zip(epoch(), *parts, strict=True):
        assert torch.equal(torch.cat([part for part, _ in shares]), images)
        assert torch.equal(torch.cat([part for _, part in shares]), labels)


def test_each_process_reads_no_more_than_its_part(split):
    class Counted(np.ndarray):
        reads: ClassVar[list[int]] = []

        def __getitem__(self, rows):
            if isinstance(rows, np.ndarray):
                self.reads.append(len(rows))
            return np.asarray(self)[rows]

    counted = Split(split.images.view(Counted), split.labels, split.names)
    generator = np.random.default_rng(0)
    list(
        shuffled_batches(
            counted, IDENTITY, EVERYTHING, batch_size=4, generator=generator, rank=1, ranks=2
        )
    )
    assert Counted.reads == [2, 2, 1]


def test_a_range_of_a_split_comes_in_order(split):
    whole = torch.cat(list(batches(split, IDENTITY)))
    part = torch.cat(list(batches(split, IDENTITY, batch_size=4, start=3, stop=8)))
    assert torch.equal(part, whole[3:8])


def test_padding_is_of_the_mean_colour():
    white = Split(np.full((4, 4, 4, 3), 255, np.uint8), np.zeros(4, np.int64), [""] * 4, None)
    preprocess = Preprocess(4, 4, mean=(0.2, 0.4, 0.6), std=(1.0,) * 3)
    images, _ = next(
        shuffled_batches(
            white,
            preprocess,
            Augmentation(padding=3),
            batch_size=4,
            generator=np.random.default_rng(0),
        )
    )
    values = images[:, 0].flatten()
    assert ((values.abs() < 1e-6) | ((values - 0.8).abs() < 1e-6)).all()
    assert (values.abs() < 1e-6).any()
