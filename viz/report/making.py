"""A report in the making: every section's commands are called, what they draw and print is kept."""

from __future__ import annotations

import io
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from training.data_spec import place_of
from training.errors import WorkbenchError
from training.progress import Progress, silent
from training.runs import Run
from viz.report.card import Card, card_of
from viz.report.sections import SECTIONS, Section
from viz.report.subject import Subject, Wanted
from viz.store.export import SCALE, Made, command_line, how_made

WRONG_FLAGS = 2  # what argparse exits with
PARTS = 100  # of a section's cost
Views = Mapping[str, Callable[..., None]]


@dataclass(frozen=True)
class Picture:
    """One figure, and what is said of it."""

    number: int  # from 1, over the whole report
    view: str
    caption: str
    alt: str
    command: str  # that makes it again
    png: bytes
    width: int  # to be shown at, in px
    words: tuple[str, ...]  # lines that the command printed

    @property
    def is_table(self) -> bool:
        """Whether the words stand in columns."""
        return any("  " in line.strip() for line in self.words)


@dataclass(frozen=True)
class Chapter:
    """A section with its pictures, and why some could not be made."""

    title: str
    source: str
    pictures: tuple[Picture, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """All that a document needs."""

    name: str
    card: Card
    chapters: tuple[Chapter, ...]
    command: str
    made: Made


def make(
    run: Run,
    epoch: int,
    views: Views,
    *,
    images: Sequence[int] = (),
    parts: Path | None = None,
    clearest: bool = False,
    sections: Sequence[Section] = SECTIONS,
    progress: Progress = silent,
) -> Report:
    """Call the commands of every section; expensive results come from the run's cache.

    Args:
        run: To report on.
        epoch: Of its weights.
        views: The commands by name.
        images: Validation images to look at; a spread over the classes if none are given.
        parts: A table of parts marked in pictures; the objects' where the data set knows them.
        clearest: Whether to show the strongest channels and images that are classified correctly,
            where none are given.
        sections: To be made.
        progress: Told (cost of what is done, cost of all): sections by what they take, and within
            one its figures alike.
    """
    subject = Subject(run, epoch, tuple(images), parts, clearest)
    if images:
        _ = subject.images  # refused at once, not after minutes
    chapters: list[Chapter] = []
    done, total = 0, PARTS * sum(section.cost for section in sections)
    for section in sections:
        drawn = sum(len(chapter.pictures) for chapter in chapters)

        def within(asked: int, of: int, before: int = done, cost: int = section.cost) -> None:
            progress(before + PARTS * cost * asked // of, total)

        chapters.append(_chapter(section, subject, views, drawn, within))
        done += PARTS * section.cost
    progress(total, total)
    flags = {"images": list(images) or None, "parts": _placeless(parts), "epoch": epoch}
    made = how_made("report", run, epoch, images=list(images))
    command = command_line("report", _place(run), **flags, out="report.html")
    return Report(run.name, _card(run, epoch), tuple(chapters), command, made)


def _card(run: Run, epoch: int) -> Card:
    try:
        return card_of(run, epoch)
    except Exception as error:  # a table of numbers that is damaged, for one
        return (("Network", run.info.model), ("Not known", _failed("The rest", error)))


def _chapter(
    section: Section, subject: Subject, views: Views, drawn: int, progress: Progress
) -> Chapter:
    pictures: list[Picture] = []
    missing: list[str] = []
    for one in _wanted(section, subject, missing, progress):
        try:
            pictures.append(_draw(one, subject.run, views, drawn + len(pictures) + 1))
        except WorkbenchError as error:
            missing.append(f"No {one.view}. {error}")
        except (Exception, SystemExit) as error:  # the other sections are worth having
            if isinstance(error, SystemExit) and error.code != WRONG_FLAGS:
                raise  # somebody ends the program
            missing.append(_failed(f"No {one.view}", error))
    reasons = dict.fromkeys(_shareable(reason, subject.run) for reason in missing)
    return Chapter(section.title, section.source, tuple(pictures), tuple(reasons))


def _wanted(
    section: Section, subject: Subject, missing: list[str], progress: Progress
) -> Iterator[Wanted]:
    """All that can be asked for; why the rest cannot is added to what is missing."""
    for asked, ask in enumerate(section.pictures):
        progress(asked, len(section.pictures))
        try:
            yield from ask(subject)
        except WorkbenchError as error:
            missing.append(str(error))
        except Exception as error:  # likewise
            missing.append(_failed("Something is missing here", error))


def _failed(what: str, error: BaseException) -> str:
    """One sentence for the reader; the traceback is for whoever mends it."""
    traceback.print_exception(error)
    reason = str(error).strip().partition("\n")[0].rstrip(".")
    return (
        f"{what}: something went wrong that nobody foresaw ({type(error).__name__}"
        f"{f': {reason}' if reason else ''}). The other sections are not touched by it; the "
        "command that wrote this report printed where it happened."
    )


def _draw(wanted: Wanted, run: Run, views: Views, number: int) -> Picture:
    flags = {name: _typed(value) for name, value in wanted.flags.items()}
    shown = {name: _placeless(value) for name, value in wanted.flags.items()}
    said = io.StringIO()
    with TemporaryDirectory() as folder, redirect_stdout(said):
        out = Path(folder) / "picture.png"
        views[wanted.view](str(run.path), out=str(out), **flags)
        png, width = _opaque(out)
    return Picture(
        number,
        wanted.view,
        wanted.caption,
        wanted.alt,
        command_line(wanted.view, _place(run), **shown, out=f"{wanted.view}.png"),
        png,
        width,
        tuple(line.rstrip() for line in said.getvalue().splitlines()),
    )


def _opaque(path: Path) -> tuple[bytes, int]:
    """A picture of ours without its alpha, which is 1, with its description; and its width, px."""
    with Image.open(path) as picture:
        described = PngInfo()
        for name in ("Title", "Description"):
            described.add_text(name, str(picture.info[name]))
        colours = picture.convert("RGB")
    file = io.BytesIO()
    colours.save(file, "PNG", pnginfo=described)
    return file.getvalue(), colours.width // SCALE


def _typed(value: Any) -> Any:
    """A flag's value as a person would type it."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value) if isinstance(value, Path) else value


def _placeless(value: Any) -> Any:
    """A file by its name: where it lies here is nobody else's business."""
    return value.name if isinstance(value, Path) else value


def _place(run: Run) -> Path:
    """The run's folder as others would have it."""
    return Path("runs") / run.name


def _shareable(text: str, run: Run) -> str:
    """A reason without the places of run and data."""
    data = place_of(run.info.data or "")
    for place in filter(None, (str(run.path.resolve()), str(run.path), data)):
        text = text.replace(place, Path(place).name)
    return text
