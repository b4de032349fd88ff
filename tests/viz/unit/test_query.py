"""What is known of a layer's channels, as a question: two passes, each cached for itself."""

import numpy as np
import pytest
import torch

from training.errors import WorkbenchError
from training.runs import Run
from viz import answer, ask, ask_two, pair
from viz.network.images import SplitImages
from viz.store.answer import CacheMiss
from viz.store.view import draw_both
from viz.top_patches import TopPatchesQuery
from viz.unit import UnitLook, UnitQuery, profiles


def asked(run: Run, epoch: int, layer: str | None = "conv2") -> UnitQuery:
    return UnitQuery(str(run.path), epoch, layer)


def told_in(work: list[tuple[int, int]]) -> object:
    return lambda done, total: work.append((done, total))


def test_it_is_what_mining_and_a_second_pass_find(run: Run):
    found = answer(asked(run, 1))
    top = answer(TopPatchesQuery(str(run.path), 1, ("conv2",)), cached_only=True)["conv2"]
    assert torch.equal(found.top.image, top.image)
    data = run.data()
    truth = profiles(
        run.network(1),
        SplitImages(data.val, run.preprocess),
        data.val.labels,
        "conv2",
        top.score[:, 0],
        num_classes=4,
    )
    assert torch.equal(found.profiles.images, truth.images)
    assert torch.allclose(found.profiles.likeness, truth.likeness)


def test_both_passes_are_one_piece_of_work_and_what_is_mined_is_not_mined_again(run: Run):
    both: list[tuple[int, int]] = []
    answer(asked(run, 1), progress=told_in(both))
    assert both == sorted(both)
    assert both[-1] == (32, 32)  # sixteen images, looked at twice
    answer(TopPatchesQuery(str(run.path), 0, ("conv2",)))
    second: list[tuple[int, int]] = []
    answer(asked(run, 0), progress=told_in(second))
    assert second[-1] == (16, 16)


def test_what_is_cached_is_the_same_again(run: Run):
    first = answer(asked(run, 2))
    again = answer(asked(run, 2), cached_only=True)
    for name, array in ask(asked(run, 2), UnitLook(1)).shown.arrays().items():
        assert array.size, name
    assert torch.equal(first.profiles.by_class, again.profiles.by_class)
    assert torch.equal(first.top.score, again.top.score)


def test_one_of_the_two_missing_is_a_cache_miss(run: Run):
    answer(TopPatchesQuery(str(run.path), 0, ("conv2",)))
    with pytest.raises(CacheMiss):
        answer(asked(run, 0), cached_only=True)


def test_the_arrays_name_layer_channel_and_classes(run: Run):
    arrays = ask(asked(run, 1), UnitLook(3)).shown.arrays()
    assert (str(arrays["layer"]), int(arrays["channel"])) == ("conv2", 3)
    assert arrays["class_name"].tolist() == list(run.data().classes)
    assert arrays["by_class"].shape == (8, 4)
    assert arrays["score"].shape == (8, 9)


def test_a_channel_that_is_not_there_is_refused_before_any_work(run: Run):
    with pytest.raises(WorkbenchError, match="conv2 has channels 0 to 7, not 8"):
        ask(asked(run, 0), UnitLook(8))
    with pytest.raises(WorkbenchError, match="No layer 'conv9'"):
        ask(asked(run, 0, "conv9"), UnitLook())
    assert not run.derived.exists()


def test_two_networks_show_the_same_channel(run: Run):
    a, b = ask_two(asked(run, 2, None), asked(run, 0, None), UnitLook(4))
    assert (a.query.layer, b.query.layer) == ("conv5", "conv5")
    arrays = pair(a, b).arrays()
    assert np.array_equal(arrays["second_active"], b.shown.profiles.active)
    assert draw_both(a.query, pair(a, b), ["untrained, epoch 2", "untrained, epoch 0"]).axes
