"""The pages on the tools of EPCIS: the table of rules is the table of the code, the spreadsheet is read as shown."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path

from tracepass.epcis.analysis.reading import MOST_EVENTS
from tracepass.epcis.analysis.report import MOST_FINDINGS, MOST_OF_A_RULE
from tracepass.epcis.analysis.rules import RULES
from tracepass.epcis.sheets.conversion import MOST_TOLD, convert
from tracepass.epcis.sheets.tables import MOST_ROWS, MOST_UNPACKED
from tracepass.epcis.synthesis.plan import MOST_EVENTS as MOST_SYNTHETIC
from tracepass.epcis.synthesis.plan import MOST_ITEMS, MOST_NAMED

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "epcis.md").read_text("utf-8")
FINDINGS = (DOCS / "epcis-findings.md").read_text("utf-8")


def test_every_rule_is_listed_under_its_class_with_its_severity() -> None:
    shown = []
    for section in re.split(r"^## ", FINDINGS, flags=re.MULTILINE)[1:]:
        subject = re.search(r"^`class`: `(\w+)`$", section, re.MULTILINE)
        assert subject is not None
        shown += [(subject[1], *row) for row in re.findall(r"^\| `(\w+)` \| (\w+) \|", section, re.MULTILINE)]
    assert shown == [(rule.subject, rule.code, rule.severity) for rule in RULES]


def test_the_spreadsheet_of_the_guide_is_answered_as_it_says() -> None:
    table = re.search(r"```csv\n(.*?)```", GUIDE, re.DOTALL)
    answer = re.search(r"from-spreadsheet.*?```json\n(.*?)```", GUIDE, re.DOTALL)
    assert table is not None
    assert answer is not None
    found = convert(io.BytesIO(table[1].encode()), now=datetime(2026, 6, 2, tzinfo=UTC), partial=False)
    assert found == json.loads(answer[1])


def test_the_guide_says_what_the_bounds_are() -> None:
    unpacked = MOST_UNPACKED // 1024 // 1024
    for bound in (
        f"| one analysis | {MOST_EVENTS:,} events, 10 MB; {MOST_FINDINGS:,} findings are listed, {MOST_OF_A_RULE} of",
        f"| one synthetic chain | {MOST_ITEMS:,} items, {MOST_SYNTHETIC:,} events, which name {MOST_NAMED:,} things |",
        f"| one spreadsheet | {MOST_ROWS:,} rows, 10 MB, {unpacked} MB unpacked; {MOST_TOLD} errors are listed |",
    ):
        assert bound in GUIDE
