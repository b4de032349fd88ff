"""Names of classes in full: what is left out, and where lines break."""

import pytest

from viz.drawing.words import from_to, in_lines, label_of, ninth, short_names


def test_a_name_that_fits_stands_in_one_line():
    assert label_of(["tench", "red-green pinstriped ring"], 0) == "tench"


def test_a_longer_name_is_broken_between_words_into_lines_about_equally_long():
    assert label_of(["red-green pinstriped ring", "cat"], 0) == "red-green\npinstriped ring"


def test_a_single_line_holds_all_of_it():
    assert label_of(["red-green pinstriped ring", "cat"], 0, None) == "red-green pinstriped ring"


def test_what_all_names_begin_with_is_left_out_up_to_a_word():
    assert short_names(("data/sea lion", "data/sea horse")) == ("lion", "horse")
    assert short_names(("seal", "seat")) == ("seal", "seat")


def test_where_a_number_would_be_left_nothing_is_left_out():
    assert short_names(("class 0", "class 1")) == ("class 0", "class 1")


def test_synonyms_are_left_out_unless_two_names_would_become_alike():
    names = ("tench, Tinca tinca", "crane, a bird", "crane, a machine")
    assert short_names(names) == ("tench", "crane, a bird", "crane, a machine")


def test_a_class_without_a_name_shows_its_number():
    assert label_of(["cat"], 3) == "class 3"


@pytest.mark.parametrize("letters", [9, 15, 22, 40])
def test_no_letter_is_lost(letters):
    name = "the quick brown fox jumps over"
    lines = in_lines(name, letters)
    assert " ".join(lines) == name
    assert max(map(len, lines)) <= letters


def test_a_name_without_end_ends_after_four_lines():
    assert len(in_lines("word " * 1000, 20)) == 4


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (0.98, 0.82, "98 → 82 %"),
        (0.9996, 0.82, "99.96 → 82.00 %"),
        (0.98, 0.978, "98.0 → 97.8 %"),
        (0.5, 0.5, "50.00 → 50.00 %"),
    ],
)
def test_two_shares_have_as_many_digits_as_tell_them_apart(before, after, text):
    assert from_to(before, after) == text


def test_a_point_lies_in_a_ninth_of_the_picture():
    assert ninth(0.5, 0.5) == "the centre"
    assert ninth(0.1, 0.9) == "the upper right"
    assert ninth(1.0, 0.5) == "the bottom"
