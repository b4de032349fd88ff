"""How weights begin, by the names that Caffe has for it."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn


def gaussian(weight: Tensor, scale: float) -> None:
    """Normal around 0 with this deviation (Krizhevsky et al. 2012, section 5)."""
    nn.init.normal_(weight, std=scale)


def xavier(weight: Tensor, _scale: float) -> None:
    """Uniform with a variance of 1 / fan-in, as Caffe has it.

    Keeps the variance of what runs forward through linear layers. Glorot & Bengio 2010 take the
    mean of fan-in and fan-out instead, for the sake of what runs back (equation 16).
    """
    nn.init.kaiming_uniform_(weight, nonlinearity="linear")


def he(weight: Tensor, _scale: float) -> None:
    """Normal with a variance of 2 / fan-in; Caffe's "msra".

    Keeps the variance through layers of ReLUs, which lose half of it (He et al. 2015, equation 10).
    """
    nn.init.kaiming_normal_(weight, nonlinearity="relu")


def constant(weight: Tensor, scale: float) -> None:
    """All the same: the filters of a layer then get the same gradient and stay the same."""
    nn.init.constant_(weight, scale)


FILLERS: dict[str, Callable[[Tensor, float], None]] = {
    "gaussian": gaussian,
    "xavier": xavier,
    "he": he,
    "constant": constant,
}
