import pytest
import torch
from torch import nn

from training.errors import WorkbenchError
from training.models import Network
from viz.top_patches import MiningState, mine, scan

LAYERS = ["conv1", "relu1", "pool2", "conv5", "relu5", "fc6", "relu6", "fc8"]


def by_brute_force(network, images, layer, k):
    """(score, image, row, col) of each channel, from all activations at once."""
    maps = network.activations(images, [layer])[layer]
    maps = maps if maps.dim() == 4 else maps[:, :, None, None]
    table = []
    for channel in range(maps.shape[1]):
        units = []
        for image, one in enumerate(maps[:, channel]):
            place = int(one.flatten().argmax())
            units.append((-one.max().item(), image, *divmod(place, one.shape[1])))
        table.append(sorted(units)[:k])
    score, image, row, col = torch.tensor(table, dtype=torch.float64).unbind(2)
    return -score, image, row, col


def batches(images, size):
    return list(images.split(size))


def assert_same(first, second):
    for field in ("score", "image", "row", "col"):
        assert torch.equal(getattr(first, field), getattr(second, field)), field


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("size", [1, 4, 100])
def test_mining_finds_what_brute_force_finds(tiny, noise, layer, size):
    top = mine(tiny, batches(noise, size), [layer], k=4)[layer]
    score, image, row, col = by_brute_force(tiny, noise, layer, 4)
    assert torch.allclose(top.score.double(), score, atol=1e-6)
    # a channel that is dead in all images ties at 0, and so does brute force: lower image first
    assert torch.equal(top.image, image.long())
    assert torch.equal(top.row, row.long())
    assert torch.equal(top.col, col.long())


def test_a_tensor_is_cut_into_batches_inside(tiny, noise):
    images = noise.repeat(9, 1, 1, 1)  # 90 images, more than one batch
    whole = mine(tiny, images, ["relu5"], k=5)["relu5"]
    score, image, *_ = by_brute_force(tiny, images, "relu5", 5)
    assert torch.allclose(whole.score.double(), score, atol=1e-6)
    assert torch.equal(whole.image % 10, image.long() % 10)


def test_several_layers_are_mined_in_one_pass(tiny, noise):
    together = mine(tiny, noise, LAYERS)
    assert list(together) == LAYERS
    for layer in LAYERS:
        assert_same(together[layer], mine(tiny, noise, [layer])[layer])


def pixel_reader():
    """One channel that shows the image's first colour as it is."""
    conv = nn.Conv2d(1, 1, 1, bias=False)
    nn.init.ones_(conv.weight)
    return Network({"conv1": conv}, image_size=2)


def shades(*images):
    return torch.tensor(images).reshape(-1, 1, 2, 2)


def test_each_image_counts_once_with_its_strongest_unit():
    images = shades([9.0, 8.0, 7.0, 6.0], [0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 2.0, 0.0])
    top = mine(pixel_reader(), images, ["conv1"], k=2)["conv1"]
    assert top.score.tolist() == [[9.0, 2.0]]
    assert top.image.tolist() == [[0, 2]]
    assert top.row.tolist() == [[0, 1]]
    assert top.col.tolist() == [[0, 0]]


def test_between_equals_the_earlier_image_and_the_first_unit_win():
    images = shades([0.0, 5.0, 5.0, 0.0], [5.0, 5.0, 5.0, 5.0], [1.0, 5.0, 0.0, 0.0])
    for size in (1, 2, 3):
        top = mine(pixel_reader(), batches(images, size), ["conv1"], k=2)["conv1"]
        assert top.image.tolist() == [[0, 1]]
        assert top.row.tolist() == [[0, 0]]
        assert top.col.tolist() == [[1, 0]]


def test_fewer_images_than_places_leave_places_empty():
    top = mine(pixel_reader(), shades([1.0, 2.0, 3.0, 4.0]), ["conv1"], k=3)["conv1"]
    assert top.score.tolist() == [[4.0, -torch.inf, -torch.inf]]
    assert top.image.tolist() == [[0, -1, -1]]


def test_nan_never_wins():
    nan = float("nan")
    images = shades([nan, nan, nan, nan], [nan, 1.0, 2.0, nan], [0.5, 0.0, 0.0, 0.0])
    for size in (1, 3):
        top = mine(pixel_reader(), batches(images, size), ["conv1"], k=3)["conv1"]
        assert top.score.tolist() == [[2.0, 0.5, -torch.inf]]
        assert top.image.tolist() == [[1, 2, -1]]
        assert (top.row[0, 0], top.col[0, 0]) == (1, 0)


@pytest.mark.parametrize("stop", [0, 1, 3])
def test_resumed_mining_ends_where_uninterrupted_mining_ends(tiny, noise, stop):
    parts = batches(noise, 3)
    whole = mine(tiny, parts, LAYERS)
    states = scan(tiny, parts, LAYERS)
    for _ in range(stop + 1):
        state = next(states)
    assert state.seen == 3 * stop
    rest = noise[state.seen :].split(3)
    *_, last = scan(tiny, rest, LAYERS, state=state)
    assert last.seen == 10
    for layer in LAYERS:
        assert_same(last.top[layer], whole[layer])


def test_a_state_stays_as_it_was_when_mining_goes_on(tiny, noise):
    states = list(scan(tiny, noise.split(2), ["relu1"], k=2))
    again = mine(tiny, noise[:2].split(2), ["relu1"], k=2)["relu1"]
    assert isinstance(states[1], MiningState)
    assert_same(states[1].top["relu1"], again)


def test_progress_counts_images(tiny, noise):
    told = []
    mine(tiny, noise, ["conv1"], progress=lambda done, total: told.append((done, total)))
    assert told == [(0, 10), (10, 10)]


def test_no_images_give_empty_places_or_none(tiny):
    top = mine(tiny, [], ["conv1"], k=2)["conv1"]
    assert top.score.shape == (0, 2)


def test_unknown_layers_and_senseless_k_are_refused_before_any_image_is_read(tiny):
    def never():
        raise AssertionError("read an image")
        yield

    with pytest.raises(WorkbenchError, match="No layer 'conv7'"):
        mine(tiny, never(), ["conv7"])
    with pytest.raises(WorkbenchError, match="k=0"):
        mine(tiny, never(), ["conv1"], k=0)
