"""python -m viz <view> RUN …: each view's flags are the fields of its question and of its look."""

from __future__ import annotations

import argparse
import inspect
from dataclasses import replace
from pathlib import Path
from typing import Any

from viz.store.answer import Side, ask, ask_two
from viz.store.export import ARRAYS, KINDS, check_out, write, write_bytes
from viz.store.lend import Lender
from viz.store.lines import add_flags, read, to_text
from viz.store.query import Query
from viz.store.reporting import reporting
from viz.store.view import draw, draw_both, made, more_file, pair

COMPARE = ("--compare_with", "--compare-with", "--beside")
COMPARE_EPOCH = ("--compare_epoch", "--compare-epoch", "--beside_epoch", "--beside-epoch")


def add_view(parser: argparse.ArgumentParser, kind: type[Query[Any]]) -> None:
    """The flags of a view's command."""
    add_flags(parser, kind)
    add_flags(parser, kind.look)
    parser.add_argument(
        *COMPARE,
        dest="compare_with",
        metavar="RUN",
        help="Another run, or the same: shown beside the first on one scale, with the difference "
        "where there is one.",
    )
    parser.add_argument(
        *COMPARE_EPOCH, dest="compare_epoch", type=int, metavar="EPOCH", help="Of the other."
    )
    kinds = ", ".join([*kinds_of(kind), *kind.more_files])
    parser.add_argument("--out", metavar="FILE", help=f"File to write: {kinds}.")
    parser.add_argument(
        "--progress",
        metavar="FILE",
        help="JSON file that tells how far it is, for other programs to read.",
    )


def run_view(kind: type[Query[Any]], flags: dict[str, Any], lender: Lender | None = None) -> None:
    """Answer the question of a command line, write the file and print what is told.

    Args:
        kind: The view.
        flags: By name, as they are typed after parsing.
        lender: Opens runs and networks; fresh ones if not given.
    """
    out = None if flags.get("out") is None else Path(flags["out"])
    alone = flags.get("compare_with") is None
    more = kind.more_files if alone else ()  # of one network only
    check_out(out, *more, kinds=kinds_of(kind))
    query, look = read(kind, flags), read(kind.look, flags)
    lender = lender or Lender()
    with reporting(kind.message, flags.get("progress")) as progress:
        if alone:
            side = ask(query, look, lender, progress=progress)
            _write_one(out, side)
            words = _words(side.shown)
        else:
            other = second_of(query, flags["compare_with"], flags.get("compare_epoch"))
            words = _write_two(out, *ask_two(query, other, look, lender, progress=progress))
    if words:
        print(words)


def kinds_of(kind: type[Query[Any]]) -> tuple[str, ...]:
    """Suffixes of the files that all views of its kind write."""
    return KINDS if kind.has_figure else (ARRAYS,)


def second_of(query: Query[Any], run: str, epoch: int | None) -> Query[Any]:
    """The same question of another network."""
    return replace(query, run=run, epoch=epoch)


def _write_one(out: Path | None, side: Side) -> None:
    if out is not None and out.suffix.lower() in side.query.more_files:
        write_bytes(out, more_file(side, out.suffix.lower()))
    else:
        write(out, lambda: draw(side), side.shown.arrays, made(side))


def _write_two(out: Path | None, first: Side, second: Side) -> str:
    both, titles = pair(first, second), [first.opened.title, second.opened.title]
    write(
        out,
        lambda: draw_both(first.query, both, titles),
        both.arrays,
        made(first, compare_with=second.opened.title),
    )
    return _words(both)


def _words(shown: Any) -> str:
    words: str = shown.words() if hasattr(shown, "words") else ""
    return words


def explanation(kind: type[Any]) -> tuple[str, str]:
    """First sentence of a docstring, and the rest."""
    text = inspect.cleandoc(kind.__doc__ or "").split("\nArgs:")[0]
    summary, _, about = text.partition("\n")
    return summary, " ".join(about.split())


def parser_of(kind: type[Query[Any]]) -> argparse.ArgumentParser:
    """The command of one view."""
    summary, about = explanation(kind)
    parser = argparse.ArgumentParser(
        prog=f"python -m viz {kind.view}", description=f"{summary} {about}", allow_abbrev=False
    )
    add_view(parser, kind)
    return parser


def call(kind: type[Query[Any]], run: str, lender: Lender | None = None, **flags: Any) -> None:
    """The command with flags by name, as text or as values."""
    words = [run]
    for name, value in flags.items():
        if value is not None:
            words.append(f"--{name}={to_text(tuple(value) if isinstance(value, list) else value)}")
    run_view(kind, vars(parser_of(kind).parse_args(words)), lender)
