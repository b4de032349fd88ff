"""The expensive views of a run that are not questions yet."""

from viz.occlusion import square_for
from viz.results.of_channels import evolution, gallery_of, spread, top_patches
from viz.results.of_pictures import occlusion, occlusion_so_far, occlusions
from viz.results.opening import (
    NotKept,
    blueprint,
    channel_count,
    digest_of,
    kept_report,
    most_probable,
    network_of,
    split_of,
)

__all__ = [
    "NotKept",
    "blueprint",
    "channel_count",
    "digest_of",
    "evolution",
    "gallery_of",
    "kept_report",
    "most_probable",
    "network_of",
    "occlusion",
    "occlusion_so_far",
    "occlusions",
    "split_of",
    "spread",
    "square_for",
    "top_patches",
]
