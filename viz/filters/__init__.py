"""What the first filters look for: their weights as small colour pictures."""

from viz.filters.compute import Film, Filters, Order, Scale, film, first_layer, order_of
from viz.filters.query import FilterScale, FiltersLook, FiltersQuery, FiltersShown
from viz.network.weights import largest_weight

__all__ = [
    "Film",
    "FilterScale",
    "Filters",
    "FiltersLook",
    "FiltersQuery",
    "FiltersShown",
    "Order",
    "Scale",
    "film",
    "first_layer",
    "largest_weight",
    "order_of",
]
