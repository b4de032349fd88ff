"""Layers of every kind and with every argument, for six maps, to hold parts against the whole."""

from torch import nn

from training.models.lenet import SubSampling
from training.models.merge import Slice
from training.models.pooling import StochasticPool2d, SumPool2d
from training.models.response_norm import ResponseNorm
from training.models.scale import Scale
from training.models.table_conv import TableConv2d


def conv(kernel, *args, **options):
    return nn.Conv2d(6, 6, kernel, *args, **options)


def scale():
    layer = Scale(6)
    nn.init.normal_(layer.weight)
    nn.init.normal_(layer.bias)
    return layer


class Mirrored(nn.Conv2d):
    """A convolution with a forward pass of its own, such as people write."""

    def forward(self, maps):
        return super().forward(maps.flip(3))


class SoftmaxOverSpace(nn.Module):
    def forward(self, maps):
        return maps.flatten(2).softmax(2).view_as(maps)


class Attention(nn.Module):
    """Each place asks all others, as self-attention does."""

    def forward(self, maps):
        rows = maps.flatten(2)
        return (rows @ (rows.transpose(1, 2) @ rows).softmax(1)).view_as(maps)


KINDS = {
    "zeros": conv(3, padding=1),
    "no padding": conv(3),
    "reflect": conv(3, padding=1, padding_mode="reflect"),
    "reflect, wide": conv(7, 2, padding=3, padding_mode="reflect"),
    "reflect, dilated": conv(3, padding=2, dilation=2, padding_mode="reflect"),
    "replicate": conv(5, padding=2, padding_mode="replicate"),
    "replicate, strided": conv(3, 2, padding=1, padding_mode="replicate"),
    "circular": conv(3, padding=1, padding_mode="circular"),
    "circular, strided": conv(5, 3, padding=2, padding_mode="circular"),
    "dilated": conv(3, dilation=2),
    "dilated and padded": conv(3, dilation=3, padding=3),
    "same": conv(5, padding="same"),
    "same, even": conv(4, padding="same"),
    "same, even, dilated": conv(2, padding="same", dilation=3),
    "same, reflect": conv(3, padding="same", padding_mode="reflect"),
    "valid": conv(3, 2, padding="valid"),
    "steps wider than the kernel": conv(2, 3),
    "padding wider than the kernel": conv(2, padding=3),
    "a place": conv(1, 2),
    "groups": conv(3, padding=1, groups=3),
    "depthwise, reflect": conv(3, padding=1, groups=6, padding_mode="reflect"),
    "own forward": Mirrored(6, 6, 3, padding=1),
    "max": nn.MaxPool2d(3, 2),
    "max, padded": nn.MaxPool2d(3, 2, 1),
    "max, dilated": nn.MaxPool2d(3, 1, 1, dilation=2),
    "max, dilated, hanging": nn.MaxPool2d(2, 3, dilation=3, ceil_mode=True),
    "max, hanging": nn.MaxPool2d(2, 2, ceil_mode=True),
    "max, hanging, padded": nn.MaxPool2d(3, 2, 1, ceil_mode=True),
    "mean": nn.AvgPool2d(2),
    "mean, overlapping": nn.AvgPool2d(3, 1),
    "mean, padded": nn.AvgPool2d(3, 2, 1),
    "mean, padding not counted": nn.AvgPool2d(3, 2, 1, count_include_pad=False),
    "mean, hanging": nn.AvgPool2d(2, 2, ceil_mode=True),
    "mean, hanging, padded": nn.AvgPool2d(3, 2, 1, ceil_mode=True),
    "mean, divisor": nn.AvgPool2d(3, 2, 1, divisor_override=2),
    "sum": SumPool2d(3, 2, ceil_mode=True),
    "stochastic": StochasticPool2d(3, 2, ceil_mode=True),
    "sub-sampling": SubSampling(6),
    "table": TableConv2d(6, [(0, 1), (2, 3), (4, 5), (0, 2, 4), (1,), (5, 3)], 3),
    "lrn": ResponseNorm(6, alpha=0.1),
    "torch's lrn": nn.LocalResponseNorm(4, alpha=0.5, k=1),
    "batch": nn.BatchNorm2d(6),
    "batch, own statistics": nn.BatchNorm2d(6, track_running_stats=False),
    "group": nn.GroupNorm(2, 6),
    "instance": nn.InstanceNorm2d(6),
    "softmax over space": SoftmaxOverSpace(),
    "softmax over channels": nn.Softmax2d(),
    "attention": Attention(),
    "dropout": nn.Dropout2d(0.5),
    "identity": nn.Identity(),
    "scaled": scale(),
    "channels": Slice(0, 6),
    "gelu": nn.GELU(),
    "prelu": nn.PReLU(6),
    "hard tanh": nn.Hardtanh(-0.3, 0.2),
    "larger": nn.Upsample(scale_factor=2),
    "larger, smooth": nn.UpsamplingBilinear2d(scale_factor=2),
    "shuffled": nn.PixelShuffle(1),
}
