"""What happens to one image: the maps that each channel of a layer makes of it."""

from viz.feature_maps.compute import FeatureMaps, feature_maps
from viz.feature_maps.query import FeatureMapsQuery

__all__ = ["FeatureMaps", "FeatureMapsQuery", "feature_maps"]
