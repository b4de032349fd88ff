"""How well a layer's nearest neighbours find the same class."""

from viz.retrieval_scores.compute import Scores, by_class, score
from viz.retrieval_scores.query import RetrievalScoresQuery, ScoresLook, ScoresShown

__all__ = ["RetrievalScoresQuery", "Scores", "ScoresLook", "ScoresShown", "by_class", "score"]
