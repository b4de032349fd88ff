"""The question where it looks: cached image by image, gone on with, coarse before it is whole."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from training.errors import WorkbenchError
from training.runs import Run
from viz import answer
from viz.network.fills import FILLS
from viz.occlusion import OcclusionQuery, window_for
from viz.store.answer import CacheMiss, so_far
from viz.store.lend import Lender, Opened


class Interruption(Exception):
    pass


def never(_done: int, _total: int) -> None:
    raise AssertionError("This should have been loaded, not computed.")


@pytest.fixture
def query(run: Run) -> OcclusionQuery:
    """Nine places."""
    return OcclusionQuery(str(run.path), 0, stride=8)


def test_where_only_the_cache_is_asked_nothing_is_computed(run: Run, query: OcclusionQuery) -> None:
    with pytest.raises(CacheMiss):
        answer(query, cached_only=True, progress=never)
    assert not run.derived.exists()


def test_two_pictures_that_differ_in_one_pixel_have_maps_of_their_own(
    run: Run, query: OcclusionQuery, tmp_path: Path
) -> None:
    one = Image.fromarray(run.data().val.images[0])
    one.save(tmp_path / "one.png")
    one.putpixel((16, 16), (255, 0, 255))
    one.save(tmp_path / "other.png")
    first, second = (
        answer(replace(query, image=(str(tmp_path / name),)))[0]
        for name in ("one.png", "other.png")
    )
    assert not torch.equal(first.probability, second.probability)


def test_a_picture_counts_by_what_the_network_sees_and_not_by_its_file(
    run: Run, query: OcclusionQuery, tmp_path: Path
) -> None:
    Image.fromarray(run.data().val.images[0]).save(tmp_path / "the same.png")
    [first] = answer(query)
    [again] = answer(replace(query, image=(str(tmp_path / "the same.png"),)), progress=never)
    assert torch.equal(first.probability, again.probability)


def test_each_image_of_several_is_cached_for_itself(query: OcclusionQuery) -> None:
    told: list[tuple[int, int]] = []
    several = answer(
        replace(query, image=("0", "5", "9")),
        progress=lambda done, total: told.append((done, total)),
    )
    assert (told[0], told[-1]) == ((0, 27), (27, 27))  # three images of nine places
    for image, found in zip(("0", "5", "9"), several, strict=True):
        [alone] = answer(replace(query, image=(image,)), progress=never)
        assert torch.equal(alone.probability, found.probability)
        assert alone.layers == found.layers


def test_each_fill_and_each_shape_has_an_answer_of_its_own(query: OcclusionQuery) -> None:
    asked = [replace(query, fill=fill) for fill in FILLS] + [replace(query, shape="circle")]
    found = [answer(one)[0] for one in asked]
    assert len({tuple(one.probability.flatten().tolist()) for one in found}) == len(asked)
    [again] = answer(replace(query, fill="blur"), progress=never)
    assert torch.equal(again.probability, found[list(FILLS).index("blur")].probability)


def test_stopped_work_shows_what_it_has_and_goes_on_from_there(run: Run) -> None:
    def stop_after_a_batch(done: int, _total: int) -> None:
        if done:
            raise Interruption

    query = OcclusionQuery(str(run.path), 2, stride=2)
    opened = Opened.of(str(run.path), 2, Lender())
    resolved = query.resolved(opened)
    assert so_far(resolved, opened) == []
    with pytest.raises(Interruption):
        answer(query, progress=stop_after_a_batch)
    [coarse] = so_far(resolved, opened)
    assert (coarse.step, coarse.done) == (2, 64)  # of 12 by 12 places
    seen: list[int] = []
    [found] = answer(query, progress=lambda done, _total: seen.append(done))
    assert seen == [64, 128, 144]
    [truth] = answer(replace(query, fill="0.0"))  # grey under another name
    assert torch.equal(found.probability, truth.probability)
    assert not list(run.derived.glob("*.partial.npz"))
    assert so_far(resolved, opened)[0].step == 1


@pytest.mark.parametrize(
    ("size", "window"), [(224, (32, 8)), (96, (14, 3)), (64, (12, 2)), (32, (10, 1))]
)
def test_the_window_suits_the_image(size: int, window: tuple[int, int]) -> None:
    assert window_for(size) == window


@pytest.mark.parametrize("wrong", [{"window": 0}, {"stride": -1}])
def test_a_window_that_cannot_slide_is_refused_with_its_flag(
    query: OcclusionQuery, wrong: dict[str, int]
) -> None:
    [(name, value)] = wrong.items()
    with pytest.raises(WorkbenchError, match=f"--{name} must be at least 1, got {value}"):
        replace(query, **wrong)
