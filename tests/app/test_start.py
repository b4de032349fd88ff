"""Which image a page starts with: one that the network gets right, whichever epoch is shown."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.widgets import images
from app.widgets.start import starting_images
from tests.app.test_occlusion import words
from training.runs import Run
from viz import answer
from viz.network.images import spread_over_classes
from viz.occlusion import OcclusionQuery

Open = Callable[..., AppTest]


@pytest.fixture
def app(app: Open, monkeypatch: pytest.MonkeyPatch) -> Open:
    """The app as visitors have it: a page chooses its first image."""
    monkeypatch.setattr(images, "starting_images", starting_images)
    return app


def first_image(test: AppTest) -> int:
    """Number of the image that is chosen where the address names none."""
    [chosen] = test.session_state["starting images"].values()
    return chosen[0]


def probability_of_true_class(run: Run, index: int, epoch: int = 3) -> tuple[float, bool]:
    data = run.data()
    images = run.preprocess.from_uint8(data.val.images[index : index + 1])
    found, label = run.network(epoch).probabilities(images)[0], int(data.val.labels[index])
    return float(found[label]), int(found.argmax()) == label


def test_the_page_starts_with_an_image_that_is_classified_correctly(app: Open, small: Run) -> None:
    test = app("occlusion")
    assert not test.exception
    index = first_image(test)
    right = [probability_of_true_class(small, each)[1] for each in range(16)]
    assert right[index] or not any(right)
    answer(OcclusionQuery(str(small.path), 3, image=(str(index),)), cached_only=True)


def test_the_image_stays_the_same_while_epochs_play(app: Open, small: Run) -> None:
    last = first_image(app("occlusion"))
    test = app("occlusion", epoch=0)
    assert first_image(test) == last
    answer(OcclusionQuery(str(small.path), 0, image=(str(last),)), cached_only=True)


def test_occlusion_and_attribution_start_with_one_image_and_one_class(
    app: Open, small: Run
) -> None:
    data, index = small.data(), first_image(app("occlusion"))
    name = data.classes[int(data.val.labels[index])]
    assert f"**{name}** · what covering changes" in words(app("occlusion"))
    assert f"**Attribution for class {name}**" in words(app("attribution"))


def test_an_untrained_network_starts_with_the_first_of_the_images_offered(
    app: Open, small: Run
) -> None:
    for path in (small.path / "checkpoints").iterdir():
        if path.name != "epoch-0000.safetensors":
            path.unlink()
    test = app("occlusion")
    assert not test.exception
    first = spread_over_classes(small.data().val, 1)[0]
    answer(OcclusionQuery(str(small.path), 0, image=(str(first),)), cached_only=True)


def test_a_damaged_last_epoch_is_passed_over(app: Open, small: Run, runs: Path) -> None:  # noqa: ARG001
    (small.path / "checkpoints" / "epoch-0003.safetensors").write_bytes(b"cut off")
    test = app("occlusion", epoch=1)
    assert not test.exception
    assert first_image(test) in range(16)
