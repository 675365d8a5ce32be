"""The languages of the templates: legal terms are the same everywhere, and nothing stays English unnoticed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tracepass.locale import LOCALES
from tracepass.templates.labels import Labels, labels_of
from tracepass.templates.loader import DATA, HELPS, LABELS, load_templates

TRANSLATED = tuple(locale for locale in LOCALES if locale != "en")
HELP_LANGUAGES = ("de", "es", "fr", "it")
TEMPLATES = load_templates()


def _read(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def _keys_by_english() -> dict[str, set[str]]:
    keys: dict[str, set[str]] = {}
    for template in TEMPLATES:
        for key, english in labels_of(template):
            keys.setdefault(english, set()).add(key)
    return keys


def test_the_glossary_holds_the_terms_of_the_law_in_every_language() -> None:
    terms = _read("glossary.json")["terms"]

    assert len(terms) >= 150
    assert len({term["term"] for term in terms}) == len(terms)
    for term in terms:
        assert set(term["translations"]) == set(TRANSLATED), term["term"]
        assert all(term["translations"].values()), term["term"]
        assert term["instrument"], term["term"]


@pytest.mark.parametrize("locale", TRANSLATED)
def test_every_label_says_a_term_of_the_law_as_the_glossary_does(locale: str) -> None:
    labels, keys = Labels.load(LABELS), _keys_by_english()
    others = {
        (term["term"], key): found
        for term in _read("glossary.json")["terms"]
        for key in keys[term["term"]]
        if (found := labels.find(locale, key, term["term"])) != term["translations"][locale]
    }

    assert others == {}


@pytest.mark.parametrize("locale", TRANSLATED)
def test_no_label_is_left_in_english_but_true_internationalisms(locale: str) -> None:
    allowed = _read("internationalisms.json")
    known = {*allowed["everywhere"], *allowed["languages"][locale]}
    labels = Labels.load(LABELS)
    same = {
        english
        for english, keys in _keys_by_english().items()
        for key in keys
        if (labels.find(locale, key, english) or "").casefold() == english.casefold()
    }

    assert same - known == set()


@pytest.mark.parametrize("locale", HELP_LANGUAGES)
def test_help_is_there_for_every_field(locale: str) -> None:
    labels = Labels.load(LABELS, HELPS)
    missing = {
        (template.category, field.key)
        for template in TEMPLATES
        for field in template.fields.values()
        if labels.help(locale, field.key, field.help)[1] != locale
    }

    assert missing == set()


def test_help_without_a_translation_is_english_and_says_so() -> None:
    assert Labels({}, {"de": {"k": {"Text.": "Satz."}}}).help("de", "k", "Text.") == ("Satz.", "de")
    assert Labels({}, {"de": {}}).help("de", "k", "Text.") == ("Text.", "en")
