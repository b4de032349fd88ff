from math import isnan

import numpy as np
import pytest
import torch

from training.data import Split
from training.errors import WorkbenchError
from training.runs import Run
from viz.attribution import Pointed
from viz.localisation import (
    LocalisationLook,
    LocalisationQuery,
    distance_to,
    energy_inside,
    localise,
    mean_energy,
    rows,
    share_of,
    table,
)
from viz.localisation import compute as localisation
from viz.network.objects import object_masks
from viz.store.answer import CacheMiss, answer, ask

MASK = torch.zeros(1, 8, 8, dtype=torch.bool)
MASK[0, 2:4, 3:7] = True  # 8 of 64 pixels


@pytest.mark.parametrize(
    ("peak", "distance"),
    [((2, 3), 0), ((3, 6), 0), ((1, 3), 1), ((3, 7), 1), ((7, 3), 4), ((6, 2), 10**0.5)],
)
def test_a_point_hits_on_the_object_and_misses_beside_it(peak, distance):
    assert distance_to(torch.tensor([peak]), MASK).item() == pytest.approx(distance)


def test_energy_is_the_share_of_the_positive_part():
    maps = torch.zeros(1, 8, 8)
    maps[0, 2, 3], maps[0, 7, 7], maps[0, 0, 0] = 3.0, 1.0, -5.0
    assert energy_inside(maps, MASK).item() == 0.75


def test_an_even_map_has_the_objects_share_of_the_picture_inside():
    assert energy_inside(torch.ones(1, 8, 8), MASK).item() == 8 / 64


def test_a_map_without_a_positive_part_has_no_energy():
    assert isnan(energy_inside(-torch.ones(1, 8, 8), MASK).item())


def test_wilsons_interval_is_the_published_one():
    # Newcombe 1998, table I: 81 of 263 and 0 of 20
    some, none = share_of(torch.arange(263) < 81), share_of(torch.zeros(20, dtype=torch.bool))
    assert [some.low, some.high] == pytest.approx([0.2553, 0.3662], abs=5e-5)
    assert [none.low, none.high] == pytest.approx([0, 0.1611], abs=5e-5)


@pytest.fixture
def pointing_at(monkeypatch):
    """Makes up a method that points at the same pixel of every image."""

    def make(row: int, column: int) -> None:
        def point(_network, images, _labels, *, method):
            assert method == "occlusion"
            maps = torch.zeros(len(images), *images.shape[2:])
            maps[:, row, column] = 2.0
            return Pointed(maps, torch.tensor([[row, column]]).expand(len(images), 2))

        monkeypatch.setattr(localisation, "evidence", point)

    return make


def classified_correctly(run: Run) -> list[int]:
    val = run.data().val
    predictions = run.network()(run.preprocess.from_uint8(val.images)).argmax(1).numpy()
    return np.flatnonzero(predictions == val.labels).tolist()


def localised(run: Run, images: int = 16):
    return localise(run.network(), run.data().val, run.preprocess, "occlusion", images=images)


def test_only_images_that_are_classified_correctly_count(run: Run, pointing_at):
    pointing_at(4, 8)
    found = localised(run)
    assert found.image.tolist() == classified_correctly(run)
    assert found.looked_at == 16
    assert found.hit.all()
    assert mean_energy(found) == 1.0


def test_chance_is_the_objects_share_of_the_picture(run: Run, pointing_at):
    pointing_at(3, 8)  # a row above the object
    found = localised(run)
    method, middle, random = rows([found])
    assert random.hits.share == random.energy == 16 * 8 / 32**2
    assert middle.hits.share == 0  # row 16; objects end with row 11
    assert method.hits.share == 0
    assert found.distance.tolist() == [1.0] * len(found.image)
    assert "Random point" in table([found])


def test_a_random_point_hits_as_often_as_chance_says(run: Run):
    masks = object_masks(run.data().val, run.preprocess, np.arange(16))
    points = np.random.default_rng(0).integers(0, 32, (4000, 2))
    hits = masks[:, points[:, 0], points[:, 1]].mean()
    assert hits == pytest.approx(masks.mean(), abs=0.02)


