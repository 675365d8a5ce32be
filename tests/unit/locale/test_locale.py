"""Which language a reader gets, and which text of a field."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracepass.locale import LOCALES, ResolvedValue, UnknownLocale, check_locale, negotiate, resolve


def said(value: Any, at: str | None = None) -> dict[str, Any]:
    return {"value": value, "source": "human", "generatedAt": at}


FULL = {"de": said("Hallo", "2027-01-03"), "fr": said("Salut", "2027-01-01"), "en": said("Hello", "2027-01-02")}


def only(*locales: str) -> dict[str, Any]:
    return {locale: FULL[locale] for locale in locales}


class TestNegotiation:
    def test_there_are_24_in_order(self) -> None:
        assert len(LOCALES) == len(set(LOCALES)) == 24
        assert list(LOCALES) == sorted(LOCALES)

    @pytest.mark.parametrize(
        ("lang", "accept", "default", "chosen"),
        [
            ("fr", "de", "it", "fr"),
            (None, "de", "it", "de"),
            (None, "de-AT", "it", "de"),
            (None, "DE-at,en", None, "de"),
            (None, "xx, fr;q=0.2, de;q=0.9", "it", "de"),
            (None, "fr;q=0.5,de;q=0.5", "it", "fr"),
            (None, "fr;q=0, de;q=0.1", "it", "de"),
            (None, "fr;q=0", "it", "it"),
            (None, "zh, ja;q=0.5", "it", "it"),
            (None, "*", "it", "it"),
            (None, "*;q=0.5, sv", "it", "sv"),
            (None, "fr;q=x, de;q=0.1", None, "de"),
            (None, "fr;q=2, de;q=0.1", None, "de"),
            (None, "fr;q=-1, de;q=0.1", None, "de"),
            (None, "fr;q=nan, de;q=0.1", None, "de"),
            (None, "fr;level=1;q=0.1, de;q=0.2", None, "de"),
            (None, "fr ; Q = 0.1 , de ; q = 0.2", None, "de"),
            (None, ",,;q=1,", "it", "it"),
            (None, "", "it", "it"),
            (None, None, "it", "it"),
            (None, None, "xx", "en"),
            (None, None, None, "en"),
        ],
    )
    def test_the_chain(self, lang: str | None, accept: str | None, default: str | None, chosen: str) -> None:
        assert negotiate(lang, accept, default) == chosen

    @pytest.mark.parametrize("lang", ["", "xx", "EN", "en-GB", "no", "de ", "all"])
    def test_another_language_is_refused(self, lang: str) -> None:
        with pytest.raises(UnknownLocale, match="must be one of bg, cs, da"):
            check_locale(lang)
        with pytest.raises(UnknownLocale):
            negotiate(lang, "de", "de")

    @given(st.text(max_size=40), st.none() | st.text(max_size=3))
    def test_any_header_leads_to_one_of_the_24(self, accept: str, default: str | None) -> None:
        assert negotiate(None, accept, default) in LOCALES


class TestResolution:
    @pytest.mark.parametrize(
        ("field", "lang", "value", "locale"),
        [
            # 1. The reader's language: a translation, or the value itself.
            ({"value": "Hej", "sourceLocale": "sv", "translations": FULL}, "de", "Hallo", "de"),
            ({"value": "Hej", "sourceLocale": "sv", "translations": FULL}, "sv", "Hej", "sv"),
            ({"value": 5, "sourceLocale": None, "translations": FULL}, "fr", "Salut", "fr"),
            # 2. The language it was written in.
            ({"value": "Hej", "sourceLocale": "sv", "translations": FULL}, "pl", "Hej", "sv"),
            ({"value": "Hej", "sourceLocale": "sv", "translations": {}}, "pl", "Hej", "sv"),
            # 3. English.
            ({"value": "Hi", "sourceLocale": None, "translations": FULL}, "pl", "Hello", "en"),
            # 4. The earliest translation.
            ({"value": "Hi", "sourceLocale": None, "translations": only("de", "fr")}, "pl", "Salut", "fr"),
            ({"value": "Hi", "translations": {"it": said("Ciao"), "de": said("Hallo", "2027")}}, "pl", "Ciao", "it"),
            ({"value": "Hi", "translations": {"it": said("Ciao"), "de": said("Hallo")}}, "pl", "Hallo", "de"),
            # 5. The value that names no language.
            ({"value": "Hi", "sourceLocale": None, "translations": {}}, "pl", "Hi", None),
            ({"value": 12.5}, "pl", 12.5, None),
            ({"value": False, "translations": None}, "pl", False, None),
            ({"value": None, "sourceLocale": None, "translations": {}}, "pl", None, None),
            ({}, "pl", None, None),
        ],
    )
    def test_the_chain(self, field: dict[str, Any], lang: str, value: Any, locale: str | None) -> None:
        assert resolve(field, lang) == ResolvedValue(value, locale)

    @given(st.sampled_from(LOCALES), st.none() | st.sampled_from(LOCALES), st.sets(st.sampled_from(LOCALES)))
    def test_a_reader_gets_their_own_language_wherever_it_is_there(
        self, lang: str, source: str | None, translated: set[str]
    ) -> None:
        field = {
            "value": "source",
            "sourceLocale": source,
            "translations": {locale: said(locale) for locale in translated - {source}},
        }
        found = resolve(field, lang)
        if lang == source:
            assert found == ResolvedValue("source", source)
        elif lang in translated:
            assert found == ResolvedValue(lang, lang)
        elif source is not None:
            assert found == ResolvedValue("source", source)
        elif translated:
            assert found.locale == ("en" if "en" in translated else min(translated))
