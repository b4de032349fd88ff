"""The question which unit is the strongest: its answer depends on nothing but itself."""

import shutil

import numpy as np
import pytest
import torch

from training.runs import Run
from viz import Look, answer, ask
from viz.store.answer import CacheMiss
from viz.strongest import StrongestQuery
from viz.top_patches import TopPatchesQuery

LAYERS = ["conv1", "conv2", "conv3", "conv4", "conv5"]


def arrays_of(query: StrongestQuery) -> dict[str, np.ndarray]:
    return ask(query, Look()).shown.arrays()


@pytest.mark.parametrize("measure", ["activation", "share"])
def test_the_answer_is_the_same_with_an_empty_and_with_a_full_cache(run: Run, measure):
    query = StrongestQuery(str(run.path), image="5", measure=measure)
    empty = arrays_of(query)
    shutil.rmtree(run.derived, ignore_errors=True)
    answer(TopPatchesQuery(str(run.path), 2, tuple(LAYERS)))
    mined = arrays_of(query)
    again = arrays_of(query)
    for full in (mined, again):
        assert empty.keys() == full.keys()
        for name, array in empty.items():
            assert np.array_equal(array, full[name], equal_nan=array.dtype.kind == "f"), name


def test_a_share_is_the_activation_by_the_strongest_one_of_the_channel(run: Run):
    arrays = arrays_of(StrongestQuery(str(run.path), 1, "5", "share"))
    top = answer(TopPatchesQuery(str(run.path), 1, tuple(LAYERS)), cached_only=True)
    for place, layer in enumerate(arrays["layer"].tolist()):
        highest = float(top[layer].score[arrays["channel"][place], 0])
        assert arrays["share"][place] == pytest.approx(
            arrays["activation"][place] / highest, rel=1e-4
        )
        assert arrays["share"][place] <= 1.0001  # the image is a validation image itself


def test_by_activation_it_is_the_largest_of_the_layer_and_has_no_share(run: Run):
    arrays = arrays_of(StrongestQuery(str(run.path)))
    image = run.preprocess.from_uint8(run.data().val.images[:1])
    maps = run.network(2).activations(image, LAYERS)
    assert arrays["layer"].tolist() == LAYERS
    for place, layer in enumerate(LAYERS):
        assert arrays["activation"][place] == pytest.approx(float(maps[layer].max()), rel=1e-5)
    assert np.isnan(arrays["share"]).all()
    assert arrays["patch_conv1"].shape == arrays["projection_conv1"].shape == (3, 7, 7)


def test_activations_are_not_cached_and_shares_are(run: Run):
    answer(StrongestQuery(str(run.path)))
    assert not run.derived.exists()
    query = StrongestQuery(str(run.path), measure="share")
    with pytest.raises(CacheMiss):
        answer(query, cached_only=True)
    units = answer(query)
    for unit, cached in zip(units, answer(query, cached_only=True), strict=True):
        assert (unit.layer, unit.channel) == (cached.layer, cached.channel)
        assert torch.equal(unit.projection, cached.projection)


def test_without_images_to_search_the_activation_decides_still(run: Run, tmp_path):
    image = tmp_path / "mine.png"
    shutil.copy(next((tmp_path / "album").rglob("*.png")), image)
    settings = run.path / "run.json"
    settings.write_text(settings.read_text().replace(str(tmp_path / "album"), "/nowhere"))
    units = answer(StrongestQuery(str(run.path), image=str(image)))
    assert [unit.layer for unit in units] == LAYERS
