"""The commands of the guides, run as they stand in a shell against a live server."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.applications import Form
from tests.conftest import Make, Office, new_gtin
from tests.docs.conftest import Place
from tests.docs.recipes import blocks
from tests.docs.test_exports import PAGE as EXPORTS
from tests.receiver import receiving

from tracepass.identity.models import SESSION_COOKIE, csrf_token_of

DOCS = Path(__file__).parents[2] / "docs"
SERIAL = "BP-48V-100-000001"
"""The pack that the guides speak of."""
VERIFIER = "a-verifier-of-at-least-forty-three-characters"

pytestmark = pytest.mark.xdist_group("cookbook")


def commands(page: str, having: str = "") -> str:
    """Return the commands of a page, those that have a text in them."""
    text = (DOCS / f"{page}.md").read_text("utf-8")
    found = [block.text for block in blocks(text) if block.language == "bash" and having in block.text]
    assert found, having
    return "\necho\n".join(found)


@dataclass(frozen=True)
class Pack:
    """A published passport, under a GTIN of the test's own."""

    id: str
    gtin: str
    link: str

    def told(self, text: str) -> str:
        """Return commands of a page with the GTIN of this pack."""
        return text.replace("04012345000016", self.gtin)


@pytest.fixture
async def pack(place: Place, make_passport: Make, make_product: Make) -> Pack:
    gtin = new_gtin()
    async with place.client() as client:
        product = (await make_product(client, model=f"PACK-{gtin}"))["_id"]
        gs1 = {"gtin": gtin, "serialNumber": SERIAL}
        passport = await make_passport(client, published=True, productId=product, gs1=gs1)
    return Pack(passport["_id"], gtin, passport["gs1"]["digitalLinkUri"])


async def test_what_a_scan_leads_to(place: Place, pack: Pack, tmp_path: Path) -> None:
    printed = await place.shell(pack.told(commands("scanning")), tmp_path)
    assert re.search(r"HTTP/1.1 307.*\nlocation: \S+/p/01/", printed, re.DOTALL)
    assert '"linkset"' in printed
    assert '"linkType":"gs1:instructions"' in printed
    assert json.loads(printed.splitlines()[-1])["serialNumber"] == SERIAL


async def test_a_service_event_is_written_down(place: Place, pack: Pack, tmp_path: Path) -> None:
    written = json.loads(await place.shell(commands("passports"), tmp_path, PASSPORT=pack.id))
    assert written["kind"] == "part_replacement"


async def test_a_webhook_is_made(place: Place, tmp_path: Path) -> None:
    made = json.loads(await place.shell(commands("webhooks"), tmp_path))
    assert made["secret"].startswith("whsec_")
    async with place.client() as client:
        await client.delete(f"/api/v1/webhooks/{made['_id']}")


async def test_an_event_looks_as_the_page_shows_it(place: Place, make_passport: Make) -> None:
    (shown,) = [b.text for b in blocks((DOCS / "webhooks.md").read_text()) if b.language == "json"]
    async with receiving() as receiver, place.client() as client:
        body = {"url": receiver.url(), "events": ["passport.published"]}
        webhook = (await client.post("/api/v1/webhooks", json=body)).json()
        await make_passport(client, published=True)
        async with place.working():
            await receiver.count(1)
        await client.delete(f"/api/v1/webhooks/{webhook['_id']}")
    event = receiver.messages[0].event
    assert event.keys() == json.loads(shown).keys()
    assert json.loads(shown)["data"].keys() <= event["data"].keys()


async def test_a_write_is_repeated_and_done_once(place: Place, make_product: Make, tmp_path: Path) -> None:
    async with place.client() as client:
        product = (await make_product(client, model="REPEATED"))["_id"]
    body = {"productId": product, "gs1": {"gtin": new_gtin(), "serialNumber": "R-1"}}
    (tmp_path / "passport.json").write_text(json.dumps(body))
    command = commands("limits")
    first, second = (await place.shell(f"{command}\necho\n{command}", tmp_path)).splitlines()
    assert json.loads(first)["_id"] == json.loads(second)["_id"]


