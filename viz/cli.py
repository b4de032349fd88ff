"""python -m viz <view> RUN …: each view's flags are the fields of its question and of its look."""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from training.command_help import Parser, PlainHelp
from training.errors import WorkbenchError
from viz.store.answer import Side, ask, ask_two, notices_of
from viz.store.export import ARRAYS, KINDS, check_out, write, write_bytes
from viz.store.lend import Lender
from viz.store.lines import add_flags, read, to_text
from viz.store.query import Query
from viz.store.reporting import reporting
from viz.store.view import draw, draw_both, made, more_file, pair, views

PLAIN = {
    "comparison": "viz.comparison.command",
    "report": "viz.report.command",
    "provenance": "viz.store.provenance",
}
"""Commands that are plain functions, by the modules that have them."""
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
        help="Another run, or the same: B, compared with the first on one scale, with the "
        "difference B - A where there is one.",
    )
    parser.add_argument(
        *COMPARE_EPOCH,
        dest="compare_epoch",
        type=int,
        metavar="EPOCH",
        help="Epoch of B; its last one if not given.",
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
            side = ask(query, look, lender, progress=progress, drawn=out is not None)
            _write_one(out, side)
            notices, words = side.notices, _words(side.shown)
            if kind.on_data and (told := side.opened.data().told):
                print(told, file=sys.stderr)
        else:
            other = second_of(query, flags["compare_with"], flags.get("compare_epoch"))
            sides = ask_two(query, other, look, lender, progress=progress)
            notices, words = notices_of(sides), _write_two(out, *sides)
    for line in (*notices, words):
        if line:
            print(line)


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


def explanation(kind: Any) -> tuple[str, str]:
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


def call(kind: type[Query[Any]], lender: Lender | None, run: str, **flags: Any) -> None:
    """The command with flags by name, as text or as values."""
    words = [run]
    for name, value in flags.items():
        if value is not None:
            words.append(f"--{name}={to_text(tuple(value) if isinstance(value, list) else value)}")
    run_view(kind, vars(parser_of(kind).parse_args(words)), lender)


def commands(lender: Lender | None = None) -> dict[str, Callable[..., None]]:
    """Every view's command by name; all of them are lent the same networks."""
    return {name: partial(call, kind, lender) for name, kind in views().items()}


def plain_command(name: str) -> Callable[..., None]:
    """One that asks no question of one run: of a comparison, of all views, of a file."""
    command: Callable[..., None] = getattr(import_module(PLAIN[name]), name)
    return command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 if it went well, 2 for what the user can mend, 130 after Ctrl-C."""
    name, *words = [*(sys.argv[1:] if arguments is None else arguments), ""]
    words = words[:-1]
    try:
        if name in PLAIN:  # before the views, which take time to import
            command = plain_command(name)
            command(**plain_parser(name, command).parse_args(words).as_dict())
        elif name in views():
            run_view(views()[name], vars(parser_of(views()[name]).parse_args(words)))
        elif name in ("", "-h", "--help"):
            print(overview())
        else:
            known = ", ".join([*views(), *PLAIN])
            raise WorkbenchError(f"There is no view {name!r}. Choose one of: {known}.")
    except WorkbenchError as error:
        print(f"filterscope: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("filterscope: stopped.", file=sys.stderr)
        return 130
    return 0


def overview() -> str:
    """What `python -m viz --help` says: each command in a line."""
    summaries = {name: explanation(kind)[0] for name, kind in views().items()}
    summaries |= {name: explanation(plain_command(name))[0] for name in PLAIN}
    wide = max(map(len, summaries))
    lines = [f"  {name:{wide}}  {words}" for name, words in summaries.items()]
    return "\n".join(
        [
            "usage: python -m viz VIEW RUN [--out FILE] …",
            "",
            "Look into a trained network. `python -m viz VIEW --help` tells a view's flags.",
            "",
            *lines,
        ]
    )


def plain_parser(name: str, command: Callable[..., None]) -> Parser:
    summary, about = explanation(command)
    parser = Parser(
        prog=f"python -m viz {name}",
        description=f"{summary} {about}",
        formatter_class=PlainHelp,
    )
    parser.add_function_arguments(command, as_group=False, as_positional=True)
    return parser
