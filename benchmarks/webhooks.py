"""``python -m benchmarks.webhooks``: how many events a second one worker brings to a fast receiver on this machine.

The events are those of passports made and changed through our own API; the worker finds them in the outbox, makes
deliveries of them, signs, sends and writes down each outcome. It measures; it never fails because of a number.
"""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, cast

import httpx2
import uvloop

from benchmarks.machine import mongod_beside, processor_seconds
from benchmarks.stock import BATCH, BATTERY, DATABASE, gtin_of, open_workspace
from tracepass.app import create_app
from tracepass.core.embedded import EmbeddedMongod
from tracepass.settings import Settings, Webhooks

EVENTS: Final = 4000
AIM: Final = 300
ENDPOINTS: Final = {"one endpoint": 1, "eight endpoints": 8}
PATIENCE: Final = 120.0
_ANSWER = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"


class Receiver(asyncio.Protocol):
    """Takes everything at once; all connections share one list of the moments in which messages ended."""

    moments: Final[list[float]] = []
    octets = 0
    all_there = asyncio.Event()

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember whom to answer."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer every message that is complete."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end]).lower()
            size = end + 4 + int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
            if len(self._buffer) < size:
                return
            del self._buffer[:size]
            Receiver.octets += size
            self.moments.append(time.perf_counter())
            if len(self.moments) == EVENTS:
                self.all_there.set()
            assert self._transport is not None
            self._transport.write(_ANSWER)


def main() -> None:
    """Measure and print."""
    executable = mongod_beside()
    if executable is None:
        return
    print(f"{'webhooks, one worker':24}{'events/s':>10}{'aim':>8}{'kB each':>10}{'cpu us':>10}")
    for name, endpoints in ENDPOINTS.items():
        with (
            tempfile.TemporaryDirectory(prefix="tracepass-bench-") as folder,
            EmbeddedMongod.launch(Path(folder) / "data", executable=executable) as mongod,
        ):
            rate, size, processor = uvloop.run(_measure(mongod.uri, Path(folder), endpoints))
        print(f"{name:24}{rate:>10.0f}{AIM:>8}{size / 1000:>10.1f}{processor * 1e6:>10.0f}")


async def _measure(uri: str, folder: Path, endpoints: int) -> tuple[float, float, float]:
    """Return events a second, the bytes of one, and the processor time of the worker for one."""
    Receiver.moments.clear()
    Receiver.octets, Receiver.all_there = 0, asyncio.Event()
    settings = Settings(
        _env_file=None,
        mongodb_uri=uri,
        database=DATABASE,
        secret_key=base64.b64encode(secrets.token_bytes(32)).decode(),
        webhooks=Webhooks(allow_local=True),
        log_level="error",
    )
    server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    await _fill(settings, [f"{address}/{number}" for number in range(endpoints)])
    with _worker(settings, folder / "worker.log") as pid:
        await asyncio.wait_for(Receiver.all_there.wait(), PATIENCE)
        spent = processor_seconds(pid)
    server.close()
    received = len(Receiver.moments)
    seconds = Receiver.moments[-1] - Receiver.moments[0]
    return received / seconds, Receiver.octets / received, spent / received


async def _fill(settings: Settings, urls: list[str]) -> None:
    """Make webhooks, and then passports until there are as many events as wanted."""
    assert settings.mongodb_uri is not None
    key = await open_workspace(settings.mongodb_uri.get_secret_value(), "Benchmark")
    app = create_app(settings)
    client = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app),
        base_url="http://bench.test/api/v1",
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
    )
    async with app.router.lifespan_context(app), client:
        for url in urls:
            (await client.post("/webhooks", json={"url": url, "events": ["*"]})).raise_for_status()
        product = (await client.post("/products", json=BATTERY["product"])).raise_for_status().json()["_id"]
        for first in range(0, EVENTS // len(urls), BATCH):
            bodies = [
                {
                    "productId": product,
                    "gs1": {"gtin": gtin_of(1), "serialNumber": f"NW-{number:06d}"},
                    "parties": BATTERY["parties"],
                    "fields": BATTERY["fields"],
                }
                for number in range(first, first + BATCH)
            ]
            (await client.post("/passports/batch", json={"passports": bodies})).raise_for_status()


@contextmanager
def _worker(settings: Settings, log: Path) -> Iterator[int]:
    """Run one worker as `tracepass worker` does for the length of a block; give its process id."""
    assert settings.mongodb_uri is not None
    assert settings.secret_key is not None
    ours = {name: value for name, value in os.environ.items() if not name.startswith("TRACEPASS_")}
    told = {
        "TRACEPASS_MONGODB_URI": settings.mongodb_uri.get_secret_value(),
        "TRACEPASS_SECRET_KEY": settings.secret_key.get_secret_value(),
        "TRACEPASS_DATABASE": settings.database,
        "TRACEPASS_WEBHOOKS__ALLOW_LOCAL": "true",
        "TRACEPASS_LOG_LEVEL": "warning",
    }
    with log.open("wb") as lines:
        process = subprocess.Popen(
            [sys.executable, "-m", "tracepass", "worker"], stdout=lines, stderr=lines, env=ours | told
        )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
