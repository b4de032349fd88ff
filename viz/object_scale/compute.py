"""How large the objects are beside what each layer's units see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.data import Split
from training.geometry import ReceptiveField
from training.models import Network
from training.preprocess import Preprocess
from viz.network.layers import backbone
from viz.network.objects import object_sizes, require_known
from viz.store.cache import Arrays

MOST = 12  # layers that are worth a row


@dataclass(frozen=True)
class ObjectScale:
    """Sizes of objects and of receptive fields, in px of the network's input."""

    sizes: np.ndarray  # (n,) square root of each object's area
    layers: tuple[str, ...]  # convolutions, in forward order
    fields: tuple[ReceptiveField, ...]  # of these

    @property
    def median(self) -> float:
        """Half of the objects are smaller."""
        return float(np.median(self.sizes))


def object_scale(network: Network, split: Split, preprocess: Preprocess) -> ObjectScale:
    """Measure all objects of a split whose place is known.

    Args:
        network: Its geometry is enough, as one on the meta device has it.
        split: With masks or boxes.
        preprocess: The run's preprocessing.

    Raises:
        WorkbenchError: If no object's place is known.
    """
    require_known(split)
    layers = [name for name in network.convolutions if name in network.geometry]
    if len(layers) > MOST:
        layers = [name for name in layers if name in backbone(network)] or layers
        places = np.linspace(0, len(layers) - 1, min(MOST, len(layers))).round().astype(int)
        layers = [layers[place] for place in places]
    fields = tuple(network.geometry[name] for name in layers)
    return ObjectScale(object_sizes(split, preprocess), tuple(layers), fields)


def words(scale: ObjectScale) -> str:
    """What the sizes say."""
    low, high = np.percentile(scale.sizes, (25, 75))
    # of a chain the last; of branches side by side the one whose units see most
    last, field = max(
        zip(scale.layers[::-1], scale.fields[::-1], strict=True), key=lambda each: each[1].size
    )
    said = (
        f"Objects are {scale.median:.0f} px wide in the median, half of them {low:.0f} to "
        f"{high:.0f} px. {last} sees {field.size} px, "
    )
    whole = [
        (name, one.size)
        for name, one in zip(scale.layers, scale.fields, strict=True)
        if one.size >= scale.median
    ]
    if not whole:
        return said + "less than that: none of its units sees a whole object."
    first, size = whole[0]
    is_first = "and is" if first == last else f"more than that; {first}, which sees {size} px, is"
    spanned = scale.median / field.stride
    return (
        f"{said}{is_first} the first to see a whole one. With steps of {field.stride} px, an "
        f"object spans {spanned:.1f} units of {last}."
    )


def as_arrays(scale: ObjectScale) -> Arrays:
    """All of it by name."""
    return {
        "sizes": scale.sizes,
        "layers": np.array(scale.layers),
        "receptive_field": np.array([field.size for field in scale.fields]),
        "stride": np.array([field.stride for field in scale.fields]),
    }
