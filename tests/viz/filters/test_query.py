"""The weights themselves can be had, one by one, over the epochs, and of two networks."""

import numpy as np
import pytest

from training.errors import WorkbenchError
from training.runs import Run
from viz import ask, ask_two, pair
from viz.__main__ import main
from viz.film import FilmQuery
from viz.filters import FiltersLook, FiltersQuery
from viz.planes import PlanesQuery
from viz.store.query import Look


def filters_of(run: Run, epoch: int, **look: str) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = ask(
        FiltersQuery(str(run.path), epoch), FiltersLook(**look)
    ).shown.arrays()
    return arrays


def test_the_arrays_hold_the_weights_themselves_in_the_order_drawn(run: Run):
    weight = run.weight(1, "conv1.weight").numpy()
    arrays = filters_of(run, 1, order="norm")
    assert np.array_equal(arrays["weight"], weight[arrays["channel"]])
    assert arrays["channel"].tolist() != list(range(6))


def test_low_and_high_turn_tiles_into_weights_again(run: Run):
    arrays = filters_of(run, 1)
    span = arrays["high"] - arrays["low"]
    again = arrays["low"] + span * np.moveaxis(arrays["drawn"], -1, 1)
    assert np.allclose(again, arrays["weight"], atol=1e-6)


def test_the_scale_of_all_epochs_is_the_largest_weight_of_any(run: Run):
    largest = max(run.weight(epoch, "conv1.weight").abs().max().item() for epoch in run.epochs)
    for epoch in run.epochs:
        assert filters_of(run, epoch)["high"] == pytest.approx(largest)
    own = run.weight(0, "conv1.weight").abs().max().item()
    assert filters_of(run, 0, scale="shared")["high"] == pytest.approx(own)


def test_two_networks_have_one_scale_and_a_difference_in_weights(run: Run):
    path = str(run.path)
    first, second = ask_two(FiltersQuery(path, 2), FiltersQuery(path, 0), FiltersLook(order="norm"))
    arrays = pair(first, second).arrays()
    assert np.array_equal(arrays["channel"], arrays["second_channel"])
    assert np.array_equal(arrays["difference"], arrays["second_weight"] - arrays["weight"])
    assert arrays["high"] == arrays["second_high"]


def test_kernels_on_scales_of_their_own_have_no_difference_and_that_is_said(run: Run):
    query = FiltersQuery(str(run.path))
    both = pair(*ask_two(query, query, FiltersLook(scale="each")))
    assert "difference" not in both.arrays()
    assert "a scale of its own" in both.words()


def test_the_film_holds_the_weights_of_the_epochs_asked_for(run: Run):
    arrays = ask(FilmQuery(str(run.path), epochs=(0, 2)), Look()).shown.arrays()
    assert arrays["epoch"].tolist() == [0, 2]
    for place, epoch in enumerate((0, 2)):
        assert np.array_equal(arrays["weight"][place], run.weight(epoch, "conv1.weight"))
    with pytest.raises(WorkbenchError, match="no epoch 7"):
        ask(FilmQuery(str(run.path), epochs=(0, 7)), Look())


def test_the_film_of_a_deeper_layer_follows_the_planes_that_weigh_most_at_the_last_epoch(run: Run):
    query = FilmQuery(str(run.path), layer="conv2", channels=(3, 1), count=2)
    arrays = ask(query, Look()).shown.arrays()
    last = run.weight(run.epochs[-1], "conv2.weight")
    for row, channel in enumerate((3, 1)):
        heaviest = last[channel].square().sum((1, 2)).argsort(descending=True)[:2]
        assert arrays["source"][row].tolist() == heaviest.tolist()
        for place, epoch in enumerate(run.epochs):
            planes = run.weight(epoch, "conv2.weight")[channel, heaviest]
            assert np.array_equal(arrays["weight"][place, row], planes)
    assert arrays["high"] == np.abs(arrays["weight"]).max()
    assert arrays["drawn"].shape[:2] == (len(run.epochs), 4)


def test_a_film_of_what_has_no_filters_says_what_has(run: Run):
    with pytest.raises(WorkbenchError, match="fc7 has no filters to draw"):
        ask(FilmQuery(str(run.path), layer="fc7"), Look())


def test_two_networks_are_no_animation(run: Run, tmp_path, capsys):
    flags = ["film", str(run.path), "--compare-with", str(run.path)]
    assert main([*flags, "--out", str(tmp_path / "two.gif")]) == 2
    assert "must end with .png, .svg, .pdf, .npz" in capsys.readouterr().err
    assert main([*flags, "--out", str(tmp_path / "two.npz")]) == 0
    with np.load(tmp_path / "two.npz", allow_pickle=False) as file:
        assert np.array_equal(file["weight"], file["second_weight"])


def test_planes_of_the_second_convolution_are_the_default(run: Run):
    side = ask(PlanesQuery(str(run.path)), Look())
    assert (side.query.layer, side.query.channels) == ("conv2", tuple(range(8)))
    assert side.shown.arrays()["below"] == "conv1"
    with pytest.raises(WorkbenchError, match="channels 0 to 7, not 8"):
        ask(PlanesQuery(str(run.path), channels=(8,)), Look())
