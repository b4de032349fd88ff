"""Outputs that are no scores: probabilities of a kind that no form of an ending is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import nn

from training.adopt.calls import Call
from training.adopt.forms import Ending
from training.errors import WorkbenchError
from training.models.channel_softmax import ChannelSoftmax
from training.models.merge import Concat, Slice
from training.models.scale import Scale
from training.outputs import SOFTMAX, OutputsName


def refuse_no_scores(
    calls: Sequence[Call], ending: Ending, given: OutputsName | None, name: str
) -> None:
    """Refuse what is returned as it is and is no scores: P of a kind, or a mean of such numbers.

    Args:
        calls: What leads to the output.
        ending: What was found after it.
        given: What its owner says. A softmax is taken of anything then, and one number is log odds
            whatever it comes out of, but for a sigmoid.
        name: Of the network.
    """
    guessed = ending.scores == 1 and given is None
    kinds = (*_PROBABILITIES, *(_BOUNDED if guessed else ()))
    head = next((each for each in _givers(calls) if isinstance(each.module, kinds)), None)
    if head and ending.is_bare and given != SOFTMAX.name:
        line = f" ({head.line})" if head.line else ""
        raise WorkbenchError(
            f"{name} gives numbers out of a {type(head.module).__name__}{line} that are no plain "
            "sigmoid or softmax of its last scores, so what they mean is not known. Let forward "
            "end in the scores, or say by --outputs how they were read in training."
        )


_PROBABILITIES = (nn.Sigmoid, nn.Hardsigmoid, ChannelSoftmax)
_BOUNDED = (nn.Tanh, nn.Hardtanh, nn.ReLU, nn.ReLU6, nn.Softplus)  # where would one half be?
_PASS_ON = (
    *(nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.MaxPool2d, nn.AdaptiveMaxPool2d),
    *(nn.Flatten, nn.Identity, nn.Dropout, nn.Dropout2d, Slice, Concat, Scale),
)


def _givers(calls: Sequence[Call]) -> Iterator[Call]:
    """The calls whose numbers are returned, pooled or put side by side at most."""
    waiting = {len(calls) - 1}
    while waiting - {-1}:
        call = calls[number := max(waiting)]
        waiting.remove(number)
        if isinstance(call.module, _PASS_ON):
            waiting.update(call.sources)
        else:
            yield call
