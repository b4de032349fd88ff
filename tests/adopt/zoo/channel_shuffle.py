"""ShuffleNet: the maps of two groups dealt out anew between convolutions."""

import torch
from torch import nn
from torch.nn import functional as F


def channel_shuffle(x, groups):
    n, c, h, w = x.size()
    x = x.view(n, groups, c // groups, h, w)
    x = torch.transpose(x, 1, 2).contiguous()
    return x.view(n, -1, h, w)


class Net(nn.Module):
    def __init__(self, num_classes=5):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, 2)
        self.conv2 = nn.Conv2d(8, 8, 1, groups=2)
        self.fc = nn.Linear(8, num_classes)

    def forward(self, x):
        x = channel_shuffle(F.relu(self.conv1(x)), 2)
        return self.fc(F.relu(self.conv2(x)).mean((2, 3)))
