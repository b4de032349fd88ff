from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from captum.attr import (
    GuidedBackprop,
    IntegratedGradients,
    LayerAttribution,
    LayerGradCam,
    Saliency,
)
from captum.attr import Occlusion as CaptumOcclusion

from training.errors import WorkbenchError
from viz.attribution import METHODS, attribution, grad_cam, integrated_gradients, loss_map
from viz.occlusion import Occlusion

pytestmark = [
    pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU"),
    pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already require gradients"),
]
LABELS = torch.tensor([0, 3, 1, 3])


def by_captum(network, images, labels, method):
    """The method as captum alone computes it, with hooks on the network's own layers."""
    if method == "gradient":
        return Saliency(network).attribute(images, labels).amax(1)
    if method == "guided":
        return GuidedBackprop(network).attribute(images, labels).abs().amax(1)
    if method == "grad-cam":
        maps = LayerGradCam(network, network.layers["relu5"])
        coarse = maps.attribute(images, labels, relu_attributions=True)
        return LayerAttribution.interpolate(coarse, images.shape[2:], "bilinear")[:, 0]
    if method == "integrated-gradients":
        return IntegratedGradients(network).attribute(images, target=labels, n_steps=32).sum(1)
    probability = CaptumOcclusion(lambda batch: network(batch).softmax(1))
    return probability.attribute(images, (3, 10, 10), target=labels)[:, 0]  # a step of 1 px


@pytest.mark.parametrize(
    "method", ["gradient", "guided", "grad-cam", "integrated-gradients", "occlusion"]
)
def test_a_map_is_what_captum_computes(tiny, noise, method):
    theirs = by_captum(tiny, noise[:4].clone().requires_grad_(), LABELS, method).detach()
    ours = attribution(tiny, noise[:4], LABELS, method=method)
    assert ours.shape == (4, 32, 32)
    assert torch.allclose(ours, theirs, atol=1e-5 * float(theirs.abs().max()))


def test_the_gradient_is_autograds(tiny, noise):
    image = noise[:1].clone().requires_grad_()
    tiny(image)[0, 3].backward()
    [ours] = attribution(tiny, noise[:1], [3], method="gradient")
    assert torch.allclose(ours, image.grad[0].abs().amax(0), rtol=1e-4)


def test_integrated_gradients_share_out_what_the_image_adds_to_the_logit(tiny, noise):
    maps = integrated_gradients(tiny, noise[:4], LABELS, steps=300)
    with torch.no_grad():
        added = tiny(noise[:4]) - tiny(torch.zeros_like(noise[:4]))
    assert torch.allclose(maps.sum((1, 2)), added[torch.arange(4), LABELS], rtol=0.01, atol=1e-3)


def test_occlusion_blames_a_pixel_for_the_squares_that_cover_it():
    # two squares of 2 px beside each other by 1 px in an image of 2x4: the first costs 0.5, the
    # second nothing; the pixels under both get the mean, those under none nothing
    result = Occlusion(
        probability=torch.tensor([[[0.6, 0.4], [0.1, 0.9]]]),
        activation=torch.zeros(1, 2, 1),
        base=torch.tensor([0.1, 0.9]),
        base_activation=torch.zeros(1),
        layers=("relu5",),
        channel=torch.tensor([0]),
        window=2,
        stride=1,
        done=2,
    )
    row = [0.5, 0.25, 0.0, 0.0]
    assert torch.allclose(loss_map(result, 1, 2, 4), torch.tensor([row, row]))


@pytest.mark.parametrize("method", METHODS)
def test_an_image_has_the_same_map_in_any_company(tiny, noise, method):
    images, labels = noise.repeat(4, 1, 1, 1)[:34], torch.arange(34) % 4  # more than one batch
    if method == "occlusion":
        images, labels = images[:3], labels[:3]
    together = attribution(tiny, images, labels, method=method)
    last = attribution(tiny, images[-1:], labels[-1:], method=method)
    assert torch.allclose(together[-1:], last, atol=1e-5 * float(last.abs().max()))


@pytest.mark.parametrize("method", METHODS)
def test_a_map_says_by_its_signs_what_its_method_promises(tiny, noise, method):
    maps = attribution(tiny, noise[:2], [0, 1], method=method)
    assert bool((maps < 0).any()) == METHODS[method].is_signed
    assert maps.dtype == torch.float32


def test_eight_threads_that_share_a_network_see_what_one_alone_sees(tiny, noise):
    methods = [method for method in METHODS if method != "occlusion"] * 5

    def maps(method):
        return attribution(tiny, noise[:4], LABELS, method=method)

    alone = [maps(method) for method in methods]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(maps, methods))
    for one, other in zip(alone, together, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("method", METHODS)
def test_the_network_stays_as_it_was(tiny, noise, method):
    before = {name: value.clone() for name, value in tiny.state_dict().items()}
    attribution(tiny, noise[:1], [0], method=method)
    for module in tiny.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
        assert not module._backward_hooks
        assert not module._backward_pre_hooks
        assert not module.training
    assert all(torch.equal(before[name], value) for name, value in tiny.state_dict().items())
    assert all(parameter.grad is None for parameter in tiny.parameters())


@pytest.mark.parametrize("method", METHODS)
def test_a_page_in_inference_mode_gets_the_same_map(tiny, noise, method):
    outside = attribution(tiny, noise[:1], [2], method=method)
    with torch.inference_mode():
        inside = attribution(tiny, noise[:1] + 0, torch.tensor([2]), method=method)
    assert torch.equal(inside, outside)
    assert not outside.requires_grad


def test_grad_cam_looks_at_the_layer_it_is_told(tiny, noise):
    theirs = LayerGradCam(tiny, tiny.layers["conv3"])
    coarse = theirs.attribute(noise[:2], LABELS[:2], relu_attributions=True)
    ours = grad_cam(tiny, noise[:2], LABELS[:2], layer="conv3")
    enlarged = LayerAttribution.interpolate(coarse, (32, 32), "bilinear")[:, 0].detach()
    assert torch.allclose(ours, enlarged, atol=1e-7)
    with pytest.raises(WorkbenchError, match=r"fc6 has no maps.*conv1"):
        grad_cam(tiny, noise[:2], LABELS[:2], layer="fc6")


def test_no_image_no_map(tiny, noise):
    assert attribution(tiny, noise[:0], torch.tensor([]), method="grad-cam").shape == (0, 32, 32)


@pytest.mark.parametrize(
    ("images", "labels", "method", "lesson"),
    [
        (2, [0, 1], "smooth", "gradient, guided, deconvnet, grad-cam"),
        (2, [0], "gradient", r"one class each; got images \(2, 3, 32, 32\) and classes \(1,\)"),
        (2, [0, 4], "gradient", "no class 4: the network knows 0 to 3"),
        (1, [-1], "grad-cam", "no class -1"),
    ],
)
def test_what_does_not_exist_is_refused_in_plain_words(tiny, noise, images, labels, method, lesson):
    with pytest.raises(WorkbenchError, match=lesson):
        attribution(tiny, noise[:images], labels, method=method)
