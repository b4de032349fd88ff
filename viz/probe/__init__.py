"""What a layer's features are worth on another data set: linear classifiers, layer by layer."""

from viz.probe.compute import Probe, layer_features, probe
from viz.probe.query import ProbeLook, ProbeQuery, ProbeShown

__all__ = [
    "Probe",
    "ProbeLook",
    "ProbeQuery",
    "ProbeShown",
    "layer_features",
    "probe",
]
