"""The number here: what the chosen run has to set beside each of the papers' claims.

Each takes what the page has drawn and gives a sentence, or None where nothing is worked out yet.
None of them starts any work: weights and tables are read, answers are those of the page.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.tour.seen import Seen

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from training.comparison import Comparison

QUERIES, SEARCHED = 200, 5000  # images compared for the share of neighbours that are alike
RELU_RECIPE = "relu-vs-tanh"


def kernels(seen: Seen) -> str | None:
    """How many first filters there are, and how many of them look for colour."""
    from viz.drawing.words import percent
    from viz.network.weights import healed
    from viz.store.lend import plan_of

    if seen.run is None or seen.epoch is None:
        return None
    plan = plan_of(seen.run)
    layer = plan.convolutions[0]
    weight = healed(seen.run.weight(seen.epoch, f"{layer}.weight"))
    filters, channels, height, width = weight.shape
    stride = plan.layers[layer].stride
    step = stride[0] if isinstance(stride, tuple) else stride
    words = f"{filters} kernels of {height}×{width}×{channels} at stride {step}"
    if channels == 1:
        return f"{words}, which see grey."
    share = colour_share(weight)
    return (
        f"{words}; {percent(float(share.mean()), 0)} of their energy is in colour, as is "
        f"{percent(2 / 3, 0)} of noise, and {int((share < 0.5).sum())} are largely colour-agnostic."
    )


def colour_share(weight: Tensor) -> Tensor:
    """Share of each filter's energy that is in differences between the colours, (C,) of
    (C, 3, h, w)."""
    energy = weight.square().flatten(1).sum(1)
    colour = (weight - weight.mean(1, keepdim=True)).square().flatten(1).sum(1)
    return colour / energy.clamp(min=1e-12)


def errors(seen: Seen) -> str | None:
    """Validation error as it was measured during training."""
    from viz.drawing.words import percent

    if seen.run is None or seen.epoch is None:
        return None
    metrics = seen.run.metrics()
    rows = metrics[metrics["epoch"] == seen.epoch]
    if not len(rows):
        return None
    top1, top5 = (1 - float(rows[name].iloc[-1]) for name in ("val_top1", "val_top5"))
    classes = len(seen.run.classes)
    guess = percent(1 - 1 / classes, 0)
    return (
        f"top-1 error {percent(top1)}, top-5 error {percent(top5)}, of {classes} classes, where "
        f"guessing has {guess}."
    )


def neighbours(seen: Seen) -> str | None:
    """How often the nearest image by features is of the same class."""
    from viz.drawing.words import percent

    reply = seen.reply("retrieval")
    if reply is None or len(reply.answer) < 2:
        return None
    labels = reply.opened.split(reply.query.split).labels
    share, queries, searched = alike(reply.answer, labels)
    return (
        f"for {percent(share, 0)} of {queries} validation images the nearest of {searched:,} by "
        f"{reply.query.layer} is of the same class; chance has "
        f"{percent(1 / len(reply.opened.run.classes), 0)}."
    )


def alike(features: Tensor, labels: np.ndarray) -> tuple[float, int, int]:
    """Share of images whose nearest other one has their label; how many asked, among how many.

    Args:
        features: (N, D).
        labels: (N,) int, of numpy.
    """
    import torch

    step = max(1, -(-len(features) // SEARCHED))
    found = features[::step].float()
    label = torch.as_tensor(labels)[::step]
    asked = torch.arange(0, len(found), max(1, -(-len(found) // QUERIES)))
    distance = torch.cdist(found[asked], found)
    distance[torch.arange(len(asked)), asked] = torch.inf
    same = label[distance.argmin(1)] == label[asked]
    return float(same.float().mean()), len(asked), len(found)


def patches(seen: Seen) -> str | None:
    """Of how many classes a channel's strongest images are."""
    reply = seen.reply("top-patches")
    if reply is None:
        return None
    layer = reply.query.layer[0]
    image = reply.answer[layer].image
    if not (image >= 0).any():
        return None
    labels = reply.opened.split(reply.query.split).labels
    kinds = [len(set(labels[row[row >= 0].numpy()])) for row in image if (row >= 0).any()]
    classes, k = len(reply.opened.run.classes), image.shape[1]
    chance = classes * (1 - (1 - 1 / classes) ** k)
    return (
        f"the {k} images of a channel of {layer} are of {sum(kinds) / len(kinds):.1f} classes in "
        f"the mean; {k} at random would be of {chance:.1f}."
    )


