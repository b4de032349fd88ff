"""The map of the house is true: few files a view, the table as counted, each path in its place."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MOST = {"overview": 9}
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def table() -> str:
    script = [sys.executable, "docs/files_of_views.py"]
    return subprocess.run(script, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_the_table_of_files_is_as_the_script_counts_them() -> None:
    shown = re.search(r"<!-- files of views -->\n(.*?)<!-- end -->", TEXT, re.DOTALL)
    assert shown is not None
    assert shown[1] == table()


def test_a_view_is_held_by_seven_files_at_most() -> None:
    counted = re.findall(r"(\w+) \| (?:\d+|–) \| (\d+)", table())
    assert len(counted) > 25
    for view, files in counted:
        assert int(files) <= MOST.get(view, 7), view


def test_the_map_fits_one_screen() -> None:
    house = TEXT[TEXT.index("## The house") :].split("```")[1]
    assert len(house.splitlines()) <= 40
    assert max(map(len, house.splitlines())) <= 100


def test_every_path_that_the_guide_names_is_there_and_has_the_name_beside_it() -> None:
    named = re.findall(r"`((?:app|viz|training|tests|docs)/[\w/.]+)`(?:, `(\w+)`)?", TEXT)
    assert len(named) > 15
    for path, name in named:
        assert (ROOT / path).exists(), path
        assert not name or re.search(rf"\b{name}\b", (ROOT / path).read_text()), (path, name)
