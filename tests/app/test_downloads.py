"""Under every picture stand the lines that make it again: here they are run."""

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.widgets.uploads import keep_upload
from tests.app.test_images import picture_bytes
from viz.__main__ import main
from viz.store.provenance import read_made

Open = Callable[..., AppTest]
PAGES: list[tuple[str, dict[str, Any], list[str]]] = [  # address, and the views offered there
    ("overview", {}, ["filters", "curves", "architecture", "curves"]),
    ("filters", {"channel": 3, "order": "norm"}, ["filters"]),
    ("filters", {"picture": "film"}, ["film"]),
    ("top_patches", {"layer": "conv2"}, ["top-patches"]),
    ("unit", {"layer": "conv3", "channel": 2}, ["unit"]),
    ("feature_maps", {"layer": "conv2", "channel": 1}, ["feature-maps", "deconvnet"]),
    ("by_hand", {"channel": 2, "unit": "3,4"}, ["by-hand"]),
    ("evolution", {"layer": "conv1"}, ["evolution"]),
    ("occlusion", {"image": "val:5"}, ["occlusion"]),
    ("invariance", {"image": "val:5"}, ["invariance"]),
    ("retrieval", {"image": "val:5"}, ["retrieval"]),
    ("mistakes", {}, ["mistakes"]),
    ("mistakes", {"picture": "matrix"}, ["confusion"]),
    ("diagnosis", {}, ["diagnosis"]),
]
OTHER = {"beside": "small", "beside_epoch": 1}
BESIDE: list[tuple[str, dict[str, Any], list[str]]] = [
    ("occlusion", {"image": "val:5", "fill": "blur"} | OTHER, ["occlusion"]),
    ("feature_maps", {"image": "val:5", "layer": "conv2"} | OTHER, ["feature-maps"]),
    ("retrieval", {"image": "val:5"} | OTHER, ["retrieval"]),
    ("invariance", {"image": "val:5"} | OTHER, ["invariance"]),
    ("top_patches", {"layer": "conv2"} | OTHER, ["top-patches"]),
    ("attribution", {"image": "val:5", "label": 2} | OTHER, ["attribution"]),
]


@dataclass(frozen=True)
class Offered:
    """What stands under a picture."""

    shell: str
    python: str
    made: dict[str, Any]


def offered(test: AppTest) -> list[Offered]:
    codes = [code.value for code in test.code]
    assert codes
    assert len(codes) % 3 == 0
    rows = zip(codes[::3], codes[1::3], codes[2::3], strict=True)
    return [Offered(shell, python, json.loads(made)) for shell, python, made in rows]


def run_in_shell(line: str, out: Path) -> dict[str, Any]:
    """What the file says that a line writes, its name changed."""
    words = shlex.split(line)
    assert words[:3] == ["python", "-m", "viz"]
    assert main([*words[3:-1], str(out)]) == 0
    return read_made(out)


@pytest.mark.parametrize(("page", "address", "views"), PAGES + BESIDE)
def test_the_lines_under_a_picture_make_it_again(
    page: str, address: dict[str, Any], views: list[str], app: Open, tmp_path: Path
) -> None:
    test = app(page, **address)
    assert not test.exception
    rows = offered(test)
    assert [row.made["view"] for row in rows] == views
    for number, row in enumerate(rows):
        said = run_in_shell(row.shell, tmp_path / f"{number}.npz")
        assert said == row.made, row.shell
        exec(row.python, {})


@pytest.mark.parametrize("page", ["occlusion", "feature_maps", "by_hand", "retrieval"])
def test_the_lines_run_for_an_upload_with_blanks_in_its_name(
    page: str, app: Open, tmp_path: Path
) -> None:
    key = keep_upload(picture_bytes(), "my photo (1).png")
    for row in offered(app(page, image=key)):
        assert re.fullmatch("[0-9a-f]{64}", row.made["image"]["sha256"])
        assert run_in_shell(row.shell, tmp_path / "out.npz") == row.made
        exec(row.python, {})
