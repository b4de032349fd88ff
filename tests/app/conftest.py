"""A small finished run, the app without a browser, and the app with one."""

import math
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from app.jobs import ask as asking
from app.widgets import images as choosing
from tests.conftest import PATIENCE_S, wait_until
from training.config import FitConfig
from training.fit import fit
from training.processes import end
from training.runs import Run
from training.status import RUNNING, read_status
from viz.network.images import spread_over_classes
from viz.store.lend import split_of

# AppTest looks through all installed packages before every run, which took half of its time
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)

ROOT = Path(__file__).resolve().parents[2]
CLASSES = ("blue", "green", "red", "stripes")
TINY = {"widths": [6, 8, 8, 8, 6], "hidden": [16, 12]}
CHROMIUM = ["chromium", "chromium-browser", "google-chrome"]
AT_REST = (
    "[data-testid=stApp][data-test-script-state=notRunning]",
    "[data-testid=stSidebarNavItems][role=none]",
)
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


@pytest.fixture(scope="session")
def finished_run(made_once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """A network of 32 px and three epochs on forty pictures of four classes. Copy, don't touch."""
    return made_once("finished", train_small) / "small"


def train_small(folder: Path) -> None:
    """Draw the pictures and train the network on them."""
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
def with_objects(small: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The finished run, its images' objects said to be in their upper left corners."""
    pictures = tmp_path / "pictures"
    lines = ["path,x0,y0,x1,y1"]
    for name in ("train", "val"):
        split = split_of(small.data(), name)
        for index, (pixels, label) in enumerate(zip(split.images, split.labels, strict=True)):
            path = f"{name}/{small.classes[label]}/{index}.png"
            (pictures / path).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(pictures / path)
            lines.append(f"{path},0,0,11,11")
    (pictures / "boxes.csv").write_text("\n".join(lines))
    monkeypatch.setenv("FILTERSCOPE_CACHE", str(tmp_path / "cache"))
    settings = small.path / "run.json"
    settings.write_text(settings.read_text().replace(small.config["data"], f"folder:{pictures}"))
    return Run.open(small.path)


@pytest.fixture
def app(runs: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:  # noqa: ARG001
    """Opens a page by name, with what its address says: app("filters", epoch=1).

    What the page asks for is computed at once, however slow the machine: it is left to no job. A
    page of one image starts with number 0, so that tests know it; tests/app/test_start.py looks at
    how it is chosen.
    """
    monkeypatch.setattr(asking, "AT_ONCE_S", math.inf)
    monkeypatch.setattr(
        choosing, "starting_images", lambda _, data, count: spread_over_classes(data.val, count)
    )

    def open_page(page: str = "overview", **address: Any) -> AppTest:
        test = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=PATIENCE_S)
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
    """Address and folder of a workbench that has no run yet and was never visited."""
    root = tmp_path / "runs"
    root.mkdir()
    monkeypatch.setenv("FILTERSCOPE_RUNS", str(root))
    with serving(root, finished_run.parent / "cache", tmp_path / "server.log") as address:
        yield address, root
        end_children(root)


@pytest.fixture(scope="session")
def workbench(
    finished_run: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """Address of one server for all tests, and the link that is its folder of runs."""
    folder = tmp_path_factory.mktemp("workbench")
    link = folder / "runs"
    shutil.copytree(finished_run, folder / "between" / "small")
    lead(link, folder / "between")
    with serving(link, finished_run.parent / "cache", folder / "server.log") as address:
        yield address, link


@pytest.fixture
def server(workbench: tuple[str, Path], runs: Path) -> Iterator[str]:
    """Address of a workbench in a process of its own, on this test's folder of runs.

    The link to that folder changes from test to test. What the server has in memory is kept by
    path and digest, so that it never belongs to another run.
    """
    address, link = workbench
    between = link.resolve()
    lead(link, runs)
    yield address
    end_children(runs)
    lead(link, between)


def lead(link: Path, folder: Path) -> None:
    """Let a link lead to a folder, without a moment where it leads nowhere.

    A tab that has just been closed may still be at work, and where there is no run it would have
    the demo trained.
    """
    fresh = link.with_name("fresh")
    fresh.symlink_to(folder, target_is_directory=True)
    fresh.replace(link)


@contextmanager
def serving(runs: Path, cache: Path, log: Path) -> Iterator[str]:
    """The address of a workbench on a free port, while the block lasts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    folders = {"FILTERSCOPE_RUNS": str(runs), "FILTERSCOPE_CACHE": str(cache)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--server.headless=true", f"--server.port={port}"],
            cwd=ROOT,
            env=os.environ | folders,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            address = f"http://localhost:{port}"
            wait_until(lambda: _answers(address) or process.poll() is not None)
            assert process.poll() is None, log.read_text()
            yield address
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def end_children(runs: Path) -> None:
    """End what works on a folder of runs."""
    for path in [*runs.glob("*/status.json"), *runs.glob(".jobs/*/status.json")]:
        status = read_status(path)
        if status is not None and status.state == RUNNING:
            end(status.pid, status.born)


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
        chromium = driver.chromium.launch(
            executable_path=found, args=QUIET.split(), timeout=PATIENCE_S * 1000
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A tab of 1440×900."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    tab.set_default_timeout(PATIENCE_S * 1000)
    yield tab
    context.close()


@pytest.fixture
def at_rest(page: Any) -> Callable[[], None]:
    """Waits until the tab is drawn and listens to keys: what is typed meanwhile can be lost."""

    def wait() -> None:
        wait_at_rest(page)

    return wait


def wait_at_rest(tab: Any) -> None:
    """Wait until a tab's parts are there, the late ones too, and the server has no more to say."""
    for there in ("html[data-filterscope=listens]", *AT_REST):
        tab.wait_for_selector(there, state="attached")


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=PATIENCE_S):
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


@pytest.fixture
def press_until(wait_until: Callable[..., None]) -> Callable[..., None]:
    """Presses a button again and again until something is so: press_until(page, "Stop", is_so).

    A page that looks at work every second draws its buttons anew: a press may meet one that is on
    its way out, and is lost. Only the page's own buttons count: above them Streamlit has a Stop.
    """

    def press(page: Any, name: str, is_so: Callable[[], object]) -> None:
        def pressed() -> object:
            page.evaluate(
                "name => [...document.querySelectorAll('[data-testid=stMain] button')]"
                ".filter(button => button.innerText.trim().endsWith(name))"
                ".forEach(button => button.click())",
                name,
            )
            page.wait_for_timeout(1000)  # for the page to answer; what counts is what is so
            return is_so()

        wait_until(pressed)

    return press
