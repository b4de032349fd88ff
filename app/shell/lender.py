"""What a page lends to whatever it asks: networks, data and pictures that all visitors share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from PIL import Image

from app.shell import runs
from training.images import read_image
from training.preprocess import CENTRE, square
from training.progress import Progress, silent
from training.runs import Run
from viz.store.lend import Lender

if TYPE_CHECKING:
    from training.data import Data
    from training.models import Network


class Shared(Lender):
    """Opens each run's network, images and uploads once for all visitors."""

    def network(self, run: Run, epoch: int) -> Network:
        return runs.network_of(str(run.path), run.digest(epoch), epoch)

    def data(self, run: Run, progress: Progress = silent) -> Data:
        del progress  # opening shows a spinner of its own
        return runs.data_of(run)

    def read(self, path: str, side: int, at: int = CENTRE) -> Image.Image:
        return read_square(path, side, at)[0]


LENDER = Shared()


@st.cache_data(max_entries=64, show_spinner=False)
def read_square(path: str, side: int, at: int = CENTRE) -> tuple[Image.Image, tuple[str, ...]]:
    """An upload at the size the network needs, and what was done to it: it may have 50 megapixels.

    The path has the SHA-256 of the content in it, so it is all that the result depends on.
    """
    picture = read_image(Path(path))
    return square(picture.image, side, at), picture.notices
