"""Faults that tests elsewhere already hold: what the fault is, and which tests those are."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent


@cache
def tests_in(file: str) -> set[str]:
    """The names of the tests in a file below tests/."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def missing(held: dict[str, list[str]]) -> list[str]:
    """Tests that are named as file::test and are not there."""
    named = [test for tests in held.values() for test in tests]
    return [test for test in named if test.split("::")[1] not in tests_in(test.split("::")[0])]
