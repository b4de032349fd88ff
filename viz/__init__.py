"""The views: what a trained network computes, seen."""

from training import __version__
from viz.store.answer import answer, ask, ask_two
from viz.store.query import Look
from viz.store.view import pair

__all__ = ["Look", "__version__", "answer", "ask", "ask_two", "pair"]
