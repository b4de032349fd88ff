"""Any classifier of torch's made into a `Network`: its traps found, and rewritten or named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.adopt.calls import Call
from training.adopt.constants import constant
from training.adopt.forms import Ending, settled
from training.adopt.input_steps import InputSteps, input_steps
from training.adopt.names import own_names
from training.adopt.no_scores import refuse_no_scores
from training.adopt.on_cpu import OnCpu
from training.adopt.own_modules import as_torchs_activations, as_torchs_norms
from training.adopt.rewrites import listed, rewrites
from training.adopt.tracing import BATCH, Bare, Trace, trace
from training.adopt.unwrapping import unwrapped, without_hooks
from training.adopt.users_lines import reason, where_raised
from training.errors import WorkbenchError
from training.geometry import IMAGE
from training.models.adopted import Adopted, may_be_called, stage
from training.models.network import Network
from training.models.paper_names import paper_names
from training.outputs import OUTPUTS, OutputsName

IMAGES = 2  # in the comparison; not as many as in the trace, so that a fixed number is noticed
LOGITS = ("logits", "out", "output")  # what people call them in a dictionary
TOLERANCE = 1e-4  # of the largest logit; the same operations in the same order differ by far less


@dataclass(frozen=True)
class Adoption:
    """A network of somebody else's that every view can open."""

    network: Network  # in evaluation mode
    steps: InputSteps  # what the original does to its images first; the network does not
    design: Adopted  # the same without weights, as data
    ending: Ending  # what its outputs are, and what it made of them
    rewrites: tuple[str, ...]  # what was done differently, a sentence each


def adopt(
    module: nn.Module,
    *,
    image_size: int,
    num_classes: int | None = None,
    outputs: OutputsName | None = None,
    channels: int | None = None,
) -> Adoption:
    """Take a classifier apart into named layers that give the same logits.

    The module itself stays as it is. In-place layers and functions become layers that leave their
    input alone, a module that is called several times becomes as many layers, and what was left in
    training mode is looked at in evaluation mode. Whatever is returned has to hold the logits,
    alone or under that name; a softmax or sigmoid at the end is left out, and says what they mean.
    So is what it does to its images before its first layer, which is told beside it.

    Args:
        module: Takes (N, 3, H, W), or (N, 1, H, W), and returns logits (N, K), or what
            `training.adopt.ending` knows.
        image_size: Side of the square input, px.
        num_classes: How many there are, to know the logits where several rows are returned.
        outputs: What they mean; found from its end if not given.
        channels: Of the images it takes, 3 or 1; whichever it takes if not given, 3 first.

    Raises:
        WorkbenchError: If it cannot be taken apart, or its layers give something else than it.
    """
    name = type(module).__name__
    original, told = unwrapped(module)
    with OnCpu() as asked:
        images, answer = _answered(original, image_size, (channels,) if channels else (3, 1))
    hooked = without_hooks(original)
    norms, activations = as_torchs_norms(original), as_torchs_activations(original)
    steps = input_steps(deepcopy(original), images.shape[1], image_size)
    if len(steps.scale) not in (1, 3):
        steps = InputSteps.none(images.shape[1])
    found = trace(
        deepcopy(original).to("meta"),
        image_size,
        outputs,
        channels=images.shape[1],
        begins_at=steps.result,
        all_of_it=False,
    )
    returned = _logits(found, name, num_classes)
    if returned in found.refused:
        raise found.refused[returned]
    ending = settled(found.endings[returned], outputs, name)
    calls = _needed(found.calls, found.outputs[returned])
    if not calls:
        raise WorkbenchError(f"{name} returns its images as they are; it is no classifier.")
    refuse_no_scores(calls, ending, outputs, name)
    names = _names(original, calls)
    num_classes = found.shapes[returned][1]
    graph = tuple(_graph(calls, names))
    design = Adopted(image_size, graph, channels=1 if len(steps.scale) == 1 else 3)
    network = design.build(num_classes).eval()
    network.load_state_dict(_weights(original, found, calls, names))
    _check_usable(network, num_classes, name)
    with torch.no_grad():
        theirs = answer[returned]
        ours = ending.tail(network(steps(images))).reshape(theirs.shape)
        _check_equal(ours, theirs, name, hooked)
    changes = rewrites(module, calls, names, returned=returned, found=found, ending=ending)
    if norms:
        told.append(
            f"A class of its own that computes local response normalisation: {listed(norms)}."
        )
    if activations:
        told.append(
            f"A class of its own that computes an activation of torch's: {listed(activations)}."
        )
    if asked.is_halved:
        told.append("It asks for half precision: here it works in float32.")
    if hooked:
        told.append(f"Hooks, which change nothing in its logits, are left out: {listed(hooked)}.")
    network = network.read_as(OUTPUTS[ending.outputs])
    return Adoption(network, steps, design, ending, (*told, *changes))


