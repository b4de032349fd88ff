"""A small finished run, the app without a browser, and the app with one."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from training.config import FitConfig
from training.fit import fit
from training.processes import end
from training.runs import Run
from training.status import read_status

ROOT = Path(__file__).resolve().parents[2]
CLASSES = ("blue", "green", "red", "stripes")
TINY = {"widths": [6, 8, 8, 8, 6], "hidden": [16, 12]}
CHROMIUM = ["chromium", "chromium-browser", "google-chrome"]
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of 32 px and three epochs on forty pictures of four classes. Copy, don't touch."""
    folder = tmp_path_factory.mktemp("finished")
    draw_pictures(folder / "pictures")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FILTERSCOPE_CACHE", str(folder / "cache"))
        config = FitConfig(
            run=str(folder / "small"),
            data=f"folder:{folder / 'pictures'}",
            epochs=3,
            image_size=32,
            batch_size=8,
            options=TINY,
        )
        fit(config)
    return folder / "small"


def draw_pictures(folder: Path, side: int = 32) -> None:
    """Train and val folders of coloured noise, and of stripes."""
    generator = np.random.default_rng(0)
    for split, images in (("train", 8), ("val", 4)):
        for number, name in enumerate(CLASSES):
            (folder / split / name).mkdir(parents=True)
            for index in range(images):
                pixels = generator.integers(0, 120, (side, side, 3))
                if number < 3:
                    pixels[:, :, 2 - number] += 120
                else:
                    pixels[:, ::4] += 120
                path = folder / split / name / f"{index}.png"
                Image.fromarray(pixels.astype(np.uint8)).save(path)


@pytest.fixture
def runs(finished_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of runs with one finished run called small."""
    root = tmp_path / "runs"
    shutil.copytree(finished_run, root / "small")
    monkeypatch.setenv("FILTERSCOPE_RUNS", str(root))
    monkeypatch.setenv("FILTERSCOPE_CACHE", str(finished_run.parent / "cache"))
    return root


@pytest.fixture
def small(runs: Path) -> Run:
    """The finished run."""
    return Run.open(runs / "small")


@pytest.fixture
def app(runs: Path) -> Callable[..., AppTest]:  # noqa: ARG001  (sets the folder of runs)
    """Opens a page by name, with what its address says: app("filters", epoch=1)."""

    def open_page(page: str = "overview", **address: Any) -> AppTest:
        test = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=30)
        if page != "overview":
            test.switch_page(f"app/pages/{page}.py")
        for name, value in address.items():
            test.query_params[name] = str(value)
        return test.run()

    return open_page


@pytest.fixture
def empty_server(
    tmp_path: Path, finished_run: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, Path]]:
    """Address and folder of a workbench that has no run yet."""
    root = tmp_path / "runs"
    root.mkdir()
    monkeypatch.setenv("FILTERSCOPE_RUNS", str(root))
    with serving(root, finished_run.parent / "cache") as address:
        yield address, root


@pytest.fixture
def server(runs: Path, finished_run: Path) -> Iterator[str]:
    """Address of a workbench in a process of its own, on the folder of runs."""
    with serving(runs, finished_run.parent / "cache") as address:
        yield address


class serving:
    """A workbench on a free port while the block lasts; its children end with it."""

    def __init__(self, runs: Path, cache: Path) -> None:
        self.runs, self.cache = runs, cache

    def __enter__(self) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
        folders = {"FILTERSCOPE_RUNS": str(self.runs), "FILTERSCOPE_CACHE": str(self.cache)}
        self.log = (self.runs.parent / "server.log").open("wb")
        self.process = subprocess.Popen(
            [*command, "--server.headless=true", f"--server.port={port}"],
            cwd=ROOT,
            env=os.environ | folders,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        address = f"http://localhost:{port}"
        wait_until(lambda: _answers(address), timeout_s=60)
        return address

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(10)
        self.log.close()
        for path in [*self.runs.glob("*/status.json"), *self.runs.glob(".jobs/*/status.json")]:
            status = read_status(path)
            if status is not None and status.state == "running":
                end(status.pid, status.born)


@pytest.fixture(name="wait_until")
def wait_until_fixture() -> Callable[..., None]:
    """Asks again and again until something is so: wait_until(lambda: ..., timeout_s=5)."""
    return wait_until


def wait_until(is_so: Callable[[], object], timeout_s: float = 20) -> None:
    """Ask again and again; fails when the time is over."""
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, f"not within {timeout_s} s"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The system's Chromium."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        # CI asks for the browser: there, a test that did not run is no success
        required = "FILTERSCOPE_REQUIRE_BROWSER" in os.environ
        (pytest.fail if required else pytest.skip)("There is no Chromium on this machine")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=found, args=QUIET.split())
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A tab of 1440×900."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    tab.set_default_timeout(20_000)
    yield tab
    context.close()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
            return True
    except OSError:
        return False


@pytest.fixture
def in_address() -> Callable[[AppTest, str], str | None]:
    """What a page's address says of a name."""

    def read(test: AppTest, name: str) -> str | None:
        value = test.query_params.get(name)
        return value[-1] if isinstance(value, list) else value

    return read
