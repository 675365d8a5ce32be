"""Scans are counted in the metrics under the name of what answers them, never under what varies."""

from __future__ import annotations

from typing import Any

import httpx2


def _routes(metrics: str) -> set[str]:
    return {line.split('route="')[1].split('"')[0] for line in metrics.splitlines() if 'route="' in line}


async def test_a_scan_is_measured_under_its_handler(
    client: httpx2.AsyncClient, make_passport: Any, anonymous: httpx2.AsyncClient
) -> None:
    passport = await make_passport(client, published=True)
    path = passport["gs1"]["digitalLinkUri"].removeprefix("https://id.example.test")

    await anonymous.get(path, headers={"Accept": "text/html"})
    routes = _routes((await anonymous.get("/metrics")).text)

    handlers = {name for name in routes if name.isidentifier()} - {"unmatched"}
    assert handlers
    assert not any(passport["gs1"]["gtin"] in name for name in routes)
