"""Pages point to what is there: links lead to files, ARCHITECTURE.md names real ones, commands exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tracepass.cli import app

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
SECTIONS = ("Context", "Decision", "Consequences")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_architecture_names_files_that_are_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    named = set(re.findall(r"`((?:\w+/)*\w+(?:\.py|/))`", text)) - {"tests/architecture/"}
    assert len(named) > 25
    assert [name for name in sorted(named) if not (ROOT / "src/tracepass" / name).exists()] == []


def test_the_architecture_names_every_package() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    packages = {path.parent.name for path in (ROOT / "src/tracepass").glob("*/__init__.py")}
    assert {name for name in packages if f"`{name}/`" not in text} == set()


@pytest.mark.parametrize("record", sorted((ROOT / "docs/decisions").glob("*.md")), ids=lambda record: record.stem[:4])
def test_a_decision_has_its_three_sections_and_half_a_page(record: Path) -> None:
    text = record.read_text()
    assert tuple(re.findall(r"^## (.*)$", text, re.MULTILINE)) == SECTIONS
    assert text.startswith(f"# {record.name[:4]}. ")
    assert len(text.split()) < 300


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(record.name[:4]) for record in sorted((ROOT / "docs/decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_commands_that_pages_name_exist() -> None:
    rows = re.findall(r"^\| `tracepass ([a-z `,-]+)` \|", (ROOT / "docs/self-hosting.md").read_text(), re.MULTILINE)
    named = [(row.replace("`", "").split(",")) for row in rows]
    commands = [(first, *rest) for first, *rest in named]
    assert len(commands) >= 8
    for first, *rest in commands:
        noun = first.split()[:-1]
        for line in (first.split(), *([*noun, other.strip()] for other in rest)):
            assert CliRunner().invoke(app, [*line, "--help"]).exit_code == 0, line
