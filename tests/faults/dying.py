"""A process that serves one request and kills itself in the middle of it: run by test_repetitions.

``python -m tests.faults.dying URI DATABASE KEY IDEMPOTENCY_KEY PATH MOMENT``; a moment is a method of a claim or of the
claims: ``mark`` comes before the commit of the effect, ``keep`` after it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

import httpx2

from tracepass.app import create_app
from tracepass.idempotency.service import Claim, Claims
from tracepass.settings import Settings

PATH, BATCH = "/api/v1/products", "/api/v1/products/batch"
BODY = {"name": "Pack", "model": "P-1", "category": "battery"}
BODIES = {PATH: BODY, BATCH: {"products": [BODY]}}
SECRET_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


async def serve_once(settings: Settings, key: str, idempotency_key: str, path: str) -> None:
    """Send one request to an application of our own."""
    app = create_app(settings)
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": idempotency_key}
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://here", headers=headers) as client,
    ):
        await client.post(path, json=BODIES[path])


def main() -> None:
    """Die as the command line says."""
    uri, database, key, idempotency_key, path, moment = sys.argv[1:]
    settings = Settings.model_validate({"mongodb_uri": uri, "database": database, "secret_key": SECRET_KEY})

    async def die(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(Claim if moment == "mark" else Claims, moment, die)
    asyncio.run(serve_once(settings, key, idempotency_key, path))


if __name__ == "__main__":
    main()
