"""Every audience sees exactly its fields, through every door: generated from the templates of all categories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from tests.api.granting import DATA, HTML, given, holding, path_of
from tests.conftest import Make, Office
from tests.values_factory import value_of

from tracepass.accessgrants.service import AUDIENCES
from tracepass.assembly import packaged_templates
from tracepass.templates.categories import CATEGORIES
from tracepass.templates.models import Field, Template, ValueType
from tracepass.templates.service import check_value

ROLES = {"public": None, "legitimate_interest": "repairer", "authority": "market_surveillance"}
"""A role of each audience; the public has none."""


def test_every_audience_of_the_templates_has_a_role() -> None:
    audiences = {one for category in CATEGORIES for field in _fields(category).values() for one in field.audiences}
    assert audiences == set(AUDIENCES.values()) | {"public"} == set(ROLES)


def _fields(category: str) -> Mapping[str, Field]:
    return packaged_templates().get(category).fields


def _is_free(kind: ValueType) -> bool:
    return kind.data_type == "string" and kind.format is None and not kind.options and kind.validation.pattern is None


def _marked(field: Field) -> tuple[Any, str | None]:
    """A value for a field, and a word in it that stands nowhere else, where the field takes words."""
    value, mark = value_of(field), f"mark{uuid4().hex[:12]}"
    if _is_free(field):
        marked: Any = mark
    elif field.columns and any(_is_free(column) for column in field.columns):
        free = next(column.key for column in field.columns if _is_free(column))
        marked = [{**row, free: mark} for row in value]
    else:
        return value, None
    return (marked, mark) if check_value(field, marked) == () else (value, None)


async def _published(
    client: httpx2.AsyncClient, make_product: Make, make_passport: Make, template: Template
) -> tuple[dict[str, Any], dict[str, str]]:
    """A published passport with every field filled, and the marks in it by field."""
    product = await make_product(client, category=template.category)
    passport = await make_passport(client, productId=product["_id"])
    made = {field.key: _marked(field) for field in template.fields.values() if field.filled_by != "system"}
    keys = list(made)
    for start in range(0, len(keys), 100):
        body = {"fields": {key: {"value": made[key][0]} for key in keys[start : start + 100]}}
        answer = await client.patch(f"/api/v1/passports/{passport['_id']}/fields", json=body)
        assert answer.status_code == 200, answer.text
    answer = await client.post(f"/api/v1/passports/{passport['_id']}/publish", json={"acknowledgeGaps": True})
    assert answer.status_code == 200, answer.text
    return dict(answer.json()), {key: mark for key, (_, mark) in made.items() if mark is not None}


@pytest.mark.parametrize("category", CATEGORIES)
async def test_every_audience_sees_exactly_its_fields(
    client: httpx2.AsyncClient,
    anonymous: httpx2.AsyncClient,
    make_product: Make,
    make_passport: Make,
    office: Office,
    category: str,
) -> None:
    template = packaged_templates().get(category)
    passport, marks = await _published(client, make_product, make_passport, template)
    filled = set((await client.get(f"/api/v1/passports/{passport['_id']}")).json()["fields"])
    assert {field.key for field in template.fields.values() if field.filled_by != "system"} <= filled
    for audience, role in ROLES.items():
        reader = anonymous if role is None else holding(office, (await given(client, role=role))["token"])
        seen = {key for key in filled if {"public", audience} & template.fields[key].audiences}
        data = await reader.get(path_of(passport), headers=DATA)
        page = await reader.get(path_of(passport), headers=HTML)
        assert set(data.json()["fields"]) == seen, audience
        bodies = [data.text, page.text]
        if role is not None:
            entity = await reader.get(f"/api/v1/passports/{passport['_id']}")
            assert set(entity.json()["fields"]) == seen, audience
            bodies.append(entity.text)
        for body in bodies:
            assert {key for key, mark in marks.items() if mark in body} == seen & set(marks), audience
