"""The page on templates: its commands run, and its values are what the fields take."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.docs.conftest import Place
from tests.docs.recipes import Recipe

from tracepass.templates.service import Templates
from tracepass.templates.values import check_value

PAGE = (Path(__file__).parents[2] / "docs/templates-guide.md").read_text("utf-8")
ROWS = re.findall(r"^\| `(\w+)`.*?\| `([\w-]+)\.(\w+)`: `(.*)` \|$", PAGE, re.MULTILINE)
TEMPLATES = Templates.load()


@pytest.mark.xdist_group("cookbook")
async def test_the_commands_of_the_page_print_what_it_shows(place: Place, tmp_path: Path) -> None:
    assert await place.run(Recipe.of(PAGE), tmp_path) == []


@pytest.mark.parametrize(("kind", "category", "key", "value"), ROWS)
def test_a_value_of_the_page_is_taken(kind: str, category: str, key: str, value: str) -> None:
    field = TEMPLATES.get(category).fields[key]
    assert field.data_type == kind
    assert check_value(field, json.loads(value)) == ()


def test_every_type_is_shown() -> None:
    types = {field.data_type for template in TEMPLATES.list_() for field in template.fields.values()}
    assert {kind for kind, *_ in ROWS} == types
