"""Weights trained on several GPUs: the network still in DataParallel."""

from torch import nn


class Inner(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 7, 4)
        self.fc = nn.Linear(8 * 7 * 7, num_classes)

    def forward(self, x):
        device = next(self.parameters()).device
        x = x.to(device, non_blocking=True)
        return self.fc(nn.ReLU()(self.conv(x)).view(x.shape[0], -1))


def Net(num_classes=5):
    return nn.DataParallel(Inner(num_classes))
