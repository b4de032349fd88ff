import pytest
import torch
from captum.attr import Occlusion as CaptumOcclusion
from torch import nn

from training.errors import WorkbenchError
from training.models import Network
from viz.network.fills import filling
from viz.occlusion import covered, last_maps, occlusion, scan, steps, visiting_order
from viz.occlusion.compute import inside


def by_brute_force(network, image, window, stride, fill, layer):
    """(probabilities, totals of all channels), one place and one pass at a time."""
    rows, cols = ((side - window) // stride + 1 for side in image.shape[1:])
    probability = torch.empty(rows, cols, 4, dtype=torch.float64)
    totals = []
    for row in range(rows):
        for col in range(cols):
            hidden = image.clone()
            for y in range(row * stride, row * stride + window):
                for x in range(col * stride, col * stride + window):
                    hidden[:, y, x] = fill[:, y, x]
            probability[row, col] = network(hidden[None]).double().softmax(1)[0]
            maps = network.activations(hidden[None], [layer])[layer][0]
            totals.append(maps.sum((1, 2)))
    return probability, torch.stack(totals, 1).reshape(-1, rows, cols)


@pytest.mark.parametrize(
    ("window", "stride", "fill", "layer"),
    [
        (8, 4, "grey", "relu5"),
        (7, 3, "noise", "conv2"),
        (32, 1, "blur", "relu5"),
        (5, 9, "mean", "pool1"),
    ],
)
@pytest.mark.parametrize("batch_size", [1, 10, 500])
def test_all_maps_are_what_brute_force_finds(tiny, noise, window, stride, fill, layer, batch_size):
    image, fill = noise[0], filling(fill, noise[0])
    found = occlusion(tiny, image, window=window, stride=stride, fill=fill, batch_size=batch_size)
    probability, totals = by_brute_force(tiny, image, window, stride, fill, layer)
    whole = tiny.activations(image[None], [layer])[layer][0].sum((1, 2))
    watched = found.tracked(layer)
    assert torch.allclose(found.probability, probability, atol=1e-6)
    assert torch.equal(found.predicted, probability.argmax(2))
    assert watched.channel == whole.argmax()
    assert torch.allclose(watched.activation, totals[watched.channel], rtol=1e-5, atol=1e-5)
    assert watched.base == pytest.approx(whole.max().item(), rel=1e-5)
    assert torch.allclose(found.base, tiny(image[None]).double().softmax(1)[0], atol=1e-6)


def test_every_layer_with_maps_is_watched_in_the_same_pass(tiny, noise):
    passes = []
    tiny.layers["conv1"].register_forward_hook(lambda *_: passes.append(1))
    found = occlusion(tiny, noise[0], window=8, stride=8)
    assert found.layers == tuple(tiny.geometry)
    assert len(passes) == 2  # the whole image, and one batch of 16 places


def test_coarse_places_come_first_and_each_place_once():
    assert visiting_order(2, 3) == [(row, col, 1) for row in range(2) for col in range(3)]
    order = visiting_order(9, 10)  # 90 places are more than 64, 5·5 of every other are not
    assert order[:6] == [(0, 0, 2), (0, 2, 2), (0, 4, 2), (0, 6, 2), (0, 8, 2), (2, 0, 2)]
    assert {step for _, _, step in order[25:]} == {1}
    assert sorted((row, col) for row, col, _ in order) == [
        (row, col) for row in range(9) for col in range(10)
    ]
    assert steps(27, 27) == [4, 2, 1]
    assert steps(193, 193) == [32, 16, 8, 4, 2, 1]


def test_the_coarse_map_has_the_fine_ones_values_in_blocks(tiny, noise):
    fine = occlusion(tiny, noise[0], window=8, stride=2)  # 13 by 13 places
    coarse = next(each for each in scan(tiny, noise[0], window=8, stride=2) if each.step)
    assert (coarse.step, coarse.done) == (2, 64)
    blocks = fine.probability[::2, ::2].repeat_interleave(2, 0).repeat_interleave(2, 1)
    visited = torch.zeros(13, 13, dtype=torch.bool)
    for row, col, _ in visiting_order(13, 13)[49:64]:
        visited[row, col] = True
    assert torch.allclose(coarse.probability[~visited], blocks[:13, :13][~visited], atol=1e-6)
    assert torch.allclose(coarse.probability[visited], fine.probability[visited], atol=1e-6)


def test_a_sure_network_s_places_still_differ(tiny, noise):
    with torch.no_grad():
        tiny.layers["fc8"].weight *= 40
        tiny.layers["fc8"].bias.copy_(torch.tensor([30.0, 0, 0, 0]))
    found = occlusion(tiny, noise[0], window=8, stride=4)
    sure = found.probability[..., 0]
    assert (sure.float() == 1).all()  # what single precision would say of all places
    assert len(sure.unique()) > 0.9 * sure.numel()


def test_refined_in_parts_is_exactly_what_one_go_gives(tiny, noise):
    settings = {"window": 8, "stride": 3, "batch_size": 10}  # 81 places
    whole = occlusion(tiny, noise[2], **settings)
    for stop in range(0, 81, 10):
        state = next(each for each in scan(tiny, noise[2], **settings) if each.done == stop)
        covered = []
        tiny.layers["conv1"].register_forward_hook(
            lambda _module, inputs, _output, covered=covered: covered.append(len(inputs[0]))
        )
        *_, refined = scan(tiny, noise[2], **settings, state=state)
        assert torch.equal(refined.probability, whole.probability)
        assert torch.equal(refined.activation, whole.activation)
        assert (refined.done, refined.step) == (81, 1)
        assert sum(covered) == 81 - stop  # nothing twice


def pixelwise(found, label, side):
    """Our map as captum tells it: each pixel's mean drop over the squares that cover it."""
    drop = torch.zeros(side, side)
    covered = torch.zeros(side, side)
    for row, cells in enumerate(found.base[label] - found.probability[..., label]):
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
    colour = torch.full_like(image, fill)
    found = occlusion(tiny, image, window=window, stride=stride, fill=colour)
    theirs = CaptumOcclusion(lambda images: tiny(images).double().softmax(1)).attribute(
        image[None], (3, window, window), (3, stride, stride), baselines=fill, target=1
    )
    ours = pixelwise(found, 1, 32)
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
    found = occlusion(LightDetector(), torch.ones(3, 32, 32), window=8, stride=8)
    probability = found.probability[..., 1]
    assert probability[0, 0] == 0.5
    assert (probability.flatten()[1:] > 0.7).all()
    assert found.predicted.flatten().tolist() == [0] + [1] * 15
    # the map of 16 lit squares loses one wherever the square lies
    watched = found.tracked("relu1")
    assert torch.allclose(watched.activation, torch.tensor(15.0))
    assert watched.base == pytest.approx(16.0, rel=1e-5)


def test_the_square_lets_its_own_part_of_the_fill_through():
    # the light moves: what was bright in the corner is dark, what the fill has elsewhere stays away
    image, fill = torch.ones(3, 32, 32), torch.zeros(3, 32, 32)
    fill[:, :8, :8] = 2.0
    found = occlusion(LightDetector(), image, window=8, stride=8, fill=fill)
    logit = found.probability[0, 0].log()
    assert (logit[1] - logit[0]).item() == pytest.approx(2.0, rel=1e-5)
    assert torch.allclose(found.probability.flatten(0, 1)[1:], found.base)
    hidden = covered(image, fill, 8, 8, 16)
    assert hidden[:, 8:16, 16:24].sum() == 0
    assert hidden.sum() == image.sum() - 3 * 64


def test_a_square_covering_everything_gives_one_cell_of_grey(tiny, noise):
    found = occlusion(tiny, noise[0], window=32, stride=5)
    assert found.shape == (1, 1)
    grey = tiny(torch.zeros(1, 3, 32, 32)).double().softmax(1)[0]
    assert torch.allclose(found.probability[0, 0], grey, atol=1e-6)


def test_the_image_stays_as_it_was(tiny, noise):
    before = noise[0].clone()
    occlusion(tiny, noise[0], window=8, stride=8)
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
        window=8,
        stride=8,
        batch_size=6,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(0, 16), (6, 16), (12, 16), (16, 16)]


