"""A question is an object: one frozen dataclass a view holds all that its result depends on.

Everything else is derived from it: what is cached and under which key (`viz.store.answer`), the
command, the shell line, the Python lines and the address (`viz.store.lines`), what a file says of
how it was made (`viz.store.provenance`). What is only looked at, such as a class or the order of
channels, is a second small dataclass, the `Look`: it never costs a forward pass over a data set.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NewType, Self, TypeVar

from training.errors import WorkbenchError
from training.outputs import SOFTMAX
from training.progress import Progress, part_of
from viz.store.cache import Arrays, from_arrays, to_arrays

if TYPE_CHECKING:
    from training.runs import Run
    from viz.store.lend import Opened

Answer = TypeVar("Answer")
Asked = TypeVar("Asked", bound="Query[Any]")
ImageSource = NewType("ImageSource", str)
"""A picture file, or the number of a validation image. Of a picture file the network sees the
central square; photo.jpg@0 means the left or upper one, @100 the right or lower one."""
FIRST_IMAGE = ImageSource("0")


@dataclass(frozen=True)
class Look:
    """What is looked at in an answer; a view's own has fields with defaults."""


@dataclass(frozen=True)
class Query(Generic[Answer]):
    """What a view is asked of a run after an epoch; a view's own adds fields with defaults."""

    run: str
    """Run folder."""
    epoch: int | None = None
    """Whose weights; those of the last epoch if not given."""

    view: ClassVar[str]  # as command, folder and page are called
    version: ClassVar[int] = 1  # raise it when the same question gets another answer
    answer_type: ClassVar[type]  # a dataclass of tensors, numbers and words
    cached: ClassVar[bool] = True  # False: quicker computed than read
    on_data: ClassVar[bool] = False  # whether the images of the data set are part of the question
    of_weights: ClassVar[bool] = True  # False: no epoch's weights are looked at
    has_figure: ClassVar[bool] = True  # False: there are only words and arrays
    look: ClassVar[type[Look]] = Look
    more_files: ClassVar[dict[str, str]] = {}  # further suffixes: functions of the figure module
    message: ClassVar[str] = "Computing"  # what the work is, for people
    in_address: ClassVar[dict[str, str]] = {}  # fields that an address calls otherwise
    as_flags: ClassVar[dict[str, str]] = {}  # fields that a command calls otherwise

    def resolved(self, opened: Opened) -> Self:
        """The same question with nothing left to defaults; refuses what the run does not have.

        Raises:
            WorkbenchError: If there is no such image, layer, channel, …
        """
        return replace(self, epoch=opened.epoch if self.of_weights else None)

    def fitted(self, _runs: Sequence[Run]) -> Self:
        """The same question with defaults that fit all of several runs."""
        return self

    def following(self, _first: Any, _opened: Opened) -> Self:
        """The question of a second network, with what the first one's resolved question settled.

        Raises:
            WorkbenchError: If the second network cannot be asked that.
        """
        return self

    def over(self, _opened: Opened, _look: Any = None) -> Sequence[int]:
        """The epochs that it looks at side by side; damaged ones among them are left out."""
        return ()

    def notices(self, opened: Opened, look: Any) -> tuple[str, ...]:
        """What is to be told beside the answer of a question that is not resolved yet."""
        left_out = opened.run.sound(self.over(opened, look)).left_out
        return tuple(f"Epoch {epoch} is left out: {why}" for epoch, why in left_out.items())

    def check(self, _opened: Opened, _look: Any, *, drawn: bool = True) -> None:
        """Refuse what cannot be looked at, before anything is computed.

        Args:
            _opened: What a resolved question is asked of.
            _look: What is to be looked at.
            drawn: Whether there will be a figure or a file of it; else it is only cached.
        """

    def look_at_two(self, look: Any) -> Any:
        """The look with defaults that leave room for two networks."""
        return look

    def look_for(self, _opened: Opened, look: Any) -> Any:
        """The look at a first network as a second one can take it."""
        return look

    def said(self, _opened: Opened) -> dict[str, Any]:
        """Settings of a resolved question that a file tells otherwise than the fields have them."""
        return {}

    def parts(self) -> Sequence[Query[Any]]:
        """The resolved questions that are cached each for itself, of which this one is made."""
        return (self,)

    def join(self, answers: Sequence[Any]) -> Answer:
        """This question's answer from those of its parts."""
        [answer] = answers
        return answer

    def work(
        self, opened: Opened, missing: Sequence[Query[Any]], progress: Progress
    ) -> Iterator[tuple[Query[Any], Any]]:
        """The answers of those parts that are not cached, one after the other."""
        for number, part in enumerate(missing):
            yield part, part.compute(opened, part_of(progress, number, len(missing)))

    def compute(self, opened: Opened, progress: Progress) -> Answer:
        """The answer to a resolved question that is its only part."""
        raise NotImplementedError

    def checkpoints(self, opened: Opened) -> list[str]:
        """Digests of the weights that the answer depends on."""
        return [opened.digest] if self.of_weights else []

    def identity(self, opened: Opened) -> dict[str, Any]:
        """What the answer of a resolved question depends on, as JSON can hold it.

        An image counts by the SHA-256 of what the network sees of it, weights by theirs, a data
        set by its fingerprint; a run's name and an epoch's number do not count.
        """
        settings = {
            field.name: of_images(field.type, getattr(self, field.name), opened.image_digest)
            for field in fields(self)
            if field.name not in ("run", "epoch")
        }
        outputs = opened.run.info.outputs  # not of all runs: their answers keep their keys
        return {
            **({} if outputs == SOFTMAX.name else {"outputs": outputs}),
            "view": self.view,
            "version": self.version,
            "checkpoints": self.checkpoints(opened),
            "data": opened.data().fingerprint if self.on_data else "",
            "settings": settings,
        }

    def key(self, opened: Opened) -> str:
        """The identity as text, the same for the same question."""
        return json.dumps(self.identity(opened), sort_keys=True)

    def file_name(self, opened: Opened) -> str:
        """Where its answer is cached in `derived/`, without suffix."""
        return f"{self.view}-{hashlib.sha256(self.key(opened).encode()).hexdigest()[:16]}"

    def encode(self, answer: Answer) -> Arrays:
        """An answer as arrays by name."""
        return to_arrays(answer)

    def decode(self, arrays: Arrays) -> Answer:
        """The answer again; any error means that there is none."""
        return from_arrays(self.answer_type, arrays)

    def show(self, opened: Opened, answer: Answer, look: Any) -> Any:
        """What a figure draws: a dataclass with the resolved `look` and `arrays()`.

        It has `words()` besides where something is told, as a command prints it.

        Raises:
            WorkbenchError: If the look asks for a class, layer or channel that is not there.
        """
        raise NotImplementedError


