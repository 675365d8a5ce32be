"""Access grants: given, read, used and taken back, through HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from tests.api.granting import DATA, GRANTS, HTML, body_of, given, holding, path_of
from tests.conftest import Make, MovableClock, Office
from tests.leaks import LOOKING

from tracepass.core.clock import system_clock, timestamp
from tracepass.identity.authentication import CACHE_SECONDS, Authenticator

SECRET = "lift the cover first"
FIELD = "disassembly_sequence"


@pytest.fixture
async def passport(client: httpx2.AsyncClient, make_passport: Make) -> dict[str, Any]:
    return await filled(client, await make_passport(client, published=True))


async def filled(client: httpx2.AsyncClient, passport: dict[str, Any]) -> dict[str, Any]:
    """Say in a passport what only a repairer and an authority may know."""
    path = f"/api/v1/passports/{passport['_id']}/fields/{FIELD}"
    answer = await client.patch(path, json={"value": SECRET, "sourceLocale": "en"})
    assert answer.status_code == 200, answer.text
    return passport


def forget(office: Office) -> None:
    """Let every credential be looked up anew, as five seconds later."""
    office.app.state.services[Authenticator]._known.clear()  # noqa: SLF001 - time for this cache is the machine's


async def test_a_token_is_shown_once_and_opens_the_fields_of_its_audience(
    client: httpx2.AsyncClient, passport: dict[str, Any], office: Office, anonymous: httpx2.AsyncClient
) -> None:
    grant = await given(client)
    assert grant["token"].startswith(grant["prefix"])
    read = (await client.get(f"{GRANTS}/{grant['_id']}")).json()
    listed = (await client.get(GRANTS)).json()["data"]["items"]
    assert (read["status"], "token" in read, [one["_id"] for one in listed]) == ("active", False, [grant["_id"]])
    repairer = holding(office, grant["token"])
    shown = await repairer.get(f"/api/v1/passports/{passport['_id']}?format=full&lang=de")
    assert shown.json()["fields"][FIELD]["value"] == SECRET
    assert shown.json()["access"]["audience"] == "legitimate_interest"
    assert {"source", "updatedBy", "fieldCounts"}.isdisjoint(shown.json()["fields"][FIELD] | shown.json())
    for headers in (HTML, DATA):
        answer = await repairer.get(path_of(passport), headers=headers)
        assert SECRET in answer.text
        assert answer.headers["cache-control"] == "private, no-store"
        assert "etag" not in answer.headers
        public = await anonymous.get(path_of(passport), headers=headers)
        assert SECRET not in public.text
        assert {"Authorization", "Cookie"} <= set(public.headers["vary"].split(", "))
    assert "Fixit Workshop" in (await repairer.get(path_of(passport), headers=HTML)).text


async def test_a_browser_keeps_the_token_for_passports_and_files_and_gives_it_back(
    client: httpx2.AsyncClient, passport: dict[str, Any], anonymous: httpx2.AsyncClient
) -> None:
    grant, path = await given(client), path_of(passport)
    form = await anonymous.get("/access", params={"to": path})
    assert path in form.text
    opened = await anonymous.post("/access", data={"token": grant["token"], "to": path})
    assert (opened.status_code, opened.headers["location"]) == (303, path)
    cookies = opened.headers.get_list("set-cookie")
    assert all("HttpOnly; SameSite=Lax; Secure" in one and "Max-Age=28800" in one for one in cookies)
    assert {one.split("; ")[1] for one in cookies} == {"Path=/p", "Path=/test", "Path=/api/v1/files", "Path=/access"}
    anonymous.cookies.clear()
    held = {"Cookie": f"tp_access={grant['token']}"}
    page = await anonymous.get(path, headers=HTML | held)
    assert SECRET in page.text
    assert 'name="end"' in page.text
    assert "Fixit Workshop" in (await anonymous.get("/access", headers=held)).text
    ended = await anonymous.post("/access", data={"end": "1", "to": path}, headers=held)
    assert all("Max-Age=0" in one for one in ended.headers.get_list("set-cookie"))


@pytest.mark.parametrize("to", ["https://evil.example/p/01/1", "//evil.example/p/", "/p//evil.example", "/signin", ""])
async def test_the_form_leads_to_passports_of_ours_alone(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, to: str
) -> None:
    grant = await given(client)
    opened = await anonymous.post("/access", data={"token": grant["token"], "to": to})
    assert opened.headers["location"] == "/access"
    anonymous.cookies.clear()


@pytest.mark.parametrize("token", ["", "pa_unknown", "tp_live_unknown"])
async def test_a_wrong_token_is_told_to_be_wrong(anonymous: httpx2.AsyncClient, token: str) -> None:
    answer = await anonymous.post("/access", data={"token": token, "to": ""})
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


async def test_another_site_hands_nobody_a_token(client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient) -> None:
    grant = await given(client)
    answer = await anonymous.post(
        "/access", data={"token": grant["token"], "to": ""}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


async def test_a_revoked_token_opens_nothing_any_more(
    client: httpx2.AsyncClient, passport: dict[str, Any], office: Office, anonymous: httpx2.AsyncClient
) -> None:
    grant = await given(client)
    repairer = holding(office, grant["token"])
    assert (await repairer.get(f"/api/v1/passports/{passport['_id']}")).status_code == 200
    revoked = await client.delete(f"{GRANTS}/{grant['_id']}")
    assert (revoked.json()["status"], revoked.json()["version"]) == ("revoked", 2)
    assert (await client.delete(f"{GRANTS}/{grant['_id']}")).json()["revokedAt"] == revoked.json()["revokedAt"]
    forget(office)
    assert CACHE_SECONDS < 5
    assert (await repairer.get(f"/api/v1/passports/{passport['_id']}")).status_code == 401
    assert (await repairer.get(path_of(passport), headers=DATA)).status_code == 401
    page = await anonymous.get(path_of(passport), headers=HTML | {"Cookie": f"tp_access={grant['token']}"})
    assert (page.status_code, SECRET in page.text) == (200, False)
    assert all("Max-Age=0" in one for one in page.headers.get_list("set-cookie"))


@pytest.mark.parametrize("environment", ["live", "test"])
@pytest.mark.parametrize("key", ["", "/10/LOT-1", "/21/{serial}", "/10/LOT-1/21/{serial}"])
async def test_a_dead_token_of_a_program_is_refused_on_every_link(
    office: Office, passport: dict[str, Any], key: str, environment: str
) -> None:
    stem = "/p" if environment == "live" else "/test/somebody/p"
    serial, gtin = passport["gs1"]["serialNumber"], passport["gs1"]["gtin"]
    answer = await holding(office, "pa_unknown").get(f"{stem}/01/{gtin}{key.format(serial=serial)}", headers=DATA)
    assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")


async def test_a_grant_ends_by_itself(
    client: httpx2.AsyncClient, passport: dict[str, Any], office: Office, clock: MovableClock
) -> None:
    grant = await given(client)
    repairer = holding(office, grant["token"])
    clock.move(days=29)
    assert (await repairer.get(f"/api/v1/passports/{passport['_id']}")).status_code == 200
    clock.move(days=1, seconds=5)
    assert (await repairer.get(f"/api/v1/passports/{passport['_id']}")).status_code == 401
    assert (await client.get(f"{GRANTS}/{grant['_id']}")).json()["status"] == "expired"


@pytest.mark.parametrize("kind", ["products", "passports"])
async def test_a_grant_opens_the_passports_of_its_scope_alone(
    client: httpx2.AsyncClient, passport: dict[str, Any], make_passport: Make, office: Office, kind: str
) -> None:
    other = await filled(client, await make_passport(client, published=True))
    ids = {"products": ("productIds", passport["productId"]), "passports": ("passportIds", passport["_id"])}
    member, identifier = ids[kind]
    repairer = holding(office, (await given(client, scope={"type": kind, member: [identifier]}))["token"])
    serial, others = passport["gs1"]["serialNumber"], other["gs1"]["serialNumber"]
    assert (await repairer.get(f"/api/v1/passports/by-serial/{serial}?gtin={passport['gs1']['gtin']}")).is_success
    assert (await repairer.get(f"/api/v1/passports/{other['_id']}")).status_code == 404
    assert (await repairer.get(f"/api/v1/passports/by-serial/{others}?gtin={other['gs1']['gtin']}")).status_code == 404
    assert SECRET in (await repairer.get(path_of(passport), headers=DATA)).text
    for headers in (HTML, DATA):
        beyond = await repairer.get(path_of(other), headers=headers)
        assert (beyond.status_code, SECRET in beyond.text) == (200, False)


async def test_a_grant_opens_nothing_of_another_workspace_or_environment(
    stranger: httpx2.AsyncClient, passport: dict[str, Any], office: Office, workspace: Any
) -> None:
    tester = await office.client(workspace, environment="test")
    for giver in (stranger, tester):
        repairer = holding(office, (await given(giver))["token"])
        assert (await repairer.get(f"/api/v1/passports/{passport['_id']}")).status_code == 404
        answer = await repairer.get(path_of(passport), headers=HTML)
        assert (answer.status_code, SECRET in answer.text) == (200, False)
    assert (await tester.get(GRANTS)).json()["data"]["total"] == 1


async def test_a_draft_does_not_exist_for_a_holder(
    client: httpx2.AsyncClient, make_passport: Make, office: Office
) -> None:
    draft = await filled(client, await make_passport(client))
    authority = holding(office, (await given(client, role="customs"))["token"])
    assert (await authority.get(f"/api/v1/passports/{draft['_id']}")).status_code == 404
    assert (await authority.get(path_of(draft), headers=HTML)).status_code == 404


async def test_a_suspended_passport_is_shown_to_authorities_alone(
    client: httpx2.AsyncClient, passport: dict[str, Any], office: Office
) -> None:
    authority = holding(office, (await given(client, role="market_surveillance"))["token"])
    repairer = holding(office, (await given(client))["token"])
    path = f"/api/v1/passports/{passport['_id']}"
    await client.post(f"{path}/suspend", json={"reason": "Recall"})
    shown = (await authority.get(path)).json()
    assert (shown["status"], shown["suspensionReason"], FIELD in shown["fields"]) == ("suspended", "Recall", True)
    assert SECRET in (await authority.get(path_of(passport), headers=HTML)).text
    for answer in (await repairer.get(path), await repairer.get(path_of(passport), headers=DATA)):
        assert (answer.status_code, answer.json()["error"]) == (423, "locked")
    await client.post(f"{path}/archive")
    for answer in (await authority.get(path), await authority.get(path_of(passport), headers=DATA)):
        assert (answer.status_code, answer.json()["error"]) == (410, "gone")


async def test_a_file_opens_for_those_who_may_see_what_refers_to_it(
    client: httpx2.AsyncClient, passport: dict[str, Any], office: Office, anonymous: httpx2.AsyncClient
) -> None:
    stored = await client.post("/api/v1/files", files={"file": ("plan.csv", b"part,place\nlid,top\n", "text/csv")})
    file = f"/api/v1/files/{stored.json()['_id']}"
    template = (await client.get("/api/v1/templates/battery")).json()
    columns = next(one["columns"] for one in template["fields"] if one["key"] == "compliance_test_reports")
    row = {one["key"]: {"fileId": stored.json()["_id"]} for one in columns if one["dataType"] == "file_reference"}
    row |= {one["key"]: "Any" for one in columns if one["required"] and one["dataType"] == "string"}
    path = f"/api/v1/passports/{passport['_id']}/fields/compliance_test_reports"
    written = await client.patch(path, json={"value": [row]})
    assert written.status_code == 200, written.text
    authority, repairer = await given(client, role="notified_body"), await given(client)
    assert (await anonymous.get(file)).status_code == 404
    assert (await holding(office, repairer["token"]).get(file)).status_code == 404
    assert (await holding(office, authority["token"]).get(file)).content.startswith(b"part")
    held = {"Cookie": f"tp_access={authority['token']}"}
    assert (await anonymous.get(file, headers=held)).status_code == 200
    uses = (await client.get(f"{GRANTS}/{authority['_id']}/uses")).json()["data"]["items"]
    assert [use["doors"] for use in uses] == [{"file": 2}]


async def test_uses_are_counted_by_day_and_the_first_is_in_the_audit_log(
    client: httpx2.AsyncClient, passport: dict[str, Any], office: Office, clock: MovableClock
) -> None:
    grant = await given(client)
    repairer = holding(office, grant["token"])
    clock.stop()
    for headers in (HTML, HTML, DATA):
        await repairer.get(path_of(passport), headers=headers)
    clock.move(days=1)
    await repairer.get(f"/api/v1/passports/{passport['_id']}")
    page = (await client.get(f"{GRANTS}/{grant['_id']}/uses")).json()["data"]
    found = [(use["passportId"], use["count"], use["doors"]) for use in page["items"]]
    assert page["total"] == 2
    assert found == [(passport["_id"], 1, {"api": 1}), (passport["_id"], 3, {"viewer": 2, "jsonld": 1})]
    notes = office.database.collection("changes").find({"action": "access_grant.used"}, comment=LOOKING)
    mine = [one async for one in notes if str(one["entity"]["id"]) == grant["_id"]]
    assert [one["details"]["door"] for one in sorted(mine, key=lambda one: one["at"])] == ["viewer", "api"]
    assert all("Fixit Workshop" in one["actor"]["label"] for one in mine)


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"role": "public"}, "role"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
        ({"expiresAt": timestamp(system_clock() + timedelta(days=800))}, "expiresAt"),
        ({"scope": {"type": "products", "productIds": ["0123456789abcdef01234567"]}}, "scope.productIds"),
        ({"scope": {"type": "passports", "passportIds": ["0123456789abcdef01234567"]}}, "scope.passportIds"),
        ({"scope": {"type": "products"}}, "scope"),
        ({"scope": {"type": "workspace", "productIds": ["0123456789abcdef01234567"]}}, "scope"),
        ({"evidence": {}}, "evidence"),
        ({"evidence": {"fileId": "0123456789abcdef01234567"}}, "evidence.fileId"),
        ({"evidence": {"url": "http://x.example"}}, "evidence.url"),
        ({"purpose": " "}, "purpose"),
    ],
)
async def test_what_does_not_fit_is_refused(client: httpx2.AsyncClient, members: dict[str, Any], path: str) -> None:
    answer = await client.post(GRANTS, json=body_of(**members))
    assert answer.status_code == 400, answer.text
    assert path in answer.json()["details"]["fieldErrors"]


async def test_a_credential_is_not_asked_for_with_a_grant(
    client: httpx2.AsyncClient, passport: dict[str, Any], office: Office
) -> None:
    repairer = holding(office, (await given(client))["token"])
    answer = await repairer.get(f"/api/v1/passports/{passport['_id']}?format=vc")
    assert answer.status_code == 400


async def test_giving_and_taking_are_in_the_audit_log(client: httpx2.AsyncClient, office: Office) -> None:
    grant = await given(client)
    await client.delete(f"{GRANTS}/{grant['_id']}")
    found = office.database.collection("changes").find({"entity.type": "access_grant"}, comment=LOOKING).sort("_id", 1)
    mine = [one["action"] async for one in found if str(one["entity"]["id"]) == grant["_id"]]
    assert mine == ["access_grant.created", "access_grant.revoked"]