async def test_an_export_is_streamed_and_its_check_passes(place: Place, tmp_path: Path) -> None:
    await place.shell(commands("exports", "exports/tenant"), tmp_path)
    name = await place.shell("ls", tmp_path)
    program: dict[str, Any] = {}
    exec(next(block.text for block in blocks(EXPORTS) if block.language == "python"), program)  # noqa: S102 - our page
    assert program["is_whole"]((tmp_path / name.strip()).read_bytes())


async def test_an_export_of_a_worker_is_downloaded_in_parts(place: Place, tmp_path: Path) -> None:
    ordered = json.loads(await place.shell(commands("exports", "-X POST"), tmp_path))
    async with place.client() as client, place.working(), asyncio.timeout(30):
        while not (found := (await client.get(f"/api/v1/exports/{ordered['_id']}")).json()).get("downloadUrl"):
            assert found["status"] in {"queued", "running"}
    whole = found["file"]["size"]
    (tmp_path / "export.jsonld.zst").write_bytes(b"")
    await place.shell(commands("exports", "DOWNLOAD_URL"), tmp_path, DOWNLOAD_URL=found["downloadUrl"])
    assert (tmp_path / "export.jsonld.zst").stat().st_size == whole


async def test_a_credential_is_fetched(place: Place, pack: Pack, tmp_path: Path) -> None:
    await place.shell(commands("credentials"), tmp_path, LINK=pack.link)
    assert (tmp_path / "passport.vc.jwt").read_text().count(".") == 2


async def test_a_spreadsheet_of_events_is_read(place: Place, tmp_path: Path) -> None:
    page = (DOCS / "epcis.md").read_text("utf-8")
    (table,) = [block.text for block in blocks(page) if block.language == "csv"]
    (tmp_path / "events.csv").write_text(table)
    printed = await place.shell(commands("epcis"), tmp_path)
    assert json.loads(printed) in [json.loads(block.text) for block in blocks(page) if block.language == "json"]


async def test_the_steps_of_oauth(place: Place, office: Office, tmp_path: Path) -> None:
    registered = json.loads(await place.shell(commands("authentication", "oauth/register"), tmp_path, API=place.url))
    code = await _allowed(place, office, registered["client_id"])
    known = {"CLIENT_ID": registered["client_id"], "CLIENT_SECRET": registered["client_secret"]}
    exchange = commands("authentication", "oauth/token")
    tokens = json.loads(await place.shell(exchange, tmp_path, API=place.url, CODE=code, VERIFIER=VERIFIER, **known))
    assert set(tokens["scope"].split()) == {"passports:read", "passports:write", "offline_access"}


async def _allowed(place: Place, office: Office, client_id: str) -> str:
    """Go where the page sends the browser, allow what is asked for, and return the code."""
    page = (DOCS / "authentication.md").read_text("utf-8")
    (address,) = [block.text for block in blocks(page) if block.text.startswith("/api/oauth/authorize")]
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    address = re.sub(r"\n\s*", "", address.replace("<base64url of SHA-256 of the verifier>", challenge))
    address = address.replace("tpc_...", client_id).replace("<random>", "the-state")
    _, secret = await office.session(await office.workspace(name="Allowing"))
    async with place.client() as browser:
        del browser.headers["Authorization"]
        browser.cookies.set(SESSION_COOKIE, secret)
        asked = await browser.get(address)
        assert asked.status_code == 200, asked.text
        form = Form(asked.text).fields | {"decision": "allow", "csrfToken": csrf_token_of(secret)}
        origin = {"Origin": place.url}
        answer = await browser.post(asked.url.path, data=form, headers=origin)
    assert answer.status_code in {302, 303}, answer.text
    back = parse_qs(urlsplit(answer.headers["location"]).query)
    assert back["state"] == ["the-state"]
    return back["code"][0]
