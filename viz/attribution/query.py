"""The question which pixels a class score rests on, by some of the field's methods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch
from torch import Tensor

from training.errors import WorkbenchError
from training.progress import Progress
from viz.attribution.compute import METHODS, MethodName, attribution, usable
from viz.attribution.covering import loss_map
from viz.network.choices import class_index, most_probable
from viz.occlusion.compute import Occlusion
from viz.occlusion.query import OcclusionQuery
from viz.store.cache import Arrays
from viz.store.lend import Opened
from viz.store.query import FIRST_IMAGE, ImageSource, Look, Query


@dataclass(frozen=True)
class AttributionLook(Look):
    """Nothing is chosen afterwards: another class or method is another question."""


@dataclass(frozen=True)
class Heat:
    """One method's map."""

    heat: Tensor  # (H, W)


@dataclass(frozen=True)
class Heats:
    """What some methods found; that of occlusion serves every class."""

    maps: dict[MethodName, Tensor]  # (H, W) by method
    covered: Occlusion | None = None

    def of(self, label: int, side: int) -> dict[MethodName, Tensor]:
        """The maps of a class, (H, W) by method.

        Args:
            label: Whose, where occlusion is among them; the others are of one class anyway.
            side: Of the network's input, px.
        """
        if self.covered is None:
            return self.maps
        return {**self.maps, "occlusion": loss_map(self.covered, label, side, side)}


@dataclass(frozen=True)
class CoveringQuery(OcclusionQuery):
    """The question of occlusion with the window that suits the run, and so the same answer."""

    def identity(self, opened: Opened) -> dict[str, Any]:
        return OcclusionQuery.identity(self.resolved(opened), opened)

    def states(self, opened: Opened, before: Occlusion | None) -> Iterator[Occlusion]:
        return OcclusionQuery.states(self.resolved(opened), opened, before)


@dataclass(frozen=True)
class AttributionQuery(Query[Any]):
    """Which pixels a class score rests on: heat maps by one method or by all, side by side.

    That of occlusion is drawn from what the view occlusion has cached.

    .npz holds: a map (H, W) by each method's name, such as grad-cam, in the method's own unit.
    Also label, class_name (K) and whole (K), the probabilities of all classes. Compared with
    another run: also second_gradient and so on and, where the inputs are of one size,
    difference_gradient and so on. --of trust: see sanity-checks.
    """

    image: ImageSource = FIRST_IMAGE
    """A picture file, or the number of a validation image; photo.jpg@0 is its left or upper
    square, @100 the right or lower one."""
    label: str | None = None
    """Class, by name or number; the most probable one if not given."""
    method: tuple[MethodName, ...] = ()
    """Of gradient, guided, deconvnet, grad-cam, integrated-gradients and occlusion, several with
    commas between; all of them if not given. grad-cam is left out of several, and that is said,
    where no layer with maps lies on every way to the answer."""
    of: Literal["map", "trust"] = "map"
    """map, or trust, which is the view sanity-checks of one method's map."""

    view: ClassVar[str] = "attribution"
    version: ClassVar[int] = 4  # 3: maps that everything passes; 4: the cap of a ReLU6
    answer_type: ClassVar[type] = Heat
    look: ClassVar[type[Look]] = AttributionLook
    message: ClassVar[str] = "Computing attributions"

    def resolved(self, opened: Opened) -> Any:
        if self.of == "trust":
            return self._sanity_checks().resolved(opened)
        methods, _ = usable(opened.plan, self.method)
        label = named_class(opened, self.image, self.label)
        return replace(self, epoch=opened.epoch, label=label, method=methods)

    def _sanity_checks(self) -> Query[Any]:
        from viz.sanity_checks.query import SanityChecksQuery  # which builds on this one

        if len(self.method) != 1:
            raise WorkbenchError(
                f"--of trust takes one --method. Choose one of: {', '.join(METHODS)}."
            )
        return SanityChecksQuery(self.run, self.epoch, self.image, self.label, self.method[0])

    def following(self, first: Any, opened: Opened) -> Self:
        """The class is that of the first network."""
        if first.label not in opened.run.classes:
            raise WorkbenchError(
                f"{opened.run.name} has not learned {first.label}. Choose another --label."
            )
        return replace(self, label=first.label)

    def parts(self) -> Sequence[Query[Any]]:
        return [
            CoveringQuery(self.run, self.epoch, image=(self.image,))
            if method == "occlusion"
            else replace(self, method=(method,))
            for method in self.method
        ]

    def join(self, answers: Sequence[Any]) -> Heats:
        """The maps of the first methods, of as many as there are answers."""
        found = dict(zip(self.method, answers, strict=False))  # fewer while at work
        covered = found.pop("occlusion", None)
        return Heats({method: one.heat for method, one in found.items()}, covered)

    def compute(self, opened: Opened, progress: Progress) -> Heat:
        assert self.label
        label = opened.run.classes.index(self.label)
        images, [method] = opened.pixels(self.image)[None], self.method
        [heat] = attribution(opened.network, images, torch.tensor([label]), method=method)
        progress(1, 1)
        return Heat(heat)

    def show(self, opened: Opened, answer: Heats, look: AttributionLook) -> AttributionShown:
        assert self.label
        run = opened.run
        label, side = run.classes.index(self.label), run.preprocess.size
        seen, maps = opened.pixels(self.image), answer.of(label, side)
        return AttributionShown(
            look,
            run.classes,
            label,
            run.preprocess.picture(seen),
            probabilities(opened, seen),
            {method: maps[method] for method in self.method if method in maps},
            usable(opened.plan)[1],
        )


def named_class(opened: Opened, image: str, label: str | None) -> str:
    """Name of the class asked for, or of the most probable one of an image."""
    classes = opened.run.classes
    if label is not None:
        return classes[class_index(classes, label)]
    return classes[most_probable(opened.run, opened.network, opened.picture(image).image)]


@torch.inference_mode()
def probabilities(opened: Opened, pixels: Tensor) -> Tensor:
    """(K,) of one normalised image."""
    return opened.network.probabilities(pixels[None].to(opened.network.device))[0].cpu()


@dataclass(frozen=True)
class AttributionShown:
    """One image and its heat maps of one class."""

    look: AttributionLook
    classes: tuple[str, ...]
    label: int  # whose evidence is shown
    picture: Tensor  # what the network sees, (3, H, W) in [0, 1]
    whole: Tensor  # (K,) probabilities of the image
    maps: dict[MethodName, Tensor]  # (H, W) by method
    left_out: tuple[str, ...] = ()  # a sentence for each method that this network does not allow

    def words(self) -> str:
        """Which methods have no map, and why."""
        return " ".join(self.left_out)

    def arrays(self) -> Arrays:
        """The maps by method, and whose they are."""
        return {str(method): heat.numpy() for method, heat in self.maps.items()} | {
            "label": np.array(self.label),
            "class_name": np.array(self.classes),
            "whole": self.whole.numpy(),
        }


VIEW = AttributionQuery
