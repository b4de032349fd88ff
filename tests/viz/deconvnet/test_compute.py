from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from captum.attr import NeuronDeconvolution, NeuronGradient, NeuronGuidedBackprop
from torch import nn

from training.errors import WorkbenchError
from training.models import Network, create, freeze
from training.models.merge import Add, Concat
from viz.deconvnet import project, strongest_units

pytestmark = [
    pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU"),
    pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already require gradients"),
]


def relative_difference(ours, theirs):
    return (ours - theirs).abs().max() / theirs.abs().max()


ORACLES = {
    "deconvnet": NeuronDeconvolution,
    "guided": NeuronGuidedBackprop,
    "gradient": NeuronGradient,
}


def by_captum(network, images, layer, channels, units, rule="deconvnet"):
    """One image at a time, as captum takes one neuron a call."""
    oracle = ORACLES[rule](network, network.layers[layer])
    pictures = []
    for image, channel, (row, col) in zip(images, channels.tolist(), units.tolist(), strict=True):
        spatial = network.activations(image[None], [layer])[layer].dim() == 4
        neuron = (channel, row, col) if spatial else (channel,)
        pictures.append(oracle.attribute(image[None], neuron)[0])
    return torch.stack(pictures).detach()


@pytest.mark.parametrize(
    "options",
    [
        {"lrn": ()},
        {"lrn": (), "batch_norm": True},
        {"lrn": (), "pooling": "average"},
        {"lrn": (), "activation": "tanh"},
        {"lrn": (), "pool_kernel": 2},
        {"lrn": (), "groups": (1, 2, 1, 2, 2)},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "layer", ["conv1", "relu2", "pool2", "conv3", "conv5", "pool5", "fc6", "relu7", "fc8"]
)
def test_a_projection_is_what_captum_computes(make_tiny, noise, options, layer):
    network = make_tiny(**options)
    layer = layer.replace("relu", options.get("activation", "relu"))
    images = noise[:4]
    activations = network.activations(images, [layer])[layer]
    channels = torch.arange(4) % activations.shape[1]
    units = strongest_units(activations, channels)
    theirs = by_captum(network, images, layer, channels, units)
    ours = project(network, images, layer, channels)
    assert relative_difference(ours, theirs) < 1e-5


@pytest.mark.parametrize("layer", ["conv2", "add2", "relu2", "both", "fc"])
def test_a_projection_through_short_cuts_and_branches_is_what_captum_computes(noise, layer):
    layers = {
        "conv1": nn.Conv2d(3, 4, 3, padding=1),
        "relu1": nn.ReLU(),
        "conv2": nn.Conv2d(4, 4, 3, padding=1),
        "add2": Add(),
        "relu2": nn.ReLU(),
        "pool2": nn.MaxPool2d(3, 1, 1),
        "both": Concat(),
        "fc": nn.Linear(8 * noise.shape[-1] ** 2, 5),
    }
    inputs = {"add2": ("conv2", "relu1"), "both": ("pool2", "relu2")}
    torch.manual_seed(0)
    network = freeze(Network(layers, image_size=noise.shape[-1], inputs=inputs))
    channels = torch.arange(4)
    units = strongest_units(network.activations(noise[:4], [layer])[layer], channels)
    theirs = by_captum(network, noise[:4], layer, channels, units)
    assert relative_difference(project(network, noise[:4], layer, channels), theirs) < 1e-5


@pytest.mark.parametrize("rule", ["guided", "gradient"])
@pytest.mark.parametrize("options", [{}, {"lrn": (), "batch_norm": True}], ids=str)
@pytest.mark.parametrize("layer", ["conv1", "relu2", "norm2", "conv5", "fc6", "fc8"])
def test_the_other_rules_are_what_captum_computes(make_tiny, noise, rule, options, layer):
    if layer == "norm2" and options:
        layer = "pool2"
    network = make_tiny(**options)
    images = noise[:4]
    activations = network.activations(images, [layer])[layer]
    channels = torch.arange(4) % activations.shape[1]
    units = strongest_units(activations, channels)
    theirs = by_captum(network, images, layer, channels, units, rule)
    ours = project(network, images, layer, channels, rule=rule)
    assert relative_difference(ours, theirs) < 1e-5


def test_the_gradient_is_that_of_autograd(tiny, noise):
    image = noise[:1].clone().requires_grad_()
    tiny(image)[0, 3].backward()
    ours = project(tiny, noise[:1], "fc8", torch.tensor([3]), rule="gradient")
    assert relative_difference(ours, image.grad) < 1e-5


def test_an_unknown_rule_is_refused(tiny, noise):
    with pytest.raises(WorkbenchError, match="deconvnet, guided, gradient"):
        project(tiny, noise[:1], "conv5", torch.tensor([0]), rule="smooth")


def test_a_projection_starts_where_it_is_told(make_tiny, noise):
    network = make_tiny(lrn=())
    units = torch.tensor([[0, 0], [2, 1]])
    channels = torch.tensor([3, 5])
    theirs = by_captum(network, noise[:2], "conv3", channels, units)
    ours = project(network, noise[:2], "conv3", channels, units=units)
    assert relative_difference(ours, theirs) < 1e-5


def test_shared_maxima_of_overlapping_windows_add_up():
    # windows of 3 with stride 2 over a row of five: the 9 in the middle wins both
    image = torch.zeros(1, 1, 3, 5)
    image[0, 0, 1, 2] = 9.0
    network = Network({"pool1": nn.MaxPool2d(3, 2), "conv2": nn.Conv2d(1, 1, (1, 2))}, image_size=5)
    nn.init.ones_(network.layers["conv2"].weight)
    picture = project(network, image, "conv2", torch.tensor([0]))
    assert picture[0, 0, 1, 2] == 2.0
    assert picture.sum() == 2.0


def test_a_projection_is_unpooling_rectifying_and_transposed_filtering(make_tiny, noise):
    """The paper's own steps, one by one, on pooling without overlap."""
    network = make_tiny(lrn=(), pool_kernel=2)
    layers, image = network.layers, noise[:1]
    with torch.no_grad():
        conv1 = layers["conv1"](image)
        pooled, switches = nn.functional.max_pool2d(conv1.relu(), 2, 2, return_indices=True)
        conv2 = layers["conv2"](pooled)
        [[row, col]] = strongest_units(conv2, torch.tensor([3])).tolist()
        signal = torch.zeros_like(conv2)
        signal[0, 3, row, col] = 1
        signal = transposed(layers["conv2"], signal, pooled.shape)
        signal = nn.functional.max_unpool2d(signal, switches, 2, 2, output_size=conv1.shape[2:])
        by_hand = transposed(layers["conv1"], signal.relu(), image.shape)
    ours = project(network, image, "conv2", torch.tensor([3]))
    assert relative_difference(ours, by_hand) < 1e-5


def transposed(conv, signal, shape):
    """Through the transposed filters, to maps of that shape."""
    plain = (signal.shape[2] - 1) * conv.stride[0] - 2 * conv.padding[0] + conv.kernel_size[0]
    return nn.functional.conv_transpose2d(
        signal, conv.weight, None, conv.stride, conv.padding, shape[2] - plain, conv.groups
    )


def test_a_relu_rectifies_the_signal_and_ignores_its_own_mask():
    # two 1x1 channels fed by the same pixel with weights 1 and -1, read with weights 2 and -3:
    # the signal 2 passes even though relu1 was off, the signal -3 does not though it was on
    first, second = nn.Conv2d(1, 2, 1, bias=False), nn.Conv2d(2, 1, 1, bias=False)
    first.weight.data = torch.tensor([1.0, -1.0]).reshape(2, 1, 1, 1)
    second.weight.data = torch.tensor([2.0, -3.0]).reshape(1, 2, 1, 1)
    layers = {"conv1": first, "relu1": nn.ReLU(), "conv2": second}
    image = torch.full((1, 1, 1, 1), -5.0)
    picture = project(Network(layers, image_size=1), image, "conv2", torch.tensor([0]))
    assert picture.item() == 2.0


def test_response_normalisation_lets_the_signal_through(make_tiny, noise):
    # the same weights with and without it: only the forward maps differ, and through them the
    # switches; below the first norm there are none
    with_norm, without = make_tiny(lrn=(1,)), make_tiny(lrn=())
    units = torch.tensor([[4, 4]])
    channels = torch.tensor([2])
    assert torch.equal(
        project(with_norm, noise[:1], "norm1", channels, units=units),
        project(without, noise[:1], "relu1", channels, units=units),
    )


def test_a_projection_stays_inside_the_receptive_field(tiny, noise):
    units = torch.tensor([[1, 1]])
    picture = project(tiny, noise[:1], "norm2", torch.tensor([0]), units=units)
    top, left, bottom, right = tiny.geometry["norm2"].box(1, 1)
    outside = picture.clone()
    outside[..., max(top, 0) : bottom, max(left, 0) : right] = 0
    assert picture.abs().max() > 0
    assert outside.abs().max() == 0


def test_a_batch_gives_what_each_image_gives_alone(tiny, noise):
    images = noise.repeat(4, 1, 1, 1)  # more than one chunk
    channels = torch.arange(40) % 6
    together = project(tiny, images, "conv5", channels)
    alone = [
        project(tiny, images[n : n + 1], "conv5", channels[n : n + 1])[0] for n in (0, 7, 33, 39)
    ]
    assert torch.allclose(together[[0, 7, 33, 39]], torch.stack(alone), atol=1e-6)


def test_projecting_works_inside_inference_mode_and_leaves_no_trace(tiny, noise):
    outside = project(tiny, noise[:2], "conv5", torch.tensor([0, 1]))
    with torch.inference_mode():
        inside = project(tiny, noise[:2] + 0, "conv5", torch.tensor([0, 1]))
    assert torch.equal(inside, outside)
    assert not outside.requires_grad
    assert all(parameter.grad is None for parameter in tiny.parameters())


def test_nothing_in_nothing_out(tiny, noise):
    assert project(tiny, noise[:0], "conv5", torch.tensor([])).shape == (0, 3, 32, 32)


@pytest.mark.parametrize(
    ("layer", "channels", "units", "lesson"),
    [
        ("conv9", [0], None, "No layer 'conv9'.*conv5"),
        ("conv5", [6], None, "channels 0 to 5"),
        ("conv5", [-1], None, "channels 0 to 5"),
        ("conv5", [0, 1], None, "1 images need 1 channels"),
        ("conv5", [0], [[3, 0]], "3x3 units"),
        ("fc6", [0], [[0, 1]], "1x1 units"),
    ],
)
def test_what_does_not_exist_is_refused_in_plain_words(tiny, noise, layer, channels, units, lesson):
    units = units if units is None else torch.tensor(units)
    with pytest.raises(WorkbenchError, match=lesson):
        project(tiny, noise[:1], layer, torch.tensor(channels), units=units)


def test_alexnet_without_normalisation_agrees_with_captum_too():
    torch.manual_seed(0)
    network = freeze(create("alexnet-onetower", num_classes=10, hidden=(16,)))
    images = torch.randn(1, 3, 224, 224)
    channels = torch.tensor([7])
    units = strongest_units(network.activations(images, ["conv5"])["conv5"], channels)
    theirs = by_captum(network, images, "conv5", channels, units)
    assert relative_difference(project(network, images, "conv5", channels), theirs) < 1e-5


def test_eight_threads_that_share_a_network_see_what_one_alone_sees(tiny, noise):
    channels = torch.arange(6)
    layers = ["conv1", "relu3", "conv5", "fc6"] * 4
    alone = [project(tiny, noise[:6], layer, channels) for layer in layers]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda layer: project(tiny, noise[:6], layer, channels), layers))
    for one, other in zip(alone, together, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("resnet18", ["conv2_1b", "add4_1", "relu4_1", "conv5_2b", "fc"]),
        ("googlenet", ["inception3a_5x5_relu", "inception4a"]),
        pytest.param("vgg16", ["conv3_3"], marks=pytest.mark.slow),
    ],
)
def test_torchvisions_networks_agree_with_captum(name, layers):
    torch.manual_seed(0)
    network = freeze(create(name, 10, image_size=64))
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        network.train()(images.repeat(8, 1, 1, 1))  # statistics that are not 0 and 1
    network.eval()
    channels = torch.tensor([1, 5])
    for layer in layers:
        units = strongest_units(network.activations(images, [layer])[layer], channels)
        theirs = by_captum(network, images, layer, channels, units)
        ours = project(network, images, layer, channels)
        assert relative_difference(ours, theirs) < 1e-4


