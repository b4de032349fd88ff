import math

import pytest
import torch
from torch import nn

from training.errors import WorkbenchError
from training.models import Network
from viz.sanity_checks.deletion_insertion import area, deletion_insertion, ranks


def seeded():
    return torch.Generator().manual_seed(0)


@pytest.fixture
def odds():
    """Three pixels in a row; in red, the first makes class 1 four times as probable as class 0,
    the second twice, the third half as probable."""
    layer = nn.Linear(9, 2)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    with torch.no_grad():
        layer.weight[1, :3] = torch.tensor([4.0, 2.0, 0.5]).log()
    return Network({"fc": layer}, image_size=3).eval()


def test_the_curves_are_those_that_a_reader_can_work_out(odds):
    # odds of class 1 with pixels 123, -23, --3, --- : 4, 1, 1/2, 1; and ---, 1--, 12-, 123
    image, heat = torch.ones(3, 1, 3), torch.tensor([[3.0, 2.0, 1.0]])
    found = deletion_insertion(odds, image, heat, label=1, generator=seeded(), steps=3, random=0)
    assert torch.allclose(found.share, torch.tensor([0, 1 / 3, 2 / 3, 1]))
    assert torch.allclose(found.deleted, torch.tensor([4 / 5, 1 / 2, 1 / 3, 1 / 2]))
    assert torch.allclose(found.inserted, torch.tensor([1 / 2, 4 / 5, 8 / 9, 4 / 5]))
    # trapezia of width 1/3
    assert area(found.share, found.deleted) == pytest.approx((0.4 + 1 / 2 + 1 / 3 + 0.25) / 3)
    assert area(found.share, found.inserted) == pytest.approx((0.25 + 4 / 5 + 8 / 9 + 0.4) / 3)


def test_a_chance_order_goes_through_any_of_the_six(odds):
    image, heat = torch.ones(3, 1, 3), torch.tensor([[3.0, 2.0, 1.0]])
    found = deletion_insertion(odds, image, heat, label=1, generator=seeded(), steps=3, random=60)
    after_one = {1 / 2: 0, 2 / 3: 0, 8 / 9: 0}  # without the first, the second, the third
    for value in found.random_deleted[:, 1].tolist():
        after_one[min(after_one, key=lambda each: abs(each - value))] += 1
    assert sum(after_one.values()) == 60
    assert all(count > 8 for count in after_one.values())
    assert found.random_inserted.shape == (60, 4)
    mean = area(found.share, found.random_deleted)
    assert area(found.share, found.deleted) < mean < max(found.random_deleted.mean(1))


def test_a_missing_pixel_shows_the_ground(odds):
    image, heat = torch.ones(3, 1, 3), torch.tensor([[3.0, 2.0, 1.0]])
    baseline = torch.full((3, 1, 3), 2.0)  # squares the odds of a pixel
    found = deletion_insertion(
        odds, image, heat, label=1, generator=seeded(), steps=3, random=0, baseline=baseline
    )
    assert found.deleted[1] == pytest.approx(16 / 17)
    assert found.deleted[3] == found.inserted[0] == pytest.approx(16 / 17)


def test_curves_start_and_end_at_the_whole_image_and_at_none(tiny, noise):
    found = deletion_insertion(
        tiny, noise[0], noise[1, 0], label=2, generator=seeded(), steps=7, random=2
    )
    with torch.no_grad():
        whole = float(tiny(noise[:1]).softmax(1)[0, 2])
        none = float(tiny(torch.zeros(1, 3, 32, 32)).softmax(1)[0, 2])
    for curve in (found.deleted, *found.random_deleted):
        assert [float(curve[0]), float(curve[-1])] == pytest.approx([whole, none])
    for curve in (found.inserted, *found.random_inserted):
        assert [float(curve[0]), float(curve[-1])] == pytest.approx([none, whole])


def test_equal_pixels_come_in_random_order_after_the_higher_ones():
    heat = torch.zeros(40, 40)
    heat[20, 30], heat[5, 5] = 2.0, 1.0
    rank = ranks(heat, seeded())
    assert (rank[20, 30], rank[5, 5]) == (0, 1)
    assert rank.flatten().sort().values.equal(torch.arange(1600))
    in_reading_order = torch.arange(1600).reshape(40, 40)
    related = torch.corrcoef(torch.stack([rank.flatten(), in_reading_order.flatten()]).double())
    assert abs(related[0, 1]) < 0.1


def test_progress_counts_the_orders(tiny, noise):
    told = []
    deletion_insertion(
        tiny, noise[0], noise[1, 0], label=0, generator=seeded(), steps=2, random=2,
        progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("wrong", "lesson"),
    [
        ({"heat": torch.zeros(16, 16)}, r"got \(3, 32, 32\) and \(16, 16\)"),
        ({"label": 4}, "no class 4: the network knows 0 to 3"),
        ({"steps": 0}, "1 to 1024 steps, not 0"),
    ],
)
def test_what_makes_no_sense_is_refused(tiny, noise, wrong, lesson):
    asked = {"heat": noise[1, 0], "label": 0} | wrong
    with pytest.raises(WorkbenchError, match=lesson):
        deletion_insertion(tiny, noise[0], generator=seeded(), **asked)


def test_an_area_of_several_curves_is_their_mean():
    share = torch.tensor([0.0, 0.5, 1.0])
    curves = torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
    assert math.isclose(area(share, curves), (1 + 0.25) / 2)
