"""Which pixels a class score rests on: one heat map an image, by any of the field's methods."""

from viz.attribution.compute import (
    METHODS,
    MethodName,
    attribution,
    evidence,
    grad_cam,
    integrated_gradients,
    usable,
)
from viz.attribution.covering import Pointed, loss_map, over_pixels
from viz.attribution.query import AttributionLook, AttributionQuery

__all__ = [
    "METHODS",
    "AttributionLook",
    "AttributionQuery",
    "MethodName",
    "Pointed",
    "attribution",
    "evidence",
    "grad_cam",
    "integrated_gradients",
    "loss_map",
    "over_pixels",
    "usable",
]
