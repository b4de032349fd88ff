"""How commands listen and speak: plain help, flags with hyphens, errors in one sentence."""

import re
import sys
from argparse import Action
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, NoReturn

from jsonargparse import ArgumentParser, DefaultHelpFormatter, Namespace

from training.settings import accepted

NO_TYPES = re.compile(r"\s*\((required, )?type: .*?(, default: (?P<default>[^)]*))?\)$", re.DOTALL)
FLAG = re.compile(r"--[A-Za-z][\w-]*")
WRONG_KIND = re.compile(
    r'Parser key "(?P<flag>\w+)":\n.*(Got|Given) value: (?P<value>.*)', re.DOTALL
)


class PlainHelp(DefaultHelpFormatter):
    """What a flag means and its default, but no Python types."""

    def _expand_help(self, action: Action) -> str:
        text = super()._expand_help(action)
        match = NO_TYPES.search(text)
        if match is None:
            return text
        default = match["default"]
        return text[: match.start()] + (f" ({default})" if default not in (None, "null") else "")


class Parser(ArgumentParser):
    """A parser that takes --batch-size for --batch_size, and says what is wrong in one sentence.

    It is enough that the outermost one is of this kind; help shows the flags with underscores.
    """

    def parse_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, *others: Any, **choices: Any
    ) -> Namespace:
        """What was asked for; `args` is the command line if not given."""
        given = sys.argv[1:] if args is None else args
        return super().parse_args(list(with_underscores(given)), *others, **choices)

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Tell what is wrong and where the flags are explained, and exit with 2."""
        if not self.exit_on_error:
            super().error(message, ex)
        asked = getattr(ex, "subcommand_parser", None) or self
        command = asked.prog.replace(" [options]", "")
        sentence = in_words(message, asked)
        print(f"filterscope: {sentence} See `{command} --help`.", file=sys.stderr)
        self.exit(2)


def with_underscores(arguments: Sequence[str]) -> Iterator[str]:
    """A command line with the flags as they are declared; values stay, and all after a `--`."""
    words = iter(arguments)
    for word in words:
        if word == "--":
            yield from chain([word], words)
            return
        flag = FLAG.match(word)
        if flag is None:
            yield word
        else:
            yield "--" + flag[0][2:].replace("-", "_") + word[flag.end() :]


def in_words(message: str, parser: ArgumentParser) -> str:
    """An error of jsonargparse's as a sentence: no classes, no lists of subtypes."""
    message = message.replace("\u200b", "")  # that marks names which jsonargparse needs itself
    found = WRONG_KIND.match(message)
    if found is None:
        return " ".join(message.split()).rstrip(".") + "."
    kinds = {action.dest: getattr(action, "_typehint", None) for action in parser._actions}
    kind = kinds.get(found["flag"])
    needed = accepted(kind).removesuffix(", or None") if kind is not None else "of another kind"
    return f"--{found['flag']} must be {needed}, got {' '.join(found['value'].split())}."
