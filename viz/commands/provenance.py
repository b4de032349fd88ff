"""python -m viz provenance: what made a file."""

from __future__ import annotations

import json
from pathlib import Path

from viz.store.provenance import read_made


def provenance(file: str) -> None:
    """What made a file: run, checkpoint, epoch, layer, image, settings, version.

    Args:
        file: A .png, .svg, .pdf, .npz or .html that Filterscope wrote.
    """
    print(json.dumps(read_made(Path(file)), indent=2))
