"""A workspace with passports in every state they can be in, another that has its products alone, and the way there.

The first has test data, the second takes them in as live data, so that both can have the same keys in one database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from tests.api.moving import Move, Record, lines_of
from tests.conftest import RESOLVER, MovableClock, Office, new_gtin

from tracepass.core.mongo import Database
from tracepass.core.restores import Restorer
from tracepass.core.tenancy import OPERATOR, Tenancy
from tracepass.identity.models import SCOPES, Caller, Workspace
from tracepass.measurements.restoring import MeasurementRestorer
from tracepass.passports.life.restoring import LifeRestorer
from tracepass.passports.restoring.restorer import PassportRestorer
from tracepass.settings import Settings
from tracepass.worker import work_once

KINDS = ("Passport", "LifeEntry", "Measurement")
PASSPORTS = "/api/v1/passports"
PARTY = {"legalName": "Voltwerk Energie GmbH", "gln": "4012345000009"}


@dataclass
class Town:
    """Where passports come from, and where they go."""

    home: httpx2.AsyncClient
    away: httpx2.AsyncClient
    here: Workspace
    there: Workspace
    database: Database
    settings: Settings
    passports: PassportRestorer
    lives: LifeRestorer
    measurements: MeasurementRestorer
    known: dict[str, str] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)

    @property
    def tenancy(self) -> Tenancy:
        return Tenancy(self.there.id, "live")

    @property
    def caller(self) -> Caller:
        return Caller(self.there, "live", "owner", SCOPES, OPERATOR)

    @property
    def restorers(self) -> list[tuple[str, Restorer]]:
        """Who takes in what, in its order."""
        each: tuple[Restorer, ...] = (self.passports, self.lives, self.measurements)
        return list(zip(KINDS, each, strict=True))

    async def sent(self, method: str, path: str, body: Any = None, **options: Any) -> Record:
        answer = await self.home.request(method, path, json=body, **options)
        assert answer.is_success, (path, answer.text)
        return dict(answer.json())

    async def product(self, **members: Any) -> str:
        """Make a product in both, and return its id in the first."""
        body = {"name": "Pack", "model": new_gtin(), "category": "battery"} | members
        old = await self.sent("POST", "/api/v1/products", body)
        new = await self.away.post("/api/v1/products", json=body)
        self.known[old["_id"]] = new.json()["_id"]
        return str(old["_id"])

    async def passport(self, name: str, product: str, *moves: str, **members: Any) -> str:
        """Make a passport and move it on; return its path."""
        body = {"productId": product, "gs1": {"gtin": new_gtin(), "serialNumber": f"SN {name}/1"}} | members
        made = await self.sent("POST", PASSPORTS, body)
        self.named[name] = made["_id"]
        path = f"{PASSPORTS}/{made['_id']}"
        for one in moves:
            await self.moved(path, one)
        return path

    async def moved(self, path: str, move: str, **body: Any) -> None:
        usual: dict[str, Record] = {"publish": {"acknowledgeGaps": True}, "suspend": {"reason": "Recall <1>"}}
        await self.sent("POST", f"{path}/{move}", usual.get(move, {}) | body)

    async def move(self) -> Move:
        return Move(await lines_of(self.home), self.tenancy, known=self.known, caller=self.caller)

    async def taken(self, *, at_once: int = 3) -> Move:
        """Take everything in."""
        move = await self.move()
        for kind, restorer in self.restorers:
            await move.take(restorer, kind, at_once=at_once)
        return move

    def told(self, line: bytes) -> bytes:
        """A record without what says that it is of test data."""
        return line.replace(f"{RESOLVER}/test/{self.here.slug}".encode(), RESOLVER.encode())

    async def lines(self, client: httpx2.AsyncClient, kind: str) -> list[bytes]:
        return [self.told(line) for line in await lines_of(client) if f'"@type":"{kind}"'.encode() in line]


@pytest.fixture
async def town(app: FastAPI, office: Office, database: Database, settings: Settings) -> Town:
    """Two workspaces without anything."""
    here, there = await office.workspace(), await office.workspace()
    home, away = await office.client(here, environment="test"), await office.client(there)
    return town_of(app, database, settings, clients=(home, away), workspaces=(here, there))


def town_of(
    app: FastAPI,
    database: Database,
    settings: Settings,
    *,
    clients: tuple[httpx2.AsyncClient, httpx2.AsyncClient],
    workspaces: tuple[Workspace, Workspace],
) -> Town:
    """Return the way from the first of two clients and their workspaces to the second."""
    services = app.state.services
    return Town(
        home=clients[0],
        away=clients[1],
        here=workspaces[0],
        there=workspaces[1],
        database=database,
        settings=settings,
        passports=services[PassportRestorer],
        lives=services[LifeRestorer],
        measurements=services[MeasurementRestorer],
    )


async def filled(town: Town, clock: MovableClock) -> Town:
    """Give the first workspace a passport of every kind and state, with everything that one can have."""
    product = await town.product(defaultFieldValues={"rated_capacity": 100, "battery_chemistry": "li_ion_lfp"})
    await _states(town, product, clock)
    await _content(town, product)
    await _lineages(town, product)
    await _use(town, product)
    return town


async def _states(town: Town, product: str, clock: MovableClock) -> None:
    gtin = new_gtin()
    soon = (clock() + timedelta(hours=1)).isoformat()
    await town.passport("draft", product, expiresAt="2199-01-01T00:00:00Z", parties={"importer": PARTY})
    await town.passport("review", product, "submit")
    await town.passport("approved", product, "submit", "approve")
    await town.passport("published", product, "publish", expiresAt="2199-01-01T00:00:00Z")
    await town.passport("suspended", product, "publish", "suspend")
    await town.passport("again", product, "publish", "suspend", "republish")
    await town.passport("gone", product, "archive")
    await town.passport("ended", product, "publish", "suspend", "archive")
    await town.passport("model", product, "publish", gs1={"gtin": gtin})
    await town.passport("batch", product, "publish", gs1={"gtin": gtin, "lot": "L/1"})
    await town.passport("odd", product, granularity="model", gs1={"gtin": new_gtin(), "lot": "L", "serialNumber": "S"})
    path = await town.passport("expired", product, "publish", expiresAt=soon)
    clock.move(hours=2)
    while (await town.home.get(path)).json()["status"] == "published":
        assert await work_once(town.database, town.settings, clock)


async def _content(town: Town, product: str) -> None:
    file = await town.home.post("/api/v1/files", files={"file": ("a.pdf", b"%PDF-1.7 x", "application/pdf")})
    other = await town.away.post("/api/v1/files", files={"file": ("a.pdf", b"%PDF-1.7 x", "application/pdf")})
    town.known[file.json()["_id"]] = other.json()["_id"]
    path = await town.passport("rich", product, parties={"manufacturer": PARTY})
    field = f"{path}/fields"
    await town.sent("PATCH", f"{path}/parties/manufacturer", {"url": "https://voltwerk.example/?a=b&c"})
    await town.sent("PATCH", f"{path}/parties/manufacturer", {"country": "DE"})
    await town.sent("PATCH", f"{path}/condition-flags", {"hasBMS": True, "subcategory": "ev"})
    texts = {"value": "Läuft <b>gut</b>\u2028&", "sourceLocale": "de"}
    await town.sent("PATCH", f"{field}/product_name", texts)
    await town.sent("PUT", f"{field}/product_name/translations/fr", {"value": "Ça marche"})
    await town.sent("PUT", f"{field}/product_name/translations/en", {"value": "Runs", "source": "machine"})
    await town.sent("PATCH", f"{field}/product_name", {"value": "Neu", "source": "supplier", "sourceLocale": "de"})
    await town.sent("PATCH", f"{field}/rated_capacity", {"value": None, "source": "ai_suggested"})
    await town.sent("POST", f"{field}/rated_capacity/review", {"action": "flag", "note": "?"})
    await town.sent("PATCH", f"{field}/battery_mass", {"value": 12.0, "source": "ai_suggested"})
    await town.sent("PATCH", f"{field}/rated_energy", {"value": 5.125})
    await town.sent("POST", f"{field}/rated_energy/review", {"action": "reject"})
    await town.sent("PATCH", f"{field}/batch_number", {"value": "B", "source": "ai_suggested"})
    await town.sent("POST", f"{field}/batch_number/review", {"action": "approve"})
    await town.sent("PATCH", f"{field}/batch_number", {"value": None})
    await town.sent("PATCH", f"{field}/{FILE_FIELD}", {"value": {"fileId": file.json()["_id"]}})
    await town.moved(path, "publish")


FILE_FIELD = "eu_declaration_of_conformity"


async def _lineages(town: Town, product: str) -> None:
    elsewhere = {"digitalLinkUri": "https://other.example/01/04012345000016/21/ORIGINAL-1"}

    async def second(name: str, *before: str, kind: str = "repurposing") -> None:
        links = [{"passportId": town.named[one]} for one in before] or [elsewhere]
        await town.passport(name, product, lineage={"kind": kind, "predecessors": links})

    for name in ("first", "other", "widow"):
        await town.passport(name, product)
    await town.moved(f"{PASSPORTS}/{town.named['first']}", "publish")
    await second("second", "first", "other")
    await second("third", "second", kind="remanufacturing")
    await second("third again", "second", kind="preparation_for_reuse")
    await second("stranger")
    await second("orphan", "widow")
    await town.moved(f"{PASSPORTS}/{town.named['second']}", "publish")
    await town.moved(f"{PASSPORTS}/{town.named['widow']}", "archive")
    await town.sent("DELETE", f"{PASSPORTS}/{town.named.pop('orphan')}")


async def _use(town: Town, product: str) -> None:
    path = await town.passport("used", product, "publish")
    service = {
        "kind": "repair", "at": "2026-01-05T10:00:00+01:00", "description": "Öl", "sourceLocale": "de",
        "performedBy": PARTY, "place": {"country": "DE"}, "public": True,
        "parts": [{"name": "Cell", "serialNumber": "C"}], "documents": [{"url": "https://x.example/a?b=c"}],
    }  # fmt: skip
    sale = {"kind": "sale", "at": "2026-01-03T10:00:00Z", "from": {"type": "company", **PARTY}}
    right = await town.sent("POST", f"{path}/service-events", service)
    wrong = await town.sent("POST", f"{path}/service-events", {"kind": "other", "at": "2026-01-05T09:00:00Z"})
    declared = {"errorDeclaration": {"reason": "incorrect_data", "correctiveIds": [right["_id"]]}, "public": True}
    await town.sent("PATCH", f"{path}/service-events/{wrong['_id']}", declared)
    await town.sent("POST", f"{path}/ownership-transfers", sale | {"to": {"type": "private", "reference": "K"}})
    reading = {"field": "soce", "value": 97.5, "measuredAt": "2026-02-01T00:00:00Z"}
    first = [reading | {"externalId": "g-1", "source": "gateway"}, reading | {"value": 96}, reading | {"value": 95.5}]
    later = [reading | {"value": 90, "measuredAt": "2026-01-01T00:00:00Z"}, reading | {"field": "capacity_fade"}]
    for batch in (first, later):
        told = await town.sent("POST", f"{path}/measurements", {"measurements": batch})
        assert told["summary"]["failed"] == 0, told
