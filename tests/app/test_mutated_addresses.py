"""Addresses changed at random: the page is drawn, with a default and a notice where it had to."""

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from app.shell.menu import VIEWS
from tests.app.test_addresses import CASES, Case
from viz.store.lines import parameters


def said(case: Case) -> dict[str, str]:
    """What the address of a case says."""
    return parameters(case.query("runs/small"), case.look) | case.more


PAGES = sorted(VIEWS)
VALID = {"run": "small", "epoch": "1"} | {
    name: text for case in CASES.values() for name, text in said(case).items()
}
WRONG = (
    *("", "-1", "2", "1e9", "9" * 30, "nan", "True", "val:99", "a,b", ",", "%00", "\0", "字"),
    *("../../etc/passwd", "/dev/zero", "<script>alert(1)</script>", "$(id)", "\u202e", "x" * 3000),
)
TEXTS = st.sampled_from(WRONG) | st.sampled_from(sorted(set(VALID.values()))) | st.text(max_size=5)
ADDRESSES = st.dictionaries(st.sampled_from(sorted(VALID)), TEXTS, min_size=1, max_size=5)
FEW = settings(max_examples=12, deadline=None, database=None)  # each is a page


@settings(FEW, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(page=st.sampled_from(PAGES), said=ADDRESSES)
def test_any_address_draws_its_page(app: Callable[..., AppTest], page: str, said: dict[str, str]):
    test = app(page, **said)
    assert not test.exception
    assert not [each.value for each in test.error if "Something is wrong" in each.value]
    drawn = " ".join(str(each.value) for each in (*test.markdown, *test.info, *test.error))
    assert "<script" not in drawn
