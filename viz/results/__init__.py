"""The dear views of a run, each computed once: recalled where kept, else computed and kept.

Page, command line and notebook call the same functions with the same settings and so share what
is kept. With `only_kept` they compute nothing dear and raise `NotKept` instead, so that a page can
leave the work to a child process. Each can be stopped (an exception raised by `progress`, a
signal); mining then goes on where it stopped.
"""

from viz.occlusion import square_for
from viz.results.of_attributions import SEED, attribution, trust
from viz.results.of_channels import (
    evolution,
    gallery_of,
    profiles,
    spread,
    top_patches,
)
from viz.results.of_networks import self_check
from viz.results.of_parts import correspondence, parts_of_objects
from viz.results.of_pictures import occlusion, occlusion_so_far, occlusions
from viz.results.of_splits import diagnosis, evaluation, localisation
from viz.results.of_weights import (
    FilterScale,
    below,
    filters_beside,
    first_filters,
    first_weight,
    full_colour,
    planes,
    with_planes,
)
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
    "SEED",
    "FilterScale",
    "NotKept",
    "attribution",
    "below",
    "blueprint",
    "channel_count",
    "correspondence",
    "diagnosis",
    "digest_of",
    "evaluation",
    "evolution",
    "filters_beside",
    "first_filters",
    "first_weight",
    "full_colour",
    "gallery_of",
    "kept_report",
    "localisation",
    "most_probable",
    "network_of",
    "occlusion",
    "occlusion_so_far",
    "occlusions",
    "parts_of_objects",
    "planes",
    "profiles",
    "self_check",
    "split_of",
    "spread",
    "square_for",
    "top_patches",
    "trust",
    "with_planes",
]
