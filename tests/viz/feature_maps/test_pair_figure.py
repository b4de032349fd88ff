import torch

from viz.feature_maps import FeatureMaps, beside
from viz.feature_maps.pair_figure import feature_maps_beside_figure, scales_of, sheets_of


def of(*values: float) -> FeatureMaps:
    """One unit a channel, with these activations."""
    maps = torch.tensor(values)
    return FeatureMaps("relu1", maps[:, None, None], maps.argsort(descending=True))


def test_both_sheets_have_one_scale_and_the_difference_is_about_zero():
    pair = beside(of(1.0, 2.0), of(5.0, 1.0))
    assert scales_of(pair) == [
        ("viridis", 0.0, 5.0),
        ("viridis", 0.0, 5.0),
        ("RdBu_r", -4.0, 4.0),
    ]
    assert [each.order.tolist() for each in sheets_of(pair)] == [[1, 0]] * 3


def test_the_figure_names_both_networks_and_the_difference():
    pair = beside(of(1.0, 2.0), of(5.0, 1.0))
    figure = feature_maps_beside_figure(torch.zeros(3, 16, 16), pair, ["one", "two"])
    titles = [ax.get_title(loc="left") for ax in figure.axes if ax.get_title(loc="left")]
    assert titles == ["the network's input", "A: one", "B: two", "B − A"]
    other = beside(of(1.0, 2.0), of(5.0, 1.0, 3.0))
    assert len(sheets_of(other)) == len(scales_of(other)) == 2
