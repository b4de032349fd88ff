"""What a report shows, in the order of the story: a view that joins it is one line of the table.

A section names commands of `python -m viz` with their flags. What it needs to know of the run to
choose them (layers, images), it asks the subject.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from training.errors import WorkbenchError
from viz import results
from viz.evidence import METHODS
from viz.flags import picture_of
from viz.report.subject import Subject, Wanted

Pictures = Callable[[Subject], Iterator[Wanted]]

CHANNELS, ROWS = 8, 6  # at most, of a layer, of an evolution


@dataclass(frozen=True)
class Section:
    """A title, where the figures come from, and what asks for them, one after the other."""

    title: str
    source: str
    pictures: Sequence[Pictures]


def of_run(view: str, caption: str, alt: str, **flags: Any) -> Pictures:
    """A view that looks at all epochs, or at none."""

    def pictures(_subject: Subject) -> Iterator[Wanted]:
        yield Wanted(view, flags, caption, alt)

    return pictures


def of_epoch(view: str, caption: str, alt: str, **flags: Any) -> Pictures:
    """A view of the weights after the report's epoch."""

    def pictures(subject: Subject) -> Iterator[Wanted]:
        yield Wanted(view, {"epoch": subject.epoch, **flags}, caption, alt)

    return pictures


def of_images(view: str, count: int, caption: str, alt: str, **flags: Any) -> Pictures:
    """A view of each of the first images, by name; how to read it is said of the first one."""

    def pictures(subject: Subject) -> Iterator[Wanted]:
        for place, image in enumerate(subject.images[:count]):
            name = subject.name_of(image)
            asked = {"image": str(image), "epoch": subject.epoch, **flags}
            words = f"{name}." if place else f"{name}. {caption}"
            yield Wanted(view, asked, words, f"{name}: {alt}")

    return pictures


def top_patches(subject: Subject) -> Iterator[Wanted]:
    """Some channels of each layer."""
    subject.mine(subject.layers, subject.epoch)
    for layer in subject.layers:
        channels = subject.channels(layer, CHANNELS)
        yield Wanted(
            "top-patches",
            {"epoch": subject.epoch, "layer": layer, "channels": channels},
            f"{layer}, {len(channels)} channels evenly spread by number. Nine images each: at the "
            "left the square that the unit sees, at the right what the deconvnet says it saw there "
            "(mid grey is zero).",
            f"{layer}: nine patches and nine projections for each of {len(channels)} channels",
        )


def evolution(subject: Subject) -> Iterator[Wanted]:
    """The first and the deepest layer over the epochs."""
    epochs = results.spread(subject.run.epochs)
    if len(epochs) < 2:
        raise WorkbenchError(
            f"{subject.run.name} has one epoch only, so nothing can be seen to change."
        )
    layers = list(dict.fromkeys((subject.layers[0], subject.layers[-1])))
    for epoch in epochs:
        subject.mine(layers, epoch)
    for layer in layers:
        channels = subject.channels(layer, ROWS)
        yield Wanted(
            "evolution",
            {"layer": layer, "channels": channels, "epochs": epochs},
            f"{layer}: each column is an epoch, each pair of rows a channel: the validation image "
            "that excites it most at that epoch, and below it what the deconvnet says the unit "
            "saw. Lower layers settle within a few epochs, higher ones much later.",
            f"{layer}: strongest patch and projection of {len(channels)} channels at "
            f"{len(epochs)} epochs",
        )


def unit(subject: Subject) -> Iterator[Wanted]:
    """One channel of the deepest layer."""
    layer = subject.layers[-1]
    [channel] = subject.channels(layer, 1)
    yield Wanted(
        "unit",
        {"epoch": subject.epoch, "layer": layer, "channel": channel},
        f"All that is known of {layer}, channel {channel}: its patches and projections, how "
        "strongly and how often it answers, to which classes, and the channels most like it.",
        f"{layer}, channel {channel}: patches, projections, responses and classes",
    )


def planes(subject: Subject) -> Iterator[Wanted]:
    """Some filters of the second convolution, if there is one."""
    for layer in results.with_planes(subject.run)[:1]:
        channels = subject.channels(layer, CHANNELS)
        yield Wanted(
            "planes",
            {"epoch": subject.epoch, "layer": layer, "channels": channels},
            f"{layer}, {len(channels)} channels evenly spread by number: the heaviest planes of "
            "their filters. Red adds what the channel below says there, blue takes it away. What "
            "such a sum looks for cannot be read from it, which is why there are projections.",
            f"Planes of the filters of {layer}",
        )


def by_hand(subject: Subject) -> Iterator[Wanted]:
    """The unit of the first layer that the first image excites most."""
    image = subject.images[0]
    picture, _ = picture_of(subject.run, str(image))
    first = results.strongest(subject.run, subject.epoch, picture)[0]
    unit = {"channel": first.channel, "row": first.row, "col": first.col}
    yield Wanted(
        "by-hand",
        {"image": str(image), "epoch": subject.epoch, **unit},
        f"{subject.name_of(image)}: the patch under its strongest unit of the first layer times "
        "the kernel, plane by plane, the sum and the bias, and what the next layers make of it.",
        "Patch, kernel and product, plane by plane",
    )


