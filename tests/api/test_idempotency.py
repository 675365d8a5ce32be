"""Requests under an Idempotency-Key: one effect, one answer, over any number of processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from starlette.responses import Response
from tests.conftest import ORIGIN, MovableClock, Office, client_of, new_gtin, running
from tests.contract.checker import Checker
from tests.contract.requests import png

from tracepass.api.call import Call
from tracepass.api.routing import Gate, Proceed
from tracepass.app import create_app
from tracepass.core.mongo import Database
from tracepass.idempotency.service import Claims
from tracepass.identity.models import Workspace
from tracepass.settings import Settings

PRODUCTS, PASSPORTS = "/api/v1/products", "/api/v1/passports"
PACK = {"name": "Pack", "model": "P-1", "category": "battery"}


@pytest.fixture(scope="module")
async def apps(app: FastAPI, settings: Settings) -> AsyncIterator[list[FastAPI]]:
    """Three applications over one database."""
    async with AsyncExitStack() as stack:
        others = [await stack.enter_async_context(running(create_app(settings))) for _ in range(2)]
        yield [app, *others]


@pytest.fixture
async def clients(
    apps: list[FastAPI], office: Office, contract: Checker, workspace: Workspace
) -> list[httpx2.AsyncClient]:
    key = await office.key(workspace)
    return [client_of(app, contract, key=key) for app in apps]


@pytest.fixture
def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


async def test_what_is_about_oneself_is_not_answered_with_another(
    office: Office, workspace: Workspace, key: dict[str, str]
) -> None:
    first, second = await office.person(workspace), await office.person(workspace)
    told = [(await person.post("/api/v1/me", headers=key)).json()["user"]["_id"] for person in (first, second, first)]
    assert told[0] == told[2] != told[1]


def same(one: httpx2.Response, other: httpx2.Response) -> bool:
    """Whether an answer is the other's repetition."""
    kept = ("content-type", "etag", "location")
    return (one.status_code, one.content) == (other.status_code, other.content) and [
        one.headers.get(name) for name in kept
    ] == [other.headers.get(name) for name in kept]


