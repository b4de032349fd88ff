"""Are stride and filter size right: what a network's first layers do, measured."""

from viz.diagnosis.compute import Diagnosis, as_arrays, as_diagnosis, diagnose
from viz.diagnosis.query import DiagnosisLook, DiagnosisQuery

__all__ = [
    "Diagnosis",
    "DiagnosisLook",
    "DiagnosisQuery",
    "as_arrays",
    "as_diagnosis",
    "diagnose",
]
