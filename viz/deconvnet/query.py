"""The question what one unit saw in an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from training.errors import WorkbenchError
from training.progress import Progress
from training.runs import Run
from viz.deconvnet.compute import RuleName, project, strongest_units
from viz.deconvnet.control import Control
from viz.deconvnet.control import control as project_another
from viz.network.choices import check_channels
from viz.network.layers import deepest
from viz.network.patches import boxes
from viz.store.cache import Arrays
from viz.store.lend import Opened, plan_of
from viz.store.query import FIRST_IMAGE, ImageSource, Look, Query

SEED = 0  # of the control: the same other channel at every look


@dataclass(frozen=True)
class Projected:
    """One unit, projected back to the pixels."""

    projection: Tensor  # (3, H, W), signed
    control: Control | None = None


@dataclass(frozen=True)
class DeconvnetQuery(Query[Projected]):
    """What one unit saw in an image, projected back to the pixels.

    .npz holds: projection (3, H, W), signed, activation, layer, channel, row, col, rule, and box
    (4), the square that the unit sees: top, left, bottom, right, px, half open. With --control
    also control_projection (3, H, W), control_channel and control_similarity.
    """

    image: ImageSource = FIRST_IMAGE
    """A picture file, or the number of a validation image; photo.jpg@0 is its left or upper
    square, @100 the right or lower one."""
    layer: str | None = None
    """The last convolution if not given."""
    channel: int | None = None
    """The one that the image excites most if not given."""
    row: int | None = None
    """Of the unit in its map; with --col. The channel's strongest unit if not given."""
    col: int | None = None
    """Of the unit in its map; with --row."""
    rule: RuleName = "deconvnet"
    """How the signal comes back: deconvnet, guided (backpropagation) or gradient."""
    control: bool = False
    """Whether a random other channel is projected from the same place: where both pictures are
    alike, they tell of the image rather than of the unit."""

    view: ClassVar[str] = "deconvnet"
    answer_type: ClassVar[type] = Projected
    cached: ClassVar[bool] = False
    message: ClassVar[str] = "Projecting the unit"
    in_address: ClassVar[dict[str, str]] = {"row": "unit", "col": "unit"}

    def __post_init__(self) -> None:
        if (self.row is None) != (self.col is None):
            raise WorkbenchError("A unit needs both --row and --col. Give both, or neither.")

    @property
    def unit(self) -> tuple[int, int]:
        """Row and column, of a resolved question."""
        assert self.row is not None
        assert self.col is not None
        return self.row, self.col

    def fitted(self, runs: Sequence[Run]) -> Self:
        """One layer for all of them."""
        return replace(self, layer=self.layer or deepest(plan_of(runs[0])))

    def resolved(self, opened: Opened) -> Self:
        query = replace(self.fitted([opened.run]), epoch=opened.epoch)
        assert query.layer is not None
        opened.plan.require_layer(query.layer)
        if query.channel is not None:
            check_channels([query.channel], opened.plan, query.layer)
        if query.channel is None or query.row is None:
            return query._strongest(opened)
        return query

    def _strongest(self, opened: Opened) -> Self:
        """With the channel that the image excites most, and its strongest unit, if not given."""
        maps, channel = self._maps(opened), self.channel
        if channel is None:
            channel = int(maps[0].flatten(1).amax(1).argmax())
        [[row, col]] = strongest_units(maps, torch.tensor([channel])).tolist()
        unit = {} if self.row is not None else {"row": row, "col": col}
        return replace(self, channel=channel, **unit)

    def _maps(self, opened: Opened) -> Tensor:
        """(1, C, h, w) of the layer; h = w = 1 for a fully connected one."""
        assert self.layer
        network = opened.network
        with torch.inference_mode():
            images = opened.pixels(self.image)[None].to(network.device)
            maps = network.activations(images, [self.layer])[self.layer].cpu()
        return maps if maps.dim() == 4 else maps[:, :, None, None]

    def compute(self, opened: Opened, progress: Progress) -> Projected:
        del progress
        assert self.layer is not None
        assert self.channel is not None
        network, image = opened.network, opened.pixels(self.image)
        channels, units = torch.tensor([self.channel]), torch.tensor([self.unit])
        [found] = project(network, image[None], self.layer, channels, units=units, rule=self.rule)
        if not self.control:
            return Projected(found)
        generator = torch.Generator().manual_seed(SEED)
        other = project_another(
            network, image, self.layer, self.channel, self.unit, found,
            rule=self.rule, generator=generator,
        )  # fmt: skip
        return Projected(found, other)

    def show(self, opened: Opened, answer: Projected, look: Look) -> DeconvnetShown:
        assert self.layer is not None
        assert self.channel is not None
        row, col = self.unit
        [box] = boxes(opened.plan, self.layer, *torch.tensor([self.unit]).T).tolist()
        return DeconvnetShown(
            look,
            picture=opened.run.preprocess.picture(opened.pixels(self.image)),
            seen=answer,
            layer=self.layer,
            channel=self.channel,
            unit=self.unit,
            activation=float(self._maps(opened)[0, self.channel, row, col]),
            box=tuple(box),
            rule=self.rule,
        )


@dataclass(frozen=True)
class DeconvnetShown:
    """The image beside what the rule says one unit saw in it."""

    look: Look
    picture: Tensor  # what the network sees, (3, H, W) in [0, 1]
    seen: Projected
    layer: str
    channel: int
    unit: tuple[int, int]  # row and column
    activation: float
    box: tuple[int, ...]  # what the unit sees: top, left, bottom, right, px, half open
    rule: RuleName = "deconvnet"

    def arrays(self) -> Arrays:
        """The projection, of which unit it is, and the control if there is one."""
        row, col = self.unit
        found = {
            "projection": self.seen.projection.numpy(),
            "activation": np.array(self.activation),
            "layer": np.array(self.layer),
            "channel": np.array(self.channel),
            "row": np.array(row),
            "col": np.array(col),
            "rule": np.array(self.rule),
            "box": np.array(self.box),
        }
        if (other := self.seen.control) is not None:
            found["control_projection"] = other.projection.numpy()
            found["control_channel"] = np.array(other.channel)
            found["control_similarity"] = np.array(other.similarity)
        return found


VIEW = DeconvnetQuery
