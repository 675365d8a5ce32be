"""A credential of a passport is believed by verifiers of others, and by nobody once a byte of it was changed."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from tests.conftest import Make, Office, new_gtin
from tests.verifying import NotVerified, part, verified

Json = dict[str, Any]
VC = {"Accept": "application/vc+jwt"}
KEYS = "/api/v1/workspace/signing-keys"


def path_of(passport: Json) -> str:
    """The path of a passport's link."""
    return str(passport["gs1"]["digitalLinkUri"]).removeprefix("https://id.example.test")


def changed(token: str, number: int, at: int) -> str:
    """A token with one character of one part replaced by another one of base64url."""
    parts = token.split(".")
    old = parts[number][at]
    parts[number] = parts[number][:at] + ("A" if old != "A" else "B") + parts[number][at + 1 :]
    return ".".join(parts)


@pytest.fixture
async def passport(client: httpx2.AsyncClient, make_passport: Make) -> Json:
    """A published passport."""
    parties = {
        "manufacturer": {"legalName": "Voltwerk Energie GmbH", "gln": "4012345000009", "country": "DE"},
        "recycler": {"legalName": "Kreislauf AG", "legacyOperatorId": "REC-7", "url": "https://kreislauf.example"},
    }
    fields = {"rated_capacity": {"value": 100}, "battery_mass": {"value": 41.5}}
    made: Json = await make_passport(client, published=True, parties=parties, fields=fields)
    return made


@pytest.fixture
async def token(anonymous: httpx2.AsyncClient, passport: Json) -> str:
    """Its credential, as a scan answers it."""
    answer = await anonymous.get(path_of(passport), headers=VC)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/vc+jwt")
    return answer.text


