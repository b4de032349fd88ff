"""What looks alike to the network: images whose features lie nearest."""

from viz.retrieval.compute import Neighbours, features, nearest
from viz.retrieval.query import FeaturesQuery, RetrievalQuery

__all__ = ["FeaturesQuery", "Neighbours", "RetrievalQuery", "features", "nearest"]
