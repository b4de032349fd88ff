import pytest
import torch
from torch import nn

from training.errors import WorkbenchError
from training.models import Network
from viz.feature_maps import feature_maps
from viz.occlusion import occlusion

CURVE_DETECTOR = [
    [0, 0, 0, 0, 0, 30, 0],
    [0, 0, 0, 0, 30, 0, 0],
    [0, 0, 0, 30, 0, 0, 0],
    [0, 0, 0, 30, 0, 0, 0],
    [0, 0, 0, 30, 0, 0, 0],
    [0, 0, 0, 30, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0],
]
CURVE = [
    [0, 0, 0, 0, 0, 0, 30],
    [0, 0, 0, 0, 50, 50, 50],
    [0, 0, 0, 20, 50, 0, 0],
    [0, 0, 0, 50, 50, 0, 0],
    [0, 0, 0, 50, 50, 0, 0],
    [0, 0, 0, 50, 50, 0, 0],
    [0, 0, 0, 50, 50, 0, 0],
]
SOMETHING_ELSE = [
    [0, 0, 0, 0, 0, 0, 0],
    [0, 40, 0, 0, 0, 0, 0],
    [40, 0, 40, 0, 0, 0, 0],
    [40, 20, 0, 0, 0, 0, 0],
    [0, 50, 0, 0, 0, 0, 0],
    [0, 0, 50, 0, 0, 0, 0],
    [25, 25, 0, 50, 0, 0, 0],
]


@pytest.mark.parametrize(("picture", "answer"), [(CURVE, 6600.0), (SOMETHING_ELSE, 0.0)])
def test_a_curve_detector_answers_to_its_curve_and_to_nothing_else(picture, answer):
    # by hand: 50 and 20 + 3·50 under the detector's 30s, 220 · 30 = 6600
    conv = nn.Conv2d(1, 1, 7, bias=False)
    conv.weight.data = torch.tensor(CURVE_DETECTOR, dtype=torch.float32)[None, None]
    network = Network({"conv1": conv}, image_size=7)
    image = torch.tensor(picture, dtype=torch.float32)[None]
    assert feature_maps(network, image, "conv1").maps.tolist() == [[[answer]]]


@pytest.mark.parametrize("layer", ["conv1", "relu2", "pool5"])
def test_maps_are_the_layers_outputs(tiny, noise, layer):
    found = feature_maps(tiny, noise[0], layer)
    assert found.layer == layer
    assert torch.allclose(found.maps, tiny.activations(noise[:1], [layer])[layer][0], atol=1e-6)


def test_the_channel_with_the_largest_total_comes_first(tiny, noise):
    found = feature_maps(tiny, noise[0], "relu2")
    totals = [sum(found.maps[channel].flatten().tolist()) for channel in found.order]
    assert totals == pytest.approx(sorted(totals, reverse=True))
    assert sorted(found.order.tolist()) == list(range(8))


def test_the_first_channel_is_the_one_that_occlusion_tracks(tiny, noise):
    for image in noise:
        tracked = occlusion(tiny, image, window=16, stride=16).tracked("relu5").channel
        assert feature_maps(tiny, image, "relu5").order[0] == tracked


def test_a_fully_connected_layer_gives_maps_of_one_unit(tiny, noise):
    found = feature_maps(tiny, noise[0], "fc6")
    assert found.maps.shape == (16, 1, 1)
    assert found.order[0] == found.maps.flatten().argmax()


def test_an_unknown_layer_is_refused(tiny, noise):
    with pytest.raises(WorkbenchError, match="No layer 'conv9'"):
        feature_maps(tiny, noise[0], "conv9")