@pytest.fixture
def capped() -> tuple[Network, Network]:
    """Two convolutions with ReLUs, and the same with ReLUs that end early."""
    torch.manual_seed(0)
    convs = [nn.Conv2d(3, 5, 3, padding=1), nn.Conv2d(5, 4, 3, padding=1)]

    def build(*relus: nn.Module) -> Network:
        layers = {"conv1": convs[0], "relu1": relus[0], "conv2": convs[1], "relu2": relus[1]}
        return freeze(Network({**layers, "fc": nn.Linear(4 * 64, 2)}, image_size=8))

    ends = nn.Hardtanh(0.0, 0.05), nn.Hardtanh(0.0, 0.02)
    return build(nn.ReLU(), nn.ReLU()), build(*ends)


def test_a_relu_with_a_cap_comes_back_as_one_without(capped):
    plain, ending = capped
    images = torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    maps = ending.activations(images, ["relu2"])["relu2"]
    channels = maps.amax((2, 3)).argmax(1)
    assert torch.allclose(maps.amax((1, 2, 3)), torch.tensor(0.02))  # strongest: at the cap
    units = strongest_units(maps, channels)
    ours = project(ending, images, "relu2", channels, units=units)
    assert torch.allclose(ours, project(plain, images, "relu2", channels, units=units))
    assert (ours.abs().amax((1, 2, 3)) > 0).all()


def test_the_gradient_of_a_relu_with_a_cap_stays_the_gradient(capped):
    _, ending = capped
    image = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(2))
    unit, channel = torch.tensor([[4, 3]]), torch.tensor([1])
    ours = project(ending, image, "conv2", channel, units=unit, rule="gradient")
    image.requires_grad_()
    ending.activations(image, ["conv2"])["conv2"][0, 1, 4, 3].backward()
    assert torch.allclose(ours, image.grad)
