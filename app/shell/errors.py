"""What a visitor reads when something does not work: the sentence, never a traceback.

Bugs stay ordinary exceptions: Streamlit writes their traceback to the terminal, and
`client.showErrorDetails` in .streamlit/config.toml keeps it out of the page.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from training.errors import WorkbenchError


@contextmanager
def readable() -> Iterator[None]:
    """Show an error that the visitor can mend in place of the rest of the block.

    Fragments run again by themselves, outside of the page's block, so they need one of their own;
    it also works as a decorator.
    """
    try:
        yield
    except WorkbenchError as error:
        st.error(plain(str(error)), icon=":material/error:")
        st.button("Look again", icon=":material/refresh:", key=f"look again {error}")


def plain(message: str) -> str:
    """A message as Markdown that shows every character as it stands."""
    special = "\\`*_{}[]<>()#+-.!|~$:"
    return "".join(f"\\{letter}" if letter in special else letter for letter in message)
