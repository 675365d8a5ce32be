"""A value that does not fit its field is refused by name, in every category and for every type."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tracepass.assembly import packaged_templates
from tracepass.templates.categories import CATEGORIES
from tracepass.templates.models import Field, Template
from tracepass.templates.service import check_value

BROKEN: dict[str, Any] = {
    "string": 5,
    "number": "5",
    "boolean": "true",
    "date": "soon",
    "enum": "no such choice",
    "multi_enum": ["no such choice"],
    "array": {"not": "a list"},
    "object": "text",
    "url": "not an address",
    "file_reference": {"fileId": "none"},
}


def _writable(template: Template) -> list[Field]:
    return [field for field in template.fields.values() if field.filled_by != "system"]


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_field_of_every_category_refuses_a_broken_value(category: str) -> None:
    for field in packaged_templates().get(category).fields.values():
        problems = check_value(field, BROKEN[field.data_type])
        assert problems, field.key
        assert all(problem.rule and problem.message for problem in problems), field.key


@pytest.mark.parametrize("category", CATEGORIES)
async def test_a_broken_value_is_refused_by_name_and_nothing_is_written(
    client: httpx2.AsyncClient, make_product: Any, make_passport: Any, category: str
) -> None:
    product = await make_product(client, category=category)
    passport = await make_passport(client, productId=product["_id"])
    path = f"/api/v1/passports/{passport['_id']}"
    by_type = {field.data_type: field for field in _writable(packaged_templates().get(category))}

    for data_type, field in by_type.items():
        refused = await client.patch(f"{path}/fields", json={"fields": {field.key: {"value": BROKEN[data_type]}}})
        assert refused.status_code == 400, (data_type, refused.text)
        paths = refused.json()["details"]["fieldErrors"]
        assert all(name.startswith(f"fields.{field.key}.value") for name in paths), paths

    assert (await client.get(path)).json()["version"] == passport["version"]
