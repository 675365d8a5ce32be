from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracepass.epcis.measures import commensurable, to_base
from tracepass.epcis.times import instant, timestamp


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2005-04-04T20:33:31.116-06:00", "2005-04-05T02:33:31.116Z"),
        ("2005-04-03T20:33:31.116000-06:00", "2005-04-04T02:33:31.116Z"),
        ("2005-07-11T11:30:47.0Z", "2005-07-11T11:30:47.000Z"),
        ("2005-07-11t11:30:47z", "2005-07-11T11:30:47.000Z"),
        ("2024-12-31T23:59:59.9996Z", "2025-01-01T00:00:00.000Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
        ("2024-01-01T00:00:00.123456789+14:00", "2023-12-31T10:00:00.123Z"),
        (f"2024-01-01T00:00:00.{'1' * 500}Z", "2024-01-01T00:00:00.111Z"),
        ("0999-01-01T00:00:00Z", "0999-01-01T00:00:00.000Z"),
    ],
)
def test_times_are_written_in_utc_with_milliseconds(text: str, utc: str) -> None:
    assert timestamp(text) == utc
    assert timestamp(utc) == utc


@pytest.mark.parametrize(
    "text", ["2024-01-01T00:00:00", "2024-01-01", "now", "2024-13-01T00:00:00Z", "0001-01-01T00:00:00+01:00"]
)
def test_what_is_no_time_with_a_zone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"time|month|years"):
        timestamp(text)


@given(st.datetimes(min_value=datetime(1, 1, 2), timezones=st.timezones()))  # noqa: DTZ001 - hypothesis adds the zone
def test_an_instant_keeps_its_place_in_time(moment: datetime) -> None:
    whole = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    offset = whole.utcoffset()
    if offset is not None and offset.total_seconds() % 60 == 0 and whole.year < 9999:
        assert instant(whole.isoformat()) == whole.astimezone(UTC)


@pytest.mark.parametrize(
    ("value", "uom", "base", "expected"),
    [
        (0, "CEL", "KEL", 273.15),
        (212, "FAH", "KEL", 373.15),
        (36, "KMH", "MTS", 10),
        (2, "TNE", "KGM", 2000),
        (50, "P1", "C62", 0.5),
        (12.1, "A93", "KMQ", 0.0121),
        (1, "KWH", "JOU", 3.6e6),
        (180, "DD", "C81", 3.141592653589793),
    ],
)
def test_values_are_brought_into_the_base_unit(value: float, uom: str, base: str, expected: float) -> None:
    found = to_base(value, uom)
    assert found is not None
    assert found[0] == base
    assert found[1] == pytest.approx(expected)


def test_a_unit_that_is_not_known_is_compared_with_itself_only() -> None:
    assert to_base(1, "ZZ") is None
    assert commensurable("ZZ") == {"ZZ"}
    assert commensurable("CEL") == {"CEL", "FAH", "KEL", "A48"}
