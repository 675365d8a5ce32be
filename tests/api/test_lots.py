"""Lots over HTTP: batches of a product, their lineage, and the traces that come down to them."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from tests.api.tracing import LOTS, TRACES, fault, make_lot, make_trace
from tests.conftest import Make, Office, new_gtin

from tracepass.identity.models import Workspace


@pytest.fixture
async def product(client: httpx2.AsyncClient, make_product: Make) -> str:
    """The id of a product of this test's own."""
    return str((await make_product(client))["_id"])


@pytest.fixture
def lots(client: httpx2.AsyncClient, product: str) -> Make:
    """Make a lot of this test's product; return its id."""
    numbers = itertools.count(1)

    async def make(*predecessors: str, number: str | None = None) -> str:
        lot = await make_lot(client, product, number or f"L{next(numbers)}", *predecessors)
        return str(lot["id"])

    return make


async def set_predecessors(client: httpx2.AsyncClient, lot: str, *predecessors: str) -> httpx2.Response:
    """Replace the predecessors of a lot."""
    return await client.patch(f"{LOTS}/{lot}", json={"predecessors": list(predecessors)})


class TestOne:
    async def test_is_made_read_changed_and_deleted(self, client: httpx2.AsyncClient, product: str) -> None:
        body = {
            "productId": product,
            "lotNumber": "L-1",
            "producedAt": "2026-03-02T07:00:00+01:00",
            "quantity": 1200.5,
            "unit": "KGM",
        }
        answer = await client.post(LOTS, json=body)
        lot = answer.json()
        assert answer.status_code == 201
        assert lot.items() >= (body | {"producedAt": "2026-03-02T06:00:00.000Z", "predecessors": []}).items()
        address = answer.headers["location"]
        assert address == f"{LOTS}/{lot['id']}"
        assert (await client.get(address)).json() == lot
        patched = await client.patch(address, json={"quantity": 7, "unit": None, "lotNumber": "L-2"})
        assert patched.json().items() >= {"quantity": 7, "unit": None, "lotNumber": "L-2", "version": 2}.items()
        assert (await client.delete(address)).json() == {"message": "The lot 'L-2' was deleted."}
        assert (await client.get(address)).status_code == 404

    async def test_its_number_is_unique_for_its_product(
        self, client: httpx2.AsyncClient, product: str, lots: Make, make_product: Make
    ) -> None:
        await lots(number="A")
        other = await lots(number="B")
        answer = await client.post(LOTS, json={"productId": product, "lotNumber": "A"})
        assert (answer.status_code, answer.json()["error"]) == (409, "duplicate_lot")
        assert answer.json()["details"] == {"lotNumber": "A"}
        answer = await client.patch(f"{LOTS}/{other}", json={"lotNumber": "A"})
        assert (answer.status_code, answer.json()["error"]) == (409, "duplicate_lot")
        assert await make_lot(client, (await make_product(client))["_id"], "A")

    async def test_of_twenty_made_at_once_under_a_number_one_is_there(
        self, client: httpx2.AsyncClient, product: str
    ) -> None:
        body = {"productId": product, "lotNumber": "A"}
        answers = await asyncio.gather(*(client.post(LOTS, json=body) for _ in range(20)))
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19

    async def test_a_number_that_is_no_ai_10_is_taken_with_a_warning(
        self, client: httpx2.AsyncClient, product: str
    ) -> None:
        lot = await make_lot(client, product, "Charge 7 / 2026, zweite Schicht")
        assert [warning["code"] for warning in lot["warnings"]] == ["lot_not_gs1"]
        assert "warnings" not in (await client.get(f"{LOTS}/{lot['id']}")).json()
        renamed = await client.patch(f"{LOTS}/{lot['id']}", json={"lotNumber": "ÄÖ"})
        assert [warning["code"] for warning in renamed.json()["warnings"]] == ["lot_not_gs1"]

    @pytest.mark.parametrize(
        ("members", "path"),
        [
            ({"lotNumber": ""}, "lotNumber"),
            ({"lotNumber": " "}, "lotNumber"),
            ({"lotNumber": "x" * 101}, "lotNumber"),
            ({"lotNumber": None}, "lotNumber"),
            ({"productId": "12"}, "productId"),
            ({"productId": "0123456789abcdef01234567"}, "productId"),
            ({"producedAt": "2026-03-02"}, "producedAt"),
            ({"quantity": -1}, "quantity"),
            ({"quantity": True}, "quantity"),
            ({"unit": ""}, "unit"),
            ({"predecessors": ["x"]}, "predecessors[0]"),
            ({"predecessors": None}, "predecessors"),
            ({"predecessors": ["be3233c4-c0a2-4f47-a62a-303492c20ba6"]}, "predecessors"),
            ({"product_id": "x"}, "product_id"),
        ],
    )
    async def test_what_does_not_fit_is_400_with_its_place(
        self, client: httpx2.AsyncClient, product: str, members: dict[str, Any], path: str
    ) -> None:
        answer = await client.post(LOTS, json={"productId": product, "lotNumber": "A"} | members)
        status, code, paths = fault(answer)
        assert (status, code, paths[0]) == (400, "validation_error", path)

    async def test_products_and_predecessors_of_others_are_unknown(
        self, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, product: str, lots: Make, make_product: Make
    ) -> None:
        theirs = (await make_product(stranger))["_id"]
        assert (await client.post(LOTS, json={"productId": theirs, "lotNumber": "A"})).status_code == 400
        lot = await make_lot(stranger, theirs, "A")
        body = {"productId": product, "lotNumber": "A", "predecessors": [lot["id"]]}
        assert fault(await client.post(LOTS, json=body)) == (400, "validation_error", ["predecessors"])
        answer = await set_predecessors(client, await lots(), lot["id"])
        assert fault(answer) == (400, "validation_error", ["predecessors"])
        assert lot["id"] in answer.json()["message"]

    async def test_a_list_filters_by_product_number_and_predecessor(
        self, client: httpx2.AsyncClient, product: str, lots: Make, make_product: Make
    ) -> None:
        first = await lots(number="A")
        second = await lots(first, number="B")
        other = (await make_lot(client, (await make_product(client))["_id"], "A"))["id"]

        async def listed(**query: str) -> list[str]:
            answer = await client.get(LOTS, params=query)
            return [lot["id"] for lot in answer.json()["data"]["items"]]

        assert await listed() == [other, second, first]
        assert await listed(productId=product) == [second, first]
        assert await listed(lotNumber="A") == [other, first]
        assert await listed(productId=product, lotNumber="A") == [first]
        assert await listed(predecessor=first) == [second]

    async def test_a_list_is_walked_by_its_cursor(self, client: httpx2.AsyncClient, lots: Make) -> None:
        made = [await lots() for _ in range(5)]
        seen: list[str] = []
        query: dict[str, Any] = {"limit": 2}
        while "cursor" not in query or query["cursor"]:
            data = (await client.get(LOTS, params=query)).json()["data"]
            seen += [lot["id"] for lot in data["items"]]
            query["cursor"] = data.get("nextCursor")
        assert (seen, data["total"]) == (made[::-1], 5)

    async def test_two_changes_at_once_both_take_place(self, client: httpx2.AsyncClient, lots: Make) -> None:
        lot, other = await lots(), await lots()
        changes: list[dict[str, Any]] = [{"quantity": 1}, {"unit": "KGM"}, {"predecessors": [other]}]
        await asyncio.gather(*(client.patch(f"{LOTS}/{lot}", json=change) for change in changes))
        now = (await client.get(f"{LOTS}/{lot}")).json()
        assert (now["quantity"], now["unit"], now["predecessors"], now["version"]) == (1, "KGM", [other], 4)


