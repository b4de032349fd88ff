r"""Make the documents' pictures anew from a run, in Chromium: docs/images/*.png.

python docs/make_screenshots.py runs/tiny-imagenet

Each is a window of the workbench on one address; `SHOTS` has them all. The README's animation,
filters growing and a window covering an image, is drawn by docs/make_animation.py from the run.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.workbench import workbench

IMAGES = Path(__file__).resolve().parent / "images"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
MOST_BYTES = 300_000  # of a picture; a larger one is made narrower
NARROWER = 0.9
WAIT_MS, REST_MS = 600_000, 1500  # for a page to be worked out; for it to come to rest
AT_REST = "[data-testid=stApp][data-test-script-state=notRunning]"


@dataclass(frozen=True)
class Shot:
    """A picture: where the workbench is opened for it, and how large the window is."""

    name: str
    page: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    size: tuple[int, int] = (1440, 900)
    scheme: str = "light"


SHOTS = (
    Shot("overview", "overview"),
    Shot("top-patches", "top_patches"),
    Shot("occlusion", "occlusion"),
    Shot("tour", "filters", {"tour": "1"}),
    Shot("filters", "filters"),
    Shot("feature-maps", "feature_maps"),
    Shot("retrieval", "retrieval"),
    Shot("evolution", "evolution", {"layer": "conv1"}),
    Shot("evolution-conv3", "evolution", {"layer": "conv3"}),
    Shot("train", "train"),
    Shot("dark", "diagnosis", scheme="dark"),
)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("run", help="run folder, of photographs for the README")
    arguments.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="these pictures alone"
    )
    arguments.add_argument("--out", default=str(IMAGES), help="folder to write")
    return arguments


def main() -> int:
    asked = parser().parse_args()
    run, out = Path(asked.run), Path(asked.out)
    shots = [shot for shot in SHOTS if not asked.only or shot.name in asked.only]
    out.mkdir(parents=True, exist_ok=True)
    with workbench(run.parent.resolve()) as (address, _), _chromium() as browser:
        for shot in shots:
            png = fitted(_taken(browser, address, shot, run.name))
            (out / f"{shot.name}.png").write_bytes(png)
            print(f"{shot.name}.png: {len(png) / 1000:.0f} kB", flush=True)
    return 0


def fitted(png: bytes, most: int = MOST_BYTES) -> bytes:
    """A picture in true colours, narrower where the file would be too large."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    while True:
        file = io.BytesIO()
        picture.save(file, "PNG", optimize=True)
        if file.tell() <= most:
            return file.getvalue()
        size = (round(picture.width * NARROWER), round(picture.height * NARROWER))
        picture = picture.resize(size, Image.Resampling.LANCZOS)


def _taken(browser: Any, address: str, shot: Shot, run: str) -> bytes:
    width, height = shot.size
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=shot.scheme
    )
    tab = context.new_page()
    tab.set_default_timeout(WAIT_MS)
    place = "" if shot.page == "overview" else shot.page
    tab.goto(f"{address}/{place}?{urlencode({'run': run, **shot.parameters})}")
    tab.get_by_role("heading", level=1).wait_for()
    tab.wait_for_timeout(REST_MS)
    tab.wait_for_selector(AT_REST, state="attached")
    tab.wait_for_selector(".st-key-job_panel", state="detached")
    tab.wait_for_timeout(REST_MS)
    png: bytes = tab.screenshot()
    context.close()
    return png


@contextmanager
def _chromium() -> Iterator[Any]:
    """The system's Chromium."""
    from playwright.sync_api import sync_playwright

    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
