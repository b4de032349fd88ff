"""Linear classifiers, fitted on the products of features with one another.

A linear classifier's weights are a sum over training images, w = Σ βᵢ xᵢ, so that only the Gram
matrix K of products is needed, however long the features are, and one such matrix serves every
choice of training images, of C and of the loss.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Literal

import torch
from torch import Tensor

from training.errors import WorkbenchError

LossName = Literal["svm", "softmax"]
STEPS, INNER_STEPS = 60, 100  # far above what is ever needed: 3 to 10, and 10 in each
HALVINGS = 12
FEW = 0.25  # share of the images, up to which eliminating is less work than iterating
WELL_POSED = 1.0  # C up to which iterating takes few steps; from there on, a tenfold C at a time
ROUGH = 1e-2  # tolerance of what is only begun from


@dataclass(frozen=True)
class Loss:
    """What an image's scores cost; n images, k classes, signs ±1 or targets 0 and 1: (n, k)."""

    value: Callable[[Tensor, Tensor], Tensor]  # scores, targets to (1, k), or (1, 1) where coupled
    slope: Callable[[Tensor, Tensor], Tensor]  # its gradient by the scores, (n, k)
    curvature: Callable[[Tensor, Tensor], Callable[[Tensor], Tensor]]  # its Hessian as a product
    each_class: bool  # whether the classes are fitted one by one
    off: float  # target of the classes that an image does not have
    usual_curvature: Callable[[int], float]  # of k classes, near the solution: preconditions
    offset: float  # squared length of the constant feature that stands for the intercept
    grid: tuple[float, ...]  # what C is chosen from, for features of length 1
    solved: Callable[[Tensor, Tensor, Tensor, Tensor, float], Tensor | None] | None = None
    """By elimination, the weights to which Newton's step leads, where that is less work."""


@dataclass(frozen=True)
class Linear:
    """A fitted classifier, by its n training images."""

    weights: Tensor  # (n, k), of each training image's features
    intercept: Tensor  # (k,)

    def scores(self, products: Tensor) -> Tensor:
        """Decision values (m, k) from the products of m images with the training images, (m, n)."""
        return products @ self.weights + self.intercept


def fit_linear(
    kernel: Tensor,
    labels: Tensor,
    *,
    loss: LossName,
    c: float,
    tolerance: float = 1e-4,
    start: Linear | None = None,
) -> Linear:
    """The classifier that minimises ½‖w‖² + C Σ loss, exactly.

    The optimum is scikit-learn's: for "svm" that of LinearSVC (squared hinge, one class against
    the others, the intercept penalised like a weight), for "softmax" that of LogisticRegression
    (multinomial, the intercept as good as free). Newton's method in the space of the features; its
    system is solved by conjugate gradients under the product aᵀKb, preconditioned by one Cholesky
    factor for all classes, so that a step costs one product with an n × n matrix; or class by
    class on the few images within a margin, where they are few.

    Args:
        kernel: (n, n) products of the training images' features; its precision is kept.
        labels: (n,) int64 from 0, every class at least once.
        loss: "svm" or "softmax".
        c: What the losses weigh against ½‖w‖², above 0.
        tolerance: How far the gradient may be from 0, in units of C.
        start: A classifier of the same images with another C, to begin from.

    Raises:
        WorkbenchError: If C is not positive, there is one class alone, or a product is no number.

    Source: Chapelle 2007, Training a support vector machine in the primal, section 4.
    """
    classes = int(labels.max()) + 1
    if not c > 0:
        raise WorkbenchError(f"C must be above 0, got {c}.")
    if classes < 2:
        raise WorkbenchError("A classifier needs images of at least two classes.")
    if not kernel.isfinite().all():
        raise WorkbenchError("The features hold numbers that are not finite; look at the run.")
    what = LOSSES[loss]
    if start is None and c > WELL_POSED:
        lower = max(c / 10, WELL_POSED)
        start = fit_linear(kernel, labels, loss=loss, c=lower, tolerance=ROUGH)
    targets = kernel.new_full((len(labels), classes), what.off)
    targets[torch.arange(len(labels)), labels] = 1
    first = torch.zeros_like(targets) if start is None else start.weights
    weights = _minimise(kernel + what.offset, targets, what, c, tolerance, first)
    return Linear(weights, what.offset * weights.sum(0))


def _minimise(
    kernel: Tensor, targets: Tensor, loss: Loss, c: float, tolerance: float, beta: Tensor
) -> Tensor:
    """(n, k) weights β of training images, of the loss of scores Kβ; from those given."""
    h = c * loss.usual_curvature(targets.shape[1])
    inverse = cache(partial(_inverse, kernel, h))  # not needed where all steps eliminate
    scores, known = kernel @ beta, torch.zeros_like(beta)
    cost = _sum(beta * scores, loss) / 2 + c * loss.value(scores, targets)
    for _ in range(STEPS):
        gradient = beta + c * loss.slope(scores, targets)
        off = float(gradient.abs().max()) / c
        if off < tolerance:
            break
        end = loss.solved(kernel, known, scores, targets, c) if loss.solved else None
        if end is None:
            curvature = loss.curvature(scores, targets)
            step, moved = _newton_step(gradient, inverse(), h, c, loss, curvature)
        else:
            known = end
            step = end - beta
            moved = kernel @ step
        length = torch.ones_like(cost)
        for _ in range(HALVINGS):
            there, then = beta + length * step, scores + length * moved
            cost_then = _sum(there * then, loss) / 2 + c * loss.value(then, targets)
            rises = cost_then > cost + 1e-6 * cost.abs()
            if not rises.any():
                break
            length = torch.where(rises, length / 2, length)
        gained = cost - cost_then
        beta, scores, cost = there, then, cost_then
        if (gained <= torch.finfo(cost.dtype).eps * cost.abs()).all():
            break  # as far as the precision goes
    return beta


