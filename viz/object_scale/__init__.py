"""How large the objects are beside what each layer's units see."""

from viz.object_scale.compute import ObjectScale, as_arrays, object_scale, words

__all__ = ["ObjectScale", "as_arrays", "object_scale", "words"]
