"""The page on the GS1 tools: its requests are sent, and answered as it says."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tracepass.tools.countries import Country, load_countries
from tracepass.tools.models import ToolBody
from tracepass.tools.service import Tools

PAGE = (Path(__file__).parents[2] / "docs/tools.md").read_text("utf-8")
SAMPLES = re.findall(r"```http\nPOST (\S+)\n\n(.*?)\n```\n\n```json\n(.*?)\n```", PAGE, re.DOTALL)
TOOLS = Tools(clock=lambda: datetime(2026, 11, 21, tzinfo=UTC))
ANSWERS = {
    "/api/v1/epc/encode": TOOLS.encode,
    "/api/v1/epc/decode": TOOLS.decode,
    "/api/v1/barcode/decode": TOOLS.decode_barcode,
    "/api/v1/serial/validate": TOOLS.validate_serial,
}


@pytest.mark.parametrize(("path", "request_", "answer"), SAMPLES)
def test_a_sample_of_the_page_is_answered_as_it_says(path: str, request_: str, answer: str) -> None:
    assert ANSWERS[path](ToolBody(root=json.loads(request_))) == json.loads(answer)


def test_the_page_shows_every_tool() -> None:
    assert {path for path, _, _ in SAMPLES} == set(ANSWERS)


def row(country: Country) -> str:
    """A row of the table of countries."""
    least, most = country.bounds("21")
    length = f"{most}" if least == most else f"{least} to {most}"
    required = " ".join(country.required)
    return (
        f"| {country.code} | {country.system} | {required} | {length}, {country.characters('21')} | {country.status} |"
    )


def test_the_page_lists_every_country() -> None:
    countries = {country.code: country for country in load_countries().values()}
    rows = [row(country) for _, country in sorted(countries.items())]
    assert re.findall(r"^\| [A-Z]{2} \|.*\|$", PAGE, re.MULTILINE) == rows
