import numpy as np
import pytest
import torch

from viz.evolution import Evolution, EvolutionLook, Motion
from viz.evolution.figure import (
    CURVE_PX,
    HEAD_PX,
    curves,
    draw,
    evolution_pointing,
    facts,
    layout,
    rows_of,
)
from viz.evolution.query import EvolutionShown

GREY = [128, 128, 128]


def shown(epochs: list[int], response: list[float], side: int = 24, cosine=None) -> EvolutionShown:
    """Channel 3 of 4: black patches, red at the last epoch, over grey projections."""
    count = len(epochs)
    tile = torch.zeros(count, 1, 2, side, side, 3, dtype=torch.uint8)
    tile[-1, 0, 0, :, :, 0] = 255
    tile[:, :, 1] = 128
    zeros = torch.zeros(count, 1, dtype=torch.int64)
    own = torch.tensor(response)[:, None].repeat(1, 4)
    turned = torch.tensor(cosine or [1.0] * count)[:, None].repeat(1, 4)
    evolution = Evolution(
        layer="conv2",
        epoch=torch.tensor(epochs),
        channel=torch.tensor([3]),
        score=own[:, 3:],
        image=zeros,
        row=zeros,
        col=zeros,
        tile=tile,
        response=own,
        motion=Motion(turned, torch.full((4,), 1.5)),
    )
    label = np.zeros((count, 1), np.int64)
    return EvolutionShown(EvolutionLook(), evolution, label, ("dog",), lambda: (tile, tile))


def test_epochs_lie_across_and_projections_below():
    pixels, grid, epochs = layout(rows_of(shown([0, 9], [0.5, 2.0])))
    assert epochs == [0, 9]
    assert grid.width == 72  # 24 px three times as large, as 64 px are wanted at least
    top = HEAD_PX + 10
    assert pixels[top, 10].tolist() == [0, 0, 0, 255]
    assert pixels[top, 85].tolist() == [255, 0, 0, 255]  # 72, and a gap of 3
    assert pixels[top + 75, 85, :3].tolist() == GREY


@pytest.mark.parametrize(
    ("side", "width_px", "tile"),
    [(7, 0, 70), (64, 0, 64), (27, 0, 81), (7, 210, 98), (7, 10_000, 126), (96, 0, 96)],
)
def test_tiles_have_64_px_or_more_and_few_of_them_fill_the_page(side, width_px, tile):
    _, grid, _ = layout(rows_of(shown([0, 9], [0.5, 2.0], side)), width_px)
    assert grid.width == tile
    assert tile % side == 0


def test_every_epoch_is_there_however_many():
    many = list(range(91))
    figure, _ = evolution_pointing(rows_of(shown(many, [1.0] * 91)))
    assert figure.layout.width > 91 * 72
    [cells] = [
        trace for trace in figure.data if trace.type == "scatter" and trace.mode == "markers"
    ]
    assert [list(each) for each in cells.customdata[::2]] == [[0, 3, epoch] for epoch in many]


def test_curves_share_the_columns_and_reach_up_to_the_largest_response_and_to_cosine_one():
    [row] = rows_of(shown([0, 9], [0.5, 2.0], cosine=[-0.2, 1.0]))
    _, grid, epochs = layout([row])
    drawn = curves(row, epochs, grid)
    assert drawn["response"] == ([35.5, 110.5], [CURVE_PX / 4, CURVE_PX])
    assert drawn["cosine"][1] == [0, CURVE_PX]


def test_a_row_says_when_it_learnt_and_how_far_its_weights_moved():
    [row] = rows_of(shown([0, 5, 9], [0.02, 1.9, 2.0], cosine=[0.3, 0.95, 1.0]))
    assert facts(row) == [
        "learnt at epoch 5",
        "response 0.02 → 2",
        "weights moved 1.5×",
        "cosine 0.30",
    ]


def test_what_is_still_being_followed_has_learnt_nothing_yet():
    [row] = rows_of(shown([0, 5, 9], [2.0, 2.0, 2.0]), whole=False)
    assert row.learnt is None
    assert facts(row)[0] == "so far"


def test_rows_of_two_runs_stand_under_each_other_in_the_columns_of_all_epochs():
    a, b = shown([0, 2], [1.0, 1.0]), shown([0, 1, 2], [1.0, 1.0, 1.0])
    rows = [*rows_of(a, "A"), *rows_of(b, "B")]
    figure, pitch = evolution_pointing(rows)
    pixels, grid, epochs = layout(rows)
    assert (epochs, grid.pitch) == ([0, 1, 2], pitch)
    middle = grid.corner(2)  # A, epoch 1
    assert pixels[middle[0] + 5, middle[1] + 5, 3] < 255  # is not there
    [cells] = [
        trace for trace in figure.data if trace.type == "scatter" and trace.mode == "markers"
    ]
    assert list(cells.customdata[-1]) == [1, 3, 2]


def test_for_print_every_row_has_its_epochs_words_and_curves(words_of):
    figure = draw(shown([0, 9], [0.5, 2.0]))
    assert {"epoch 0", "epoch 9", "channel 3", "response 0.5 → 2"} <= set(words_of(figure))
    assert sum(len(ax.lines) for ax in figure.axes) == 2
