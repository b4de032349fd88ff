"""A window to drag over an image: class bars follow it without a round trip to the server."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import streamlit as st
from PIL import Image
from torch import Tensor

from app.browser import mount
from viz.drawing.colours import class_colour
from viz.drawing.words import label_of
from viz.occlusion import Cell, Occlusion
from viz.occlusion.compute import Shape

DIGITS = 4  # of a probability on its way to the browser


@dataclass(frozen=True)
class Brush:
    """An image and the answers with the window at each place."""

    picture: np.ndarray  # (S, S, 3) uint8, what the network sees
    hidden: np.ndarray  # (S, S, 3) uint8, of which the window shows its part
    side: int  # px of the page
    found: Occlusion
    shape: Shape
    names: Sequence[str]  # of all classes
    shown: Sequence[int]  # the classes that have a bar
    known: int | None  # the true class

    def data(self, cell: Cell, alt: str) -> dict[str, object]:
        """All that the browser needs: nothing is exchanged before the window is let go."""
        rows, columns = self.found.shape
        grid = self.found.probability[..., list(self.shown)].flatten(0, 1)
        return {
            "image": _data_uri(self.picture),
            "fill": _data_uri(self.hidden),
            "alt": alt,
            "side": self.side,
            "pixels": len(self.picture),
            "window": self.found.window,
            "stride": self.found.stride,
            "shape": self.shape,
            "rows": rows,
            "columns": columns,
            "cell": list(cell),
            "classes": [
                {
                    "name": label_of(self.names, index, None),
                    "colour": class_colour(index),
                    "known": index == self.known,
                }
                for index in self.shown
            ],
            "base": _rounded(self.found.base[list(self.shown)]),
            "grid": _rounded(grid),
        }


def brush(it: Brush, cell: Cell, choose: Callable[[str], object], *, key: str, alt: str) -> None:
    """Draw it, with the window at a cell.

    Args:
        it: What is to be seen.
        cell: The chosen place.
        choose: Called with "row,column" where the window was let go, before the page runs again.
        key: Of this picture on its page.
        alt: What it shows, for those who cannot see it.
    """

    def moved() -> None:
        if text := st.session_state[key].get("cell"):
            choose(text)

    mount("brush", key=key, data=it.data(cell, alt), on_cell_change=moved)


def _rounded(values: Tensor) -> list[object]:
    found: list[object] = np.round(values.double().numpy(), DIGITS).tolist()
    return found


def _data_uri(pixels: np.ndarray) -> str:
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
