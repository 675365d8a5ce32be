"""Sessions: who is signed in, from where, and how it ends."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest
from tests.api.visitors import registered, sign_in, visitor
from tests.conftest import MovableClock, Office
from tests.contract.checker import Checker, Operation
from tests.contract.requests import Requests

from tracepass.contract import load
from tracepass.core.mongo import Database
from tracepass.identity.models import Role, Workspace, hash_secret
from tracepass.identity.service import Authenticator
from tracepass.identity.sessions import LIFETIME

FOR_PEOPLE = [
    operation
    for operation in Checker(load()).operations
    if operation.definition.get("security") == [{"sessionCookie": []}]
]


@pytest.mark.parametrize("operation", FOR_PEOPLE, ids=lambda operation: operation.id)
async def test_what_only_people_do_is_forbidden_to_a_key(
    operation: Operation, contract: Checker, client: httpx2.AsyncClient
) -> None:
    answer = await Requests(contract).send(client, operation)
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")


@pytest.mark.parametrize("role", ["owner", "admin", "editor", "viewer"])
async def test_a_signed_in_person_reads_what_their_role_allows(
    office: Office, workspace: Workspace, role: Role
) -> None:
    person = await office.person(workspace, role)
    assert (await person.get("/api/v1/products")).status_code == 200


async def test_a_person_sees_where_they_are_signed_in(office: Office) -> None:
    person, told = await registered(office)
    await sign_in(visitor(office), told["user"]["email"])
    listed = (await person.get("/api/v1/sessions")).json()["data"]
    assert [session["current"] for session in listed["items"]] == [False, True]
    assert all(session["address"].startswith("10.") for session in listed["items"])
    assert all("httpx" in session["agent"] for session in listed["items"])


async def test_a_person_ends_another_session(office: Office) -> None:
    person, told = await registered(office)
    other = visitor(office)
    await sign_in(other, told["user"]["email"])
    session = (await person.get("/api/v1/sessions")).json()["data"]["items"][0]
    assert (await person.delete(f"/api/v1/sessions/{session['_id']}")).status_code == 200
    assert (await other.get("/api/auth/session")).status_code == 401
    assert (await person.delete(f"/api/v1/sessions/{session['_id']}")).status_code == 404


async def test_a_person_ends_all_other_sessions(office: Office) -> None:
    person, told = await registered(office)
    others = [visitor(office) for _ in range(2)]
    for other in others:
        await sign_in(other, told["user"]["email"])
    answer = await person.delete("/api/v1/sessions")
    assert (answer.status_code, answer.json()["ended"]) == (200, 2)
    assert [(await other.get("/api/auth/session")).status_code for other in others] == [401, 401]
    assert (await person.get("/api/auth/session")).status_code == 200


async def test_nobody_ends_the_session_of_another(office: Office) -> None:
    person, _ = await registered(office)
    stranger, _ = await registered(office)
    session = (await person.get("/api/v1/sessions")).json()["data"]["items"][0]
    assert (await stranger.delete(f"/api/v1/sessions/{session['_id']}")).status_code == 404
    assert (await person.get("/api/auth/session")).status_code == 200


async def test_a_session_lasts_thirty_days_from_its_last_use(
    office: Office, clock: MovableClock, database: Database
) -> None:
    person, _ = await registered(office)
    clock.move(days=29)
    assert (await person.get("/api/auth/session")).status_code == 200
    await office.app.state.services[Authenticator].flush()
    stored = await database.collection("sessions").find_one({"tokenHash": hash_secret(person.cookies["tp_session"])})
    assert stored is not None
    assert abs(stored["purgeAt"] - (clock() + LIFETIME).replace(tzinfo=None)) < timedelta(minutes=1)
    clock.move(days=29)
    office.app.state.services[Authenticator].forget(person.cookies["tp_session"])
    assert (await person.get("/api/auth/session")).status_code == 200
    await office.app.state.services[Authenticator].flush()
    clock.move(days=31)
    assert (await person.get("/api/auth/session")).status_code == 401
