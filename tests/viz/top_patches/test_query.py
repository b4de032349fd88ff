"""Mining as a question: one resumable pass for several layers, each cached for itself."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from training.checkpoints import save_checkpoint
from training.errors import WorkbenchError
from training.models import create
from training.runs import Run
from viz import answer, ask, ask_two, pair
from viz.network.images import SplitImages
from viz.store import answer as store
from viz.store.answer import CacheMiss
from viz.store.view import draw_both
from viz.top_patches import TopPatchesLook, TopPatchesQuery, mine, query


class Interruption(Exception):
    pass


def asked(run: Run, epoch: int, *layers: str) -> TopPatchesQuery:
    return TopPatchesQuery(str(run.path), epoch, layers)


def never(_done: int, _total: int) -> None:
    raise AssertionError("This should have been loaded, not computed.")


def known(done: int, total: int) -> None:
    """Opening the images is told, too; there is nothing to mine."""
    assert done == total


def images_of(run: Run) -> SplitImages:
    return SplitImages(run.data().val, run.preprocess)


def test_one_pass_serves_all_layers_and_each_is_loaded_alone(run: Run):
    both = answer(asked(run, 1, "conv2", "conv5"))
    alone = answer(asked(run, 1, "conv5"), progress=never)
    truth = mine(run.network(1), images_of(run), ["conv2", "conv5"])
    assert list(both) == ["conv2", "conv5"]
    for layer in both:
        assert torch.equal(both[layer].image, truth[layer].image)
    assert torch.equal(alone["conv5"].score, both["conv5"].score)


def test_only_layers_that_are_not_cached_are_mined(run: Run, monkeypatch):
    answer(asked(run, 1, "conv2"))
    mined, scan = [], query.scan

    def noted(*given: Any) -> Iterator[Any]:
        mined.append(given[2])
        return scan(*given)

    monkeypatch.setattr(query, "scan", noted)
    found = answer(asked(run, 1, "all"))
    assert mined == [("conv1", "conv3", "conv4", "conv5")]
    assert list(found) == ["conv1", "conv2", "conv3", "conv4", "conv5"]
    assert len(list(run.derived.glob("top-patches-*.npz"))) == 5


def test_each_epoch_has_patches_of_its_own(run: Run):
    first, second = (answer(asked(run, epoch, "conv3"))["conv3"] for epoch in (0, 1))
    assert not torch.equal(first.score, second.score)


def test_the_number_of_images_is_part_of_the_question(run: Run):
    nine = answer(asked(run, 0, "conv3"))["conv3"]
    two = answer(TopPatchesQuery(str(run.path), 0, ("conv3",), k=2))["conv3"]
    assert torch.equal(two.image, nine.image[:, :2])
    with pytest.raises(WorkbenchError, match="--k must be at least 1, got 0"):
        TopPatchesQuery(str(run.path), k=0)


@pytest.mark.parametrize("layers", [("conv5",), ("conv5", "conv2")])
def test_interrupted_mining_goes_on_where_it_stopped(run: Run, monkeypatch, layers):
    monkeypatch.setattr(query, "BATCH_SIZE", 4)
    seen: list[int] = []

    def stop_half_way(done: int, total: int) -> None:
        seen.append(done)
        if done >= total // 2:
            raise Interruption

    with pytest.raises(Interruption):
        answer(asked(run, 2, *layers), progress=stop_half_way)
    (partial,) = run.derived.iterdir()  # one for all layers of the pass
    assert partial.name.endswith(".partial.npz")
    seen.clear()
    found = answer(asked(run, 2, *layers), progress=lambda done, _total: seen.append(done))
    assert seen == [8, 12, 16]  # of 16 images; the first 8 were not looked at again
    truth = mine(run.network(2), images_of(run), layers)
    for layer in layers:
        assert torch.equal(found[layer].image, truth[layer].image)
        assert torch.equal(found[layer].row, truth[layer].row)
    assert not list(run.derived.glob("*.partial.npz"))


def test_a_killed_pass_loses_a_moment_at_most(run: Run, monkeypatch):
    monkeypatch.setattr(query, "BATCH_SIZE", 4)
    monkeypatch.setattr(store, "SAVE_EVERY_S", 0.0)
    files = []

    def look(_done: int, _total: int) -> None:
        files.append(len(list(run.derived.glob("*.partial.npz"))))

    answer(asked(run, 0, "conv1"), progress=look)
    assert files == [1, 1, 1, 1, 1]  # before the first batch and after each of four


def test_a_damaged_state_is_begun_anew(run: Run, monkeypatch):
    def stop(done: int, _total: int) -> None:
        if done:
            raise Interruption

    monkeypatch.setattr(query, "BATCH_SIZE", 8)
    with pytest.raises(Interruption):
        answer(asked(run, 0, "conv1"), progress=stop)
    (partial,) = run.derived.iterdir()
    with np.load(partial, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files if name != "conv1.row"}
    np.savez(partial, **arrays)
    seen: list[int] = []
    answer(asked(run, 0, "conv1"), progress=lambda done, _total: seen.append(done))
    assert seen == [0, 8, 16]


def test_what_is_not_cached_is_not_computed_where_only_the_cache_is_asked(run: Run):
    with pytest.raises(CacheMiss):
        answer(asked(run, 0, "conv1"), cached_only=True, progress=known)
    assert not run.derived.exists()


def test_the_arrays_are_of_all_channels_and_say_what_the_images_are(run: Run):
    side = ask(asked(run, 1, "conv2"), TopPatchesLook((3, 1)))
    arrays = side.shown.arrays()
    assert arrays["score"].shape == arrays["label"].shape == (8, 9)
    assert arrays["channel"].tolist() == [3, 1]
    assert arrays["class_name"].tolist() == list(run.data().classes)
    image = arrays["image"][3, 0]
    assert arrays["label"][3, 0] == run.data().val.labels[image]


def test_where_there_is_no_further_image_there_is_no_label(run: Run):
    shown = ask(TopPatchesQuery(str(run.path), 1, ("conv1",), k=17), TopPatchesLook()).shown
    assert shown.arrays()["image"][0, 16] == shown.arrays()["label"][0, 16] == -1
    assert (shown.arrays()["label"][:, :16] >= 0).all()


def test_the_strongest_channels_are_drawn_where_none_are_named(run: Run):
    shown = ask(asked(run, 1, "conv2"), TopPatchesLook(count=3)).shown
    score = shown.top.score[:, 0]
    assert set(shown.channels) == set(score.topk(3).indices.tolist())
    assert list(shown.channels) == sorted(shown.channels)
    assert shown.pictures().patch.shape[:2] == (3, 9)


def test_what_cannot_be_drawn_is_refused_before_anything_is_mined(run: Run):
    with pytest.raises(WorkbenchError, match="conv2 has channels 0 to 7, not 8"):
        ask(asked(run, 1, "conv2"), TopPatchesLook((8,)), progress=known)
    with pytest.raises(WorkbenchError, match="A file holds one layer, but 2 are asked for"):
        ask(asked(run, 1, "conv2", "conv3"), TopPatchesLook(), progress=known)
    with pytest.raises(WorkbenchError, match="No layer 'conv9'"):
        ask(asked(run, 1, "conv9"), TopPatchesLook(), progress=known)
    assert not run.derived.exists()


def narrower(run: Run, channels: int) -> str:
    """A run of one epoch whose conv2 has so many channels; the images are the same."""
    widths = [6, channels, 8, 8, 6]
    settings = json.loads((run.path / "run.json").read_text())
    settings["options"]["widths"] = widths
    other = run.path.with_name("narrower")
    (other / "checkpoints").mkdir(parents=True)
    (other / "run.json").write_text(json.dumps(settings))
    network = create("alexnet-small", 4, **settings["options"])
    save_checkpoint(other, 0, network.state_dict())
    return str(other)


def test_two_networks_show_the_same_channels_and_fewer_of_them(run: Run):
    a, b = ask_two(asked(run, 2, "conv2"), asked(run, 0, "conv2"), TopPatchesLook())
    assert len(a.shown.channels) == 8
    assert a.shown.channels == b.shown.channels
    arrays = pair(a, b).arrays()
    for name in ("score", "image", "row", "col", "label"):
        assert np.array_equal(arrays[name], a.shown.arrays()[name])
        assert np.array_equal(arrays[f"second_{name}"], b.shown.arrays()[name])


def test_a_channel_that_the_second_network_lacks_is_left_out_there(run: Run):
    other = TopPatchesQuery(narrower(run, 4), None, ("conv2",))
    a, b = ask_two(asked(run, 0, "conv2"), other, TopPatchesLook((6, 1)))
    assert (a.shown.channels, b.shown.channels) == ((6, 1), (1,))
    both = pair(a, b)
    assert "conv2 of B has 4 channels only." in both.notes
    assert draw_both(a.query, both, ["A", "B"]).axes
    with pytest.raises(WorkbenchError, match="has channels 0 to 3, and none of 6, 5"):
        ask_two(asked(run, 0, "conv2"), other, TopPatchesLook((6, 5)))


def test_the_layer_of_the_first_network_is_that_of_the_second(run: Run):
    settings = json.loads((run.path / "run.json").read_text())
    other = Path(narrower(run, 8))
    settings["options"]["without"] = ["conv5"]
    (other / "run.json").write_text(json.dumps(settings))
    with pytest.raises(WorkbenchError, match="No layer 'conv5'"):
        ask_two(asked(run, 0), TopPatchesQuery(str(other)), TopPatchesLook())
    assert not run.derived.exists()  # refused before the first one was mined
