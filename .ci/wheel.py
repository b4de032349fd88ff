"""Build the wheel, install it where nothing of the clone is, and open the first page.

The packages it needs are those of the environment that runs this; only Filterscope is installed.
"""

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.request
import venv
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

CLONE = Path(__file__).resolve().parent.parent
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_S = 120  # of a machine with other work; alone it takes a fifth
TITLE_SIZE = "26.25px"  # 1.75 rem of 15 px, as our settings ask; Streamlit's own are 2.75 of 16


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        programs = install(build(place / "wheel"), place / "fresh")
        for module in ("training", "viz"):
            run([programs / "python", "-m", module, "--help"], cwd=place)
        opens = "from pathlib import Path; from training.shipped import unpack; unpack(Path('run'))"
        run([programs / "python", "-c", opens], cwd=place)
        (place / "empty").mkdir()
        look(programs / "filterscope", place / "empty")


def build(folder: Path) -> Path:
    """The wheel, made of the files at hand and none that an earlier build left."""
    shutil.rmtree(CLONE / "build", ignore_errors=True)
    run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, CLONE])
    shutil.rmtree(CLONE / "build", ignore_errors=True)
    [wheel] = folder.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path) -> Path:
    """The folder of programs of a new environment that holds it."""
    venv.create(folder, with_pip=False)
    names = {"base": str(folder), "platbase": str(folder)}
    packages = sysconfig.get_path("purelib", "venv", names)
    pip = [sys.executable, "-m", "pip", f"--python={folder}"]
    run([*pip, "install", "-q", "--no-deps", "--no-index", wheel])
    # after it, or pip would find the clone's installation and do nothing
    (Path(packages) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Path(sysconfig.get_path("scripts", "venv", names))


def look(command: Path, folder: Path) -> None:
    """Open the workbench from an empty folder: the first visit ends with a picture."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [command, "--port", str(port), "--server.headless=true"],
            cwd=folder,
            env=environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    address = f"http://localhost:{port}"
    try:
        wait_until_healthy(address, server)
        with sync_playwright() as driver:
            path = next(path for name in CHROMIUM if (path := shutil.which(name)))
            browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
            check(browser.new_page(), address)
            browser.close()
    except Exception:
        print(log.read_text(errors="replace"), file=sys.stderr)
        raise
    finally:
        from training.processes import end

        end(server.pid)  # and the demo that it trains


def check(page: Page, address: str) -> None:
    """The first picture is there, and the workbench's own settings are in effect."""
    page.set_default_timeout(PATIENCE_S * 1000)
    page.goto(address)
    page.get_by_text("First filters, epoch 0").wait_for()
    page.locator(".js-plotly-plot image").first.wait_for(state="attached")
    size = page.locator("h1").first.evaluate("title => getComputedStyle(title).fontSize")
    if size != TITLE_SIZE:
        raise SystemExit(f"The title is {size} high, not {TITLE_SIZE}: our settings are not read.")
    print("wheel: filterscope opens, and shows its first picture")


def wait_until_healthy(address: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise SystemExit(f"filterscope ended by itself, with {server.returncode}.")
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"filterscope does not answer within {PATIENCE_S} s.")


def run(command: list[object], cwd: Path = CLONE) -> None:
    """Run a command, and show what it said only if it fails."""
    words = list(map(str, command))
    done = subprocess.run(words, cwd=cwd, env=environment(), capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} failed:\n{done.stdout}{done.stderr}")


def environment() -> dict[str, str]:
    """Ours, without what would lead to the clone."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


if __name__ == "__main__":
    main()
