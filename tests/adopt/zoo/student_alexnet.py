"""AlexNet in two Sequentials, ReLU in place, view(x.size(0), 256 * 2 * 2)."""

from torch import nn


class Net(nn.Module):
    def __init__(self, num_classes=5):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, kernel_size=5, stride=2, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(8, 12, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
        )
        self.classifier = nn.Sequential(
            nn.Dropout(),
            nn.Linear(12 * 3 * 3, 20),
            nn.ReLU(inplace=True),
            nn.Linear(20, num_classes),
        )

    def forward(self, x):
        x = self.features(x)
        x = x.view(x.size(0), 12 * 3 * 3)
        return self.classifier(x)
