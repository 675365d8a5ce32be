"""What values mean."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.gs1.messages import values

from tracepass.gs1.applicationidentifiers import AI_TABLE, ApplicationIdentifier
from tracepass.gs1.codes import COUNTRY_BY_LETTERS, CURRENCY_BY_NUMBER
from tracepass.gs1.dates import full_year, last_day, read_date
from tracepass.gs1.values import (
    CELSIUS,
    FAHRENHEIT,
    PER_CENT,
    UNITS,
    Approval,
    Money,
    Period,
    Pieces,
    Place,
    PostalCode,
    Quantity,
    typed_value,
)

TODAY = dt.date(2026, 11, 21)
moment = dt.datetime.fromisoformat
GERMANY = COUNTRY_BY_LETTERS["DE"]
FRANCE = COUNTRY_BY_LETTERS["FR"]


@pytest.mark.parametrize(
    ("ai", "value", "meaning"),
    [
        ("17", "261231", dt.date(2026, 12, 31)),
        ("17", "260200", dt.date(2026, 2, 28)),
        ("17", "280200", dt.date(2028, 2, 29)),
        ("11", "770101", dt.date(1977, 1, 1)),
        ("7250", "19991231", dt.date(1999, 12, 31)),
        ("7250", "00000101", "00000101"),
        ("3103", "000195", Quantity(Decimal("0.195"), UNITS["310"])),
        ("3370", "000012", Quantity(Decimal(12), UNITS["337"])),
        ("3932", "97801299", Money(Decimal("12.99"), CURRENCY_BY_NUMBER["978"])),
        ("3922", "1299", Money(Decimal("12.99"))),
        ("3941", "0105", Quantity(Decimal("10.5"), PER_CENT)),
        ("422", "276", GERMANY),
        ("4307", "DE", GERMANY),
        ("423", "276250", (GERMANY, FRANCE)),
        ("421", "27610115", PostalCode(GERMANY, "10115")),
        ("7030", "276AB12", Approval(GERMANY, "AB12")),
        ("7031", "999AB12", Approval(None, "AB12")),
        ("7003", "2612312359", moment("2026-12-31T23:59:00")),
        ("7251", "199912312359", moment("1999-12-31T23:59:00")),
        ("7251", "000001012359", "000001012359"),
        ("8008", "26123115", moment("2026-12-31T15:00:00")),
        ("8008", "261231154530", moment("2026-12-31T15:45:30")),
        ("4324", "2612311545", moment("2026-12-31T15:45:00")),
        ("7011", "261231", dt.date(2026, 12, 31)),
        ("7011", "2612311200", moment("2026-12-31T12:00:00")),
        ("7007", "261101", dt.date(2026, 11, 1)),
        ("7007", "261101261130", Period(dt.date(2026, 11, 1), dt.date(2026, 11, 30))),
        ("4309", "14250000000134050000", Place(Decimal("52.5"), Decimal("13.405"))),
        ("4309", "04857955502936368300", Place(Decimal("-41.4204450"), Decimal("-66.3631700"))),
        ("4330", "003200", Quantity(Decimal("32.00"), FAHRENHEIT)),
        ("4333", "001850-", Quantity(Decimal("-18.50"), CELSIUS)),
        ("4321", "1", True),
        ("4321", "0", False),
        ("37", "0025", 25),
        ("8006", "095212345432130102", Pieces("09521234543213", 1, 2)),
        ("4301", "M%C3%BCller+%26+Co", "Müller & Co"),
        ("10", "L-1", "L-1"),
        ("89", "anything", "anything"),
    ],
)
def test_a_value_means_something(ai: str, value: str, meaning: object) -> None:
    assert typed_value(ai, value, today=TODAY) == meaning


def test_every_measure_has_a_unit() -> None:
    measures = {code[:3] for code in AI_TABLE if len(code) == 4 and code[:2] in {"31", "32", "33", "34", "35", "36"}}
    assert measures == set(UNITS)


@pytest.mark.parametrize(
    ("digits", "year"), [(0, 2000), (26, 2026), (76, 2076), (77, 1977), (99, 1999), (27, 2027), (75, 2075)]
)
def test_two_digits_mean_a_year_at_most_49_back_and_50_ahead(digits: int, year: int) -> None:
    assert full_year(digits, today=TODAY) == year


def test_late_in_a_century_small_numbers_mean_the_next() -> None:
    assert full_year(10, today=dt.date(2075, 1, 1)) == 2110
    assert full_year(25, today=dt.date(2075, 1, 1)) == 2125
    assert full_year(26, today=dt.date(2075, 1, 1)) == 2026


@settings(deadline=None)
@given(st.dates(dt.date(1980, 1, 1), dt.date(2070, 12, 31)))
def test_a_written_day_is_read_again(day: dt.date) -> None:
    assert read_date(f"{day:%y%m%d}", today=TODAY) == day
    assert read_date(f"{day:%Y%m%d}", today=TODAY) == day
    assert read_date(f"{day:%y%m}00", today=TODAY) == day.replace(day=last_day(day.year, day.month))


@settings(deadline=None)
@given(st.sampled_from(list(AI_TABLE.values())).flatmap(lambda ai: st.tuples(st.just(ai), values(ai))), st.dates())
def test_every_valid_value_means_something_on_any_day(pair: tuple[ApplicationIdentifier, str], today: dt.date) -> None:
    ai, value = pair
    assert typed_value(ai.code, value, today=today) is not None
