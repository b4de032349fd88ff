"""Do projections do what they say? Compared with the paper's own steps, written out once more."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from math import isfinite

import torch
from torch import Tensor

from training.errors import WorkbenchError
from training.geometry import IMAGE
from training.models import Network
from training.progress import Progress, silent
from viz.by_hand import unit_by_hand
from viz.deconvnet import RULES, RuleName, project, strongest_units
from viz.network.layers import backbone, key_layers
from viz.network.way_back import brought_back, written_out

TOLERANCE = 1e-5  # of a picture's largest value, in float32
MOST_LAYERS = 5  # from which projections start; each runs through all layers below
SHARES = 4  # in which corners and edges are dealt out among rules and layers above the first


@dataclass(frozen=True)
class SelfCheck:
    """How far projections of one image are from the same pictures worked out in another way."""

    layers: tuple[str, ...]  # whose projections were compared
    deviation: float  # largest difference over a picture's largest value; 0 without layers
    gradient: float  # the same between gradients and autograd's
    uncovered: tuple[str, ...]  # layers whose way back is not written out here: it is autograd's
    named: float = 0.0  # the same of units named at corners and edges, by every rule
    by_hand: float = 0.0  # of units worked out by hand there, over the layer's largest; 0 if none

    @property
    def passed(self) -> bool:
        """Whether all differ by rounding alone; NaN does not."""
        found = (self.deviation, self.gradient, self.named, self.by_hand)
        return all(each <= TOLERANCE for each in found)

    @property
    def words(self) -> str:
        """The result in a sentence or two."""
        if not self.passed:
            return (
                f"Projections differ from the explicit computation by {_power(self.deviation)}, "
                f"those of units named at corners and edges by {_power(self.named)}, gradients "
                f"from autograd's by {_power(self.gradient)} and units by hand by "
                f"{_power(self.by_hand)} of their largest value: do not trust them."
            )
        parts = [f"gradients equal autograd's to {_power(self.gradient)}"]
        if self.layers:
            parts.insert(
                0,
                f"projections from {', '.join(self.layers)} equal the explicit computation to "
                f"{_power(max(self.deviation, self.named))}, at corners and edges too,",
            )
        said = " and ".join(parts) + "."
        if self.uncovered:
            said += f" Through {', '.join(self.uncovered[:3])}"
            said += f" and {len(self.uncovered) - 3} more" if len(self.uncovered) > 3 else ""
            said += " the way back is autograd's in both."
        return said[0].upper() + said[1:]


def self_check(network: Network, *, progress: Progress = silent) -> SelfCheck:
    """Compare projections of an image of noise with unpooling, rectifying, transposed filtering.

    From up to `MOST_LAYERS` layers of the backbone, spread evenly, the strongest unit is projected
    by `viz.deconvnet.project` and once more without autograd (`viz.network.way_back`): maxima are
    put back by summed switches, signals clamped at ReLUs, convolutions transposed, sums of branches
    handed to each branch and concatenations cut apart. It is named besides, and units at corners
    and edges are, by every rule: then `project` computes a part of the maps alone, and here they
    are whole. Layers without such a step are named; autograd's is taken for them. The gradient rule
    is compared with autograd, from the logits through the whole network, and units of the first
    convolution worked out by hand with its maps.

    Args:
        network: In evaluation mode.
        progress: Told after each comparison.
    """
    side = network.image_size
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(1, network.image_channels, side, side, generator=generator).to(
        network.device, memory_format=torch.channels_last
    )
    starts = _starts(network)
    deviations: list[float] = []
    named: list[float] = []
    gradients: list[float] = []
    for done, layer in enumerate(starts):
        deviations.append(_unless_rounding(_deviation_from, network, image, layer))
        for rule in RULES:
            of_rule = partial(_named_deviation, rule=rule, place=done)
            found = gradients if rule == "gradient" else named
            found.append(_unless_rounding(of_rule, network, image, layer))
        progress(done + 1, len(starts) + 1)
    gradients.append(_gradient_deviation(network, image))
    progress(len(starts) + 1, len(starts) + 1)
    path = [stage.name for stage in network.plan([network.head])]
    return SelfCheck(
        layers=tuple(starts),
        deviation=_largest(deviations),
        gradient=_largest(gradients),
        uncovered=tuple(name for name in path if not written_out(network.layers[name])),
        named=_largest(named),
        by_hand=_by_hand_deviation(network, image),
    )


def _starts(network: Network) -> list[str]:
    """Key layers of the backbone, spread evenly."""
    on_the_way = backbone(network)
    fit = [name for name in key_layers(network) if name in on_the_way]
    if len(fit) <= MOST_LAYERS:
        return fit
    step = (len(fit) - 1) / (MOST_LAYERS - 1)
    return [fit[round(place * step)] for place in range(MOST_LAYERS)]


def _deviation_from(network: Network, image: Tensor, layer: str) -> float:
    """Of the strongest unit: found by `project` in whole maps, and named to it."""
    maps = _maps(network, image, layer)
    channel, unit = _strongest(maps[layer])
    start = _started(maps[layer], channel, unit)
    theirs = brought_back(network, maps, layer, start, "deconvnet").cpu()
    ours = (project(network, image, layer, channel, units=units) for units in (None, unit))
    return _largest([_deviation(each, theirs) for each in ours])


def _named_deviation(
    network: Network, image: Tensor, layer: str, rule: RuleName, place: int
) -> float:
    """Of units at corners and edges, from a part of the maps and from all of them.

    Args:
        network: In evaluation mode.
        image: (1, 3, H, W).
        layer: Of the units.
        rule: Their way back.
        place: Of the layer among the starts; all units of the first one are looked at, and above
            it those that fall to the layer and the rule.
    """
    maps = _maps(network, image, layer)
    answer = maps[layer]
    units = corners_and_edges(*answer.shape[2:]) if answer.dim() == 4 else torch.tensor([[0, 0]])
    if place and len(units) > SHARES:
        units = units[(place + list(RULES).index(rule)) % SHARES :: SHARES]
    channels = torch.arange(len(units)) % answer.shape[1]
    images = image.expand(len(units), -1, -1, -1)
    ours = project(network, images, layer, channels, units=units, rule=rule)
    if rule == "gradient":
        theirs = _autograds(network, images, layer, channels, units)
    else:
        maps = {name: each.expand(len(units), *each.shape[1:]) for name, each in maps.items()}
        theirs = brought_back(network, maps, layer, _started(maps[layer], channels, units), rule)
    return _largest([_deviation(one, other.cpu()) for one, other in zip(ours, theirs, strict=True)])


def _unless_rounding(
    measured: Callable[[Network, Tensor, str], float], network: Network, image: Tensor, layer: str
) -> float:
    """A deviation, and where it looks like a fault that in double precision.

    A unit may be so near to 0 that rounding decides whether it is on; the part of a map and the
    whole of it are not added up in the same order.
    """
    deviation = measured(network, image, layer)
    if deviation <= TOLERANCE or not isfinite(deviation):
        return deviation
    return measured(_in_double(network, layer), image.cpu().double(), layer)


def _strongest(answer: Tensor) -> tuple[Tensor, Tensor]:
    """(1,) the channel that an image excites most, and (1, 2) its strongest unit."""
    channel = answer.flatten(2).amax(2).argmax(1) if answer.dim() == 4 else answer.argmax(1)
    return channel.cpu(), strongest_units(answer, channel).cpu()


def corners_and_edges(rows: int, columns: int) -> Tensor:
    """(n, 2) units of a map: its corners and the middles of its edges, around it, and each once."""
    below, right = rows - 1, columns - 1
    around = [
        (0, 0), (0, columns // 2), (0, right), (rows // 2, right),
        (below, right), (below, columns // 2), (below, 0), (rows // 2, 0),
    ]  # fmt: skip
    return torch.tensor(list(dict.fromkeys(around)))


def _by_hand_deviation(network: Network, image: Tensor) -> float:
    """Of units at corners and edges of the first convolution; 0 where it is not worked out."""
    layer = network.convolutions[0]
    maps = _maps(network, image, layer)[layer][0].cpu()
    largest = float(maps.abs().max())
    found = []
    for at, (row, col) in enumerate(corners_and_edges(*maps.shape[1:]).tolist()):
        channel = at % len(maps)
        try:
            total = unit_by_hand(network, image[0], channel, row, col).total
        except WorkbenchError:  # no plain convolution, and refused in words where it is asked for
            return 0.0
        off = abs(total - float(maps[channel, row, col]))
        found.append(off / largest if largest else off)
    return _largest(found)


def _gradient_deviation(network: Network, image: Tensor) -> float:
    with torch.no_grad():
        channel = network(image).argmax(1).cpu()
    theirs = _autograds(network, image, network.head, channel, torch.tensor([[0, 0]]))
    ours = project(network, image, network.head, channel, rule="gradient")
    return _deviation(ours, theirs.cpu())


def _autograds(
    network: Network, images: Tensor, layer: str, channels: Tensor, units: Tensor
) -> Tensor:
    """The gradient of one unit of each image, by nothing but autograd."""
    with torch.inference_mode(False), torch.enable_grad():
        pixels = images.clone().requires_grad_()
        answer = network.activations(pixels, [layer])[layer]
        start = _started(answer.detach(), channels, units)
        return torch.autograd.grad(answer, pixels, start)[0]


def _started(answer: Tensor, channels: Tensor, units: Tensor) -> Tensor:
    """1 at one unit of each image, in the shape of a layer's (N, C, h, w) or (N, D)."""
    signal = torch.zeros(answer.shape, dtype=answer.dtype, device=answer.device)
    maps = signal if signal.dim() == 4 else signal[:, :, None, None]
    for each, channel, (row, col) in zip(maps, channels.tolist(), units.tolist(), strict=True):
        each[channel, row, col] = 1
    return signal


