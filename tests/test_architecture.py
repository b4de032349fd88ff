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


ROOMS = {  # what each shared room of viz may import of the others
    "network": set(),
    "drawing": {"network"},
    "store": {"network", "drawing"},
}
BUILDS_ON = {  # views that build on other views; all others stand alone
    "attribution": {"deconvnet", "occlusion", "sanity_checks"},  # the last for --of trust only
    "confusion": {"mistakes"},
    "directions": {"top_patches"},
    "evolution": {"top_patches"},
    "feature_maps": {"occlusion"},
    "film": {"filters", "planes"},
    "localisation": {"attribution"},
    "occlusion": {"top_patches"},
    "sanity_checks": {"attribution"},
    "self_check": {"by_hand", "deconvnet"},
    "strongest": {"deconvnet", "top_patches"},
    "top_patches": {"deconvnet"},
    "unit": {"top_patches"},
}
DOCUMENTS = {"report", "cli.py", "__main__.py", "__init__.py"}  # may ask any view


def test_a_view_imports_the_shared_rooms_and_of_other_views_what_the_table_says() -> None:
    for path, module in imports("viz"):
        room = path.relative_to(ROOT / "viz").parts[0]
        parts = module.split(".")
        if parts[0] != "viz" or len(parts) == 1 or parts[1] == room or room in DOCUMENTS:
            continue
        allowed = ROOMS.get(room, set(ROOMS) | BUILDS_ON.get(room, set()))
        assert parts[1] in allowed, f"{path} imports {module}"


def test_the_table_of_views_that_build_on_others_has_no_line_too_many() -> None:
    found: dict[str, set[str]] = {}
    for path, module in imports("viz"):
        room, parts = path.relative_to(ROOT / "viz").parts[0], module.split(".")
        if parts[0] == "viz" and len(parts) > 1 and room in BUILDS_ON:
            found.setdefault(room, set()).add(parts[1])
    for view, others in BUILDS_ON.items():
        assert others <= found[view], view


APP = {  # what each room of app may import of the others; the entry and the shell draw them all
    "browser": set(),
    "widgets": {"browser", "jobs", "shell"},
    "jobs": {"shell"},
    "shell": {"browser", "jobs", "tour"},
    "tour": {"jobs", "shell"},
    "views": {"browser", "jobs", "shell", "widgets", "views"},
    "pages": {"jobs", "shell", "widgets", "views"},
}


def test_the_rooms_of_the_workbench_import_downwards() -> None:
    for path, module in imports("app"):
        room, parts = path.relative_to(ROOT / "app").parts[0], module.split(".")
        if parts[0] == "app" and len(parts) > 1 and room in APP and parts[1] != room:
            assert parts[1] in APP[room], f"{path} imports {module}"


def test_the_floors_have_rooms_and_nothing_lies_about() -> None:
    def entries(folder: str) -> set[str]:
        return {
            path.name
            for path in (ROOT / folder).iterdir()
            if path.name not in ("__pycache__", "__init__.py", "__main__.py", "py.typed")
        }

    assert entries("app") == {
        *("browser", "icon.svg", "jobs", "pages", "shell", "tour", "views", "widgets")
    }
    rooms = {*ROOMS, "report", "comparison", "cli.py"}
    views = {path.parent.name for path in (ROOT / "viz").glob("*/query.py")}
    assert entries("viz") == rooms | views


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
