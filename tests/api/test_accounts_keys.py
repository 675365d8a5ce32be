"""API keys over HTTP, the workspace they belong to, and what each caller is told of itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from tests.conftest import MovableClock, Office, client_of

from tracepass.core.clock import timestamp
from tracepass.core.mongo import Database
from tracepass.identity.models import SCOPES, Role, Workspace
from tracepass.identity.service import Authenticator
from tracepass.settings import Settings
from tracepass.worker import work_once


async def make(client: httpx2.AsyncClient, **members: Any) -> dict[str, Any]:
    answer = await client.post("/api/v1/api-keys", json={"name": "Production ERP"} | members)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_key_is_shown_once_and_opens(office: Office, workspace: Workspace) -> None:
    owner = await office.person(workspace)
    made = await make(owner, scopes=["passports:read", "products:read"])
    secret = made.pop("secret")
    assert (made["prefix"], made["environment"]) == (secret[:12], "live")
    assert (made["scopes"], made["expiresAt"], made["revokedAt"]) == (["passports:read", "products:read"], None, None)
    assert (await owner.get(f"/api/v1/api-keys/{made['_id']}")).json() == made
    assert (await owner.get("/api/v1/api-keys")).json()["data"]["items"] == [made]
    program = client_of(office.app, office.contract, key=secret)
    assert (await program.get("/api/v1/passports")).status_code == 200
    assert (await program.get("/api/v1/files/" + "0" * 24)).status_code == 404
    refused = await program.post("/api/v1/products", json={})
    assert (refused.status_code, refused.json()["error"]) == (403, "insufficient_scope")


async def test_the_last_use_of_a_key_is_shown(office: Office, workspace: Workspace) -> None:
    owner = await office.person(workspace)
    made = await make(owner)
    await client_of(office.app, office.contract, key=made["secret"]).get("/api/v1/me")
    await office.app.state.services[Authenticator].flush()
    assert (await owner.get(f"/api/v1/api-keys/{made['_id']}")).json()["lastUsedAt"] is not None


async def test_a_key_ends_when_it_says(office: Office, workspace: Workspace, clock: MovableClock) -> None:
    owner = await office.person(workspace)
    end = timestamp(datetime.now(UTC) + timedelta(hours=1))
    made = await make(owner, expiresAt=end)
    program = client_of(office.app, office.contract, key=made["secret"])
    assert (made["expiresAt"], (await program.get("/api/v1/me")).status_code) == (end, 200)
    clock.move(hours=2)
    assert (await program.get("/api/v1/me")).status_code == 401


async def test_a_revoked_key_opens_nothing_and_stays_listed(office: Office, workspace: Workspace) -> None:
    owner = await office.person(workspace)
    made = await make(owner)
    address = f"/api/v1/api-keys/{made['_id']}"
    assert (await owner.delete(address)).status_code == 200
    assert (await client_of(office.app, office.contract, key=made["secret"]).get("/api/v1/me")).status_code == 401
    assert (await owner.get(address)).json()["revokedAt"] is not None
    assert (await owner.delete(address)).status_code == 404


async def test_a_key_is_renamed(office: Office, workspace: Workspace) -> None:
    owner = await office.person(workspace)
    made = await make(owner)
    answer = await owner.patch(f"/api/v1/api-keys/{made['_id']}", json={"name": "Old ERP"})
    assert (answer.status_code, answer.json()["name"]) == (200, "Old ERP")


async def test_a_key_cannot_give_what_it_lacks(office: Office, workspace: Workspace) -> None:
    weak = await office.client(workspace, scopes=frozenset({"workspace:manage", "workspace:read"}))
    more = await weak.post("/api/v1/api-keys", json={"name": "More", "scopes": ["passports:write"]})
    assert (more.status_code, more.json()["error"]) == (403, "forbidden")
    assert more.json()["details"] == {"missing": ["passports:write"]}
    assert (await make(weak))["scopes"] == ["workspace:manage", "workspace:read"]


async def test_an_unknown_scope_is_named(office: Office, workspace: Workspace) -> None:
    answer = await (await office.person(workspace)).post("/api/v1/api-keys", json={"name": "X", "scopes": ["all"]})
    assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["scopes"])


async def test_a_test_key_knows_and_makes_test_keys_only(office: Office, workspace: Workspace) -> None:
    owner = await office.person(workspace)
    live, test = await make(owner), await make(owner, environment="test")
    assert test["secret"].startswith("tp_test_")
    tester = client_of(office.app, office.contract, key=test["secret"])
    assert (await make(tester))["environment"] == "test"
    refused = await tester.post("/api/v1/api-keys", json={"name": "Up", "environment": "live"})
    assert (refused.status_code, refused.json()["error"]) == (403, "forbidden")
    seen = (await tester.get("/api/v1/api-keys")).json()["data"]["items"]
    assert {key["environment"] for key in seen} == {"test"}
    for answer in (
        await tester.get(f"/api/v1/api-keys/{live['_id']}"),
        await tester.patch(f"/api/v1/api-keys/{live['_id']}", json={"name": "Mine"}),
        await tester.delete(f"/api/v1/api-keys/{live['_id']}"),
    ):
        assert answer.status_code == 404
    assert (await owner.get("/api/v1/api-keys")).json()["data"]["total"] == 3


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PATCH", {"name": "Mine"}), ("DELETE", None)])
async def test_keys_of_another_workspace_do_not_exist(
    office: Office, workspace: Workspace, stranger: httpx2.AsyncClient, method: str, body: dict[str, str] | None
) -> None:
    made = await make(await office.person(workspace))
    answer = await stranger.request(method, f"/api/v1/api-keys/{made['_id']}", json=body)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_a_repeated_request_for_a_key_does_not_show_its_secret_again(
    office: Office, workspace: Workspace
) -> None:
    owner, headers = await office.person(workspace), {"Idempotency-Key": "first-key"}
    first = await owner.post("/api/v1/api-keys", json={"name": "Once"}, headers=headers)
    again = await owner.post("/api/v1/api-keys", json={"name": "Once"}, headers=headers)
    assert first.status_code == 201
    assert first.json()["secret"] not in again.text
    assert (await owner.get("/api/v1/api-keys")).json()["data"]["total"] == 1


async def test_me_tells_a_key_who_it_is(office: Office) -> None:
    home = await office.workspace(name="Volt & Co", plan="free")
    program = await office.client(home, scopes=frozenset({"passports:read"}))
    me = (await program.get("/api/v1/me")).json()
    assert me == (await program.post("/api/v1/me")).json()
    assert me["company"] == {"id": str(home.id), "name": "Volt & Co", "slug": home.slug}
    assert (me["key"]["name"], me["key"]["environment"], me["user"]) == ("tests", "live", None)
    assert (me["role"], me["scopes"], me["plan"]) == ("admin", ["passports:read"], {"name": "Free", "slug": "free"})
    assert me["quota"] == {"perMinute": 60, "perDay": 100, "usedToday": 0}
    assert me["quotas"]["writes"]["limit"] == 100


@pytest.mark.parametrize("role", ["owner", "viewer"])
async def test_me_tells_a_person_who_they_are(office: Office, workspace: Workspace, role: Role) -> None:
    me = (await (await office.person(workspace, role)).get("/api/v1/me")).json()
    assert (me["key"], me["role"], me["user"]["name"][:7]) == (None, role, "Person ")
    assert me["quota"] == {"perMinute": None, "perDay": None, "usedToday": None}
    assert set(me["scopes"]) == (SCOPES if role == "owner" else {scope for scope in SCOPES if scope.endswith(":read")})


async def test_a_person_chooses_the_environment(office: Office, workspace: Workspace) -> None:
    person = await office.person(workspace)
    me = (await person.get("/api/v1/me", headers={"X-TracePass-Environment": "test"})).json()
    assert me["environment"] == "test"
    wrong = await person.get("/api/v1/me", headers={"X-TracePass-Environment": "prod"})
    assert wrong.status_code == 400


async def test_a_post_of_me_by_cookie_needs_the_token(office: Office, workspace: Workspace) -> None:
    person = await office.person(workspace)
    del person.headers["X-CSRF-Token"]
    assert (await person.post("/api/v1/me")).status_code == 403


async def test_a_workspace_is_renamed_and_its_passports_with_it(
    office: Office, database: Database, settings: Settings, clock: MovableClock, make_passport: Any
) -> None:
    home = await office.workspace(name="Old Name")
    owner = await office.person(home)
    passport = await make_passport(await office.client(home), published=True)
    path = passport["gs1"]["digitalLinkUri"].partition("example.test")[2]
    branding = {"color": "#0d5c47", "backgroundColor": "#ffffff"}
    changed = await owner.patch(
        "/api/v1/workspace", json={"name": " New Name ", "defaultLocale": "de", "branding": branding}
    )
    assert changed.status_code == 200, changed.text
    told = (await owner.get("/api/v1/workspace")).json()
    assert told == changed.json()
    assert (told["name"], told["slug"], told["defaultLocale"], told["branding"]) == (
        "New Name",
        home.slug,
        "de",
        branding,
    )
    while await work_once(database, settings, clock):
        pass
    scanned = await owner.get(path, headers={"Accept": "application/ld+json"})
    assert "New Name" in scanned.text
    code = await (await office.client(home)).get(
        f"/api/v1/passports/{passport['_id']}/qr", params={"useCompanyBranding": "true"}
    )
    assert "#0d5c47" in code.text
    assert (await owner.patch("/api/v1/workspace", json={"branding": None})).json()["branding"] is None
    assert (await owner.patch("/api/v1/workspace", json={})).json()["name"] == "New Name"


@pytest.mark.parametrize(
    ("patch", "path"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"defaultLocale": None}, "defaultLocale"),
        ({"defaultLocale": "tlh"}, "defaultLocale"),
        ({"branding": {"color": "green"}}, "branding.color"),
        ({"plan": "enterprise"}, "plan"),
    ],
)
async def test_what_a_workspace_cannot_be_is_named(
    client: httpx2.AsyncClient, patch: dict[str, Any], path: str
) -> None:
    answer = await client.patch("/api/v1/workspace", json=patch)
    assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, [path])
