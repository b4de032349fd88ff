"""The planes of deeper filters: which channels below they add up."""

import numpy as np
import pytest
import torch

from training.errors import WorkbenchError
from training.runs import Run
from viz.network.weights import full_colour
from viz.planes import PlanesQuery, heaviest_planes
from viz.store.answer import answer


def test_the_heaviest_plane_comes_first_with_its_share_of_the_energy():
    weight = torch.zeros(1, 3, 2, 2)
    weight[0, 0, 0, 0], weight[0, 2] = -1, 1.5  # energies 1, 0 and 9
    found = heaviest_planes(weight, [0], count=2)
    assert found.source.tolist() == [[2, 0]]
    assert found.share.tolist() == [[pytest.approx(0.9), pytest.approx(0.1)]]
    assert torch.equal(found.planes[0], weight[0, [2, 0]])
    assert found.of == 3


def test_all_planes_hold_all_the_energy():
    weight = torch.randn(5, 7, 3, 3, generator=torch.Generator().manual_seed(0))
    found = heaviest_planes(weight, [4, 1], count=99)
    assert found.planes.shape == (2, 7, 3, 3)
    assert torch.allclose(found.share.sum(1), torch.ones(2, dtype=torch.float64))
    assert found.source.sort(1).values.tolist() == [list(range(7))] * 2


def test_the_second_tower_sees_its_own_channels():
    conv = torch.nn.Conv2d(8, 6, 1, groups=2, bias=False)
    channel = 4  # of the second tower, whose channels below are 4 to 7
    [source] = heaviest_planes(conv.weight, [channel], count=1, groups=2).source[0].tolist()
    image = torch.zeros(1, 8, 1, 1)
    image[0, source] = 1
    seen = conv(image)[0, channel].item()
    assert abs(seen) == conv.weight[channel].abs().max().item()


def test_dead_and_broken_filters_are_drawn_as_zeros():
    weight = torch.zeros(2, 3, 1, 1)
    weight[1, 0] = torch.nan
    found = heaviest_planes(weight, [0, 1])
    assert found.share.eq(0).all()
    assert found.planes.eq(0).all()


def test_fully_connected_layers_have_no_planes(run: Run):
    with pytest.raises(WorkbenchError, match=r"fc6 has no filters to draw\. Choose one of: conv2"):
        answer(PlanesQuery(str(run.path), 0, layer="fc6"))
    with pytest.raises(WorkbenchError, match="got \\(2, 3\\)"):
        heaviest_planes(torch.zeros(2, 3), [0])


def test_no_plane_at_all_is_refused():
    with pytest.raises(WorkbenchError, match="at least one plane of each filter, got 0"):
        heaviest_planes(torch.zeros(2, 3, 1, 1), [0], count=0)


def test_the_scale_holds_for_all_epochs(run: Run):
    largest = max(run.weight(epoch, "conv3.weight").abs().max().item() for epoch in run.epochs)
    assert full_colour(run, "conv3") == pytest.approx(largest)
    drawn = answer(PlanesQuery(str(run.path), 2, layer="conv3", count=8)).planes
    assert np.isclose(drawn.abs().max(), run.weight(2, "conv3.weight").abs().max())
