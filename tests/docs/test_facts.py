"""What guides list is what there is: plans, rules, scopes, commands, collections, pages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import typer.main

from tracepass.assembly import INDEXES
from tracepass.cli import app
from tracepass.epcis.models import CAPTURE_BYTES
from tracepass.identity.models import SCOPES
from tracepass.imports.models import MOST_BYTES
from tracepass.passports.compliance.engine import RULES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PLANS: dict[str, dict[str, Any]] = json.loads((ROOT / "src/tracepass/quotas/plans.json").read_text())
ROWS = {
    "writes a day": "maxV1WritesPerDay",
    "reads of passports and products a day": "maxV1PassportsPerDay",
    "calls of the GS1 tools a minute and key": "perMinute",
    "passports": "maxDpps",
    "a passport more, in euro cents": "overageCents",
    "EPCIS events a month": "maxEpcisEventsPerMonth",
    "languages to publish in, beside English": "extraLanguages",
    "life of a published passport": "passportDays",
}
WORDS = {"no limit": None, "none sold": None, "": None, "all": None, "as you like": None, "none": 0, "30 days": 30}


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def test_the_table_of_plans_is_that_of_the_program() -> None:
    lines = [line.strip("| ").split("|") for line in page("limits.md").splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line] for line in lines[: len(ROWS) + 2]]
    assert head[-len(PLANS) :] == [plan["name"] for plan in PLANS.values()]
    for name, *cells in rows:
        padded = cells + [""] * (len(PLANS) - len(cells))
        told = [WORDS[cell] if cell in WORDS else int(cell.replace(",", "")) for cell in padded]
        assert told == [plan[ROWS[name]] for plan in PLANS.values()], name


def test_every_rule_of_compliance_is_explained_and_no_other() -> None:
    told = set(re.findall(r"^\| `([A-Z]+(?:-[A-Z0-9]+)?)` \|", page("compliance.md"), re.MULTILINE))
    assert told == {rule.id for rule in RULES}


def test_every_scope_is_explained_and_no_other() -> None:
    table = page("authentication.md").partition("### Scopes")[2].partition("\n\nWithout")[0]
    assert set(re.findall(r"`(\w+:\w+)`", table)) == SCOPES


def test_every_command_is_listed() -> None:
    table = page("self-hosting.md").partition("## The commands")[2].partition("\n\nEach works")[0]
    every: dict[str, Any] = getattr(typer.main.get_command(app), "commands", {})
    commands = {name: command for name, command in every.items() if not command.hidden}
    assert len(commands) > 10
    for name, command in commands.items():
        (row,) = re.findall(rf"^\| `tracepass {name}[ `].*$", table, re.MULTILINE)
        assert all(re.search(rf"[ `]{one}`", row) for one in getattr(command, "commands", [name])), row


def test_every_collection_is_described_and_has_its_place_among_shards() -> None:
    collections = {index.collection for index in INDEXES}
    for text in (page("scaling.md"), (ROOT / "ARCHITECTURE.md").read_text()):
        assert {name for name in collections if f"`{name}`" not in text} == set()


def test_a_proxy_lets_through_the_largest_bodies() -> None:
    assert f"captures of EPCIS events {CAPTURE_BYTES // 2**20} MB" in page("self-hosting.md")
    assert MOST_BYTES <= 2**30
    assert "client_max_body_size 1g;" in page("self-hosting.md")
    assert f"imports {MOST_BYTES // 10**9} GB" in page("self-hosting.md") + page("errors.md")


def test_the_readme_leads_to_every_guide() -> None:
    readme = (ROOT / "README.md").read_text()
    names = [path.name for path in DOCS.glob("*.md") if path.name != "index.md"]
    assert [name for name in names if f"](docs/{name})" not in readme] == []
