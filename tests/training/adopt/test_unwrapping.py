"""What is wrapped around a network or its weights comes off, and the logits stay what they were."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations, parametrize, prune

from training.adopt.adopt import adopt
from training.errors import WorkbenchError
from training.models.network import Network

pytestmark = pytest.mark.thorough

SIZE = 12


def plain(conv: nn.Module | None = None, dense: nn.Module | None = None) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        conv or nn.Conv2d(3, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        dense or nn.Linear(24, 4),
    ).eval()


def pictures() -> Tensor:
    return torch.randn(3, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1))


def network_of(module: nn.Module) -> Network:
    """The adopted network; its logits are those of the author's module."""
    network = adopt(module, image_size=SIZE).network
    with torch.no_grad():
        torch.testing.assert_close(network(pictures()), module.eval()(pictures()))
    return network


class Inside(nn.Module):
    def __init__(self, wrap: Callable[[nn.Module], Any]) -> None:
        super().__init__()
        self.body = wrap(plain()[:5])
        self.fc = nn.Linear(24, 4)

    def forward(self, images):
        return self.fc(self.body(images))


def compiled(module: nn.Module) -> Any:
    return torch.compile(module, backend="eager")


@pytest.mark.parametrize("wrap", [nn.DataParallel, compiled], ids=["DataParallel", "compile"])
def test_a_wrapper_comes_off_and_is_told(wrap: Callable[[nn.Module], Any]) -> None:
    adopted = adopt(wrap(plain()), image_size=SIZE)
    with torch.no_grad():
        torch.testing.assert_close(adopted.network(pictures()), plain()(pictures()))
    assert "It was wrapped in" in adopted.rewrites[0]
    assert (
        "conv1" in network_of(Inside(wrap)).layers or "body_conv" in network_of(Inside(wrap)).layers
    )


def test_two_wrappers_come_off_one_after_the_other() -> None:
    assert list(network_of(nn.DataParallel(compiled(plain())).eval()).layers)


def doubled() -> nn.Module:
    module = plain()
    parametrize.register_parametrization(module[0], "weight", Doubled())
    return module


class Doubled(nn.Module):
    def forward(self, weight):
        return 2 * weight


def bent(bend: Callable[..., Any], *given: Any) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        module = plain()
        bend(module[0], *given)
        module(pictures())
        return module

    return make


@pytest.mark.parametrize(
    "make",
    [
        doubled,
        bent(parametrizations.weight_norm),
        bent(parametrizations.spectral_norm),
        bent(parametrizations.orthogonal),
        bent(nn.utils.weight_norm),
        bent(nn.utils.spectral_norm),
        bent(prune.l1_unstructured, "weight", 0.5),
        bent(prune.ln_structured, "weight", 0.5, 2, 0),
    ],
    ids=[
        "parametrised",
        "weight_norm",
        "spectral_norm",
        "orthogonal",
        "old weight_norm",
        "old spectral_norm",
        "pruned",
        "channels pruned",
    ],
)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_weights_that_are_worked_out_are_kept_as_they_came_out(make) -> None:
    module = make()
    adopted = adopt(module, image_size=SIZE)
    assert any("kept as they came out: 0." in said for said in adopted.rewrites)
    with torch.no_grad():
        torch.testing.assert_close(adopted.network(pictures()), module(pictures()))
        torch.testing.assert_close(adopted.network.get_parameter("conv1.weight"), module[0].weight)
    adopt(module, image_size=SIZE)  # it is as it was, and can be taken again


class Named(nn.Conv2d):
    """A subclass that does nothing else."""


class Standardised(nn.Conv2d):
    def forward(self, images):
        weight = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
        weight = weight / (weight.std((1, 2, 3), keepdim=True) + 1e-5)
        return functional.conv2d(images, weight, self.bias, self.stride, self.padding)


class KerasSame(nn.Conv2d):
    def forward(self, images):
        side = (self.kernel_size[0] - 1) // 2
        return functional.conv2d(functional.pad(images, (side,) * 4), self.weight, self.bias)


class Mirrored(nn.Conv2d):
    def forward(self, images):
        padded = functional.pad(images, (2, 2, 2, 2), mode="reflect")
        return functional.conv2d(padded, self.weight, self.bias)


class Positive(nn.Linear):
    def forward(self, features):
        return functional.linear(features, self.weight.abs(), self.bias)


@pytest.mark.parametrize(
    "module",
    [
        plain(Named(3, 6, 3, padding=1, padding_mode="circular")),
        plain(Standardised(3, 6, 3, padding=1)),
        plain(KerasSame(3, 6, 5)),
        plain(Mirrored(3, 6, 5)),
        plain(nn.Sequential(nn.ZeroPad2d(2), nn.Conv2d(3, 6, 5))),
        plain(nn.Sequential(nn.ReplicationPad2d(2), nn.Conv2d(3, 6, 5))),
        plain(None, Positive(24, 4)),
    ],
    ids=lambda module: type(module[0]).__name__,
)
def test_a_layer_of_ones_own_is_a_plain_layer_with_the_weights_it_works_with(module) -> None:
    network_of(module)


