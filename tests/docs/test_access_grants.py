"""The page on access grants: its samples do what it says."""

from __future__ import annotations

import re
import shlex
from datetime import timedelta
from pathlib import Path

import httpx2
from tests.api.granting import holding
from tests.conftest import ORIGIN, Make, Office

from tracepass.accessgrants.models import MOST_IDS
from tracepass.accessgrants.roles import AUDIENCES
from tracepass.accessgrants.service import LONGEST
from tracepass.core.clock import system_clock, timestamp

PAGE = (Path(__file__).parents[2] / "docs/access-grants.md").read_text("utf-8")
LINES = [line for block in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL) for line in re.split(r"\n(?=curl)", block)]


async def run(client: httpx2.AsyncClient, command: str, **variables: str) -> httpx2.Response:
    """Do what a line with curl does; the client has its credential already."""
    text = command.replace('"\'"$EXPIRES_AT"\'"', f'"{variables.get("EXPIRES_AT", "")}"')
    for name, value in {"TRACEPASS_URL": ORIGIN, **variables}.items():
        text = text.replace(f"${name}", value)
    words = shlex.split(text)
    address = next(word for word in words if word.startswith(ORIGIN))
    body = words[words.index("-d") + 1] if "-d" in words else None
    method = words[words.index("-X") + 1] if "-X" in words else "GET" if body is None else "POST"
    headers = {} if body is None else {"Content-Type": "application/json"}
    return await client.request(method, address, content=body, headers=headers)


async def test_the_samples_give_use_and_take_access(
    client: httpx2.AsyncClient, make_passport: Make, office: Office
) -> None:
    give, read, uses, revoke = LINES
    passport = await make_passport(client, published=True)
    grant = await run(client, give, EXPIRES_AT=timestamp(system_clock() + timedelta(days=30)))
    assert grant.status_code == 201, grant.text
    repairer = holding(office, grant.json()["token"])
    assert (await run(repairer, read, PASSPORT_ID=passport["_id"])).json()["access"]["role"] == "repairer"
    assert (await run(client, uses, GRANT_ID=grant.json()["_id"])).json()["data"]["total"] == 1
    assert (await run(client, revoke, GRANT_ID=grant.json()["_id"])).json()["status"] == "revoked"


def test_the_page_names_the_bounds_and_the_roles_of_authorities() -> None:
    assert f"{LONGEST.days} days" in PAGE
    assert f"{MOST_IDS:,} ids" in PAGE
    named = PAGE[: PAGE.index("read as authorities")]
    assert all(f"`{role}`" in named for role, audience in AUDIENCES.items() if audience == "authority")
