"""What happens to one image: the maps that each channel of a layer makes of it."""

from viz.feature_maps.compute import FeatureMaps, MapsBeside, beside, feature_maps

__all__ = ["FeatureMaps", "MapsBeside", "beside", "feature_maps"]