def learning(seen: Seen) -> str | None:
    """By which epoch half of the layer's channels had learnt what they answer to."""
    from viz.evolution.learning import half_learnt

    reply = seen.reply("evolution")
    if reply is None:
        return None
    found = reply.answer
    half, late = half_learnt(found.learnt), sum(when is None for when in found.learnt)
    first, last = int(found.epoch[0]), int(found.epoch[-1])
    when = f"had learnt by epoch {half}" if half is not None else "are not done yet"
    return (
        f"half of {found.layer}'s channels {when}, of epochs {first} to {last}; {late} of "
        f"{len(found.learnt)} still change at the end."
    )


def stability(seen: Seen) -> str | None:
    """What is left of the class's probability while pictures move, grow and turn."""
    from viz.drawing.words import percent

    reply = seen.reply("invariance")
    if reply is None:
        return None
    words = {"translation": "moved", "scale": "enlarged", "rotation": "turned"}
    lowest = {one.transformation: float(one.probability.mean(0).min()) for one in reply.answer}
    listed = ", ".join(f"{words[name]} {percent(p, 0)}" for name, p in lowest.items())
    count = len(reply.answer[0].probability)
    return f"lowest mean P(class) of {count} pictures on the way: {listed}."


def strides(seen: Seen) -> str | None:
    """What the first layer's size and stride cost, and the error."""
    from viz.drawing.words import percent

    reply = seen.reply("diagnosis")
    if reply is None:
        return None
    found = reply.answer
    error = reply.opened.run.top1_error(reply.query.epoch)
    known = "" if error is None else f"; top-1 error {percent(error)}"
    return (
        f"{found.kernel}×{found.kernel} at stride {found.stride}: "
        f"{percent(found.spectra.aliased_energy)} of the filters' energy is beyond what the stride "
        f"carries, {len(found.responses[0].dead())} of {len(found.responses[0].active)} channels "
        f"of {found.layers[0]} are dead{known}."
    )


def covering(seen: Seen) -> str | None:
    """What covering the spot that matters most costs the network's answer."""
    from app.shell.errors import plain
    from viz.drawing.words import percent

    reply = seen.reply("occlusion")
    if reply is None:
        return None
    found = reply.answer[0]
    label = int(found.base.argmax())
    whole, lowest = float(found.base[label]), float(found.probability[..., label].min())
    return (
        f"P({plain(reply.opened.run.classes[label])}) is {percent(whole)} for the whole image and "
        f"{percent(lowest)} with the costliest {found.window} px covered."
    )


def parts(seen: Seen) -> str | None:
    """Whether hiding a part changes features more alike than hiding random masks."""
    reply = seen.reply("correspondence")
    if reply is None:
        return None
    found = reply.answer
    part, control = (float(found.difference[0, :, way].mean()) for way in (0, 1))
    return (
        f"hiding a part changes {part:.3f} of {found.layers[0]}'s features differently from "
        f"picture to picture, random masks {control:.3f}."
    )


def speed(seen: Seen) -> str | None:
    """How many times as many epochs tanh takes to the training error of the recipe."""
    found = relu_comparison(seen.runs)
    if found is None:
        return None
    table, measure = found.table(), found.measures[0]
    relu, tanh = (found.summary(name, measure, table) for name in ("relu", "tanh"))
    if not relu.count or not tanh.count:
        return None
    words = f"ReLU takes {relu.say(measure)} epochs, tanh {tanh.say(measure)}"
    return f"{words}: {tanh.mean / relu.mean:.1f} times as many."


def relu_comparison(runs: Path) -> Comparison | None:
    """The newest comparison that was made by the recipe; None where there is none."""
    from training.comparison import list_comparisons
    from training.recipe import read_recipe

    title = read_recipe(RELU_RECIPE).title
    there = (one for one in list_comparisons(runs) if one.config["title"] == title)
    return next(there, None)
