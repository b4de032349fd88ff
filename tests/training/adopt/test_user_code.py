"""A file of somebody's own runs as at an import, and what it does is said to be its doing."""

import sys
from pathlib import Path
from textwrap import dedent

import pytest
import torch
from torch import nn

from training.adopt.user_code import build_network
from training.errors import WorkbenchError

pytestmark = pytest.mark.thorough

NET = """
from torch import nn
class Net(nn.Sequential):
    def __init__(self, num_classes=2):
        super().__init__(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Linear(4, num_classes))
"""


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Builds Net of a file with these lines before the network and those after it."""
    monkeypatch.setattr(sys, "argv", ["training", "import", "--model", "nets.py:Net"])

    def make(before: str = "", after: str = "", name: str = "nets.py") -> nn.Module:
        file = tmp_path / name
        file.write_text(dedent(before) + NET + dedent(after))
        return build_network(f"{file}:Net", 3, {})

    return make


READS_ARGUMENTS = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
args = parser.parse_args()
"""
HOLDS_DATACLASSES = """
from __future__ import annotations
from dataclasses import dataclass, field
@dataclass
class Plan:
    widths: list[int] = field(default_factory=list)
    nested: Plan | None = None
plan = Plan([8, 16])
"""
WORKS_AS_A_PROGRAM = """
if __name__ == "__main__":
    raise RuntimeError("this trains for a week")
"""
LOOKS_ITSELF_UP = """
import inspect, sys
here = inspect.getsource(sys.modules[__name__])
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (READS_ARGUMENTS, ""),
        (HOLDS_DATACLASSES, ""),
        ("", WORKS_AS_A_PROGRAM),
        (LOOKS_ITSELF_UP, ""),
        ("print('hello')\n", ""),
    ],
    ids=["argparse", "dataclasses", "program", "looks itself up", "prints"],
)
def test_what_an_import_would_run_runs(build, before, after) -> None:
    assert build(before, after)[3].out_features == 3


@pytest.mark.parametrize("name", ["types.py", "torch.py", "random.py", "résumé (1).py"])
def test_a_file_may_be_called_like_a_module(build, name) -> None:
    before = sys.modules.get(name.removesuffix(".py"))
    assert build(name=name)[3].out_features == 3
    assert sys.modules.get(name.removesuffix(".py")) is before


def test_what_it_sets_for_the_whole_process_is_set_back(build, tmp_path: Path) -> None:
    state = torch.get_rng_state(), Path.cwd(), sys.argv, torch.get_default_dtype()
    build(
        f"""
        import os, torch
        torch.manual_seed(1)
        torch.set_default_dtype(torch.float64)
        torch.set_default_device("meta")
        torch.set_grad_enabled(False)
        os.chdir({str(tmp_path)!r})
        """
    )
    assert torch.equal(torch.get_rng_state(), state[0])
    assert (Path.cwd(), sys.argv, torch.get_default_dtype()) == state[1:]
    assert torch.get_default_device() == torch.device("cpu")
    assert torch.is_grad_enabled()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            "import sys\nsys.exit('give me a data set')\n",
            r"ends the program: exit\(give me.*line 2",
        ),
        ("exit()\n", r"ends the program: exit\(None\).*__main__"),
        (
            "import argparse\nparser = argparse.ArgumentParser()\n"
            "parser.add_argument('data')\nparser.parse_args()\n",
            r"ends the program: exit\(2\).*line 4: `parser.parse_args\(\)`",
        ),
        ("import tensorflow_of_yesterday\n", "needs the module 'tensorflow_of_yesterday'.*line 1"),
        ("raise ValueError('no GPU')\n", r"fails: ValueError: no GPU.*line 1"),
        ("open('data.csv')\n", r"fails: FileNotFoundError.*line 1"),
        ("def (:\n", "fails: SyntaxError"),
        ("x = 1 / 0\n", r"fails: ZeroDivisionError.*line 1: `x = 1 / 0`"),
    ],
    ids=["sys.exit", "exit", "argparse", "module", "error", "file", "syntax", "division"],
)
def test_what_it_fails_at_is_its_own_doing_with_its_line(build, lines, words) -> None:
    with pytest.raises(WorkbenchError, match=words) as caught:
        build(lines)
    assert "nets.py" in str(caught.value)
