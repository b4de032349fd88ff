"""Names of runs, classes and files are others' words: a page shows them and obeys none."""

import json
from html.parser import HTMLParser

import pytest

from viz.report.making import Chapter, Picture, Report
from viz.report.page import page

NASTY = "</pre><script>alert(\"1\")</script> 'q' &amp; {{ 7 * 7 }} {% raw %} $name"


class Elements(HTMLParser):
    """The names of a page's elements, their attributes' values, and the text in each."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.values: list[str | None] = []
        self.texts: list[str] = [""]
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.values += [value for _, value in attrs]
        self.texts.append("")

    def handle_endtag(self, _tag):
        self.texts.append("")

    def handle_data(self, data):
        self.texts[-1] += data


def report(words=(), says=lambda place: place) -> Report:
    """One chapter with one picture; `says` gives the words for each place."""
    picture = Picture(
        number=1,
        view="filters",
        caption=says("caption"),
        alt=says("alt"),
        command=says("picture's command"),
        png=b"\x89PNG",
        width=320,
        words=tuple(words),
    )
    return Report(
        name=says("run"),
        card=((says("fact"), says("value")),),
        chapters=(Chapter(says("title"), says("source"), (picture,), (says("missing"),)),),
        command=says("command"),
        made={"version": "0.1", "checkpoint": "ab" * 32, "run": says("made")},
    )


@pytest.mark.parametrize("words", [[f"word {NASTY}"], [f"column  of {NASTY}"]])
def test_every_word_of_others_is_shown_as_it_is(words):
    found = Elements(page(report(words, lambda place: f"{place} {NASTY}")))
    plain = Elements(page(report(["word"])))
    assert found.tags <= plain.tags | {"pre"}
    assert "script" not in found.tags
    shown = [f"{place} {NASTY}" for place in ("caption", "picture's command", "fact", "value")]
    shown += [f"{place} {NASTY}" for place in ("title", "source", "missing", "command")]
    shown += words
    assert set(map(str.strip, shown)) <= set(map(str.strip, found.texts))
    assert f"alt {NASTY}" in found.values
    assert f"made {NASTY}" in [
        json.loads(value)["run"] for value in found.values if value and value.startswith("{")
    ]


def test_lines_are_a_list_and_columns_stay_columns():
    assert '<ul class="words">\n<li>one</li>\n<li>two</li>\n</ul>' in page(report(["one", "two"]))
    assert "<pre>a  b\n1  2</pre>" in page(report(["a  b", "1  2"]))
    assert "<ul" not in page(report())


def test_the_picture_is_in_the_page():
    assert 'width="320" src="data:image/png;base64,iVBORw=="' in page(report())