class TestRepetitions:
    async def test_a_hundred_at_once_have_one_effect_and_one_answer(
        self, clients: list[httpx2.AsyncClient], make_product: Any, key: dict[str, str]
    ) -> None:
        product = await make_product(clients[0])
        body = {"productId": product["_id"], "gs1": {"gtin": new_gtin(), "serialNumber": "one"}}
        sent = (clients[number % 3].post(PASSPORTS, json=body, headers=key) for number in range(100))
        answers = await asyncio.gather(*sent)
        assert {answer.status_code for answer in answers} <= {201, 409}
        for answer in answers:
            assert answer.status_code == 201 or answer.json()["error"] == "idempotency_in_flight"
        made = [answer for answer in answers if answer.status_code == 201]
        later = [await client.post(PASSPORTS, json=body, headers=key) for client in clients for _ in range(3)]
        assert all(same(answer, made[0]) for answer in (*made, *later))
        assert sum("idempotent-replayed" not in answer.headers for answer in made) == 1
        assert all(answer.headers["idempotent-replayed"] == "true" for answer in later)
        assert (await clients[0].get(PASSPORTS)).json()["data"]["total"] == 1
        history = await clients[0].get(f"{PASSPORTS}/{made[0].json()['_id']}/history")
        assert history.json()["data"]["total"] == 1

    async def test_what_passports_answer_is_repeated_to_the_letter(
        self, client: httpx2.AsyncClient, make_passport: Any
    ) -> None:
        passport = await make_passport(client, parties={"manufacturer": {"legalName": "V", "gln": "4012345000009"}})
        path, field = f"{PASSPORTS}/{passport['_id']}", "product_name"
        writes: list[tuple[str, str, dict[str, Any]]] = [
            ("PATCH", f"{path}/fields/{field}", {"value": "Battery", "sourceLocale": "en"}),
            ("PATCH", f"{path}/fields", {"fields": {field: {"value": "Akku", "sourceLocale": "de"}}}),
            ("PUT", f"{path}/fields/{field}/translations/fr", {"value": "Batterie"}),
            ("DELETE", f"{path}/fields/{field}/translations/fr", {}),
            ("POST", f"{path}/fields/{field}/review", {"action": "flag"}),
            ("PATCH", f"{path}/parties/manufacturer", {"country": "DE"}),
            ("DELETE", f"{path}/parties/manufacturer", {}),
            ("POST", f"{path}/submit", {}),
            ("POST", f"{path}/reject", {}),
            ("POST", f"{path}/submit", {}),
            ("POST", f"{path}/approve", {}),
            ("POST", f"{path}/publish", {"acknowledgeGaps": True}),
            ("POST", f"{path}/suspend", {"reason": "Recall"}),
            ("POST", f"{path}/republish", {}),
            ("POST", f"{path}/archive", {}),
        ]
        for method, where, body in writes:
            headers = {"Idempotency-Key": uuid4().hex}
            first, again = [await client.request(method, where, json=body or None, headers=headers) for _ in range(2)]
            assert first.status_code == 200, first.text
            assert same(first, again), (method, where)
            assert again.headers["idempotent-replayed"] == "true"

    async def test_a_change_happens_once(
        self, client: httpx2.AsyncClient, make_product: Any, key: dict[str, str]
    ) -> None:
        path = f"{PRODUCTS}/{(await make_product(client))['_id']}"
        first = await client.patch(path, json={"name": "A"}, headers=key)
        await client.patch(path, json={"name": "B"})
        again = await client.patch(path, json={"name": "A"}, headers=key)
        assert same(first, again)
        assert (await client.get(path)).json()["name"] == "B"

    @pytest.mark.parametrize("status", [404, 409])
    async def test_refusals_that_would_stay_are_kept(
        self, client: httpx2.AsyncClient, key: dict[str, str], status: int
    ) -> None:
        await client.post(PRODUCTS, json=PACK)
        path = PRODUCTS if status == 409 else f"{PRODUCTS}/0123456789abcdef01234567/archive"
        body = PACK if status == 409 else {}
        first = await client.post(path, json=body, headers=key)
        again = await client.post(path, json=body, headers=key)
        assert (first.status_code, again.headers["idempotent-replayed"]) == (status, "true")
        assert same(first, again)

    async def test_refusals_that_may_pass_are_not_kept(self, client: httpx2.AsyncClient, key: dict[str, str]) -> None:
        body = {"productId": "0123456789abcdef01234567", "gs1": {"gtin": new_gtin()}}
        for _ in range(2):
            answer = await client.post(PASSPORTS, json=body, headers=key)
            assert (answer.status_code, "idempotent-replayed" in answer.headers) == (400, False)

    async def test_an_overage_may_be_confirmed_under_the_same_key(
        self, office: Office, make_product: Any, key: dict[str, str]
    ) -> None:
        client = await office.client(plan="basic")
        product = (await make_product(client))["_id"]
        gtin = new_gtin()
        items = [{"productId": product, "gs1": {"gtin": gtin, "serialNumber": str(one)}} for one in range(25)]
        await client.post(f"{PASSPORTS}/batch", json={"passports": items})
        body = {"productId": product, "gs1": {"gtin": gtin, "serialNumber": "more"}}
        assert (await client.post(PASSPORTS, json=body, headers=key)).status_code == 402
        assert (await client.post(PASSPORTS, json={**body, "confirmOverage": True}, headers=key)).status_code == 201

    async def test_batches_are_repeated_as_a_whole(self, client: httpx2.AsyncClient, key: dict[str, str]) -> None:
        body = {"products": [{**PACK, "model": str(number % 8)} for number in range(10)]}
        first = await client.post(f"{PRODUCTS}/batch", json=body, headers=key)
        again = await client.post(f"{PRODUCTS}/batch", json=body, headers=key)
        assert first.json()["summary"] == {"created": 8, "failed": 2}
        assert same(first, again)

    async def test_repetitions_cost_no_budget(self, office: Office, key: dict[str, str]) -> None:
        client = await office.client(plan="free")
        await client.post(PRODUCTS, json=PACK, headers=key)
        again = [await client.post(PRODUCTS, json=PACK, headers=key) for _ in range(3)]
        assert all("ratelimit" not in answer.headers for answer in again)
        batch = {"products": [{**PACK, "model": str(number)} for number in range(99)]}
        spent = await client.post(f"{PRODUCTS}/batch", json=batch)
        assert spent.headers["ratelimit"].startswith('"day";r=0;')
        assert (await client.post(PRODUCTS, json=PACK, headers=key)).status_code == 201

    async def test_uploads_are_told_apart_by_their_bytes(
        self, client: httpx2.AsyncClient, make_product: Any, key: dict[str, str]
    ) -> None:
        path = f"{PRODUCTS}/{(await make_product(client))['_id']}/images"
        first = await client.post(path, files={"file": ("a.png", png(), "image/png")}, headers=key)
        again = await client.post(path, files={"file": ("a.png", png(), "image/png")}, headers=key)
        assert (first.status_code, len(again.json()["imageUrls"])) == (201, 1)
        assert same(first, again)
        other = await client.post(path, files={"file": ("a.png", png()[:-1], "image/png")}, headers=key)
        assert other.status_code == 422

    async def test_a_file_is_kept_once(self, client: httpx2.AsyncClient, key: dict[str, str]) -> None:
        sent = {"file": ("a.csv", b"a,b\n1,2\n", "text/csv")}
        first = await client.post("/api/v1/files", files=sent, headers=key)
        again = await client.post("/api/v1/files", files=sent, headers=key)
        assert (first.status_code, again.json()) == (201, first.json())


