"""Workspaces whose events go to receivers on this machine, and workers that bring them when a test says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2
from fastapi import FastAPI
from tests.conftest import MovableClock, client_of
from tests.contract.checker import Checker

from tracepass.core.mongo import Database
from tracepass.settings import Settings
from tracepass.worker import Workshop

WEBHOOKS = "/api/v1/webhooks"


@dataclass(frozen=True)
class Hooks:
    """An application that may call this machine."""

    app: FastAPI
    settings: Settings
    contract: Checker
    clock: MovableClock

    def client(self, key: str) -> httpx2.AsyncClient:
        return client_of(self.app, self.contract, key=key)

    def worker(self) -> Workshop:
        """Another worker; its connections are the application's."""
        services = self.app.state.services
        return Workshop.over(services[Database], self.settings, self.clock, services)

    async def bring(self) -> None:
        """Let a worker bring all that is due now."""
        await self.worker().post.run_once()


async def make_webhook(client: httpx2.AsyncClient, url: str, *events: str, **members: Any) -> dict[str, Any]:
    """Make a webhook for some events, or for all."""
    body = {"url": url, "events": list(events) or ["*"], **members}
    answer = await client.post(WEBHOOKS, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def deliveries(client: httpx2.AsyncClient, webhook: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
    """Return the deliveries to a webhook, newest first."""
    answer = await client.get(f"{WEBHOOKS}/{webhook['_id']}/deliveries", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"]["items"])


async def shown(client: httpx2.AsyncClient, webhook: dict[str, Any]) -> dict[str, Any]:
    """Return a webhook as it is now."""
    answer = await client.get(f"{WEBHOOKS}/{webhook['_id']}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())
