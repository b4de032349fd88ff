"""Stands in for `subprocess` where a comparison starts its children, without their seconds.

`python -m training` and `python -m viz` spend seconds on importing torch before they do anything.
These children run the same commands, as processes of their own that are forked from one in which
all that is imported already. Some tests start them for real, so that this hides nothing.
"""

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib import import_module
from subprocess import DEVNULL, STDOUT, CompletedProcess
from typing import Any, BinaryIO

__all__ = ["DEVNULL", "STDOUT", "Popen", "run"]

_parent = multiprocessing.get_context("forkserver")
_parent.set_forkserver_preload(
    ["training.__main__", "training.fit", "torch._dynamo", "viz.__main__", "viz.cli"]
)


class Popen:
    """A child at work on `python -m MODULE WORDS`; its output goes to a file."""

    def __init__(
        self, command: Sequence[str], *, stdout: BinaryIO, env: Mapping[str, str], **_how: Any
    ) -> None:
        assert command[1] == "-m"
        self._process = _parent.Process(
            target=_work, args=(command[2:], stdout.name, dict(env)), daemon=True
        )
        self._process.start()

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()


def run(command: Sequence[str], *, env: Mapping[str, str], **_how: Any) -> CompletedProcess[str]:
    """Run it to its end; all its output is taken for errors."""
    with tempfile.NamedTemporaryFile("rb") as log:
        code = Popen(command, stdout=log, env=env).wait()
        return CompletedProcess(list(command), code or 0, "", log.read().decode())


def _work(words: Sequence[str], log: str, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    with open(log, "ab") as output:  # noqa: PTH123
        for stream in (1, 2):
            os.dup2(output.fileno(), stream)
    module, *arguments = words
    sys.exit(import_module(f"{module}.__main__").main(arguments))
