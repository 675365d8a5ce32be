"""The words of the pages: every language has every text, and fills in the same parts."""

from __future__ import annotations

from string import Formatter

import pytest

from tracepass.locale import LOCALES
from tracepass.resolver.texts import Texts

SAME_EVERYWHERE = 8
"""Texts that may read as in English: names such as GLN, and words that two languages share."""


@pytest.fixture(scope="module")
def texts() -> Texts:
    return Texts.load()


def parts_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_says_everything_with_the_same_parts(texts: Texts, locale: str) -> None:
    english, words = texts.words("en").catalogue, texts.words(locale).catalogue
    assert words.keys() == english.keys()
    for key, text in words.items():
        assert parts_of(text) == parts_of(english[key]), key
        assert text.strip() == text != ""


@pytest.mark.parametrize("locale", [locale for locale in LOCALES if locale != "en"])
def test_no_language_is_left_in_english(texts: Texts, locale: str) -> None:
    english, words = texts.words("en").catalogue, texts.words(locale).catalogue
    alike = [key for key, text in words.items() if text == english[key]]
    assert len(alike) <= SAME_EVERYWHERE, alike


def test_parts_are_filled_in(texts: Texts) -> None:
    assert texts.words("en")("shown_in", language="Greek") == "shown in Greek"
    with pytest.raises(KeyError):
        texts.words("en")("shown_in", tongue="Greek")


def test_a_text_that_a_language_lacks_is_said_in_english() -> None:
    texts = Texts({"en": {"yes": "Yes", "no": "No"}, "de": {"yes": "Ja", "no": ""}})
    assert texts.words("de")("yes") == "Ja"
    assert texts.words("de")("no") == "No"
