"""The strongest unit anywhere: in each layer the one that an image excites most."""

from viz.strongest.compute import Strongest, as_arrays, convolutions_on_the_way, strongest

__all__ = ["Strongest", "as_arrays", "convolutions_on_the_way", "strongest"]
