"""What tests of traces and lots make over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx2

TRACES, LOTS = "/api/v1/traces", "/api/v1/lots"


async def make_trace(client: httpx2.AsyncClient, **members: Any) -> dict[str, Any]:
    """Make a trace of a delivery; members replace the usual ones."""
    body = {
        "origin_entity_id": str(uuid4()),
        "origin_model_name": "Delivery",
        "key": "ABC1234",
        "system": "batch_number",
    }
    answer = await client.post(TRACES, json=body | members)
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["data"])


async def make_lot(client: httpx2.AsyncClient, product_id: str, number: str, *predecessors: str) -> dict[str, Any]:
    """Make a lot of a product."""
    body = {"productId": product_id, "lotNumber": number, "predecessors": list(predecessors)}
    answer = await client.post(LOTS, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def fault(answer: httpx2.Response) -> tuple[int, str, list[str]]:
    """Status, code and the paths that are said to be wrong."""
    body = answer.json()
    return answer.status_code, body["error"], list((body.get("details") or {}).get("fieldErrors", {}))
