"""What an imported network's outputs are called: as said, or counted where nothing is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from training.class_lists import names_from, names_in_file
from training.data import describe
from training.errors import WorkbenchError
from training.outputs import OUTPUTS

IMAGENET_CLASSES = 1000


def class_names(classes: Any, data: str | None = None) -> Sequence[str]:
    """Class names from imagenet, a data set, a file, a number, or any list or dictionary."""
    if not isinstance(classes, str):
        return names_from(classes)
    if classes == "data":
        if data is None:
            raise WorkbenchError("--classes data takes the names from --data, which is not given.")
        return describe(data).classes
    if classes == "imagenet":
        from torchvision.models import AlexNet_Weights

        names: Sequence[str] = AlexNet_Weights.IMAGENET1K_V1.meta["categories"]
        return names
    if classes.isdecimal():
        return names_from(int(classes), "--classes")
    return names_in_file(classes)


def counted(
    given: Sequence[str] | None, count: int, outputs: str, data: str | None, file: str
) -> tuple[Sequence[str], tuple[str, ...]]:
    """The classes' names, found from the number of outputs where none are given, and what to tell.

    Args:
        given: The names that are given.
        count: Outputs that the network has.
        outputs: What they are, a name in `OUTPUTS`.
        data: Data set to mine.
        file: Where the weights came from; of torchvision's own it is known what they tell apart.

    Raises:
        WorkbenchError: If the data set has another number of classes than a network without names.
    """
    if given is not None:
        return given, ()
    if count == IMAGENET_CLASSES:
        told = f"Its {count:,} outputs are taken for ImageNet's classes; else say --classes."
        return class_names("imagenet"), () if file.startswith("torchvision:") else (told,)
    classes = 2 if OUTPUTS[outputs].positive is not None else count
    known = describe(data).classes if data else ()
    if data and len(known) != classes:
        raise WorkbenchError(
            f"{file} tells {classes:,} classes apart, and {data} has {len(known):,}. Give --data "
            f"of its own classes; or, to look at it with images of others, --classes {classes} or "
            "a file with a name for each."
        )
    hint = "--classes data, if they are those of --data" if data else "--classes FILE names them"
    return names_from(classes), (f"It tells {classes:,} classes apart, not named: {hint}.",)


def named(names: Sequence[str], outputs: str, network: str) -> Sequence[str]:
    """The classes' names; of two that one number tells apart, one name is enough.

    Raises:
        WorkbenchError: If one number is to tell more classes apart.
    """
    if OUTPUTS[outputs].positive is None:
        return names
    if len(names) == 1:
        return [f"not {names[0]}", names[0]]
    if len(names) != 2:
        raise WorkbenchError(
            f"{network} gives one number, which tells two classes apart, but {len(names)} are "
            "named. Name two, the one that a large number speaks for last; or that one alone."
        )
    return names
