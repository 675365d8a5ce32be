"""What of an answer an assistant is told."""

from __future__ import annotations

import json
from typing import Any

from tracepass.mcp.calls import ApiAnswer
from tracepass.mcp.catalogue import TOOLS
from tracepass.mcp.results import LONGEST, result_of


def told(tool: str, action: str, data: Any) -> dict[str, Any]:
    answer = ApiAnswer(200, {"content-type": "application/json"}, json.dumps(data).encode())
    found = result_of(answer, TOOLS[f"tracepass_{tool}"].actions[action].brief).structured_content
    assert isinstance(found, dict)
    return found


def passport(number: int) -> dict[str, Any]:
    gs1 = {"gtin": "04012345000016", "serialNumber": f"SN-{number}", "digitalLinkUri": f"https://id.example/{number}"}
    return {"_id": f"{number:024x}", "gs1": gs1, "status": "draft", "fields": {"product_name": {"value": "x" * 1000}}}


def test_of_a_full_batch_every_id_and_every_fault_is_told() -> None:
    results = [{"index": n, "status": "created", "data": passport(n)} for n in range(499)]
    fault = {"index": 499, "status": "error", "error": "duplicate_serial", "message": "Taken."}
    data = {"results": [*results, fault], "summary": {"created": 499, "failed": 1}}
    assert len(json.dumps(data)) > 2 * LONGEST
    found = told("passports", "create_batch", data)
    assert "omitted" not in found
    assert found["data"]["results"][498]["data"]["_id"] == f"{498:024x}"
    assert found["data"]["results"][499] == fault


def test_a_change_of_state_tells_the_state() -> None:
    found = told("passports", "publish", {**passport(1), "publishedIncomplete": True})
    assert found["data"].keys() == {"_id", "gs1", "status", "publishedIncomplete"}


def test_a_thing_that_is_asked_for_is_told_whole() -> None:
    assert told("passports", "get", passport(1))["data"] == passport(1)


def test_what_is_too_long_is_named() -> None:
    found = told("passports", "get", {"_id": "1", "fields": "x" * (LONGEST + 1)})
    assert (found["data"], found["omitted"]) == ({"_id": "1"}, ["fields"])
    found = told("epcis", "query", ["x" * (LONGEST + 1)])
    assert found["data"] is None
    assert found["omitted"]