@pytest.mark.parametrize(
    ("wrong", "lesson"),
    [
        ({"window": 33}, "33 px wide but the image is 32x32 px. Choose 1 to 32"),
        ({"window": 0}, "Choose 1 to 32"),
        ({"stride": 0}, "at least 1"),
        ({"batch_size": 0}, "at least one image"),
        ({"fill": torch.zeros(3, 1, 1)}, r"fill has shape \(3, 1, 1\)"),
    ],
)
def test_settings_that_make_no_sense_are_refused(tiny, noise, wrong, lesson):
    settings = {"window": 8, "stride": 8} | wrong
    with pytest.raises(WorkbenchError, match=lesson):
        occlusion(tiny, noise[0], **settings)


def test_a_layer_without_maps_cannot_be_watched(tiny, noise):
    found = occlusion(tiny, noise[0], window=16, stride=16)
    for layer in ("fc6", "conv6"):
        with pytest.raises(WorkbenchError, match=f"{layer} has no maps.*relu5"):
            found.tracked(layer)


def test_a_batch_of_images_is_refused(tiny, noise):
    with pytest.raises(WorkbenchError, match="One image"):
        occlusion(tiny, noise, window=8, stride=8)


def test_a_circle_hides_the_pixels_whose_centres_lie_in_it():
    assert inside("circle", 4).int().tolist() == [
        [0, 1, 1, 0],
        [1, 1, 1, 1],
        [1, 1, 1, 1],
        [0, 1, 1, 0],
    ]
    assert inside("circle", 1).all()
    assert inside("square", 3).all()


def test_a_circular_window_is_what_brute_force_finds(tiny, noise):
    image, fill = noise[0], torch.zeros_like(noise[0])
    found = occlusion(tiny, image, window=9, stride=7, shape="circle")
    centre = torch.arange(9.0) - 4
    disc = centre[:, None] ** 2 + centre**2 <= 4.5**2
    for row, col in ((0, 0), (1, 2), (3, 3)):
        hidden = image.clone()
        for y, x in disc.nonzero().tolist():
            hidden[:, row * 7 + y, col * 7 + x] = 0
        expected = tiny(hidden[None]).double().softmax(1)[0]
        assert torch.allclose(found.probability[row, col], expected, atol=1e-6)
        assert torch.equal(covered(image, fill, 9, row * 7, col * 7, "circle"), hidden)
