"""The film of a layer's filters, on the page Filters: the player in the bar moves it."""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np
import streamlit as st
from PIL import Image

from app.browser import mount
from app.shell.asked import asked
from app.shell.frame import Choice
from app.shell.lender import LENDER
from app.widgets.bars import scale_bar
from app.widgets.downloads import offer_side
from app.widgets.layout import picture_px
from viz.drawing.pointing import NUMBER_ROOM_PX, ROW_NAME_PX
from viz.drawing.sheet import factor, fitted, spread, to_bytes
from viz.drawing.style import GREY, SIGNED, number
from viz.film import FilmQuery, FilmShown
from viz.filters.compute import Film
from viz.filters.figure import APART_PX, MOST_APART_PX, label_of
from viz.store.answer import Side, ask
from viz.store.query import Look

HEIGHT_PX = 640
PLANES_APART_PX = 4


def show_film(
    choice: Choice, chosen: int, layer: str | None = None, channels: tuple[int, ...] = ()
) -> int | None:
    """The film and its files; the tile that was just clicked, or None.

    Args:
        choice: Whose film; the epoch where it is to begin.
        chosen: The tile to outline.
        layer: A convolution above the first; the first one if not given.
        channels: Its filters; all of the first layer.
    """
    run = choice.run
    query = asked(FilmQuery(str(run.path), layer=layer, channels=channels), "epochs")
    digests = tuple(run.sound(run.epochs).digests.values())
    side, sprite = _film(query, digests)
    shown, film = side.shown, side.shown.film
    with st.container(key="film"):
        played = mount(
            "film",
            key="film of filters",
            data={
                "sprite": sprite,
                "tile": [film.tiles.shape[3], film.tiles.shape[2]],
                **_sheet(film, picture_px() - 4),
                "room": NUMBER_ROOM_PX,
                "epochs": film.epoch.tolist(),
                "epoch": choice.epoch,
                **_names(shown),
                "chosen": chosen,
                "label": f"The filters of {shown.layer} growing over {len(film.epoch)} epochs",
            },
            on_clicked_change=lambda: None,
        )
    if shown.source is None:
        words, colours = f"{label_of(shown.weight[0])} · mid grey is 0", GREY
        reading = "One scale for all epochs: what grows brighter grows stronger."
    else:
        words, colours = "weight, one scale for all epochs", SIGNED
        reading = f"The {film.columns} planes of each filter that weigh most at the last epoch."
    scale_bar(colours, number(-film.high), f"+{number(film.high)}", words)
    st.caption(reading)
    offer_side(side)
    clicked: int | None = played.clicked
    return clicked


def _sheet(film: Film, room: int) -> dict[str, int]:
    """Columns, enlargement and gap of the tiles."""
    count, _, wide = film.tiles.shape[1:4]
    if film.columns is None:
        columns, by = fitted(count, wide, room, HEIGHT_PX, gap=APART_PX, caption=NUMBER_ROOM_PX)
        gap = spread(columns, by * wide, room, gap=APART_PX, most=MOST_APART_PX)
        return {"columns": columns, "by": by, "gap": gap}
    across = (room - ROW_NAME_PX) // film.columns - PLANES_APART_PX
    return {"columns": film.columns, "by": factor(wide, across), "gap": PLANES_APART_PX}


def _names(shown: FilmShown) -> dict[str, list[int]]:
    """The numbers under the tiles, and at the left of rows where a row is a filter."""
    if shown.source is None:
        return {"numbers": list(shown.channels), "rows": []}
    return {"numbers": shown.source.flatten().tolist(), "rows": list(shown.channels)}


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
