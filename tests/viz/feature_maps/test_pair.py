"""Two networks' maps of one image on one scale, in one order, with what the second has more."""

from types import SimpleNamespace

import pytest
import torch

from training.runs import Run
from viz import Look, ask_two, pair
from viz.drawing.pairs import draw_pair
from viz.feature_maps import FeatureMaps, FeatureMapsQuery
from viz.feature_maps.pair import pair as paired
from viz.feature_maps.query import FeatureMapsShown


def of(*values: float) -> FeatureMaps:
    """One unit a channel, with these activations."""
    maps = torch.tensor(values)
    return FeatureMaps("relu1", maps[:, None, None], maps.argsort(descending=True))


def both(first: FeatureMaps, second: FeatureMaps, runs=("one", "one")):
    return paired(
        *(
            SimpleNamespace(
                shown=FeatureMapsShown(Look(), torch.zeros(3, 16, 16), maps),
                opened=SimpleNamespace(run=SimpleNamespace(path=path)),
            )
            for maps, path in zip((first, second), runs, strict=True)
        )
    )


def test_both_sheets_have_one_scale_and_the_difference_is_about_zero():
    [row] = both(of(1.0, 2.0), of(5.0, 1.0)).rows
    assert [panel.scale for panel in row.panels] == [
        ("viridis", 0.0, 5.0),
        ("viridis", 0.0, 5.0),
        ("RdBu_r", -4.0, 4.0),
    ]


def test_all_sheets_stand_in_the_order_of_the_first():
    [row] = both(of(1.0, 2.0), of(5.0, 1.0)).rows
    assert [panel.stands_for for panel in row.panels] == [[1, 0]] * 3


def test_the_figure_names_both_networks_and_the_difference():
    figure = draw_pair(both(of(1.0, 2.0), of(5.0, 1.0)), ["one", "two"])
    titles = [ax.get_title(loc="left") for ax in figure.axes if ax.get_title(loc="left")]
    assert titles == ["the network's input", "A: one", "B: two", "B − A"]


def test_the_number_of_a_channel_stands_below_its_map(words_of):
    words = words_of(draw_pair(both(of(1.0, 2.0), of(5.0, 1.0)), ["one", "two"]))
    assert words.count("0") >= 3
    assert words.count("1") >= 3


def test_maps_of_two_sizes_have_no_difference_and_orders_of_their_own():
    found = both(of(1.0, 2.0), of(5.0, 1.0, 3.0))
    [row] = found.rows
    assert len(row.panels) == 2
    assert row.second.stands_for == [0, 2, 1]
    assert "no difference to show" in found.notes[0]
    assert set(found.arrays()) == {"maps", "order", "second", "second_order"}


def test_two_runs_are_said_to_have_learned_their_channels_apart():
    assert "apart" in both(of(1.0), of(2.0), ("one", "two")).notes[0]
    assert "apart" not in both(of(1.0), of(2.0)).notes[0]


def test_a_click_tells_the_unit_and_whether_its_place_is_that_of_the_first():
    [row] = both(of(1.0, 2.0), of(5.0, 1.0)).rows
    assert row.second.point().data[1].customdata[0] == [1, 0, 0, 1.0]
    [row] = both(of(1.0, 2.0), of(5.0, 1.0, 3.0)).rows
    assert row.second.point().data[1].customdata[0] == [0, 0, 0, 5.0, "own"]
    assert row.first.point().data[1].customdata[0] == [1, 0, 0, 2.0]


def test_a_channel_that_only_the_first_has_is_outlined_there_alone():
    [row] = both(of(1.0, 2.0, 3.0), of(5.0, 1.0)).rows
    outlined = [len(panel.point((2, 0, 0)).layout.shapes) for panel in row.panels]
    assert outlined == [2, 0]


def test_the_difference_of_two_epochs_is_the_second_less_the_first(run: Run):
    query = FeatureMapsQuery(str(run.path), 0, layer="conv2")
    other = FeatureMapsQuery(str(run.path), 2, layer="conv2")
    arrays = pair(*ask_two(query, other, Look())).arrays()
    assert torch.equal(
        torch.from_numpy(arrays["difference"]),
        torch.from_numpy(arrays["second"] - arrays["maps"]),
    )
    assert abs(arrays["difference"]).max() > 0
    same = pair(*ask_two(query, query, Look())).arrays()
    assert abs(same["difference"]).max() == pytest.approx(0)
