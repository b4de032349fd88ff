"""An early exit: the answer of the first head where it is sure enough."""

from torch import nn
from torch.nn import functional as F


class Net(nn.Module):
    def __init__(self, num_classes=5):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 8, 3, 2), nn.Conv2d(8, 12, 3, 2)
        self.exit1, self.exit2 = nn.Linear(8, num_classes), nn.Linear(12, num_classes)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        first = self.exit1(x.mean((2, 3)))
        if first.softmax(1).max() > 0.9:
            return first
        return self.exit2(F.relu(self.conv2(x)).mean((2, 3)))