def _answered(
    network: nn.Module, image_size: int, channels: Sequence[int]
) -> tuple[Tensor, Mapping[str, Tensor]]:
    """The first images that a network takes, of so many channels each, and what it makes of them.

    Raises:
        WorkbenchError: If it takes none of them; of the reasons, that for its own channels.
    """
    wanted = next((m.in_channels for m in network.modules() if isinstance(m, nn.Conv2d)), None)
    reasons: dict[int, WorkbenchError] = {}
    others = (1, 3) if wanted in (1, 3) else (1, 3, wanted or 3)
    for count in dict.fromkeys((*channels, *others)):
        chance = torch.Generator().manual_seed(0)
        images = torch.randn(IMAGES, count, image_size, image_size, generator=chance)
        try:
            answer = _answer(network, images)
        except WorkbenchError as error:
            reasons[count] = error
            continue
        if count in channels:
            return images, answer
        raise WorkbenchError(_other_channels(type(network).__name__, count))
    raise reasons[wanted if wanted is not None and wanted in channels else channels[0]]


def _other_channels(name: str, count: int) -> str:
    if count == 1:
        return f"{name} takes images of one channel. Say --channels grey: pictures are turned grey."
    if count == 3:
        return f"{name} takes images of three channels. Say --channels rgb, or bgr."
    return (
        f"{name} takes images of {count} channels, and pictures have three, red, green and blue, "
        "or one, grey. Its first layer has to take one or three."
    )


@torch.no_grad()
def _answer(network: nn.Module, images: Tensor) -> Mapping[str, Tensor]:
    """What a network returns, by name.

    Raises:
        WorkbenchError: If it fails, or answers by chance.
    """
    name = type(network).__name__
    try:
        first, second = (Bare(network)(images.clone()) for _ in range(2))
    except Exception as error:  # somebody else's code runs here and may raise anything
        raise WorkbenchError(
            f"{name} fails on images {tuple(images.shape)}: {reason(error)}{where_raised(error)}. "
            "It has to take (N, 3, H, W), or (N, 1, H, W) for grey pictures, normalised; "
            "--image_size is H and W."
        ) from error
    for key, value in first.items():
        if isinstance(value, Tensor) and not value.equal(second[key]) and value.isfinite().all():
            raise WorkbenchError(
                f"{name} answers the same images differently each time, also in evaluation mode. "
                "F.dropout does so unless it is told training=self.training."
            )
    return first


