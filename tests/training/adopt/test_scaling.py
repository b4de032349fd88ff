"""What a forward pass does to its maps by constants is a layer that scales and shifts."""

# ruff: noqa: ARG005
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.training.adopt.between import SIZE, Between, same_logits
from training.adopt.adopt import adopt
from training.errors import WorkbenchError
from training.models.scale import Scale

pytestmark = pytest.mark.thorough


class Learned(Between):
    """With numbers of its own, as after training."""

    def __init__(self, what) -> None:
        super().__init__(what)
        self.gamma = nn.Parameter(torch.rand(8, 1, 1) + 0.5)
        self.temperature = nn.Parameter(torch.tensor(2.5))
        self.register_buffer("shift", torch.randn(1, 8, 1, 1))

    def forward(self, images):
        maps = functional.relu(self.conv1(images))
        return self.fc(self.what(self, maps).mean((2, 3))) / self.temperature


def written_over(net: nn.Module, x: Tensor) -> Tensor:
    before = x
    x *= 2
    x -= net.shift
    x /= net.temperature
    return before + x  # the same tensor


@pytest.mark.parametrize(
    "what",
    [
        lambda net, x: x * 0.5 + 1,
        lambda net, x: 1 - x,
        lambda net, x: -x,
        lambda net, x: torch.add(x, 3, alpha=0.5),
        lambda net, x: x.mul(net.gamma).sub(net.shift),
        lambda net, x: net.gamma * x,
        lambda net, x: x + 0.1 * functional.relu(x - net.shift),
        lambda net, x: x * (net.gamma.squeeze().exp() / 2)[None, :, None, None],
        lambda net, x: torch.true_divide(x, net.temperature.abs() + 1),
        lambda net, x: (x - net.shift.mean()) / net.shift.std(),
        lambda net, x: torch.cat([x, -x], 1)[:, 4:12],
        written_over,
    ],
)
def test_numbers_for_all_or_for_each_channel_are_a_layer(what) -> None:
    module = Learned(what)
    same_logits(module)
    adoption = adopt(module.eval(), image_size=SIZE)
    layers = list(adoption.network.layers.values())
    assert any(said.startswith("What it multiplies its maps by") for said in adoption.rewrites)
    assert isinstance(layers[-1], Scale)  # the temperature
    torch.testing.assert_close(layers[-1].weight, torch.full((3,), 1 / 2.5))


@pytest.mark.parametrize(
    "what",
    [
        lambda net, x: x * torch.arange(10.0),  # one for each column
        lambda net, x: x + torch.ones(8, 10, 10),
        lambda net, x: 2 / (x + 1),
        lambda net, x: torch.div(x, 2, rounding_mode="floor"),
        lambda net, x: x * x.mean(),
    ],
)
def test_other_numbers_are_refused(what) -> None:
    with pytest.raises(WorkbenchError):
        adopt(Learned(what).eval(), image_size=SIZE)


@pytest.mark.parametrize("change", [lambda p: 100 * p, lambda p: 1 - p, lambda p: p + 1e-6])
def test_probabilities_are_no_scores_for_being_scaled(change) -> None:
    class Percent(Between):
        def forward(self, images):
            return change(torch.sigmoid(super().forward(images)))

    with pytest.raises(WorkbenchError, match="no plain sigmoid or softmax"):
        adopt(Percent(lambda x: x.mean((2, 3))).eval(), image_size=SIZE)


def test_a_layer_scales_and_shifts_each_channel() -> None:
    layer = Scale(2)
    layer.load_state_dict({"weight": torch.tensor([2.0, -1.0]), "bias": torch.tensor([0.0, 5.0])})
    assert layer(torch.tensor([[3.0, 3.0]])).tolist() == [[6.0, 2.0]]
    assert layer(torch.ones(1, 2, 1, 1)).flatten().tolist() == [2.0, 4.0]
