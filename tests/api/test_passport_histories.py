"""The history of what a passport is about, as a document of EPCIS."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx2
import jsonschema_rs
import pytest
from pyld import jsonld
from tests.api.capturing import EPCIS, Event, capture, document, event
from tests.api.test_epcis_graphs import loader
from tests.conftest import MovableClock, new_gtin
from tests.unit.epcis.examples import FOLDER

from tracepass.epcis.documents import read_document
from tracepass.epcis.validation import problems_in

PASSPORTS = "/api/v1/passports"
GLN = "4012345000009"
WORKSHOP = {"legalName": "Radwerk Service GmbH", "gln": GLN, "country": "DE"}


def link_of(passport: dict[str, Any]) -> str:
    gs1 = passport["gs1"]
    return f"https://id.gs1.org/01/{gs1['gtin']}/21/{gs1['serialNumber']}"


def observed(day: str = "2026-02-01", **members: Any) -> Event:
    """Return an event of its own."""
    return event(**{"eventTime": f"{day}T12:00:00.000Z", "epcList": None} | members)


async def captured(client: httpx2.AsyncClient, *events: Event) -> None:
    job = await capture(client, document(*events))
    assert job["success"], job


async def exported(client: httpx2.AsyncClient, passport: dict[str, Any], **query: Any) -> list[Event]:
    answer = await client.get(f"{PASSPORTS}/{passport['_id']}/epcis", params=query)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert problems_in(read_document(document)) == []
    if (FOLDER / "EPCIS-JSON-Schema.json").exists():
        schema = json.loads((FOLDER / "EPCIS-JSON-Schema.json").read_text("utf-8"))
        assert [str(fault) for fault in jsonschema_rs.validator_for(schema).iter_errors(document)] == []
    return list(document["epcisBody"]["eventList"])


def steps_of(events: list[Event]) -> list[str | None]:
    return [event.get("bizStep") for event in events]


@pytest.fixture
async def passport(client: httpx2.AsyncClient, make_passport: Any) -> dict[str, Any]:
    """A published passport of an item."""
    return dict(await make_passport(client, published=True))


class TestStates:
    async def test_publishing_commissions_the_item(
        self, client: httpx2.AsyncClient, make_passport: Any, gtin: str
    ) -> None:
        gs1 = {"gtin": gtin, "serialNumber": "S-1", "lot": "L-1"}
        passport = await make_passport(client, published=True, gs1=gs1)
        (event,) = await exported(client, passport)
        assert event.pop("eventID").startswith("urn:uuid:")
        published = (await client.get(f"{PASSPORTS}/{passport['_id']}")).json()["publishedAt"]
        assert event == {
            "type": "ObjectEvent",
            "eventTime": published,
            "recordTime": published,
            "eventTimeZoneOffset": "+00:00",
            "action": "ADD",
            "bizStep": "commissioning",
            "disposition": "active",
            "epcList": [f"https://id.gs1.org/01/{gtin}/21/S-1"],
            "ilmd": {"cbvmda:lotNumber": "L-1"},
        }

    @pytest.mark.parametrize(("lot", "tail"), [(None, ""), ("L/1", "/10/L%2F1")])
    async def test_a_model_or_batch_is_named_by_its_class(
        self, client: httpx2.AsyncClient, make_passport: Any, gtin: str, lot: str | None, tail: str
    ) -> None:
        gs1 = {"gtin": gtin} if lot is None else {"gtin": gtin, "lot": lot}
        passport = await make_passport(client, published=True, gs1=gs1)
        (event,) = await exported(client, passport)
        assert event["quantityList"] == [{"epcClass": f"https://id.gs1.org/01/{gtin}{tail}"}]

    async def test_a_draft_has_no_history(self, client: httpx2.AsyncClient, make_passport: Any) -> None:
        assert await exported(client, await make_passport(client)) == []

    async def test_archiving_decommissions_and_suspending_says_nothing(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], clock: MovableClock
    ) -> None:
        address = f"{PASSPORTS}/{passport['_id']}"
        for move, body in (("suspend", {"reason": "recall"}), ("republish", {}), ("archive", {})):
            clock.move(minutes=1)
            assert (await client.post(f"{address}/{move}", json=body)).status_code == 200
        events = await exported(client, passport)
        assert [(event["bizStep"], event["action"], event["disposition"]) for event in events] == [
            ("commissioning", "ADD", "active"),
            ("decommissioning", "DELETE", "inactive"),
        ]


class TestSupplyChain:
    async def test_rows_with_a_day_are_steps(
        self, client: httpx2.AsyncClient, make_product: Any, make_passport: Any
    ) -> None:
        product = await make_product(client, category="food-fmcg")
        passport = await make_passport(client, productId=product["_id"])
        rows = [
            {"step": "Shipping", "facility_id": GLN, "operator": "Hof", "date": "2026-01-02", "country": "DE"},
            {"step": "Milling", "facility_id": "Mill 3", "operator_id": "M-1", "date": "2026-01-01"},
            {"step": "Milling", "facility_id": "Mill 3", "operator_id": "M-1", "date": "2026-01-01"},
            {"step": "Sowing"},
        ]
        address = f"{PASSPORTS}/{passport['_id']}/fields/supply_chain"
        assert (await client.patch(address, json={"value": rows})).status_code == 200
        events = await exported(client, passport)
        assert [event["eventTime"] for event in events] == [
            "2026-01-01T00:00:00.000Z",
            "2026-01-01T00:00:00.000Z",
            "2026-01-02T00:00:00.000Z",
        ]
        assert len({event["eventID"] for event in events}) == 3
        assert events[0]["tracepass:facility"] == "Mill 3"
        assert "bizStep" not in events[0]
        assert events[2]["bizStep"] == "shipping"
        assert events[2]["readPoint"] == {"id": f"https://id.gs1.org/414/{GLN}"}
        assert events[2]["tracepass:performedBy"] == {"tracepass:legalName": "Hof"}

    async def test_what_waits_for_review_is_no_history_yet(
        self, client: httpx2.AsyncClient, make_product: Any, make_passport: Any
    ) -> None:
        product = await make_product(client, category="food-fmcg")
        passport = await make_passport(client, productId=product["_id"])
        value = {"value": [{"step": "Shipping", "date": "2026-01-02"}], "source": "ai_suggested"}
        await client.patch(f"{PASSPORTS}/{passport['_id']}/fields/supply_chain", json=value)
        assert await exported(client, passport) == []


class TestLife:
    async def test_services_and_transfers_are_events(
        self, client: httpx2.AsyncClient, passport: dict[str, Any]
    ) -> None:
        address = f"{PASSPORTS}/{passport['_id']}"
        service = {
            "kind": "part_replacement",
            "at": "2026-01-05T10:00:00Z",
            "performedBy": WORKSHOP,
            "place": {"gln": GLN, "name": "Workshop"},
            "description": "Connector replaced.",
            "parts": [{"name": "Connector", "serialNumber": "C-1"}],
            "documents": [{"url": "https://radwerk.example/report.pdf"}],
        }
        private = {"type": "private", "reference": "customer 4711"}
        sale = {"kind": "sale", "at": "2026-01-04T10:00:00Z", "from": {"type": "company", **WORKSHOP}, "to": private}
        lease = {"kind": "lease", "at": "2026-01-06T10:00:00Z", "from": private, "to": {"type": "company", **WORKSHOP}}
        back = {"kind": "return", "at": "2026-01-07T10:00:00Z", "from": private, "to": private}
        assert (await client.post(f"{address}/service-events", json=service)).status_code == 201
        for transfer in (sale, lease, back):
            assert (await client.post(f"{address}/ownership-transfers", json=transfer)).status_code == 201
        events = await exported(client, passport)
        assert steps_of(events) == ["retail_selling", "replacing", "accepting", "accepting", "commissioning"]
        sold, replaced, leased, returned, _ = events
        assert sold["sourceList"] == [{"type": "owning_party", "source": f"https://id.gs1.org/417/{GLN}"}]
        assert sold["disposition"] == "retail_sold"
        assert sold["tracepass:toOwner"] == {"tracepass:ownerType": "private"}
        assert leased["destinationList"][0]["type"] == "possessing_party"
        assert returned["disposition"] == "returned"
        assert replaced["readPoint"] == {"id": f"https://id.gs1.org/414/{GLN}"}
        assert replaced["tracepass:parts"] == [
            {"tracepass:name": "Connector", "tracepass:serialNumber": "C-1"},
        ]
        assert "4711" not in json.dumps(events)

    async def test_a_wrong_entry_is_told_again_with_its_declaration(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], clock: MovableClock
    ) -> None:
        address = f"{PASSPORTS}/{passport['_id']}/service-events"
        wrong, right = [
            (await client.post(address, json={"kind": kind, "at": "2026-01-05T10:00:00Z"})).json()
            for kind in ("repair", "inspection")
        ]
        clock.move(minutes=1)
        declared = {"reason": "incorrect_data", "correctiveIds": [right["_id"]]}
        await client.patch(f"{address}/{wrong['_id']}", json={"errorDeclaration": declared})
        repaired, inspected, told, _ = await exported(client, passport)
        assert told["eventID"] == repaired["eventID"]
        assert told["errorDeclaration"]["correctiveEventIDs"] == [inspected["eventID"]]
        assert told["errorDeclaration"]["reason"] == "incorrect_data"


class TestCaptured:
    async def test_events_count_whenever_they_were_captured(
        self, client: httpx2.AsyncClient, make_passport: Any, gtin: str
    ) -> None:
        link = f"https://id.gs1.org/01/{gtin}/21/A%2F1"
        before = observed("2026-02-01", epcList=[link], **{"ex:note": "before"})
        await captured(client, before)
        passport = await make_passport(client, published=True, gs1={"gtin": gtin, "serialNumber": "A/1"})
        after = observed("2026-02-02", epcList=[link.replace("id.gs1.org", "brand.example")])
        parent = {
            "type": "AggregationEvent",
            **{name: value for name, value in observed("2026-02-03").items() if name != "type"},
            "parentID": link,
            "childEPCs": ["urn:epc:id:sscc:0614141.1234567890"],
        }
        await captured(client, after, parent, observed(epcList=[f"https://id.gs1.org/01/{gtin}/21/A"]))
        events = await exported(client, passport)
        assert [event["eventID"] for event in events[:-1]] == [before["eventID"], after["eventID"], parent["eventID"]]
        assert events[0]["ex:note"] == "before"

    async def test_an_item_has_the_events_of_its_lot_and_a_model_those_of_its_gtin(
        self, client: httpx2.AsyncClient, make_passport: Any, gtin: str
    ) -> None:
        lot, model = f"https://id.gs1.org/01/{gtin}/10/L1", f"https://id.gs1.org/01/{gtin}"
        of_lot, of_model = (observed(quantityList=[{"epcClass": name, "quantity": 5}]) for name in (lot, model))
        await captured(client, of_lot, of_model)
        item = await make_passport(client, gs1={"gtin": gtin, "serialNumber": "S", "lot": "L1"})
        batch = await make_passport(client, gs1={"gtin": gtin, "lot": "L1"})
        whole = await make_passport(client, gs1={"gtin": gtin})
        found = [[event["eventID"] for event in await exported(client, one)] for one in (item, batch, whole)]
        assert found == [[of_lot["eventID"]], [of_lot["eventID"]], [of_model["eventID"]]]

    async def test_what_others_capture_is_not_told(
        self, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, passport: dict[str, Any]
    ) -> None:
        await captured(stranger, observed(epcList=[link_of(passport)]))
        assert steps_of(await exported(client, passport)) == ["commissioning"]
        assert (await stranger.get(f"{PASSPORTS}/{passport['_id']}/epcis")).status_code == 404

    async def test_links_of_serials_with_a_slash_are_known_to_captures(
        self, client: httpx2.AsyncClient, make_passport: Any, gtin: str
    ) -> None:
        await make_passport(client, gs1={"gtin": gtin, "serialNumber": "A/1"})
        event = observed(epcList=[f"https://id.gs1.org/01/{gtin}/21/A%2F1"])
        context = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]
        job = (await client.post(f"{EPCIS}/capture", json=event | {"@context": context})).json()
        assert job["warnings"] == []


class TestDocuments:
    async def test_two_exports_are_equal(self, client: httpx2.AsyncClient, passport: dict[str, Any]) -> None:
        await client.post(
            f"{PASSPORTS}/{passport['_id']}/service-events", json={"kind": "upgrade", "at": "2026-01-05T10:00:00Z"}
        )
        assert await exported(client, passport) == await exported(client, passport)

    async def test_the_twin_by_serial_tells_the_same(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], make_passport: Any
    ) -> None:
        twin = f"{PASSPORTS}/by-serial/{passport['gs1']['serialNumber']}/epcis"
        answer = await client.get(twin)
        assert answer.json()["epcisBody"]["eventList"] == await exported(client, passport)
        await make_passport(client, gs1={"gtin": new_gtin(), "serialNumber": passport["gs1"]["serialNumber"]})
        assert (await client.get(twin)).json()["error"] == "ambiguous_serial"

    async def test_an_export_can_be_captured_elsewhere(
        self, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, passport: dict[str, Any]
    ) -> None:
        await captured(client, observed(epcList=[link_of(passport)], **{"ex:note": "x"}))
        for media in ("application/json", "application/xml"):
            answer = await client.get(f"{PASSPORTS}/{passport['_id']}/epcis", headers={"Accept": media})
            assert answer.headers["content-type"] == media
            taken = await stranger.post(f"{EPCIS}/capture", content=answer.content, headers={"Content-Type": media})
            assert taken.json()["errors"] == []
            assert taken.json()["capturedCount"] + taken.json()["repeatedCount"] == 2
        assert taken.json()["repeatedCount"] == 2

    async def test_all_that_is_derived_has_a_form_in_xml(
        self, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, passport: dict[str, Any]
    ) -> None:
        address = f"{PASSPORTS}/{passport['_id']}"
        service = {
            "kind": "repair",
            "at": "2026-01-05T10:00:00Z",
            "performedBy": WORKSHOP,
            "place": {"gln": GLN, "name": "Workshop"},
            "parts": [{"name": "Connector", "serialNumber": "C-1"}, {"name": "Seal"}],
            "documents": [{"url": "https://radwerk.example/1.pdf"}, {"url": "https://radwerk.example/2.pdf"}],
        }
        made = (await client.post(f"{address}/service-events", json=service)).json()
        wrong = {"errorDeclaration": {"reason": "did_not_occur"}}
        assert (await client.patch(f"{address}/service-events/{made['_id']}", json=wrong)).status_code == 200
        for accept, media in (({"Accept": "application/xml"}, "application/xml"), ({}, "application/json")):
            answer = await client.get(f"{address}/epcis", headers=accept)
            headers = {"Content-Type": media}
            taken = (await stranger.post(f"{EPCIS}/capture", content=answer.content, headers=headers)).json()
            assert taken["errors"] == []
        assert (taken["capturedCount"], taken["repeatedCount"]) == (0, 3)

    async def test_every_term_of_ours_is_described(
        self, client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_product: Any, make_passport: Any
    ) -> None:
        product = await make_product(client, category="food-fmcg")
        passport = await make_passport(client, productId=product["_id"], published=True)
        address = f"{PASSPORTS}/{passport['_id']}"
        company = WORKSHOP | {"legacyOperatorId": "HRB 1", "url": "https://radwerk.example"}
        service = {
            "kind": "repair",
            "at": "2026-01-05T10:00:00Z",
            "performedBy": company,
            "place": {"name": "Workshop", "country": "DE"},
            "description": "Connector replaced.",
            "parts": [{"name": "Connector", "partNumber": "C", "serialNumber": "C-1"}],
            "documents": [{"url": "https://radwerk.example/1.pdf"}],
            "reference": "WO-1",
        }
        sale = {
            "kind": "sale",
            "at": "2026-01-04T10:00:00Z",
            "from": {"type": "company", **company},
            "to": {"type": "private"},
        }
        rows = [
            {
                "step": "Milling",
                "facility_id": "Mill 3",
                "operator": "Hof",
                "operator_id": "M",
                "country": "DE",
                "date": "2026-01-01",
            }
        ]
        assert (await client.post(f"{address}/service-events", json=service)).status_code == 201
        assert (await client.post(f"{address}/ownership-transfers", json=sale)).status_code == 201
        assert (await client.patch(f"{address}/fields/supply_chain", json={"value": rows})).status_code == 200
        told = await exported(client, passport)
        used = set(re.findall(r'"tracepass:(\w+)"', json.dumps(told)))
        vocabulary = (await anonymous.get("/vocab/passport")).json()
        described = {term["@id"].partition("#")[2] for term in vocabulary["terms"]}
        assert len(used) > 20
        whole = (await client.get(f"{address}/epcis")).json()
        expanded = json.dumps(jsonld.expand(whole, {"documentLoader": loader(None)}))
        assert used == set(re.findall(r'"https://api.example.test/vocab/passport#(\w+)"', expanded))
        assert used - described == set()

    async def test_other_types_are_not_answered(self, client: httpx2.AsyncClient, passport: dict[str, Any]) -> None:
        address = f"{PASSPORTS}/{passport['_id']}/epcis"
        answer = await client.get(address, headers={"Accept": "text/csv"})
        assert (answer.status_code, answer.json()["error"]) == (406, "not_acceptable")

    @pytest.mark.parametrize("size", [1, 2, 3])
    async def test_pages_follow_each_other_without_a_gap(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], size: int
    ) -> None:
        address = f"{PASSPORTS}/{passport['_id']}"
        for day in ("01", "02", "02", "02", "03"):
            body = {"kind": "inspection", "at": f"2026-02-{day}T12:00:00Z"}
            assert (await client.post(f"{address}/service-events", json=body)).status_code == 201
        days = ("2026-02-01", "2026-02-02", "2026-02-02", "2026-02-04")
        await captured(client, *(observed(day, epcList=[link_of(passport)]) for day in days))
        whole = await exported(client, passport)
        assert len(whole) == 10
        assert [event["eventTime"] for event in whole] == sorted(event["eventTime"] for event in whole)
        found, following = [], f"{address}/epcis?perPage={size}"
        while following:
            answer = await client.get(following)
            assert answer.status_code == 200, answer.text
            page = answer.json()["epcisBody"]["eventList"]
            assert len(page) <= size
            found += [(event["eventID"], event["eventTime"]) for event in page]
            following = answer.headers.get("link", "").partition(">")[0].removeprefix("<")
        assert found == [(event["eventID"], event["eventTime"]) for event in whole]

    async def test_tokens_of_others_are_refused(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], make_passport: Any
    ) -> None:
        await captured(client, observed(epcList=[link_of(passport)]))
        address = f"{PASSPORTS}/{passport['_id']}/epcis"
        link = (await client.get(address, params={"perPage": 1})).headers["link"]
        token = link.partition("nextPageToken=")[2].partition(">")[0]
        other = await make_passport(client)
        for where, text in ((f"{PASSPORTS}/{other['_id']}/epcis", token), (address, "nonsense")):
            answer = await client.get(where, params={"nextPageToken": text})
            assert answer.status_code == 400
            assert "nextPageToken" in answer.json()["details"]["fieldErrors"]


class TestProducts:
    async def test_a_product_has_the_events_of_its_items_lots_and_models(
        self, client: httpx2.AsyncClient, make_product: Any, make_passport: Any
    ) -> None:
        product = await make_product(client)
        one, other, else_ = new_gtin(), new_gtin(), new_gtin()
        for gtin in (one, other):
            await make_passport(client, productId=product["_id"], gs1={"gtin": gtin})
        await make_passport(client, gs1={"gtin": else_})
        named = [
            observed("2026-02-01", epcList=[f"https://id.gs1.org/01/{one}/21/never-made"]),
            observed("2026-02-02", quantityList=[{"epcClass": f"https://id.gs1.org/01/{one}/10/L1"}]),
            observed("2026-02-03", quantityList=[{"epcClass": f"https://id.gs1.org/01/{other}"}]),
        ]
        await captured(client, *named, observed(epcList=[f"https://id.gs1.org/01/{else_}/21/1"]))
        address = f"/api/v1/products/{product['_id']}/epcis"
        found, following = [], f"{address}?perPage=2"
        while following:
            answer = await client.get(following)
            assert answer.status_code == 200, answer.text
            found += [event["eventID"] for event in answer.json()["epcisBody"]["eventList"]]
            following = answer.headers.get("link", "").partition(">")[0].removeprefix("<")
        assert found == [event["eventID"] for event in named]

    async def test_a_product_without_passports_has_no_events(
        self, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, make_product: Any
    ) -> None:
        address = f"/api/v1/products/{(await make_product(client))['_id']}/epcis"
        assert (await client.get(address)).json()["epcisBody"]["eventList"] == []
        assert (await stranger.get(address)).status_code == 404
