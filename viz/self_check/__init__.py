"""Do projections do what they say? Compared with the paper's own steps, written out once more."""

from viz.self_check.compute import SelfCheck, self_check
from viz.self_check.query import SelfCheckQuery, SelfCheckShown

__all__ = ["SelfCheck", "SelfCheckQuery", "SelfCheckShown", "self_check"]
