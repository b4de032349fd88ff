"""Every picture can be taken away, with what made it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from matplotlib.figure import Figure

from app.shell.errors import plain
from viz.store.answer import Side, notices_of
from viz.store.export import Made, array_bytes, picture_bytes
from viz.store.lines import python_lines, python_lines_of_two, shell_line
from viz.store.view import draw, draw_both, made, more_file

if TYPE_CHECKING:
    pass

MIME = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
More = Mapping[str, Callable[[], bytes]]


def offer_side(side: Side, name: str | None = None) -> None:
    """The row under what one network shows; all of it is derived from the question and the look.

    Args:
        side: Asked, and what it shows.
        name: Of the files, where a page offers the same view twice.
    """
    _tell([side])
    query, look = side.query, side.shown.look
    more = {suffix.lstrip("."): partial(more_file, side, suffix) for suffix in query.more_files}
    offer(
        lambda: draw(side),
        side.shown.arrays,
        name=name or _name(side),
        made=made(side),
        shell=shell_line(query, look, out=f"{query.view}.png"),
        python=python_lines(query, look),
        more=more,
    )


def offer_pair(first: Side, second: Side, both: Any) -> None:
    """The row under two networks side by side.

    Args:
        first: One.
        second: The other.
        both: What `viz.store.view.pair` gave of them.
    """
    _tell([first, second])
    titles = [first.opened.title, second.opened.title]
    query, look, other = first.query, first.shown.look, second.query
    compared = {"compare_with": other.run, "compare_epoch": other.epoch}
    offer(
        lambda: draw_both(query, both, titles),
        both.arrays,
        name=f"{_name(first)}-and-{second.opened.run.name}-epoch-{second.opened.epoch}",
        made=made(first, compare_with=titles[1]),
        shell=shell_line(query, look, **compared, out=f"{query.view}.png"),
        python=python_lines_of_two(query, other, look),
    )


def _tell(sides: Sequence[Side]) -> None:
    for notice in notices_of(sides):
        st.info(plain(notice), icon=":material/info:")


def _name(side: Side) -> str:
    epoch = f"-epoch-{side.opened.epoch}" if side.query.of_weights else ""
    return f"{side.opened.run.name}-{side.query.view}{epoch}"


def offer(
    figure: Callable[[], Figure],
    arrays: Callable[[], Mapping[str, np.ndarray]],
    *,
    name: str,
    made: Made,
    shell: str,
    python: str,
    more: More | None = None,
) -> None:
    """A quiet row under a picture: PNG, SVG, PDF, NPZ, and how it was made.

    Nothing is drawn before it is asked for.

    Args:
        figure: Draws the figure for a light page.
        arrays: The result's arrays by name.
        name: Of the files, without suffix, such as "demo-filters-epoch-7".
        made: What made them; see `viz.store.view.made`.
        shell: The command that does the same.
        python: The lines that do the same.
        more: Further files by suffix, such as {"gif": make_gif}.
    """
    files: dict[str, Callable[[], bytes]] = {
        kind: lambda kind=kind: picture_bytes(figure(), kind, made)  # type: ignore[misc]
        for kind in MIME
    }
    files["npz"] = lambda: array_bytes(arrays(), made)
    files |= more or {}
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for kind, content in files.items():
            st.download_button(
                kind.upper(),
                content,
                file_name=f"{name}.{kind}",
                mime=MIME.get(kind, "application/octet-stream"),
                key=f"download-{name}.{kind}",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
                help=f"Download {name}.{kind}",
            )
        with st.popover("How this was made", type="tertiary", icon=":material/code:"):
            st.code(shell, language="bash", wrap_lines=True)
            st.code(python, language="python", wrap_lines=True)
            st.code(json.dumps(dict(made), indent=2), language="json", wrap_lines=True)
