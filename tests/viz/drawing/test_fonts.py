"""Names in any script, and names that are no text at all, in figures, files and reports."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from PIL import Image

from training.data import describe, open_data
from training.words import printable
from viz.drawing import fonts
from viz.drawing.fonts import legible
from viz.report.page import TEMPLATES
from viz.store.export import picture_bytes, title

SCRIPTS = {"Chinese": "猫と犬", "Devanagari": "कुत्ता", "Ethiopic": "ድመት", "Yi": "ꀀꀁ"}


def make_font(path: Path, family: str, letters: str) -> None:
    """A font in which every letter is a black square."""
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for corner in ((100, 800), (900, 800), (900, 0)):
        pen.lineTo(corner)
    pen.closePath()
    names = [".notdef", *(f"u{ord(each):x}" for each in dict.fromkeys(letters))]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(each): f"u{ord(each):x}" for each in letters})
    builder.setupGlyf(dict.fromkeys(names, pen.glyph()))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 100)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)


@pytest.fixture(autouse=True)
def only_usual_fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What this machine has besides is no part of these tests."""
    usual = [entry for entry in fontManager.ttflist if entry.name.startswith("DejaVu")]
    monkeypatch.setattr(fontManager, "ttflist", usual)
    monkeypatch.setattr(fonts, "findSystemFonts", lambda: [])
    for cached in (fonts._families_for, fonts._add_new_ones, fonts._add_typeface):
        cached.cache_clear()
    yield
    for cached in (fonts._families_for, fonts._add_new_ones, fonts._add_typeface):
        cached.cache_clear()


def figure_saying(text: str) -> Figure:
    figure = Figure(figsize=(2, 1))
    figure.text(0.1, 0.5, text, size=20)
    return figure


@pytest.mark.parametrize("script", SCRIPTS)
def test_letters_come_from_a_font_that_has_them(script: str, tmp_path: Path) -> None:
    words = SCRIPTS[script]
    make_font(tmp_path / "own.ttf", "Noto Sans Own", words)
    fontManager.addfont(tmp_path / "own.ttf")
    figure = figure_saying(f"{words}, a name")
    assert legible(figure) == ""
    assert figure.texts[0].get_fontfamily()[-1] == "Noto Sans Own"
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib's "Glyph missing"
        picture_bytes(figure, "png", {})


def test_a_font_installed_since_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_font(tmp_path / "new.ttf", "New", "猫")
    monkeypatch.setattr(fonts, "findSystemFonts", lambda: [str(tmp_path / "new.ttf")])
    assert legible(figure_saying("猫")) == ""


def test_several_fonts_complete_each_other(tmp_path: Path) -> None:
    for family, letters in (("One", "猫"), ("Two", "क")):
        make_font(tmp_path / f"{family}.ttf", family, letters)
        fontManager.addfont(tmp_path / f"{family}.ttf")
    figure = figure_saying("猫क")
    assert legible(figure) == ""
    assert set(figure.texts[0].get_fontfamily()) >= {"One", "Two"}


@pytest.mark.filterwarnings("ignore:Glyph")
def test_letters_that_no_font_has_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert "the letters 犬猫" in legible(figure_saying("猫犬"))
    picture_bytes(figure_saying("猫犬"), "png", {})
    assert "No font that is installed has the letters" in capsys.readouterr().err


@pytest.mark.parametrize("words", ["a name", "Grüße, naïve café", "Ελλάδα", "кошка", "−3 × 2"])
def test_what_the_page_s_typeface_or_the_usual_font_has_needs_no_other(words: str) -> None:
    figure = figure_saying(words)
    assert legible(figure) == ""
    assert figure.texts[0].get_fontfamily() == [fonts.TYPEFACE, "sans-serif"]


STRANGE = ("caf\udce9", "\udcff\udcfe", "猫\udc80", "half \ud83d")


@pytest.mark.parametrize("name", STRANGE)
@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
@pytest.mark.filterwarnings("ignore:Glyph")
def test_names_that_are_no_text_break_no_export(name: str, kind: str) -> None:
    assert picture_bytes(figure_saying(name), kind, {"view": "filters", "run": name})
    title({"run": name}).encode()


@pytest.mark.parametrize("name", STRANGE)
def test_names_that_are_no_text_break_no_page(name: str) -> None:
    assert TEMPLATES.from_string("<b>{{ name }}</b>").render(name=name).encode()
    assert printable("plain ü 猫") == "plain ü 猫"


def test_folders_of_any_bytes_are_classes_with_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FILTERSCOPE_CACHE", str(tmp_path / "cache"))
    grey = Image.fromarray(np.full((32, 32, 3), 128, np.uint8))
    for split in ("train", "val"):
        for name in ("caf\udce9", "caf\udce8"):
            folder = tmp_path / "album" / split / name
            folder.mkdir(parents=True)
            grey.save(folder / "0.png")
    spec = f"folder:{tmp_path / 'album'}"
    assert describe(spec).classes == (r"caf\xe8", r"caf\xe9")
    data = open_data(spec, size=32)
    assert data.val.names == (r"val/caf\xe8/0.png", r"val/caf\xe9/0.png")


def test_no_text_of_a_figure_is_smaller_than_eleven_pixels() -> None:
    figure = figure_saying("a tick label")
    figure.texts[0].set_fontsize(5)
    legible(figure)
    assert float(figure.texts[0].get_fontsize()) * figure.dpi / 72 >= 11


def test_a_figure_has_the_typeface_of_the_page() -> None:
    figure = figure_saying("conv1, filter 10")
    legible(figure)
    found = fontManager.findfont(figure.texts[0].get_fontproperties())
    assert "SourceSansPro-Regular" in found
