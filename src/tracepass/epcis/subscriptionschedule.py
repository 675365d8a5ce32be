"""When a scheduled subscription is due: the fields of the standard's QuerySchedule (EPCIS 2.0, 8.2.5.3), in UTC.

A field is a number, a range ``[8-17]``, or a list of these with commas between; the notations of cron that the REST
binding's own example uses are taken too: ``8-17``, ``*``, and ``0/30`` or ``*/30`` for every thirtieth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

FIELDS: Final[Mapping[str, tuple[int, int]]] = {
    "second": (0, 59),
    "minute": (0, 59),
    "hour": (0, 23),
    "dayOfMonth": (1, 31),
    "month": (1, 12),
    "dayOfWeek": (1, 7),
}
"""The fields with their least and greatest value, the finest first; day 1 of a week is Monday."""
CLOCK: Final = ("second", "minute", "hour")
HORIZON = timedelta(days=366 * 40)
"""In this time every day that there is falls on every day of the week."""
LONGEST = 200
_PART = re.compile(r"\[?(\d{1,2}|\*)(?:-(\d{1,2}))?\]?(?:/(\d{1,2}))?", re.ASCII)


class ScheduleFaulty(ValueError):
    """A schedule that is none; ``faults`` says what is wrong with which field."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in faults.items()))
        self.faults = dict(faults)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The values that each field may have at a moment when a subscription is due."""

    values: Mapping[str, frozenset[int]]

    @classmethod
    def read(cls, fields: Mapping[str, str]) -> Schedule:
        """Read the fields of a schedule.

        A field that is left out may have any value; but those finer than all that are given are 0, so that an hour
        alone means once in that hour.

        Raises:
            ScheduleFaulty: a field cannot be read, none is given, or there is no such moment.
        """
        faults, values = {}, {}
        for name, text in fields.items():
            try:
                values[name] = frozenset(_values(text, *FIELDS[name]))
            except ValueError as fault:
                faults[name] = str(fault)
        if faults:
            raise ScheduleFaulty(faults)
        if not values:
            raise ScheduleFaulty({"schedule": "must have at least one field"})
        schedule = cls({name: values.get(name) or _usual(name, values) for name in FIELDS})
        if schedule.find_after(datetime(2000, 1, 1, tzinfo=UTC)) is None:
            raise ScheduleFaulty({"schedule": "must be a moment that comes"})
        return schedule

    def after(self, moment: datetime) -> datetime:
        """Return the next moment after one.

        Raises:
            OverflowError: the calendar ends before it.
        """
        found = self.find_after(moment)
        if found is None:
            message = "the calendar ends before this schedule is due again"
            raise OverflowError(message)
        return found

    def find_after(self, moment: datetime) -> datetime | None:
        """Return the next moment after one, None if there is none in forty years."""
        start = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        for day in _days(start.date()):
            if self._is_on(day):
                earliest = start.timetz() if day == start.date() else time(tzinfo=UTC)
                found = self._time_from(earliest)
                if found is not None:
                    return datetime.combine(day, found, tzinfo=UTC)
        return None

    def _is_on(self, day: date) -> bool:
        return (
            day.day in self.values["dayOfMonth"]
            and day.month in self.values["month"]
            and day.isoweekday() in self.values["dayOfWeek"]
        )

    def _time_from(self, earliest: time) -> time | None:
        """Return the first time of a day, at or after one."""
        for hour in sorted(self.values["hour"]):
            if hour < earliest.hour:
                continue
            for minute in sorted(self.values["minute"]):
                if (hour, minute) < (earliest.hour, earliest.minute):
                    continue
                for second in sorted(self.values["second"]):
                    if (hour, minute, second) >= (earliest.hour, earliest.minute, earliest.second):
                        return time(hour, minute, second)
        return None


def _usual(name: str, given: Mapping[str, frozenset[int]]) -> frozenset[int]:
    """Return what a field may be that is left out."""
    least, greatest = FIELDS[name]
    order = list(FIELDS)
    finest = min(order.index(one) for one in given)
    is_finer = name in CLOCK and order.index(name) < finest
    return frozenset({0}) if is_finer else frozenset(range(least, greatest + 1))


def _values(text: str, least: int, greatest: int) -> Iterator[int]:
    if len(text) > LONGEST:
        message = f"must be at most {LONGEST} characters"
        raise ValueError(message)
    for part in text.split(","):
        found = _PART.fullmatch(part.strip())
        if found is None or ("[" in part) != ("]" in part):
            message = f"must be numbers or ranges like [{least}-{greatest}], with commas between"
            raise ValueError(message)
        first, last, step = _range(found, least, greatest)
        if not least <= first <= last <= greatest or step < 1:
            message = f"must be from {least} to {greatest}, ranges from less to more"
            raise ValueError(message)
        yield from range(first, last + 1, step)


def _range(found: re.Match[str], least: int, greatest: int) -> tuple[int, int, int]:
    """Return the first and the last value of a part, and the step between values."""
    start, end, step = found.groups()
    first = least if start == "*" else int(start)
    alone = greatest if start == "*" or step is not None else first
    return first, alone if end is None else int(end), 1 if step is None else int(step)


def _days(first: date) -> Iterator[date]:
    day, last = first, min(first.toordinal() + HORIZON.days, date.max.toordinal())
    while day.toordinal() < last:
        yield day
        day += timedelta(days=1)
