"""The views: what a trained network computes, seen."""

from training import __version__

__all__ = ["__version__"]
