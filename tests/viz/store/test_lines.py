"""What asks a question again runs as it stands, whatever the names hold."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
from PIL import Image

from training.errors import WorkbenchError
from training.runs import Run
from viz.cli import parser_of
from viz.deconvnet import DeconvnetQuery
from viz.occlusion import OcclusionLook, OcclusionQuery
from viz.store import lines
from viz.store.query import ImageSource, Look, Query

AWKWARD = [
    "plain.png",
    "my photo (1).png",
    "it's $HOME; rm -rf x.png",
    'say "hi" \\ there.png',
    "Füße, Größe [2].png",
    "-starts-with-a-hyphen.png",
    "a,b.png",
    "#100% {x}.png",
]


@dataclass(frozen=True)
class AnyLook(Look):
    order: Literal["index", "norm"] = "index"
    """Order."""
    channels: tuple[int, ...] = ()
    """Channels."""


@dataclass(frozen=True)
class AnyQuery(Query):
    image: tuple[ImageSource, ...] = (ImageSource("0"),)
    """Images."""
    layer: tuple[str, ...] = ()
    """Layers."""
    k: int = 9
    """How many, of 100 %."""
    share: float | None = None
    """A share."""
    once: bool = False
    """A switch."""

    view: ClassVar[str] = "any"
    look: ClassVar[type[Look]] = AnyLook


QUESTIONS = [
    (AnyQuery("runs/demo"), AnyLook()),
    (AnyQuery("runs/demo", 0, k=3, share=0.1, once=True), AnyLook("norm", (3, 17))),
    *(
        (AnyQuery(f"runs/{name}", 12, image=(name, "17"), layer=("conv1", name)), AnyLook())
        for name in AWKWARD
        if not name.startswith("-")
    ),
    *((AnyQuery("runs/demo", image=(name,)), AnyLook()) for name in AWKWARD),
]


@pytest.mark.parametrize(("query", "look"), QUESTIONS)
def test_parsing_a_question_s_own_shell_line_gives_the_question_back(query, look):
    words = shlex.split(lines.shell_line(query, look, out="a file.png"))
    assert words[:4] == ["python", "-m", "viz", "any"]
    flags = vars(parser_of(AnyQuery).parse_args(words[4:]))
    assert lines.read(AnyQuery, flags) == query
    assert lines.read(AnyLook, flags) == look
    assert flags["out"] == "a file.png"


@pytest.mark.parametrize(("query", "look"), QUESTIONS)
def test_every_text_in_an_address_means_the_value_again(query, look):
    said = lines.parameters(query, look)
    hints = lines.types_of(query) | lines.types_of(look)
    for name, text in said.items():
        value = getattr(query if hasattr(query, name) else look, name)
        assert lines.from_text(hints[name], text) == value


def test_row_and_col_of_a_unit_are_one_name_in_an_address():
    query = DeconvnetQuery("runs/a", 3, ImageSource("7"), "conv3", channel=0, row=4, col=0)
    said = lines.parameters(query)
    assert said["unit"] == "4,0"
    assert said["channel"] == "0"  # a default is written, too
    assert not said.keys() & {"run", "epoch", "row", "col"}


def test_flags_take_hyphens_and_underscores_and_the_former_names():
    parser = parser_of(OcclusionQuery)
    for flag in ("--compare-with", "--compare_with", "--beside"):
        assert parser.parse_args(["runs/a", flag, "runs/b"]).compare_with == "runs/b"
    for flag in ("--compare-epoch", "--beside_epoch", "--beside-epoch"):
        assert parser.parse_args(["runs/a", flag, "3"]).compare_epoch == 3


@pytest.mark.parametrize(
    ("flag", "text", "expected"),
    [
        ("--k", "many", "a whole number is needed"),
        ("--share", "half", "a number is needed"),
        ("--once", "perhaps", "write true or false"),
        ("--order", "size", "choose one of: index, norm"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_what_is_expected(flag, text, expected):
    with pytest.raises(WorkbenchError, match=f"{flag} '{text}' does not fit: {expected}"):
        parser_of(AnyQuery).parse_args(["runs/a", flag, text])


def test_a_file_whose_name_has_a_comma_is_one_picture(tmp_path: Path):
    picture = tmp_path / "here, there.png"
    picture.touch()
    parsed = parser_of(AnyQuery).parse_args(["runs/a", "--image", str(picture)])
    assert parsed.image == (str(picture),)


def test_the_help_of_a_flag_is_the_docstring_of_its_field():
    said = parser_of(AnyQuery).format_help()
    assert "How many, of 100 %. (9)" in " ".join(said.split())


@pytest.mark.parametrize("name", AWKWARD)
def test_python_lines_bring_the_arrays_of_the_shell_line(
    name: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from viz.__main__ import main

    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(3).integers(0, 256, (40, 50, 3), np.uint8)
    Image.fromarray(pixels).save(name)
    query = OcclusionQuery(str(run.path), 1, image=(name,), window=16, stride=8)
    look = OcclusionLook(label="price in $")
    shell = shlex.split(lines.shell_line(query, look, out="found.npz"))
    assert main(shell[3:]) == 0
    inside: dict[str, Any] = {}
    exec(lines.python_lines(query, look), inside)
    arrays = inside["shown"].arrays()
    with np.load("found.npz") as file:
        for field, array in arrays.items():
            assert np.array_equal(file[field], array), field
