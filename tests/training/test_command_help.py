"""Commands take hyphens for underscores, and say in one sentence what they cannot take."""

import re

import pytest
from jsonargparse import ArgumentParser

from training.__main__ import parser
from training.command_help import Parser, with_underscores

REQUIRED = {"fit": [], "evaluate": ["run"], "import": ["file", "--run=x"], "compare": ["depth"]}


def help_of(command, capsys):
    with pytest.raises(SystemExit):
        parser().parse_args([*command, "--help"])
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("--batch-size 8", "--batch_size 8"),
        ("--batch_size 8", "--batch_size 8"),
        ("--batch-size=8", "--batch_size=8"),
        ("--run runs/my-run", "--run runs/my-run"),
        ("--run=--my-run", "--run=--my-run"),
        ("self-check runs/a-b", "self-check runs/a-b"),
        ("--seed -1 -h", "--seed -1 -h"),
        ("--x-y -- --x-y a-b", "--x_y -- --x-y a-b"),
    ],
)
def test_flags_are_read_with_underscores_and_values_as_they_are(given, taken):
    assert list(with_underscores(given.split())) == taken.split()


@pytest.mark.parametrize("command", REQUIRED)
def test_every_flag_of_every_command_may_be_written_with_hyphens(command, capsys):
    said = help_of([command], capsys)
    flags = set(re.findall(r"--([a-z]+_[a-z_]+) [A-Z]", said))
    assert len(flags) > 2 if command == "fit" else True
    assert not re.search(r"--[a-z]+-[a-z]", said)  # help shows one form
    for flag in flags:
        words = [command, *REQUIRED[command]]
        value = {"options": "{}", "weight_decay": "0.5", "label_smoothing": "0.5"}.get(flag, "1")
        under, hyphen = (
            parser().parse_args([*words, f"--{name}", value])
            for name in (flag, flag.replace("_", "-"))
        )
        assert under == hyphen
        assert under != parser().parse_args(words)


def test_it_is_enough_that_the_outermost_parser_listens():
    inner = ArgumentParser()
    inner.add_argument("--window_px", type=int, default=3)
    outer = Parser()
    outer.add_subcommands(dest="view").add_subcommand("occlusion", inner)
    asked = outer.parse_args(["occlusion", "--window-px", "5"])
    assert asked.occlusion.window_px == 5


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("fit --epochs many", "--epochs must be a whole number, got many."),
        ("fit --lr fast", "--lr must be a number, got fast."),
        ("fit --flip 3", "--flip must be true or false, got 3."),
        ("fit --update adam", "--update must be one of torch, krizhevsky, got adam."),
        ("fit --options 3", "--options must be names with values, got 3."),
        ("fit --crop-padding 1.5", "--crop_padding must be a whole number, got 1.5."),
        ("fit --epochs", "argument --epochs: expected one argument."),
        ("fit --speed 3", "unrecognized arguments: --speed 3."),
        ("evaluate run --views 5", "--views must be one of 1, 10, got 5."),
        ("import file --run x --mean red", "--mean must be a number, or a list, each of them a"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_in_one_sentence(words, told, capsys):
    with pytest.raises(SystemExit) as refusal:
        parser().parse_args(words.split())
    assert refusal.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(f"filterscope: {told}")
    assert said.count("\n") == 1
    assert said.endswith(f"See `python -m training {words.split()[0]} --help`.\n")