def correspondence(subject: Subject) -> Iterator[Wanted]:
    """The marked parts, or the objects where the data set knows them."""
    yield Wanted(
        "correspondence",
        {"epoch": subject.epoch} | ({"parts": subject.parts} if subject.parts else {}),
        "The same part is hidden in every picture. Where that changes the same features in the "
        "same direction in all of them, the share of those that change differently is low: the "
        "network knows the part again. Beside it, as many places hidden at random, and one place "
        "that is the same in all pictures.",
        "How differently features change where the same part is hidden, beside random places",
    )


def invariance(subject: Subject) -> Iterator[Wanted]:
    """Pictures moved, enlarged and turned."""
    names = [subject.name_of(image) for image in subject.images]
    yield Wanted(
        "invariance",
        {"images": subject.images, "epoch": subject.epoch},
        "The pictures are moved, enlarged and turned. Features of the first layer go far at once; "
        "those of the last hidden layer should stay near, and the answer the same. Looked at: "
        f"{'; '.join(names)}.",
        "Distance of the features and probability of the class while pictures move, grow and turn",
    )


def feature_maps(subject: Subject) -> Iterator[Wanted]:
    """One image, in the first and in the deepest layer, and projected back from the latter."""
    image = subject.images[0]
    name, asked = subject.name_of(image), {"image": str(image), "epoch": subject.epoch}
    for layer in dict.fromkeys((subject.layers[0], subject.layers[-1])):
        yield Wanted(
            "feature-maps",
            {**asked, "layer": layer},
            f"{name} in {layer}: one map a channel, strongest first, all on one scale.",
            f"{name}: the maps of {layer}",
        )
    yield Wanted(
        "strongest",
        asked,
        f"{name}: in each layer the unit that it excites most, what that unit sees, and its "
        "projection.",
        f"{name}: the strongest unit of each layer",
    )
    yield Wanted(
        "deconvnet",
        {**asked, "layer": subject.layers[-1]},
        f"{name}: what the strongest unit of {subject.layers[-1]} saw in it, by the deconvnet.",
        f"{name}, and the projection of one unit of {subject.layers[-1]}",
    )


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
    ),
    Section(
        "How it learned",
        "",
        (
            of_run(
                "curves",
                "Where the two losses part, it begins to learn the training images by heart.",
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
    ),
    Section("What excites each channel", f"{ZEILER}, figure 2", (top_patches, unit)),
    Section("When each channel learns", f"{ZEILER}, figure 4", (evolution,)),
    Section("Translation, scale and rotation", f"{ZEILER}, figure 5", (invariance,)),
    Section(
        "Filters",
        f"{ZEILER}, figure 6; Krizhevsky et al. 2012, figure 3",
        (
            of_epoch(
                "filters",
                "The kernels of the first layer: each wants the colours that it shows, and does "
                "not care where it is grey. One scale for all.",
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
                "How large the objects are beside what a unit of each layer sees, and beside its "
                "stride.",
                "Sizes of objects beside receptive fields",
            ),
            by_hand,
        ),
    ),
    Section(
        "Where it looks",
        f"{ZEILER}, figure 7",
        (
            of_images(
                "occlusion",
                3,
                "A square slides over the image and hides a part of it. Dark places in the map of "
                "the probability matter: covering them costs the network its answer.",
                "probability, strongest map and answer with each place covered",
            ),
        ),
    ),
    Section(
        "Which pixels speak for the answer",
        "",
        (
            of_images(
                "attribution",
                1,
                "The evidence shared out over the pixels by one method after the other.",
                "heat maps of several methods side by side",
            ),
            of_images(
                "attribution",
                1,
                "Whether to trust one of them: P(class) while its strongest pixels go or come, "
                "beside those of random maps, and what is left of the map when the network's "
                "weights are randomised from the top (Adebayo et al. 2018).",
                "deletion and insertion, and the map under random weights",
                of="trust",
                method="grad-cam",
            ),
            of_epoch(
                "localisation",
                "How often each method's strongest point lies in the object, over the images that "
                "are named rightly, and how much of its map; beside the middle of the picture and "
                "a point by lot.",
                "How often heat maps point at the object",
                methods=list(METHODS),
                images=50,
            ),
        ),
    ),
    Section("The same part in every picture", f"{ZEILER}, table 1", (correspondence,)),
    Section("What happens to one image", f"{ZEILER}, section 2", (feature_maps,)),
    Section(
        "What looks alike",
        "Krizhevsky et al. 2012, figure 4",
        (
            of_images(
                "retrieval",
                3,
                "The validation images nearest to it by what the last hidden layer makes of them.",
                "its nearest neighbours",
            ),
        ),
    ),
    Section(
        "What it gets wrong",
        "",
        (
            of_epoch(
                "mistakes",
                "The images that it is most sure of and yet wrong about, with its five best "
                "guesses.",
                "Wrongly answered images with their five best guesses",
            ),
            of_epoch(
                "confusion",
                "Rows are the true classes, columns the answers: what lies off the diagonal is "
                "confused. At the right the pairs that are confused most often.",
                "Confusion matrix",
            ),
        ),
    ),
)
