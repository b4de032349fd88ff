"""Read back what made a file: the description that every picture and array of ours carries."""

from __future__ import annotations

import html
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from training.errors import WorkbenchError
from viz.store.export import PROVENANCE

PAGE_FIELD = "filterscope"  # of a <meta> in an HTML page


def provenance(file: str) -> None:
    """What made a file: run, checkpoint, epoch, layer, image, settings, version.

    Args:
        file: A .png, .svg, .pdf, .npz or .html that Filterscope wrote.
    """
    print(json.dumps(read_made(Path(file)), indent=2))


def read_made(path: Path) -> dict[str, Any]:
    """What made a PNG, SVG, PDF, NPZ or HTML file.

    Args:
        path: The file, under whatever name: its content tells its kind.

    Raises:
        WorkbenchError: If there is no such file, or it does not say how it was made.
    """
    try:
        made = json.loads(_description(path))
    except OSError as error:
        raise WorkbenchError(
            f"Cannot read {path}: {error.strerror or error}. Give a file that Filterscope wrote."
        ) from error
    except (ValueError, LookupError, zipfile.BadZipFile) as error:
        raise WorkbenchError(_SILENT.format(name=path.name)) from error
    if not isinstance(made, dict) or "view" not in made:
        raise WorkbenchError(_SILENT.format(name=path.name))
    return made


_SILENT = (
    "{name} does not say how it was made. Give a PNG, SVG, PDF, NPZ or HTML file as Filterscope "
    "wrote it; programs that edit pictures often drop their descriptions."
)


def _description(path: Path) -> str:
    """The text that holds it; ValueError or LookupError where there is none."""
    start = path.read_bytes()[:8]
    if start == b"\x89PNG\r\n\x1a\n":
        with Image.open(path) as picture:
            return str(picture.info["Description"])
    if start.startswith(b"PK"):
        return _in_arrays(path)
    if start.startswith(b"%PDF"):
        # matplotlib writes the document's information plainly, with only these three escaped
        found = re.search(rb"/Subject \(((?:\\.|[^\\)])*)\)", path.read_bytes())
        return re.sub(rb"\\([\\()])", rb"\1", found[1]).decode() if found else ""
    text = path.read_text(encoding="utf-8")
    found_text = re.search("<dc:description>(.*?)</dc:description>", text, re.DOTALL) or re.search(
        f'<meta name="{PAGE_FIELD}" content="(.*?)">', text, re.DOTALL
    )
    return html.unescape(found_text[1]) if found_text else ""


def _in_arrays(path: Path) -> str:
    """The field of an .npz; earlier versions had it as the archive's comment."""
    with zipfile.ZipFile(path) as archive:
        if comment := archive.comment.decode():
            return comment
    with np.load(path, allow_pickle=False) as file:
        return str(file[PROVENANCE])
