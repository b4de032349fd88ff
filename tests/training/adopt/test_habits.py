"""What people write between their layers: each way of saying it is the layer that it means."""

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.training.adopt.between import CLASSES, SIZE, Between, same_logits
from training.adopt.adopt import adopt
from training.errors import WorkbenchError
from training.models.response_norm import ResponseNorm

pytestmark = pytest.mark.thorough


@pytest.mark.parametrize(
    ("what", "pool"),
    [
        (lambda x: x.mean(-1).mean(-1), "avgpool1"),
        (lambda x: x.mean(3).mean(2), "avgpool1"),
        (lambda x: x.mean(2).mean(2), "avgpool1"),
        (lambda x: x.view(x.size(0), x.size(1), -1).mean(2), "avgpool1"),
        (lambda x: x.flatten(2).mean(-1), "avgpool1"),
        (lambda x: x.flatten(start_dim=2).mean(dim=2), "avgpool1"),
        (lambda x: torch.mean(x, dim=[-2, -1]), "avgpool1"),
        (lambda x: x.max(3)[0].max(2)[0], "maxpool1"),
        (lambda x: x.max(dim=-1).values.max(dim=-1).values, "maxpool1"),
        (lambda x: x.flatten(2).max(2)[0], "maxpool1"),
        (lambda x: x.amax((2, 3)), "maxpool1"),
        (lambda x: torch.flatten(functional.max_pool2d(x, x.shape[-1]), 1), "pool1"),
        (lambda x: functional.adaptive_avg_pool2d(x, 1).squeeze(3).squeeze(2), "avgpool1"),
        (lambda x: functional.avg_pool2d(x, x.size()[2:])[:, :, 0, 0], "pool1"),
    ],
)
def test_one_number_of_each_map_is_a_pool_over_the_whole_map(what, pool) -> None:
    assert pool in same_logits(Between(what))


@pytest.mark.parametrize(
    "what",
    [
        lambda x: x.mean(3).max(2)[0],
        lambda x: x.flatten(2).sum(2),
        lambda x: x.std((2, 3)),
        lambda x: x.mean(3)[:, :, 0],
    ],
)
def test_another_number_of_each_map_is_refused(what) -> None:
    with pytest.raises(WorkbenchError, match=r"something between its layers.*test_habits.py"):
        same_logits(Between(what))


def pooled(x: Tensor) -> Tensor:
    return x.mean((2, 3))


@pytest.mark.parametrize(
    "what",
    [
        lambda x: pooled(sum([x, x])),
        lambda x: pooled(0 + x),
        lambda x: pooled(x.clamp(min=0)),
        lambda x: pooled(torch.clamp(x, 0, 0.1)),
        lambda x: pooled(x.clip(-0.1, 0.05)),
        lambda x: pooled(x[:]),
        lambda x: pooled(x[..., :]),
    ],
)
def test_other_ways_to_say_it(what) -> None:
    same_logits(Between(what))


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (lambda x: pooled(x[:, [1, 0, *range(2, 8)]]), "all in another order"),
        (lambda x: pooled(x[:, torch.arange(7, -1, -1)]), "all in another order"),
        (lambda x: pooled(x[:, :, 1:-1, 1:-1]), "takes some of its maps"),
        (lambda x: pooled(x.flip(1)), "something between its layers"),
        (lambda x: pooled(x * x), "something between its layers"),
        (lambda x: pooled(x) if x.max() > 3 else pooled(x + x), "decides its way by what is in"),
        (lambda x: pooled(x) * x.mean().item(), r"takes numbers out of its tensors"),
    ],
)
def test_what_no_layer_does_is_refused_with_its_cause_and_line(what, words) -> None:
    with pytest.raises(WorkbenchError, match=words) as caught:
        same_logits(Between(what))
    assert "test_habits.py, line" in str(caught.value)


def written_over(x: Tensor) -> Tensor:
    x[:, 0] = 0
    return pooled(x)


def test_writing_into_maps_is_refused_as_what_it_is() -> None:
    with pytest.raises(WorkbenchError, match=r"writes numbers into its maps.*x\[:, 0\] = 0"):
        same_logits(Between(written_over))


Pair = namedtuple("Pair", "features scores")