class Resumable(Query[Answer]):
    """A question whose work can stop anywhere and go on later: its answer grows state by state.

    What there is of it is cached every second while it grows, and a page may show that. A state
    may hold more than an answer does: one pass may find the answers of several parts, and what
    there is of it is then cached as the state of the question that asks for all of them.
    """

    def compute(self, opened: Opened, progress: Progress) -> Answer:
        from viz.store.answer import resume

        return resume(self, opened, progress)

    def states(self, opened: Opened, before: Any) -> Iterator[Any]:
        """The answer as it grows, from where an earlier pass stopped; the last one is whole."""
        raise NotImplementedError

    def encode_state(self, state: Any) -> Arrays:
        """What there is of it as arrays by name; as an answer, where a state is one."""
        return self.encode(state)

    def decode_state(self, arrays: Arrays) -> Any:
        """What there is of it again; any error means that there is nothing."""
        return self.decode(arrays)

    def done(self, state: Any) -> tuple[int, int]:
        """How much of it is known, and of how much."""
        raise NotImplementedError

    def grain(self, _state: Any) -> int:
        """What changes where a state is worth drawing anew; 0 while there is nothing to show."""
        return 0


def require_positive(**values: int | None) -> None:
    """Refuse numbers below 1, named as the flags are."""
    for name, value in values.items():
        if value is not None and value < 1:
            raise WorkbenchError(f"--{name} must be at least 1, got {value}.")


def names_images(kind: Any) -> bool:
    """Whether a field of that type, as it is written, names images."""
    return "ImageSource" in str(kind)


def of_images(kind: Any, value: Any, say: Callable[[str], Any]) -> Any:
    """A field's value, said otherwise where it names images."""
    if value is None or not names_images(kind):
        return value
    return [say(one) for one in value] if isinstance(value, tuple) else say(value)