async def test_a_credential_is_verified_by_the_libraries_of_others(
    anonymous: httpx2.AsyncClient, token: str, passport: Json, workspace: Any
) -> None:
    credential = await verified(anonymous, token)
    link = passport["gs1"]["digitalLinkUri"]
    product = credential["credentialSubject"]["product"]

    assert credential["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert credential["type"] == ["VerifiableCredential", "DigitalProductPassport"]
    assert credential["issuer"]["id"] == f"did:web:api.example.test:did:{workspace.slug}"
    assert credential["validFrom"] == passport["updatedAt"]
    assert "validUntil" not in credential
    assert credential["credentialStatus"] == {"id": f"{link}?format=vc", "type": "PassportStatus"}
    assert (product["id"], product["serialNumber"]) == (link, passport["gs1"]["serialNumber"])
    assert product["dimensions"]["weight"] == {"type": ["Measure"], "value": 41.5, "unit": "KGM"}
    assert product["producedByParty"]["id"] == "https://id.gs1.org/417/4012345000009"
    assert product["recycler"]["legacyOperatorId"] == "REC-7"
    assert product["characteristics"]["rated_capacity"]["value"] == 100


async def test_scan_and_api_answer_the_same_text_by_header_and_by_name(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, token: str, passport: Json
) -> None:
    mine = f"/api/v1/passports/{passport['_id']}"
    twin = f"/api/v1/passports/by-serial/{passport['gs1']['serialNumber']}"
    named = [await client.get(path, params={"format": "vc"}) for path in (mine, twin)]
    wanted = [await client.get(path, headers=VC) for path in (mine, twin)]
    scanned = await anonymous.get(path_of(passport), params={"format": "vc"})

    assert {answer.text for answer in (*named, *wanted, scanned)} == {token}
    again = await client.get(mine, headers={**VC, "If-None-Match": named[0].headers["etag"]})
    fresh = await anonymous.get(path_of(passport), headers={**VC, "If-None-Match": scanned.headers["etag"]})
    assert (again.status_code, fresh.status_code) == (304, 304)


async def test_whoever_prefers_json_gets_the_passport(client: httpx2.AsyncClient, passport: Json) -> None:
    for accept in ("application/json, application/vc+jwt;q=0.5", "application/vc+jwt;q=0", "application/vc+jwt;q=x"):
        answer = await client.get(f"/api/v1/passports/{passport['_id']}", headers={"Accept": accept})
        assert answer.json()["_id"] == passport["_id"]


@pytest.mark.parametrize("number", [0, 1, 2], ids=["header", "payload", "signature"])
async def test_one_changed_byte_is_enough_to_be_doubted(anonymous: httpx2.AsyncClient, token: str, number: int) -> None:
    length = len(token.split(".")[number])
    for at in range(0, length - 1, max(1, length // 40)):
        with pytest.raises(NotVerified):
            await verified(anonymous, changed(token, number, at))


async def test_the_key_of_another_company_does_not_sign_for_this_one(
    office: Office, anonymous: httpx2.AsyncClient, make_passport: Make, token: str
) -> None:
    other = await make_passport(await office.client(), published=True)
    theirs = (await anonymous.get(path_of(other), headers=VC)).text
    await verified(anonymous, theirs)

    mine, foreign = token.split("."), theirs.split(".")
    for mixed in ([foreign[0], mine[1], foreign[2]], [foreign[0], mine[1], mine[2]], [mine[0], mine[1], foreign[2]]):
        with pytest.raises(NotVerified):
            await verified(anonymous, ".".join(mixed))


async def test_after_a_rotation_old_credentials_still_verify_and_new_ones_bear_the_new_key(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, token: str, passport: Json
) -> None:
    rotated = await client.post(f"{KEYS}/rotate")
    assert rotated.status_code == 201, rotated.text
    fresh = (await anonymous.get(path_of(passport), headers=VC)).text

    assert part(fresh, 0)["kid"] == rotated.json()["kid"] != part(token, 0)["kid"]
    assert await verified(anonymous, fresh) == await verified(anonymous, token)
    statuses = [key["status"] for key in (await client.get(KEYS)).json()["data"]["items"]]
    assert statuses == ["current", "retired"]


async def test_a_withdrawn_key_verifies_nothing_any_more(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, token: str
) -> None:
    (key,) = (await client.get(KEYS)).json()["data"]["items"]
    in_use = await client.delete(f"{KEYS}/{key['_id']}")
    assert (in_use.status_code, in_use.json()["error"]) == (409, "signing_key_in_use")

    await client.post(f"{KEYS}/rotate")
    await verified(anonymous, token)
    assert (await client.delete(f"{KEYS}/{key['_id']}")).status_code == 200
    assert (await client.delete(f"{KEYS}/{key['_id']}")).status_code == 404
    with pytest.raises(NotVerified):
        await verified(anonymous, token)


async def test_the_private_key_is_sealed_and_forgotten_when_it_signs_no_more(
    client: httpx2.AsyncClient, database: Any, workspace: Any, token: str
) -> None:
    kept = await database.collection("signingKeys").find({"workspaceId": workspace.id}).to_list()
    assert [key["thumbprint"] for key in kept] == [part(token, 0)["kid"].partition("#")[2]]
    assert "d" not in kept[0]["publicJwk"]
    assert bytes(kept[0]["sealed"])[:1] == b"\x01"

    await client.post(f"{KEYS}/rotate")
    older = await database.collection("signingKeys").find_one({"_id": kept[0]["_id"]})
    assert "sealed" not in older


async def test_rotation_is_in_the_audit_log(client: httpx2.AsyncClient, database: Any, workspace: Any) -> None:
    await client.get(KEYS)
    await client.post(f"{KEYS}/rotate")
    query = {"workspaceId": workspace.id, "environment": "live", "entity.type": "signing_key"}
    notes = await database.collection("changes").find(query).sort("_id", 1).to_list()
    assert [note["action"] for note in notes] == ["signing_key.created", "signing_key.rotated"]
    assert notes[1]["details"]["replaced"] == notes[0]["details"]["thumbprint"]


async def test_tests_are_signed_by_keys_of_their_own(
    office: Office, workspace: Any, anonymous: httpx2.AsyncClient, make_passport: Make, token: str
) -> None:
    tester = await office.client(workspace, environment="test")
    passport = await make_passport(tester, published=True)
    test_token = (await anonymous.get(path_of(passport), headers=VC)).text
    credential = await verified(anonymous, test_token)

    assert credential["issuer"]["id"] == f"did:web:api.example.test:did:test:{workspace.slug}"
    assert credential["credentialSubject"]["environment"] == "test"
    live = {key["kid"] for key in (await anonymous.get(f"/did/{workspace.slug}/jwks.json")).json()["keys"]}
    test = {key["kid"] for key in (await anonymous.get(f"/did/test/{workspace.slug}/jwks.json")).json()["keys"]}
    assert (live, test) == ({part(token, 0)["kid"]}, {part(test_token, 0)["kid"]})


async def test_a_passport_says_nothing_before_it_is_published(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_passport: Make
) -> None:
    passport = await make_passport(client)
    for path in (passport["_id"], f"by-serial/{passport['gs1']['serialNumber']}"):
        answer = await client.get(f"/api/v1/passports/{path}", headers=VC)
        assert (answer.status_code, answer.json()["error"]) == (409, "passport_not_published")
        assert answer.json()["details"] == {"status": "draft"}
    scanned = await anonymous.get(path_of(passport), headers=VC)
    assert (scanned.status_code, scanned.json()["error"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("move", "body", "status", "code"),
    [("suspend", {"reason": "Recall"}, 423, "locked"), ("archive", {}, 410, "gone")],
)
async def test_nobody_signs_for_what_is_suspended_or_archived(
    client: httpx2.AsyncClient,
    anonymous: httpx2.AsyncClient,
    passport: Json,
    move: str,
    body: Json,
    status: int,
    code: str,
) -> None:
    await client.post(f"/api/v1/passports/{passport['_id']}/{move}", json=body)
    mine = [passport["_id"], f"by-serial/{passport['gs1']['serialNumber']}"]
    answers = [await client.get(f"/api/v1/passports/{path}?format=vc") for path in mine]
    answers.append(await anonymous.get(path_of(passport), headers=VC))
    assert [(answer.status_code, answer.json()["error"]) for answer in answers] == [(status, code)] * 3


async def test_an_end_is_told_and_one_that_has_come_is_not_before_the_beginning(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_passport: Make, clock: Any
) -> None:
    passport = await make_passport(client, published=True, expiresAt="2099-01-01T00:00:00.000Z")
    credential = await verified(anonymous, (await anonymous.get(path_of(passport), headers=VC)).text)
    assert credential["validUntil"] == "2099-01-01T00:00:00.000Z"

    clock.move(days=365 * 80)
    late = await verified(anonymous, (await anonymous.get(path_of(passport), headers=VC)).text)
    assert late["validFrom"] <= late["validUntil"]


async def test_another_company_sees_neither_credentials_nor_keys(
    client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, passport: Json
) -> None:
    assert (await stranger.get(f"/api/v1/passports/{passport['_id']}", headers=VC)).status_code == 404
    (key,) = (await client.get(KEYS)).json()["data"]["items"]
    await client.post(f"{KEYS}/rotate")
    assert (await stranger.delete(f"{KEYS}/{key['_id']}")).status_code == 404
    assert key["_id"] not in json.dumps((await stranger.get(KEYS)).json())


async def test_a_company_publishes_a_hundred_keys_at_most(
    client: httpx2.AsyncClient, database: Any, workspace: Any
) -> None:
    (key,) = (await client.get(KEYS)).json()["data"]["items"]
    found = await database.collection("signingKeys").find_one({"workspaceId": workspace.id})
    many = [{**found, "_id": f"{key['_id'][:20]}{n:04x}", "retiredAt": found["createdAt"]} for n in range(99)]
    await database.collection("signingKeys").insert_many(
        [{k: v for k, v in one.items() if k != "current"} for one in many]
    )
    answer = await client.post(f"{KEYS}/rotate")
    assert (answer.status_code, answer.json()["error"]) == (409, "too_many_signing_keys")


async def test_a_new_edition_is_another_credential(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, token: str, passport: Json
) -> None:
    body = {"fields": {"rated_capacity": {"value": 101}}}
    answer = await client.patch(f"/api/v1/passports/{passport['_id']}/fields", json=body)
    assert answer.status_code == 200, answer.text
    fresh = await verified(anonymous, (await anonymous.get(path_of(passport), headers=VC)).text)
    assert fresh["credentialSubject"]["product"]["characteristics"]["rated_capacity"]["value"] == 101
    assert fresh["id"] != (await verified(anonymous, token))["id"]


async def test_batches_and_models_have_credentials_too(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_passport: Make
) -> None:
    for gs1, level in (({"gtin": new_gtin(), "lot": "L-7"}, "batch"), ({"gtin": new_gtin()}, "model")):
        passport = await make_passport(client, published=True, gs1=gs1)
        credential = await verified(anonymous, (await anonymous.get(path_of(passport), headers=VC)).text)
        assert credential["credentialSubject"]["granularityLevel"] == level
        assert credential["credentialSubject"]["product"].get("batchNumber") == gs1.get("lot")


async def test_of_many_who_need_the_first_key_at_once_all_get_the_same(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, workspace: Any, make_passport: Make
) -> None:
    path = path_of(await make_passport(client, published=True))
    lookups = [anonymous.get(f"/did/{workspace.slug}/did.json") for _ in range(4)]
    scans = [anonymous.get(path, headers=VC) for _ in range(4)]
    answers = await asyncio.gather(*lookups, *scans)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers[4:]}) == 1
    assert len((await client.get(KEYS)).json()["data"]["items"]) == 1


async def test_rotations_at_once_leave_one_key_that_signs(client: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(*(client.post(f"{KEYS}/rotate") for _ in range(4)))
    made = [answer.json()["_id"] for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} <= {201, 409}
    keys = (await client.get(KEYS)).json()["data"]["items"]
    assert sorted(key["_id"] for key in keys) == sorted(made)
    assert [key["status"] for key in keys].count("current") == 1


async def test_a_rotation_that_is_sent_again_makes_no_second_key(client: httpx2.AsyncClient) -> None:
    headers = {"Idempotency-Key": uuid4().hex}
    first, again = [await client.post(f"{KEYS}/rotate", headers=headers) for _ in range(2)]
    assert first.json() == again.json()
    assert len((await client.get(KEYS)).json()["data"]["items"]) == 1


async def test_the_link_tells_software_that_there_is_a_credential(
    anonymous: httpx2.AsyncClient, passport: Json
) -> None:
    link = (await anonymous.get(path_of(passport))).headers["link"]
    assert f'<{passport["gs1"]["digitalLinkUri"]}?format=vc>; rel="alternate"; type="application/vc+jwt"' in link
