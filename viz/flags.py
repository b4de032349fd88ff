"""What the flags of a command mean: a run and its epoch, a picture, a class, layers, channels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from PIL import Image

from training.errors import WorkbenchError
from training.images import read_image
from training.models import Network
from training.runs import Run
from viz.network.layers import deepest
from viz.results import channel_count
from viz.store.export import KINDS, check_out

Split = Literal["val", "train"]


def class_index(classes: tuple[str, ...], label: str) -> int:
    """A class by its name, or else by its number.

    Raises:
        WorkbenchError: If there is no such class.
    """
    if label in classes:
        return classes.index(label)
    if is_number(label) and int(label) < len(classes):
        return int(label)
    alike = [name for name in classes if label.lower() in name.lower()] or list(classes)
    shown = ", ".join(alike[:5]) + (", …" if len(alike) > 5 else "")
    raise WorkbenchError(
        f"There is no class {label!r}. Choose a name ({shown}) or a number from 0 to "
        f"{len(classes) - 1}."
    )


def out_file(out: str | None, *more: str, kinds: Sequence[str] = KINDS) -> Path | None:
    """Where to write, refused at once if that cannot be; suffixes are those of `check_out`."""
    path = None if out is None else Path(out)
    check_out(path, *more, kinds=kinds)
    return path


def open_run(path: str, epoch: int | None) -> tuple[Run, int]:
    """The run, and the epoch asked for or the last one."""
    run = Run.open(path)
    epochs = run.epochs
    if not epochs:
        raise WorkbenchError(f"{run.name} has no checkpoint yet. Wait for the first, or train on.")
    if epoch is None:
        return run, epochs[-1]
    if epoch not in epochs:
        raise WorkbenchError(
            f"{run.name} has no epoch {epoch}. It has {epochs[0]} to {epochs[-1]}."
        )
    return run, epoch


def picture_of(run: Run, source: str) -> tuple[Image.Image, str]:
    """A picture file or a validation image, and what to call it."""
    if not is_number(source):
        return read_image(Path(source)).image, Path(source).name
    images = run.data().val.images
    if int(source) >= len(images):
        raise WorkbenchError(
            f"There is no validation image {source}. Choose one from 0 to {len(images) - 1}, or "
            "the path of a picture."
        )
    return Image.fromarray(images[int(source)]), f"validation image {source}"


def pictures_of(runs: Sequence[Run], source: str) -> list[Image.Image]:
    """A picture file, or a validation image as each of some runs stores it.

    Raises:
        WorkbenchError: If there is no such picture, or the runs have other validation images.
    """
    if is_number(source) and len({run.info.data_fingerprint for run in runs}) > 1:
        named = " and ".join(run.name for run in runs)
        raise WorkbenchError(
            f"{named} have other validation images. Give --image the path of a picture for both."
        )
    return [picture_of(run, source)[0] for run in runs]


def layers_of(plan: Network, asked: str | None) -> list[str]:
    """The layers between commas, all convolutions, or the last one."""
    if asked == "all":
        return plan.convolutions
    names = [deepest(plan)] if asked is None else asked.split(",")
    for name in names:
        plan.require_layer(name)
    return names


def channels_of(asked: str | None, plan: Network, layer: str) -> list[int]:
    """The channels asked for, none if none are; refused before anything is mined."""
    numbers = numbers_of("channels", asked)
    count = channel_count(plan, layer)
    for number in numbers:
        check_channel(number, count, layer)
    return numbers


def check_channel(channel: int, count: int, layer: str) -> None:
    """Refuse a channel that the layer has not."""
    if not 0 <= channel < count:
        raise WorkbenchError(f"{layer} has channels 0 to {count - 1}, not {channel}.")


def numbers_of(flag: str, text: str | None) -> list[int]:
    """Numbers with commas between; none where nothing is asked."""
    parts = [] if text is None else text.strip("[]").split(",")
    if not all(is_number(part.strip()) for part in parts):
        raise WorkbenchError(
            f"--{flag} takes numbers with commas between, like 3,17; got {text!r}."
        )
    return [int(part) for part in parts]


def is_number(text: str) -> bool:
    """Whether a flag counts something rather than naming it."""
    return text.isascii() and text.isdigit()
