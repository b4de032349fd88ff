import math

import pytest
import torch
from torch import nn

from training.models import Network, freeze
from viz.attribution import attribution
from viz.network.rank_correlation import rank_correlation
from viz.sanity_checks.randomisation import cascade, randomisation, randomised, stages


def seeded():
    return torch.Generator().manual_seed(0)


def gradient_of(image, label=0):
    return lambda network: attribution(network, image[None], [label], method="gradient")[0]


def test_a_map_that_shows_the_weights_is_lost_with_them(noise):
    # the gradient of a single layer is its weights: noise has nothing to do with them
    torch.manual_seed(0)
    network = Network({"fc": nn.Linear(3 * 32 * 32, 2)}, image_size=32).requires_grad_(False)
    found = randomisation(network, gradient_of(noise[0]), generator=seeded())
    assert found.down_to == ("fc",)
    assert found.correlation[0] == pytest.approx(1)
    assert abs(found.correlation[1]) < 0.15  # about 1 / sqrt(1024), five times


def test_a_map_that_ignores_the_weights_stays(tiny, noise):
    def edges(_network):
        return noise[0].diff(dim=2).abs().amax(0)

    found = randomisation(tiny, edges, generator=seeded())
    assert found.correlation.tolist() == pytest.approx([1] * 9)


def test_layers_turn_to_noise_one_after_the_other_from_the_top(tiny, noise):
    found = randomisation(tiny, gradient_of(noise[0]), generator=seeded())
    from_the_top = ("fc8", "fc7", "fc6", "conv5", "conv4", "conv3", "conv2", "conv1")
    assert found.down_to == from_the_top
    assert found.maps.shape == (9, 32, 32)
    for number, network in enumerate(cascade(tiny, seeded())):
        for name, layer in network.layers.items():
            if name in from_the_top:
                same = torch.equal(layer.weight, tiny.layers[name].weight)
                assert same == (name not in from_the_top[:number])
        assert torch.equal(gradient_of(noise[0])(network), found.maps[number])


def test_the_trained_network_stays_as_it_is_and_shares_what_is_not_random(tiny, noise):
    before = {name: value.clone() for name, value in tiny.state_dict().items()}
    randomisation(tiny, gradient_of(noise[0]), generator=seeded())
    assert all(torch.equal(before[name], value) for name, value in tiny.state_dict().items())
    _, first, *_ = cascade(tiny, seeded())
    assert first.layers["fc7"] is tiny.layers["fc7"]
    assert not any(parameter.requires_grad for parameter in first.parameters())


def test_noise_has_the_mean_and_deviation_of_what_it_replaces():
    layer = nn.Linear(300, 200)
    nn.init.normal_(layer.weight, 0.5, 0.1)
    noise = randomised(layer, seeded()).weight.detach()
    assert noise.mean() == pytest.approx(0.5, abs=0.005)
    assert noise.std() == pytest.approx(0.1, abs=0.005)
    assert abs(rank_correlation(noise, layer.weight.detach())) < 0.02


def test_a_deep_network_goes_several_layers_at_a_time():
    layers = {f"conv{number}": nn.Conv2d(3, 3, 1) for number in range(1, 26)}
    parts = stages(Network(layers, image_size=4))
    assert [len(part) for part in parts] == [2, 3, 3, 2, 2, 3, 3, 2, 2, 3]
    assert [name for part in parts for name in part] == list(reversed(layers))


def test_a_page_in_inference_mode_may_ask(tiny, noise):
    with torch.inference_mode():
        inside = randomisation(tiny, gradient_of(noise[0]), generator=seeded())
    outside = randomisation(tiny, gradient_of(noise[0]), generator=seeded())
    assert torch.equal(inside.maps, outside.maps)


def test_an_empty_map_has_no_correlation():
    # a network that finds nothing for the class leaves Grad-CAM all zero
    assert math.isnan(rank_correlation(torch.zeros(3, 3), torch.rand(3, 3)))


def test_ranks_correlate_whatever_the_units():
    values = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert rank_correlation(values, values.exp()) == pytest.approx(1.0)
    assert rank_correlation(values, -values) == pytest.approx(-1.0)
    swapped = torch.tensor([[2.0, 1.0], [3.0, 4.0]])  # 1 − 6·(1+1) / (4·15)
    assert rank_correlation(values, swapped) == pytest.approx(0.8)


def test_what_was_learnt_is_lost_with_the_weights(noise):
    # class 0 is light above, class 1 light below
    torch.manual_seed(0)
    layers = {"conv1": nn.Conv2d(3, 8, 5, 2), "relu1": nn.ReLU(), "fc2": nn.Linear(8 * 14 * 14, 2)}
    network = Network(layers, image_size=32)
    images, labels = noise[:8].clone(), torch.tensor([0, 1] * 4)
    images[::2, :, :16] += 1
    images[1::2, :, 16:] += 1
    for _ in range(60):
        gradients = torch.autograd.grad(network.loss(images, labels)[0], network.parameters())
        with torch.no_grad():
            for parameter, gradient in zip(network.parameters(), gradients, strict=True):
                parameter -= 0.02 * gradient
    freeze(network)
    assert torch.equal(network(images).argmax(1), labels)

    def shares(each):
        return attribution(each, images[:1], labels[:1], method="integrated-gradients")[0]

    found = randomisation(network, shares, generator=seeded())
    assert found.correlation[0] == pytest.approx(1)
    assert found.correlation[1:].abs().max() < 0.3
