"""What the numbers that a network ends in mean: how probabilities of its classes follow from them.

A network's last layer gives a score for each class. Whether these are the logits of classes of
which one is right, or each the log odds of a label that may be there beside others, is not in the
weights: it is declared, `Network.outputs`, and every view and every evaluation asks it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Literal, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.errors import WorkbenchError

OutputsName = Literal["softmax", "sigmoid", "binary"]
"""What a user may say that a network gives; `OUTPUTS` has one more that is only found."""


class Criterion(Protocol):
    """What is minimised, with the arguments of `functional.cross_entropy`."""

    def __call__(
        self,
        logits: Tensor,
        labels: Tensor,
        /,
        *,
        label_smoothing: float = ...,
        reduction: str = ...,
    ) -> Tensor: ...


@dataclass(frozen=True)
class Outputs:
    """One way to read scores (…, K); those of one class never depend on other images."""

    name: str
    words: str  # what the probabilities are, to end a sentence with
    probabilities: Callable[[Tensor], Tensor]  # scores (…, K) to P (…, K), in the scores' precision
    log_odds: Callable[[Tensor, Tensor], Tensor]
    """log(P / (1 − P)) of one class each, (N,), from scores (N, K) and classes (N,): no rounding
    to 0 or 1."""
    loss: Criterion
    mean: Callable[[Sequence[Tensor]], Tensor]
    """The scores (N, K) whose probabilities are the mean of those of several, (N, K) each."""
    exclusive: bool = True  # whether one class is right, and the probabilities add up to 1
    positive: int | None = None
    """Of one score for two classes, the class it speaks for; `TwoClasses` makes two of it."""

    @property
    def note(self) -> str:
        """What to bear in mind where probabilities stand side by side; nothing if they add up."""
        return "" if self.exclusive else "Labels each on its own: P need not add up to 1."

    @property
    def note_on_errors(self) -> str:
        """What being wrong means, where more than one label may be right."""
        if self.exclusive:
            return ""
        return (
            "Labels each on its own, and the data name one an image: right is where that one has "
            "the highest probability; others that may be there, too, are not known of."
        )

    def meaning(self, classes: Sequence[str]) -> str:
        """What the network gives for these classes, to go on a sentence with."""
        if self.positive is None:
            return f"{len(classes)} outputs are {self.name}, {self.words}"
        one, other = classes[self.positive], classes[1 - self.positive]
        return (
            f"outputs are {self.name}, one number z for two classes: P({one}) = sigmoid(z) and "
            f"P({other}) = 1 − P({one})"
        )

    def scores_for(self, num_classes: int) -> int:
        """How many numbers the network itself gives for so many classes.

        Raises:
            WorkbenchError: If one number is to tell apart more or less than two.
        """
        if self.positive is None:
            return num_classes
        if num_classes != 2:
            raise WorkbenchError(
                f"outputs {self.name} are one number for two classes, and there are {num_classes}."
            )
        return 1


class TwoClasses(nn.Module):
    """One score z as the scores of two classes, −z and z: their sigmoids are 1 − P and P."""

    out_features = 2

    def __init__(self, positive: int = 1) -> None:
        """
        Args:
            positive: The class that z speaks for, 0 or 1.
        """
        super().__init__()
        self.positive = positive

    def forward(self, score: Tensor) -> Tensor:
        """(N, 1) to (N, 2)."""
        return torch.cat([-score, score] if self.positive else [score, -score], dim=1)


def _softmax(scores: Tensor) -> Tensor:
    return scores.softmax(-1)


def _log_odds_of_one_right(scores: Tensor, labels: Tensor) -> Tensor:
    own = scores.gather(1, labels[:, None])
    others = scores.scatter(1, labels[:, None], float("-inf"))
    return own[:, 0] - others.logsumexp(1)


def _own_score(scores: Tensor, labels: Tensor) -> Tensor:
    return scores.gather(1, labels[:, None])[:, 0]


def _each_label_by_itself(
    scores: Tensor, labels: Tensor, /, *, label_smoothing: float = 0.0, reduction: str = "mean"
) -> Tensor:
    """The binary cross-entropy, a mean over the labels, where each image has the one label.

    Of two classes' scores −z and z it is the usual binary cross-entropy of z.
    """
    classes = scores.shape[1]
    truth = functional.one_hot(labels, classes).to(scores)
    truth = truth * (1 - label_smoothing) + label_smoothing / classes
    losses = functional.binary_cross_entropy_with_logits(scores, truth, reduction="none").mean(1)
    return {"mean": losses.mean, "sum": losses.sum}[reduction]()


def mean_log_probability(log_probabilities: Sequence[Tensor]) -> Tensor:
    """The logarithm of the mean of probabilities, given their logarithms, (N, K) each."""
    return reduce(torch.logaddexp, log_probabilities) - math.log(len(log_probabilities))


def _mean_of_one_right(scores: Sequence[Tensor]) -> Tensor:
    return mean_log_probability([each.log_softmax(1) for each in scores])


def _mean_of_labels(scores: Sequence[Tensor]) -> Tensor:
    present = mean_log_probability([functional.logsigmoid(each) for each in scores])
    absent = mean_log_probability([functional.logsigmoid(-each) for each in scores])
    return present - absent


SOFTMAX = Outputs(
    "softmax",
    "classes of which one is right: their probabilities add up to 1",
    _softmax,
    _log_odds_of_one_right,
    functional.cross_entropy,
    _mean_of_one_right,
)
SIGMOID = Outputs(
    "sigmoid",
    "labels each on its own: their probabilities need not add up to 1",
    torch.sigmoid,
    _own_score,
    _each_label_by_itself,
    _mean_of_labels,
    exclusive=False,
)
BINARY = replace(
    SIGMOID,
    name="binary",
    words="one number for two classes: P of the one is 1 − P of the other",
    exclusive=True,
    positive=1,
)
OUTPUTS: dict[str, Outputs] = {
    each.name: each
    for each in (SOFTMAX, SIGMOID, BINARY, replace(BINARY, name="binary-first", positive=0))
}
"""By name. The one number of binary speaks for the second class, label 1, as those trained with a
binary cross-entropy do; that of binary-first for the first class."""


def outputs_called(name: str) -> Outputs:
    """One way to read scores, by its name.

    Raises:
        WorkbenchError: If there is none of that name.
    """
    if name not in OUTPUTS:
        raise WorkbenchError(f"There are no outputs {name!r}. Choose one of: {', '.join(OUTPUTS)}.")
    return OUTPUTS[name]
