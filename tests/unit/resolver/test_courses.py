"""How measured values went: where the line runs, what is said of it, and that the page holds it soundly."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.resolver.test_viewer import FIXTURES

from tracepass.locale import LOCALES
from tracepass.resolver.courses import Course, courses_of, drawn_fields
from tracepass.resolver.formats import formats_for
from tracepass.resolver.texts import Texts
from tracepass.resolver.values import Presenter
from tracepass.resolver.viewer import Viewer
from tracepass.templates.service import Templates

TEMPLATES = Templates.load()
BATTERY = TEMPLATES.get("battery")


def readings(*values: float, field: str = "soce") -> dict[str, list[dict[str, Any]]]:
    return {
        field: [
            {"measuredAt": f"2026-01-{day + 1:02}T10:00:00.000Z", "value": value} for day, value in enumerate(values)
        ]
    }


def drawn(found: dict[str, list[dict[str, Any]]], locale: str = "en") -> list[Course]:
    presenter = Presenter(Texts.load().words(locale), formats_for(locale), TEMPLATES)
    return courses_of(found, BATTERY, presenter)


def test_time_runs_to_the_right_and_the_line_fills_the_height() -> None:
    [course] = drawn(readings(98, 96, 97))
    assert course.points == "6,6 160,90 314,48"
    assert course.end == (314, 48)
    assert course.newest.text == "97"
    assert [shown.text for _, shown in course.rows] == ["97", "96", "98"]


def test_values_that_stay_make_a_flat_line() -> None:
    [course] = drawn(readings(5, 5))
    assert course.points == "6,48 314,48"


def test_it_is_said_in_words() -> None:
    [course] = drawn(readings(98.5, 96, 97))
    assert course.text == "From 98.5 % on 1 January 2026 to 97 % on 3 January 2026; lowest 96 %, highest 98.5 %."


@pytest.mark.parametrize("found", [{}, readings(1), readings(), readings(1, 2, field="unknown")])
def test_less_than_two_moments_make_no_course(found: dict[str, list[dict[str, Any]]]) -> None:
    assert drawn(found) == []


def test_only_numbers_that_are_measured_and_shown_are_drawn() -> None:
    page: dict[str, Any] = {"fields": {"soce": {}, "state_of_charge": {}, "rated_capacity": {}, "product_name": {}}}
    assert drawn_fields(BATTERY, page) == ["soce"]


def test_what_is_measured_is_for_no_public_page() -> None:
    measured = [field for one in TEMPLATES.list_() for field in one.fields.values() if field.filled_by == "telemetry"]
    assert measured
    assert not [field.key for field in measured if "public" in field.audiences]


@pytest.mark.parametrize("locale", LOCALES)
def test_a_page_draws_them_for_who_may_see_them(locale: str) -> None:
    page = json.loads((FIXTURES / "page_battery.json").read_text())
    template = TEMPLATES.get(page["category"], page["templateVersion"])
    viewer = Viewer(TEMPLATES, Texts.load())
    bare = viewer.passport(page, template, locale=locale, status="published")
    assert "<polyline" not in bare
    html = viewer.passport({**page, "courses": readings(98, 96)}, template, locale=locale, status="published")
    assert html.count("<polyline") == 1
    assert 'role="img" aria-labelledby="course-soce-title course-soce-desc"' in html
    assert html.count("</tr>") - bare.count("</tr>") == 3
    assert "<script" not in html
