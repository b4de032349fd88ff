"""Results as files: a figure as PNG, SVG or PDF, arrays as NPZ, each saying how it was made."""

import json
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from training import __version__
from training.atomic import replacing
from training.errors import WorkbenchError
from training.runs import Run
from training.words import printable
from viz.drawing.fonts import legible
from viz.drawing.style import DPI
from viz.store.lend import digest_of

PICTURES = (".png", ".svg", ".pdf")
ARRAYS = ".npz"
KINDS = (*PICTURES, ARRAYS)
SCALE = 2  # pixels of a file for one of the figure
PROVENANCE = "provenance"  # the array that says how the others were made
Made = Mapping[str, Any]
"""Run, epoch, checkpoint, layer, settings: whatever JSON can hold."""


def how_made(
    view: str, run: Run, epoch: int | Sequence[int] | None = None, **settings: Any
) -> Made:
    """What stands in the file about how it was made; a page and a command say the same.

    Args:
        view: As the command is called.
        run: Looked at.
        epoch: Whose weights were looked at, or all of them in order, or none.
        **settings: By the names of the command's flags; a picture as `image_seen` says it.
    """
    made: dict[str, Any] = {
        **software(view),
        "run": run.name,
        "network": run.info.model,
        "data": run.data_name,  # not its path, which is nobody else's business
    }
    if isinstance(epoch, int):
        made |= {"epoch": epoch, "checkpoint": run.digest(epoch)}
    elif epoch is not None:
        made |= {"epochs": list(epoch), "checkpoints": [run.digest(each) for each in epoch]}
    return made | settings


def software(view: str) -> dict[str, str]:
    """The view, and the version of Filterscope that drew it."""
    return {"view": view, "version": __version__}


def image_seen(run: Run, picture: Image.Image, name: str) -> dict[str, str]:
    """An image by its name and by the SHA-256 digest of what the network sees of it."""
    return {"name": name, "sha256": digest_of(run, picture)}


def command_line(view: str, run: Path, **flags: Any) -> str:
    """The shell line that calls a view, for people to copy.

    Args:
        view: As the command is called.
        run: Its folder.
        **flags: By name; several values are joined by commas, None says nothing.
    """
    words = ["python", "-m", "viz", view, str(run)]
    for name, value in flags.items():
        if value is not None:
            text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            words += [f"--{name}={text}"] if text.startswith("-") else [f"--{name}", text]
    return shlex.join(words)


def check_out(out: Path | None, *more: str, kinds: Sequence[str] = KINDS) -> None:
    """Refuse a file that could not be written, before anything is computed.

    Args:
        out: The file asked for, if any.
        *more: Suffixes that this view writes besides.
        kinds: Suffixes of figures and arrays; none for a view that has neither.

    Raises:
        WorkbenchError: If the kind of file is unknown or its folder is missing.
    """
    if out is None:
        return
    known = [*kinds, *more]
    if out.suffix.lower() not in known:
        raise WorkbenchError(
            f"--out {out} is no kind of file that this view writes. Its name must end with "
            f"{', '.join(known)}."
        )
    if not out.parent.is_dir():
        raise WorkbenchError(
            f"There is no folder {out.parent} for --out {out.name}. Make it first."
        )
    if out.is_dir():
        raise WorkbenchError(f"--out {out} is a folder. Give the name of a file in it.")


def write(
    out: Path | None,
    figure: Callable[[], Figure],
    arrays: Mapping[str, np.ndarray] | Callable[[], Mapping[str, np.ndarray]],
    made: Made,
) -> None:
    """Write the figure or the arrays, whichever the file's suffix asks for, in one step."""
    if out is None:
        return
    kind = out.suffix.lower().lstrip(".")
    if kind == "npz":
        write_bytes(out, array_bytes(arrays() if callable(arrays) else arrays, made))
    else:
        write_bytes(out, picture_bytes(figure(), kind, made))


def write_bytes(out: Path, content: bytes) -> None:
    """Write a file in one step.

    Raises:
        WorkbenchError: If the folder cannot be written or the disk is full.
    """
    with replacing(out) as partial:
        partial.write_bytes(content)


def picture_bytes(figure: Figure, kind: str, made: Made, *, scale: int = SCALE) -> bytes:
    """A figure as png, svg or pdf; how it was made stands in the file's description.

    Args:
        figure: Any of ours; its pixels are 1/100 inch.
        kind: png, svg or pdf.
        made: What made it.
        scale: Pixels of the file for one of the figure: whole, so that edges stay crisp.
    """
    file = BytesIO()
    # of each format's own fields, the one for free text
    field = "Subject" if kind == "pdf" else "Description"
    metadata: dict[str, Any] = {"Title": title(made), field: as_json(made)}
    if kind != "png":
        metadata |= {"CreationDate" if kind == "pdf" else "Date": None}  # same result, same file
    if notice := legible(figure):
        print(f"filterscope: {notice}", file=sys.stderr)
    figure.savefig(
        file, format=kind, dpi=scale * DPI, metadata=metadata, facecolor=figure.get_facecolor()
    )
    return file.getvalue()


def array_bytes(arrays: Mapping[str, np.ndarray], made: Made) -> bytes:
    """Arrays as .npz; how they were made is the text in the field `provenance`, as JSON."""
    file = BytesIO()
    text = {PROVENANCE: np.array(as_json(made))}
    np.savez_compressed(file, allow_pickle=False, **arrays, **text)
    return file.getvalue()


def title(made: Made) -> str:
    """One line: view, run, epoch."""
    words = [str(made[name]) for name in ("view", "run") if name in made]
    epoch = [f"epoch {made['epoch']}"] if "epoch" in made else []
    return printable(", ".join(["Filterscope", *words, *epoch]))


def as_json(made: Made) -> str:
    """What made a file, as one line."""
    return json.dumps(dict(made))
