"""A few images of each class of a data set, drawn by a seed: `few:30:0:caltech101:ROOT`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from training.data.source import Items, Source, SplitName, listing
from training.data_spec import Few
from training.images import Picture

MOST_VALIDATION = 50  # images of a class, as is the habit for Caltech-101


@dataclass(frozen=True)
class _Choice:
    """Which pictures of the training and of the validation items serve for what."""

    train: np.ndarray  # (N,) positions among all items, those of the training split first
    val: np.ndarray


def few_of(source: Source, few: Few) -> Source:
    """A data set with `few.count` training images of each class.

    Of each class's images in random order the first ones train; for more of them, the same and
    others. Validation images that the data set has of its own stay as they are. Those that were
    held out are put back, and the last 50 of each class in that order validate, or as many as do
    not train; one always does.

    Args:
        source: The whole data set.
        few: How many of it.

    Source: Fei-Fei et al. 2006; Zeiler & Fergus 2013, section 5.2: 15 or 30 training images of
    each class of Caltech-101, up to 50 test images, the mean of the classes' accuracies.
    """
    items: dict[SplitName, Items] = {name: source.open(name) for name in ("train", "val")}
    choice, short = _choose(source, items["train"].labels, items["val"].labels, few)
    whole = _joined(items["train"], items["val"])
    notices = list(source.notices)
    if source.is_held_out:
        notices = [notice for notice in notices if "held out" not in notice]
    if short:
        notices.append(
            f"{len(short)} of {len(source.classes)} classes have fewer than {few.count} images to "
            f"train on: {listing(short)}."
        )
    taken = {"train": choice.train, "val": choice.val}

    def opened(split: SplitName) -> Items:
        return _some(whole, taken[split])

    others = f"up to {MOST_VALIDATION} others of each class" if source.is_held_out else "its own"
    return replace(
        source,
        spec=str(replace(few, data=source.spec)),
        fingerprint=f"{source.fingerprint}-few-{few.count}-{few.seed}",
        train_images=len(choice.train),
        val_images=len(choice.val),
        open=opened,
        validation=(
            f"Training set: {len(choice.train):,} images, {few.count} of each class, drawn by seed "
            f"{few.seed}; validation set: {len(choice.val):,}, {others}."
        ),
        is_held_out=False,
        notices=tuple(notices),
    )


def _choose(
    source: Source, train: np.ndarray, val: np.ndarray, few: Few
) -> tuple[_Choice, list[str]]:
    """The choice, and the classes that have too few images."""
    labels = np.concatenate([train, val]) if source.is_held_out else train
    generator = np.random.default_rng(few.seed)
    training, validating, short = [], [], []
    for label, name in enumerate(source.classes):
        ours = generator.permutation(np.flatnonzero(labels == label))
        most = len(ours) - 1 if source.is_held_out and len(ours) > 1 else len(ours)
        count = min(few.count, most)
        if count < few.count:
            short.append(f"{name} ({count})")
        training.append(ours[:count])
        validating.append(ours[max(count, len(ours) - MOST_VALIDATION) :])
    own = len(train) + np.arange(len(val))
    chosen = np.sort(np.concatenate(validating)) if source.is_held_out else own
    return _Choice(np.sort(np.concatenate(training)), chosen), short


def _joined(train: Items, val: Items) -> Items:
    """The items of both splits as one list."""
    edge = len(train.labels)

    def load(index: int) -> Picture:
        return train.load(index) if index < edge else val.load(index - edge)

    def both(one: np.ndarray | None, other: np.ndarray | None) -> np.ndarray | None:
        return None if one is None or other is None else np.concatenate([one, other])

    return Items(
        np.concatenate([train.labels, val.labels]),
        [*train.names, *val.names],
        load,
        both(train.masks, val.masks),
        both(train.boxes, val.boxes),
    )


def _some(items: Items, rows: np.ndarray) -> Items:
    """Items in another order, or a part of them."""

    def load(index: int) -> Picture:
        return items.load(int(rows[index]))

    return Items(
        items.labels[rows],
        [items.names[row] for row in rows],
        load,
        None if items.masks is None else items.masks[rows],
        None if items.boxes is None else items.boxes[rows],
    )