class TestPassports:
    async def test_a_lot_and_the_passports_of_its_batch_show_each_other(
        self, client: httpx2.AsyncClient, product: str, lots: Make, make_passport: Make
    ) -> None:
        gtin = new_gtin()
        early = await make_passport(client, productId=product, gs1={"gtin": gtin, "lot": "A"})
        assert "lotId" not in (await client.get(f"/api/v1/passports/{early['_id']}")).json()
        before = await client.get(f"/api/v1/passports/{early['_id']}")
        lot = await lots(number="A")
        late = await make_passport(client, productId=product, gs1={"gtin": new_gtin(), "lot": "A"})
        await make_passport(client, productId=product, gs1={"gtin": gtin, "lot": "A", "serialNumber": "1"})
        await make_passport(client, productId=product, gs1={"gtin": gtin, "lot": "B"})
        await make_passport(client, gs1={"gtin": new_gtin(), "lot": "A"})
        assert (await client.get(f"{LOTS}/{lot}")).json()["passports"] == [early["_id"], late["_id"]]
        address = f"/api/v1/passports/{early['_id']}"
        after = await client.get(address, headers={"If-None-Match": before.headers["etag"]})
        assert (after.status_code, after.json()["lotId"]) == (200, lot)
        again = await client.get(address, headers={"If-None-Match": after.headers["etag"]})
        assert again.status_code == 304
        renamed = await client.patch(
            f"{address}/fields", json={"fields": {}}, headers={"If-Match": after.headers["etag"]}
        )
        assert renamed.status_code == 400

    async def test_the_tag_of_a_lot_changes_with_its_passports(
        self, client: httpx2.AsyncClient, product: str, lots: Make, make_passport: Make
    ) -> None:
        lot = await lots(number="A")
        before = await client.get(f"{LOTS}/{lot}")
        await make_passport(client, productId=product, gs1={"gtin": new_gtin(), "lot": "A"})
        after = await client.get(f"{LOTS}/{lot}", headers={"If-None-Match": before.headers["etag"]})
        assert (after.status_code, len(after.json()["passports"])) == (200, 1)
        patch = await client.patch(f"{LOTS}/{lot}", json={"quantity": 1}, headers={"If-Match": before.headers["etag"]})
        assert patch.status_code == 200

    async def test_a_lot_keeps_its_number_while_passports_stand_under_it(
        self, client: httpx2.AsyncClient, product: str, lots: Make, make_passport: Make
    ) -> None:
        lot = await lots(number="A")
        passport = await make_passport(client, productId=product, gs1={"gtin": new_gtin(), "lot": "A"})
        answer = await client.patch(f"{LOTS}/{lot}", json={"lotNumber": "B"})
        assert (answer.status_code, answer.json()["error"]) == (409, "lot_in_use")
        assert answer.json()["details"] == {"passports": [passport["_id"]]}

    async def test_a_product_with_lots_is_not_deleted(
        self, client: httpx2.AsyncClient, product: str, lots: Make
    ) -> None:
        lot = await lots()
        answer = await client.delete(f"/api/v1/products/{product}")
        assert (answer.status_code, answer.json()["error"]) == (409, "product_has_lots")
        assert answer.json()["details"] == {"lotCount": 1}
        await client.delete(f"{LOTS}/{lot}")
        assert (await client.delete(f"/api/v1/products/{product}")).status_code == 200
        answer = await client.post(LOTS, json={"productId": product, "lotNumber": "A"})
        assert fault(answer) == (400, "validation_error", ["productId"])


