"""What a covering square lets through: another picture of the same size."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from training.errors import WorkbenchError

BLUR = 10 / 224  # deviation, of the image's side
SEED = 0


def grey(image: Tensor) -> Tensor:
    """0 after normalisation: the mean colour that the run subtracts (Zeiler & Fergus, ECCV 2014).

    It is the training set's where that was measured; run.json names it.
    """
    return torch.zeros_like(image)


def mean_colour(image: Tensor) -> Tensor:
    """The image's own mean colour: no edge in brightness where it is even."""
    return image.mean((1, 2), keepdim=True).expand_as(image)


def blurred(image: Tensor) -> Tensor:
    """The image through a Gaussian of 10 px deviation of 224, in proportion for other sizes.

    Colours stay, details go. Edges mirror the image; the kernel ends at 3 deviations.

    Source: Fong & Vedaldi, ICCV 2017, section 4.
    """
    sigma = BLUR * image.shape[-1]
    reach = min(math.ceil(3 * sigma), min(image.shape[1:]) - 1)
    steps = torch.arange(-reach, reach + 1, dtype=image.dtype, device=image.device)
    weights = torch.exp(-0.5 * (steps / sigma) ** 2)
    weights = (weights / weights.sum())[None, None, None]
    padded = functional.pad(image[:, None], (reach,) * 4, mode="reflect")
    across = functional.conv2d(padded, weights)
    return functional.conv2d(across, weights.transpose(2, 3))[:, 0]


def noise(image: Tensor) -> Tensor:
    """Normal noise of the run's own mean and deviation; the same one every time."""
    generator = torch.Generator().manual_seed(SEED)
    return torch.randn(image.shape, generator=generator, dtype=image.dtype).to(image.device)


FILLS: dict[str, Callable[[Tensor], Tensor]] = {
    "grey": grey,
    "mean": mean_colour,
    "blur": blurred,
    "noise": noise,
}


def filling(name: str, image: Tensor) -> Tensor:
    """The picture (3, H, W) that covers spots of an image.

    Args:
        name: One of `FILLS`, or a number: that value after normalisation.
        image: (3, H, W), normalised.

    Raises:
        WorkbenchError: If there is no such fill.
    """
    if name in FILLS:
        return FILLS[name](image)
    try:
        value = float(name)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise WorkbenchError(
            f"There is no fill {name!r}. Choose one of: {', '.join(FILLS)}, or a number such as "
            "-2: the value after normalisation, where 0 is the mean."
        )
    return torch.full_like(image, value)
