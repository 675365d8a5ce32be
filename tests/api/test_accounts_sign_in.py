"""Coming in and going: registering, signing in and out, and what slows down whoever guesses."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from tests.api.visitors import PASSWORD, new_email, registered, sign_in, visitor
from tests.conftest import ORIGIN, MovableClock, Office, client_of, new_gtin, running
from tests.leaks import SECRETS

from tracepass.app import create_app
from tracepass.core.mongo import Database
from tracepass.identity.models import hash_secret
from tracepass.identity.service import Passwords
from tracepass.settings import Settings


async def test_a_company_registers_makes_a_key_and_a_passport(office: Office) -> None:
    person, _ = await registered(office)
    made = await person.post("/api/v1/api-keys", json={"name": "First key"})
    assert made.status_code == 201, made.text
    program = client_of(office.app, office.contract, key=made.json()["secret"])
    product = await program.post("/api/v1/products", json={"name": "Pack", "model": "P-1", "category": "battery"})
    gs1 = {"gtin": new_gtin(), "serialNumber": "SN-1"}
    passport = await program.post("/api/v1/passports", json={"productId": product.json()["_id"], "gs1": gs1})
    assert passport.status_code == 201, passport.text


async def test_whoever_registers_is_the_owner_and_signed_in(office: Office) -> None:
    email = new_email()
    person, told = await registered(office, email=email, workspaceName="Müller & Söhne", defaultLocale="de")
    assert (told["user"]["email"], told["user"]["name"], told["role"]) == (email, "Ada Lovelace", "owner")
    workspace = told["workspace"]
    assert (workspace["name"], workspace["plan"], workspace["defaultLocale"]) == ("Müller & Söhne", "free", "de")
    assert workspace["slug"].startswith("muller-sohne")
    assert (await person.get("/api/auth/session")).json() == told


async def test_the_cookie_is_kept_from_scripts_other_sites_and_open_lines(office: Office) -> None:
    answer = await sign_in(visitor(office), (await registered(office))[1]["user"]["email"])
    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name.startswith("tp_session=tps_")
    assert set(attributes) == {"Path=/", "HttpOnly", "SameSite=Lax", "Secure", f"Max-Age={30 * 24 * 3600}"}
    assert answer.headers["cache-control"] == "no-store"


async def test_two_companies_of_one_name_get_two_slugs(office: Office) -> None:
    slugs = {(await registered(office, workspaceName="Twin Works"))[1]["workspace"]["slug"] for _ in range(2)}
    assert len(slugs) == 2


async def test_an_address_with_an_account_is_taken(office: Office) -> None:
    _, told = await registered(office)
    body = {"email": told["user"]["email"].upper(), "name": "X", "password": "y" * 12, "workspaceName": "Other"}
    answer = await visitor(office).post("/api/auth/register", json=body)
    assert (answer.status_code, answer.json()["error"]) == (409, "email_taken")


async def test_whoever_has_an_account_adds_a_workspace_to_it(office: Office) -> None:
    _, told = await registered(office)
    person, again = await registered(office, email=told["user"]["email"], workspaceName="Second")
    assert again["user"] == told["user"]
    assert [home["slug"] for home in again["workspaces"]] == [told["workspace"]["slug"], again["workspace"]["slug"]]
    assert (await person.get("/api/v1/workspace")).json()["name"] == "Second"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("password", "elevenchars"),
        ("password", "x" * 1025),
        ("email", "nobody"),
        ("email", "a b@example.test"),
        ("name", "   "),
        ("name", "\u200b\u2060"),
        ("workspaceName", "\u200b"),
        ("workspaceName", ""),
        ("defaultLocale", "xx"),
    ],
)
async def test_what_cannot_be_registered_is_named(office: Office, member: str, value: str) -> None:
    body = {"email": new_email(), "name": "Ada", "password": PASSWORD, "workspaceName": "Voltwerk"} | {member: value}
    answer = await visitor(office).post("/api/auth/register", json=body)
    assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, [member])


async def test_many_who_register_one_address_at_once_make_one_account(office: Office) -> None:
    body = {"email": new_email(), "name": "Ada", "password": PASSWORD, "workspaceName": "Race"}
    clients = [visitor(office) for _ in range(4)]
    answers = await asyncio.gather(*(client.post("/api/auth/register", json=body) for client in clients))
    users = {answer.json()["user"]["_id"] for answer in answers if answer.status_code == 201}
    assert len(users) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}


async def test_a_person_signs_in_with_another_spelling_of_their_address(office: Office) -> None:
    _, told = await registered(office)
    answer = await sign_in(visitor(office), told["user"]["email"].upper())
    assert (answer.status_code, answer.json()["user"]) == (200, told["user"])


async def test_a_password_may_be_typed_on_a_keyboard_that_composes_otherwise(office: Office) -> None:
    _, told = await registered(office, password="Schlüsselbund 12")
    answer = await sign_in(visitor(office), told["user"]["email"], "Schlu\u0308sselbund 12")
    assert answer.status_code == 200


async def test_a_wrong_password_and_an_unknown_account_get_one_answer(office: Office) -> None:
    _, told = await registered(office)
    wrong = await sign_in(visitor(office), told["user"]["email"], "not the password")
    unknown = await sign_in(visitor(office), new_email(), "not the password")
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.json() == unknown.json()
    assert {*wrong.headers} == {*unknown.headers}


async def test_who_fails_again_and_again_waits_longer_each_time(office: Office, clock: MovableClock) -> None:
    clock.stop()
    _, told = await registered(office)
    for email in (told["user"]["email"], new_email()):
        client = visitor(office)
        waits = []
        for _ in range(5):
            assert (await sign_in(client, email, "wrong password")).status_code == 401
        for _ in range(4):
            answer = await sign_in(client, email, "wrong password")
            assert (answer.status_code, answer.json()["error"]) == (429, "rate_limited")
            waits.append(int(answer.headers["retry-after"]))
            clock.move(seconds=waits[-1])
            assert (await sign_in(client, email, "wrong password")).status_code == 401
        assert waits == [1, 2, 4, 8]


async def test_a_slowed_account_takes_not_even_the_right_password_and_then_forgets(
    office: Office, clock: MovableClock
) -> None:
    clock.stop()
    _, told = await registered(office)
    email = told["user"]["email"]
    for _ in range(5):
        await sign_in(visitor(office), email, "wrong password")
    assert (await sign_in(visitor(office), email)).status_code == 429
    clock.move(seconds=1)
    assert (await sign_in(visitor(office), email)).status_code == 200
    assert [(await sign_in(visitor(office), email, "wrong password")).status_code for _ in range(5)] == [401] * 5


async def test_a_hundred_guesses_at_once_are_five(office: Office, clock: MovableClock) -> None:
    clock.stop()
    _, told = await registered(office)
    email = told["user"]["email"]
    answers = await asyncio.gather(*(sign_in(visitor(office), email, "wrong password") for _ in range(100)))
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(401), statuses.count(429)) == (5, 95)


async def test_an_address_that_tries_many_accounts_is_slowed_down(office: Office, clock: MovableClock) -> None:
    clock.stop()
    client = visitor(office)
    statuses = [(await sign_in(client, new_email(), "wrong password")).status_code for _ in range(21)]
    assert statuses == [401] * 20 + [429]


async def test_an_address_that_registers_many_is_slowed_down(office: Office, clock: MovableClock) -> None:
    clock.stop()
    client = visitor(office)
    body = {"name": "Ada", "password": PASSWORD, "workspaceName": "Many"}
    answers = [await client.post("/api/auth/register", json=body | {"email": new_email()}) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [201] * 20 + [429]


async def test_a_failed_sign_in_is_told_to_the_workspace(office: Office) -> None:
    person, told = await registered(office)
    await sign_in(visitor(office), told["user"]["email"], "wrong password")
    await sign_in(visitor(office), told["user"]["email"])
    entries = (await person.get("/api/v1/audit-log")).json()["data"]["items"]
    actions = [entry["action"] for entry in entries]
    assert actions[:2] == ["login.succeeded", "login.failed"]
    assert entries[1]["details"]["address"].startswith("10.")


async def test_whoever_signed_out_is_out(office: Office) -> None:
    person, _ = await registered(office)
    answer = await person.post("/api/auth/logout")
    assert answer.status_code == 200
    assert answer.headers["set-cookie"].startswith("tp_session=;")
    assert (await person.get("/api/auth/session")).status_code == 401


async def test_a_write_by_a_session_needs_the_token_or_our_own_pages(office: Office) -> None:
    person, told = await registered(office)
    token = person.headers.pop("x-csrf-token")
    for headers, status in (
        ({}, 403),
        ({"X-CSRF-Token": "0" * 64}, 403),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"X-CSRF-Token": token}, 201),
        ({"Origin": ORIGIN}, 201),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
    ):
        answer = await person.post("/api/v1/api-keys", json={"name": "K"}, headers=headers)
        assert answer.status_code == status, (headers, answer.text)
    assert told["csrfToken"] == token


async def test_a_person_of_two_workspaces_says_where_to(office: Office) -> None:
    _, first = await registered(office)
    email = first["user"]["email"]
    _, second = await registered(office, email=email, workspaceName="Second")
    person = visitor(office)
    there = await sign_in(person, email, workspace=second["workspace"]["slug"])
    assert there.json()["workspace"] == second["workspace"]
    anywhere = await sign_in(visitor(office), email)
    assert anywhere.json()["workspace"] == first["workspace"]
    nowhere = await sign_in(visitor(office), email, workspace="nobody")
    assert (nowhere.status_code, list(nowhere.json()["details"]["fieldErrors"])) == (400, ["workspace"])


async def test_a_person_switches_with_a_new_session(office: Office) -> None:
    owner, first = await registered(office)
    person, second = await registered(office, email=first["user"]["email"], workspaceName="Second")
    old = person.cookies["tp_session"]
    answer = await person.post("/api/auth/session/switch", json={"workspace": first["workspace"]["slug"]})
    assert answer.json()["workspace"] == first["workspace"]
    entries = (await owner.get("/api/v1/audit-log")).json()["data"]["items"]
    assert entries[0]["action"] == "login.succeeded"
    assert person.cookies["tp_session"] != old
    stale = visitor(office)
    stale.cookies.set("tp_session", old)
    assert (await stale.get("/api/auth/session")).status_code == 401
    person.headers["X-CSRF-Token"] = answer.json()["csrfToken"]
    foreign = await person.post("/api/auth/session/switch", json={"workspace": "nobody"})
    assert foreign.status_code == 400
    assert second["workspace"]["slug"] in {home["slug"] for home in answer.json()["workspaces"]}


async def test_a_person_without_a_workspace_gets_in_nowhere(office: Office) -> None:
    owner, told = await registered(office)
    email = new_email()
    invitation = await owner.post("/api/v1/invitations", json={"email": email, "role": "viewer"})
    token = invitation.json()["link"].partition("token=")[2]
    SECRETS.add(token)
    guest = visitor(office)
    body = {"token": token, "name": "Guest", "password": PASSWORD}
    assert (await guest.post("/api/auth/invitations/accept", json=body)).status_code == 200
    members = (await owner.get("/api/v1/members")).json()["data"]["items"]
    guest_id = next(member["_id"] for member in members if member["user"]["email"] == email)
    assert (await owner.delete(f"/api/v1/members/{guest_id}")).status_code == 200
    answer = await sign_in(visitor(office), email)
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
    assert told["role"] == "owner"


async def test_an_operator_may_close_the_registration(settings: Settings, office: Office) -> None:
    closed = Settings.model_validate({**settings.model_dump(), "registration": "closed"})
    async with running(create_app(closed)) as app:
        body = {"email": new_email(), "name": "A", "password": PASSWORD, "workspaceName": "B"}
        answer = await client_of(app, office.contract).post("/api/auth/register", json=body)
        assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")


async def test_neither_passwords_nor_session_secrets_are_stored(office: Office, database: Database) -> None:
    person, told = await registered(office)
    secret = person.cookies["tp_session"]
    stored = await database.collection("sessions").find_one({"tokenHash": hash_secret(secret)})
    user: Any = await database.collection("users").find_one({"emailKey": told["user"]["email"]})
    assert stored is not None
    assert user["passwordHash"].startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert secret not in str(stored)
    assert PASSWORD not in str(user)


async def test_a_session_is_no_bearer_token(office: Office) -> None:
    person, _ = await registered(office)
    headers = {"Authorization": f"Bearer {person.cookies['tp_session']}"}
    bearer = httpx2.AsyncClient(transport=httpx2.ASGITransport(office.app), base_url=ORIGIN, headers=headers)
    assert (await bearer.get("/api/auth/session")).status_code == 401


async def test_a_hash_with_old_parameters_is_replaced_at_the_next_sign_in(office: Office, database: Database) -> None:
    _, told = await registered(office)
    email = told["user"]["email"]
    weak = await Passwords(time_cost=1).hash(PASSWORD)
    users = database.collection("users")
    await users.update_one({"emailKey": email}, {"$set": {"passwordHash": weak}})
    for _ in range(2):
        assert (await sign_in(visitor(office), email)).status_code == 200
    stored = await users.find_one({"emailKey": email})
    assert stored is not None
    assert stored["passwordHash"].startswith("$argon2id$v=19$m=65536,t=3,p=4$")
