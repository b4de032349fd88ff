"""What the documents say in code: fenced blocks, the commands in these, spans of the prose."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHELL = ("sh", "bash")
DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    *sorted(f"docs/{file.name}" for file in ROOT.glob("docs/*.md")),
)
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ASSIGNMENT = re.compile(r"(export )?[A-Z_]+=")
SPAN = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block of a document."""

    document: str
    line: int  # of the fence, counted from 1
    language: str  # "" where none is said
    text: str

    @property
    def place(self) -> str:
        """As editors jump to it."""
        return f"{self.document}:{self.line}"

    def commands(self) -> list[list[str]]:
        """The words of every command: lines that go on are joined, comments left out."""
        lines = self.text.replace("\\\n", " ").splitlines()
        return [words for line in lines for words in commands(line)]


def commands(line: str) -> Iterator[list[str]]:
    """The words of every command of a line: `a && b` holds two, an assignment is one word."""
    if ASSIGNMENT.match(line):
        yield [line]
        return
    words: list[str] = []
    for word in [*shlex.split(line, comments=True), "&&"]:
        if word != "&&":
            words.append(word)
        elif words:
            yield words
            words = []


def blocks(document: str) -> list[Block]:
    """All fenced blocks, in order."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return [
        Block(document, text[: found.start()].count("\n") + 1, found[1], found[2])
        for found in FENCED.finditer(text)
    ]


def prose(document: str) -> str:
    """All that stands outside of the blocks."""
    return FENCED.sub("", (ROOT / document).read_text(encoding="utf-8"))


def spans(text: str) -> list[str]:
    """What stands in backticks in prose; a span may go over the end of a line."""
    return [" ".join(span.split()) for span in SPAN.findall(text)]


def table(document: str, head: str) -> list[list[str]]:
    """The rows of the table with that head, such as "| option | choices |": texts of the cells."""
    _, _, below = prose(document).partition(f"\n{head}\n")
    rows = re.match(r"\|[ |-]+\|\n((?:\|.*\n)+)", below)
    assert rows, f"{document} has no table {head}"
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[1].splitlines()]
