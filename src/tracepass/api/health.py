"""Whether a process lives, whether it can serve, and what it has done."""

from __future__ import annotations

import os

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.responses import Response

from tracepass.api.answers import answer, raw_answer
from tracepass.api.call import Call
from tracepass.api.routing import Router
from tracepass.core.mongo import Database

router = Router()
SHARED_METRICS = "PROMETHEUS_MULTIPROC_DIR"


@router.operation("GET", "/healthz", public=True)
async def health(call: Call) -> Response:  # noqa: ARG001 - every handler takes the call
    """Tell that the process answers."""
    return answer({"status": "ok"})


@router.operation("GET", "/readyz", public=True)
async def readiness(call: Call) -> Response:
    """Tell that the database answers, too; 503 while it does not."""
    await call.service(Database).ping()
    return answer({"status": "ready"})


@router.operation("GET", "/metrics", public=True)
async def metrics(call: Call) -> Response:  # noqa: ARG001 - every handler takes the call
    """Give the counters of all processes of this machine in Prometheus' text format."""
    registry = REGISTRY
    if SHARED_METRICS in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return raw_answer(generate_latest(registry), CONTENT_TYPE_LATEST)
