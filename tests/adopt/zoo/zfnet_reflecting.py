"""A ZFNet port with reflecting convolutions, one norm used twice, dropout before ReLU."""

from torch import nn
from torch.nn import functional as F


class Net(nn.Module):
    def __init__(self, num_classes=5):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 7, 2, padding=3, padding_mode="reflect")
        self.conv2 = nn.Conv2d(8, 12, 5, 2, padding=2, padding_mode="reflect")
        self.pool = nn.MaxPool2d(3, 2)
        self.lrn = nn.LocalResponseNorm(size=5, alpha=1e-3, beta=0.75, k=2.0)
        self.fc6 = nn.Linear(12 * 1 * 1, 20)
        self.fc7 = nn.Linear(20, num_classes)
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        x = self.lrn(self.pool(F.relu(self.conv1(x))))
        x = self.lrn(self.pool(F.relu(self.conv2(x))))
        return self.fc7(F.relu(self.drop(self.fc6(x.view(-1, 12)))))
