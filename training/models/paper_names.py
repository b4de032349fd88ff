"""What the papers call the layers of torchvision's networks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from torch import nn
from torchvision.models import VGG, GoogLeNet, ResNet

from training.adopt.calls import Call
from training.models.response_norm import ResponseNorm


def layer_names(network: nn.Module, calls: Sequence[Call]) -> list[str]:
    """A name for each operation: the paper's where we know the paper, else torchvision's own.

    - VGG (Simonyan & Zisserman 2014): conv1_1 relu1_1 conv1_2 … pool5 fc6 relu6 drop6 … fc8;
    - ResNet (He et al. 2015): conv2_1a is the first convolution of the first block of conv2_x,
      bn2_1a and relu2_1a follow it, add2_1 joins the way round with the short cut, whose own
      convolution, where there is one, is short2_1;
    - GoogLeNet (Szegedy et al. 2014): inception3a_3x3_reduce and so on, inception3a is what they
      make together; aux4a and aux4d are the classifiers on the side.
    """
    return paper_names(network, calls) or list(_plain(calls))


def paper_names(network: nn.Module, calls: Sequence[Call]) -> list[str]:
    """A name for each operation of a network that a paper describes; nothing for any other."""
    match network:
        case VGG():
            return list(_vgg(calls))
        case ResNet():
            return list(_resnet(calls))
        case GoogLeNet():
            return [_googlenet(call) for call in calls]
        case _:
            return []


def _vgg(calls: Sequence[Call]) -> Iterator[str]:
    stage, place, dense = 1, 0, 5
    for call in calls:
        match call.module:
            case nn.MaxPool2d():
                yield f"pool{stage}"
                stage, place = stage + 1, 0
                continue
            case nn.AdaptiveAvgPool2d():
                yield "avgpool"
                continue
            case nn.Conv2d():
                place += 1
            case nn.Linear():
                dense += 1
        where = f"{stage}_{place}" if dense == 5 else str(dense)
        yield f"{word_for(call.module)}{where}"


_STEM = {"relu": "relu1", "maxpool": "pool1", "avgpool": "pool5"}


def _resnet(calls: Sequence[Call]) -> Iterator[str]:
    names: list[str] = []
    for call in calls:
        names.append(_of_resnet(call, names))
        yield names[-1]


def _of_resnet(call: Call, before: list[str]) -> str:
    block = re.match(r"layer(\d)\.(\d+)\.?(.*)", call.path)
    if block is None:
        return _STEM.get(call.path, call.path)
    at = f"{int(block[1]) + 1}_{int(block[2]) + 1}"
    part = block[3]
    if part.startswith("downsample"):
        return f"short{at}" if isinstance(call.module, nn.Conv2d) else f"shortbn{at}"
    if isinstance(call.module, nn.ReLU):  # of the layer that it follows
        return f"relu{before[call.sources[0]].lstrip('abdn')}"
    letter = "abc"[int(part[-1]) - 1] if part else ""  # conv1 is the block's a, and so on
    return f"{word_for(call.module)}{at}{letter}"


_GOOGLENET = {
    "conv2": "conv2_reduce",
    "conv3": "conv2",
    "avgpool": "pool5",
    "dropout": "drop",
    "aux1": "aux4a_fc1",  # a function's path is that of its module
    "aux2": "aux4d_fc1",
}
_BRANCHES = {
    "branch1": "1x1",
    "branch2.0": "3x3_reduce",
    "branch2.1": "3x3",
    "branch3.0": "5x5_reduce",
    "branch3.1": "5x5",
    "branch4.0": "pool",
    "branch4.1": "pool_proj",
}


def _googlenet(call: Call) -> str:
    after = {nn.BatchNorm2d: "_bn", nn.ReLU: "_relu"}.get(type(call.module), "")
    # a convolution, its normalisation and its ReLU share a module: conv1.conv, conv1.bn, conv1
    path = re.sub(r"\.(bn|conv)$", "", call.path) if call.own else call.path
    path = path.replace("maxpool", "pool")
    place, _dot, part = path.partition(".")
    if place.startswith("inception") and part:
        return f"{place}_{_BRANCHES[part]}{after}"
    if place.startswith("aux") and (part or isinstance(call.module, nn.AdaptiveAvgPool2d)):
        side = {"aux1": "aux4a", "aux2": "aux4d"}[place]
        return f"{side}_{ {'dropout': 'drop', '': 'pool'}.get(part, part) }{after}"
    return f"{_GOOGLENET.get(path, path)}{after}"


def _plain(calls: Sequence[Call]) -> Iterator[str]:
    """features_0, classifier_1 …; functions by what they do, and numbers for what comes again."""
    seen: dict[str, int] = {}
    for call in calls:
        path = re.sub(r"\W", "_", call.path)
        name = path if call.own else "_".join(filter(None, [path, word_for(call.module)]))
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name}_{seen[name]}"


def word_for(layer: nn.Module) -> str:
    """What a layer does, in a word: conv, bn, relu, fc, drop, pool."""
    match layer:
        case nn.Conv2d():
            return "conv"
        case nn.BatchNorm1d() | nn.BatchNorm2d():
            return "bn"
        case nn.GroupNorm() | ResponseNorm():
            return "norm"
        case nn.Linear():
            return "fc"
        case nn.Dropout() | nn.Dropout2d():
            return "drop"
        case nn.MaxPool2d() | nn.AvgPool2d():
            return "pool"
        case nn.AdaptiveAvgPool2d():
            return "avgpool"
        case nn.AdaptiveMaxPool2d():
            return "maxpool"
        case _:
            return type(layer).__name__.lower()
