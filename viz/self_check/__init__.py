"""Do projections do what they say? Compared with the paper's own steps, written out once more."""

from viz.self_check.compute import SelfCheck, self_check

__all__ = ["SelfCheck", "self_check"]
