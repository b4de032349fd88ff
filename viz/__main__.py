"""python -m viz <view> RUN … --out FILE: a view of a run as a picture or as arrays."""

import inspect
import signal
import sys
from collections.abc import Callable
from types import FrameType

from jsonargparse import ArgumentParser

from training.command_help import PlainHelp
from training.errors import WorkbenchError
from training.memory import keep_freed_memory
from viz.cli import explanation, parser_of, run_view
from viz.commands import VIEWS
from viz.store.view import views


def parser() -> ArgumentParser:
    """One command a view; its flags are the function's arguments."""
    commands = ArgumentParser(
        prog="python -m viz", description="Look into a trained network.", formatter_class=PlainHelp
    )
    choose = commands.add_subcommands(dest="view", title="views", metavar="VIEW")
    for name, view in VIEWS.items():
        if name in views():
            choose.add_subcommand(name, ArgumentParser(), help=explanation(views()[name])[0])
            continue
        summary, about = _explanation(view)
        command = ArgumentParser(description=f"{summary} {about}")
        command.add_function_arguments(view, as_group=False, as_positional=True)
        choose.add_subcommand(name, command, help=summary)
    return commands


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 if it went well, 2 for what the user can mend, 130 after Ctrl-C."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        if arguments and arguments[0] in views():
            kind = views()[arguments[0]]
            run_view(kind, vars(parser_of(kind).parse_args(arguments[1:])))
            return 0
        choice = parser().parse_args(arguments)
        settings = choice[choice.view].as_dict()
        VIEWS[choice.view](**settings)
    except WorkbenchError as error:
        print(f"filterscope: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("filterscope: stopped.", file=sys.stderr)
        return 130
    return 0


def _end(_signal: int, _frame: FrameType | None) -> None:
    # the default would end the process on the spot, its temporary files left behind
    raise SystemExit(143)


def _explanation(view: Callable[..., None]) -> tuple[str, str]:
    """First sentence of a docstring, and the rest up to the arguments."""
    text = inspect.cleandoc(view.__doc__ or "").split("\nArgs:")[0]
    summary, _, about = text.partition("\n")
    return summary, " ".join(about.split())


if __name__ == "__main__":
    keep_freed_memory()
    signal.signal(signal.SIGTERM, _end)
    sys.exit(main())
