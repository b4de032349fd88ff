"""The views: what a trained network computes, seen."""

from viz.store.answer import answer, ask, ask_two
from viz.store.query import Look
from viz.store.view import pair

__all__ = ["Look", "answer", "ask", "ask_two", "pair"]
