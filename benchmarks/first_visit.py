"""A first visit: seconds from the address to the first filters, and to filters that have moved.

The workbench is up and was never visited; there is no run, no cached pictures, nothing imported but
Streamlit. The clock is the browser's own, from the navigation on; a picture counts by its bytes, so
that a redraw of the same one does not.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.browser import new_tab
from benchmarks.workbench import workbench
from training.processes import end
from training.status import RUNNING, read_status

SHOW_MS = 300_000
WATCH = """
window.seen = [];
new MutationObserver(() => {
  const shown = [...document.querySelectorAll('.js-plotly-plot image')]
    .map(image => image.getAttribute('href')
      ?? image.getAttributeNS('http://www.w3.org/1999/xlink', 'href')).join();
  if (shown && shown !== window.last) {
    window.last = shown;
    window.seen.push(performance.now() / 1000);
  }
}).observe(document, {subtree: true, childList: true, attributes: true});
"""
PICTURES = ("the untrained filters", "filters that have moved", "filters that have moved again")


def measure() -> list[tuple[str, float]]:
    """(what is to be seen, seconds since the visitor asked for the page)."""
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        runs.mkdir()
        cache = str(Path(folder) / "cache")
        with workbench(runs, FILTERSCOPE_CACHE=cache) as (address, _), new_tab() as page:
            try:
                page.add_init_script(WATCH)
                page.goto(address)
                wanted = f"window.seen.length >= {len(PICTURES)}"
                page.wait_for_function(wanted, timeout=SHOW_MS)
                seen: list[float] = page.evaluate("window.seen")
            finally:
                status = read_status(runs / "demo" / "status.json")
                if status is not None and status.state == RUNNING:
                    end(status.pid, status.born)
    return list(zip(PICTURES, seen, strict=False))
