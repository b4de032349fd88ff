"""What a report is about, as far as its sections ask, and what they ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.errors import WorkbenchError
from training.models import Network
from training.runs import Run
from viz.network.choices import channel_count
from viz.network.images import spread_over_classes
from viz.network.layers import deepest
from viz.store.answer import answer
from viz.store.lend import Lender, Opened, plan_of
from viz.store.reporting import reporting
from viz.top_patches import TopPatchesQuery

LAYERS, IMAGES = 5, 5  # at most, of a run
TRIED = 60  # images among which clear ones are looked for
UNSURE, SURE = 0.6, 0.97  # probabilities between which covering and attribution show most


@dataclass(frozen=True)
class Wanted:
    """One figure: the command that draws it, and what to say of it."""

    view: str
    flags: Mapping[str, Any]
    caption: str
    alt: str


@dataclass(frozen=True)
class Subject:
    """The run that a report is about, as far as sections ask."""

    run: Run
    epoch: int
    asked: tuple[int, ...] = ()  # validation images; a spread over the classes where none are
    parts: Path | None = None  # a table of marked parts; the objects' where there is none
    clearest: bool = False  # the strongest channels and images that are classified correctly

    @cached_property
    def plan(self) -> Network:
        return plan_of(self.run)

    @cached_property
    def layers(self) -> list[str]:
        """Up to five convolutions, the first and the deepest among them."""
        return pick([*self.plan.convolutions[:-1], deepest(self.plan)], LAYERS)

    @cached_property
    def images(self) -> list[int]:
        """Validation images to look at.

        Raises:
            WorkbenchError: If the run has no data, or no such image.
        """
        val = self.run.data().val
        wrong = [index for index in self.asked if index >= len(val.labels)]
        if wrong:
            raise WorkbenchError(
                f"There is no validation image {wrong[0]}. Choose from 0 to {len(val.labels) - 1}."
            )
        if self.asked or not self.clearest:
            return list(self.asked) or spread_over_classes(val, IMAGES)
        tried = spread_over_classes(val, TRIED)
        return self._clear(tried)[:IMAGES] or tried[:IMAGES]

    def _clear(self, images: list[int]) -> list[int]:
        """Those that are classified correctly, neither barely nor beyond any doubt."""
        opened = Opened.of(str(self.run.path), self.epoch, Lender())
        labels = opened.split("val").labels
        found = []
        for image in images:
            with torch.inference_mode():
                seen = opened.pixels(str(image))[None].to(opened.network.device)
                p = opened.network.probabilities(seen)[0]
            label = int(labels[image])
            if int(p.argmax()) == label and UNSURE < float(p[label]) < SURE:
                found.append(image)
        return found

    def name_of(self, image: int) -> str:
        """Class and number of a validation image."""
        data = self.run.data()
        return f"{data.classes[int(data.val.labels[image])]} (validation image {image})"

    def channels(self, layer: str, count: int) -> list[int]:
        """So many channels: evenly spread by number, as nobody chose the pretty ones; or those
        with the strongest response, in the order of their numbers."""
        if self.clearest and layer in self.plan.convolutions:
            query = TopPatchesQuery(str(self.run.path), self.epoch, (layer,))
            return sorted(answer(query)[layer].by_strength()[:count])
        return pick(range(channel_count(self.plan, layer)), count)

    @property
    def chosen_how(self) -> str:
        """Which channels `channels` gives, in words."""
        return "with the strongest response" if self.clearest else "evenly spread by number"

    def mine(self, layers: Sequence[str], epoch: int) -> None:
        """Keep the strongest patches of several layers, found in one pass over the images."""
        with reporting(f"Mining patches, epoch {epoch}", None) as progress:
            answer(TopPatchesQuery(str(self.run.path), epoch, tuple(layers)), progress=progress)


def pick(of: Sequence[Any], count: int) -> list[Any]:
    """So many of a sequence, evenly spread, first and last among them."""
    places = np.linspace(0, len(of) - 1, min(count, len(of))).round().astype(int)
    return [of[place] for place in places]
