"""What a network does to its images first is found in its forward pass, and what is said counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional
from torchvision import transforms
from torchvision.transforms import v2

from training.errors import WorkbenchError
from training.importing import import_network
from training.runs import Run

pytestmark = pytest.mark.thorough

SIDE = 12
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
Step = Callable[[Tensor], Tensor]
PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8))


class Net(nn.Module):
    """Zero padding, so that a shift left out or put in the wrong place changes the logits."""

    def __init__(self, first: nn.Module | Step | None = None, channels: int = 3) -> None:
        super().__init__()
        torch.manual_seed(0)
        if isinstance(first, nn.Module):
            self.prepare = first
        else:
            self.step = first or (lambda images: images)
        self.conv = nn.Conv2d(channels, 4, 3, padding=1)
        self.fc = nn.Linear(4 * SIDE * SIDE, 3)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        self.std = nn.Parameter(torch.tensor(STD).view(1, 3, 1, 1), requires_grad=False)

    def forward(self, images: Tensor) -> Tensor:
        prepare = getattr(self, "prepare", None) or self.step
        return self.fc(functional.relu(self.conv(prepare(images))).flatten(1))


class Own(Net):
    mean: Tensor

    def forward(self, images: Tensor) -> Tensor:
        return super().forward((images - self.mean) / self.std)


class Made(Net):
    def forward(self, images: Tensor) -> Tensor:
        mean = torch.tensor(MEAN).to(images.device)[None, :, None, None]
        return super().forward((images - mean).div(0.25))


class Blue(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        red, green, blue = images.chunk(3, dim=1)
        return torch.cat([blue, green, red], dim=1)


def colours(picture: Image.Image = PICTURE) -> Tensor:
    """(1, 3, H, W) in [0, 1]."""
    return torch.tensor(np.asarray(picture)).permute(2, 0, 1)[None] / 255


def normalised(images: Tensor) -> Tensor:
    return (images - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]


def adopted(module: nn.Module, folder: Path, **said: Any) -> Run:
    return import_network(module, run=folder / "run", classes="3", image_size=SIDE, **said)


def same_logits(module: nn.Module, given: Tensor, run: Run) -> bool:
    with torch.no_grad():
        theirs = module.eval()(given)
        ours = run.network()(run.preprocess(PICTURE)[None])
    return (ours - theirs).abs().max().item() < 1e-5 * theirs.abs().max().item()


STEPS: dict[str, tuple[nn.Module, Step]] = {
    "/ 255": (Net(lambda x: x / 255), lambda p: 255 * p),
    "/ 127.5 - 1": (Net(lambda x: x / 127.5 - 1), lambda p: 255 * p),
    "* 2 - 1": (Net(lambda x: x * 2 - 1), lambda p: p),
    "in place": (Net(lambda x: x.sub_(0.5).div_(0.5)), lambda p: p.clone()),
    "- 127.5": (Net(lambda x: x - 127.5), lambda p: 255 * p),
    "inverted": (Net(lambda x: 0.9 - x), lambda p: p),
    "flip": (Net(lambda x: x.flip(1)), normalised),
    "index": (Net(lambda x: x[:, [2, 1, 0]]), normalised),
    "another order": (Net(lambda x: x[:, [1, 2, 0], :, :] / 255), lambda p: 255 * p),
    "chunks": (Net(Blue()), normalised),
    "unbind": (Net(lambda x: torch.stack(x.unbind(1)[::-1], dim=1)), normalised),
    "channels last": (
        Net(lambda x: x.permute(0, 2, 3, 1)[..., [2, 1, 0]].permute(0, 3, 1, 2)),
        normalised,
    ),
    "buffer and parameter": (Own(), lambda p: p),
    "made on the way": (Made(), lambda p: p),
    "Normalize": (Net(transforms.Normalize(MEAN, STD)), lambda p: p),
    "Normalize, v2": (Net(v2.Normalize([0.5] * 3, [0.5] * 3)), lambda p: p),
    "order, then scale": (Own(lambda x: x.flip(1)), lambda p: p),
}


@pytest.mark.parametrize("name", STEPS)
def test_steps_before_the_first_layer_become_preprocessing(name: str, tmp_path: Path) -> None:
    module, given = STEPS[name]
    run = adopted(module, tmp_path)
    assert same_logits(module, given(colours()), run)
    shown = run.preprocess.picture(run.preprocess(PICTURE))
    torch.testing.assert_close(shown, colours()[0], rtol=0, atol=1e-5)
    assert run.preprocess.mix is None  # an order is in the weights: filters have their colours
    assert any("prepares its images itself" in told for told in run.info.told)


GREY: dict[str, tuple[Step, Tensor]] = {
    "one channel": (lambda x: x[:, :1], torch.tensor([1.0, 0, 0])),
    "the last": (lambda x: x[:, 2].unsqueeze(1), torch.tensor([0, 0, 1.0])),
    "mean": (lambda x: x.mean(1, keepdim=True), torch.ones(3) / 3),
    "mean, then a channel": (lambda x: x.mean(dim=1)[:, None], torch.ones(3) / 3),
    "luma": (
        lambda x: (0.299 * x[:, 0] + 0.587 * x[:, 1] + 0.114 * x[:, 2]).unsqueeze(1),
        torch.tensor([0.299, 0.587, 0.114]),
    ),
    "1x1": (lambda x: functional.conv2d(x, torch.full((1, 3, 1, 1), 1 / 3)), torch.ones(3) / 3),
    "in bytes": (lambda x: x.mean(1, keepdim=True) / 255, torch.ones(3) / 3),
}


@pytest.mark.parametrize("name", GREY)
def test_a_mixture_of_colours_is_one_channel_and_shown_grey(name: str, tmp_path: Path) -> None:
    step, share = GREY[name]
    module, high = Net(step, channels=1), 255 if name == "in bytes" else 1
    run = adopted(module, tmp_path, range=high)
    assert same_logits(module, high * colours(), run)
    assert run.network().image_channels == 1
    shown = run.preprocess.picture(run.preprocess(PICTURE))
    grey = torch.einsum("c,chw->hw", share, colours()[0])
    torch.testing.assert_close(shown, grey.expand(3, -1, -1), rtol=0, atol=1e-5)


def grey() -> Tensor:
    """As torchvision's pipelines make it, (1, 1, H, W) in [0, 1]."""
    return transforms.ToTensor()(PICTURE.convert("L"))[None]


