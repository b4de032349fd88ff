"""The filters of a layer over all epochs, as an animation."""

from viz.film.query import FilmQuery, FilmShown

__all__ = ["FilmQuery", "FilmShown"]
