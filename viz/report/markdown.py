"""Reports as one Markdown document with its pictures beside it, for a folder of documentation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from training.errors import WorkbenchError
from viz.report.making import Chapter, Picture, Report

CHOSEN = (
    "These pictures were chosen by hand, as the ones to look at first. The others follow in the "
    "order of the story, and nobody chose among them."
)


def gallery(
    reports: Sequence[Report], folder: str, first: Sequence[str] = ()
) -> tuple[str, Mapping[str, bytes]]:
    """The document below its title, and the pictures that it shows, by file name.

    Args:
        reports: One a run; they stand one after the other, their cards side by side.
        folder: Where the pictures will lie, as seen from the document.
        first: Names of pictures without .png that stand first, chosen by hand, such as
            demo-filters-1; the rest follows in the order of the story.

    Raises:
        WorkbenchError: If there is no such picture.
    """
    parts = [_cards(reports)]
    files: dict[str, Picture] = {}
    for report in reports:
        parts.append(f"## {plain(report.name)}")
        seen: Counter[str] = Counter()
        for chapter in report.chapters:
            names = [_file_name(report, picture, seen) for picture in chapter.pictures]
            files |= dict(zip(names, chapter.pictures, strict=True))
            parts.append(_chapter(chapter, [f"{folder}/{name}" for name in names]))
    lead = _lead(files, folder, first)
    pictures = {name: picture.png for name, picture in files.items()}
    return "\n\n".join([*lead, *parts]) + "\n", pictures


def _lead(files: Mapping[str, Picture], folder: str, first: Sequence[str]) -> list[str]:
    """The chosen pictures, each with what it shows."""
    if not first:
        return []
    missing = [name for name in first if f"{name}.png" not in files]
    if missing:
        raise WorkbenchError(
            f"There is no picture {missing[0]}. Choose among: "
            f"{', '.join(name.removesuffix('.png') for name in files)}."
        )
    shown = [f"## Chosen\n\n{CHOSEN}"]
    for name in first:
        picture = files[f"{name}.png"]
        place = f'src="{folder}/{name}.png" width="{picture.width}"'
        shown.append(f'<img {place} alt="{escape(picture.alt)}">\n\n{plain(picture.alt)}.')
    return shown


def plain(text: str) -> str:
    """Words as Markdown that shows every character as it stands."""
    return re.sub(r"([\\`*_{}\[\]<>#|~$&])", r"\\\1", text)


def _file_name(report: Report, picture: Picture, seen: Counter[str]) -> str:
    seen[picture.view] += 1
    run = re.sub(r"[^\w-]", "-", report.name)
    return f"{run}-{picture.view}-{seen[picture.view]}.png"


def _cards(reports: Sequence[Report]) -> str:
    """What the runs are and what they measured, a column a run."""
    names = dict.fromkeys(name for report in reports for name, _value in report.card)
    columns = [dict(report.card) for report in reports]
    rows = [["", *(report.name for report in reports)], ["---"] * (len(reports) + 1)]
    rows += [[name, *(column.get(name, "") for column in columns)] for name in names]
    return "\n".join(f"| {' | '.join(map(plain, row))} |" for row in rows)


def _chapter(chapter: Chapter, places: Sequence[str]) -> str:
    source = [f"*{plain(chapter.source)}*"] if chapter.source else []
    figures = map(_figure, chapter.pictures, places)
    return "\n\n".join(
        [f"### {plain(chapter.title)}", *source, *map(plain, chapter.missing), *figures]
    )


def _figure(picture: Picture, place: str) -> str:
    image = f'<img src="{place}" width="{picture.width}" alt="{escape(picture.alt)}">'
    if picture.is_table:
        words = "\n".join(("```text", *picture.words, "```"))
    else:
        words = "\n".join(f"- {plain(line)}" for line in picture.words)
    caption = f"**Figure {picture.number}.** {plain(picture.caption)}"
    return "\n\n".join(filter(None, (image, caption, words, f"```sh\n{picture.command}\n```")))
