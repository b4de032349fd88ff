"""The endings of a network that have a meaning, and what is made of one together with its owner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from training.errors import WorkbenchError
from training.outputs import BINARY, OUTPUTS, SIGMOID, SOFTMAX, OutputsName


@dataclass(frozen=True)
class Ending:
    """What a network makes of scores (N, k)."""

    outputs: str  # name in `OUTPUTS` of what the scores are
    words: str  # what was found at the end
    tail: Callable[[Tensor], Tensor]  # scores (N, k) to what is returned, (N, columns)
    scores: int  # k
    columns: int  # numbers that are returned for each image

    @property
    def is_bare(self) -> bool:
        """Whether the scores are returned as they are: then nothing says what they mean."""
        return self.words == BARE

    @property
    def is_one_number(self) -> bool:
        """Whether one number tells two classes apart, P of the second; not P and 1 − P."""
        if self.columns == 2:
            return self.outputs == BINARY.name
        return self.columns == 1 and self.outputs != SIGMOID.name


@dataclass(frozen=True)
class Form:
    """An ending that has a meaning."""

    outputs: str
    words: str
    tail: Callable[[Tensor], Tensor]  # scores (N, k) to (N, columns)
    fits: Callable[[int], bool]  # for so many scores

    def columns(self, scores: int) -> int:
        """How many numbers it makes of so many scores."""
        return self.tail(torch.zeros(1, scores, device="cpu")).shape[1]


def _both(score: Tensor) -> Tensor:
    return torch.cat([-score, score], 1)


BARE = "bare scores"
_MANY, _ONE, _TWO = (lambda k: k > 1), (lambda k: k == 1), (lambda k: k == 2)
FORMS = (
    Form("softmax", BARE, lambda z: z, _MANY),
    Form("binary", BARE, lambda z: z, _ONE),
    Form("softmax", "Softmax", lambda z: z.softmax(1), _MANY),
    Form("softmax", "LogSoftmax", lambda z: z.log_softmax(1), _MANY),
    Form("softmax", "the second column of a Softmax", lambda z: z.softmax(1)[:, 1:], _TWO),
    Form("softmax", "the difference of two scores", lambda z: z[:, 1:] - z[:, :1], _TWO),
    Form("sigmoid", "Sigmoid", torch.sigmoid, _MANY),
    Form("sigmoid", "LogSigmoid", functional.logsigmoid, _MANY),
    Form("binary", "Sigmoid", torch.sigmoid, _ONE),
    Form("binary", "LogSigmoid", functional.logsigmoid, _ONE),
    Form("binary-first", "1 − Sigmoid", lambda z: torch.sigmoid(-z), _ONE),
    Form("binary", "1 − Sigmoid and Sigmoid", lambda z: _both(z).sigmoid(), _ONE),
    Form("binary-first", "Sigmoid and 1 − Sigmoid", lambda z: _both(-z).sigmoid(), _ONE),
    Form(
        "binary",
        "the logarithms of 1 − Sigmoid and Sigmoid",
        lambda z: functional.logsigmoid(_both(z)),
        _ONE,
    ),
    Form("binary", "0 and one number", lambda z: torch.cat([0 * z, z], 1), _ONE),
    Form("binary-first", "one number and 0", lambda z: torch.cat([z, 0 * z], 1), _ONE),
)


def settled(found: Ending, given: OutputsName | None, name: str) -> Ending:
    """The ending with what its owner says about it, where that can be.

    Args:
        found: What the network ends in.
        given: softmax, sigmoid or binary; None where nothing was said.
        name: Of the network, for errors.

    Raises:
        WorkbenchError: If the one is not possible with the other.
    """
    outputs = OUTPUTS[found.outputs]
    if given is None or given == outputs.name or (given == "binary" and outputs.positive == 0):
        return found
    if given == SIGMOID.name:
        if found.scores == 1 == found.columns and outputs is BINARY:
            return replace(found, outputs=given)  # one label on its own
        if found.is_bare:
            return replace(found, outputs=given)
        raise WorkbenchError(
            f"{name} ends in {found.words}: its probabilities depend on one another, so they are "
            "no labels each on its own (sigmoid). Leave --outputs out, or take that off its end."
        )
    if given == BINARY.name:
        if found.columns == 1:
            return found  # P of one class of a softmax over two
        raise WorkbenchError(
            f"--outputs binary is one number for two classes, and {name} has {found.scores} "
            "scores. Choose softmax or sigmoid, or leave --outputs out."
        )
    if found.columns == 1:
        raise WorkbenchError(
            f"{name} gives one number, whose softmax is 1 whatever it is. Choose binary, or leave "
            "--outputs out."
        )
    return found  # both numbers of two classes: P is what it says, softmax or not


def told(found: Ending, given: OutputsName | None, classes: tuple[str, ...]) -> str:
    """What the outputs were taken for and why, in a sentence."""
    outputs = OUTPUTS[found.outputs]
    meaning = outputs.meaning(classes)
    if given is not None:
        return f"Its {meaning}. So said --outputs {given}; it ends in {found.words}."
    if not found.is_bare:
        return f"Its {meaning}. It ends in {found.words}."
    usual = {SOFTMAX.name: "for labels each on its own give --outputs sigmoid"}
    other_way = usual.get(outputs.name, "for one label on its own give --outputs sigmoid")
    return (
        f"Its {meaning}. That is a guess from their number, as it ends in bare scores; {other_way}."
    )
