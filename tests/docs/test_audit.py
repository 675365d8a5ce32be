"""docs/audit.md names every event that the code writes down, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
KINDS = (
    "access_grant|api_key|epcis_query|epcis_subscription|export|gtin|import|login|measurements|member|oauth|"
    "overage|password|plan|prefix|quota|session|signing_key|webhooks|workspace"
)
EVENT = rf"(?:{KINDS})\.[a-z_]+|epcis\.captured|epcis\.visibility_changed"
ACTION = re.compile(rf'"({EVENT})"')
ROW = re.compile(rf"`({EVENT}|logout)`")


def test_every_event_of_the_audit_log_is_explained_and_no_other() -> None:
    written = {name for file in (ROOT / "src/tracepass").rglob("*.py") for name in ACTION.findall(file.read_text())}
    table = (ROOT / "docs/audit.md").read_text().partition("## Actions")[2]
    assert set(ROW.findall(table)) == written | {"logout"}
