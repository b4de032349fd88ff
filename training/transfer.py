"""A network that starts from another run's weights, with a new last layer for its own classes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from training.checkpoints import CheckpointError
from training.errors import WorkbenchError
from training.models import ADOPTED, Network, architecture
from training.run_info import Origin
from training.runs import Run

if TYPE_CHECKING:
    from training.config import FitConfig

FOLLOWED = ("model", "options", "image_size", "resize", "mean", "statistics")
"""Settings of `fit` that the source run decides."""


@dataclass(frozen=True)
class Start:
    """An epoch of a run, to start another one from."""

    run: Run
    epoch: int

    @classmethod
    def open(cls, words: str) -> Start:
        """The epoch that is meant by RUN@EPOCH, or the last whole one of RUN.

        Raises:
            WorkbenchError: If there is no such run, it has no such epoch, or that is damaged.
        """
        place, at, number = words.rpartition("@")
        if not at or Path(words).is_dir():
            run = Run.open(words)
            return cls(run, _last_whole(run))
        run = Run.open(place)
        if not number.isdecimal() or int(number) not in run.epochs:
            raise WorkbenchError(
                f"--from {words}: {run.name} has no epoch {number}. It has {_listed(run.epochs)}.",
                code="epoch",
            )
        try:
            run.sound([int(number)])
        except CheckpointError as error:
            others = [epoch for epoch in run.epochs if _is_whole(run, epoch)]
            raise WorkbenchError(
                f"--from {words}: {error} Whole epochs of {run.name}: {_listed(others)}.",
                code=error.code,
            ) from error
        return cls(run, int(number))

    @property
    def origin(self) -> Origin:
        """What the new run's run.json says of it."""
        place = str(self.run.path.absolute())
        return Origin(run=place, epoch=self.epoch, sha256=self.run.digest(self.epoch))

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of `fit` that follow from the run."""
        info = self.run.info
        usual = asdict(architecture(info.model))
        return {
            "model": info.model,
            "options": {
                name: value
                for name, value in info.options.items()
                if name != "image_size" and not _is_same(value, usual[name])
            },
            "image_size": info.preprocess["size"],
            "resize": info.preprocess["resize"],
            "mean": "image" if info.preprocess.get("mean_image") else "channel",
            "statistics": (info.training or {}).get("statistics", "data"),
        }

    def check(self, given: Mapping[str, Any]) -> None:
        """Refuse settings that say otherwise than the run.

        Args:
            given: Settings of `fit`; those that are not followed may be anything.

        Raises:
            WorkbenchError: Names what was given and what the run has.
        """
        settings = self.settings
        theirs = settings | {"options": self.run.info.options}
        for name in FOLLOWED:
            mine = given.get(name)
            if mine is None:
                continue
            if name == "options":
                pairs = {f"options {key}": (mine[key], theirs[name].get(key)) for key in mine}
            else:
                pairs = {name: (mine, theirs[name])}
            for what, (ours, their) in pairs.items():
                if not _is_same(ours, their):
                    raise WorkbenchError(
                        f"--{what} {json.dumps(ours, default=str)} contradicts --from "
                        f"{self.run.path}, which has {json.dumps(their)}. Leave it out: it comes "
                        "from that run."
                    )

    def give(self, network: Network) -> None:
        """Put the run's weights into a network of its kind; those of new layers stay.

        Raises:
            WorkbenchError: If it is another network, or its last layer is none that can be new.
        """
        theirs = self.run.network(self.epoch).state_dict()
        new = tuple(f"{name}." for name in new_layers(network))
        weights = network.state_dict()
        for name, own in weights.items():
            if name.startswith(new):
                continue
            if name not in theirs or theirs[name].shape != own.shape:
                raise WorkbenchError(
                    f"{self.run.path} cannot be started from: its network has no {name} of shape "
                    f"{tuple(own.shape)}."
                )
            weights[name] = theirs[name]
        network.load_state_dict(weights)


def follow(given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of `fit`, with what their source decides put in.

    Args:
        given: What was asked for; without `start_from`, it stays as it is.

    Raises:
        WorkbenchError: If there is no such source, or something that was given contradicts it.
    """
    if given.get("start_from") is None:
        return dict(given)
    start = Start.open(given["start_from"])
    start.check(given)
    return dict(given) | start.settings


def new_layers(network: Network) -> Sequence[str]:
    """The layers that give logits: the last one, and auxiliary ones.

    Raises:
        WorkbenchError: If one of them is not fully connected.
    """
    layers = network.layers
    for name in (network.head, *network.auxiliary):
        if type(layers[name]) is not nn.Linear:
            raise WorkbenchError(
                f"This network ends with {name}, a {type(layers[name]).__name__}, and only a fully "
                "connected last layer (Linear) can be made anew for other classes. Train it from "
                "the beginning, without --from."
            )
    return (network.head, *network.auxiliary)


def model_options(config: FitConfig, num_classes: int) -> dict[str, Any]:
    """A network's options with a last layer for so many classes.

    The graph of an adopted network tells its last layer's width, which others learn when they are
    built.
    """
    options = config.model_options
    graph = options.get("graph")
    if config.model != ADOPTED or not graph:
        return options
    last = graph[-1]
    if last["layer"] != "Linear":
        raise WorkbenchError(
            f"This network ends with {last['name']}, a {last['layer']}, and only a fully connected "
            "last layer (Linear) can be made anew for other classes."
        )
    rebuilt = {**last, "options": {**last["options"], "out_features": num_classes}}
    return options | {"graph": [*graph[:-1], rebuilt]}


def _last_whole(run: Run) -> int:
    epochs = run.epochs
    for epoch in reversed(epochs):
        if _is_whole(run, epoch):
            return epoch
    found = f"Damaged: {_listed(epochs)}." if epochs else "It has no checkpoint yet."
    raise WorkbenchError(f"{run.path} has no epoch to start from. {found}", code="epoch")


def _is_whole(run: Run, epoch: int) -> bool:
    try:
        run.sound([epoch])
    except CheckpointError:
        return False
    return True


def _listed(epochs: Sequence[int]) -> str:
    if len(epochs) > 2 and epochs[-1] - epochs[0] == len(epochs) - 1:
        return f"{epochs[0]} to {epochs[-1]}"
    return ", ".join(map(str, epochs)) or "none"


def _is_same(one: Any, other: Any) -> bool:
    """Whether two options are the same as JSON has them."""
    one, other = (json.dumps(each, default=list, sort_keys=True) for each in (one, other))
    return bool(one == other)