def test_the_farthest_misses_come_first_with_their_maps(run: Run, monkeypatch):
    def point(_network, images, _labels, *, method):
        assert method == "occlusion"
        # as far below the object as the image's first pixel says
        rows_ = 12 + ((images[:, 0, 0, 0] + 2) * 4).long()
        maps = torch.zeros(len(images), 32, 32)
        maps[torch.arange(len(images)), rows_, 8] = 1.0
        return Pointed(maps, torch.stack([rows_, torch.full_like(rows_, 8)], dim=1))

    monkeypatch.setattr(localisation, "evidence", point)
    found = localised(run)
    distances = found.distance[found.worst]
    assert distances[0] == found.distance.max()
    assert (distances.diff() <= 0).all()
    for one, place in zip(found.maps, found.worst.tolist(), strict=True):
        assert one[found.peak[place][0], 8] == 1.0


def test_fewer_images_are_spread_over_the_split(run: Run, pointing_at):
    pointing_at(4, 8)
    few = localised(run, images=4)
    assert few.looked_at == 4
    assert set(few.image.tolist()) <= {0, 5, 10, 15}


def test_what_cannot_be_measured_says_why(run: Run):
    val = run.data().val
    nothing = Split(val.images, val.labels, val.names)
    with pytest.raises(WorkbenchError, match=r"boxes\.csv"):
        localise(run.network(), nothing, run.preprocess, "occlusion", images=4)
    wrong = Split(val.images, (val.labels + 1) % 4, val.names, boxes=val.boxes)
    right = classified_correctly(run)
    assert val.boxes is not None
    only = Split(val.images[right], wrong.labels[right], [""] * len(right), boxes=val.boxes[right])
    with pytest.raises(WorkbenchError, match="none of"):
        localise(run.network(), only, run.preprocess, "occlusion", images=99)
    with pytest.raises(WorkbenchError, match="grad-cam"):
        localise(run.network(), val, run.preprocess, "lime", images=4)


def asked(run: Run, **how) -> LocalisationQuery:
    return LocalisationQuery(str(run.path), 2, images=16, **how)


def test_it_is_cached_and_asked_anew_when_the_boxes_change(run: Run, tmp_path):
    query = asked(run, methods=("occlusion",))
    [before] = answer(query)
    [again] = answer(query, cached_only=True)
    assert torch.equal(again.energy, before.energy)
    assert again.method == "occlusion"
    table_ = tmp_path / "album/boxes.csv"
    table_.write_text(table_.read_text().replace(",23,11", ",23,12"))
    with pytest.raises(CacheMiss):
        answer(query, cached_only=True)
    answer(query)


def test_each_method_is_cached_for_itself_and_comes_once(run: Run):
    answer(asked(run, methods=("gradient", "guided")))
    [guided] = answer(asked(run, methods=("guided", "guided")), cached_only=True)
    assert guided.method == "guided"


def test_arrays_say_which_images_these_are(run: Run):
    shown = ask(asked(run, methods=("gradient",)), LocalisationLook()).shown
    arrays, val = shown.arrays(), run.data().val
    images = arrays["gradient_image"].tolist()
    assert arrays["file_name"].tolist() == [val.names[index] for index in images]
    assert arrays["label"].tolist() == [val.labels[index] for index in images]
    assert arrays["class_name"].tolist() == list(run.classes)


@pytest.mark.parametrize(
    ("how", "lesson"),
    [
        ({"methods": ("lime",)}, "Unknown method 'lime'. Choose one of: gradient, guided"),
        ({"images": 0}, "--images must be at least 1, got 0"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_any_work(run: Run, how, lesson):
    with pytest.raises(WorkbenchError, match=lesson):
        answer(LocalisationQuery(str(run.path), **how))
    assert not run.derived.exists()