@torch.inference_mode(False)
@torch.no_grad()
def _maps(network: Network, image: Tensor, layer: str) -> dict[str, Tensor]:
    """Of all layers on the way to one, whole."""
    stages = [stage.name for stage in network.plan([layer])]
    return {IMAGE: image} | network.activations(image.clone(), stages)


@torch.inference_mode(False)
def _in_double(network: Network, layer: str) -> Network:
    """A copy of the layers on the way to one, on the CPU, where rounding decides nothing."""
    names = [stage.name for stage in network.plan([layer])]
    layers = {name: deepcopy(network.layers[name]).cpu().double() for name in names}
    inputs = {name: network.inputs[name] for name in names}
    return Network(layers, image_size=network.image_size, inputs=inputs).eval()


def _deviation(ours: Tensor, theirs: Tensor) -> float:
    largest = theirs.abs().max().item()
    difference = (ours - theirs).abs().max().item()
    return difference / largest if largest else difference


def _largest(deviations: list[float]) -> float:
    """The largest; NaN, which max would lose, where there is one."""
    return max(deviations, key=lambda each: each if isfinite(each) else torch.inf, default=0.0)


def _power(number: float) -> str:
    """3·10⁻⁷."""
    if not isfinite(number):
        return "a number that is not finite"
    if number == 0:
        return "the last digit"
    digit, exponent = f"{number:.0e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digit}·10{raised}"
