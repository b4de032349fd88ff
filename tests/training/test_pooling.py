import pytest
import torch
from torch.nn import functional

from training.models.pooling import POOLINGS, StochasticPool2d, SumPool2d, pooled_side

LAYOUTS = [torch.contiguous_format, torch.channels_last]


def random_maps(*shape, seed=0, zeros=0.3):
    generator = torch.Generator().manual_seed(seed)
    maps = torch.rand(*shape, generator=generator)
    return maps * (torch.rand(*shape, generator=generator) > zeros)


def windows(maps, kernel_size, stride, ceil_mode):
    """(N, C, h, w, kernel_size²), zeros where a window hangs over the edge."""
    edge = kernel_size if ceil_mode else 0
    padded = functional.pad(maps, (0, edge, 0, edge))
    cut = padded.unfold(2, kernel_size, stride).unfold(3, kernel_size, stride).flatten(4)
    side = functional.max_pool2d(maps, kernel_size, stride, ceil_mode=ceil_mode).shape[2:]
    return cut[:, :, : side[0], : side[1]]


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("kernel_size", [1, 2, 3])
def test_sides_are_those_of_torchs_pooling(kernel_size, stride, ceil_mode):
    for side in range(kernel_size, 20):
        pooled = functional.max_pool2d(
            torch.zeros(1, 1, side, side), kernel_size, stride, ceil_mode=ceil_mode
        )
        assert pooled_side(side, kernel_size, stride, ceil_mode) == pooled.shape[-1]


@pytest.mark.parametrize("name", POOLINGS)
@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_all_kinds_of_pooling_give_maps_of_one_shape_dtype_and_layout(
    name, ceil_mode, dtype, layout
):
    maps = random_maps(2, 5, 8, 11).to(dtype).contiguous(memory_format=layout).requires_grad_()
    pooled = POOLINGS[name](3, 2, ceil_mode=ceil_mode)(maps)
    assert pooled.shape == ((2, 5, 4, 5) if ceil_mode else (2, 5, 3, 5))
    assert pooled.dtype == dtype
    assert pooled.is_contiguous(memory_format=layout)
    pooled.sum().backward()
    assert maps.grad.dtype == dtype


def test_sum_pooling_adds_up_the_part_of_a_window_that_lies_inside():
    ones = torch.ones(1, 1, 4, 4)
    pooled = SumPool2d(3, 2, ceil_mode=True)(ones)
    assert pooled.tolist() == [[[[9, 6], [6, 4]]]]


def test_one_window_by_hand():
    # Σa = 4, Σa² = 10: each unit's share of 4 times itself
    window = torch.tensor([[[[1.0, 3.0], [0.0, 0.0]]]])
    layer = StochasticPool2d(2, 2)
    assert layer.eval()(window).item() == 2.5
    torch.manual_seed(0)
    drawn = layer.train()(window.expand(40_000, 1, 2, 2)).flatten()
    assert set(drawn.tolist()) == {1.0, 3.0}
    assert (drawn == 3).float().mean().item() == pytest.approx(0.75, abs=0.01)  # 4.6 deviations


@pytest.mark.parametrize(("kernel_size", "stride"), [(3, 2), (2, 2), (3, 3), (2, 3)])
@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_in_evaluation_the_output_is_the_mean_of_the_draws(kernel_size, stride, ceil_mode, layout):
    maps = random_maps(1, 3, 6, 8).contiguous(memory_format=layout)
    layer = StochasticPool2d(kernel_size, stride, ceil_mode=ceil_mode)
    cut = windows(maps, kernel_size, stride, ceil_mode)
    expected = cut.square().sum(-1) / cut.sum(-1).clamp(min=1e-30)
    assert torch.allclose(layer.eval()(maps), expected)
    torch.manual_seed(0)
    many = maps.expand(20_000, -1, -1, -1).contiguous(memory_format=layout)
    draws = layer.train()(many)
    assert (draws.mean(0) - expected[0]).abs().max() < 0.015  # deviation of a mean: 0.0035 at most


def test_every_unit_of_a_window_is_drawn_by_its_share():
    window = torch.arange(1.0, 10).reshape(1, 1, 3, 3)  # Σ = 45
    torch.manual_seed(0)
    drawn = StochasticPool2d(3, 2)(window.expand(100_000, 1, 3, 3)).flatten()
    shares = torch.stack([(drawn == value).float().mean() for value in range(1, 10)])
    assert torch.allclose(shares, torch.arange(1.0, 10) / 45, atol=0.006)


def test_overlapping_windows_draw_each_for_itself():
    # both windows have the middle column in common, and draw it with probability 2/3: if they
    # shared their chance, they would do so together
    row = torch.tensor([[[[1.0, 2.0, 1.0]]]]).expand(40_000, 1, 2, 3) / 2
    torch.manual_seed(0)
    left, right = StochasticPool2d(2, 1)(row).flatten(1).unbind(1)
    both = ((left == 1) & (right == 1)).float().mean().item()
    assert both == pytest.approx((2 / 3) ** 2, abs=0.012)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_gradient_goes_to_the_units_drawn(layout):
    # all activations differ, so the output tells which unit was drawn
    maps = torch.randperm(2 * 3 * 7 * 8, generator=torch.Generator().manual_seed(0)) + 1.0
    maps = maps.reshape(2, 3, 7, 8).contiguous(memory_format=layout).requires_grad_()
    torch.manual_seed(0)
    pooled = StochasticPool2d(3, 2, ceil_mode=True)(maps)
    weights = torch.rand(pooled.shape, generator=torch.Generator().manual_seed(1))
    (pooled * weights).sum().backward()
    expected = torch.zeros(int(maps.max()) + 1)
    expected.index_add_(0, pooled.detach().long().flatten(), weights.flatten())  # overlaps add up
    assert torch.allclose(maps.grad, expected[maps.detach().long()])
    assert (expected > 1).any()


@pytest.mark.parametrize("training", [True, False])
def test_a_window_without_activity_gives_zero_and_takes_no_gradient(training):
    maps = torch.zeros(1, 2, 7, 7)
    maps[:, 1] = -1.0  # counts as zero
    maps.requires_grad_()
    layer = StochasticPool2d(3, 2, ceil_mode=True).train(training)
    pooled = layer(maps)
    assert not pooled.any()
    pooled.sum().backward()
    assert not maps.grad.any()


def test_units_at_zero_are_never_drawn():
    maps = random_maps(64, 8, 15, 15, zeros=0.8)
    torch.manual_seed(0)
    drawn = StochasticPool2d(3, 2)(maps)
    strongest = functional.max_pool2d(maps, 3, 2)
    assert ((drawn > 0) == (strongest > 0)).all()


def test_a_seed_decides_the_draws():
    maps, layer = random_maps(2, 3, 9, 9), StochasticPool2d(3, 2)
    draws = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        draws.append(layer(maps))
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


def test_weak_units_keep_their_chance_in_bfloat16():
    # 256 + 1 is 256 in bfloat16: in running sums of that kind the eight weak units would be lost
    window = torch.ones(100_000, 1, 3, 3, dtype=torch.bfloat16)
    window[:, :, 0, 0] = 256
    torch.manual_seed(0)
    weak = (StochasticPool2d(3, 2)(window) == 1).float().mean().item()
    assert weak == pytest.approx(8 / 264, abs=0.003)
