"""What run.json says of a run, by name and type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from training.errors import WorkbenchError
from training.run_settings import RunError
from training.settings import checked

ALWAYS = ("model", "options", "classes", "preprocess")  # in the run.json of every run


@dataclass(frozen=True)
class Adopted:
    """Where a network came from that somebody else defined."""

    name: str  # of its class
    rewrites: tuple[str, ...] = ()  # what was changed in it, a sentence each

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        return cls(stored["name"], tuple(stored.get("mended", ())))


@dataclass(frozen=True)
class RunInfo:
    """A network, what it was made of and with: what is known without opening a checkpoint."""

    model: str  # name in `training.models.MODELS`
    options: Mapping[str, Any]  # of that model
    classes: tuple[str, ...]  # names, by index
    preprocess: Mapping[str, Any]  # as stored; `Run.preprocess` is the object
    data: str | None = None  # the string that names the data set; None if imported without one
    data_fingerprint: str | None = None  # of the images trained on; None for adopted weights
    training: Mapping[str, Any] | None = None  # settings of `fit`; None for adopted weights
    precision: str | None = None  # of training: float32, bfloat16; None if it is not known
    imported: str | None = None  # file that the weights came from
    told: tuple[str, ...] = ()  # of that file: what was taken from it and how, a sentence each
    adopted: Adopted | None = None  # a network taken apart into layers
    created: str = ""  # ISO 8601
    versions: Mapping[str, str] = field(default_factory=dict)  # of libraries, by package
    revision: str | None = None  # of the source

    @classmethod
    def read(cls, config: Mapping[str, Any], file: Path) -> Self:
        """What a run.json holds; what a later version added to it is left out.

        Args:
            config: Its content.
            file: Where that stands, for messages.

        Raises:
            RunError: If something is missing that every run has, or is of another kind.
        """
        missing = [name for name in ALWAYS if name not in config]
        if missing:
            raise RunError(
                f"{file} does not tell the run's {', '.join(missing)}. Copy it again from where "
                "the run was made."
            )
        given = {each.name: config[each.name] for each in fields(cls) if each.name in config}
        try:
            given["classes"] = tuple(checked("classes", list[str], config["classes"]))
        except WorkbenchError as error:
            raise RunError(
                f"{file} describes no network: {error} Put the file back as it was written."
            ) from error
        try:
            given["told"] = tuple(checked("told", list[str], config.get("told", [])))
            if given.get("adopted") is not None:
                given["adopted"] = Adopted.read(given["adopted"])
        except (WorkbenchError, KeyError, TypeError, AttributeError) as error:
            raise RunError(f"{file} cannot be read: {error}.") from error
        return cls(**given)

    @property
    def network_name(self) -> str:
        """The model's name; of an adopted network, what its author calls it."""
        return self.adopted.name if self.adopted else self.model
