"""Which pixels a class score rests on: one heat map an image, by any of the field's methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.errors import WorkbenchError
from training.models import Network
from viz.attribution.covering import Pointed, by_occlusion, covering
from viz.deconvnet import RuleName, project
from viz.network.layers import last_maps, map_sizes, require_way_back

MethodName = Literal[
    "gradient", "guided", "deconvnet", "grad-cam", "integrated-gradients", "occlusion"
]
STEPS = 32  # of integrated gradients: a Gauss–Legendre rule of so many points
BATCH = 32  # images in one pass; AlexNet keeps some 20 MB for the way back from each


@dataclass(frozen=True)
class Method:
    """One way to share the evidence for a class out among the pixels."""

    name: str  # for people
    words: str  # what a pixel's value is
    source: str  # the paper
    is_signed: bool  # negative values speak against the class; else all are amounts
    maps: Callable[[Network, Tensor, Tensor], Tensor]  # (N, 3, H, W) and (N,) to (N, H, W)
    point: Callable[[Network, Tensor, Tensor], Pointed] | None = None
    """Where it points, if that is not the largest pixel of its map."""
    needs: Callable[[Network], object] | None = None
    """Raises where a network has not what it takes."""


def attribution(network: Network, images: Tensor, labels: Tensor, *, method: MethodName) -> Tensor:
    """How much each pixel of each image adds to its class score, by one of `METHODS`.

    The values of two methods have different units: compare their order, not their size.

    Args:
        network: In evaluation mode. Threads may share it: it gets no hook and stays as it is.
        images: (N, 3, H, W), normalised.
        labels: (N,) class whose evidence is wanted, 0 <= label < K.
        method: A name in `METHODS`.

    Returns:
        (N, H, W) float32 on the CPU. An image's map does not depend on what comes with it.

    Raises:
        WorkbenchError: If there is no such method or class, or the numbers of images and labels
            differ.
    """
    require_method(method)
    if needs := METHODS[method].needs:
        needs(network)
    labels = torch.as_tensor(labels, dtype=torch.int64)
    _check(network, images, labels)
    if not len(images):
        return torch.empty(0, *images.shape[2:])
    return METHODS[method].maps(network, images, labels).float().cpu()


def evidence(network: Network, images: Tensor, labels: Tensor, *, method: MethodName) -> Pointed:
    """Where the evidence for each image's class lies: a map, and the one pixel it points at.

    Arguments and errors as `attribution`. Most methods point at the largest pixel of their map;
    occlusion points with the window, see `viz.attribution.covering.by_occlusion`.
    """
    require_method(method)
    point = METHODS[method].point
    if point is not None:
        return point(network, images, labels)
    maps = attribution(network, images, labels, method=method)
    flat = maps.flatten(1).argmax(1)
    return Pointed(maps, torch.stack([flat // maps.shape[2], flat % maps.shape[2]], dim=1))


def require_method(method: str) -> None:
    """Refuse a method that there is not."""
    if method not in METHODS:
        raise WorkbenchError(f"Unknown method {method!r}. Choose one of: {', '.join(METHODS)}.")


def usable(
    network: Network, methods: Sequence[MethodName] = ()
) -> tuple[tuple[MethodName, ...], tuple[str, ...]]:
    """Those of some methods that a network has all for, and a sentence for each of the others.

    Args:
        network: One on the meta device is enough.
        methods: Names in `METHODS`; all of them if none is given.

    Raises:
        WorkbenchError: If none is left, or there is no such method.
    """
    fit: list[MethodName] = []
    reasons = []
    for name in dict.fromkeys(methods or METHODS):
        require_method(name)
        try:
            if needs := METHODS[name].needs:
                needs(network)
            fit.append(name)
        except WorkbenchError as error:
            reasons.append(f"{METHODS[name].name} has no map. {error}")
    if not fit:
        raise WorkbenchError(" ".join(reasons))
    return tuple(fit), tuple(reasons)


def saliency(network: Network, images: Tensor, labels: Tensor, *, rule: RuleName) -> Tensor:
    """What a rule brings back from the class's logit; the largest of the three colours' sizes.

    Source: Simonyan et al. 2013, section 3.1, there for the gradient.
    """
    pictures = project(network, images, network.head, labels.cpu(), rule=rule)
    return pictures.abs().amax(1)


def grad_cam(
    network: Network, images: Tensor, labels: Tensor, *, layer: str | None = None
) -> Tensor:
    """A layer's maps, each times the mean gradient of the class's logit, added up and rectified.

    Args:
        network: In evaluation mode.
        images: (N, 3, H, W), normalised.
        labels: (N,) classes.
        layer: With maps; by default the last one that everything passes before the classifier.

    Returns:
        (N, H, W), enlarged bilinearly from the layer's own size.

    Raises:
        WorkbenchError: If there is no such layer or it has no maps, or none is given and there is
            no layer with maps that everything passes.

    Source: Selvaraju et al. 2017, equations 1 and 2; equal to captum's `LayerGradCam`.
    """
    from captum.attr import LayerGradCam  # takes seconds to import

    layer = layer or last_maps(network)
    network.require_layer(layer)
    if not map_sizes(network, [layer]):
        raise WorkbenchError(
            f"{layer} has no maps for Grad-CAM. Choose one of: {', '.join(network.geometry)}."
        )
    tapped, tap = _tapped(network, layer)
    explain = partial(LayerGradCam(tapped, tap).attribute, relu_attributions=True)
    coarse = _in_batches(explain, network, images, labels, BATCH)
    size = images.shape[2:]
    return functional.interpolate(coarse, size, mode="bilinear", align_corners=False)[:, 0]


def integrated_gradients(
    network: Network, images: Tensor, labels: Tensor, *, steps: int = STEPS
) -> Tensor:
    """The mean gradient on the straight way from the mean colour to the image, times the way.

    The three colours are added up. A map's sum is how much larger the class's logit is for the
    image than for the mean colour alone ("completeness"), as far as the steps are fine enough.

    Args:
        network: In evaluation mode.
        images: (N, 3, H, W), normalised.
        labels: (N,) classes.
        steps: Points on the way.

    Returns:
        (N, H, W), signed.

    Source: Sundararajan et al. 2017, equation 1; equal to captum's `IntegratedGradients`.
    """
    from captum.attr import IntegratedGradients

    explain = partial(IntegratedGradients(network).attribute, n_steps=steps)
    return _in_batches(explain, network, images, labels, max(1, BATCH // steps)).sum(1)


def _maps_with_a_way_back(network: Network) -> None:
    last_maps(network)
    require_way_back(network)


METHODS: dict[MethodName, Method] = {
    "gradient": Method(
        "Gradient",
        "size of the logit's slope in the pixel, the largest of the three colours",
        "Simonyan et al. 2013",
        False,
        partial(saliency, rule="gradient"),
        needs=require_way_back,
    ),
    "guided": Method(
        "Guided backprop",
        "size of the slope, with only positive signals let through each ReLU",
        "Springenberg et al. 2014",
        False,
        partial(saliency, rule="guided"),
        needs=require_way_back,
    ),
    "deconvnet": Method(
        "Deconvnet",
        "size of the class's projection, the largest of the three colours",
        "Zeiler & Fergus 2013",
        False,
        partial(saliency, rule="deconvnet"),
        needs=require_way_back,
    ),
    "grad-cam": Method(
        "Grad-CAM",
        "the last maps, each times the logit's mean slope in it, added up and enlarged",
        "Selvaraju et al. 2017",
        False,
        grad_cam,
        needs=_maps_with_a_way_back,
    ),
    "integrated-gradients": Method(
        "Integrated gradients",
        "share of the pixel in the logit, over that of the mean colour",
        "Sundararajan et al. 2017",
        True,
        integrated_gradients,
        needs=require_way_back,
    ),
    "occlusion": Method(
        "Occlusion",
        "what P(class) loses, on average, while a grey window covers the pixel",
        "Zeiler & Fergus 2013",
        True,
        covering,
        by_occlusion,
    ),
}
"""The only list of the methods: attribution, localisation and the sanity checks go by it."""


def _tapped(network: Network, layer: str) -> tuple[Network, nn.Module]:
    """The same layers in a network of the caller's own, and in it a module behind one of them.

    captum puts hooks on the module that it watches; on a layer that threads share, each would
    see the maps of all.
    """
    tap, name = nn.Identity(), f"{layer}_tap"
    layers: dict[str, nn.Module] = {}
    for each, module in network.layers.items():
        layers[each] = module
        if each == layer:
            layers[name] = tap
    inputs = {
        each: tuple(name if source == layer else source for source in sources)
        for each, sources in network.inputs.items()
    }
    inputs[name] = (layer,)
    return Network(
        layers, image_size=network.image_size, inputs=inputs, outputs=network.outputs
    ), tap


def _in_batches(
    explain: Callable[..., Tensor], network: Network, images: Tensor, labels: Tensor, size: int
) -> Tensor:
    """One of captum's methods for a few images at a time."""
    parts = []
    # pages call from within inference mode, whose tensors no graph accepts
    with torch.inference_mode(False), torch.enable_grad():
        for batch, targets in zip(images.split(size), labels.split(size), strict=True):
            own = batch.to(network.device).clone().detach().requires_grad_()
            part = explain(own, target=targets.to(network.device))
            parts.append(part.detach().cpu())
    return torch.cat(parts)


def _check(network: Network, images: Tensor, labels: Tensor) -> None:
    if labels.shape != images.shape[:1] or images.dim() != 4:
        raise WorkbenchError(
            f"Images (N, 3, H, W) need one class each; got images {tuple(images.shape)} and "
            f"classes {tuple(labels.shape)}."
        )
    unknown = labels[(labels < 0) | (labels >= network.num_classes)]
    if len(unknown):
        raise WorkbenchError(
            f"There is no class {int(unknown[0])}: the network knows 0 to "
            f"{network.num_classes - 1}."
        )
