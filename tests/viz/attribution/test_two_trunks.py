"""A network of two trunks in the view: what needs the last maps is left out, and that is said."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn

from training.errors import WorkbenchError
from training.importing import import_network
from training.runs import Run
from viz.attribution import METHODS, AttributionLook, AttributionQuery
from viz.sanity_checks.query import SanityChecksQuery
from viz.store.answer import answer, ask
from viz.store.query import ImageSource


class TwoTrunks(nn.Module):
    """One looks closely, the other widely; a mean over each, and only then are they joined."""

    def __init__(self) -> None:
        super().__init__()
        self.near = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
        self.wide = nn.Sequential(nn.Conv2d(3, 4, 7), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
        self.fc = nn.Linear(8, 2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        near, wide = self.near(images).flatten(1), self.wide(images).flatten(1)
        return self.fc(torch.cat([near, wide], 1))


@pytest.fixture
def two_trunks(tmp_path: Path) -> tuple[Run, ImageSource]:
    torch.manual_seed(0)
    run = import_network(TwoTrunks(), run=tmp_path / "two", classes=["a", "b"], image_size=32)
    Image.effect_noise((32, 32), 80).convert("RGB").save(tmp_path / "noise.png")
    return run, ImageSource(str(tmp_path / "noise.png"))


def asked(two_trunks: tuple[Run, ImageSource], *methods: str) -> AttributionQuery:
    run, image = two_trunks
    return AttributionQuery(str(run.path), image=image, method=methods)


def test_of_all_methods_grad_cam_is_left_out_and_the_reason_told(two_trunks):
    shown = ask(asked(two_trunks), AttributionLook()).shown
    assert list(shown.maps) == [method for method in METHODS if method != "grad-cam"]
    assert "part at the picture and meet in" in shown.words()


def test_of_several_named_ones_too(two_trunks):
    shown = ask(asked(two_trunks, "grad-cam", "gradient"), AttributionLook()).shown
    assert list(shown.maps) == ["gradient"]
    assert "Grad-CAM has no map" in shown.words()


def test_alone_it_is_refused_in_a_sentence(two_trunks):
    with pytest.raises(WorkbenchError, match=r"Grad-CAM has no map\. There are no last maps"):
        answer(asked(two_trunks, "grad-cam"))
    run, image = two_trunks
    with pytest.raises(WorkbenchError, match="There are no last maps"):
        answer(SanityChecksQuery(str(run.path), image=image))


def test_with_a_trunk_nothing_is_said(run: Run):
    shown = ask(AttributionQuery(str(run.path), 1), AttributionLook()).shown
    assert shown.words() == ""
