"""The pages under docs/templates: what stands there is what the data say, of every category and every field."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracepass.templates.models import Field, Template
from tracepass.templates.pages import FOLDER, pages_of, write_pages
from tracepass.templates.service import Templates

ROOT = Path(__file__).parents[3]
TEMPLATES = Templates.load()
PAGES = pages_of(TEMPLATES)


def test_the_committed_pages_are_what_make_docs_writes() -> None:
    committed = {path.name: path.read_text("utf-8") for path in (ROOT / FOLDER).glob("*.md")}
    assert sorted(committed) == sorted(PAGES), "run `make docs` and commit docs/templates"
    stale = [name for name, text in PAGES.items() if committed[name] != text]
    assert stale == [], "run `make docs` and commit docs/templates"


@pytest.mark.parametrize("template", TEMPLATES.list_(), ids=lambda template: template.category)
def test_every_field_has_a_row_with_all_its_cells(template: Template) -> None:
    rows = [line for line in PAGES[f"{template.category}.md"].splitlines() if line.startswith("| **")]
    assert len(rows) == len(template.fields)
    for row, field in zip(rows, _in_order(template), strict=True):
        assert f"<br>`{field.key}`<br>" in row
        assert row.replace("\\|", "").count("|") == 6
        assert f"`{field.confidence}`" in row


def _in_order(template: Template) -> list[Field]:
    return [
        field for section in template.sections for field in template.fields.values() if field.section == section.key
    ]


def test_a_row_says_type_unit_duty_access_and_source() -> None:
    row = next(line for line in PAGES["battery.md"].splitlines() if "`rated_capacity`" in line)
    cells = [cell.strip() for cell in row.split(" | ")]
    assert cells[1].startswith("number, in Ah")
    assert cells[2].startswith("required")
    assert cells[3] == "public, legitimate interest, authorities"
    assert "(EU) 2023/1542 Annex XIII" in cells[4]
    assert cells[4].endswith("`text` |")


def test_pages_of_categories_that_are_no_more_are_taken_away(tmp_path: Path) -> None:
    (tmp_path / "spaceships.md").write_text("# Spaceships\n")
    write_pages(TEMPLATES, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(PAGES)
