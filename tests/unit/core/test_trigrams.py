"""Search terms."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tracepass.core.trigrams import query_terms, search_terms


def test_terms_are_runs_of_three_and_the_beginning() -> None:
    assert search_terms(["BP-4", "x"]) == ["^b", "^bp", "^x", "bp-", "p-4"]
    assert search_terms([]) == search_terms([""]) == []


def test_one_or_two_characters_are_looked_for_at_the_start_and_more_anywhere() -> None:
    assert query_terms("B") == ["^b"]
    assert query_terms("bP") == ["^bp"]
    assert query_terms("BP-4") == ["p-4", "bp-"]


@given(st.text(min_size=3), st.data())
def test_a_text_is_found_by_every_part_of_it_that_has_three_characters(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 3))
    end = data.draw(st.integers(start + 3, len(text)))
    assert set(query_terms(text[start:end])) <= set(search_terms([text]))


@given(st.text(min_size=1, max_size=20), st.integers(1, 2))
def test_a_text_is_found_by_its_first_characters(text: str, length: int) -> None:
    assert set(query_terms(text[:length])) <= set(search_terms([text]))
