"""Layers of torch's by the kinds that a graph of ours may have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from torch import nn

from training.adopt.calls import Call
from training.models.channel_softmax import ChannelSoftmax
from training.models.response_norm import ResponseNorm


def in_known_kind(call: Call, shape: Sequence[int]) -> Call:
    """A call whose layer is of a kind that a graph has, where one does the same in evaluation.

    Response normalisation becomes the paper's, where alpha is not divided by n; a norm of each map
    is one of groups of one channel, and a norm of a row of numbers one of a single group.

    Args:
        call: Of any layer.
        shape: Of what it gives.
    """
    match call.module:
        case nn.AlphaDropout(p=p) | nn.FeatureAlphaDropout(p=p) | nn.Dropout1d(p=p):
            return replace(call, module=nn.Dropout(p))
        case nn.InstanceNorm2d(track_running_stats=False) as norm:
            channels = norm.num_features
            groups = nn.GroupNorm(channels, channels, eps=norm.eps, affine=norm.affine)
            return replace(call, module=groups)
        case nn.LayerNorm(bias=bias) as norm if len(shape) == 2:
            (features,) = norm.normalized_shape
            affine = norm.elementwise_affine
            group = nn.GroupNorm(1, features, eps=norm.eps, affine=affine, bias=bias is not None)
            return replace(call, module=group)
        case nn.Softmax(dim=None | 1 | -1) if len(shape) == 2:
            return replace(call, module=ChannelSoftmax())
        case nn.AdaptiveAvgPool2d(output_size=tuple(sides)) if None in sides:
            return replace(call, module=nn.AdaptiveAvgPool2d(tuple(shape[2:])))
        case nn.AdaptiveMaxPool2d(output_size=tuple(sides)) if None in sides:
            return replace(call, module=nn.AdaptiveMaxPool2d(tuple(shape[2:])))
        case nn.LocalResponseNorm(size=n) as norm if n % 2:
            alpha = norm.alpha / n
            ours = ResponseNorm(shape[1], n=n, k=norm.k, alpha=alpha, beta=norm.beta)
            return replace(call, module=ours)
        case _:
            return call
