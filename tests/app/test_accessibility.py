"""axe-core finds no serious fault on any page, light or dark."""

from importlib.resources import files

import pytest

from app.shell.menu import PAGES
from tests.app.conftest import wait_at_rest
from tests.conftest import PATIENCE_S

pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")

pytestmark = [pytest.mark.browser, pytest.mark.thorough]
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
GRAVE = ("serious", "critical")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_serious_fault(browser, server, small, name, scheme):
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    place = "" if name == "overview" else name
    page.goto(f"{server}/{place}?run={small.path.name}&tour=1")
    page.get_by_role("heading", level=1).wait_for()
    wait_at_rest(page)
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    context.close()
    faults = [
        f"{fault['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for fault in found["violations"]
        if fault["impact"] in GRAVE
        for node in fault["nodes"]
    ]
    assert not faults, "\n".join(faults)
