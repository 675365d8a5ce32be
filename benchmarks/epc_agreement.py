"""How far our translation of EPCs agrees with published vectors: URN to Digital Link and back.

A row of a class must come out as a class, a row of an instance as an instance. Links are compared with their percent
escapes undone, since some rows leave reserved characters as they are. Where a row rests on the table of company prefix
lengths, the length is that of the expected URN.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tracepass.gs1.epc import EpcError, from_link, parse_urn, to_link, to_urn

Row = dict[str, Any]
PREFIX_PART = 4


def disagreements(path: Path) -> tuple[int, list[str]]:
    """Return how many rows a file of the folder ``epc`` has, and what we say differently."""
    rows: list[Row] = json.loads(path.read_text("utf-8"))["cases"]
    said = [(row, _differs(row)) for row in rows]
    return len(rows), [f"{row['direction']} {row['input']}: {difference}" for row, difference in said if difference]


def _differs(row: Row) -> str | None:
    try:
        answer = _translate(row)
    except EpcError as fault:
        return f"refused: {fault}" if "expected" in row else None
    if "expected" not in row:
        return f"accepted as {answer}"
    return None if unquote(answer) == unquote(row["expected"]) else f"{answer} instead of {row['expected']}"


def _translate(row: Row) -> str:
    to_dl = row["direction"].endswith("urn->dl")
    epc = parse_urn(row["input"]) if to_dl else from_link(row["input"], _prefix_length(row))
    if epc.is_class != row["direction"].startswith("class"):
        raise EpcError("other_level", "a class where an instance is asked for, or the other way round")
    return to_link(epc) if to_dl else to_urn(epc)


def _prefix_length(row: Row) -> int | None:
    if not row.get("gcp_length_from_table"):
        length: int | None = row.get("gcp_length")
        return length
    return len(row["expected"].split(":")[PREFIX_PART].split(".")[0])
