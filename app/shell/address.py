"""What is chosen lives in the address bar: every view can be shared, reloaded and gone back to.

Streamlit can bind a widget to the address, but it drops a wrong value without a word and a
slider's value whenever its ends move, which the epochs of a growing run do all the time. So the
address is read and written here; a value that does not fit gives way to the default, with a
notice. What one page knows is carried over to the next page that knows the same name.

A browser under load speaks of the past: with each request, also that of a fragment's clock, it
sends its address and its widgets as it last saw them. Neither is a choice: an address that was
written over here stays written over, and only the widget drawn last is listened to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

LATE = 8  # addresses that a browser may still have though they were written over

Value = TypeVar("Value")


@dataclass
class _Memory:
    """What a visitor's session knows beside the address."""

    page: str = ""
    known: dict[str, str] = field(default_factory=dict)  # of all pages so far
    carried: dict[str, str] = field(default_factory=dict)  # brought from other pages, not yet used
    notices: dict[str, str] = field(default_factory=dict)
    place: DeltaGenerator | None = None  # where notices are drawn, once the page has begun
    left: dict[str, str] = field(default_factory=dict)  # the address as it was left
    touched: bool = False  # a widget of this page was
    replaced: list[dict[str, str]] = field(default_factory=list)  # what was written over for it


def arrive(page: str) -> bool:
    """Begin a run of a page; True where the visitor has just come from another one."""
    memory = _remembered()
    memory.place = None
    if page == memory.page:
        return False
    leave()
    memory.touched = False
    memory.page, memory.carried, memory.notices = page, dict(memory.known), {}
    return True


def leave() -> None:
    """Take the next address as it comes: another page's, where nothing is late."""
    _remembered().replaced = []


def read(
    name: str, parse: Callable[[str], Value], default: Value, *, carried: bool = True
) -> Value:
    """The value of a name in the address, or the default.

    Args:
        name: Of the parameter.
        parse: Text to value; raises ValueError or LookupError for text that does not fit.
        default: Where the address says nothing, or nothing that fits; the latter gives a notice.
        carried: Whether pages hand it on; not what this page has no control for.
    """
    memory = _memory()
    text = st.query_params.get(name)
    brought = memory.carried.pop(name, None) if carried else None
    given = brought if text is None else text
    if given is None:
        if carried:
            memory.known.pop(name, None)
        return default
    try:
        value = parse(given)
    except (ValueError, LookupError):
        write(**{name: None})
        if text is not None:
            asked = _plain(text)
            notice(name, f"There is no {name} “{asked}” here; this is the default instead.")
        return default
    if carried:
        memory.known[name] = given
    if text is None:
        _put(memory, name, given)
    return value


def write(**values: Any) -> None:
    """Put values into the address; None takes a name out of it."""
    memory = _memory()
    for name, value in values.items():
        memory.carried.pop(name, None)
        memory.notices.pop(name, None)
        if value is None:
            memory.known.pop(name, None)
            _put(memory, name, None)
        else:
            memory.known[name] = str(value)
            _put(memory, name, str(value))


def fill_in(name: str, value: str) -> None:
    """Say in the address what stands there by default, without forgetting a notice about it."""
    _put(_memory(), name, value)


def carry_all() -> None:
    """What the address says belonged to another run: where it does not fit, no word is lost."""
    memory = _memory()
    for name in [name for name in memory.known if name not in ("run", "epoch")]:
        memory.carried[name] = memory.known[name]
        _put(memory, name, None)


def notice(name: str, text: str) -> None:
    """Tell the visitor something until they choose again or leave the page."""
    memory = _memory()
    if memory.notices.get(name) == text:
        return
    memory.notices[name] = text
    if memory.place is not None:
        _draw(memory.place, text)


def show_notices() -> None:
    """Draw here what the visitor is to be told, also what comes up in the rest of the run."""
    memory = _memory()
    memory.place = st.container()
    for text in memory.notices.values():
        _draw(memory.place, text)


