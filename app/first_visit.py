"""With no run the workbench makes one and shows it growing."""

from __future__ import annotations

from typing import NoReturn


def wait() -> NoReturn:
    """Show what is being prepared, and end the page's run."""
    raise NotImplementedError
