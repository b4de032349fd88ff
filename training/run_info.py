"""What run.json says of a run, by name and type: its one schema, held where the file is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Self

from training.channels import Channels
from training.errors import WorkbenchError
from training.outputs import outputs_called
from training.run_settings import RunError
from training.settings import Filled, Length, Range, Side, checked, settle

ALWAYS = ("model", "options", "classes", "preprocess")  # in the run.json of every run
NEEDED = ("size", "resize", "mean", "std")  # of its preprocessing
Deviation = Annotated[float, Range(above=0)] | Annotated[float, Range(below=0)]  # divided by it
Digest = Annotated[str, Length(64, 64)]
Epochs = Annotated[int, Range(1)]


@dataclass(frozen=True)
class Adopted:
    """Where a network came from that somebody else defined."""

    name: str  # of its class
    rewrites: tuple[str, ...] = ()  # what was changed in it, a sentence each

    def __post_init__(self) -> None:
        settle(self, "adopted.")

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        return cls(stored.get("name"), stored.get("mended", ()))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Origin:
    """The epoch of another run that a network's first weights came from."""

    run: Filled  # its folder, absolute
    epoch: Annotated[int, Range(0)]
    sha256: Digest  # of its weights

    def __post_init__(self) -> None:
        settle(self, "origin.")

    @property
    def words(self) -> str:
        """The run's name and the epoch."""
        return f"{Path(self.run).name}, epoch {self.epoch}"


@dataclass(frozen=True)
class StoredPreprocess:
    """How an image becomes the input, as run.json has it; `Run.preprocess` is the object."""

    size: Side
    resize: Side
    mean: Annotated[tuple[float, ...], Length(1, 3)]
    std: Annotated[tuple[Deviation, ...], Length(1, 3)]
    mean_image: bool = False  # whether there is one to subtract, beside run.json
    mean_image_sha256: Digest | None = None
    channels: Channels = "rgb"  # that the network takes
    mix: tuple[Annotated[tuple[float, ...], Length(1, 3)], ...] | None = None  # of which colours

    def __post_init__(self) -> None:
        settle(self, "preprocess.")
        if len(self.mean) == 2 or len(self.std) != len(self.mean):
            raise WorkbenchError(
                "preprocess.mean and preprocess.std must have 1 or 3 numbers each, got "
                f"{len(self.mean)} and {len(self.std)}."
            )


@dataclass(frozen=True)
class RunInfo:
    """A network, what it was made of and with: what is known without opening a checkpoint."""

    model: Filled  # name in `training.models.MODELS`
    options: Mapping[str, Any]  # of that model
    classes: Annotated[tuple[str, ...], Length(1)]  # names, by index
    preprocess: Mapping[str, Any]  # fields of `StoredPreprocess`
    outputs: str = "softmax"  # name in `training.outputs.OUTPUTS`
    data: str | None = None  # the string that names the data set; None if imported without one
    data_fingerprint: str | None = None  # of the images trained on; None for adopted weights
    data_notices: tuple[str, ...] = ()  # what was told of them: first, what validates
    colours_of: str | None = None  # whose mean and deviation inputs are normalised by
    training: Mapping[str, Any] | None = None  # settings of `fit`; None for adopted weights
    origin: Origin | None = None  # the weights that training started from, if not from random ones
    frozen: tuple[str, ...] = ()  # layers that training left as they were
    precision: str | None = None  # of training: float32, bfloat16; None if it is not known
    imported: str | None = None  # file that the weights came from
    told: tuple[str, ...] = ()  # at import: what was taken or assumed, a sentence each
    adopted: Adopted | None = None  # a network taken apart into layers
    created: str = ""  # ISO 8601
    versions: Mapping[str, str | None] = field(default_factory=dict)  # of libraries, by package
    revision: str | None = None  # of the source

    def __post_init__(self) -> None:
        settle(self)

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
                "the run was made.",
                code="field",
            )
        given = {each.name: config[each.name] for each in fields(cls) if each.name in config}
        try:
            given["preprocess"] = _preprocess(given["preprocess"])
            if given.get("adopted") is not None:
                stored = checked("adopted", Mapping[str, Any], given["adopted"])
                given["adopted"] = Adopted.read(stored)
            if given.get("origin") is not None:
                stored = checked("origin", Mapping[str, Any], given["origin"])
                given["origin"] = Origin(*(stored.get(each.name) for each in fields(Origin)))
            info = cls(**given)
            outputs_called(info.outputs)
            if info.training is not None:
                checked("training.epochs", Epochs, info.training.get("epochs", 1))
        except WorkbenchError as error:
            raise RunError(
                f"{file} describes no network: {error} Put the file back as it was written.",
                code="field",
            ) from error
        return info

    @property
    def start_in_words(self) -> str:
        """Where its first weights came from and what stayed of them; empty for random ones."""
        parts = [f"Started from {self.origin.words}, with a new last layer"] if self.origin else []
        parts += [f"frozen: {', '.join(self.frozen)}"] if self.frozen else []
        said = "; ".join(parts)
        return f"{said[0].upper()}{said[1:]}." if said else ""

    @property
    def network_name(self) -> str:
        """The model's name; of an adopted network, what its author calls it."""
        return self.adopted.name if self.adopted else self.model


def _preprocess(stored: Any) -> dict[str, Any]:
    """The fields as declared, and whatever else is there as it stands."""
    stored = checked("preprocess", Mapping[str, Any], stored)
    known = {each.name: stored.get(each.name) for each in fields(StoredPreprocess)}
    given = {name: value for name, value in known.items() if name in stored or name in NEEDED}
    return {**stored, **asdict(StoredPreprocess(**given))}
