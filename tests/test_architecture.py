"""Imports point one way: app → viz → training; Streamlit and drawing stay where they belong."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def imports(*folders: str) -> Iterator[tuple[Path, str]]:
    """Every (file, top-level package) that the files of the folders import, anywhere in them."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    yield from ((path, alias.name) for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    yield path, node.module


def package(module: str) -> str:
    return module.split(".")[0]


def test_training_knows_nothing_of_the_views_or_the_workbench() -> None:
    for path, module in imports("training"):
        assert package(module) not in ("viz", "app", "streamlit"), f"{path} imports {module}"


def test_the_views_know_nothing_of_the_workbench() -> None:
    for path, module in imports("viz"):
        assert package(module) not in ("app", "streamlit"), f"{path} imports {module}"


DRAWS = re.compile(r"viz/(drawing/|\w+/(\w+_)?(figure|pointing|sheet)\.py)")
NAMES_A_FIGURE = re.compile(r"viz/(commands/|store/(export|view)\.py)")  # the type that they write


def test_only_figures_and_the_workbench_draw() -> None:
    for path, module in imports("training", "viz"):
        if not (DRAWS.search(path.as_posix()) or NAMES_A_FIGURE.search(path.as_posix())):
            assert package(module) not in ("matplotlib", "plotly"), f"{path} imports {module}"


def test_figures_know_no_network() -> None:
    for path, module in imports("viz"):
        if DRAWS.search(path.as_posix()):
            assert module not in ("training.models", "training.runs"), f"{path} imports {module}"


def test_pyplot_is_not_used_since_pages_draw_in_threads() -> None:
    for path, module in imports("app", "viz", "training"):
        assert module != "matplotlib.pyplot", f"{path} imports {module}"


def test_captum_is_imported_where_it_is_used_since_that_takes_seconds() -> None:
    for folder in ("app", "viz", "training"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                names = [node.module] if isinstance(node, ast.ImportFrom) else []
                names += (
                    [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                )
                assert "captum" not in {package(name or "") for name in names}, path
