"""The ten figures: for each the page that draws it for any run, and the papers' numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.shell.menu import PAGES
from app.tour import numbers
from app.tour.seen import Seen

TITLE = "Two papers in ten figures"
KRIZHEVSKY, ZEILER = "Krizhevsky et al. 2012", "Zeiler & Fergus 2013"
LATER = "stands here as soon as the page has worked it out."


@dataclass(frozen=True)
class Step:
    """A figure of a paper, and where it is drawn for the chosen run."""

    title: str
    figure: str  # of which paper
    page: str  # name of the page's file
    words: str  # two sentences: what is to be seen
    paper: str  # what the paper found, with its number
    here: Callable[[Seen], str | None]  # the same of the chosen run; None where it is not known
    otherwise: str = LATER  # what is said then
    parameters: Mapping[str, str] = field(default_factory=dict)  # of the page's address
    forget: tuple[str, ...] = ("layer", "channel", "unit", "cell", "beside", "picture")
    """Names that the address says no longer: chosen for the last figure, they hide this one."""


STEPS = (
    Step(
        "First-layer kernels",
        f"{KRIZHEVSKY}, figure 3",
        "filters",
        "Nobody drew these: the first layer found edges, stripes and blobs of colour by itself. "
        "Step back to epoch 0 and play to see them grow out of noise.",
        "96 kernels of 11×11×3; of the two GPUs' halves one is largely colour-agnostic, the other "
        "largely colour-specific.",
        numbers.kernels,
    ),
    Step(
        "Five guesses an image",
        f"{KRIZHEVSKY}, figure 4, left",
        "overview",
        "Below the curves stand images that it never learned from, with its five best guesses. "
        "Even a wrong first guess is often a sensible one.",
        "top-1 error 37.5 %, top-5 error 17.0 % (ILSVRC-2010, 1000 classes).",
        numbers.errors,
        "not measured yet: after the first epoch, or by `python -m training evaluate` for an "
        "imported network.",
    ),
    Step(
        "What looks alike to it",
        f"{KRIZHEVSKY}, figure 4, right",
        "retrieval",
        "Images are near one another where the last hidden layer says nearly the same of them. "
        "Compare with the row by raw pixels: same pose and ground, anything at all in front.",
        "by 4,096 features the six nearest training images show the same thing in other poses; by "
        "pixels they do not.",
        numbers.neighbours,
    ),
    Step(
        "What excites each channel",
        f"{ZEILER}, figure 2",
        "top_patches",
        "Nine images excite a channel most; beside each stands what of it got through, projected "
        "back to the pixels. Choose the first layer, then a higher one: edges turn into things.",
        "nine patches a channel, from edges and colours in layer 2 to whole objects in layer 5.",
        numbers.patches,
    ),
    Step(
        "When it learned that",
        f"{ZEILER}, figure 4",
        "evolution",
        "A row is a channel, a column an epoch: what excited it most then. It jumps where another "
        "image takes over, and comes to rest.",
        "lower layers settle within a few epochs, upper ones after 40 to 50 of 70.",
        numbers.learning,
    ),
    Step(
        "Moved, enlarged, turned",
        f"{ZEILER}, figure 5",
        "invariance",
        "The same picture a little lower, larger, turned, step by step. The first layer's features "
        "go far at once, the last one's little by little, and the answer bears some of it.",
        "stable under shifts of up to 60 of 224 px and 1.8× enlargement; not under rotation.",
        numbers.stability,
    ),
    Step(
        "Stride and filter size",
        f"{ZEILER}, figure 6",
        "diagnosis",
        "A stride too large for the filters brings back patterns that are not in the image, and "
        "leaves dead filters. Looking at them told the authors what to change.",
        "7×7 at stride 2 instead of 11×11 at stride 4: top-5 error 16.5 instead of 18.1 %.",
        numbers.strides,
    ),
    Step(
        "Where it looks",
        f"{ZEILER}, figure 7",
        "occlusion",
        "A grey window covers the image spot by spot, and the map has what each costs the answer. "
        "So it is told whether the network looks at the thing or at what lies around it.",
        "P(Pomeranian) falls sharply where the dog's face is covered, by 32 of 224 px.",
        numbers.covering,
    ),
    Step(
        "Does it know a part again?",
        f"{ZEILER}, figure 8 and table 1",
        "correspondence",
        "The same part is hidden in several pictures. If that changes the features alike in all "
        "of them, the network knows the part, though nobody named it.",
        "layer 5: 0.067 for the right eye of five dogs, 0.107 for random masks; low is alike.",
        numbers.parts,
        "not compared yet: press the page's button, where the data say where objects are.",
    ),
    Step(
        "ReLU against tanh",
        f"{KRIZHEVSKY}, figure 1",
        "compare",
        "One thing changed, all else equal: that is how a claim is tried. Train this one or "
        "another here, and both curves and the paper's number stand side by side.",
        "25 % training error on CIFAR-10 in a sixth of the epochs that tanh takes.",
        numbers.speed,
        "not tried yet: 18 minutes on two cores, from the list on this page.",
    ),
)


def table() -> str:
    """Which figure is on which page, as the README has it."""
    rows = [
        f"| {number} | {step.figure} | {step.title} | {PAGES[step.page][0]} |"
        for number, step in enumerate(STEPS, 1)
    ]
    return "\n".join(
        ["| step | figure of the paper | shows | page |", "| --- | --- | --- | --- |", *rows]
    )
