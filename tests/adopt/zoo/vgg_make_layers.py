"""VGG by a list of numbers and letters, batch normalisation, and its own initialisation."""

from torch import nn


PLAN = [8, "M", 12, 12, "M"]


def make_layers(plan, batch_norm=True):
    layers, channels = [], 3
    for v in plan:
        if v == "M":
            layers += [nn.MaxPool2d(kernel_size=2, stride=2)]
            continue
        layers += [nn.Conv2d(channels, v, kernel_size=3, padding=1)]
        layers += [nn.BatchNorm2d(v)] * batch_norm + [nn.ReLU(inplace=True)]
        channels = v
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d((7, 7)))


class Net(nn.Module):
    def __init__(self, num_classes=5):
        super().__init__()
        self.features = make_layers(PLAN)
        self.classifier = nn.Linear(12 * 7 * 7, num_classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        return self.classifier(self.features(x).reshape(x.shape[0], -1))
