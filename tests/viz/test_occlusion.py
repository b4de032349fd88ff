import pytest
import torch
from captum.attr import Occlusion as CaptumOcclusion
from torch import nn

from training.errors import WorkbenchError
from training.models import Network
from viz.occlusion import last_maps, occlusion


def by_brute_force(network, image, label, window, stride, fill, layer):
    """(probability, predicted, totals of all channels), one place and one pass at a time."""
    rows, cols = ((side - window) // stride + 1 for side in image.shape[1:])
    probability = torch.empty(rows, cols)
    predicted = torch.empty(rows, cols, dtype=torch.int64)
    totals = []
    for row in range(rows):
        for col in range(cols):
            hidden = image.clone()
            top, left = row * stride, col * stride
            for colour in range(3):
                value = fill[colour] if isinstance(fill, tuple) else fill
                hidden[colour, top : top + window, left : left + window] = value
            probability[row, col] = network(hidden[None]).softmax(1)[0, label]
            predicted[row, col] = network(hidden[None]).argmax()
            maps = network.activations(hidden[None], [layer])[layer][0]
            totals.append(maps.sum((1, 2)))
    return probability, predicted, torch.stack(totals, 1).reshape(-1, rows, cols)


@pytest.mark.parametrize(
    ("window", "stride", "fill", "layer"),
    [
        (8, 4, 0.0, "relu5"),
        (7, 3, 1.5, "conv2"),
        (32, 1, 0.0, "relu5"),
        (5, 9, (1.0, -2.0, 0.5), "pool1"),
    ],
)
@pytest.mark.parametrize("batch_size", [1, 10, 500])
def test_all_three_maps_are_what_brute_force_finds(
    tiny, noise, window, stride, fill, layer, batch_size
):
    image = noise[0]
    found = occlusion(
        tiny,
        image,
        label=2,
        window=window,
        stride=stride,
        fill=fill,
        layer=layer,
        batch_size=batch_size,
    )
    probability, predicted, totals = by_brute_force(tiny, image, 2, window, stride, fill, layer)
    whole = tiny.activations(image[None], [layer])[layer][0].sum((1, 2))
    assert torch.allclose(found.probability, probability, atol=1e-6)
    assert torch.equal(found.predicted, predicted)
    assert found.channel == whole.argmax()
    assert torch.allclose(found.activation, totals[found.channel], rtol=1e-5, atol=1e-5)
    assert found.base_activation == pytest.approx(whole.max().item(), rel=1e-5)
    assert torch.allclose(found.base, tiny(image[None]).softmax(1)[0], atol=1e-6)


def pixelwise(found, side):
    """Our map as captum tells it: each pixel's mean drop over the squares that cover it."""
    drop = torch.zeros(side, side)
    covered = torch.zeros(side, side)
    for row, cells in enumerate(found.base[found.label] - found.probability):
        for col, cell in enumerate(cells):
            rows = slice(row * found.stride, row * found.stride + found.window)
            cols = slice(col * found.stride, col * found.stride + found.window)
            drop[rows, cols] += cell
            covered[rows, cols] += 1
    return drop / covered


# strides that divide: elsewhere captum adds squares that hang over the edge
@pytest.mark.parametrize(("window", "stride", "fill"), [(8, 4, 0.0), (8, 8, 0.0), (12, 5, -1.0)])
def test_occlusion_is_what_captum_computes(tiny, noise, window, stride, fill):
    image = noise[1]
    found = occlusion(tiny, image, label=1, window=window, stride=stride, fill=fill)
    theirs = CaptumOcclusion(lambda images: tiny(images).softmax(1)).attribute(
        image[None], (3, window, window), (3, stride, stride), baselines=fill, target=1
    )
    ours = pixelwise(found, 32)
    assert (ours - theirs[0, 0]).abs().max() < 1e-5 * theirs.abs().max() + 1e-7


class LightDetector(Network):
    """Light in the top-left 8x8 pixels, and nothing else, speaks for class 1."""

    def __init__(self):
        conv = nn.Conv2d(3, 1, 8, stride=8, bias=False)
        nn.init.constant_(conv.weight, 1 / 192)
        read = nn.Linear(16, 2, bias=False)
        read.weight.data.zero_()[1, 0] = 1.0
        super().__init__({"conv1": conv, "relu1": nn.ReLU(), "fc2": read}, image_size=32)


def test_occlusion_finds_the_only_pixels_that_matter():
    found = occlusion(LightDetector(), torch.ones(3, 32, 32), label=1, window=8, stride=8)
    assert found.probability[0, 0] == 0.5
    assert (found.probability.flatten()[1:] > 0.7).all()
    assert found.predicted.flatten().tolist() == [0] + [1] * 15
    # the map of 16 lit squares loses one wherever the square lies
    assert torch.allclose(found.activation, torch.tensor(15.0))
    assert found.base_activation == pytest.approx(16.0, rel=1e-5)


def test_a_square_covering_everything_gives_one_cell_of_grey(tiny, noise):
    found = occlusion(tiny, noise[0], label=0, window=32, stride=5)
    assert found.probability.shape == (1, 1)
    grey = tiny(torch.zeros(1, 3, 32, 32)).softmax(1)[0, 0]
    assert found.probability[0, 0].item() == pytest.approx(grey.item(), abs=1e-6)


def test_the_image_stays_as_it_was(tiny, noise):
    before = noise[0].clone()
    occlusion(tiny, noise[0], label=0, window=8, stride=8)
    assert torch.equal(noise[0], before)


def test_by_default_the_last_maps_after_their_activation_are_watched(make_tiny):
    assert last_maps(make_tiny()) == "relu5"
    assert last_maps(make_tiny(batch_norm=True)) == "relu5"
    assert last_maps(make_tiny(activation="tanh")) == "tanh5"
    assert last_maps(Network({"conv1": nn.Conv2d(3, 1, 1), "pool1": nn.MaxPool2d(2)}, image_size=2))


def test_progress_reaches_the_number_of_places(tiny, noise):
    told = []
    occlusion(
        tiny,
        noise[0],
        label=0,
        window=8,
        stride=8,
        batch_size=6,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(6, 16), (12, 16), (16, 16)]


@pytest.mark.parametrize(
    ("wrong", "lesson"),
    [
        ({"window": 33}, "33 px wide but the image is 32x32 px. Choose 1 to 32"),
        ({"window": 0}, "Choose 1 to 32"),
        ({"stride": 0}, "at least 1"),
        ({"label": 4}, "no class 4: the network knows 0 to 3"),
        ({"label": -1}, "no class -1"),
        ({"batch_size": 0}, "at least one image"),
        ({"layer": "conv6"}, "No layer 'conv6'"),
        ({"layer": "fc6"}, "fc6 has no maps.*relu5"),
    ],
)
def test_settings_that_make_no_sense_are_refused(tiny, noise, wrong, lesson):
    settings = {"label": 0, "window": 8, "stride": 8} | wrong
    with pytest.raises(WorkbenchError, match=lesson):
        occlusion(tiny, noise[0], **settings)


def test_a_batch_of_images_is_refused(tiny, noise):
    with pytest.raises(WorkbenchError, match="One image"):
        occlusion(tiny, noise, label=0, window=8, stride=8)
