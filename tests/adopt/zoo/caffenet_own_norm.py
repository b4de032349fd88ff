"""CaffeNet from a converter: names with slashes, and a class LRN with AvgPool3d."""

from torch import nn


class LRN(nn.Module):
    def __init__(self, local_size=1, alpha=1.0, beta=0.75, ACROSS_CHANNELS=False):
        super().__init__()
        self.ACROSS_CHANNELS = ACROSS_CHANNELS
        if self.ACROSS_CHANNELS:
            self.average = nn.AvgPool3d(
                kernel_size=(local_size, 1, 1), stride=1, padding=((local_size - 1) // 2, 0, 0)
            )
        else:
            self.average = nn.AvgPool2d(local_size, stride=1, padding=(local_size - 1) // 2)
        self.alpha = alpha
        self.beta = beta

    def forward(self, x):
        if self.ACROSS_CHANNELS:
            div = self.average(x.pow(2).unsqueeze(1)).squeeze(1)
        else:
            div = self.average(x.pow(2))
        return x.div(div.mul(self.alpha).add(1.0).pow(self.beta))


class Net(nn.Sequential):
    def __init__(self, num_classes=5):
        super().__init__()
        self.add_module("conv1/5x5_s2", nn.Conv2d(3, 8, 5, 2, 2))
        self.add_module("conv1/relu", nn.ReLU(inplace=True))
        self.add_module("norm-1", LRN(local_size=5, alpha=0.01, beta=0.75, ACROSS_CHANNELS=True))
        self.add_module("pool 1", nn.MaxPool2d(3, 2, ceil_mode=True))
        self.add_module("flat", nn.Flatten())
        self.add_module("fc/8", nn.Linear(8 * 8 * 8, num_classes))