class Several(nn.Module):
    def __init__(self, give: Callable[[Tensor, Tensor], Any]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv1, self.fc, self.give = nn.Conv2d(3, 8, 3), nn.Linear(8, CLASSES), give

    def forward(self, images):
        features = functional.relu(self.conv1(images)).mean((2, 3))
        return self.give(self.fc(features), features)


@pytest.mark.parametrize(
    ("give", "told"),
    [
        (lambda logits, features: (logits, features), "number 1 is taken for the logits; number 2"),
        (lambda logits, features: (features, logits), "number 2 is taken for the logits; number 1"),
        (lambda logits, _features: [logits, None], "number 1 is taken"),
        (lambda logits, features: {"out": logits, "aux": features}, "out is taken"),
        (lambda logits, features: {"output": logits, "f": features}, "output is taken"),
        (lambda logits, features: {"y": logits, "z": features}, "y is taken for the logits; z"),
        (lambda logits, features: Pair(features, logits), "scores is taken for the logits; fea"),
    ],
)
def test_of_several_outputs_the_one_with_a_number_for_each_class_is_taken(give, told) -> None:
    module = Several(give).eval()
    adopted = adopt(module, image_size=SIZE, num_classes=CLASSES)
    assert any(told in said for said in adopted.rewrites)
    images = torch.randn(2, 3, SIZE, SIZE)
    with torch.no_grad():
        theirs = module.fc(functional.relu(module.conv1(images)).mean((2, 3)))
        torch.testing.assert_close(adopted.network(images), theirs)


def test_outputs_of_which_none_has_a_number_for_each_class_are_refused() -> None:
    with pytest.raises(WorkbenchError, match="expected logits"):
        adopt(Several(lambda logits, features: (logits, features)), image_size=SIZE, num_classes=7)


class CaffeNorm(nn.Module):
    """As ports of CaffeNet have it."""

    def __init__(self, local_size: int, alpha: float, beta: float) -> None:
        super().__init__()
        side = (local_size - 1) // 2
        self.average = nn.AvgPool3d((local_size, 1, 1), stride=1, padding=(side, 0, 0))
        self.alpha, self.beta = alpha, beta

    def forward(self, maps):
        divisor = self.average(maps.pow(2).unsqueeze(1)).squeeze(1)
        return maps.div(divisor.mul(self.alpha).add(1.0).pow(self.beta))


class PaperNorm(nn.Module):
    """As the paper's equation has it, with a loop over the window."""

    def __init__(self, n: int, k: float, alpha: float, beta: float) -> None:
        super().__init__()
        self.n, self.k, self.alpha, self.beta = n, k, alpha, beta

    def forward(self, maps):
        half = self.n // 2
        squares = functional.pad(maps**2, (0, 0, 0, 0, half, half))
        total = sum(squares[:, i : i + maps.shape[1]] for i in range(self.n))
        return maps / (self.k + self.alpha * total) ** self.beta


@pytest.mark.parametrize(
    ("norm", "n", "k", "alpha", "beta"),
    [
        (CaffeNorm(5, 1e-4, 0.75), 5, 1, 1e-4 / 5, 0.75),
        (CaffeNorm(3, 0.02, 0.5), 3, 1, 0.02 / 3, 0.5),
        (PaperNorm(5, 2, 1e-4, 0.75), 5, 2, 1e-4, 0.75),
        (PaperNorm(7, 1.5, 0.01, 0.6), 7, 1.5, 0.01, 0.6),
    ],
)
def test_a_norm_of_ones_own_is_known_by_what_it_computes(norm, n, k, alpha, beta) -> None:
    module = Between(pooled, norm)
    same_logits(module)
    adopted = adopt(module, image_size=SIZE)
    found = next(each for each in adopted.network.layers.values() if isinstance(each, ResponseNorm))
    assert (found.n, found.k) == (n, k)
    assert (found.alpha, found.beta) == pytest.approx((alpha, beta))
    assert any("computes local response normalisation" in said for said in adopted.rewrites)


class AlmostNorm(PaperNorm):
    def forward(self, maps):
        return super().forward(maps) * 0.99


def test_what_is_only_nearly_a_response_norm_is_none() -> None:
    with pytest.raises(WorkbenchError, match="something between its layers"):
        same_logits(Between(pooled, AlmostNorm(5, 2, 1e-4, 0.75)))


class CutOff(nn.Module):
    """A ReLU that no number passes above 20: on small numbers it is a plain one."""

    def forward(self, maps):
        return maps.clamp(0, 20)


def test_an_activation_is_known_only_by_all_that_it_does() -> None:
    module = Between(pooled, CutOff()).eval()
    network = adopt(module, image_size=SIZE).network
    images = 1000 * torch.randn(2, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        torch.testing.assert_close(network(images), module(images))