def _inverse(kernel: Tensor, h: float) -> Tensor:
    system = kernel * h
    system.diagonal().add_(1)
    return torch.cholesky_inverse(torch.linalg.cholesky(system))


def _newton_step(
    gradient: Tensor,
    inverse: Tensor,
    h: float,
    c: float,
    loss: Loss,
    curvature: Callable[[Tensor], Tensor],
) -> tuple[Tensor, Tensor]:
    """The step that leads to where the gradient is 0, and by how much it moves the scores."""
    rest = -gradient
    step, moved = torch.zeros_like(rest), torch.zeros_like(rest)
    start = float(rest.norm())
    enough = min(0.1, (float(gradient.abs().max()) / c) ** 0.5) * start
    before: Tensor | None = None
    for _ in range(INNER_STEPS):
        ahead = inverse @ rest
        ahead_moves = (rest - ahead) / h  # K·ahead: the inverse is that of I + hK
        size = _sum(rest * ahead_moves, loss)
        if before is None:
            way, way_moves = ahead, ahead_moves
        else:
            turn = _share(size, before)
            way, way_moves = ahead + turn * way, ahead_moves + turn * way_moves
        slope = way + c * curvature(way_moves)
        along = _share(size, _sum(slope * way_moves, loss))
        step, moved = step + along * way, moved + along * way_moves
        rest, before = rest - along * slope, size
        if float(rest.norm()) < enough:
            break
    return step, moved


def _on_the_margin(
    kernel: Tensor, known: Tensor, scores: Tensor, targets: Tensor, c: float
) -> Tensor | None:
    """(n, k) weights of the images within each class's margin, as if those were the right ones.

    None where they are many and iterating does as well. Known ones are taken again for the classes
    that they came from the same images of.
    """
    inside = targets * scores < 1
    if c <= WELL_POSED and float(inside.double().mean()) > FEW:
        return None
    found = ((known != 0) == inside).all(0)
    weights = known * found
    for label in torch.nonzero(~found)[:, 0].tolist():
        there = torch.nonzero(inside[:, label])[:, 0]
        system = kernel[there][:, there]
        system.diagonal().add_(1 / (2 * c))
        factor = torch.linalg.cholesky(system)
        weights[there, label] = torch.cholesky_solve(targets[there, label, None], factor)[:, 0]
    return weights


def _sum(products: Tensor, loss: Loss) -> Tensor:
    """Of each class, or of all of them where they are fitted together."""
    return products.sum(0, keepdim=True) if loss.each_class else products.sum().reshape(1, 1)


def _share(part: Tensor, whole: Tensor) -> Tensor:
    """Their ratio; 0 of a class that is solved, where rounding alone is left of both."""
    solved = (part <= 0) | (whole <= 0)
    return torch.where(solved, 0, part / torch.where(solved, 1, whole))


def _softmax_value(scores: Tensor, targets: Tensor) -> Tensor:
    return (scores.logsumexp(1) - (scores * targets).sum(1)).sum().reshape(1, 1)


def _softmax_curvature(scores: Tensor, _targets: Tensor) -> Callable[[Tensor], Tensor]:
    p = scores.softmax(1)
    return lambda way: p * (way - (p * way).sum(1, keepdim=True))


def _hinge_curvature(scores: Tensor, targets: Tensor) -> Callable[[Tensor], Tensor]:
    inside = 2 * (targets * scores < 1).to(scores.dtype)
    return lambda way: inside * way


LOSSES: dict[LossName, Loss] = {
    "svm": Loss(
        value=lambda scores, signs: (1 - signs * scores).clamp_min(0).square().sum(0, keepdim=True),
        slope=lambda scores, signs: -2 * signs * (1 - signs * scores).clamp_min(0),
        curvature=_hinge_curvature,
        each_class=True,
        off=-1.0,
        usual_curvature=lambda _classes: 0.04,  # 2 for the few images within the margin
        offset=1.0,
        grid=(0.1, 1.0, 10.0, 100.0),
        solved=_on_the_margin,
    ),
    "softmax": Loss(
        value=_softmax_value,
        slope=lambda scores, targets: scores.softmax(1) - targets,
        curvature=_softmax_curvature,
        each_class=False,
        off=0.0,
        usual_curvature=lambda classes: 0.3 / classes,
        offset=100.0,
        grid=(1.0, 10.0, 100.0, 1000.0),
    ),
}
