"""How measured values went, drawn for a page: readings in, the numbers of an SVG out, and the same in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tracepass.core.clock import parse_timestamp
from tracepass.resolver.values import Presenter, Shown
from tracepass.templates.models import Field, Template

Json = Mapping[str, Any]
Readings = Mapping[str, Sequence[Json]]
"""By field, what was measured: ``measuredAt`` and ``value``, the oldest first."""
MOST: Final = 120
"""Readings of a field that are drawn, the newest."""
WIDTH, HEIGHT, EDGE = 320.0, 96.0, 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One field over time: ``points`` make a line, ``end`` is its last, ``rows`` are times and values, newest first."""

    key: str
    label: str
    text: str
    points: str
    end: tuple[float, float]
    newest: Shown
    rows: tuple[tuple[str, Shown], ...]


def drawn_fields(template: Template, page: Json) -> list[str]:
    """Return the keys of the fields on a page whose course can be drawn: numbers that the product in use tells."""
    return [
        key
        for key, field in template.fields.items()
        if key in page["fields"] and field.filled_by == "telemetry" and field.data_type == "number"
    ]


def courses_of(readings: Readings, template: Template, presenter: Presenter) -> list[Course]:
    """Return what is drawn: fields that were measured at two moments at least, in the order of the template."""
    measured = [(field, readings.get(key, ())) for key, field in template.fields.items()]
    return [_course(field, found, presenter) for field, found in measured if len(_moments(found)) > 1]


def _moments(readings: Sequence[Json]) -> set[str]:
    return {one["measuredAt"] for one in readings}


def _course(field: Field, readings: Sequence[Json], presenter: Presenter) -> Course:
    values = [float(one["value"]) for one in readings]
    points = _points([parse_timestamp(one["measuredAt"]).timestamp() for one in readings], values)
    rows = [
        (presenter.formats.date(one["measuredAt"], "second"), presenter.show(field, one["value"])) for one in readings
    ]
    return Course(
        key=field.key,
        label=presenter.label(field.key, field.label),
        text=_in_words(field, readings, values, presenter),
        points=" ".join(f"{x:g},{y:g}" for x, y in points),
        end=points[-1],
        newest=rows[-1][1],
        rows=tuple(reversed(rows)),
    )


def _points(moments: Sequence[float], values: Sequence[float]) -> list[tuple[float, float]]:
    """Return where readings lie: time runs to the right, and the line fills the height unless it is flat."""
    start, span = moments[0], moments[-1] - moments[0]
    lowest, reach = min(values), max(values) - min(values)
    return [
        (
            round(EDGE + (WIDTH - 2 * EDGE) * (moment - start) / span, 1),
            round(EDGE + (HEIGHT - 2 * EDGE) * (0.5 if reach == 0 else 1 - (value - lowest) / reach), 1),
        )
        for moment, value in zip(moments, values, strict=True)
    ]


def _in_words(field: Field, readings: Sequence[Json], values: Sequence[float], presenter: Presenter) -> str:
    def amount(value: float) -> str:
        shown = presenter.show(field, value)
        return f"{shown.text} {shown.unit}".strip()

    first, last = readings[0], readings[-1]
    return presenter.words(
        "course_text",
        first=amount(first["value"]),
        start=presenter.formats.day_of(first["measuredAt"]),
        last=amount(last["value"]),
        end=presenter.formats.day_of(last["measuredAt"]),
        lowest=amount(readings[values.index(min(values))]["value"]),
        highest=amount(readings[values.index(max(values))]["value"]),
    )
