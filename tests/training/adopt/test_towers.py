"""Towers, uneven padding, outputs within outputs, devices: each gives its author's logits."""

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from training.adopt.adopt import adopt
from training.adopt.user_code import build_network
from training.errors import WorkbenchError

pytestmark = pytest.mark.thorough

SIZE = 16


class Net(nn.Module):
    """A stem of 6 maps, a step that differs, and a layer that gives 5 logits."""

    def __init__(self, step, width: int = 6) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.step = step
        self.stem, self.after = nn.Conv2d(3, 6, 3), nn.Conv2d(3, 3, 3)
        self.even = nn.Conv2d(6, 6, 4, padding="same")
        self.strided = nn.Conv2d(6, 6, 3, stride=2)
        self.fc = nn.Linear(width, 5)

    def forward(self, x):
        return self.fc(self.step(self, self.stem(x).relu()).mean((2, 3)))


def both(net: Net, one, two):
    return torch.cat([net.after(one), net.after(two)], 1)


class Swish(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(x)


STEPS = {
    "slices": lambda net, x: both(net, x[:, :3], x[:, 3:, :, :]),
    "chunk": lambda net, x: both(net, *x.chunk(2, 1)),
    "split": lambda net, x: torch.cat([net.after(each) for each in torch.split(x, 3, dim=1)], 1),
    "narrow": lambda net, x: both(net, x.narrow(1, 0, 3), x.narrow(1, -3, 3)),
    "ellipsis": lambda net, x: both(net, x[:, -3:], x[:, 0:3, ...]),
    "even kernel": lambda net, x: net.even(x),
    "uneven pad": lambda net, x: net.strided(functional.pad(x, (0, 1, 0, 1))),
    "uneven the other way": lambda net, x: net.strided(functional.pad(x, (2, 1, 2, 1))),
    "adaptive": lambda _net, x: functional.adaptive_avg_pool2d(x, (3, None)),
    "own activation": lambda net, x: net.swish(x),
    "device": lambda _net, x: x.cuda().half().to("cuda:0").type(torch.FloatTensor),
    "autocast": lambda net, x: autocast(net, x),
    "assertion": lambda _net, x: checked(x),
}


def autocast(net: Net, x):
    with torch.autocast("cpu", torch.bfloat16):
        return net.even(x).float()


def checked(x):
    assert x.max() < 100, "not normalised"
    return x


def logits_of(net: nn.Module, images: torch.Tensor) -> Any:
    with torch.no_grad():
        return net(images)


@pytest.mark.parametrize("name", STEPS)
def test_the_logits_are_the_authors(name) -> None:
    net = Net(STEPS[name]).eval()
    net.swish = Swish()
    images = torch.randn(2, 3, SIZE, SIZE)
    ours = logits_of(adopt(net, image_size=SIZE).network, images)
    if name == "device":  # of which there may be none here
        net.step = lambda _net, x: x
    if name == "autocast":
        net.step = STEPS["even kernel"]
    torch.testing.assert_close(ours, logits_of(net, images), rtol=0, atol=1e-5)


class Beside(Net):
    def forward(self, x):
        maps, where = functional.max_pool2d(self.stem(x), 2, return_indices=True)
        features = [maps, (functional.max_unpool2d(maps, where, 2) * 2,)]
        return {"out": self.fc(maps.mean((2, 3))), "features": features, "loss": 0.5}


def test_what_leads_to_no_logits_is_left_out() -> None:
    net, images = Beside(None).eval(), torch.randn(2, 3, SIZE, SIZE)
    ours = logits_of(adopt(net, image_size=SIZE).network, images)
    torch.testing.assert_close(ours, logits_of(net, images)["out"])


class Mixing(Net):
    def forward(self, x):
        return self.fc(self.stem(x).reshape(-1, 6))


def test_a_reshape_that_mixes_pictures_is_refused_with_its_line() -> None:
    with pytest.raises(WorkbenchError, match=r"makes 588 rows of 6 out of 3 pictures .*line"):
        adopt(Mixing(None).eval(), image_size=SIZE)


@pytest.mark.parametrize(
    ("source", "lesson"),
    [
        ("torch.nn.Linear(2, 2)(torch.ones(1, 2)).sum().backward()", "starts training .*line 2"),
        ("input('how many?')", "asks a question .*line 2"),
    ],
)
def test_what_a_file_does_at_import_is_its_doing(tmp_path, source, lesson) -> None:
    (tmp_path / "net.py").write_text(f"import torch\n{source}\n")
    with pytest.raises(WorkbenchError, match=lesson):
        build_network(f"{tmp_path / 'net.py'}:Net", 2, {})
