"""When scheduled subscriptions are due: fields of the standard, and the notations of cron that it uses itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracepass.epcis.subscriptionschedule import FIELDS, Schedule, ScheduleFaulty

START = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
"""A Monday."""


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ({"hour": "1", "minute": "5"}, "2026-06-02T01:05:00"),
        ({"minute": "5"}, "2026-06-01T12:05:00"),
        ({"second": "0/30"}, "2026-06-01T12:00:30"),
        ({"second": "*/7"}, "2026-06-01T12:00:07"),
        ({"second": "*"}, "2026-06-01T12:00:01"),
        ({"minute": "[10-12],40"}, "2026-06-01T12:10:00"),
        ({"hour": "8-10"}, "2026-06-02T08:00:00"),
        ({"dayOfMonth": "31"}, "2026-07-31T00:00:00"),
        ({"dayOfMonth": "29", "month": "2"}, "2028-02-29T00:00:00"),
        ({"dayOfMonth": "13", "dayOfWeek": "5"}, "2026-11-13T00:00:00"),
        ({"dayOfWeek": "7", "hour": "6"}, "2026-06-07T06:00:00"),
        ({"dayOfWeek": "1", "hour": "12"}, "2026-06-08T12:00:00"),
        ({"month": "1"}, "2027-01-01T00:00:00"),
        ({"second": "59", "minute": "59", "hour": "23"}, "2026-06-01T23:59:59"),
        ({"hour": "12", "second": "10"}, "2026-06-01T12:00:10"),
    ],
)
def test_the_next_moment_is_the_first_for_which_all_fields_hold(fields: dict[str, str], due: str) -> None:
    assert Schedule.read(fields).after(START) == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_fields_finer_than_all_that_are_given_are_0_and_those_between_are_anything() -> None:
    schedule = Schedule.read({"hour": "1", "second": "0"})
    first = schedule.after(START)
    assert first == datetime(2026, 6, 2, 1, 0, tzinfo=UTC)
    assert schedule.after(first) == datetime(2026, 6, 2, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "faulty"),
    [
        ({}, "schedule"),
        ({"second": "60"}, "second"),
        ({"minute": "-1"}, "minute"),
        ({"hour": "24"}, "hour"),
        ({"dayOfMonth": "0"}, "dayOfMonth"),
        ({"month": "13"}, "month"),
        ({"dayOfWeek": "0"}, "dayOfWeek"),
        ({"hour": "[8-"}, "hour"),
        ({"hour": "17-8"}, "hour"),
        ({"hour": "1,,2"}, "hour"),
        ({"hour": ""}, "hour"),
        ({"second": "0/0"}, "second"),
        ({"second": "1," * 200 + "1"}, "second"),
        ({"hour": "noon"}, "hour"),
        ({"hour": "\u0661"}, "hour"),
        ({"dayOfMonth": "31", "month": "2"}, "schedule"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_by_its_field(fields: dict[str, str], faulty: str) -> None:
    with pytest.raises(ScheduleFaulty) as caught:
        Schedule.read(fields)
    assert list(caught.value.faults) == [faulty]


@st.composite
def _fields(draw: st.DrawFn) -> dict[str, str]:
    names = draw(st.lists(st.sampled_from(sorted(FIELDS)), min_size=1, unique=True))
    return {
        name: ",".join(map(str, draw(st.lists(st.integers(*FIELDS[name]), min_size=1, max_size=3)))) for name in names
    }


@given(_fields(), st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2060, 1, 1)))  # noqa: DTZ001 - hypothesis wants naive ones
def test_a_due_moment_is_later_and_all_given_fields_hold_for_it(fields: dict[str, str], moment: datetime) -> None:
    try:
        schedule = Schedule.read(fields)
    except ScheduleFaulty:
        return
    due = schedule.after(moment.replace(tzinfo=UTC))
    assert due > moment.replace(tzinfo=UTC)
    parts = {
        "second": due.second,
        "minute": due.minute,
        "hour": due.hour,
        "dayOfMonth": due.day,
        "month": due.month,
        "dayOfWeek": due.isoweekday(),
    }
    assert all(parts[name] in set(map(int, text.split(","))) for name, text in fields.items())


def test_none_is_left_out_between_two_moments() -> None:
    schedule = Schedule.read({"minute": "0,30", "hour": "[9-10]", "dayOfWeek": "1,3"})
    found, moment = [], START - timedelta(hours=12)
    while (moment := schedule.after(moment)) < START + timedelta(days=6):
        found.append(moment.strftime("%a %H:%M"))
    assert found == [f"{day} {hour}" for day in ("Mon", "Wed") for hour in ("09:00", "09:30", "10:00", "10:30")]
