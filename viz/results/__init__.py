"""The dear views of a run, each computed once: recalled where kept, else computed and kept.

Page, command line and notebook call the same functions with the same settings and so share what
is kept. With `only_kept` they compute nothing dear and raise `NotKept` instead, so that a page can
leave the work to a child process. Each can be stopped (an exception raised by `progress`, a
signal); mining then goes on where it stopped.
"""

from viz.occlusion import square_for
from viz.results.of_attributions import SEED, attribution, trust
from viz.results.of_channels import (
    gallery_of,
    strongest,
    top_patches,
)
from viz.results.of_networks import self_check
from viz.results.of_parts import correspondence, parts_of_objects
from viz.results.of_pictures import invariance, occlusion, occlusion_so_far, occlusions
from viz.results.of_splits import diagnosis, evaluation, features, localisation, neighbours
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
    "features",
    "filters_beside",
    "first_filters",
    "first_weight",
    "full_colour",
    "gallery_of",
    "invariance",
    "kept_report",
    "localisation",
    "most_probable",
    "neighbours",
    "network_of",
    "occlusion",
    "occlusion_so_far",
    "occlusions",
    "parts_of_objects",
    "planes",
    "self_check",
    "split_of",
    "square_for",
    "strongest",
    "top_patches",
    "trust",
    "with_planes",
]
