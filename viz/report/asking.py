"""What the sections of a report ask for: views of a run, of an epoch, of images, and more.

Each takes the subject and gives the figures wanted, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from training.errors import WorkbenchError
from viz.evolution import spread
from viz.planes import with_planes
from viz.report.subject import Subject, Wanted
from viz.store.answer import answer
from viz.store.query import ImageSource
from viz.strongest import StrongestQuery, convolutions_on_the_way
from viz.strongest.query import Measure

Pictures = Callable[[Subject], Iterator[Wanted]]

CHANNELS, ROWS = 8, 6  # at most, of a layer, of an evolution


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
            f"{layer}, {len(channels)} channels {subject.chosen_how}. Nine images each: at the "
            "left the square that the unit sees, at the right what the deconvnet says it saw there "
            "(mid grey is zero).",
            f"{layer}: nine patches and nine projections for each of {len(channels)} channels",
        )


def evolution(subject: Subject) -> Iterator[Wanted]:
    """The first and the deepest layer over the epochs."""
    epochs = spread(subject.run.epochs)
    if len(epochs) < 2:
        raise WorkbenchError(
            f"{subject.run.name} has one epoch only, so nothing can be seen to change."
        )
    layers = list(dict.fromkeys((subject.layers[0], subject.layers[-1])))
    for epoch in subject.run.sound(epochs).epochs:
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
    for layer in with_planes(subject.plan)[:1]:
        channels = subject.channels(layer, CHANNELS)
        yield Wanted(
            "planes",
            {"epoch": subject.epoch, "layer": layer, "channels": channels},
            f"{layer}, {len(channels)} channels {subject.chosen_how}: the heaviest planes of "
            "their filters. Red adds what the channel below says there, blue takes it away. What "
            "such a sum looks for cannot be read from it, which is why there are projections.",
            f"Planes of the filters of {layer}",
        )


def by_hand(subject: Subject) -> Iterator[Wanted]:
    """The unit of the first layer that the first image excites most."""
    image = subject.images[0]
    place, source = str(subject.run.path), ImageSource(str(image))
    first = answer(StrongestQuery(place, subject.epoch, source, measure_of(subject)))[0]
    unit = {"channel": first.channel, "row": first.row, "col": first.col}
    yield Wanted(
        "by-hand",
        {"image": str(image), "epoch": subject.epoch, **unit},
        f"{subject.name_of(image)}: the patch under its strongest unit of the first layer times "
        "the kernel, plane by plane, the sum and the bias, and what the next layers make of it.",
        "Patch, kernel and product, plane by plane",
    )


def measure_of(subject: Subject) -> Measure:
    """Units count by their share where the report mines all layers anyway, else by activation."""
    layers = convolutions_on_the_way(subject.plan)
    return "share" if set(layers) <= set(subject.layers) else "activation"


def correspondence(subject: Subject) -> Iterator[Wanted]:
    """The marked parts, or the objects where the data set knows them."""
    yield Wanted(
        "correspondence",
        {"epoch": subject.epoch} | ({"parts": subject.parts} if subject.parts else {}),
        "The same part is hidden in every picture. Where that changes the same features in the "
        "same direction in all of them, the share of those that change differently is low: the "
        "network knows the part again. For comparison random masks, and one "
        "mask for all pictures.",
        "How differently features change where the same part is hidden, against random masks",
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
        {**asked, "measure": measure_of(subject)},
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
