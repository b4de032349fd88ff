"""What becomes of a documented line: its program's parser takes it, or it fails."""

from __future__ import annotations

import argparse
import re
import shlex
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import Any

import pytest
from jsonargparse import auto_parser
from streamlit.web import cli as streamlit
from torch.distributed.run import get_args_parser as torchrun_parser

import training.__main__ as training_commands
from app.__main__ import streamlit_arguments
from tests.documented.reading import ROOT
from tests.documented.workshop import loaded
from tests.training.test_ranks import documented_lines as torchrun_lines
from training.command_help import Parser
from training.errors import WorkbenchError
from training.recipe import read_recipe
from viz import cli
from viz.store.view import views

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MADE_BY = tuple(f"docs/make_{what}.py" for what in ("gallery", "screenshots", "animation"))
RELIABILITY = "benchmarks.reliability.__main__"
GIVEN: dict[str, list[str]] = {
    "fit": [],
    "evaluate": ["run"],
    "import": ["file", "--run=x"],
    "compare": ["depth"],
}
"""What a command of training cannot do without."""


def look_at(words: Sequence[str]) -> None:
    """Parse a line as its program would, without running it; an unknown kind fails."""
    match [*words]:
        case ["python", "-m", "training", *rest]:
            look_at_training(rest)
        case ["python", "-m", "viz", *rest] | ["viz", *rest]:
            look_at_view(rest)
        case ["python", "-m", "benchmarks", *rest]:  # they take minutes
            accepts(benchmarks_parser(), rest)
        case ["python", "-m", "benchmarks.reliability.mutated_images", *rest]:  # and this
            accepts(import_module("benchmarks.reliability.mutated_images").parser(), rest)
        case ["python", "-m", "benchmarks.reliability", *rest]:  # this too
            accepts(import_module(RELIABILITY).parser(), rest)
        case ["python", script, *rest] if script in MADE_BY:  # so do these
            accepts(loaded(ROOT / script).parser(), rest)
        case ["python", "docs/files_of_views.py"]:  # tests/test_house.py runs it
            assert (ROOT / "docs/files_of_views.py").exists()
        case ["streamlit", "run", script, *rest]:  # tests/app open every page of it
            assert (ROOT / script).exists()
            streamlit.main.commands["run"].make_context("run", [script, *rest])
        case ["filterscope", *rest]:
            assert "filterscope" in PROJECT["project"]["scripts"]
            _, *given = streamlit_arguments(rest)
            streamlit.main.commands["run"].make_context("run", given)
        case ["torchrun" | "srun", *_]:  # tests/training/test_ranks.py runs those of blocks
            after = [*words][words.index("torchrun") + 1 :]
            if after:
                assert after in torchrun_lines(), "not among the lines that test_ranks.py runs"
                asked = torchrun_parser().parse_args(after)
                started = [asked.training_script, *asked.training_script_args]
                look_at_training([word for word in started[1:] if word != "$RESUME"])
        case ["pytest", *rest]:  # it is what runs this
            look_at_pytest(rest)
        case ["nox", *rest]:
            accepts_chores(rest)
        case ["pip", "install", *rest]:  # the environment is there
            look_at_install(rest)
        case ["ruff", "check" | "format", *_] | ["mypy"]:  # of the tests' own environment
            tools = PROJECT["project"]["optional-dependencies"]["test"]
            assert any(tool.startswith(words[0]) for tool in tools)
        case ["pre-commit", "install"]:
            assert (ROOT / ".pre-commit-config.yaml").exists()
        case ["tensorboard", "--logdir", _]:
            assert "tensorboard" in PROJECT["project"]["optional-dependencies"]
        case [assignment] if re.match(r"(export )?(MASTER|RESUME)=", assignment):
            pass  # of SLURM's script, whose grammar is looked at below
        case _:
            pytest.fail(f"No test knows what becomes of this line: {shlex.join(words)}")


def look_at_training(words: Sequence[str]) -> None:
    if len(words) == 1:  # a command's name in a sentence
        assert words[0] in GIVEN
        return
    found = accepts(training_commands.parser(), words)
    if words[0] == "compare" and found is not None:
        settings = found.compare
        read_recipe(settings.recipe, settings.setting, data=settings.data).check()


def look_at_view(words: Sequence[str]) -> None:
    if words:
        name, *rest = words
        parser = view_parsers().get(name)
        assert parser is not None, f"python -m viz has no {name}"
        if rest:
            accepts(parser, rest)


def look_at_pytest(words: Sequence[str]) -> None:
    marks = {mark.partition(":")[0] for mark in PROJECT["tool"]["pytest"]["ini_options"]["markers"]}
    for flag, word in pairs(words):
        if flag == "-m":
            assert set(re.findall(r"\w+", word)) - {"and", "not", "or"} <= marks
        elif flag == "-n":
            assert word.isdecimal()
        elif word not in ("-m", "-n"):
            assert (ROOT / word).exists(), word


def accepts_chores(words: Sequence[str]) -> None:
    if words in ([], ["-l"]):
        return
    flag, chore, *_ = words
    assert flag == "-s"
    assert re.search(rf"^def {chore}\(", (ROOT / "noxfile.py").read_text(), re.MULTILINE), chore


def look_at_install(words: Sequence[str]) -> None:
    for word in words:
        name, _, extra = word.rstrip("]").partition("[")
        assert name in ("-e", ".", "filterscope", "nox", "pre-commit"), word
        if extra:
            assert extra in PROJECT["project"]["optional-dependencies"]


def accepts(parser: argparse.ArgumentParser, words: Sequence[str]) -> Any:
    """What the parser makes of the words; None where they ask for help. A refusal fails."""
    if "--help" in words:
        return None
    try:
        return parser.parse_args([*words])
    except (SystemExit, WorkbenchError) as refusal:
        pytest.fail(f"`{parser.prog}` refuses: {shlex.join(words)}\n{refusal}")


@cache
def view_parsers() -> dict[str, argparse.ArgumentParser]:
    """Every command of `python -m viz` by name."""
    plain = {name: cli.plain_parser(name, cli.plain_command(name)) for name in cli.PLAIN}
    return {name: cli.parser_of(kind) for name, kind in views().items()} | plain


@cache
def benchmarks_parser() -> Parser:
    """That of `python -m benchmarks`."""
    parser = Parser()
    parser.add_function_arguments(import_module("benchmarks.__main__").benchmarks, as_group=False)
    return parser


@cache
def parsers() -> list[tuple[argparse.ArgumentParser, list[str]]]:
    """Every parser of ours with what it cannot do without."""
    [commands] = [
        action.choices
        for action in training_commands.parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    ]
    return [
        *((commands[name], given) for name, given in GIVEN.items()),
        *((parser, ["run"]) for parser in view_parsers().values()),
        (benchmarks_parser(), []),
        (import_module("benchmarks.reliability.mutated_images").parser(), []),
        *((auto_parser(lane), []) for lane in import_module(RELIABILITY).LANES),
        (loaded(ROOT / "docs/make_gallery.py").parser(), ["run"]),
    ]


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    """The flags of a parser, with hyphens."""
    return {
        option.replace("_", "-") for action in parser._actions for option in action.option_strings
    }


def takes(parser: argparse.ArgumentParser, given: list[str], words: list[str]) -> bool:
    """Whether a command takes these words besides what it cannot do without."""
    try:
        parser.parse_args([*given, *words])
    except (SystemExit, WorkbenchError):
        return False
    return True


def pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each word with the one before it."""
    return zip(["", *words], words, strict=False)
