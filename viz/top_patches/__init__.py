"""What excites each channel most: one pass over many images keeps the strongest few."""

from viz.top_patches.compute import MiningState, TopPatches, mine, scan

__all__ = ["MiningState", "TopPatches", "mine", "scan"]
