"""A visitor who leafs: from the click to the new picture on the screen, in Chromium.

The clock runs in the page. It starts with the browser's own event (the click, the arrow key) and
stops two frames after the picture that is shown has become another one; what it shows is told by
the image's own bytes, so that a redraw of the old picture does not count.
"""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from benchmarks.workbench import workbench
from training.runs import Run
from viz import answer
from viz.network.layers import deepest, mined_together
from viz.store.lend import Lender, plan_of
from viz.top_patches import TopPatchesQuery

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
SHOW_MS = 60_000
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
WATCH = """
() => {
  const shown = () => [...document.querySelectorAll('.js-plotly-plot image')]
    .map(image => image.getAttribute('href')
      ?? image.getAttributeNS('http://www.w3.org/1999/xlink', 'href')).join();
  const before = shown();
  let began;
  for (const kind of ['click', 'keydown'])
    addEventListener(kind, event => began ??= event.timeStamp, {capture: true, once: true});
  window.taken = new Promise(done => {
    const observer = new MutationObserver(() => {
      if (!shown() || shown() === before) return;
      observer.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
    });
    observer.observe(document.body, {subtree: true, childList: true, attributes: true});
  });
}
"""


def measure(run_path: str, rounds: int) -> list[tuple[str, list[float]]]:
    """(what, ms of each turn): pages of Top patches, and epochs on Filters and Top patches.

    What the epochs show is mined beforehand, as it would be for a visitor who comes back; of the
    pages only the first is made.
    """
    run = Run.open(run_path)
    plan = plan_of(run)
    last = deepest(plan)
    epochs = run.epochs[-rounds - 1 :]
    together, lender = tuple(mined_together(plan, last)), Lender()
    for epoch in epochs:
        answer(TopPatchesQuery(str(run.path), epoch, together), lender)
    found = []
    with workbench(run.path.parent) as (address, _), new_tab() as tab:
        first, second, *_, before, _last = plan.convolutions
        for layers, hurried, how in (
            ((first, last), True, "clicked as soon as the last one stands"),
            ((second, before), False, "after a look at the last one"),
        ):
            for layer in layers:
                tab.goto(f"{address}/top_patches?run={run.path.name}&layer={layer}")
                _settle(tab)
                times = list(_leaf(tab, rounds, hurried))
                found.append((f"next page of Top patches, {layer}, {how}", times))
        for page in ("filters", "top_patches"):
            tab.goto(f"{address}/{page}?run={run.path.name}")
            _settle(tab)
            press = tab.locator("body").press
            back = [_taken(tab, partial(press, "ArrowLeft")) for _ in epochs[1:]]
            again = [_taken(tab, partial(press, "ArrowRight")) for _ in epochs[1:]]
            found.append((f"an epoch step on {page}, mined before", back))
            found.append((f"an epoch step on {page}, seen before", again))
    return found


def _leaf(tab: Any, rounds: int, hurried: bool) -> Iterator[float]:
    """Milliseconds of each new page; who looks for a moment finds the next one prepared."""
    for _ in range(rounds):
        button = tab.get_by_role("button", name="Next", exact=True)
        if not button.is_enabled():
            return
        yield _taken(tab, button.click, rest=not hurried)
    _settle(tab)


def _taken(tab: Any, act: Callable[[], object], rest: bool = True) -> float:
    """Milliseconds from what the visitor does to the new picture."""
    tab.evaluate(WATCH)
    act()
    taken: float = tab.evaluate("window.taken")
    if rest:
        _settle(tab)
    return taken


def _settle(tab: Any) -> None:
    """Wait until the picture stands and the page has come to rest."""
    tab.wait_for_selector(".js-plotly-plot image", timeout=SHOW_MS, state="attached")
    tab.wait_for_timeout(300)
    tab.wait_for_selector(IDLE, timeout=SHOW_MS, state="attached")
    tab.wait_for_timeout(300)


@contextmanager
def new_tab() -> Iterator[Any]:
    """A tab of 1440×900 in the system's Chromium."""
    from playwright.sync_api import sync_playwright

    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1440, "height": 900})
        browser.close()


def summary(times: list[float]) -> str:
    """Median and worst, in ms."""
    return f"{statistics.median(times):.0f} | {max(times):.0f}" if times else "– | –"