class TestDeleting:
    async def test_what_refers_to_a_lot_is_told(
        self, client: httpx2.AsyncClient, product: str, lots: Make, make_passport: Make
    ) -> None:
        lot = await lots(number="A")
        successor = await lots(lot)
        trace = await make_trace(client, origin_model_name="Lot", origin_entity_id=lot)
        passport = await make_passport(client, productId=product, gs1={"gtin": new_gtin(), "lot": "A"})
        answer = await client.delete(f"{LOTS}/{lot}")
        assert (answer.status_code, answer.json()["error"]) == (409, "lot_in_use")
        assert answer.json()["details"] == {"successors": [successor], "traces": 1, "passports": [passport["_id"]]}
        await set_predecessors(client, successor)
        await client.delete(f"{TRACES}/{trace['id']}")
        await client.delete(f"/api/v1/passports/{passport['_id']}")
        assert (await client.delete(f"{LOTS}/{lot}")).status_code == 200

    async def test_a_trace_of_a_delivery_of_the_same_id_is_not_in_its_way(
        self, client: httpx2.AsyncClient, lots: Make
    ) -> None:
        lot = await lots()
        await make_trace(client, origin_entity_id=lot)
        assert (await client.delete(f"{LOTS}/{lot}")).status_code == 200

    async def test_no_reference_survives_a_race_with_the_deletion(
        self, client: httpx2.AsyncClient, product: str, lots: Make
    ) -> None:
        for number in range(10):
            lot, other = await lots(), await lots()
            forward = {"origin_model_name": "Lot", "origin_entity_id": lot, "bring_forward": True}
            trace = {"key": "K", "system": "other", **forward}
            child = {"productId": product, "lotNumber": f"child {number}", "predecessors": [lot]}
            made, traced, linked, gone = await asyncio.gather(
                client.post(LOTS, json=child),
                client.post(TRACES, json=trace),
                set_predecessors(client, other, lot),
                client.delete(f"{LOTS}/{lot}"),
            )
            referring = {made.status_code, traced.status_code, linked.status_code} & {200, 201}
            assert (gone.status_code == 200) == (not referring), (made.text, traced.text, linked.text, gone.text)


