"""Second life of batteries over HTTP: a new passport, linked with those of the originals."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from tests.api.tracing import fault
from tests.conftest import Make, Office, new_gtin

from tracepass.identity.models import Workspace

PASSPORTS = "/api/v1/passports"
ELSEWHERE = "https://other.example/01/04012345000016/21/ORIGINAL-1"


@pytest.fixture
def second(client: httpx2.AsyncClient, make_product: Make) -> Make:
    """Ask for the passport of a battery made of others: predecessors by id or link."""
    products: dict[httpx2.AsyncClient, str] = {}

    async def ask(
        *predecessors: str,
        kind: str = "repurposing",
        by: httpx2.AsyncClient | None = None,
        gs1: dict[str, str] | None = None,
        **members: Any,
    ) -> httpx2.Response:
        caller = by or client
        if caller not in products:
            products[caller] = (await make_product(caller, name="Second battery", model=new_gtin()))["_id"]
        named = [{"digitalLinkUri" if "/" in one else "passportId": one} for one in predecessors]
        body = {
            "productId": products[caller],
            "gs1": gs1 or {"gtin": new_gtin(), "serialNumber": "SECOND-1"},
            "lineage": {"kind": kind, "predecessors": named},
        }
        return await caller.post(PASSPORTS, json=body | members)

    return ask


async def read(client: httpx2.AsyncClient, passport: dict[str, Any]) -> dict[str, Any]:
    """A passport as it is now."""
    answer = await client.get(f"{PASSPORTS}/{passport['_id']}")
    assert answer.status_code == 200
    return dict(answer.json())


async def publish(client: httpx2.AsyncClient, passport: dict[str, Any]) -> dict[str, Any]:
    """Publish a passport, gaps and all."""
    answer = await client.post(f"{PASSPORTS}/{passport['_id']}/publish", json={"acknowledgeGaps": True})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def scan(client: httpx2.AsyncClient, passport: dict[str, Any], kind: str = "application/ld+json") -> str:
    """What everybody gets under the link of a passport."""
    answer = await client.get(urlsplit(passport["gs1"]["digitalLinkUri"]).path, headers={"Accept": kind})
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize(
    ("kind", "status"),
    [("preparation_for_reuse", "reused"), ("repurposing", "repurposed"), ("remanufacturing", "remanufactured")],
)
async def test_both_ends_are_linked_and_have_the_status_that_follows(
    client: httpx2.AsyncClient, make_passport: Make, second: Make, kind: str, status: str
) -> None:
    original = await make_passport(client, published=True)
    answer = await second(original["_id"], kind=kind)
    made = answer.json()
    assert answer.status_code == 201, answer.text
    link, own = original["gs1"]["digitalLinkUri"], made["gs1"]["digitalLinkUri"]
    assert made["lineage"] == {
        "kind": kind,
        "predecessors": [
            {"passportId": original["_id"], "digitalLinkUri": link, "publishedAt": original["publishedAt"]}
        ],
        "successors": [],
        "batteryStatus": status,
    }
    assert made["fields"]["battery_status"].items() >= {"value": status, "source": "system"}.items()
    assert made["fields"]["predecessor_passports"]["value"] == [{"identifier": link, "url": link}]
    now = await read(client, original)
    assert now["lineage"] == {
        "kind": None,
        "predecessors": [],
        "successors": [{"passportId": made["_id"], "digitalLinkUri": own, "kind": kind, "publishedAt": None}],
        "batteryStatus": status,
    }
    assert (now["version"], now["fields"]["battery_status"]["value"]) == (original["version"] + 1, status)
    assert await read(client, made) == made


async def test_a_passport_without_lineage_does_not_show_one(client: httpx2.AsyncClient, make_passport: Make) -> None:
    assert "lineage" not in await make_passport(client)


async def test_a_battery_of_two_is_linked_with_both_and_one_may_become_many(
    client: httpx2.AsyncClient, make_passport: Make, second: Make
) -> None:
    originals = [await make_passport(client) for _ in range(2)]
    first = (await second(*[one["_id"] for one in originals])).json()
    other = (await second(originals[0]["_id"], kind="remanufacturing")).json()
    now = [await read(client, one) for one in originals]
    assert [[one["passportId"] for one in end["lineage"]["successors"]] for end in now] == [
        [first["_id"], other["_id"]],
        [first["_id"]],
    ]
    assert [end["lineage"]["batteryStatus"] for end in now] == ["remanufactured", "repurposed"]


async def test_what_somebody_calls_waste_is_waste(
    client: httpx2.AsyncClient, make_passport: Make, second: Make
) -> None:
    original = await make_passport(client)
    made = (await second(original["_id"])).json()
    field = {"fields": {"battery_status": {"value": "waste"}}}
    await client.patch(f"{PASSPORTS}/{original['_id']}/fields", json=field)
    assert (await read(client, original))["lineage"]["batteryStatus"] == "waste"
    assert (await read(client, made))["lineage"]["batteryStatus"] == "repurposed"


async def test_its_own_link_names_a_passport_of_the_workspace_at_whatever_host(
    client: httpx2.AsyncClient, make_passport: Make, second: Make
) -> None:
    original = await make_passport(client)
    path = urlsplit(original["gs1"]["digitalLinkUri"]).path
    for host in ("https://id.example.test", "https://codes.brand.example"):
        made = (await second(host + path)).json()
        assert made["lineage"]["predecessors"][0]["passportId"] == original["_id"]
    assert len((await read(client, original))["lineage"]["successors"]) == 2


async def test_a_passport_of_others_is_named_by_its_public_link_and_not_touched(
    stranger: httpx2.AsyncClient, make_passport: Make, second: Make
) -> None:
    theirs = await make_passport(stranger)
    link = theirs["gs1"]["digitalLinkUri"]
    assert fault(await second(link)) == (400, "validation_error", ["lineage.predecessors[0].digitalLinkUri"])
    assert fault(await second(theirs["_id"])) == (400, "validation_error", ["lineage.predecessors[0].passportId"])
    theirs = await publish(stranger, theirs)
    made = (await second(link)).json()
    assert made["lineage"]["predecessors"] == [{"passportId": None, "digitalLinkUri": link, "publishedAt": None}]
    assert await read(stranger, theirs) == theirs


async def test_a_link_to_another_installation_is_taken_as_it_is(client: httpx2.AsyncClient, second: Make) -> None:
    made = (await second(ELSEWHERE)).json()
    assert made["lineage"]["predecessors"][0]["digitalLinkUri"] == ELSEWHERE
    shown = json.loads(await scan(client, await publish(client, made)))
    assert shown["predecessorPassports"] == [ELSEWHERE]


class TestRefusals:
    @pytest.mark.parametrize(
        "link",
        [
            "nonsense/x",
            "https://other.example/01/04012345000016",
            "https://other.example/01/04012345000016/10/LOT",
            "https://other.example/01/04012345000015/21/WRONG-CHECK-DIGIT",
            "https://other.example/00/340123450000000018",
            "ftp://other.example/01/04012345000016/21/1",
            "https://id.example.test/p/01/04012345000016/21/NOBODY",
            "https://id.example.test/test/nobody/p/01/04012345000016/21/NOBODY",
        ],
    )
    async def test_what_is_no_link_of_a_published_item_is_refused(self, second: Make, link: str) -> None:
        answer = await second(link)
        assert fault(answer) == (400, "validation_error", ["lineage.predecessors[0].digitalLinkUri"])

    async def test_other_products_than_batteries_have_no_second_life(
        self, client: httpx2.AsyncClient, make_product: Make, make_passport: Make, second: Make
    ) -> None:
        shoes = (await make_product(client, category="footwear"))["_id"]
        assert fault(await second(ELSEWHERE, productId=shoes)) == (400, "validation_error", ["lineage"])
        shoe = await make_passport(client, productId=shoes)
        assert fault(await second(shoe["_id"])) == (400, "validation_error", ["lineage.predecessors[0].passportId"])

    async def test_models_and_batches_have_none(
        self, client: httpx2.AsyncClient, make_passport: Make, second: Make
    ) -> None:
        for gs1 in ({"gtin": new_gtin()}, {"gtin": new_gtin(), "lot": "L"}):
            assert fault(await second(ELSEWHERE, gs1=gs1)) == (400, "validation_error", ["lineage"])
            model = await make_passport(client, gs1=gs1)
            answer = await second(model["_id"])
            assert fault(answer) == (400, "validation_error", ["lineage.predecessors[0].passportId"])

    async def test_a_predecessor_is_named_once_and_in_one_way(
        self, client: httpx2.AsyncClient, make_passport: Make, second: Make
    ) -> None:
        original = await make_passport(client)
        twice = await second(original["_id"], original["gs1"]["digitalLinkUri"])
        assert fault(twice) == (400, "validation_error", ["lineage.predecessors[1]"])
        for named in ({}, {"passportId": original["_id"], "digitalLinkUri": ELSEWHERE}):
            answer = await second(lineage={"kind": "repurposing", "predecessors": [named]})
            assert fault(answer) == (400, "validation_error", ["lineage.predecessors[0]"])
        assert (await second()).status_code == 400

    async def test_a_status_that_does_not_follow_is_refused(self, second: Make) -> None:
        answer = await second(ELSEWHERE, fields={"battery_status": {"value": "original"}})
        assert fault(answer) == (400, "validation_error", ["fields.battery_status.value"])
        assert (await second(ELSEWHERE, fields={"battery_status": {"value": "repurposed"}})).status_code == 201

    async def test_an_archived_passport_does_not_change_any_more(
        self, client: httpx2.AsyncClient, make_passport: Make, second: Make
    ) -> None:
        original = await make_passport(client, published=True)
        await client.post(f"{PASSPORTS}/{original['_id']}/archive")
        answer = await second(original["_id"])
        assert (answer.status_code, answer.json()["error"]) == (409, "passport_archived")

    async def test_a_battery_does_not_come_from_itself(self, second: Make) -> None:
        gtin = new_gtin()
        own = f"https://other.example/01/{gtin}/21/SELF"
        answer = await second(own, gs1={"gtin": gtin, "serialNumber": "SELF"})
        assert (answer.status_code, answer.json()["error"]) == (409, "lineage_cycle")
        assert answer.json()["details"]["cycle"] == [f"https://id.example.test/p/01/{gtin}/21/SELF", own]

    async def test_nor_by_way_of_others(self, stranger: httpx2.AsyncClient, second: Make) -> None:
        gtin = new_gtin()
        to_be = f"https://other.example/01/{gtin}/21/A"
        theirs = (await second(to_be, by=stranger)).json()
        await publish(stranger, theirs)
        middle = (await second(theirs["gs1"]["digitalLinkUri"])).json()
        answer = await second(middle["_id"], gs1={"gtin": gtin, "serialNumber": "A"})
        assert (answer.status_code, answer.json()["error"]) == (409, "lineage_cycle")
        assert answer.json()["details"]["cycle"][1:] == [
            middle["gs1"]["digitalLinkUri"], theirs["gs1"]["digitalLinkUri"], to_be
        ]  # fmt: skip

    async def test_nothing_is_written_if_the_creation_fails(
        self, client: httpx2.AsyncClient, make_passport: Make, second: Make
    ) -> None:
        original = await make_passport(client)
        gs1 = {"gtin": new_gtin(), "serialNumber": "TAKEN"}
        await make_passport(client, gs1=gs1)
        assert (await second(original["_id"], gs1=gs1)).status_code == 409
        assert await read(client, original) == original

    async def test_test_passports_are_not_linked_with_live_ones(
        self, client: httpx2.AsyncClient, office: Office, workspace: Workspace, make_passport: Make, second: Make
    ) -> None:
        tests = await office.client(workspace, environment="test")
        original, trial = await make_passport(client, published=True), await make_passport(tests, published=True)
        answer = await second(trial["gs1"]["digitalLinkUri"])
        assert fault(answer) == (400, "validation_error", ["lineage.predecessors[0].digitalLinkUri"])
        made = await second(trial["gs1"]["digitalLinkUri"], by=tests)
        assert made.json()["lineage"]["predecessors"][0]["passportId"] == trial["_id"]
        made = await second(original["gs1"]["digitalLinkUri"], by=tests)
        assert made.json()["lineage"]["predecessors"][0]["passportId"] is None
        assert await read(client, original) == original


class TestThePublic:
    async def test_is_shown_links_to_what_is_published_and_no_status(
        self, client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_passport: Make, second: Make
    ) -> None:
        original = await make_passport(client, published=True)
        made = (await second(original["_id"])).json()
        here, there = original["gs1"]["digitalLinkUri"], made["gs1"]["digitalLinkUri"]
        assert "successorPassports" not in json.loads(await scan(anonymous, original))
        assert there not in await scan(anonymous, original, "text/html")
        await publish(client, made)
        assert json.loads(await scan(anonymous, original))["successorPassports"] == [there]
        assert json.loads(await scan(anonymous, made))["predecessorPassports"] == [here]
        for passport, link in ((original, there), (made, here)):
            for kind in ("application/ld+json", "text/html"):
                text = await scan(anonymous, passport, kind)
                assert link in text
                assert "repurpos" not in text.lower()
        assert (await read(client, original))["lineage"]["successors"][0]["publishedAt"] is not None

    async def test_of_an_original_that_is_published_later_its_successor_learns(
        self, client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_passport: Make, second: Make
    ) -> None:
        original = await make_passport(client)
        made = await publish(client, (await second(original["_id"])).json())
        assert "predecessorPassports" not in json.loads(await scan(anonymous, made))
        await publish(client, original)
        link = original["gs1"]["digitalLinkUri"]
        assert json.loads(await scan(anonymous, made))["predecessorPassports"] == [link]

    async def test_the_page_has_a_section_for_both_ends(
        self, client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_passport: Make, second: Make
    ) -> None:
        original = await make_passport(client, published=True)
        made = await publish(client, (await second(original["_id"])).json())
        for passport, heading in ((original, "Later passports"), (made, "Earlier passports")):
            page = await scan(anonymous, passport, "text/html")
            assert 'id="lineage"' in page
            assert heading in page
        assert 'id="lineage"' not in await scan(anonymous, await make_passport(client, published=True), "text/html")


class TestDeleting:
    async def test_a_draft_leaves_its_lineage(
        self, client: httpx2.AsyncClient, make_passport: Make, second: Make
    ) -> None:
        original = await make_passport(client, published=True)
        first = (await second(original["_id"])).json()
        last = (await second(original["_id"], kind="remanufacturing")).json()
        await client.delete(f"{PASSPORTS}/{last['_id']}")
        now = await read(client, original)
        assert [one["passportId"] for one in now["lineage"]["successors"]] == [first["_id"]]
        assert now["fields"]["battery_status"]["value"] == now["lineage"]["batteryStatus"] == "repurposed"
        await client.delete(f"{PASSPORTS}/{first['_id']}")
        now = await read(client, original)
        assert ("lineage" in now, now["fields"]["battery_status"]["value"]) == (False, "original")

    async def test_a_status_that_was_changed_since_stays(
        self, client: httpx2.AsyncClient, make_passport: Make, second: Make
    ) -> None:
        original = await make_passport(client)
        made = (await second(original["_id"])).json()
        field = {"fields": {"battery_status": {"value": "waste"}}}
        await client.patch(f"{PASSPORTS}/{original['_id']}/fields", json=field)
        await client.delete(f"{PASSPORTS}/{made['_id']}")
        assert (await read(client, original))["fields"]["battery_status"]["value"] == "waste"

    async def test_an_original_with_successors_stays(
        self, client: httpx2.AsyncClient, make_passport: Make, second: Make
    ) -> None:
        original = await make_passport(client)
        made = (await second(original["_id"])).json()
        answer = await client.delete(f"{PASSPORTS}/{original['_id']}")
        assert (answer.status_code, answer.json()["error"]) == (409, "passport_has_successors")
        assert answer.json()["details"] == {"successors": [made["_id"]]}
        await client.delete(f"{PASSPORTS}/{made['_id']}")
        assert (await client.delete(f"{PASSPORTS}/{original['_id']}")).status_code == 200


async def test_many_made_at_once_of_one_original_are_all_linked(
    client: httpx2.AsyncClient, make_passport: Make, second: Make
) -> None:
    original = await make_passport(client, published=True)
    await second(ELSEWHERE)
    answers = await asyncio.gather(*(second(original["_id"]) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {201}
    linked = {one["passportId"] for one in (await read(client, original))["lineage"]["successors"]}
    assert linked == {answer.json()["_id"] for answer in answers}
    states = await client.get(f"{PASSPORTS}/{original['_id']}/snapshots")
    assert states.json()["data"]["total"] == 11


async def test_what_an_editor_makes_waits_for_review_at_both_ends(
    client: httpx2.AsyncClient, office: Office, workspace: Workspace, make_passport: Make, second: Make
) -> None:
    product = await client.post("/api/v1/products", json={"name": "P", "model": "M", "category": "battery"})
    fields = {"battery_status": {"value": "original"}}
    original = await make_passport(client, productId=product.json()["_id"], fields=fields)
    editor = await office.person(workspace, "editor")
    made = (await second(original["_id"], by=editor)).json()
    assert made["fields"]["battery_status"]["status"] == "pending_review"
    field = (await read(client, original))["fields"]["battery_status"]
    assert (field["value"], field["pending"]["value"]) == ("original", "repurposed")


async def test_a_repeated_creation_links_once(
    client: httpx2.AsyncClient, make_passport: Make, make_product: Make
) -> None:
    original = await make_passport(client)
    body = {
        "productId": (await make_product(client, model="again"))["_id"],
        "gs1": {"gtin": new_gtin(), "serialNumber": "S"},
        "lineage": {"kind": "repurposing", "predecessors": [{"passportId": original["_id"]}]},
    }
    headers = {"Idempotency-Key": "once"}
    first = await client.post(PASSPORTS, json=body, headers=headers)
    again = await client.post(PASSPORTS, json=body, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert len((await read(client, original))["lineage"]["successors"]) == 1


async def test_an_export_tells_the_lineage_whole(client: httpx2.AsyncClient, make_passport: Make, second: Make) -> None:
    original = await make_passport(client)
    made = (await second(original["_id"])).json()
    found = (await client.get("/api/v1/exports/tenant")).json()
    told = {one["_id"]: one["lineage"] for one in found["passports"]}
    del made["lineage"]["batteryStatus"]
    assert told[made["_id"]] == made["lineage"]
    assert told[original["_id"]]["successors"][0]["passportId"] == made["_id"]
    assert found["@context"]["lineage"] == {"@type": "@json"}
