"""What was done differently in an adopted network, in sentences for its owner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from torch import nn

from training.adopt.calls import Call
from training.adopt.forms import Ending
from training.adopt.tracing import Trace
from training.models.merge import Add
from training.models.scale import Scale

NAMED = 4  # layers that a sentence names; it counts the others


def rewrites(
    module: nn.Module,
    calls: Sequence[Call],
    names: Sequence[str],
    *,
    returned: str,
    found: Trace,
    ending: Ending,
) -> Iterator[str]:
    """A sentence for each thing that was rewritten, and for each that could only be named.

    Args:
        module: As it was handed over.
        calls: Its operations, and
        names: what they are called now.
        returned: Under which name the logits were returned; "" for a tensor alone.
        found: The trace, with everything that was returned.
        ending: What came after the logits.
    """
    if any(each.training and isinstance(each, _IN_TRAINING) for each in module.modules()):
        yield (
            "It was in training mode, where dropout draws units and batch normalisation looks at "
            "the whole batch: it is shown in evaluation mode."
        )
    yield from _in_place(calls, names)
    yield from _functions(calls, names)
    yield from _reused(calls, names)
    widened = [name for name, call in zip(names, calls, strict=True) if any(call.widened)]
    if widened:
        yield (
            f"Before {listed(widened)} one side was padded more than the other: the kernels have "
            "zeros there instead, which give the same."
        )
    if not ending.is_bare:
        yield "What it does to its scores at the end is left out, as the views take logits."
    if returned:
        others = [
            f"number {int(name) + 1}" if name.isdigit() else name
            for name in found.outputs
            if name != returned
        ]
        besides = f"; {listed(others)} left out" if others else ""
        which = f"number {int(returned) + 1}" if returned.isdigit() else returned
        yield f"It returned several values: {which} is taken for the logits{besides}."
    for name, call in zip(names, calls, strict=True):
        if isinstance(call.module, nn.BatchNorm1d | nn.BatchNorm2d) and not _steady(call.module):
            yield (
                f"{name} keeps no running statistics: its output depends on the other images of "
                "the batch. This cannot be mended."
            )


_IN_TRAINING = (nn.modules.batchnorm._BatchNorm, nn.modules.dropout._DropoutNd)


def _steady(norm: nn.BatchNorm1d | nn.BatchNorm2d) -> bool:
    return norm.running_mean is not None


def _in_place(calls: Sequence[Call], names: Sequence[str]) -> Iterator[str]:
    found = [
        name
        for name, call in zip(names, calls, strict=True)
        if call.in_place and not isinstance(call.module, Add)
    ]
    if len(found) == 1:
        yield f"{found[0]} worked in place: it now works on a copy."
    elif found:
        yield f"{listed(found)} worked in place: they now work on copies."


def _functions(calls: Sequence[Call], names: Sequence[str]) -> Iterator[str]:
    own = [name for name, call in zip(names, calls, strict=True) if call.own and call.constants]
    if own:
        yield (
            f"The weights of {listed(own)} are kept as their own forward works them out: a plain "
            "layer with these weights gives the same."
        )
    scales = [
        name for name, call in zip(names, calls, strict=True) if isinstance(call.module, Scale)
    ]
    if scales:
        yield f"What it multiplies its maps by, or adds to them, is {listed(scales)} now."
    functions = [
        "" if call.own or isinstance(call.module, Scale) else call.function for call in calls
    ]
    for function in dict.fromkeys(filter(None, functions)):
        found = [name for name, each in zip(names, functions, strict=True) if each == function]
        times = "" if len(found) == 1 else f"{len(found)} times "
        yield f"{function} was called {times}without a module: it is {listed(found)} now."


def _reused(calls: Sequence[Call], names: Sequence[str]) -> Iterator[str]:
    """A sentence for each module with weights, and one for all others."""
    uses: dict[str, list[int]] = {}
    for place, call in enumerate(calls):
        if call.own:
            uses.setdefault(call.path, []).append(place)
    uses = {path: places for path, places in uses.items() if len(places) > 1}
    plain: list[str] = []
    for path, places in uses.items():
        these = listed([names[place] for place in places])
        if any(calls[places[0]].module.state_dict()):
            yield (
                f"{path} was used {len(places)} times: each use has a copy of its weights and a "
                f"name, {these}."
            )
        else:
            plain.append(f"{path} ({these})")
    if plain:
        yield f"Used more than once, and a layer for each use now: {listed(plain)}."


def listed(names: Iterable[str]) -> str:
    """a, b and c; a, b, c, d and 12 more."""
    all_names = list(names)
    shown = all_names[:NAMED] if len(all_names) > NAMED + 1 else all_names
    more = len(all_names) - len(shown)
    *first, last = [*shown, f"{more} more"] if more else shown
    return f"{', '.join(first)} and {last}" if first else last
