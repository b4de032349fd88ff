"""The tour's band on a page: which figure this is, what the paper found, and what is found here.

The address says `tour=3`, so that the tour can be left, shared and taken up again. On another page
than the step's own one line leads back to it.
"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.jobs.ask import collect_replies, collected_replies
from app.shell import address
from app.shell.errors import plain
from app.shell.frame import go_to
from app.shell.menu import PAGES
from app.shell.paths import runs_root
from app.tour.seen import Seen
from app.tour.steps import STEPS, TITLE, Step
from training.errors import WorkbenchError

_PLACE = "tour's number"  # where the number here is drawn, once the page has worked it out
ICON = ":material/tour:"
WIDTHS = (5, 6, 2.4)  # what is to be seen, what was found, buttons
STYLE = """<style>
.st-key-tour { padding: 0.6rem 0.9rem; border-left: 4px solid #0072b2; }
.st-key-tour p { font-size: 0.875rem; line-height: 1.4; margin: 0; }
.st-key-tour [data-testid="stMarkdownContainer"] { margin-bottom: 0; }
.st-key-tour [data-testid="stColumn"] > div { gap: 0.3rem; }
.st-key-tour button { min-height: 2rem; padding: 0 0.7rem; }
</style>"""


def number() -> int | None:
    """The step that the address names, from 1; None where there is no tour."""

    def parse(text: str) -> int:
        if text not in map(str, range(1, len(STEPS) + 1)):
            raise ValueError(text)
        return int(text)

    return address.read("tour", parse, None)


def offer() -> None:
    """A link that begins the tour, where it has not begun."""
    if "tour" not in st.query_params:
        kept = {name: st.query_params[name] for name in ("run", "epoch") if name in st.query_params}
        first = STEPS[0]
        st.page_link(
            f"app/pages/{first.page}.py",
            label=TITLE,
            icon=ICON,
            query_params=kept | dict(first.parameters) | {"tour": "1"},
            help="A guided tour of this run: what the papers found, and what is found here",
        )


def band(page: str, *, arrows: bool = False) -> None:
    """Draw the band above a page, if a tour is on; `fill_in` says the number after the page.

    Args:
        page: Name of the page that comes next.
        arrows: Whether the arrow keys step through the tour.
    """
    st.session_state.pop(_PLACE, None)
    step = number()
    if step is None:
        return
    collect_replies()
    st.html(STYLE)
    with st.container(key="tour", border=True, gap="small"):
        if STEPS[step - 1].page != page:
            _lead_back(step)
        else:
            st.session_state[_PLACE] = _draw(step, arrows)


def fill_in() -> None:
    """Say the number here, from what the page has just worked out."""
    replies = collected_replies()
    place: DeltaGenerator | None = st.session_state.pop(_PLACE, None)
    step = number() if place is not None else None
    if place is None or step is None:
        return
    choice = st.session_state.get("choice")
    seen = Seen(runs_root(), choice and choice.run, choice and choice.epoch, replies)
    place.markdown(f"**Here:** {_number(STEPS[step - 1], seen)}")


def _number(step: Step, seen: Seen) -> str:
    try:
        return step.here(seen) or step.otherwise
    except WorkbenchError as error:  # the page says so too: a damaged epoch, data that are gone
        return plain(str(error))


def _draw(number: int, arrows: bool) -> DeltaGenerator:
    """The step, and the place for its number."""
    step = STEPS[number - 1]
    words, claims, buttons = st.columns(WIDTHS, gap="medium")
    words.markdown(f"**{number} of {len(STEPS)} · {step.title}** · {step.figure}  \n{step.words}")
    claims.markdown(f"**Paper:** {step.paper}")
    place = claims.empty()
    with buttons.container(horizontal=True, horizontal_alignment="right", gap="small"):
        _buttons(number, arrows)
    return place


def _buttons(number: int, arrows: bool) -> None:
    keys = ("Left", "Right") if arrows else (None, None)
    if st.button("Back", key="tour back", disabled=number == 1, shortcut=keys[0]):
        _go(number - 1)
    is_last = number == len(STEPS)
    if st.button("Next", key="tour next", type="primary", disabled=is_last, shortcut=keys[1]):
        _go(number + 1)
    if st.button("Leave", key="tour leave", type="tertiary", help="Its address takes it up again"):
        _leave()


def _lead_back(number: int) -> None:
    step = STEPS[number - 1]
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with row.container(width="stretch"):
        page = PAGES[step.page][0]
        st.markdown(f"**{TITLE}**: step {number}, {step.title.lower()}, is on the page {page}.")
    with row:
        if st.button("Take it up", key="tour on", type="primary"):
            _go(number)
        if st.button("Leave", key="tour leave"):
            _leave()


def _leave() -> None:
    address.write(tour=None)
    st.rerun()


def _go(number: int) -> None:
    step = STEPS[number - 1]
    address.write(**dict.fromkeys(step.forget))
    go_to(step.page, **step.parameters, tour=number)
