"""Words for searching: what both databases are given to compare."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrarium.model.plates import well_label
from micrarium.model.search import document_words, fold, name_word, pair_word, words_of

ENCODED = re.compile(r"(?:[a-z0-9]|_[0-9a-f]{2}){1,1800}")


@given(st.text())
def test_words_hold_nothing_an_engine_takes_for_syntax(text: str) -> None:
    for word in words_of(text):
        assert re.fullmatch(r"[a-z0-9_]{1,1800}", word)
        assert ENCODED.match(word)


@given(st.text(), st.text())
def test_pairs_and_names_are_never_taken_for_words(key: str, value: str) -> None:
    for special in (pair_word(key, value), name_word(words_of(value))):
        assert not ENCODED.match(special)
        assert len(special) <= 2046


@given(st.text(), st.text(), st.text(), st.text())
def test_pairs_are_told_apart_but_for_case_and_spaces(key: str, value: str, key_2: str, value_2: str) -> None:
    is_same = f"{fold(key)}={fold(value)}" == f"{fold(key_2)}={fold(value_2)}"
    assert (pair_word(key, value) == pair_word(key_2, value_2)) == is_same


@pytest.mark.parametrize(
    ("one", "other"), [("STRASSE", "Straße"), ("Ａ１", "a1"), ("cell_1", "CELL 1"), ("ﬁlm", "film"), ("a\t b", "a b")]
)
def test_spellings_that_people_take_for_the_same_are(one: str, other: str) -> None:
    assert words_of(one) == words_of(other)


def test_a_document_has_each_word_once_and_no_more_than_a_database_takes() -> None:
    words = document_words("a b", ["b c", None, " ".join(str(n) for n in range(300_000))], [("k", "v")]).split(" ")
    assert words[:3] == ["_na__b", "a", "b"]
    assert {"c", pair_word("k", "v"), pair_word("k", "")} <= set(words)
    assert len(words) == len(set(words))
    assert len(" ".join(words)) <= 900_000


@pytest.mark.parametrize(
    ("row", "column", "label"), [(0, 0, "A1"), (7, 11, "H12"), (25, 0, "Z1"), (26, 47, "AA48"), (31, 0, "AF1")]
)
def test_wells_are_named_as_on_the_plate(row: int, column: int, label: str) -> None:
    assert well_label(row, column) == label
