"""Service events and ownership transfers: written once, corrected beside, seen by everybody only where that is said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from tests.conftest import MovableClock, Office

from tracepass.core.mongo import Database
from tracepass.identity.models import Workspace

PASSPORTS = "/api/v1/passports"
WORKSHOP = {"legalName": "Radwerk Service GmbH", "gln": "4012345000009", "country": "DE"}
REPAIR = {
    "kind": "repair",
    "at": "2026-01-05T10:00:00+01:00",
    "performedBy": WORKSHOP,
    "place": {"name": "Workshop", "country": "DE"},
    "description": "Connector replaced.",
    "sourceLocale": "en",
    "parts": [{"name": "Connector", "serialNumber": "C-1"}],
    "reference": "WO-1",
}
PRIVATE = {"type": "private", "reference": "customer 4711"}
SALE = {"kind": "sale", "at": "2026-01-03T10:00:00Z", "from": {"type": "company", **WORKSHOP}, "to": PRIVATE}
LISTS = pytest.mark.parametrize(("tail", "body"), [("service-events", REPAIR), ("ownership-transfers", SALE)])


@pytest.fixture
async def passport(client: httpx2.AsyncClient, make_passport: Any) -> dict[str, Any]:
    """A published passport of an item."""
    return dict(await make_passport(client, published=True))


def address_of(passport: dict[str, Any]) -> str:
    return f"{PASSPORTS}/{passport['_id']}"


async def made(client: httpx2.AsyncClient, address: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(address, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


class TestWriting:
    async def test_a_service_is_kept_as_it_was_told(self, client: httpx2.AsyncClient, passport: dict[str, Any]) -> None:
        answer = await client.post(f"{address_of(passport)}/service-events", json=REPAIR)
        assert answer.status_code == 201, answer.text
        entry = answer.json()
        told = {name: value for name, value in REPAIR.items() if name != "at"}
        assert {name: entry[name] for name in told} == told
        assert entry["at"] == "2026-01-05T09:00:00.000Z"
        assert (entry["public"], entry["version"], entry["documents"]) == (False, 1, [])
        assert entry["recordedBy"].startswith("via API key")
        assert answer.headers["location"] == f"{address_of(passport)}/service-events/{entry['_id']}"
        again = await client.get(answer.headers["location"])
        assert again.json() == entry
        assert again.headers["etag"] == '"1"'
        assert (await client.get(answer.headers["location"], headers={"If-None-Match": '"1"'})).status_code == 304

    @LISTS
    async def test_the_twin_by_serial_does_the_same(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], tail: str, body: dict[str, Any]
    ) -> None:
        twin = f"{PASSPORTS}/by-serial/{passport['gs1']['serialNumber']}/{tail}"
        entry = await made(client, twin, body)
        assert (await client.get(f"{twin}/{entry['_id']}")).json() == entry
        assert (await client.get(twin)).json()["data"]["items"] == [entry]
        changed = await client.patch(f"{twin}/{entry['_id']}", json={"public": True})
        assert changed.json()["version"] == 2
        assert (await client.get(f"{address_of(passport)}/{tail}")).json()["data"]["total"] == 1

    async def test_what_happened_last_comes_first(self, client: httpx2.AsyncClient, passport: dict[str, Any]) -> None:
        address = f"{address_of(passport)}/service-events"
        for day in ("02", "04", "03"):
            await made(client, address, REPAIR | {"at": f"2026-01-{day}T10:00:00Z"})
        await made(client, f"{address_of(passport)}/ownership-transfers", SALE)
        found = (await client.get(address)).json()["data"]
        assert [entry["at"][8:10] for entry in found["items"]] == ["04", "03", "02"]
        second = (await client.get(address, params={"page": 2, "limit": 2})).json()["data"]
        assert (second["total"], [entry["at"][8:10] for entry in second["items"]]) == (3, ["02"])

    async def test_the_passport_itself_does_not_change(
        self, client: httpx2.AsyncClient, passport: dict[str, Any]
    ) -> None:
        before = (await client.get(address_of(passport))).json()
        await made(client, f"{address_of(passport)}/service-events", REPAIR | {"public": True})
        assert (await client.get(address_of(passport))).json() == before

    @pytest.mark.parametrize(
        ("members", "path"),
        [
            ({"at": "2999-01-01T00:00:00Z"}, "at"),
            ({"at": "yesterday"}, "at"),
            ({"kind": "magic"}, "kind"),
            ({"place": {}}, "place"),
            ({"description": " "}, "description"),
            ({"performedBy": {"gln": "4012345000009"}}, "performedBy.legalName"),
            ({"performedBy": WORKSHOP | {"gln": "4012345000008"}}, "performedBy.gln"),
            ({"documents": [{}]}, "documents[0]"),
            ({"documents": [{"fileId": "6650d4e5f6a7b8c9d0e1f2e5", "title": "x"}]}, "documents[0]"),
            ({"documents": [{"url": "http://plain.example/a.pdf"}]}, "documents[0].url"),
            ({"documents": [{"fileId": "6650d4e5f6a7b8c9d0e1f2e5"}]}, "fileId"),
            ({"owner": "me"}, "owner"),
        ],
    )
    async def test_faults_are_named(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], members: dict[str, Any], path: str
    ) -> None:
        answer = await client.post(f"{address_of(passport)}/service-events", json=REPAIR | members)
        assert answer.status_code == 400, answer.text
        assert path in answer.json()["details"]["fieldErrors"]

    async def test_nothing_that_names_a_private_person_is_taken(
        self, client: httpx2.AsyncClient, passport: dict[str, Any]
    ) -> None:
        named = {"type": "private", "legalName": "Erika Mustermann", "country": "DE"}
        answer = await client.post(f"{address_of(passport)}/ownership-transfers", json=SALE | {"to": named})
        assert answer.status_code == 400
        assert set(answer.json()["details"]["fieldErrors"]) == {"to.legalName", "to.country"}
        nameless = await client.post(
            f"{address_of(passport)}/ownership-transfers", json=SALE | {"to": {"type": "company"}}
        )
        assert set(nameless.json()["details"]["fieldErrors"]) == {"to.legalName"}

    @LISTS
    async def test_an_archived_passport_takes_none(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], tail: str, body: dict[str, Any]
    ) -> None:
        entry = await made(client, f"{address_of(passport)}/{tail}", body)
        assert (await client.post(f"{address_of(passport)}/archive")).status_code == 200
        answer = await client.post(f"{address_of(passport)}/{tail}", json=body)
        assert (answer.status_code, answer.json()["error"]) == (409, "passport_archived")
        wrong = {"errorDeclaration": {"reason": "did_not_occur"}}
        assert (await client.patch(f"{address_of(passport)}/{tail}/{entry['_id']}", json=wrong)).status_code == 200

    @LISTS
    async def test_a_serial_under_two_gtins_is_ambiguous(
        self, client: httpx2.AsyncClient, make_passport: Any, tail: str, body: dict[str, Any], gtin: str
    ) -> None:
        one = await make_passport(client)
        serial = one["gs1"]["serialNumber"]
        await make_passport(client, gs1={"gtin": gtin, "serialNumber": serial})
        twin = f"{PASSPORTS}/by-serial/{serial}/{tail}"
        name = "6650d4e5f6a7b8c9d0e1f2e5"
        for answer in (
            await client.post(twin, json=body),
            await client.get(twin),
            await client.get(f"{twin}/{name}"),
            await client.patch(f"{twin}/{name}", json={"public": True}),
        ):
            assert (answer.status_code, answer.json()["error"]) == (409, "ambiguous_serial")
        assert (await client.post(twin, params={"gtin": gtin}, json=body)).status_code == 201

    async def test_a_repetition_writes_once(self, client: httpx2.AsyncClient, passport: dict[str, Any]) -> None:
        address, key = f"{address_of(passport)}/service-events", {"Idempotency-Key": "repair-1"}
        first = await client.post(address, json=REPAIR, headers=key)
        second = await client.post(address, json=REPAIR, headers=key)
        assert second.json() == first.json()
        assert second.headers["idempotent-replayed"] == "true"
        assert (await client.get(address)).json()["data"]["total"] == 1

    async def test_they_go_with_a_deleted_draft(self, client: httpx2.AsyncClient, make_passport: Any) -> None:
        draft = await make_passport(client)
        await made(client, f"{address_of(draft)}/service-events", REPAIR)
        answer = await client.delete(address_of(draft))
        assert answer.json()["summary"]["deletedCounts"]["lifeEntries"] == 1


class TestCorrecting:
    async def test_a_declared_error_stays_beside_what_was_said(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], clock: MovableClock
    ) -> None:
        address = f"{address_of(passport)}/service-events"
        wrong, right = await made(client, address, REPAIR), await made(client, address, REPAIR | {"kind": "upgrade"})
        clock.move(minutes=1)
        declared = {"reason": "incorrect_data", "correctiveIds": [right["_id"]]}
        answer = await client.patch(f"{address}/{wrong['_id']}", json={"errorDeclaration": declared})
        assert answer.status_code == 200, answer.text
        after = answer.json()
        assert after["errorDeclaration"].items() >= declared.items()
        assert (after["kind"], after["version"]) == ("repair", 2)
        again = await client.patch(f"{address}/{wrong['_id']}", json={"errorDeclaration": declared})
        assert again.json() == after

    @pytest.mark.parametrize("which", ["itself", "unknown"])
    async def test_a_correction_names_other_entries_of_the_passport(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], which: str
    ) -> None:
        address = f"{address_of(passport)}/service-events"
        entry = await made(client, address, REPAIR)
        name = entry["_id"] if which == "itself" else "6650d4e5f6a7b8c9d0e1f2e5"
        body = {"errorDeclaration": {"reason": "incorrect_data", "correctiveIds": [name]}}
        answer = await client.patch(f"{address}/{entry['_id']}", json=body)
        assert answer.status_code == 400
        assert "errorDeclaration.correctiveIds" in answer.json()["details"]["fieldErrors"]

    async def test_an_empty_patch_changes_nothing(self, client: httpx2.AsyncClient, passport: dict[str, Any]) -> None:
        entry = await made(client, f"{address_of(passport)}/service-events", REPAIR)
        answer = await client.patch(f"{address_of(passport)}/service-events/{entry['_id']}", json={"public": False})
        assert answer.json() == entry

    async def test_a_stale_tag_is_refused(self, client: httpx2.AsyncClient, passport: dict[str, Any]) -> None:
        entry = await made(client, f"{address_of(passport)}/service-events", REPAIR)
        address, tag = f"{address_of(passport)}/service-events/{entry['_id']}", {"If-Match": '"7"'}
        answer = await client.patch(address, json={"public": True}, headers=tag)
        assert (answer.status_code, answer.json()["error"]) == (412, "precondition_failed")

    async def test_entries_of_other_passports_and_kinds_are_not_found(
        self, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, passport: dict[str, Any], make_passport: Any
    ) -> None:
        other = await make_passport(client)
        entry = await made(client, f"{address_of(passport)}/service-events", REPAIR)
        for reader, address in (
            (client, f"{address_of(other)}/service-events/{entry['_id']}"),
            (client, f"{address_of(passport)}/ownership-transfers/{entry['_id']}"),
            (stranger, f"{address_of(passport)}/service-events/{entry['_id']}"),
            (stranger, f"{address_of(passport)}/service-events"),
        ):
            assert (await reader.get(address)).status_code == 404


class TestAudit:
    async def test_each_change_is_one_record_and_no_event(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], database: Database
    ) -> None:
        entry = await made(client, f"{address_of(passport)}/ownership-transfers", SALE)
        await client.patch(f"{address_of(passport)}/ownership-transfers/{entry['_id']}", json={"public": True})
        found = database.collection("changes").find(
            {"entity.type": "ownership_transfer"}, sort=[("version", 1)], comment="a test looks"
        )
        records = [record async for record in found if str(record["entity"]["id"]) == entry["_id"]]
        assert [(one["version"], one["action"], one["eventType"]) for one in records] == [
            (1, "create", None),
            (2, "show", None),
        ]
        assert records[1]["prevHash"] == records[0]["stateHash"]

    async def test_editors_write_and_others_make_public(
        self, client: httpx2.AsyncClient, office: Office, workspace: Workspace, passport: dict[str, Any]
    ) -> None:
        editor = await office.person(workspace, "editor")
        address = f"{address_of(passport)}/service-events"
        refused = await editor.post(address, json=REPAIR | {"public": True})
        assert (refused.status_code, refused.json()["error"]) == (403, "forbidden")
        entry = await made(editor, address, REPAIR)
        assert (await editor.patch(f"{address}/{entry['_id']}", json={"public": True})).status_code == 403
        assert (await client.patch(f"{address}/{entry['_id']}", json={"public": True})).status_code == 200


class TestFiles:
    async def test_a_file_is_public_while_a_public_entry_of_a_published_passport_names_it(
        self, client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, passport: dict[str, Any]
    ) -> None:
        file = (await client.post("/api/v1/files", files={"file": ("r.csv", b"a,b\n1,2\n", "text/csv")})).json()
        address = f"/api/v1/files/{file['_id']}"
        body = REPAIR | {"documents": [{"fileId": file["_id"]}]}
        entry = await made(client, f"{address_of(passport)}/service-events", body)
        assert (await anonymous.get(address)).status_code == 404
        assert (await client.delete(address)).json()["error"] == "file_in_use"
        one = f"{address_of(passport)}/service-events/{entry['_id']}"
        await client.patch(one, json={"public": True})
        assert (await anonymous.get(address)).status_code == 200
        await client.post(f"{address_of(passport)}/suspend", json={"reason": "recall"})
        assert (await anonymous.get(address)).status_code == 404


async def test_the_moment_of_writing_is_no_future(
    client: httpx2.AsyncClient, passport: dict[str, Any], stopped_clock: MovableClock
) -> None:
    now = stopped_clock()
    await made(client, f"{address_of(passport)}/service-events", REPAIR | {"at": now.isoformat()})
    ahead = (now + timedelta(seconds=1)).isoformat()
    answer = await client.post(f"{address_of(passport)}/service-events", json=REPAIR | {"at": ahead})
    assert answer.status_code == 400
