"""Occlusion of one 224 px image by AlexNet: 625 places, every class and layer, beside captum."""

from collections.abc import Callable

import torch
from captum.attr import Occlusion

from benchmarks.timing import take_turns
from training.models import create, freeze
from viz.occlusion import occlusion

WINDOW, STRIDE = 32, 8
BATCHES = (16, 32, 64, 128)


def measure(rounds: int) -> list[tuple[str, float]]:
    """(who, median seconds), ours first, captum at its default and at each batch size."""
    torch.manual_seed(0)
    network = freeze(create("alexnet", 1000))
    image = torch.randn(3, 224, 224)
    captum = Occlusion(network)

    def theirs(batch: int) -> Callable[[], object]:
        return lambda: captum.attribute(
            image[None],
            sliding_window_shapes=(3, WINDOW, WINDOW),
            strides=(3, STRIDE, STRIDE),
            target=0,
            perturbations_per_eval=batch,
        )

    contestants: dict[str, Callable[[], object]] = {
        "filterscope: all classes and layers": lambda: occlusion(
            network, image, window=WINDOW, stride=STRIDE
        ),
        "captum, default (1 at a time)": theirs(1),
    }
    contestants |= {f"captum, {batch} at a time": theirs(batch) for batch in BATCHES}
    with torch.no_grad():
        return list(take_turns(contestants, rounds).items())
