"""The way back written out equals autograd's, kind by kind."""

import pytest
import torch
from torch import nn

from tests.viz.network.kinds_of_layers import KINDS, conv
from training.models import freeze
from training.models.merge import Add, Concat, Slice
from training.models.network import Network
from training.models.response_norm import ResponseNorm
from viz.network.way_back import back, brought_back, written_out

pytestmark = pytest.mark.thorough

MORE = {
    "oblong": conv((2, 5), (1, 3), padding=(1, 2)),
    "oblong, circular": conv((1, 3), padding=(0, 1), padding_mode="circular"),
    "mean, adaptive": nn.AdaptiveAvgPool2d((4, 3)),
    "largest, adaptive": nn.AdaptiveMaxPool2d((3, None)),
    "one number": nn.AdaptiveAvgPool2d(1),
    "relu": nn.ReLU(),
    "strong inhibition": ResponseNorm(6, n=3, k=0.5, alpha=0.8, beta=0.5),
    "in a row": nn.Flatten(),
    "some channels": Slice(1, 4),
    "the last channels": Slice(2, 6),
}


@pytest.mark.parametrize("layer", (KINDS | MORE).values(), ids=KINDS | MORE)
def test_a_signal_comes_back_as_autograds_does(layer):
    layer = layer.double().eval()
    generator = torch.Generator().manual_seed(0)
    maps = torch.randn(2, 6, 9, 10, generator=generator, dtype=torch.float64).requires_grad_()
    output = layer(maps)
    signal = torch.randn(output.shape, generator=generator, dtype=torch.float64)
    (expected,) = torch.autograd.grad(output, maps, signal)
    with torch.no_grad():
        [found] = back(layer, signal, [maps.detach()], output.detach(), "gradient")
    assert torch.allclose(found, expected, atol=1e-12)


def test_branches_get_a_signal_each():
    signal = torch.randn(2, 5, 3, 3)
    left, right, one = torch.zeros(2, 2, 3, 3), torch.zeros(2, 3, 3, 3), torch.zeros(2, 5, 1, 1)
    parts = back(Concat(), signal, [left, right], signal, "gradient")
    assert torch.equal(torch.cat(parts, 1), signal)
    shares = back(Add(), signal, [signal, one], signal, "gradient")
    assert torch.equal(shares[0], signal)
    assert torch.allclose(shares[1], signal.sum((2, 3), keepdim=True))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("deconvnet", [0, 2, 0, 4]), ("guided", [0, 0, 0, 4]), ("gradient", [0, 0, -3, 4])],
)
def test_the_rules_differ_at_relus(rule, expected):
    signal, output = torch.tensor([-1.0, 2, -3, 4]), torch.tensor([0.0, 0, 5, 5])
    [found] = back(nn.ReLU(), signal, [output], output, rule)
    assert found.tolist() == expected


def test_only_the_deconvnet_lets_a_signal_pass_response_normalisation():
    norm, maps = ResponseNorm(4, alpha=0.5), torch.randn(1, 4, 2, 2)
    signal = torch.ones_like(maps)
    assert back(norm, signal, [maps], norm(maps), "deconvnet")[0] is signal
    assert not torch.allclose(back(norm, signal, [maps], norm(maps), "guided")[0], signal)


def test_what_is_not_written_out_is_said():
    assert written_out(nn.Conv2d(3, 3, 3, padding_mode="reflect"))
    assert written_out(nn.AvgPool2d(3, 2, 1, count_include_pad=False))
    assert not written_out(nn.Tanh())
    assert not written_out(nn.BatchNorm2d(3, track_running_stats=False))
    assert not written_out(type("Own", (nn.Conv2d,), {})(3, 3, 3))


def test_branches_add_up_on_their_way_down():
    layers = {
        "conv1": nn.Conv2d(3, 4, 3, padding=1, padding_mode="replicate"),
        "relu1": nn.ReLU(),
        "left": nn.Conv2d(4, 4, 3, padding="same", dilation=2),
        "sum": Add(),
        "both": Concat(),
    }
    torch.manual_seed(0)
    inputs = {"sum": ("left", "relu1"), "both": ("sum", "left", "relu1")}
    network = freeze(Network(layers, image_size=8, inputs=inputs).double())
    image = torch.randn(1, 3, 8, 8, dtype=torch.float64, requires_grad=True)
    maps = {"image": image} | network.activations(image, layers)
    start = torch.randn_like(maps["both"])
    (expected,) = torch.autograd.grad(maps["both"], image, start)
    with torch.no_grad():
        found = brought_back(network, maps, "both", start, "gradient")
    assert torch.allclose(found, expected, atol=1e-12)
