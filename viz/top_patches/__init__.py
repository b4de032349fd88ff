"""What excites each channel most: one pass over many images keeps the strongest few."""

from viz.top_patches.compute import MiningState, TopPatches, mine, scan
from viz.top_patches.query import TopPatchesLook, TopPatchesQuery

__all__ = ["MiningState", "TopPatches", "TopPatchesLook", "TopPatchesQuery", "mine", "scan"]