class Loose(nn.Module):
    """Weights that belong to no layer."""

    def __init__(self) -> None:
        super().__init__()
        self.filters = nn.Parameter(torch.randn(4, 3, 3, 3))
        self.offsets = nn.Parameter(torch.randn(4))
        self.last = nn.Parameter(torch.randn(2, 4))

    def forward(self, images):
        maps = functional.conv2d(images, self.filters, self.offsets, stride=2, padding="valid")
        return functional.linear(functional.relu(maps).mean((2, 3)), self.last)


def test_functions_that_are_given_weights_become_layers() -> None:
    network = network_of(Loose())
    assert network.get_parameter("conv1.weight").shape == (4, 3, 3, 3)
    assert list(network.layers) == ["conv1", "relu1", "avgpool1", "fc2"]


class PadsForAPool(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.pad, self.pool = nn.ZeroPad2d(1), nn.MaxPool2d(3, 1)
        self.rest = plain()

    def forward(self, images):
        return self.rest(self.pool(self.pad(images)))


class Attention(nn.Module):
    """Filters that depend on the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.rest, self.filters = plain(), nn.Parameter(torch.randn(3, 3, 3, 3))

    def forward(self, images):
        filters = functional.relu(images).type_as(self.filters)[:, :, :3, :3] + self.filters
        return self.rest(functional.conv2d(images, filters, padding=1))


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (PadsForAPool(), r"MaxPool2d reads; only a convolution"),
        (Attention(), r"line \d+: `filters = "),
        (torch.jit.script(plain()), r"is TorchScript.*load_state_dict"),
    ],
    ids=["pool", "attention", "TorchScript"],
)
def test_what_has_no_plain_layer_is_refused_with_its_cause(module, words) -> None:
    with pytest.raises(WorkbenchError, match=words):
        adopt(module, image_size=SIZE)


class Remembers(nn.Module):
    """As for Grad-CAM in a notebook: it keeps its maps, and was used."""

    def __init__(self) -> None:
        super().__init__()
        self.rest = plain()
        self.kept: list[Tensor] = []
        self.maps: dict[str, Tensor] = {}

    def forward(self, images):
        maps = self.rest[0](images)
        self.kept.append(maps)
        self.maps["conv"] = maps
        return self.rest[1:](maps)


def test_a_network_that_keeps_what_it_computed_can_be_copied() -> None:
    module = Remembers()
    module(pictures()).sum().backward()
    adopted = adopt(module, image_size=SIZE)
    with torch.no_grad():
        torch.testing.assert_close(adopted.network(pictures()), plain()(pictures()))


class MadeInForward(nn.Module):
    """Layers without weights made where they are used, and a part of a Sequential."""

    def __init__(self) -> None:
        super().__init__()
        self.rest = plain()

    def forward(self, images):
        maps = nn.ReLU()(self.rest[:2](images))
        return self.rest[3:](nn.Dropout(0.5).eval()(maps))


def test_layers_that_are_made_within_forward_are_layers() -> None:
    network_of(MadeInForward())


def test_observing_hooks_are_left_out_and_told() -> None:
    module, seen = plain(), []
    module[0].register_forward_hook(lambda _module, _given, maps: seen.append(maps))
    assert (
        "Hooks, which change nothing in its logits, are left out: 0."
        in adopt(module, image_size=SIZE).rewrites
    )


class Half(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.rest = plain()

    def forward(self, images):
        with torch.autocast("cpu", torch.bfloat16):
            return self.rest(images).float()


def test_half_precision_of_its_own_is_shown_in_full() -> None:
    adopted = adopt(Half(), image_size=SIZE)
    with torch.no_grad():
        torch.testing.assert_close(adopted.network(pictures()), plain()(pictures()))


class Moves(nn.Module):
    def __init__(self, move: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.rest, self.move = plain(), move

    def forward(self, images):
        return self.rest(self.move(images))


@pytest.mark.parametrize(
    "move",
    [
        lambda x: x.to("cpu"),
        lambda x: x.to(device=torch.device("cpu"), dtype=torch.float32),
        lambda x: x.cpu().float(),
        lambda x: x.type(torch.FloatTensor),
        lambda x: x.type("torch.FloatTensor"),
        lambda x: x.type_as(torch.zeros(1)),
        lambda x: x.to("cuda" if torch.cuda.is_available() else "cpu", non_blocking=True),
        lambda x: x.requires_grad_(),
    ],
)
def test_where_a_tensor_is_put_makes_no_difference(move) -> None:
    network_of(Moves(move))


class Switches(nn.Module):
    """A pool that gives its switches, as for a deconvnet of one's own."""

    def __init__(self, take: str) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(2, return_indices=True)
        self.rest, self.take = plain(), take
        self.where: dict[int, Tensor] = {}

    def forward(self, images):
        if self.take == "[0]":
            return self.rest(self.pool(images)[0])
        if self.take == "function":
            return self.rest(functional.max_pool2d_with_indices(images, 2)[0])
        maps, where = self.pool(images)
        self.where[0] = where
        if self.take == "unpooled":
            maps = functional.max_unpool2d(maps, where, 2)
        return self.rest(maps)


@pytest.mark.parametrize("take", ["[0]", "unpacked", "function"])
def test_the_switches_of_a_pool_are_left_out(take) -> None:
    network_of(Switches(take))


def test_a_forward_pass_that_uses_the_switches_is_refused() -> None:
    with pytest.raises(WorkbenchError, match=r"uses the switches of a pool.*max_unpool2d|switches"):
        adopt(Switches("unpooled"), image_size=SIZE)
