"""ZFNet whose pools return their switches, kept in a dictionary for a deconvnet."""

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, num_classes=5):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 7, 2, 1),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, return_indices=True),
            nn.Conv2d(8, 12, 3, 1, 1),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, return_indices=True),
        )
        self.classifier = nn.Linear(12 * 2 * 2, num_classes)
        self.pool_locs = {}
        self.feature_maps = {}

    def forward(self, x):
        for place, layer in enumerate(self.features):
            if isinstance(layer, nn.MaxPool2d):
                x, self.pool_locs[place] = layer(x)
            else:
                x = layer(x)
            self.feature_maps[place] = x
        return self.classifier(torch.flatten(x, 1))
