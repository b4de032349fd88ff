"""How large the objects are beside what each layer's units see."""

from viz.object_scale.compute import ObjectScale, as_arrays, object_scale, words
from viz.object_scale.query import ObjectScaleQuery, ObjectScaleShown

__all__ = [
    "ObjectScale",
    "ObjectScaleQuery",
    "ObjectScaleShown",
    "as_arrays",
    "object_scale",
    "words",
]
