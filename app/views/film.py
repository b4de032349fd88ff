"""The film of the first filters, on the page Filters: it plays in the browser."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from app.shell.asked import asked
from app.shell.frame import Choice
from app.shell.lender import LENDER
from app.widgets.bars import scale_bar
from app.widgets.downloads import offer_side
from app.widgets.layout import picture_px
from viz.drawing.pointing import NUMBER_ROOM_PX
from viz.drawing.sheet import fitted, spread, to_bytes
from viz.drawing.style import GREY, number
from viz.film import FilmQuery
from viz.filters.compute import Film
from viz.filters.figure import APART_PX, MOST_APART_PX, label_of
from viz.store.answer import Side, ask
from viz.store.query import Look

HEIGHT_PX = 560  # its player is to stay in sight
HTML = """
<div class="player">
  <button type="button"></button>
  <input type="range" min="0" step="1" aria-label="Epoch">
  <output></output>
  <label>Speed <select>
    <option value="1">1 epoch/s</option><option value="3" selected>3 epochs/s</option>
    <option value="8">8 epochs/s</option>
  </select></label>
</div>
<canvas role="img"></canvas>
"""
CSS = """
.player { display: flex; gap: .75rem; align-items: center; margin-bottom: .6rem;
  font-size: .9rem; }
.player input { flex: 1; max-width: 26rem; accent-color: var(--st-primary-color); }
.player output { min-width: 8rem; font-variant-numeric: tabular-nums; }
.player button, .player select { font: inherit; color: inherit; padding: .3rem .7rem;
  border: 1px solid currentColor; border-radius: 4px;
  background: var(--st-secondary-background-color); cursor: pointer; }
canvas { display: block; max-width: 100%; cursor: pointer; color: var(--st-text-color); }
"""
_player = st.components.v2.component(
    "film", html=HTML, css=CSS, js=(Path(__file__).parents[1] / "widgets/js/film.js").read_text()
)


def show_film(choice: Choice, chosen: int) -> int | None:
    """The film with its player and its files; the filter that was just clicked, or None."""
    run = choice.run
    query = asked(FilmQuery(str(run.path)), "epochs")
    digests = tuple(run.sound(run.epochs).digests.values())
    side, sprite = _film(query, digests)
    film, shown = side.shown.film, side.shown
    count, tall, wide = film.tiles.shape[1:4]
    room = picture_px() - 4
    columns, by = fitted(count, wide, room, HEIGHT_PX, gap=APART_PX, caption=NUMBER_ROOM_PX)
    played = _player(
        key="film",
        data={
            "sprite": sprite,
            "tiles": count,
            "tile": [wide, tall],
            "columns": columns,
            "by": by,
            "gap": spread(columns, by * wide, room, gap=APART_PX, most=MOST_APART_PX),
            "room": NUMBER_ROOM_PX,
            "epochs": film.epoch.tolist(),
            "chosen": chosen,
            "label": f"The filters of {shown.layer} growing over {len(film.epoch)} epochs",
        },
        on_clicked_change=lambda: None,
    )
    words = f"{label_of(shown.weight[0])} · mid grey is 0"
    scale_bar(GREY, number(-film.high), f"+{number(film.high)}", words)
    st.caption("One scale for all epochs: what grows brighter grows stronger.")
    offer_side(side)
    clicked: int | None = played.clicked
    return clicked


@st.cache_resource(max_entries=8, show_spinner="Making the film")
def _film(query: FilmQuery, digests: tuple[str, ...]) -> tuple[Side, str]:
    """The film, and its tiles as one picture; a new epoch or retrained weights make a new one."""
    del digests  # part of the key only
    side = ask(query, Look(), LENDER)
    return side, sprite_of(side.shown.film)


def sprite_of(film: Film) -> str:
    """A row of tiles for each epoch, in their own pixels, as a PNG for `src`."""
    pixels = np.concatenate(np.moveaxis(to_bytes(film.tiles.numpy()), 1, 0), axis=2)
    file = BytesIO()
    Image.fromarray(np.concatenate(pixels)).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
