"""Sanity checks of a heat map: does the answer follow it, and does it follow the weights?"""

from viz.sanity_checks.deletion_insertion import DeletionInsertion, area, deletion_insertion, ranks
from viz.sanity_checks.query import SanityChecks, SanityChecksLook, SanityChecksQuery
from viz.sanity_checks.randomisation import Randomisation, randomisation

__all__ = [
    "DeletionInsertion",
    "Randomisation",
    "SanityChecks",
    "SanityChecksLook",
    "SanityChecksQuery",
    "area",
    "deletion_insertion",
    "randomisation",
    "ranks",
]
