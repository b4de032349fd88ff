"""Names of classes in full: what is left out, and where lines break."""

import pytest

from viz.drawing.words import in_lines, label_of, short_names


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