class TestKeys:
    async def test_another_body_or_query_is_another_request(
        self, client: httpx2.AsyncClient, make_passport: Any, key: dict[str, str]
    ) -> None:
        assert (await client.post(PRODUCTS, json=PACK, headers=key)).status_code == 201
        other = await client.post(PRODUCTS, json={**PACK, "model": "P-2"}, headers=key)
        assert (other.status_code, other.json()["error"]) == (422, "idempotency_key_reuse")
        gs1 = (await make_passport(client))["gs1"]
        path = f"{PASSPORTS}/by-serial/{gs1['serialNumber']}/submit"
        assert (await client.post(path, headers=key)).status_code == 200
        assert (await client.post(path, params={"gtin": gs1["gtin"]}, headers=key)).status_code == 422

    async def test_paths_methods_workspaces_and_environments_have_keys_of_their_own(
        self, office: Office, workspace: Workspace, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient,
        key: dict[str, str],
    ) -> None:  # fmt: skip
        test = await office.client(workspace, environment="test")
        for caller in (client, stranger, test):
            answer = await caller.post(PRODUCTS, json=PACK, headers=key)
            assert (answer.status_code, "idempotent-replayed" in answer.headers) == (201, False)
            path = f"{PRODUCTS}/{answer.json()['_id']}"
            assert (await caller.patch(path, json={"name": "New"}, headers=key)).json()["name"] == "New"
            assert (await caller.delete(path, headers=key)).status_code == 200

    async def test_bare_and_quoted_are_the_same_key(self, client: httpx2.AsyncClient) -> None:
        assert (await client.post(PRODUCTS, json=PACK, headers={"Idempotency-Key": 'a\\b"c'})).status_code == 201
        quoted = {"Idempotency-Key": '"a\\\\b\\"c"'}
        assert "idempotent-replayed" in (await client.post(PRODUCTS, json=PACK, headers=quoted)).headers

    @pytest.mark.parametrize("text", ["", "  ", '""', '" "', '"open', '"a"b', "x" * 256, '"' + "x" * 256 + '"', "ü"])
    async def test_an_ill_formed_key_is_refused(self, client: httpx2.AsyncClient, text: str) -> None:
        answer = await client.post(PRODUCTS, json=PACK, headers={b"Idempotency-Key": text.encode("latin-1")})
        assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["Idempotency-Key"])

    async def test_two_keys_are_none(self, client: httpx2.AsyncClient) -> None:
        answer = await client.post(PRODUCTS, json=PACK, headers=[("Idempotency-Key", "a"), ("Idempotency-Key", "b")])
        assert answer.status_code == 400

    async def test_reads_pass_it_over(self, client: httpx2.AsyncClient, key: dict[str, str]) -> None:
        for _ in range(2):
            assert "idempotent-replayed" not in (await client.get(PRODUCTS, headers=key)).headers

    async def test_after_a_day_a_key_is_free_again(
        self, client: httpx2.AsyncClient, make_product: Any, key: dict[str, str], clock: MovableClock
    ) -> None:
        path = f"{PRODUCTS}/{(await make_product(client))['_id']}"
        await client.patch(path, json={"name": "A"}, headers=key)
        clock.move(hours=25)
        answer = await client.patch(path, json={"name": "B"}, headers=key)
        assert (answer.status_code, answer.json()["name"]) == (200, "B")


