"""The counters of all processes of a machine, in one answer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from tracepass.api import health

COUNTING = "from prometheus_client import Counter; Counter('things_done', 'Things').inc(3)"


@pytest.fixture
def two_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes that counted and ended."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    for _ in range(2):
        subprocess.run([sys.executable, "-c", COUNTING], check=True)


@pytest.mark.usefixtures("two_processes")
async def test_processes_are_added_up() -> None:
    app = FastAPI()
    app.state.gates = ()
    app.include_router(health.router)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as client:
        answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "things_done_total 6.0" in answer.text
