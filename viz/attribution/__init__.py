"""Which pixels speak for a class: one heat map an image, by any of the field's methods."""

from viz.attribution.compute import (
    METHODS,
    MethodName,
    attribution,
    grad_cam,
    integrated_gradients,
    loss_map,
    over_pixels,
)

__all__ = [
    "METHODS",
    "MethodName",
    "attribution",
    "grad_cam",
    "integrated_gradients",
    "loss_map",
    "over_pixels",
]
