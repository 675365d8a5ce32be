"""People who come with a browser: each from an address of their own, so that no test slows down another."""

from __future__ import annotations

import itertools
from typing import Any

import httpx2
from tests.conftest import ORIGIN, Office
from tests.leaks import SECRETS

from tracepass.api.refusals import CSRF_HEADER

PASSWORD = "correct horse battery staple"
_NUMBERS = itertools.count(1)


def visitor(office: Office) -> httpx2.AsyncClient:
    """A browser without a session."""
    number = next(_NUMBERS)
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    transport = httpx2.ASGITransport(office.app, raise_app_exceptions=False, client=(address, 4711))
    hooks = {"response": [office.contract.hook, SECRETS.collect]}
    return httpx2.AsyncClient(transport=transport, base_url=ORIGIN, event_hooks=hooks)


def new_email() -> str:
    """An address that no other test uses."""
    return f"visitor{next(_NUMBERS)}@example.test"


async def registered(office: Office, **members: Any) -> tuple[httpx2.AsyncClient, dict[str, Any]]:
    """A browser signed in as the owner of a new workspace, and what the registration answered."""
    client = visitor(office)
    body = {"email": new_email(), "name": "Ada Lovelace", "password": PASSWORD, "workspaceName": "Voltwerk GmbH"}
    answer = await client.post("/api/auth/register", json=body | members)
    assert answer.status_code == 201, answer.text
    client.headers[CSRF_HEADER] = answer.json()["csrfToken"]
    return client, dict(answer.json())


async def sign_in(client: httpx2.AsyncClient, email: str, password: str = PASSWORD, **members: Any) -> httpx2.Response:
    """Sign in, and keep what writes must carry."""
    answer = await client.post("/api/auth/login", json={"email": email, "password": password} | members)
    if answer.status_code == 200:
        client.headers[CSRF_HEADER] = answer.json()["csrfToken"]
    return answer
