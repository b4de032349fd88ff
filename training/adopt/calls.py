"""One operation of a forward pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import fx, nn


@dataclass(frozen=True)
class Call:
    """One operation in a forward pass."""

    path: str  # of the module that is called, or of the one whose forward calls a function
    own: bool  # whether it is a module of the network's, with weights of its own maybe
    module: nn.Module  # the module, or what does the same as the function
    sources: tuple[int, ...]  # numbers of the calls that feed it; -1 is the picture
    function: str = ""  # what was called, where that was no module
    in_place: bool = False  # whether it wrote over its input
    line: str = ""  # of the source, for errors
    widened: tuple[int, int, int, int] = (0, 0, 0, 0)  # zeros left, right, above, below its kernel
    constants: Mapping[str, fx.Node] = field(default_factory=dict)  # weights given to a function
