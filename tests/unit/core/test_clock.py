"""Moments as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracepass.core.clock import parse_timestamp, system_clock, timestamp

MOMENTS = st.datetimes(timezones=st.just(UTC))


@given(MOMENTS, MOMENTS)
def test_timestamps_sort_as_their_moments_do(one: datetime, other: datetime) -> None:
    early, late = sorted((one, other))
    assert timestamp(early) <= timestamp(late)


@given(MOMENTS)
def test_a_timestamp_reads_back_to_the_millisecond(moment: datetime) -> None:
    text = timestamp(moment)
    assert len(text) == 24
    assert timedelta() <= moment - parse_timestamp(text) < timedelta(milliseconds=1)


def test_a_moment_elsewhere_is_written_in_utc() -> None:
    moment = datetime(2027, 2, 18, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert timestamp(moment) == "2027-02-17T23:30:00.000Z"
    assert parse_timestamp("2027-02-18T01:30:00+02:00") == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2027-02-30T00:00:00Z",
        "2027-02-18",
        "2027-02-18T00:00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_what_is_no_moment_or_names_no_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_timestamp(text)


def test_the_system_clock_runs_in_utc() -> None:
    assert system_clock().utcoffset() == timedelta()
