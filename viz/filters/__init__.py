"""What the first filters look for: their weights as small colour pictures."""

from viz.filters.compute import Film, Filters, Order, Scale, film, first_layer, largest_weight

__all__ = ["Film", "Filters", "Order", "Scale", "film", "first_layer", "largest_weight"]
