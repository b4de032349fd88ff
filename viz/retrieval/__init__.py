"""What looks alike to the network: images whose features lie nearest."""

from viz.retrieval.compute import Neighbours, features, nearest

__all__ = ["Neighbours", "features", "nearest"]