def _draw(place: DeltaGenerator, text: str) -> None:
    place.info(text, icon=":material/info:")


def pick(
    widget: Callable[..., Any],
    label: str,
    options: Sequence[Value],
    *,
    name: str,
    default: Value,
    also: Mapping[str, Value] | None = None,
    **how: Any,
) -> Value:
    """A widget with options (selectbox, radio, segmented_control) whose choice is in the address.

    Args:
        widget: Such as `st.selectbox`.
        label: Of the widget.
        options: What there is to choose from.
        name: In the address.
        default: One of the options; chosen where the address says nothing.
        also: Further texts by which an address may name options, where none is written so.
        **how: Passed to the widget.
    """
    by_text = dict(also or {}) | {str(option): option for option in options}
    value = read(name, by_text.__getitem__, default)
    return _bound(widget, name, value, default, label, options, **how)


def pick_number(
    widget: Callable[..., Any],
    label: str,
    low: int,
    high: int,
    *,
    name: str,
    default: int,
    **how: Any,
) -> int:
    """The same for a whole number: `st.slider` or `st.number_input`."""

    def parse(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise ValueError(text)
        return number

    value = read(name, parse, default)
    return _bound(widget, name, value, default, label, low, high, **how)


def _bound(
    widget: Callable[..., Any],
    name: str,
    value: Any,
    default: Any,
    *arguments: Any,
    **how: Any,
) -> Any:
    def changed(chosen: Any) -> None:
        if chosen is not None:  # a segmented control can be clicked empty
            write(**{name: None if chosen == default else chosen})

    return widget(*arguments, **bound(name, value, arguments[1:], changed), **how)


def bound(name: str, value: Any, options: Any, changed: Callable[[Any], object]) -> dict[str, Any]:
    """`key` and `on_change` of a widget that stands at this value.

    The key is a new one where the value was changed by anything but the widget itself, or there
    are other options: a fragment's clock may already have sent the widget's old value along, and
    under the old key that would pass for the visitor's choice.

    Args:
        name: In the address.
        value: That the widget shall show.
        options: That it offers, whatever they are.
        changed: Called with what the visitor chose, not with what a replaced widget still says.
    """
    keys = st.session_state.setdefault("address keys", {})
    number, offered = keys.get(name, (0, options))
    key = f"address-{name}-{number}"
    if offered != options or st.session_state.get(key, value) != value:
        number += 1
        key = f"address-{name}-{number}"
    keys[name] = number, options
    # Streamlit drops what it has not sent yet of a page that is drawn anew, and then the browser
    # never hears of the value: it is told again until the visitor is seen to know the widgets
    if key not in st.session_state or not _remembered().touched:
        st.session_state[key] = value

    def on_change() -> None:
        _remembered().touched = True
        if keys[name][0] == number:
            changed(st.session_state[key])

    return {"key": key, "on_change": on_change}


def _plain(text: str) -> str:
    """What the address said, as harmless and short as may be."""
    return re.sub(r"[^\w .,:/+-]", "", text)[:40]


def _put(memory: _Memory, name: str, value: str | None) -> None:
    before = st.query_params.to_dict()
    if value is None and name in st.query_params:
        del st.query_params[name]
    elif value is not None:
        st.query_params[name] = value
    memory.left = st.query_params.to_dict()
    if memory.left != before:
        memory.replaced = [*memory.replaced, before][-LATE:]


def _memory() -> _Memory:
    """The memory, once the address is what was left there or what the visitor made of it."""
    memory = _remembered()
    said = st.query_params.to_dict()
    if said != memory.left:
        if said in memory.replaced and not _went_back():
            st.query_params.from_dict(memory.left)
        else:
            memory.left, memory.replaced = said, []
    return memory


def _remembered() -> _Memory:
    memory: _Memory = st.session_state.setdefault("address memory", _Memory())
    return memory


def _went_back() -> bool:
    """Whether it is the browser's own back or forward that brought the address."""
    context = get_script_run_ctx()
    return context is None or context.is_history_navigation
