"""Are stride and filter size right: what a network's first layers do, measured."""

from viz.diagnosis.compute import Diagnosis, as_arrays, as_diagnosis, diagnose

__all__ = ["Diagnosis", "as_arrays", "as_diagnosis", "diagnose"]
