import numpy as np
import pandas as pd
import pytest

from viz.curves import arrays_of
from viz.curves.layers_figure import PANELS, layers_figure, layers_lines

METRICS = pd.DataFrame({"epoch": [1, 2], "lr": [0.02, 0.01], "images_per_s": [900.0, 1000.0]})


def layers(*, convolutions: int = 2) -> pd.DataFrame:
    """conv1 relu1 conv2 relu2 …, two epochs."""
    nothing = float("nan")
    rows = []
    for epoch in (1, 2):
        for number in range(1, convolutions + 1):
            ratio = 10.0**-number / epoch
            rows.append((epoch, f"conv{number}", 10.0, 1.0, 10 * ratio, ratio, nothing))
            rows.append((epoch, f"relu{number}", *[nothing] * 4, 0.1 * number))
    names = (
        "epoch",
        "layer",
        "weight_norm",
        "gradient_norm",
        "update_norm",
        "update_ratio",
        "dead",
    )
    return pd.DataFrame(rows, columns=list(names))


def test_each_panel_has_the_layers_that_have_its_number():
    axes = dict(
        zip([panel.column for panel in PANELS], layers_figure(METRICS, layers()).axes, strict=True)
    )
    names = {column: [line.get_label() for line in ax.lines] for column, ax in axes.items()}
    assert names["update_ratio"] == ["conv1", "conv2"]
    assert names["dead"] == ["relu1", "relu2"]
    assert axes["update_ratio"].lines[1].get_ydata().tolist() == [0.01, 0.005]
    assert axes["update_ratio"].get_yscale() == "log"
    assert len(names["lr"]) == 1


def test_the_lines_to_point_at_are_the_same():
    figure = layers_lines(METRICS, layers())
    drawn = [line for ax in layers_figure(METRICS, layers()).axes for line in ax.lines]
    assert [list(trace.y) for trace in figure.data] == [list(line.get_ydata()) for line in drawn]


@pytest.mark.parametrize("convolutions", [2, 40])
def test_a_deep_network_is_drawn_without_a_name_for_each_layer(convolutions, pixels_of):
    figure = layers_figure(METRICS, layers(convolutions=convolutions), epochs=30)
    assert pixels_of(figure).size
    assert bool(figure.axes[0].get_legend()) == (convolutions == 2)
    assert figure.axes[0].get_xlim() == (0.5, 30.5)


def test_layers_become_arrays_by_epoch_and_layer():
    arrays = arrays_of(layers())
    assert arrays["layer"].tolist() == ["conv1", "relu1", "conv2", "relu2"]
    assert arrays["epoch"].tolist() == [1, 2]
    assert arrays["update_ratio"][1, 2] == 0.005
    assert np.isnan(arrays["dead"][:, 0]).all()
    assert arrays["dead"][0].tolist()[1::2] == pytest.approx([0.1, 0.2])
