"""What is written down of a request: its route and outcome, never a key, an address or a body."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

SOURCES = Path(__file__).parents[3] / "src"

# A process of its own, since a logger keeps the configuration of its first line.
PROGRAM = """
import asyncio, sys
import httpx2
from fastapi import FastAPI
from tracepass.api import Call, Router, answer
from tracepass.api.edge import Edge
from tracepass.api.failures import install_failures
from tracepass.core.logging import configure_logging

configure_logging(sys.argv[1])
router = Router()

@router.operation("GET", "/things/{name}", public=True, also_query=frozenset({"q"}))
async def thing(call: Call):
    return answer({})

@router.operation("GET", "/broken/{name}", public=True)
async def broken(call: Call):
    raise RuntimeError("it broke")

app = FastAPI()
app.state.gates = ()
install_failures(app)
app.include_router(router)
app.add_middleware(Edge)

async def main():
    transport = httpx2.ASGITransport(app)
    headers = {"Authorization": "Bearer tp_live_SECRET", "X-Request-Id": "id-1", "Cookie": "tp_session=SECRET"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://SECRET.test", headers=headers) as client:
        await client.get("/things/SECRET?q=SECRET")
        await client.get("/broken/SECRET?key=SECRET")
        await client.get("/broken/SECRET")
        await client.get("/nowhere/SECRET")

asyncio.run(main())
"""


def lines(level: str) -> list[dict[str, Any]]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, level], capture_output=True, text=True, check=True, env=environment, timeout=60
    )
    assert done.stdout == ""
    assert "SECRET" not in done.stderr
    return [orjson.loads(line) for line in done.stderr.splitlines()]


def test_a_line_tells_route_status_time_and_request_id() -> None:
    written = [line for line in lines("info") if line["event"] == "request"]
    assert [(line["route"], line["status"]) for line in written] == [
        ("/things/{name}", 200),
        ("/broken/{name}", 400),
        ("/broken/{name}", 500),
        ("unmatched", 404),
    ]
    for line in written:
        assert (line["method"], line["level"], line["request_id"]) == ("GET", "info", "id-1")
        assert line["ms"] >= 0
        assert line["timestamp"].endswith("Z")


def test_a_fault_of_ours_is_written_down_with_its_trace_and_the_request_id() -> None:
    (fault,) = [line for line in lines("error") if line["event"] == "unexpected"]
    assert fault["request_id"] == "id-1"
    assert "RuntimeError: it broke" in fault["exception"]


@pytest.mark.parametrize(("level", "events"), [("error", {"unexpected"}), ("critical", set())])
def test_a_level_leaves_out_what_is_below_it(level: str, events: set[str]) -> None:
    assert {line["event"] for line in lines(level)} == events
