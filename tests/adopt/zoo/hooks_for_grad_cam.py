"""Hooks that keep maps and gradients for Grad-CAM, registered in __init__."""

from torch import nn
from torch.nn import functional as F


class Net(nn.Module):
    def __init__(self, num_classes=5):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, 2)
        self.conv2 = nn.Conv2d(8, 12, 3)
        self.fc = nn.Linear(12, num_classes)
        self.gradients = None
        self.activations = None
        self.conv2.register_forward_hook(self.keep_maps)

    def keep_maps(self, module, given, output):
        self.activations = output

    def forward(self, x):
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        return self.fc(x.max(3)[0].max(2)[0])
