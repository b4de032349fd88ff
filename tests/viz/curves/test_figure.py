import pandas as pd
import pytest

from viz.curves.figure import best_epoch, curves_figure, curves_lines


def metrics() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "epoch": [1, 2, 3, 4],
            "train_loss": [2.0, 1.0, 0.5, 0.2],
            "val_loss": [2.1, 1.2, 1.4, 1.9],
            "train_top1": [0.2, 0.5, 0.8, 0.9],
            "val_top1": [0.2, 0.4, 0.45, 0.45],
            "val_top5": [0.5, 0.7, 0.8, 0.8],
        }
    )


def overfitting() -> pd.DataFrame:
    more = metrics().tail(1).assign(epoch=5, train_loss=0.1, val_loss=2.0)
    return pd.concat([metrics(), more], ignore_index=True)


def words_in_lines(table: pd.DataFrame) -> str:
    return " ".join(note.text for note in curves_lines(table).layout.annotations)


def test_the_curves_mark_the_lowest_validation_loss(words_of):
    assert best_epoch(metrics()) == 2
    assert "1.2 at epoch 2" in " ".join(words_of(curves_figure(metrics())))
    assert "1.2 at epoch 2" in words_in_lines(metrics())


def test_the_epoch_after_which_it_overfits_is_named(words_of):
    assert "overfits after epoch 2" in " ".join(words_of(curves_figure(overfitting())))
    assert "overfits after epoch 2" in words_in_lines(overfitting())


def test_two_worse_epochs_are_no_overfitting_yet(words_of):
    assert "overfits" not in " ".join(words_of(curves_figure(metrics()))) + words_in_lines(
        metrics()
    )


def test_a_loss_that_still_falls_is_not_called_overfitting(words_of):
    words = " ".join(words_of(curves_figure(metrics().head(2))))
    assert "overfits" not in words


def test_error_is_what_accuracy_leaves():
    (_, error) = curves_figure(metrics()).axes
    lines = {line.get_label(): line.get_ydata().tolist() for line in error.lines}
    assert lines["validation, top-1"] == pytest.approx([0.8, 0.6, 0.55, 0.55])
    assert error.get_ylim() == (0, 1)


def test_the_lines_to_point_at_are_those_of_the_figure():
    drawn = {
        line.get_label(): line.get_ydata().tolist()
        for ax in curves_figure(metrics()).axes
        for line in ax.lines
        if not line.get_label().startswith("_")
    }
    shown = {trace.name: list(trace.y) for trace in curves_lines(metrics()).data if trace.name}
    assert shown == drawn


def test_what_comes_after_the_best_epoch_of_a_network_that_overfits_is_shaded_in_both_panels():
    assert not any(shape.type == "rect" for shape in curves_lines(metrics()).layout.shapes)
    for stacked in (False, True):
        figure = curves_lines(overfitting(), stacked=stacked)
        shades = [shape for shape in figure.layout.shapes if shape.type == "rect"]
        assert [(shade.x0, shade.xref) for shade in shades] == [(2, "x"), (2, "x2")]


def test_stacked_panels_stand_one_above_the_other():
    loss, error = curves_lines(metrics(), stacked=True).select_yaxes()
    assert loss.domain[0] > error.domain[1]
    assert (loss.range, error.range) == ((0, pytest.approx(1.15 * 2.1)), (0, 1.005))


def test_a_run_without_an_epoch_has_empty_curves(pixels_of):
    assert pixels_of(curves_figure(metrics().head(0))).size
    assert not any(trace.x for trace in curves_lines(metrics().head(0)).data)


@pytest.mark.parametrize(("epochs", "marker"), [(4, "o"), (90, "")])
def test_dots_mark_the_epochs_of_a_short_run_only(epochs, marker, pixels_of):
    table = pd.concat([metrics()] * 23).head(epochs).assign(epoch=range(1, epochs + 1))
    figure = curves_figure(table)
    assert {line.get_marker() for line in figure.axes[1].lines[:3]} == {marker}
    assert pixels_of(figure).size


@pytest.mark.parametrize(("epochs", "side"), [(2, "right"), (12, "left")])
def test_the_mark_has_its_words_where_there_is_room(epochs, side):
    (loss, _) = curves_figure(metrics().head(2), epochs=epochs).axes  # lowest at epoch 2
    assert [text.get_ha() for text in loss.texts] == [side]


def test_the_curves_of_a_run_that_trains_leave_room_for_what_comes():
    for ax in curves_figure(metrics(), epochs=30).axes:
        assert ax.get_xlim() == (0.5, 30.5)
