"""The state machine, the publish gate, deleting, and who holds a GTIN."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from bson import ObjectId
from tests.conftest import MovableClock, Office, new_gtin

from tracepass.core.mongo import Database
from tracepass.identity.models import Workspace
from tracepass.passports.lifecycle import MOVES
from tracepass.passports.registrar import Registrar
from tracepass.settings import Settings
from tracepass.worker import work_once

PASSPORTS = "/api/v1/passports"
BODIES: dict[str, dict[str, Any]] = {
    "publish": {"acknowledgeGaps": True},
    "suspend": {"reason": "recall"},
    "republish": {"expiresAt": "2199-01-01T00:00:00Z"},
}
WAYS: dict[str, list[str]] = {
    "draft": [],
    "in_review": ["submit"],
    "approved": ["submit", "approve"],
    "published": ["publish"],
    "suspended": ["publish", "suspend"],
    "archived": ["archive"],
}
OPEN_MOVES = [move for move in MOVES if move != "expire"]


async def move(client: httpx2.AsyncClient, passport: Any, name: str, **body: Any) -> httpx2.Response:
    return await client.post(f"{PASSPORTS}/{passport['_id']}/{name}", json=body or BODIES.get(name, {}))


async def bring(client: httpx2.AsyncClient, make_passport: Any, state: str, **members: Any) -> Any:
    passport = await make_passport(client, **members)
    for name in WAYS[state]:
        answer = await move(client, passport, name)
        assert answer.status_code == 200, answer.text
        passport = answer.json()
    assert passport["status"] == state
    return passport


class TestMoves:
    @pytest.mark.parametrize("name", OPEN_MOVES)
    @pytest.mark.parametrize("state", WAYS)
    async def test_each_state_allows_its_moves_and_no_other(
        self, client: httpx2.AsyncClient, make_passport: Any, state: str, name: str
    ) -> None:
        passport = await bring(client, make_passport, state)
        answer = await move(client, passport, name)
        if state in MOVES[name].origins:
            assert answer.status_code == 200
            assert answer.json()["status"] == MOVES[name].target
            assert answer.json()["version"] == passport["version"] + 1
            assert answer.headers["etag"] == f'"{passport["version"] + 1}"'
        else:
            assert (answer.status_code, answer.json()["error"]) == (409, "invalid_transition")
            allowed = [other for other in OPEN_MOVES if state in MOVES[other].origins]
            assert answer.json()["details"] == {"from": state, "to": MOVES[name].target, "allowed": allowed}
            assert (await client.get(f"{PASSPORTS}/{passport['_id']}")).json() == passport

    @pytest.mark.parametrize("state", WAYS)
    @pytest.mark.parametrize(
        ("method", "tail", "body"),
        [
            ("PATCH", "/fields/battery_mass", {"value": 2}),
            ("PATCH", "/fields", {"fields": {"battery_mass": {"value": 2}}}),
            ("PUT", "/fields/product_name/translations/de", {"value": "Akku"}),
            ("DELETE", "/fields/product_name/translations/fr", None),
            ("POST", "/fields/product_name/review", {"action": "flag"}),
            ("PATCH", "/parties/manufacturer", {"country": "DE"}),
            ("DELETE", "/parties/manufacturer", None),
        ],
    )
    async def test_an_edit_sends_the_approved_back_and_leaves_the_archived_alone(
        self, client: httpx2.AsyncClient, make_passport: Any, state: str, method: str, tail: str, body: Any
    ) -> None:
        passport = await make_passport(
            client,
            fields={"product_name": {"value": "Pack", "sourceLocale": "en"}},
            parties={"manufacturer": {"legalName": "V", "legacyOperatorId": "1"}},
        )
        address = f"{PASSPORTS}/{passport['_id']}"
        await client.put(f"{address}/fields/product_name/translations/fr", json={"value": "Bloc"})
        for name in WAYS[state]:
            assert (await move(client, passport, name)).status_code == 200
        answer = await client.request(method, address + tail, json=body)
        after = (await client.get(address)).json()
        if state == "archived":
            assert (answer.status_code, answer.json()["error"]) == (409, "passport_archived")
        else:
            assert answer.status_code == 200
        assert after["status"] == {"approved": "in_review"}.get(state, state)

    async def test_a_suspension_says_when_and_why_until_it_ends(
        self, client: httpx2.AsyncClient, make_passport: Any
    ) -> None:
        passport = await bring(client, make_passport, "suspended")
        assert passport["suspensionReason"] == "recall"
        assert passport["suspendedAt"] == passport["updatedAt"] or passport["suspendedAt"] <= passport["updatedAt"]
        again = (await move(client, passport, "republish")).json()
        assert "suspendedAt" not in again
        assert "suspensionReason" not in again

    @pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": " "}, {"reason": "x" * 501}, {"reason": 5}])
    async def test_a_suspension_needs_a_reason(
        self, client: httpx2.AsyncClient, make_passport: Any, body: dict[str, Any]
    ) -> None:
        passport = await make_passport(client, published=True)
        answer = await client.post(f"{PASSPORTS}/{passport['_id']}/suspend", json=body)
        assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["reason"])

    @pytest.mark.parametrize("name", ["submit", "approve", "reject", "archive"])
    async def test_a_plain_move_takes_no_members(
        self, client: httpx2.AsyncClient, make_passport: Any, name: str
    ) -> None:
        passport = await make_passport(client)
        answer = await move(client, passport, name, force=True)
        assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["force"])
        assert (await client.post(f"{PASSPORTS}/{passport['_id']}/archive")).status_code == 200


class TestPublishGate:
    async def test_gaps_hold_it_until_they_are_acknowledged(
        self, client: httpx2.AsyncClient, make_passport: Any
    ) -> None:
        passport = await make_passport(
            client,
            fields={"product_name": {"value": "Guess", "source": "supplier"}, "battery_mass": {"value": 2}},
        )
        blocked = await client.post(f"{PASSPORTS}/{passport['_id']}/publish")
        assert (blocked.status_code, blocked.json()["error"]) == (409, "publish_blocked")
        details = blocked.json()["details"]
        gaps = {(gap["type"], gap["target"]) for gap in details["gaps"]}
        assert details["blockers"] == []
        assert ("unapproved_field", "product_name") in gaps
        assert ("missing_field", "rated_capacity") in gaps
        assert ("missing_party", "manufacturer") in gaps
        targets = {target for _, target in gaps}
        assert "battery_mass" not in targets
        assert "soce" not in targets
        assert "dpp_status" not in targets

        published = (await move(client, passport, "publish")).json()
        assert published["publishedIncomplete"] is True
        assert published["publishedAt"] <= published["updatedAt"]

    async def test_without_gaps_it_is_open(self, client: httpx2.AsyncClient, make_passport: Any) -> None:
        passport = await make_passport(client)
        address = f"{PASSPORTS}/{passport['_id']}"
        template = (await client.get("/api/v1/templates/battery")).json()
        fields = {field["key"]: {"value": _sample(field)} for field in template["fields"] if _is_due(field)}
        filled = await client.patch(f"{address}/fields", json={"fields": fields})
        assert filled.status_code == 200, filled.text
        party = {"legalName": "V", "gln": "4012345000009"}
        assert (await client.patch(f"{address}/parties/manufacturer", json=party)).status_code == 200
        answer = await client.post(f"{address}/publish", json={})
        assert answer.status_code == 200, answer.text
        assert "publishedIncomplete" not in answer.json()

    async def test_an_archived_product_blocks_whatever_is_acknowledged(
        self, client: httpx2.AsyncClient, make_passport: Any, database: Database
    ) -> None:
        passport = await make_passport(client)
        # No call archives a product with a live passport; one that slipped through is told apart all the same.
        await _set(database, "products", passport["productId"], status="archived")
        answer = await move(client, passport, "publish")
        assert (answer.status_code, answer.json()["error"]) == (409, "publish_blocked")
        assert [blocker["type"] for blocker in answer.json()["details"]["blockers"]] == ["product_archived"]

    async def test_a_product_that_is_gone_blocks(
        self, client: httpx2.AsyncClient, make_passport: Any, database: Database
    ) -> None:
        passport = await make_passport(client)
        await database.collection("products").delete_one({"_id": ObjectId(passport["productId"])})
        answer = await move(client, passport, "publish")
        assert (answer.status_code, answer.json()["error"]) == (409, "publish_blocked")
        assert [blocker["type"] for blocker in answer.json()["details"]["blockers"]] == ["product_missing"]

    async def test_an_unknown_template_blocks(
        self, client: httpx2.AsyncClient, make_passport: Any, database: Database
    ) -> None:
        passport = await make_passport(client)
        await _set(database, "passports", passport["_id"], templateVersion="1999.1.0")
        answer = await move(client, passport, "publish")
        assert (answer.status_code, answer.json()["error"]) == (409, "publish_blocked")
        assert [blocker["type"] for blocker in answer.json()["details"]["blockers"]] == ["template_unknown"]

    async def test_a_lost_key_blocks(self, client: httpx2.AsyncClient, make_passport: Any, database: Database) -> None:
        passport = await make_passport(client)
        await Registrar(database, clock=MovableClock()).release(passport["gs1"]["gtin"])
        answer = await move(client, passport, "publish")
        assert (answer.status_code, answer.json()["error"]) == (409, "publish_blocked")
        assert [blocker["type"] for blocker in answer.json()["details"]["blockers"]] == ["claim_lost"]
        assert (await client.get(f"{PASSPORTS}/{passport['_id']}")).json()["status"] == "draft"

    @pytest.mark.parametrize("name", ["publish", "republish"])
    async def test_an_expiry_lies_ahead(self, client: httpx2.AsyncClient, make_passport: Any, name: str) -> None:
        passport = await bring(client, make_passport, "draft" if name == "publish" else "suspended")
        body = (
            {**BODIES["publish"], "expiresAt": "2001-01-01T00:00:00Z"}
            if name == "publish"
            else {"expiresAt": "2001-01-01T00:00:00Z"}
        )
        answer = await move(client, passport, name, **body)
        assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["expiresAt"])
        body["expiresAt"] = "2199-01-01T01:00:00+01:00"
        assert (await move(client, passport, name, **body)).json()["expiresAt"] == "2199-01-01T00:00:00.000Z"

    async def test_an_expiry_that_passed_while_it_was_a_draft_must_be_renewed(
        self, client: httpx2.AsyncClient, make_passport: Any, clock: MovableClock
    ) -> None:
        soon = clock().replace(microsecond=0).isoformat().replace("+00:00", "Z")
        clock.move(hours=-1)
        passport = await make_passport(client, expiresAt=soon)
        clock.move(hours=2)
        answer = await move(client, passport, "publish")
        assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["expiresAt"])
        renewed = await move(client, passport, "publish", acknowledgeGaps=True, expiresAt="2199-01-01T00:00:00Z")
        assert renewed.status_code == 200

    async def test_writes_at_the_same_time_do_not_disturb_it(
        self, client: httpx2.AsyncClient, make_passport: Any
    ) -> None:
        passport = await make_passport(client)
        field = f"{PASSPORTS}/{passport['_id']}/fields/battery_mass"
        writes = [client.patch(field, json={"value": value}) for value in range(10)]
        answers = await asyncio.gather(*writes, move(client, passport, "publish"))
        assert [answer.status_code for answer in answers] == [200] * 11

    async def test_of_two_at_once_one_publishes(self, client: httpx2.AsyncClient, make_passport: Any) -> None:
        passport = await make_passport(client)
        answers = await asyncio.gather(*(move(client, passport, "publish") for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]


def _is_due(field: dict[str, Any]) -> bool:
    return bool(field["filledBy"] == "user" and field["required"])


def _sample(field: dict[str, Any]) -> Any:
    if field["dataType"] == "enum":
        return field["enumOptions"][0]["value"]
    if field["dataType"] == "array":
        return [{column["key"]: _sample(column) for column in field["columns"] if column["required"]}]
    if field["dataType"] == "date":
        return {"month": "2027-02", "day": "2027-02-18", "second": "2027-02-18T00:00:00Z"}[field["precision"]]
    if field["dataType"] == "object":
        party = {"legalName": "V", "legacyOperatorId": "1", "country": "DE"}
        return {"min": 1, "max": 2} if "temperature" in field["key"] else party
    samples = {
        "number": 1,
        "boolean": True,
        "url": "https://example.com",
        "file_reference": {"url": "https://example.com/a.pdf"},
    }
    return samples.get(field["dataType"], "text")


async def _set(database: Database, collection: str, identifier: str, **members: Any) -> None:
    await database.collection(collection).update_one({"_id": ObjectId(identifier)}, {"$set": members})


class TestExpiry:
    DAY = "2098-01-01T00:00:00.000Z"

    async def pass_day(self, database: Database, settings: Settings, clock: MovableClock) -> None:
        clock.ahead = datetime.fromisoformat(self.DAY) - datetime.now(UTC) + timedelta(minutes=1)
        while await work_once(database, settings, clock):
            pass

    async def test_a_published_passport_expires_on_its_day(
        self, client: httpx2.AsyncClient, make_passport: Any, database: Database, settings: Settings,
        clock: MovableClock,
    ) -> None:  # fmt: skip
        passport = await make_passport(client, expiresAt=self.DAY)
        later = await make_passport(client)
        await move(client, passport, "publish")
        await move(client, later, "publish", acknowledgeGaps=True, expiresAt="2198-01-01T00:00:00Z")
        await self.pass_day(database, settings, clock)

        expired = (await client.get(f"{PASSPORTS}/{passport['_id']}")).json()
        assert (expired["status"], expired["version"]) == ("expired", 3)
        assert (await client.get(f"{PASSPORTS}/{later['_id']}")).json()["status"] == "published"
        newest = (await client.get(f"{PASSPORTS}/{passport['_id']}/snapshots")).json()["data"]["items"][0]
        assert (newest["eventType"], newest["actor"]["type"]) == ("passport.expired", "system")

    async def test_an_expired_passport_moves_on_by_republish_and_archive_only(
        self, client: httpx2.AsyncClient, make_passport: Any, database: Database, settings: Settings,
        clock: MovableClock,
    ) -> None:  # fmt: skip
        passport = await make_passport(client, expiresAt=self.DAY)
        await move(client, passport, "publish")
        await self.pass_day(database, settings, clock)
        for name in OPEN_MOVES:
            if name not in {"republish", "archive"}:
                answer = await move(client, passport, name)
                assert (answer.status_code, answer.json()["error"]) == (409, "invalid_transition")
                assert answer.json()["details"]["allowed"] == ["republish", "archive"]
        missing = await client.post(f"{PASSPORTS}/{passport['_id']}/republish")
        assert (missing.status_code, list(missing.json()["details"]["fieldErrors"])) == (400, ["expiresAt"])
        answer = await move(client, passport, "republish")
        assert (answer.json()["status"], answer.json()["expiresAt"]) == ("published", "2199-01-01T00:00:00.000Z")
        await self.pass_day(database, settings, clock)
        assert (await client.get(f"{PASSPORTS}/{passport['_id']}")).json()["status"] == "published"
        assert (await move(client, passport, "archive")).json()["status"] == "archived"

    async def test_what_is_suspended_stays_so_and_needs_another_day(
        self, client: httpx2.AsyncClient, make_passport: Any, database: Database, settings: Settings,
        clock: MovableClock,
    ) -> None:  # fmt: skip
        passport = await make_passport(client, expiresAt=self.DAY)
        await move(client, passport, "publish")
        await move(client, passport, "suspend")
        await self.pass_day(database, settings, clock)
        assert (await client.get(f"{PASSPORTS}/{passport['_id']}")).json()["status"] == "suspended"
        assert (await client.post(f"{PASSPORTS}/{passport['_id']}/republish")).status_code == 400
        assert (await move(client, passport, "republish")).status_code == 200


class TestDelete:
    @pytest.mark.parametrize("state", WAYS)
    async def test_only_what_never_was_published_goes(
        self, client: httpx2.AsyncClient, make_passport: Any, state: str
    ) -> None:
        passport = await bring(client, make_passport, state)
        address = f"{PASSPORTS}/{passport['_id']}"
        answer = await client.delete(address)
        if state in {"draft", "in_review"}:
            assert answer.json() == {
                "message": "The passport was deleted.",
                "summary": {
                    "passportId": passport["_id"],
                    "gtin": passport["gs1"]["gtin"],
                    "serialNumber": passport["gs1"]["serialNumber"],
                    "deletedCounts": {
                        "passports": 1,
                        "identifiers": 1,
                        "scans": 0,
                        "lifeEntries": 0,
                        "measurements": 0,
                    },
                    "dppsActiveDelta": -1,
                },
            }
            assert (await client.get(address)).status_code == 404
            assert (await client.delete(address)).status_code == 404
        else:
            assert (answer.status_code, answer.json()["error"]) == (409, "passport_published")
            assert (await client.get(address)).json() == passport

    async def test_a_write_at_the_same_time_is_either_before_it_or_too_late(
        self, client: httpx2.AsyncClient, make_passport: Any
    ) -> None:
        for _ in range(3):
            passport = await make_passport(client)
            address = f"{PASSPORTS}/{passport['_id']}"
            writes = [client.patch(f"{address}/fields/battery_mass", json={"value": value}) for value in range(5)]
            deleted, *written = await asyncio.gather(client.delete(address), *writes)
            assert deleted.status_code in {200, 409}
            assert (await client.get(address)).status_code == (404 if deleted.status_code == 200 else 200)
            assert {answer.status_code for answer in written} <= {200, 404}
            if deleted.status_code == 409:
                assert deleted.json()["error"] == "conflict"
                assert {answer.status_code for answer in written} == {200}

    async def test_key_and_gtin_are_free_again(
        self, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, make_passport: Any, gtin: str
    ) -> None:
        key = {"gtin": gtin, "serialNumber": "S-1"}
        first, second = await make_passport(client, gs1=key), await make_passport(client, gs1={"gtin": gtin})
        await client.delete(f"{PASSPORTS}/{first['_id']}")
        again = await make_passport(client, gs1=key)
        for passport in (again, second):
            assert (await client.delete(f"{PASSPORTS}/{passport['_id']}")).status_code == 200
        await make_passport(stranger, gs1=key)


class TestGtinClaims:
    async def claim(self, client: httpx2.AsyncClient, make_product: Any, gtin: str) -> httpx2.Response:
        body = {"productId": (await make_product(client))["_id"], "gs1": {"gtin": gtin}}
        return await client.post(PASSPORTS, json=body)

    def assert_elsewhere(self, answer: httpx2.Response) -> None:
        assert (answer.status_code, answer.json()["error"]) == (409, "gtin_registered_elsewhere")

    async def test_another_workspace_cannot_use_it(
        self, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, make_passport: Any, make_product: Any, gtin: str
    ) -> None:
        await make_passport(client, gs1={"gtin": gtin})
        self.assert_elsewhere(await self.claim(stranger, make_product, gtin))

    async def test_a_draft_holds_it_for_thirty_days(
        self, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, make_passport: Any, make_product: Any,
        gtin: str, clock: MovableClock,
    ) -> None:  # fmt: skip
        passport = await make_passport(client, gs1={"gtin": gtin})
        clock.move(days=29, hours=23)
        self.assert_elsewhere(await self.claim(stranger, make_product, gtin))
        clock.move(hours=2)
        assert (await self.claim(stranger, make_product, gtin)).status_code == 201
        self.assert_elsewhere(await move(client, passport, "publish"))
        self.assert_elsewhere(await self.claim(client, make_product, gtin))

    async def test_publishing_makes_it_firm(
        self, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, make_passport: Any, make_product: Any,
        gtin: str, clock: MovableClock,
    ) -> None:  # fmt: skip
        await make_passport(client, gs1={"gtin": gtin}, published=True)
        clock.move(days=3650)
        self.assert_elsewhere(await self.claim(stranger, make_product, gtin))

    @pytest.mark.parametrize("fault", ["version", "expiry"])
    async def test_a_refused_publishing_does_not(
        self, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, make_passport: Any, make_product: Any,
        gtin: str, fault: str,
    ) -> None:  # fmt: skip
        passport = await make_passport(client, gs1={"gtin": gtin})
        address = f"{PASSPORTS}/{passport['_id']}"
        body = {"acknowledgeGaps": True} | ({"expiresAt": "2001-01-01T00:00:00Z"} if fault == "expiry" else {})
        headers = {"If-Match": '"9"'} if fault == "version" else {}
        assert (await client.post(f"{address}/publish", json=body, headers=headers)).status_code in {400, 412}
        assert (await client.delete(address)).status_code == 200
        assert (await self.claim(stranger, make_product, gtin)).status_code == 201

    async def test_a_holder_who_lost_nothing_can_publish_after_the_thirty_days(
        self, client: httpx2.AsyncClient, make_passport: Any, clock: MovableClock
    ) -> None:
        passport = await make_passport(client)
        clock.move(days=40)
        assert (await move(client, passport, "publish")).status_code == 200

    async def test_a_draft_whose_gtin_the_operator_released_holds_it_again_by_publishing(
        self, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, database: Database, make_passport: Any,
        make_product: Any, gtin: str, clock: MovableClock,
    ) -> None:  # fmt: skip
        await make_passport(client, gs1={"gtin": gtin}, published=True)
        draft = await make_passport(client, gs1={"gtin": gtin, "serialNumber": "S-1"})
        await Registrar(database, clock=clock).release(gtin)
        assert (await move(client, draft, "publish")).status_code == 200
        self.assert_elsewhere(await self.claim(stranger, make_product, gtin))

    async def test_of_many_who_take_a_lapsed_one_one_gets_it(
        self, office: Office, client: httpx2.AsyncClient, make_passport: Any, make_product: Any, gtin: str,
        clock: MovableClock,
    ) -> None:  # fmt: skip
        await make_passport(client, gs1={"gtin": gtin})
        clock.move(days=31)
        takers = [await office.client() for _ in range(6)]
        answers = await asyncio.gather(*(self.claim(taker, make_product, gtin) for taker in takers))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]

    async def test_a_verified_prefix_takes_it_over(
        self, office: Office, database: Database, client: httpx2.AsyncClient, make_passport: Any, make_product: Any,
        gtin: str, clock: MovableClock,
    ) -> None:  # fmt: skip
        squatted = await make_passport(client, gs1={"gtin": gtin})
        owner = await office.workspace(name="Owner")
        await Registrar(database, clock=clock).verify_prefix(gtin[1:13], owner)
        owning = await office.client(owner)
        self.assert_elsewhere(await move(client, squatted, "publish"))
        assert (await self.claim(owning, make_product, gtin)).status_code == 201
        self.assert_elsewhere(await move(client, squatted, "publish"))
        assert (await client.delete(f"{PASSPORTS}/{squatted['_id']}")).status_code == 200
        self.assert_elsewhere(await self.claim(client, make_product, gtin))

    async def test_a_firm_claim_does_not_yield(
        self, office: Office, database: Database, client: httpx2.AsyncClient, make_passport: Any, make_product: Any,
        gtin: str, clock: MovableClock,
    ) -> None:  # fmt: skip
        await make_passport(client, gs1={"gtin": gtin}, published=True)
        owner = await office.workspace(name="Owner")
        await Registrar(database, clock=clock).verify_prefix(gtin[1:13], owner)
        self.assert_elsewhere(await self.claim(await office.client(owner), make_product, gtin))

    async def test_a_free_workspace_holds_three(
        self, office: Office, make_passport: Any, make_product: Any, clock: MovableClock
    ) -> None:
        client = await office.client(plan="free")
        held = [await make_passport(client, gs1={"gtin": new_gtin()}) for _ in range(3)]
        answer = await self.claim(client, make_product, new_gtin())
        assert (answer.status_code, answer.json()["error"]) == (409, "too_many_gtin_claims")
        assert (await client.delete(f"{PASSPORTS}/{held[0]['_id']}")).status_code == 200
        assert (await self.claim(client, make_product, new_gtin())).status_code == 201
        assert (await move(client, held[1], "publish")).status_code == 200
        answer = await self.claim(client, make_product, new_gtin())
        assert (answer.status_code, answer.json()["error"]) == (402, "overage_required"), "the places are three as well"
        clock.move(days=31)
        assert (await move(client, held[2], "publish")).status_code == 200

    async def test_a_free_workspace_holds_three_however_fast_it_asks(self, office: Office, make_product: Any) -> None:
        client = await office.client(plan="free")
        product = await make_product(client)
        bodies = [{"productId": product["_id"], "gs1": {"gtin": new_gtin()}} for _ in range(10)]
        answers = await asyncio.gather(*(client.post(PASSPORTS, json=body) for body in bodies))
        refused = [answer for answer in answers if answer.status_code != 201]
        assert len(refused) == 7, "as many GTINs and as many places as its plan has"
        reasons = {(answer.status_code, answer.json()["error"]) for answer in refused}
        assert reasons <= {(409, "too_many_gtin_claims"), (402, "overage_required")}, "whichever ran out first"

    async def test_a_refused_draft_leaves_no_claim(
        self, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, database: Database, make_passport: Any,
        make_product: Any, gtin: str, clock: MovableClock,
    ) -> None:  # fmt: skip
        await make_passport(client, gs1={"gtin": gtin}, published=True)
        await Registrar(database, clock=clock).release(gtin)
        refused = await self.claim(stranger, make_product, gtin)
        assert (refused.status_code, refused.json()["error"]) == (409, "duplicate_identifier")
        assert await database.collection("gtins").find_one({"_id": gtin}) is None

    async def test_the_test_environment_claims_nothing(
        self, office: Office, workspace: Workspace, client: httpx2.AsyncClient, make_passport: Any, gtin: str
    ) -> None:
        tester = await office.client(workspace, environment="test")
        other = await office.client(environment="test")
        key = {"gtin": gtin, "serialNumber": "S-1"}
        tried = await make_passport(tester, gs1=key, published=True)
        await make_passport(other, gs1=key, published=True)
        live = await make_passport(client, gs1=key, published=True)
        assert tried["gs1"]["digitalLinkUri"] == f"https://id.example.test/test/{workspace.slug}/p/01/{gtin}/21/S-1"
        assert live["gs1"]["digitalLinkUri"] == f"https://id.example.test/p/01/{gtin}/21/S-1"
        twice = {"productId": tried["productId"], "gs1": key}
        assert (await tester.post(PASSPORTS, json=twice)).json()["error"] == "duplicate_serial"
