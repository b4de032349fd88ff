"""What a visitor waits for: another page, the first and the whole map, neighbours, a report.

The clock runs in the page, from the browser's own click to two frames after what was asked for is
there. Pages are measured the second time they are opened, when all that they ask for is kept; maps
and neighbours on images that were not looked at before.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from app.shell.menu import PAGES
from benchmarks.browser import IDLE, new_tab
from benchmarks.workbench import workbench
from training.runs import Run
from training.status import read_status

SHOW_MS = 600_000
TILES = 5  # of the strip of images, less the one that is looked at first
SHARES = (0.1, 0.25, 0.5, 0.75)  # of a report's way, at which the time left is looked at
CLOCK = """
conditions => {
  const app = document.querySelector('[data-testid=stApp]')
  const title = () => document.querySelector('h1')?.innerText
  const maps = () => [...document.querySelectorAll('[data-testid=stMain] .js-plotly-plot image')]
    .slice(1) // the first is the strip of images
    .map(image => image.getAttribute('href')
      ?? image.getAttributeNS('http://www.w3.org/1999/xlink', 'href')).join()
  const before = {maps: maps(), title: title()}
  const isSo = {
    rest: () => app.dataset.testScriptState === 'notRunning',
    page: () => title() && title() !== before.title && isSo.rest(),
    maps: () => maps() && maps() !== before.maps,
    whole: () => isSo.maps() && isSo.rest() && !document.querySelector('.st-key-job_panel'),
  }
  let began
  addEventListener('click', event => began ??= event.timeStamp, {capture: true, once: true})
  window.taken = Promise.all(conditions.map(name => new Promise(done => {
    const observer = new MutationObserver(() => {
      if (began === undefined || !isSo[name]()) return
      observer.disconnect()
      requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)))
    })
    observer.observe(document, {subtree: true, childList: true, attributes: true})
  })))
}
"""
TILE = """(chart, nth) => {
  const plot = chart.querySelector('.js-plotly-plot'), {xaxis, yaxis} = plot._fullLayout
  const tiles = plot._fullData.findLast(each => each.customdata && each.mode === 'markers')
  const box = plot.getBoundingClientRect()
  return [box.left + xaxis._offset + xaxis.l2p(tiles.x[nth]),
          box.top + yaxis._offset + yaxis.l2p(tiles.y[nth])]
}"""
Waits = list[tuple[str, list[float]]]


def measure(run_path: str) -> Waits:
    """(what, ms of each turn)."""
    run = Run.open(run_path)
    with workbench(run.path.parent) as (address, _), new_tab() as tab:
        tab.set_default_timeout(SHOW_MS)
        tab.goto(f"{address}/train?run={run.path.name}")
        _settle(tab)
        for _ in range(2):  # what the pages keep is made in the first round
            pages = {words: _page(tab, words) for words, _ in PAGES.values()}
        slowest = max(pages, key=pages.__getitem__)
        tab.goto(f"{address}/occlusion?run={run.path.name}")
        _settle(tab)
        others = [partial(_tile, tab, 1 + turn) for turn in range(TILES)]
        maps = [_taken(tab, click, "maps", "whole") for click in others]
        tab.goto(f"{address}/retrieval?run={run.path.name}")
        _settle(tab)
        alike = [_taken(tab, click, "maps") for click in others]
    return [
        (f"another page over kept results, {len(pages)} pages", list(pages.values())),
        (f"the slowest of them, {slowest}", [pages[slowest]]),
        ("the first occlusion map of another image", [first for first, _ in maps]),
        ("the whole map", [whole for _, whole in maps]),
        ("the neighbours of another image", [taken for (taken,) in alike]),
    ]


def report(run_path: str, out: Path) -> tuple[float, dict[float, float]]:
    """Seconds that a report takes, and how many its bar had promised at some shares of the way.

    Results that are kept are used, as they are for who has looked at the run.
    """
    told = out.with_suffix(".json")
    command = [sys.executable, "-m", "viz", "report", run_path, "--out", str(out)]
    began = time.monotonic()
    process = subprocess.Popen([*command, "--progress", str(told)], stdout=subprocess.DEVNULL)
    promised: dict[float, float] = {}
    while process.poll() is None:
        status = read_status(told)
        left = status.seconds_left if status is not None else None
        if status is not None and left is not None:
            for share in SHARES:
                if status.done >= share * status.total and share not in promised:
                    promised[share] = time.monotonic() - began + left
        time.sleep(0.1)
    assert process.returncode == 0, "the report was not made"
    return time.monotonic() - began, promised


def _page(tab: Any, words: str) -> float:
    link = tab.get_by_test_id("stSidebarNav").get_by_role("link", name=words)
    (taken,) = _taken(tab, link.click, "page")
    return taken


def _tile(tab: Any, nth: int) -> None:
    strip = tab.get_by_test_id("stMain").locator(".stPlotlyChart").first
    tab.mouse.click(*strip.evaluate(TILE, nth))


def _taken(tab: Any, act: Callable[[], object], *conditions: str) -> list[float]:
    """Milliseconds from a click until each of some conditions is so."""
    tab.evaluate(CLOCK, conditions)
    act()
    taken: list[float] = tab.evaluate("window.taken")
    _settle(tab)
    return taken


def _settle(tab: Any) -> None:
    """Wait until nothing moves, jobs are done, and the pages ahead are prepared."""
    for _ in range(2):
        tab.wait_for_timeout(700)
        tab.wait_for_selector(".st-key-job_panel", state="detached")
        tab.wait_for_selector(IDLE, state="attached")
