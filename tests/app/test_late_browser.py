"""A browser under load sends its address and its widgets as it last saw them: no choice of anybody.

The script below has one choice with two options and a button that goes on to the second, as a page
does when a new run has been started.
"""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.testing.v1 import AppTest


def script() -> None:
    import streamlit as st

    from app.shell import address

    address.arrive(st.session_state.get("page", "here"))
    if st.button("Go on"):
        address.write(letter="b")
    st.write(address.pick(st.selectbox, "Letter", ["a", "b"], name="letter", default="a"))


@pytest.fixture
def test() -> AppTest:
    opened = AppTest.from_function(script)
    opened.query_params["letter"] = "a"
    return opened.run()


def shown(test: AppTest) -> tuple[str, str]:
    """Letter on the page, and in the address."""
    said = test.query_params["letter"]
    return test.markdown[0].value, said[-1] if isinstance(said, list) else said


def go_on(test: AppTest) -> AppTest:
    test.button[0].click().run()
    assert shown(test) == ("b", "b")
    return test


def test_an_address_that_was_written_over_stays_so(test: AppTest) -> None:
    go_on(test)
    test.query_params["letter"] = "a"
    assert shown(test.run()) == ("b", "b")
    assert shown(test.run()) == ("b", "b")


def test_what_a_replaced_widget_still_says_is_no_choice(test: AppTest) -> None:
    before = WidgetStates()
    before.CopyFrom(test._tree.get_widget_states())
    go_on(test)
    late = [state for state in before.widgets if "address-letter" in state.id]
    assert late, "the choice was not among what the browser sends"
    test._run(before)
    assert shown(test) == ("b", "b")


def test_what_the_visitor_chooses_then_counts(test: AppTest) -> None:
    go_on(test).selectbox[0].select("a").run()
    assert test.markdown[0].value == "a"


def test_another_address_is_taken(test: AppTest) -> None:
    go_on(test)
    test.query_params["letter"] = "b"
    test.query_params["more"] = "1"
    assert shown(test.run()) == ("b", "b")
    assert "more" in test.query_params


def test_another_page_may_have_an_address_that_was_written_over_here(test: AppTest) -> None:
    go_on(test)
    test.session_state["page"] = "there"
    test.query_params["letter"] = "a"
    assert shown(test.run()) == ("a", "a")


def test_the_browsers_own_back_goes_back(test: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on(test)
    went_back(monkeypatch)
    test.query_params["letter"] = "a"
    assert shown(test.run()) == ("a", "a")


def went_back(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """Lets the requests that follow be of the browser's history, as Streamlit marks them."""
    from app.shell import address

    def marked() -> Any:
        context = get_script_run_ctx()
        assert context is not None
        context.is_history_navigation = True
        return context

    monkeypatch.setattr(address, "get_script_run_ctx", marked)
    return marked
