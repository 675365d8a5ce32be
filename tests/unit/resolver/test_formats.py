"""Numbers, dates and names in the reader's language, and what happens where CLDR has nothing."""

from __future__ import annotations

import pytest

from tracepass.locale import LOCALES
from tracepass.resolver.formats import formats_for, own_name


@pytest.mark.parametrize(
    ("locale", "text"), [("de", "14.563,25"), ("en", "14,563.25"), ("ga", "14,563.25"), ("bg", "14\xa0563,25")]
)
def test_numbers_are_written_as_the_language_does(locale: str, text: str) -> None:
    assert formats_for(locale).number(14563.25) == text


def test_small_numbers_keep_their_digits() -> None:
    assert formats_for("de").number(0.00035) == "0,00035"


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "5 March 2026"),
        ("mt", "5 ta\N{RIGHT SINGLE QUOTATION MARK} Marzu 2026"),
        ("ga", "5 Márta 2026"),
        ("hu", "2026. március 5."),
    ],
)
def test_days_are_written_out(locale: str, text: str) -> None:
    assert formats_for(locale).date("2026-03-05") == text
    assert formats_for(locale).day_of("2026-03-05T23:59:59.999Z") == text


def test_months_stand_alone() -> None:
    assert formats_for("el").date("2026-09", "month") == "Σεπτέμβριος 2026"


def test_moments_name_the_hour_and_its_zone() -> None:
    assert formats_for("de").date("2026-10-02T08:14:00Z", "second") == "2. Oktober 2026, 08:14 UTC"


@pytest.mark.parametrize("precision", ["day", "month", "second"])
def test_what_is_no_date_stays_as_it_is(precision: str) -> None:
    formats = formats_for("de")
    assert formats.date("soon", precision) == "soon"  # type: ignore[arg-type] # one of the three
    assert formats.short_date("soon") == "soon"


def test_countries_and_languages_have_names() -> None:
    assert formats_for("mt").country("DE") == "il-Ġermanja"
    assert formats_for("de").country("ZZ") == "Unbekannte Region"
    assert formats_for("de").country("QQ") == "QQ"
    assert formats_for("ga").language_name("bg") == "Bulgáiris"
    assert formats_for("de").language_name("xx") == "xx"


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_has_all_that_a_page_needs(locale: str) -> None:
    formats = formats_for(locale)
    assert own_name(locale)[0].isupper()
    assert formats.country("DE") != "DE"
    assert formats.language_name("de") != "de"
    assert "2026" in formats.date("2026-03", "month")
    assert "duration" not in formats.unit("a", 5) + formats.unit("mo") + formats.unit("%/month")


def test_spans_of_time_are_declined() -> None:
    assert formats_for("de").unit("a", 1) == "Jahr"
    assert formats_for("de").unit("a", 10) == "Jahre"
    assert formats_for("pl").unit("a", 5) == "lat"
    assert formats_for("de").unit("%/month") == "%\xa0/\xa0Monat"


def test_units_are_symbols() -> None:
    assert formats_for("fr").unit("Cel") == "°C"
    assert formats_for("fr").unit("kgCO2e/kWh") == "kg CO₂e/kWh"