SAID: dict[str, tuple[nn.Module, dict[str, Any], Callable[[], Tensor]]] = {
    "as Caffe": (
        Net(),
        {"range": "255", "channels": "bgr", "mean": [104, 117, 123], "std": 1},
        lambda: 255 * colours().flip(1) - torch.tensor([104.0, 117, 123])[:, None, None],
    ),
    "bytes": (Net(), {"range": 255}, lambda: 255 * colours()),
    "from -1 to 1": (Net(), {"range": (-1, 1)}, lambda: 2 * colours() - 1),
    "range in words": (Net(), {"range": "-1..1"}, lambda: 2 * colours() - 1),
    "bgr alone": (Net(), {"channels": "bgr", "range": 1}, lambda: colours().flip(1)),
    "bgr twice": (
        Net(lambda x: x.flip(1)),
        {"channels": "bgr", "range": 1},
        lambda: colours().flip(1),
    ),
    "grey": (Net(channels=1), {"mean": 0.1307, "std": 0.3081}, lambda: (grey() - 0.1307) / 0.3081),
    "grey in bytes": (Net(channels=1), {"channels": "grey", "range": 255}, lambda: 255 * grey()),
    "grey three times": (
        Net(),
        {"channels": "grey", "mean": list(MEAN), "std": list(STD)},
        lambda: normalised(grey().expand(-1, 3, -1, -1)),
    ),
    "repeated by itself": (
        Net(lambda x: normalised(x.repeat(1, 3, 1, 1))),
        {"channels": "grey", "range": 1},
        grey,
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_of_the_pixels_is_done_to_them(name: str, tmp_path: Path) -> None:
    module, said, given = SAID[name]
    run = adopted(module, tmp_path, **said)
    assert same_logits(module, given(), run)
    seen = colours() if "grey" not in name and "itself" not in name else grey()
    shown = run.preprocess.picture(run.preprocess(PICTURE))
    torch.testing.assert_close(shown, seen[0].expand(3, -1, -1), rtol=0, atol=1e-5)


def test_weights_in_another_order_are_drawn_in_their_colours(tmp_path: Path) -> None:
    module = Net()
    run = adopted(module, tmp_path, channels="bgr")
    assert torch.equal(run.weight(1, "conv.weight"), module.conv.weight.flip(1))
    assert any("It takes blue, green and red" in told for told in run.info.told)


def test_grouped_convolutions_keep_their_order_and_say_so(tmp_path: Path) -> None:
    module = Net()
    module.conv = nn.Conv2d(3, 6, 3, padding=1, groups=3)
    module.fc = nn.Linear(6 * SIDE * SIDE, 3)
    run = adopted(module, tmp_path, channels="bgr", range=1)
    assert same_logits(module, colours().flip(1), run)
    shown = run.preprocess.picture(run.preprocess(PICTURE))
    torch.testing.assert_close(shown, colours()[0], rtol=0, atol=1e-5)
    assert any("drawn in that order" in told for told in run.info.told)


@pytest.mark.parametrize(
    ("module", "said", "told"),
    [
        (Net(), {}, "assumed is ImageNet's, a mean of 0.485, 0.456, 0.406"),
        (Net(channels=1), {}, "assumed is ImageNet's, a mean of 0.459"),
        (Net(channels=1), {}, 'turned grey as by Pillow\'s convert("L")'),
        (Net(lambda x: x / 255), {}, "assumed is pixels from 0 to 255, as it normalises"),
        (Own(), {}, "assumed is pixels from 0 to 1, as it normalises"),
        (Net(), {"mean": [0.5] * 3}, "No --std was given: ImageNet's is assumed"),
        (Net(lambda x: x[:, :1], channels=1), {}, "What it takes of a picture: red."),
    ],
)
def test_what_is_assumed_is_told_and_kept(
    module: nn.Module,
    said: dict[str, Any],
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = adopted(module, tmp_path, **said)
    assert any(told in sentence for sentence in run.info.told)
    assert told in capsys.readouterr().err


def test_nothing_is_told_of_the_pixels_where_all_is_said(tmp_path: Path) -> None:
    (of_the_outputs,) = adopted(Net(), tmp_path, mean=MEAN, std=STD).info.told
    assert of_the_outputs.startswith("Its 3 outputs are softmax")


@pytest.mark.parametrize(
    ("module", "said", "lesson"),
    [
        (Net(channels=4), {}, "takes images of 4 channels, and pictures have three"),
        (Net(channels=2), {}, "takes images of 2 channels"),
        (Net(lambda x: torch.cat([x, x.flip(1)], 1), channels=6), {}, "no layer here: x.flip"),
        (Net(channels=1), {"channels": "bgr"}, "takes images of one channel. Say --channels grey"),
        (Net(lambda x: x[:, :1] - x[:, 1:2], channels=1), {}, "differences of colours"),
        (Net(), {"mean": [104, 117, 123]}, "of pixels up to 255 go with --range 255"),
        (Net(), {"mean": [0.5, 0.5]}, "for each of red, green and blue"),
        (Net(channels=1), {"mean": [0.5, 0.5, 0.5]}, "for each of its one channel"),
        (Net(), {"range": "bytes"}, "--range is the value of white"),
        (Net(), {"channels": "cmyk"}, "--channels is rgb, bgr or grey"),
    ],
)
def test_what_cannot_be_right_is_refused_in_a_sentence(
    module: nn.Module, said: dict[str, Any], lesson: str, tmp_path: Path
) -> None:
    with pytest.raises(WorkbenchError, match=lesson):
        adopted(module, tmp_path, **said)
    assert not (tmp_path / "run").exists()


def test_the_reason_is_that_of_the_channels_a_network_has(tmp_path: Path) -> None:
    module = Net(channels=1)
    module.fc = nn.Linear(7, 3)
    with pytest.raises(WorkbenchError, match=r"images \(2, 1, 12, 12\): mat1 and mat2"):
        adopted(module, tmp_path)
