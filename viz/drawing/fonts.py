"""The figures' letters: the page's typeface, another where it lacks some; none too small."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Literal

from font_source_sans_pro import font_files_ttf
from matplotlib.figure import Figure
from matplotlib.font_manager import FontEntry, FontProperties, findSystemFonts, fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

from training.words import printable

TYPEFACE = "Source Sans Pro"  # Streamlit's, so that a picture reads like the page around it
SMALLEST_PT = 8.0  # 11 px at the figures' 100 dots an inch
_FACES = ("SourceSansPro", "SourceSansProBold", "SourceSansProIt", "SourceSansProSemibold")
_REGULAR = (400, "normal", "regular")
_SHOWN = 8  # characters that a notice repeats


def legible(figure: Figure) -> str:
    """Give every text in a figure fonts that have its letters, and a size that can be read.

    Call it before the figure is drawn. The page's typeface comes first, then matplotlib's own, then
    what else is installed.

    Returns:
        Which letters no installed font has, in a sentence; mostly nothing.
    """
    _add_typeface()
    lacking: set[str] = set()
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        words = printable(text.get_text())
        if words != text.get_text():
            text.set_text(words)
        text.set_fontsize(max(float(text.get_fontsize()), SMALLEST_PT))
        usual = [name for name in text.get_fontfamily() if name != TYPEFACE]
        missing = set() if words.isascii() else set(words)
        for family in (TYPEFACE, *usual) if missing else ():
            font = _font(family, text.get_fontstyle(), text.get_fontweight())
            missing = _missing(missing, font)
        families: tuple[str, ...] = ()
        if missing:
            families, left = _families_for(frozenset(missing))
            lacking |= left
        text.set_fontfamily(
            [TYPEFACE, *(name for name in usual if name not in families), *families]
        )
    if not lacking:
        return ""
    some = "".join(sorted(lacking)[:_SHOWN])
    return (
        f"No font that is installed has the letters {some}: they are drawn as boxes. Install one "
        "that has them, such as Noto Sans (fonts-noto and fonts-noto-cjk in Debian and Ubuntu)."
    )


@cache  # matplotlib's own takes a new key for every size
def _font(family: str, style: Literal["normal", "italic", "oblique"], weight: int | str) -> str:
    return fontManager.findfont(FontProperties(family=family, style=style, weight=weight))


def _missing(letters: set[str], font: str) -> set[str]:
    return {each for each in letters if each.isprintable() and ord(each) not in _letters(font)}


@cache
def _letters(font: str) -> frozenset[int]:
    try:
        return frozenset(FT2Font(font).get_charmap())
    except (OSError, RuntimeError):  # of a kind that matplotlib cannot open
        return frozenset()


@cache
def _families_for(missing: frozenset[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Fonts that have these letters between them, few as possible, and the letters left over."""
    families: list[str] = []
    left = set(missing)
    for entry in _installed():
        found = {each for each in left if ord(each) in _letters(entry.fname)}
        if found:
            families.append(entry.name)
            left -= found
        if not left:
            break
    return tuple(families), frozenset(left)


def _installed() -> Iterable[FontEntry]:
    """Upright fonts, Noto's first; those that came after matplotlib had made its list, too."""
    _add_new_ones()
    upright = (
        entry
        for entry in fontManager.ttflist
        if entry.style == "normal"
        and entry.weight in _REGULAR
        and not entry.name.startswith("Last Resort")  # it has a box for everything
    )
    return sorted(upright, key=lambda entry: (not entry.name.startswith("Noto Sans"), entry.name))


@cache
def _add_typeface() -> None:
    for face in _FACES:
        fontManager.addfont(font_files_ttf[face])


@cache
def _add_new_ones() -> None:
    known = {entry.fname for entry in fontManager.ttflist}
    for path in findSystemFonts():
        if path not in known:
            try:
                fontManager.addfont(path)
            except (OSError, RuntimeError):
                continue  # no font, or one of bitmaps
