"""What runs in the browser: a component is an .html, a .css and a .js of one name."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

FOLDER = Path(__file__).parent


def mount(name: str, **how: Any) -> Any:
    """Draw a component.

    Args:
        name: Of its files beside this one.
        **how: As Streamlit takes it: key, data, and callbacks.
    """
    source = _source(name)
    drawn = st.components.v2.component(
        f"filterscope_{name}", html=source.get("html"), css=source.get("css"), js=source.get("js")
    )
    return drawn(**how)


@cache
def _source(name: str) -> dict[str, str]:
    files = {kind: FOLDER / f"{name}.{kind}" for kind in ("html", "css", "js")}
    return {kind: path.read_text(encoding="utf-8") for kind, path in files.items() if path.exists()}
