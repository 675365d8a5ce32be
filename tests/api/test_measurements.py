"""Measurements: taken each by itself and once, kept outside the passport's version, the newest always the newest."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from tests.conftest import Make, MovableClock, Office, new_gtin

from tracepass.core.mongo import Database
from tracepass.identity.models import Workspace

PASSPORTS = "/api/v1/passports"
READING = {"field": "soce", "value": 96.5, "measuredAt": "2026-01-05T10:00:00.000Z"}
ROW = {"recorded_at": "2026-01-05T10:00:00Z", "state_of_charge": 50}


@pytest.fixture
async def passport(client: httpx2.AsyncClient, make_passport: Make) -> dict[str, Any]:
    """A published passport of a battery."""
    fields = {"battery_category": {"value": "ev"}}
    return dict(await make_passport(client, published=True, fields=fields))


def address_of(passport: dict[str, Any]) -> str:
    return f"{PASSPORTS}/{passport['_id']}/measurements"


def soce(value: float, day: int, **members: Any) -> dict[str, Any]:
    return READING | {"value": value, "measuredAt": f"2026-01-{day:02}T10:00:00.000Z"} | members


async def sent(client: httpx2.AsyncClient, passport: dict[str, Any], *readings: Any, **options: Any) -> dict[str, Any]:
    answer = await client.post(address_of(passport), json={"measurements": list(readings)}, **options)
    assert answer.status_code == 207, answer.text
    return dict(answer.json())


async def listed(client: httpx2.AsyncClient, passport: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
    answer = await client.get(address_of(passport), params=params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"]["items"])


async def latest(client: httpx2.AsyncClient, passport: dict[str, Any]) -> dict[str, Any]:
    answer = await client.get(f"{address_of(passport)}/latest")
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["dynamic"])


def statuses(outcome: dict[str, Any]) -> list[str]:
    return [result["status"] for result in outcome["results"]]


class TestTaking:
    async def test_a_reading_is_kept_as_it_was_told(self, client: httpx2.AsyncClient, passport: dict[str, Any]) -> None:
        told = {**READING, "measuredAt": "2026-01-05T11:00:00+01:00", "externalId": "g7-1", "source": "gateway 7"}
        outcome = await sent(client, passport, told)
        assert outcome["summary"] == {"created": 1, "repeated": 0, "failed": 0}
        [kept] = await listed(client, passport)
        assert kept.items() >= {**told, "measuredAt": READING["measuredAt"]}.items()
        assert kept["_id"] == outcome["results"][0]["_id"]
        assert await latest(client, passport) == {"soce": {"value": 96.5, "measuredAt": READING["measuredAt"]}}

    async def test_the_twin_by_serial_does_the_same(self, client: httpx2.AsyncClient, passport: dict[str, Any]) -> None:
        twin = f"{PASSPORTS}/by-serial/{passport['gs1']['serialNumber']}/measurements"
        answer = await client.post(twin, json={"measurements": [READING]})
        assert answer.json()["summary"]["created"] == 1
        assert (await client.get(twin)).json()["data"]["items"] == await listed(client, passport)
        assert (await client.get(f"{twin}/latest")).json()["dynamic"] == await latest(client, passport)

    @pytest.mark.parametrize(
        ("members", "path", "sentence"),
        [
            ({"value": 101}, "value", "must be at most 100"),
            ({"value": -1}, "value", "must be at least 0"),
            ({"value": "96"}, "value", "must be number"),
            ({"value": True}, "value", "must be number"),
            ({"value": None}, "value", "must be number"),
            ({"value": 1.5, "field": "cycle_count"}, "value", "whole number"),
            ({"field": "manufacturer_name"}, "field", "is not measured here"),
            ({"field": "product_name"}, "field", "soce"),
            ({"field": ""}, "field", "at least 1 character"),
            ({"measuredAt": "2999-01-01T00:00:00Z"}, "measuredAt", "lies in the future"),
            ({"measuredAt": "2026-01-05T10:00:00"}, "measuredAt", "offset"),
            ({"measuredAt": 1767607200}, "measuredAt", "timestamp"),
            ({"externalId": " "}, "externalId", "blank"),
            ({"externalId": "x" * 201}, "externalId", "200"),
            ({"unit": "%"}, "unit", "is not known here"),
            (
                {"field": "state_of_charge", "value": [ROW | {"state_of_charge": 101}]},
                "value[0].state_of_charge",
                "100",
            ),
            ({"field": "state_of_charge", "value": [ROW] * 400}, "value", "16 kB"),
        ],
    )
    async def test_what_is_wrong_with_one_is_told_and_the_others_are_taken(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], members: dict[str, Any], path: str, sentence: str
    ) -> None:
        outcome = await sent(client, passport, soce(1, 1), READING | members, soce(2, 2))
        assert statuses(outcome) == ["created", "error", "created"], outcome
        wrong = outcome["results"][1]
        assert (wrong["index"], wrong["error"]) == (1, "validation_error")
        assert sentence in wrong["details"]["fieldErrors"][path][0]
        assert len(await listed(client, passport)) == 2

    @pytest.mark.parametrize("item", [5, None, "soce", [], {}])
    async def test_what_is_no_reading_at_all_is_told(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], item: Any
    ) -> None:
        assert statuses(await sent(client, passport, item)) == ["error"]
        assert await listed(client, passport) == []

    @pytest.mark.parametrize("readings", [[], [READING] * 501, {}, None])
    async def test_a_call_has_1_to_500(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], readings: Any
    ) -> None:
        answer = await client.post(address_of(passport), json={"measurements": readings})
        assert answer.status_code == 400, answer.text

    async def test_500_are_taken_at_once(self, client: httpx2.AsyncClient, passport: dict[str, Any]) -> None:
        readings = [soce(number / 10, 1 + number % 28, externalId=f"r{number}") for number in range(500)]
        outcome = await sent(client, passport, *readings)
        assert outcome["summary"] == {"created": 500, "repeated": 0, "failed": 0}
        assert len(await listed(client, passport, limit=500)) == 500

    async def test_the_clock_of_a_gateway_may_be_five_minutes_ahead(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], stopped_clock: MovableClock
    ) -> None:
        stopped_clock.move(minutes=4)
        ahead = stopped_clock().isoformat()
        stopped_clock.move(minutes=-4)
        assert statuses(await sent(client, passport, READING | {"measuredAt": ahead})) == ["created"]
        stopped_clock.move(minutes=-2)
        assert statuses(await sent(client, passport, READING | {"measuredAt": ahead})) == ["error"]

    async def test_readings_of_long_ago_are_taken(self, client: httpx2.AsyncClient, passport: dict[str, Any]) -> None:
        assert statuses(await sent(client, passport, READING | {"measuredAt": "1999-12-31T23:59:59Z"})) == ["created"]

    async def test_a_table_is_a_reading_too(self, client: httpx2.AsyncClient, passport: dict[str, Any]) -> None:
        reading = READING | {"field": "state_of_charge", "value": [ROW]}
        assert statuses(await sent(client, passport, reading)) == ["created"]
        assert (await latest(client, passport))["state_of_charge"]["value"] == [ROW]


class TestOnce:
    async def test_the_same_reading_again_is_repeated(
        self, client: httpx2.AsyncClient, passport: dict[str, Any]
    ) -> None:
        first = await sent(client, passport, READING | {"externalId": "a"})
        again = await sent(client, passport, READING | {"externalId": "a"}, READING | {"externalId": "b"})
        assert statuses(again) == ["repeated", "created"]
        assert again["results"][0]["_id"] == first["results"][0]["_id"]
        assert len(await listed(client, passport)) == 2

    @pytest.mark.parametrize(
        "members",
        [{"value": 96}, {"measuredAt": "2026-01-05T10:00:01Z"}, {"field": "cycle_count"}, {"source": "other"}],
    )
    async def test_another_reading_under_the_same_id_is_an_error(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], members: dict[str, Any]
    ) -> None:
        told = READING | {"externalId": "a", "value": 97}
        await sent(client, passport, told)
        outcome = await sent(client, passport, told | members)
        assert outcome["results"][0]["error"] == "external_id_taken"
        assert [one["value"] for one in await listed(client, passport)] == [97]

    async def test_within_one_call_too(self, client: httpx2.AsyncClient, passport: dict[str, Any]) -> None:
        told = READING | {"externalId": "a"}
        outcome = await sent(client, passport, told, told, told | {"value": 1})
        assert statuses(outcome) == ["created", "repeated", "error"]
        assert outcome["summary"] == {"created": 1, "repeated": 1, "failed": 1}

    async def test_ids_are_those_of_a_passport(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], make_passport: Make
    ) -> None:
        other = await make_passport(client)
        told = READING | {"externalId": "a"}
        assert statuses(await sent(client, passport, told)) == ["created"]
        assert statuses(await sent(client, other, told)) == ["created"]

    async def test_an_idempotency_key_repeats_the_answer(
        self, client: httpx2.AsyncClient, passport: dict[str, Any]
    ) -> None:
        options = {"headers": {"Idempotency-Key": "gateway-7-1"}}
        first = await sent(client, passport, READING, soce(101, 1), **options)
        assert await sent(client, passport, READING, soce(101, 1), **options) == first
        assert len(await listed(client, passport)) == 1

    async def test_two_gateways_with_the_same_readings_write_each_once(
        self, client: httpx2.AsyncClient, passport: dict[str, Any]
    ) -> None:
        readings = [soce(number, 1 + number, externalId=f"r{number}") for number in range(20)]
        calls = [sent(client, passport, *readings[turn:], *readings[:turn]) for turn in range(0, 16, 2)]
        outcomes = await asyncio.gather(*calls)
        assert sum(outcome["summary"]["created"] for outcome in outcomes) == 20
        assert sum(outcome["summary"]["repeated"] for outcome in outcomes) == 140
        assert len(await listed(client, passport)) == 20
        assert (await latest(client, passport))["soce"]["value"] == 19


class TestNewest:
    async def test_a_late_reading_never_replaces_a_newer_one(
        self, client: httpx2.AsyncClient, passport: dict[str, Any]
    ) -> None:
        await sent(client, passport, soce(90, 20))
        await sent(client, passport, soce(99, 2), READING | {"field": "cycle_count", "value": 4})
        found = await latest(client, passport)
        assert (found["soce"]["value"], found["cycle_count"]["value"]) == (90, 4)

    async def test_whatever_the_order_in_which_they_come(
        self, client: httpx2.AsyncClient, passport: dict[str, Any]
    ) -> None:
        days = [1 + number * 11 % 28 for number in range(28)]
        await asyncio.gather(*(sent(client, passport, soce(day, day)) for day in days))
        assert (await latest(client, passport))["soce"] == {"value": 28, "measuredAt": "2026-01-28T10:00:00.000Z"}

    async def test_they_have_a_tag_of_their_own(self, client: httpx2.AsyncClient, passport: dict[str, Any]) -> None:
        address = f"{address_of(passport)}/latest"
        empty = await client.get(address)
        assert empty.json() == {"passportId": passport["_id"], "dynamic": {}}
        await sent(client, passport, READING)
        found = await client.get(address, headers={"If-None-Match": empty.headers["etag"]})
        assert found.status_code == 200
        assert (await client.get(address, headers={"If-None-Match": found.headers["etag"]})).status_code == 304


class TestBesideThePassport:
    async def test_the_passport_shows_them_and_stays_at_its_version(
        self, client: httpx2.AsyncClient, passport: dict[str, Any]
    ) -> None:
        address = f"{PASSPORTS}/{passport['_id']}"
        before = await client.get(address)
        await sent(client, passport, READING)
        after = await client.get(address)
        assert after.headers["etag"] == before.headers["etag"]
        dynamic = {"soce": {"value": 96.5, "measuredAt": READING["measuredAt"]}}
        assert after.json() == before.json() | {"dynamic": dynamic}
        assert (await client.get(f"{address}/snapshots")).json()["data"]["total"] == 1

    async def test_edits_leave_them_alone_and_are_not_in_their_way(
        self, client: httpx2.AsyncClient, passport: dict[str, Any]
    ) -> None:
        address = f"{PASSPORTS}/{passport['_id']}"

        async def edit(number: int) -> None:
            answer = await client.patch(f"{address}/fields/product_name", json={"value": f"Pack {number}"})
            assert answer.status_code == 200, answer.text

        measuring = [
            sent(client, passport, soce(day, day), {**soce(day, day), "field": "cycle_count"}) for day in (1, 2, 3)
        ]
        await asyncio.gather(*map(edit, range(5)), *measuring)
        answer = await client.post(f"{address}/suspend", json={"reason": "A look at it."})
        assert answer.json()["dynamic"]["soce"]["value"] == 3
        snapshots = (await client.get(f"{address}/snapshots")).json()["data"]["items"]
        for one in snapshots:
            found = (await client.get(f"{address}/snapshots/{one['_id']}")).json()
            assert found["hashValid"], one
            assert "dynamic" not in found["passport"]

    async def test_what_has_come_is_not_awaited_any_more(
        self, client: httpx2.AsyncClient, passport: dict[str, Any]
    ) -> None:
        async def awaited() -> set[str]:
            found = (await client.get(f"{PASSPORTS}/{passport['_id']}/compliance")).json()["warnings"]
            return {one["target"] for one in found if one["ruleId"] == "awaiting_use_data"}

        before = await awaited()
        assert "soce" in before
        await sent(client, passport, READING)
        assert await awaited() == before - {"soce"}

    async def test_counts_of_findings_follow(self, client: httpx2.AsyncClient, passport: dict[str, Any]) -> None:
        async def counted() -> dict[str, int]:
            rules = (await client.get("/api/v1/compliance")).json()["rules"]
            return {one["ruleId"]: one["passports"] for one in rules}

        async def awaited() -> list[str]:
            found = (await client.get(f"{PASSPORTS}/{passport['_id']}/compliance")).json()["warnings"]
            return [one["target"] for one in found if one["ruleId"] == "awaiting_use_data"]

        assert (await counted())["awaiting_use_data"] == 1
        values = {"remaining_power": [{"soc": 50, "power": 1}], "operating_conditions": [], "state_of_charge": [ROW]}
        readings = [READING | {"field": name, "value": values.get(name, 1)} for name in await awaited()]
        assert (await sent(client, passport, *readings))["summary"]["failed"] == 0
        assert "awaiting_use_data" not in await counted()
        await client.patch(f"{PASSPORTS}/{passport['_id']}/fields/product_name", json={"value": "Another"})
        assert "awaiting_use_data" not in await counted()

    async def test_one_note_a_passport_and_day_is_in_the_log_and_no_event(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], database: Database, clock: MovableClock
    ) -> None:
        await asyncio.gather(*(sent(client, passport, soce(day, day)) for day in range(1, 6)))
        clock.move(days=1)
        await sent(client, passport, soce(6, 6))
        await sent(client, passport, soce(7, 7))
        query = {"entity.id": passport["_id"], "action": "measurements.recorded"}
        notes = [
            note
            async for note in database.collection("changes").find({}, comment="a test looks")
            if str(note["entity"]["id"]) == query["entity.id"] and note["action"] == query["action"]
        ]
        assert len(notes) == 2
        assert all("outbox" not in note and "version" not in note for note in notes)


class TestStates:
    async def test_drafts_and_suspended_passports_take_them_archived_ones_do_not(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], make_passport: Make
    ) -> None:
        assert statuses(await sent(client, await make_passport(client), READING)) == ["created"]
        address = f"{PASSPORTS}/{passport['_id']}"
        await client.post(f"{address}/suspend", json={"reason": "A look at it."})
        assert statuses(await sent(client, passport, READING)) == ["created"]
        assert (await client.post(f"{address}/archive")).status_code == 200
        answer = await client.post(address_of(passport), json={"measurements": [READING]})
        assert (answer.status_code, answer.json()["error"]) == (409, "passport_archived")
        assert len(await listed(client, passport)) == 1

    async def test_what_tells_nothing_of_itself_takes_none(
        self, client: httpx2.AsyncClient, make_passport: Make, make_product: Make
    ) -> None:
        shirt = await make_product(client, category="textiles")
        of_shirt = await make_passport(client, productId=shirt["_id"])
        of_model = await make_passport(client, granularity="model", gs1={"gtin": new_gtin()})
        for passport, word in ((of_shirt, "category"), (of_model, "one unit")):
            answer = await client.post(address_of(passport), json={"measurements": [READING]})
            assert (answer.status_code, answer.json()["error"]) == (409, "not_measurable")
            assert word in answer.json()["message"]
            assert await listed(client, passport) == []

    async def test_they_go_with_a_draft(
        self, client: httpx2.AsyncClient, make_passport: Make, database: Database
    ) -> None:
        draft = await make_passport(client)
        await sent(client, draft, READING, soce(1, 1))
        answer = await client.delete(f"{PASSPORTS}/{draft['_id']}")
        assert answer.json()["summary"]["deletedCounts"]["measurements"] == 2
        left = database.collection("measurements").find({}, comment="a test looks")
        assert [one async for one in left if str(one["passportId"]) == draft["_id"]] == []

    async def test_another_workspace_sees_nothing_of_it(
        self, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, passport: dict[str, Any]
    ) -> None:
        await sent(client, passport, READING)
        for tail in ("", "/latest"):
            assert (await stranger.get(address_of(passport) + tail)).status_code == 404
        answer = await stranger.post(address_of(passport), json={"measurements": [READING]})
        assert answer.status_code == 404

    async def test_a_key_that_only_reads_writes_nothing(
        self, office: Office, workspace: Workspace, passport: dict[str, Any]
    ) -> None:
        reader = await office.client(workspace, scopes=frozenset({"passports:read"}))
        answer = await reader.post(address_of(passport), json={"measurements": [READING]})
        assert answer.status_code == 403
        assert await listed(reader, passport) == []


class TestListing:
    async def test_filters_order_and_bounds(self, client: httpx2.AsyncClient, passport: dict[str, Any]) -> None:
        cycles = [{**soce(day, day), "field": "cycle_count"} for day in (2, 4)]
        await sent(client, passport, *(soce(day, day) for day in (1, 3, 5)), *cycles)

        async def days(**params: Any) -> list[int]:
            return [one["value"] for one in await listed(client, passport, **params)]

        assert await days() == [5, 4, 3, 2, 1]
        assert await days(order="asc") == [1, 2, 3, 4, 5]
        assert await days(field="cycle_count") == [4, 2]
        assert await days(field="power_fade") == []
        bounds = {"from": "2026-01-02T10:00:00Z", "to": "2026-01-04T10:00:00Z"}
        assert await days(**bounds) == [3, 2]
        assert await days(**bounds, field="soce", order="asc") == [3]
        answer = await client.get(address_of(passport), params={"from": "yesterday"})
        assert answer.status_code == 400
        assert (await client.get(address_of(passport), params={"cursor": "x"})).status_code == 400

    @pytest.mark.parametrize("order", ["asc", "desc"])
    @pytest.mark.parametrize("field", [None, "soce"])
    async def test_pages_stay_right_while_others_write(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], order: str, field: str | None
    ) -> None:
        at_once = [soce(50 + number, 15, externalId=f"o{number}") for number in range(6)]
        cycles = [{**soce(200 + day, day), "field": "cycle_count"} for day in (8, 15, 22)]
        await sent(client, passport, *(soce(day, day) for day in range(10, 20)), *at_once, *cycles)
        wanted = await listed(client, passport, order=order, **({"field": field} if field else {}))
        seen: list[str] = []
        params: dict[str, Any] = {"order": order, "limit": 3, **({"field": field} if field else {})}
        for number in range(30):
            data = (await client.get(address_of(passport), params=params)).json()["data"]
            seen += [one["_id"] for one in data["items"]]
            behind = 28 if order == "desc" else 1
            await sent(client, passport, soce(90, behind, externalId=f"w{number}"))
            if "nextCursor" not in data:
                break
            params["cursor"] = data["nextCursor"]
        assert seen == [one["_id"] for one in wanted]
