"""An activation that a forward pass writes out is the layer that computes the same."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.training.adopt.between import SIZE, Between, same_logits
from training.adopt.adopt import adopt
from training.errors import WorkbenchError

pytestmark = pytest.mark.thorough


def tanh_gelu(x: Tensor) -> Tensor:
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * torch.pow(x, 3))))


def over_itself(x: Tensor) -> Tensor:
    x *= torch.sigmoid(x)
    return x


def of(write):
    """Of numbers below and above 0, and then a number of each map."""
    return lambda x: write(x - 0.3).mean((2, 3))


@pytest.mark.parametrize(
    ("write", "kind"),
    [
        (lambda x: x * torch.sigmoid(x), nn.SiLU),
        (over_itself, nn.SiLU),
        (lambda x: x.mul_(x.sigmoid()), nn.SiLU),
        (lambda x: x / (1 + torch.exp(-x)), nn.SiLU),
        (lambda x: x * torch.tanh(functional.softplus(x)), nn.Mish),
        (lambda x: x * functional.relu6(x + 3) / 6, nn.Hardswish),
        (tanh_gelu, nn.GELU),
        (lambda x: 0.5 * x * (1 + torch.erf(x / math.sqrt(2))), nn.GELU),
        (lambda x: torch.log(1 + x.exp()), nn.Softplus),
        (lambda x: x * (x > 0), nn.ReLU),
        (lambda x: x * (x > 0).float(), nn.ReLU),
        (lambda x: torch.where(x > 0, x, torch.zeros_like(x)), nn.ReLU),
        (lambda x: x.masked_fill(x < 0, 0), nn.ReLU),
        (lambda x: torch.max(x, torch.zeros(1)), nn.ReLU),
        (lambda x: torch.maximum(torch.tensor(0.0), x), nn.ReLU),
        (lambda x: (x + x.abs()) / 2, nn.ReLU),
        (lambda x: functional.threshold(x, 0, 0), nn.ReLU),
        (lambda x: torch.where(x > 0, x, 0.1 * x), nn.LeakyReLU),
        (lambda x: functional.relu(x) - 0.1 * functional.relu(-x), nn.LeakyReLU),
        (lambda x: functional.celu(x), nn.ELU),
    ],
)
def test_an_activation_that_is_written_out_is_a_layer(write, kind) -> None:
    module = Between(of(write))
    same_logits(module)
    layers = adopt(module, image_size=SIZE).network.layers.values()
    assert [type(each) for each in layers][-3] is kind  # before the mean and fc


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x * torch.sigmoid(1.7 * x),
        lambda x: x * x,
        lambda x: x * x.mean((2, 3), keepdim=True),
        lambda x: x * torch.sigmoid(x.flip(3)),
        lambda x: torch.where(x > 0.2, x, 0.0),
        lambda x: x / (1 + x.abs()),
        lambda x: torch.max(x[:, :4], x[:, 4:]).repeat(1, 2, 1, 1),
    ],
)
def test_what_is_no_activation_of_torchs_is_refused(write) -> None:
    with pytest.raises(WorkbenchError, match="something between its layers") as caught:
        adopt(Between(of(write)).eval(), image_size=SIZE)
    assert "test_written_out.py, line" in str(caught.value)


def test_what_was_written_over_meanwhile_is_not_taken_for_what_it_was() -> None:
    def write(x: Tensor) -> Tensor:
        gate = torch.sigmoid(x)
        x += 3
        return x * gate

    with pytest.raises(WorkbenchError, match="something between its layers"):
        adopt(Between(of(write)).eval(), image_size=SIZE)


def test_a_mask_of_ones_own_is_no_activation() -> None:
    class Positive(nn.Module):
        def forward(self, maps):
            return maps > 0

    module = Between(lambda x: x.float().mean((2, 3)), Positive())
    with pytest.raises(WorkbenchError, match="something between its layers"):
        adopt(module.eval(), image_size=SIZE)