def _logits(found: Trace, name: str, num_classes: int | None) -> str:
    """Under which name the logits are returned: the only ones, or those of that name or number.

    Of several rows with a number for each class the first is taken: classifiers on the side come
    after the one that counts, in torchvision and elsewhere.
    """
    rows = [key for key, shape in found.shapes.items() if len(shape) == 2 and shape[0] == BATCH]
    for usual in LOGITS:
        if usual in rows:
            return usual
    counts = (num_classes, 1) if num_classes == 2 else (num_classes,)  # or one number for both
    fitting = [key for key in rows if found.shapes[key][1] in counts]
    if len(rows) == 1 or fitting:
        return (fitting or rows)[0]
    if not rows and found.refused:
        raise next(iter(found.refused.values()))
    said = ", ".join(
        f"{key or 'one tensor'} {('N', *shape[1:])}" for key, shape in found.shapes.items()
    ).replace("'", "")
    raise WorkbenchError(
        f"{name} returns {said or 'no tensor'}; expected logits (N, classes). Return them alone, "
        'or in a dictionary as "logits".'
    )


def _needed(calls: Sequence[Call], head: int) -> list[Call]:
    """What leads to the head, numbered anew; the head is the last."""
    needed = {head}
    for number in range(head, -1, -1):
        if number in needed:
            needed.update(calls[number].sources)
    order = sorted(needed - {-1})
    new = {-1: -1} | {old: place for place, old in enumerate(order)}
    return [
        replace(calls[old], sources=tuple(new[source] for source in calls[old].sources))
        for old in order
    ]


def _names(network: nn.Module, calls: Sequence[Call]) -> list[str]:
    """The papers' names where the network is one of those, else the author's."""
    try:
        names = paper_names(network, calls)
    except (KeyError, ValueError, IndexError):  # somebody rebuilt a part of it
        names = []
    right = len(set(names)) == len(calls) and all(map(may_be_called, names))
    return names if right else own_names(calls)


def _graph(calls: Sequence[Call], names: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    for name, call in zip(names, calls, strict=True):
        sources = tuple(IMAGE if source < 0 else names[source] for source in call.sources)
        try:
            yield stage(name, call.module, sources)
        except WorkbenchError as error:
            where = f" ({call.line})" if call.line else ""
            raise WorkbenchError(f"{call.path or name}{where}: {error}") from error


def _weights(
    network: nn.Module, found: Trace, calls: Sequence[Call], names: Sequence[str]
) -> dict[str, Tensor]:
    weights: dict[str, Tensor] = {}
    for name, call in zip(names, calls, strict=True):
        if call.constants:
            own: Mapping[str, Tensor] = {
                key: constant(node, Bare(network), found.root)
                for key, node in call.constants.items()
            }
        else:
            own = network.get_submodule(call.path).state_dict() if call.own else {}
        if any(call.widened):
            own = {**own, "weight": functional.pad(own["weight"], call.widened)}
        weights |= {f"{name}.{key}": value for key, value in own.items()}
    return weights


def _check_usable(network: Network, num_classes: int, name: str) -> None:
    """What every view takes for granted, beyond logits."""
    if not network.convolutions:
        raise WorkbenchError(f"{name} has no convolution, and so nothing that the views show.")
    if network.num_classes != num_classes:
        raise WorkbenchError(
            f"{name} gives {num_classes} logits, but its last layer with weights gives "
            f"{network.num_classes}. Let one layer give them all."
        )
    assert network.geometry  # or an error that says which layer has no square window


def _check_equal(ours: Tensor, theirs: Tensor, name: str, hooked: Sequence[str]) -> None:
    difference = (ours - theirs).abs().max().item()
    largest = theirs.abs().nan_to_num(posinf=0).max().item()  # weights may be no numbers
    if not torch.allclose(ours, theirs, rtol=0, atol=TOLERANCE * largest, equal_nan=True):
        if hooked:
            raise WorkbenchError(
                f"{name} has hooks on {listed(hooked)} that change what it gives, and that no "
                "layer shows. Write what they do into forward."
            )
        raise WorkbenchError(
            f"{name}, taken apart, gives logits that differ by {difference:.2g} from its own, of "
            f"up to {largest:.2g}. It does something that its layers do not show, such as a "
            "tensor that is changed in place; it is refused rather than shown wrongly."
        )
