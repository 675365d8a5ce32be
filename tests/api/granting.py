"""Gives access grants, and reads with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2
from tests.conftest import RESOLVER, Office, client_of

from tracepass.core.clock import system_clock, timestamp

GRANTS = "/api/v1/access-grants"
HTML = {"Accept": "text/html"}
DATA = {"Accept": "application/ld+json"}


def body_of(**members: Any) -> dict[str, Any]:
    """A grant for a repairer, for the whole workspace and 30 days; members given replace the usual ones."""
    usual = {
        "role": "repairer",
        "holder": {"name": "Fixit Workshop", "contact": "desk@fixit.example"},
        "scope": {"type": "workspace"},
        "purpose": "Repair of packs",
        "expiresAt": timestamp(system_clock() + timedelta(days=30)),
    }
    return usual | members


async def given(client: httpx2.AsyncClient, **members: Any) -> dict[str, Any]:
    """A grant with its token."""
    answer = await client.post(GRANTS, json=body_of(**members))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def holding(office: Office, token: str) -> httpx2.AsyncClient:
    """A client that sends a token."""
    return client_of(office.app, office.contract, key=token)


def path_of(passport: dict[str, Any]) -> str:
    """The path of a passport's link."""
    return str(passport["gs1"]["digitalLinkUri"].removeprefix(RESOLVER))
