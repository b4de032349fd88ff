"""The film of the first filters, on the page Filters."""

from __future__ import annotations

import streamlit as st

from app.shell.asked import asked
from app.shell.lender import LENDER
from app.widgets.downloads import offer_side
from app.widgets.sheets import tile_px
from training.runs import Run
from viz.film import FilmQuery
from viz.film.figure import film_gif
from viz.store.answer import Side, ask
from viz.store.query import Look


def show_film(run: Run, width_px: int) -> None:
    """The animation, with the files of it."""
    query = asked(FilmQuery(str(run.path)), "epochs")
    digests = tuple(run.sound(run.epochs).digests.values())
    side, gif = _film(query, digests, width_px)
    film = side.shown.film
    st.image(gif, alt=f"The filters of {side.shown.layer} growing over {len(film.epoch)} epochs")
    st.caption("One scale for all epochs: what grows brighter grows stronger.")
    offer_side(side)


@st.cache_resource(max_entries=8, show_spinner="Making the film")
def _film(query: FilmQuery, digests: tuple[str, ...], width_px: int) -> tuple[Side, bytes]:
    """The film and its GIF; a new epoch or retrained weights make a new one."""
    del digests  # part of the key only
    side = ask(query, Look(), LENDER)
    film = side.shown.film
    return side, film_gif(film, tile_px=tile_px(film.tiles.shape[1], width_px))
