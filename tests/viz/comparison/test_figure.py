import numpy as np
import pytest

from viz.comparison import Curve
from viz.comparison.figure import comparison_figure, comparison_lines

EPOCHS = np.arange(1, 4)
CURVES = [
    Curve("relu", 0, EPOCHS, np.array([0.6, 0.4, 0.2]), np.array([0.7, 0.5, 0.4])),
    Curve("relu", 1, EPOCHS, np.array([0.6, 0.4, 0.3]), np.array([0.7, 0.6, 0.4])),
    Curve("tanh $x$", 0, EPOCHS[:1], np.array([0.8]), np.array([0.9])),
]


def test_the_mean_of_the_seeds_is_drawn_over_them():
    ax = comparison_figure(CURVES).axes[0]
    relu = [line for line in ax.lines if line.get_gid() == "relu"]
    assert relu[0].get_ydata() == pytest.approx([0.7, 0.55, 0.4])
    thin = [line for line in ax.lines if line.get_alpha() is not None]
    assert len(thin) == 4  # validation and training error of two seeds
    assert ax.get_ylim() == (0, 1)


def test_the_papers_numbers_and_the_threshold_stand_in_the_figure(words_of, pixels_of):
    figure = comparison_figure(
        CURVES, title="ReLU", paper={"relu": "6 epochs", "tanh $x$": "36"}, threshold=0.25
    )
    words = " ".join(words_of(figure))
    assert "In the paper: relu: 6 epochs; tanh" in words
    assert "25% error" in words
    assert pixels_of(figure).size


def test_every_run_answers_the_pointer_with_its_seed_and_keeps_its_colour():
    figure = comparison_lines(CURVES, ["sigmoid", "relu", "tanh $x$"], threshold=0.25)
    told = [trace.hovertemplate for trace in figure.data if trace.hovertemplate]
    assert sum("relu, seed 1, validation" in words for words in told) == 1
    shown = {trace.name: trace.line.color for trace in figure.data if trace.showlegend}
    without = comparison_lines(CURVES[2:], ["sigmoid", "relu", "tanh $x$"])
    alone = {trace.name: trace.line.color for trace in without.data if trace.showlegend}
    assert alone["tanh $x$"] == shown["tanh $x$"]


def test_without_an_epoch_there_is_an_empty_picture(pixels_of):
    assert pixels_of(comparison_figure([])).size
    assert comparison_lines([], ["relu"]).layout.height