class TestLineage:
    async def test_shows_both_directions_level_by_level(self, client: httpx2.AsyncClient, lots: Make) -> None:
        ore, coal = await lots(), await lots()
        steel = await lots(ore, coal)
        part = await lots(steel)
        car = await lots(part, steel)
        body = (await client.get(f"{LOTS}/{steel}/lineage")).json()
        assert body["lot"]["id"] == steel
        assert {lot["id"]: lot["depth"] for lot in body["upstream"]["lots"]} == {ore: 1, coal: 1}
        assert {lot["id"]: lot["depth"] for lot in body["downstream"]["lots"]} == {part: 1, car: 1}
        body = (await client.get(f"{LOTS}/{car}/lineage?direction=upstream")).json()
        assert [(lot["id"], lot["depth"]) for lot in body["upstream"]["lots"]][2:] == [(ore, 2), (coal, 2)]
        assert (body["upstream"]["truncated"], "downstream" in body) == (False, False)

    async def test_says_where_it_stops(self, client: httpx2.AsyncClient, lots: Make) -> None:
        chain = [await lots()]
        for _ in range(5):
            chain.append(await lots(chain[-1]))
        address = f"{LOTS}/{chain[-1]}/lineage"
        for query, length, truncated in (("depth=5", 5, False), ("depth=4", 4, True), ("limit=3", 3, True)):
            way = (await client.get(f"{address}?direction=upstream&{query}")).json()["upstream"]
            assert ([lot["id"] for lot in way["lots"]], way["truncated"]) == (chain[-2 : -2 - length : -1], truncated)

    async def test_a_wide_level_is_cut_at_the_limit(self, client: httpx2.AsyncClient, lots: Make) -> None:
        root = await lots()
        for _ in range(6):
            await lots(root)
        way = (await client.get(f"{LOTS}/{root}/lineage?limit=4")).json()["downstream"]
        assert (len(way["lots"]), way["truncated"]) == (4, True)
        way = (await client.get(f"{LOTS}/{root}/lineage?limit=6")).json()["downstream"]
        assert (len(way["lots"]), way["truncated"]) == (6, False)

    async def test_a_lot_does_not_come_from_itself(self, client: httpx2.AsyncClient, lots: Make) -> None:
        first = await lots()
        second = await lots(first)
        third = await lots(second)
        for lot, predecessors, cycle in (
            (first, [first], [first, first]),
            (first, [third], [first, third, second, first]),
            (second, [first, third], [second, third, second]),
        ):
            answer = await set_predecessors(client, lot, *predecessors)
            assert (answer.status_code, answer.json()["error"]) == (409, "lineage_cycle")
            assert answer.json()["details"] == {"cycle": cycle}
        assert (await client.get(f"{LOTS}/{first}")).json()["version"] == 1

    async def test_two_changes_at_once_do_not_make_a_cycle_together(
        self, client: httpx2.AsyncClient, lots: Make
    ) -> None:
        for _ in range(10):
            one, other = await lots(), await lots()
            answers = await asyncio.gather(set_predecessors(client, one, other), set_predecessors(client, other, one))
            assert sorted(answer.status_code for answer in answers) == [200, 409]

    async def test_a_ring_of_changes_at_once_leaves_a_gap(self, client: httpx2.AsyncClient, lots: Make) -> None:
        ring = [await lots() for _ in range(8)]
        answers = await asyncio.gather(
            *(set_predecessors(client, lot, ring[index - 1]) for index, lot in enumerate(ring))
        )
        assert sorted(answer.status_code for answer in answers) == [200] * 7 + [409]

    async def test_what_is_too_large_to_look_through_is_refused(
        self, client: httpx2.AsyncClient, lots: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        chain = [await lots()]
        for _ in range(4):
            chain.append(await lots(chain[-1]))
        monkeypatch.setattr("tracepass.traces.lineage.MOST_SEARCHED", 3)
        answer = await set_predecessors(client, await lots(), chain[-1])
        assert (answer.status_code, answer.json()["error"]) == (409, "lineage_too_large")

    @pytest.mark.parametrize("query", ["depth=0", "depth=51", "limit=1001", "direction=up", "x=1"])
    async def test_what_cannot_be_asked_is_400(self, client: httpx2.AsyncClient, lots: Make, query: str) -> None:
        answer = await client.get(f"{LOTS}/{await lots()}/lineage?{query}")
        assert fault(answer) == (400, "validation_error", [query.partition("=")[0]])


class TestTraces:
    async def test_those_brought_forward_come_down_to_every_successor(
        self, client: httpx2.AsyncClient, lots: Make
    ) -> None:
        ore = await lots()
        steel = await lots(ore)
        part = await lots(steel)

        async def trace(key: str, lot: str, *, forward: bool) -> None:
            await make_trace(client, key=key, origin_model_name="Lot", origin_entity_id=lot, bring_forward=forward)

        await trace("ore's own", ore, forward=False)
        await trace("ore's forward", ore, forward=True)
        await trace("steel's forward", steel, forward=True)
        await trace("part's own", part, forward=False)

        async def shown(lot: str, query: str = "sortBy=key") -> dict[str, str | None]:
            body = (await client.get(f"{LOTS}/{lot}/traces?{query}")).json()
            assert body["meta"]["truncated"] is False
            return {found["key"]: found["inherited_from"] for found in body["data"]}

        assert await shown(ore) == {"ore's forward": None, "ore's own": None}
        assert await shown(steel) == {"ore's forward": ore, "steel's forward": None}
        assert await shown(part) == {"ore's forward": ore, "part's own": None, "steel's forward": steel}
        assert await shown(part, f"origin_lot[eq]={ore}") == {"ore's forward": ore}
        assert await shown(part, "key[ct]=FORWARD&sortBy=key&per_page=1&page=2") == {"steel's forward": steel}
        await set_predecessors(client, steel)
        assert await shown(part) == {"part's own": None, "steel's forward": steel}

    async def test_a_trace_comes_down_once_whatever_the_ways(self, client: httpx2.AsyncClient, lots: Make) -> None:
        root = await lots()
        middle = [await lots(root) for _ in range(3)]
        end = await lots(*middle, root)
        await make_trace(client, origin_model_name="Lot", origin_entity_id=root, bring_forward=True)
        body = (await client.get(f"{LOTS}/{end}/traces")).json()
        assert [found["inherited_from"] for found in body["data"]] == [root]
        assert body["links"]["first"].endswith(f"/lots/{end}/traces?page=1")

    async def test_a_change_of_mind_is_seen_at_once(self, client: httpx2.AsyncClient, lots: Make) -> None:
        root = await lots()
        end = await lots(root)
        trace = await make_trace(client, origin_model_name="Lot", origin_entity_id=root, bring_forward=True)
        await client.patch(f"{TRACES}/{trace['id']}", json={"bring_forward": False})
        assert (await client.get(f"{LOTS}/{end}/traces")).json()["data"] == []

    async def test_a_lineage_without_end_is_cut_and_said_so(
        self, client: httpx2.AsyncClient, lots: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root = await lots()
        end = await lots(await lots(root))
        await make_trace(client, origin_model_name="Lot", origin_entity_id=root, bring_forward=True)
        monkeypatch.setattr("tracepass.traces.lots.DEEPEST_INHERITED", 1)
        body = (await client.get(f"{LOTS}/{end}/traces")).json()
        assert (body["data"], body["meta"]["truncated"]) == ([], True)

    async def test_a_query_that_does_not_fit_is_400_here(self, client: httpx2.AsyncClient, lots: Make) -> None:
        address = f"{LOTS}/{await lots()}/traces"
        for query in ("sortBy=label", "origin_delivery[eq]=x", "page=0"):
            answer = await client.get(f"{address}?{query}")
            assert fault(answer) == (400, "validation_error", [query.partition("=")[0]])


async def test_lots_of_others_and_of_the_other_environment_are_not_there(
    client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, office: Office, workspace: Workspace, lots: Make
) -> None:
    lot = await lots()
    for other in (stranger, await office.client(workspace, environment="test")):
        for path in ("", "/lineage", "/traces"):
            assert (await other.get(f"{LOTS}/{lot}{path}")).status_code == 404
        assert (await other.get(LOTS)).json()["data"]["total"] == 0
    assert (await client.get(f"{LOTS}/{uuid4()}")).status_code == 404
    assert (await client.get(f"{LOTS}/none")).status_code == 404


async def test_each_write_stands_in_the_audit_log(client: httpx2.AsyncClient, lots: Make) -> None:
    lot = await lots()
    await set_predecessors(client, lot, await lots())
    await client.delete(f"{LOTS}/{lot}")
    log = await client.get("/api/v1/audit-log", params={"entity": "lot", "entityId": lot})
    entries = log.json()["data"]["items"]
    assert [(entry["action"], entry["version"]) for entry in entries] == [("delete", 3), ("update", 2), ("create", 1)]
    assert entries[1]["changes"] == ["predecessors", "updatedAt", "version"]