class TestDeaths:
    """What a process leaves behind that dies at the worst moment; the drills kill real ones."""

    async def test_an_effect_whose_answer_is_lost_is_named_and_not_repeated(
        self, client: httpx2.AsyncClient, key: dict[str, str], database: Database, clock: MovableClock
    ) -> None:
        made = (await client.post(PRODUCTS, json=PACK, headers=key)).json()
        await _forget(database, "answer", until=clock() + timedelta(seconds=60))
        waits = await client.post(PRODUCTS, json=PACK, headers=key)
        assert (waits.status_code, waits.json()["error"]) == (409, "idempotency_in_flight")
        clock.move(seconds=61)
        lost = await client.post(PRODUCTS, json=PACK, headers=key)
        assert (lost.status_code, lost.json()["error"]) == (409, "idempotency_answer_lost")
        assert lost.json()["details"] == {"effects": [{"type": "product", "id": made["_id"], "version": 1}]}
        assert (await client.post(PRODUCTS, json={**PACK, "model": "P-2"}, headers=key)).status_code == 422
        assert (await client.get(PRODUCTS)).json()["data"]["total"] == 1

    async def test_a_key_without_an_effect_is_free_when_its_lease_ends(
        self, client: httpx2.AsyncClient, key: dict[str, str], database: Database, clock: MovableClock
    ) -> None:
        await client.post(PRODUCTS, json=PACK, headers=key)
        await _forget(database, "answer", "effects", until=clock() + timedelta(seconds=60))
        other = {**PACK, "model": "P-2"}
        assert (await client.post(PRODUCTS, json=other, headers=key)).status_code == 422
        clock.move(seconds=61)
        again = await client.post(PRODUCTS, json=other, headers=key)
        assert (again.status_code, "idempotent-replayed" in again.headers) == (201, False)

    async def test_a_sleeper_who_lost_its_claim_has_no_effect(
        self, app: FastAPI, client: httpx2.AsyncClient, key: dict[str, str], database: Database
    ) -> None:
        async def taken_over(call: Call, body: Any, proceed: Proceed) -> Response:  # noqa: ARG001 - the shape of a gate
            claim = await _newest_claim(database)
            other = {"$set": {"holder": "another process"}}
            await database.collection("idempotency").update_one({"_id": claim["_id"]}, other)
            return await proceed()

        with _inner_gate(app, taken_over):
            answer = await client.post(PRODUCTS, json=PACK, headers=key)
        assert (answer.status_code, answer.json()["error"]) == (409, "idempotency_in_flight")
        assert (await client.get(PRODUCTS)).json()["data"]["total"] == 0

    @pytest.mark.parametrize("after", [False, True])
    async def test_a_fault_of_ours_frees_the_key_unless_it_took_effect(
        self, app: FastAPI, office: Office, workspace: Workspace, key: dict[str, str], *, after: bool
    ) -> None:
        async def fail(call: Call, body: Any, proceed: Proceed) -> Response:  # noqa: ARG001 - the shape of a gate
            if after:
                await proceed()
            raise RuntimeError("a fault of ours")

        headers = {"Authorization": f"Bearer {await office.key(workspace)}", **key}
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client:
            with _inner_gate(app, fail):
                assert (await client.post(PRODUCTS, json=PACK)).status_code == 500
            answer = await client.post(PRODUCTS, json=PACK)
            total = (await client.get(PRODUCTS)).json()["data"]["total"]
        assert (answer.status_code, "idempotent-replayed" in answer.headers, total) == (201, after, 1)

    async def test_a_running_request_keeps_its_claim(
        self, app: FastAPI, client: httpx2.AsyncClient, key: dict[str, str], clock: MovableClock
    ) -> None:
        async def slow(call: Call, body: Any, proceed: Proceed) -> Response:  # noqa: ARG001 - the shape of a gate
            clock.move(seconds=50)
            await app.state.services[Claims].renew()
            clock.move(seconds=50)
            other = await client.post(PRODUCTS, json=PACK, headers=key)
            assert other.json()["error"] == "idempotency_in_flight"
            return await proceed()

        with _inner_gate(app, slow):
            assert (await client.post(PRODUCTS, json=PACK, headers=key)).status_code == 201


@contextmanager
def _inner_gate(app: FastAPI, gate: Gate) -> Iterator[None]:
    """Put a gate right before the handlers."""
    gates = app.state.gates
    app.state.gates = (*gates, gate)
    try:
        yield
    finally:
        app.state.gates = gates


async def _newest_claim(database: Database) -> dict[str, Any]:
    found = database.collection("idempotency").find({}, sort=[("_id", -1)], comment="a test looks")
    return max([claim async for claim in found], key=lambda claim: str(claim["holder"]))


async def _forget(database: Database, *members: str, until: datetime) -> None:
    """Leave the newest claim as one that died before it wrote these, as soon as they are written."""
    claims = database.collection("idempotency")
    claim = await _newest_claim(database)
    while "answer" not in claim:
        claim = await _newest_claim(database)
    change = {"$unset": dict.fromkeys(members, ""), "$set": {"leaseUntil": until}}
    await claims.update_one({"_id": claim["_id"]}, change)
