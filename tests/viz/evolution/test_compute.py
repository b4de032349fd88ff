import pytest
import torch

from training.errors import WorkbenchError
from viz.evolution import evolution
from viz.top_patches import mine
from viz.top_patches.gallery import gallery


def picture(images):
    return (images * 0.1 + 0.5).clamp(0, 1)


def test_each_epoch_shows_what_mining_that_epoch_finds(make_tiny, noise):
    networks = [(0, make_tiny(seed=0)), (3, make_tiny(seed=3))]
    found = evolution(iter(networks), noise, "relu3", [5, 0], picture=picture)
    assert found.epoch.tolist() == [0, 3]
    assert found.channel.tolist() == [5, 0]
    for place, (_, network) in enumerate(networks):
        top = mine(network, noise, ["relu3"], k=1)["relu3"]
        shown = gallery(network, noise, "relu3", top, found.channel, picture=picture)
        for field in ("score", "image", "row", "col"):
            expected = getattr(top, field)[found.channel, 0]
            assert torch.equal(getattr(found, field)[place], expected), field
        assert torch.equal(found.patch[place], shown.patch[:, 0])
        assert torch.equal(found.projection[place], shown.projection[:, 0])


def test_networks_are_loaded_one_by_one_when_their_turn_comes(make_tiny, noise):
    loaded, told = [], []

    def networks():
        for epoch in range(3):
            loaded.append(epoch)
            yield epoch, make_tiny(seed=epoch)

    def note(done, _total):
        told.append((len(loaded), done))

    evolution(networks(), noise, "relu1", [0], picture=picture, epochs=3, progress=note)
    assert told == [(1, 0), (1, 10), (2, 10), (2, 20), (3, 20), (3, 30)]


def test_progress_runs_over_all_epochs(make_tiny, noise):
    told = []
    networks = [(0, make_tiny()), (1, make_tiny(seed=1))]
    evolution(
        networks,
        noise,
        "relu1",
        [0],
        picture=picture,
        progress=lambda *step: told.append(step),
    )
    assert told == [(0, 20), (10, 20), (10, 20), (20, 20)]


def test_nothing_to_show_is_said_in_plain_words(tiny, noise):
    with pytest.raises(WorkbenchError, match="no epoch"):
        evolution([], noise, "relu1", [0], picture=picture)
    with pytest.raises(WorkbenchError, match="no image"):
        evolution([(0, tiny)], noise[:0], "relu1", [0], picture=picture)
    with pytest.raises(WorkbenchError, match="channels 0 to 5"):
        evolution([(0, tiny)], noise, "relu1", [9], picture=picture)
    with pytest.raises(WorkbenchError, match="No layer 'relu9'"):
        evolution([(0, tiny)], noise, "relu9", [0], picture=picture)
