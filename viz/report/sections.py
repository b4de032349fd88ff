"""What a report shows, in the order of the story: a view that joins it is one line of the table.

A section names commands of `python -m viz` with their flags. What it needs to know of the run to
choose them (layers, images), it asks the subject.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from viz.localisation import NAMES
from viz.report.asking import (
    Pictures,
    by_hand,
    correspondence,
    evolution,
    feature_maps,
    invariance,
    of_epoch,
    of_images,
    of_run,
    planes,
    top_patches,
    unit,
)


@dataclass(frozen=True)
class Section:
    """A title, where the figures come from, and what asks for them, one after the other."""

    title: str
    source: str
    pictures: Sequence[Pictures]
    cost: int = 1  # roughly what it takes beside the others: the time that is left goes by it


ZEILER = "Zeiler & Fergus 2013"
SECTIONS: tuple[Section, ...] = (
    Section(
        "The network",
        "Krizhevsky et al. 2012, figure 2",
        (
            of_run(
                "architecture",
                "From the image at the left to the classes at the right; blocks are as high as "
                "their maps are wide, and thicker the more of them there are.",
                "The network as a row of blocks",
            ),
        ),
        cost=2,
    ),
    Section(
        "How it learned",
        "",
        (
            of_run(
                "curves",
                "Where the two losses part, it begins to overfit.",
                "Loss and error by epoch",
            ),
            of_run(
                "curves",
                "How far a step moves the weights of each layer, as a share of their norm, and the "
                "share of units that are dead: at zero, everywhere in their maps, for each of the "
                "first 128 validation images.",
                "Update ratios, dead units, norms, rate and speed by epoch",
                of="layers",
            ),
        ),
        cost=2,
    ),
    Section("What excites each channel", f"{ZEILER}, figure 2", (top_patches, unit), cost=30),
    Section("When each channel learns", f"{ZEILER}, figure 4", (evolution,), cost=60),
    Section(
        "When it learned the answer",
        "",
        (
            of_images(
                "class-evidence",
                3,
                "Probability and rank of its class after every epoch, beside the strongest rivals; "
                "the dotted line is the epoch from which on the answer is right.",
                "probability and rank of its class by epoch",
            ),
        ),
        cost=12,
    ),
    Section("Translation, scale and rotation", f"{ZEILER}, figure 5", (invariance,), cost=8),
    Section(
        "Filters",
        f"{ZEILER}, figure 6; Krizhevsky et al. 2012, figure 3",
        (
            of_epoch(
                "filters",
                "The kernels of the first layer: each wants what it shows, and does not care "
                "where it is mid grey. One scale for all.",
                "The filters of the first layer",
            ),
            of_run(
                "film",
                "The same filters over the epochs, on one scale: what grows brighter grows "
                "stronger.",
                "The filters of the first layer at up to eight epochs",
            ),
            planes,
            of_epoch(
                "diagnosis",
                "Stride and filter size. Spectrum: what lies outside of the square is beyond the "
                "stride. Filters: one dot each, larger with more energy, hollow where no Gabor "
                "function explains half of it. Channels: dead is above zero in no image, near dead "
                "in less than 1 % of them, alike correlated with another by 0.95 or more.",
                "Spectra, Gabor fits, channels and shifts of the first layer",
            ),
            of_epoch(
                "object-scale",
                "Sizes of the objects, and receptive field and stride of each layer.",
                "Object sizes and receptive fields",
            ),
            by_hand,
        ),
        cost=30,
    ),
    Section(
        "Where it looks",
        f"{ZEILER}, figure 7",
        (
            of_images(
                "occlusion",
                3,
                "A window slides over the image and hides a part of it. Blue places matter: a "
                "window whose centre is there costs the class. Numbers are changes in log odds.",
                "probability, strongest map and answer with each place covered",
            ),
        ),
        cost=20,
    ),
    Section(
        "Attribution",
        "",
        (
            of_images(
                "attribution",
                1,
                "Which pixels the score of its class rests on, by each method.",
                "heat maps of several methods side by side",
            ),
            of_images(
                "attribution",
                1,
                "Sanity checks of one of them: P(class) while its highest pixels are deleted or "
                "inserted, against random orders, and what is left of the map when the network's "
                "weights are randomised from the top (Adebayo et al. 2018).",
                "deletion and insertion, and the map under random weights",
                of="trust",
                method="grad-cam",
            ),
            of_epoch(
                "localisation",
                "How often each method's strongest point lies in the object, over the images that "
                "are classified correctly, and how much of its map; against the picture's middle "
                "and a random point.",
                "How often heat maps point at the object",
                methods=list(NAMES),
                images=50,
            ),
        ),
        cost=50,
    ),
    Section("The same part in every picture", f"{ZEILER}, table 1", (correspondence,), cost=10),
    Section("What happens to one image", f"{ZEILER}, section 2", (feature_maps,), cost=6),
    Section(
        "Nearest neighbours",
        "Krizhevsky et al. 2012, figure 4",
        (
            of_images(
                "retrieval",
                3,
                "The validation images nearest to it by what the last hidden layer makes of them.",
                "its nearest neighbours",
            ),
        ),
        cost=8,
    ),
    Section(
        "Mistakes",
        "",
        (
            of_epoch(
                "mistakes",
                "The images that it is most sure of and yet wrong about, with its top-5 "
                "predictions.",
                "Misclassified images with their top-5 predictions",
            ),
            of_epoch(
                "confusion",
                "Rows are the true classes, columns the top predictions: what lies off the "
                "diagonal is confused. At the right the pairs that are confused most often.",
                "Confusion matrix",
            ),
        ),
        cost=5,
    ),
)
