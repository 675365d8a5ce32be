"""What the worker counts stands in the metrics of the server whose worker it is."""

from __future__ import annotations

import http.client
from pathlib import Path

import pytest
from tests.faults.installation import Installation, wait_for

NAMES = (
    "tracepass_webhook_outbox_records",
    "tracepass_webhook_deliveries_pending",
    "tracepass_webhook_oldest_overdue_seconds",
    "tracepass_webhook_attempt_seconds_count",
    "tracepass_epcis_feed_entries",
    "tracepass_epcis_subscription_oldest_overdue_seconds",
    "tracepass_jobs_due",
    "tracepass_jobs_oldest_overdue_seconds",
)

pytestmark = pytest.mark.xdist_group("family")


def _metrics(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def test_the_server_tells_of_its_worker_and_of_the_next_one(tmp_path: Path) -> None:
    with Installation(tmp_path / "data", workers=1) as installation:
        wait_for(lambda: all(name in _metrics(installation.port) for name in NAMES))
        installation.kill("worker")
        installation.await_recovery()
        wait_for(lambda: all(name in _metrics(installation.port) for name in NAMES))
