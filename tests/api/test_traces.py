"""Traces over HTTP: tracezilla's surface, names, shapes and refusals."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx2
import pytest
from tests.api.tracing import TRACES, fault, make_lot, make_trace
from tests.conftest import ORIGIN, Make, Office

from tracepass.identity.models import Workspace

SEED = json.loads((Path(__file__).parents[1] / "fixtures/seed_004.json").read_text())
SAMPLE, SYSTEMS = SEED["sample"], SEED["systems"]
READ_ONLY = {"id", "created_at", "updated_at"}
BODY = {
    "origin_entity_id": "be3233c4-c0a2-4f47-a62a-303492c20ba6",
    "origin_model_name": "Delivery",
    "key": "ABC1234",
    "system": "batch_number",
}


async def keys(client: httpx2.AsyncClient, query: Any, path: str = TRACES) -> list[str]:
    """The keys of the traces that a list shows."""
    answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return [trace["key"] for trace in answer.json()["data"]]


class TestTheSeed:
    async def test_its_sample_is_taken_and_shown_as_it_was_sent(self, client: httpx2.AsyncClient) -> None:
        answer = await client.post(TRACES, json=SAMPLE)
        trace = answer.json()["data"]
        assert answer.status_code == 201
        assert trace.keys() == SAMPLE.keys()
        assert {name: trace[name] for name in trace.keys() - READ_ONLY} == {
            name: SAMPLE[name] for name in SAMPLE.keys() - READ_ONLY
        }
        assert all(trace[name] != SAMPLE[name] for name in READ_ONLY)
        assert answer.headers["location"] == f"{TRACES}/{trace['id']}"

    @pytest.mark.parametrize("system", SYSTEMS)
    async def test_takes_every_system(self, client: httpx2.AsyncClient, system: str) -> None:
        assert (await make_trace(client, system=system))["system"] == system

    @pytest.mark.parametrize("model", ["Delivery", "Lot", "Order"])
    @pytest.mark.parametrize("linked", ["PartnerCertificate", "Partner"])
    async def test_takes_every_kind_of_origin_and_link(
        self, client: httpx2.AsyncClient, model: str, linked: str
    ) -> None:
        link = {"link_entity_id": str(uuid4()), "link_model_name": linked}
        trace = await make_trace(client, origin_model_name=model, **link)
        assert (trace["origin_model_name"], trace["link_model_name"]) == (model, linked)


class TestCreating:
    async def test_only_lots_use_bring_forward_so_it_is_false_unless_said(self, client: httpx2.AsyncClient) -> None:
        trace = await make_trace(client)
        assert (trace["bring_forward"], trace["hide_on_documents"], trace["label"]) == (False, False, None)

    async def test_the_origin_need_not_be_known_here(self, client: httpx2.AsyncClient) -> None:
        assert await make_trace(client, origin_model_name="Lot", origin_entity_id=str(uuid4()))

    async def test_bringing_forward_demands_a_lot_of_the_workspace(
        self, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, make_product: Make
    ) -> None:
        theirs = await make_lot(stranger, (await make_product(stranger))["_id"], "L1")
        ours = await make_lot(client, (await make_product(client))["_id"], "L1")
        forward = BODY | {"bring_forward": True, "origin_model_name": "Lot"}
        for unknown in (str(uuid4()), theirs["id"]):
            answer = await client.post(TRACES, json=forward | {"origin_entity_id": unknown})
            assert fault(answer) == (406, "not_acceptable", ["origin_entity_id"])
        answer = await client.post(TRACES, json=forward | {"origin_entity_id": ours["id"].upper()})
        assert answer.status_code == 201
        assert answer.json()["data"]["origin_entity_id"] == ours["id"]

    @pytest.mark.parametrize("model", ["Delivery", "Order"])
    async def test_nothing_but_a_lot_is_brought_forward(self, client: httpx2.AsyncClient, model: str) -> None:
        answer = await client.post(TRACES, json=BODY | {"bring_forward": True, "origin_model_name": model})
        assert fault(answer) == (406, "not_acceptable", ["bring_forward"])

    @pytest.mark.parametrize(
        ("members", "path"),
        [
            ({"key": ""}, "key"),
            ({"key": "   "}, "key"),
            ({"key": "x" * 201}, "key"),
            ({"key": 5}, "key"),
            ({"key": None}, "key"),
            ({"system": "barcode"}, "system"),
            ({"origin_model_name": "Pallet"}, "origin_model_name"),
            ({"origin_entity_id": "12"}, "origin_entity_id"),
            ({"origin_entity_id": "{be3233c4-c0a2-4f47-a62a-303492c20ba6}"}, "origin_entity_id"),
            ({"bring_forward": "false"}, "bring_forward"),
            ({"hide_on_documents": 0}, "hide_on_documents"),
            ({"link_model_name": "Partner"}, "link_entity_id"),
            ({"link_entity_id": "be3233c4-c0a2-4f47-a62a-303492c20ba6"}, "link_model_name"),
            ({"link_model_name": "Customer"}, "link_model_name"),
            ({"bringForward": True}, "bringForward"),
            ({"created_at": "yesterday"}, "created_at"),
            ({"label": "a\u0000b"}, "label"),
        ],
    )
    async def test_what_does_not_fit_is_406_with_its_place(
        self, client: httpx2.AsyncClient, members: dict[str, Any], path: str
    ) -> None:
        answer = await client.post(TRACES, json=BODY | members)
        assert fault(answer) == (406, "not_acceptable", [path])
        assert answer.json()["details"]["fieldErrors"][path]

    @pytest.mark.parametrize("missing", BODY)
    async def test_what_is_required_is_named(self, client: httpx2.AsyncClient, missing: str) -> None:
        body = {name: value for name, value in BODY.items() if name != missing}
        assert fault(await client.post(TRACES, json=body)) == (406, "not_acceptable", [missing])

    @pytest.mark.parametrize(
        "text", ["{", "[]", '{"key": NaN}', "nonsense", '"x"', "[" * 40 + "]" * 40, '{"key": 99999999999999999999}']
    )
    async def test_what_is_no_json_object_is_406_too(self, client: httpx2.AsyncClient, text: str) -> None:
        headers = {"Content-Type": "application/json"}
        for answer in (
            await client.post(TRACES, content=text, headers=headers),
            await client.post(TRACES, content=text, headers=headers | {"Idempotency-Key": uuid4().hex}),
        ):
            assert (answer.status_code, answer.json()["error"]) == (406, "not_acceptable")

    async def test_malformed_json_is_pointed_at(self, client: httpx2.AsyncClient) -> None:
        headers = {"Content-Type": "application/json"}
        answer = await client.post(TRACES, content='{"key": ]', headers=headers)
        assert answer.json()["details"] == {"line": 1, "column": 9, "position": 8}

    async def test_an_unknown_parameter_is_406(self, client: httpx2.AsyncClient) -> None:
        assert fault(await client.post(f"{TRACES}?dry=1", json=BODY)) == (406, "not_acceptable", ["dry"])


class TestOne:
    async def test_is_read_changed_and_deleted(self, client: httpx2.AsyncClient, clock: Any) -> None:
        trace = await make_trace(client)
        address = f"{TRACES}/{trace['id']}"
        read = await client.get(address)
        assert (read.json(), read.headers["etag"]) == ({"data": trace}, '"1"')
        clock.move(seconds=5)
        patch = await client.patch(address, json={"label": "Batch", "hide_on_documents": True})
        after = patch.json()["data"]
        assert (patch.status_code, patch.headers["etag"]) == (200, '"2"')
        assert after == {
            **trace, "label": "Batch", "hide_on_documents": True, "updated_at": after["updated_at"]
        }  # fmt: skip
        assert after["updated_at"] > trace["updated_at"]
        assert (await client.delete(address)).json() == {"message": "The trace 'ABC1234' was deleted."}
        for answer in (await client.get(address), await client.delete(address), await client.patch(address, json={})):
            assert (answer.status_code, answer.json()["error"]) == (404, "not_found")

    async def test_its_id_may_be_written_in_capitals(self, client: httpx2.AsyncClient) -> None:
        trace = await make_trace(client)
        assert (await client.get(f"{TRACES}/{trace['id'].upper()}")).status_code == 200

    async def test_a_label_and_a_link_are_taken_away_by_null(self, client: httpx2.AsyncClient) -> None:
        trace = await make_trace(client, label="B", link_entity_id=str(uuid4()), link_model_name="Partner")
        gone = {"label": None, "link_entity_id": None, "link_model_name": None}
        answer = await client.patch(f"{TRACES}/{trace['id']}", json=gone)
        assert answer.json()["data"].items() >= gone.items()

    @pytest.mark.parametrize(
        ("members", "path"),
        [
            ({"key": None}, "key"),
            ({"link_entity_id": None, "link_model_name": "Partner"}, "link_entity_id"),
            ({"bring_forward": True}, "bring_forward"),
            ({"origin_model_name": "Lot", "bring_forward": True}, "origin_entity_id"),
        ],
    )
    async def test_a_change_that_does_not_fit_is_406(
        self, client: httpx2.AsyncClient, members: dict[str, Any], path: str
    ) -> None:
        trace = await make_trace(client)
        for headers in ({}, {"Idempotency-Key": uuid4().hex}):
            answer = await client.patch(f"{TRACES}/{trace['id']}", json=members, headers=headers)
            assert fault(answer) == (406, "not_acceptable", [path])
        assert (await client.get(f"{TRACES}/{trace['id']}")).json()["data"] == trace

    async def test_what_was_read_may_be_sent_back(self, client: httpx2.AsyncClient) -> None:
        trace = await make_trace(client)
        answer = await client.patch(f"{TRACES}/{trace['id']}", json=trace)
        assert (answer.json()["data"], answer.headers["etag"]) == (trace, '"1"')

    async def test_a_change_of_the_key_is_found_by_its_parts(self, client: httpx2.AsyncClient) -> None:
        trace = await make_trace(client)
        await client.patch(f"{TRACES}/{trace['id']}", json={"key": "ZEBRA"})
        assert await keys(client, {"key[ct]": "ebr"}) == ["ZEBRA"]
        assert await keys(client, {"key[ct]": "bc1"}) == []

    @pytest.mark.parametrize("unknown", ["x", "3f0d6c53-6f0b-4d3e-9a51-2f7d1c6f0f11", "0123456789abcdef01234567"])
    async def test_what_is_not_there_is_not_found_whatever_it_looks_like(
        self, client: httpx2.AsyncClient, unknown: str
    ) -> None:
        answer = await client.get(f"{TRACES}/{unknown}")
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")

    async def test_many_changes_at_once_all_take_place(self, client: httpx2.AsyncClient) -> None:
        trace = await make_trace(client)
        labels = [f"label {number}" for number in range(20)]
        answers = await asyncio.gather(
            *(client.patch(f"{TRACES}/{trace['id']}", json={"label": label}) for label in labels)
        )
        assert {answer.status_code for answer in answers} == {200}
        assert (await client.get(f"{TRACES}/{trace['id']}")).headers["etag"] == '"21"'


class TestListing:
    async def test_the_frame_is_that_of_the_seed(self, client: httpx2.AsyncClient) -> None:
        for number in range(5):
            await make_trace(client, key=f"K{number}")
        query = {"key[ct]": "K", "sortBy": "key", "per_page": "2", "page": "2"}
        body = (await client.get(TRACES, params=query)).json()
        assert [trace["key"] for trace in body["data"]] == ["K2", "K3"]
        assert body["meta"] == {
            "current_page": 2, "from": 3, "last_page": 3, "path": ORIGIN + TRACES, "per_page": 2, "to": 4, "total": 5,
        }  # fmt: skip
        pages = {name: parse_qs(urlsplit(link).query).pop("page") for name, link in body["links"].items()}
        assert pages == {"first": ["1"], "last": ["3"], "prev": ["1"], "next": ["3"]}

    async def test_links_keep_the_query_and_lead_through_all_pages(self, client: httpx2.AsyncClient) -> None:
        for number in range(5):
            await make_trace(client, key=f"K&{number}")
        await make_trace(client, key="other")
        url = f"{TRACES}?key[ct]=K%26&sortBy=key&sortDirection=desc&per_page=2"
        seen: list[str] = []
        while url:
            body = (await client.get(url)).json()
            seen += [trace["key"] for trace in body["data"]]
            url = body["links"]["next"]
        assert seen == ["K&4", "K&3", "K&2", "K&1", "K&0"]
        assert (body["links"]["next"], await keys(client, None, body["links"]["prev"])) == (None, ["K&2", "K&1"])

    async def test_an_empty_list_has_a_first_page(self, client: httpx2.AsyncClient) -> None:
        body = (await client.get(TRACES)).json()
        assert body["data"] == []
        assert body["meta"] == {
            "current_page": 1, "from": None, "last_page": 1, "path": ORIGIN + TRACES, "per_page": 100, "to": None,
            "total": 0,
        }  # fmt: skip
        assert (body["links"]["prev"], body["links"]["next"]) == (None, None)

    async def test_a_page_beyond_the_last_is_empty(self, client: httpx2.AsyncClient) -> None:
        await make_trace(client)
        body = (await client.get(TRACES, params={"page": 7})).json()
        assert (body["data"], body["meta"]["from"], body["meta"]["last_page"]) == ([], None, 1)
        assert body["links"]["prev"].endswith("?page=1")

    async def test_origins_are_found_by_eq_and_in(self, client: httpx2.AsyncClient) -> None:
        lot, delivery, other = str(uuid4()), str(uuid4()), str(uuid4())
        await make_trace(client, key="lot", origin_model_name="Lot", origin_entity_id=lot)
        await make_trace(client, key="delivery", origin_entity_id=delivery)
        await make_trace(client, key="other", origin_entity_id=other)
        await make_trace(client, key="order", origin_model_name="Order", origin_entity_id=delivery)
        assert await keys(client, {"origin_lot[eq]": lot}) == ["lot"]
        assert await keys(client, {"origin_lot[eq]": delivery}) == []
        assert await keys(client, {"origin_delivery[eq]": delivery.upper()}) == ["delivery"]
        assert await keys(client, {"origin_delivery[in]": f"{delivery}, {other}", "sortBy": "key"}) == [
            "delivery", "other"
        ]  # fmt: skip
        assert await keys(client, [("origin_delivery[in]", delivery), ("origin_delivery[in]", other)]) == [
            "other", "delivery"
        ]  # fmt: skip
        assert await keys(client, {"origin_lot[in]": lot, "origin_delivery[in]": other}) == []

    async def test_keys_are_found_by_eq_in_and_ct(self, client: httpx2.AsyncClient) -> None:
        for key in ("AB-100", "AB-101", "ab-102", "C.1", "Größe"):
            await make_trace(client, key=key)
        by_key = {"sortBy": "key"}
        assert await keys(client, {"key[eq]": "AB-100"}) == ["AB-100"]
        assert await keys(client, {"key[eq]": "ab-100"}) == []
        assert await keys(client, {"key[in]": "C.1,AB-101", **by_key}) == ["AB-101", "C.1"]
        assert await keys(client, {"key[ct]": "ab-10", **by_key}) == ["AB-100", "AB-101", "ab-102"]
        assert await keys(client, {"key[ct]": "B-", **by_key}) == ["AB-100", "AB-101", "ab-102"]
        assert await keys(client, {"key[ct]": "."}) == ["C.1"]
        assert await keys(client, {"key[ct]": "RÖSS"}) == []
        assert await keys(client, {"key[ct]": "GRÖ"}) == ["Größe"]
        assert await keys(client, {"key[ct]": "10", "key[in]": "ab-102,C.1"}) == ["ab-102"]

    @pytest.mark.parametrize("member", ["key", "system", "created_at", "updated_at"])
    async def test_the_order_is_by_any_of_four_members(
        self, client: httpx2.AsyncClient, clock: Any, member: str
    ) -> None:
        lot = str(uuid4())
        for key, system in (("b", "other"), ("a", "owner"), ("c", "customer")):
            clock.move(seconds=1)
            trace = await make_trace(client, key=key, system=system, origin_entity_id=lot)
        clock.move(seconds=1)
        await client.patch(f"{TRACES}/{trace['id']}", json={"label": "later"})
        expected = {"key": "abc", "system": "cba", "created_at": "bac", "updated_at": "bac"}[member]
        for also in ({}, {"origin_delivery[eq]": lot}):
            assert "".join(await keys(client, {"sortBy": member, **also})) == expected
            assert "".join(await keys(client, {"sortBy": member, "sortDirection": "desc", **also})) == expected[::-1]

    async def test_the_newest_come_first_unless_asked_otherwise(self, client: httpx2.AsyncClient, clock: Any) -> None:
        for key in "abc":
            await make_trace(client, key=key)
            clock.move(seconds=1)
        assert await keys(client, None) == ["c", "b", "a"]
        assert await keys(client, {"sortDirection": "asc"}) == ["a", "b", "c"]

    @pytest.mark.parametrize(
        ("query", "path"),
        [
            ({"page": "0"}, "page"),
            ({"page": "x"}, "page"),
            ({"per_page": "101"}, "per_page"),
            ({"sortBy": "label"}, "sortBy"),
            ({"sortDirection": "up"}, "sortDirection"),
            ({"origin_lot[eq]": "1"}, "origin_lot[eq]"),
            ({"origin_lot[in]": f"{uuid4()},1"}, "origin_lot[in][1]"),
            ({"origin_lot[in]": ","}, "origin_lot[in]"),
            ({"origin_delivery[eq]": ""}, "origin_delivery[eq]"),
            ({"origin_lot": str(uuid4())}, "origin_lot"),
            ({"key[eq]": ""}, "key[eq]"),
            ({"key[ct]": "x" * 201}, "key[ct]"),
            ({"key[like]": "x"}, "key[like]"),
            ({"key[in]": ",".join(map(str, range(101)))}, "key[in]"),
            ([("key[eq]", "a"), ("key[eq]", "b")], "key[eq]"),
        ],
    )
    async def test_a_query_that_does_not_fit_is_406_with_its_place(
        self, client: httpx2.AsyncClient, query: Any, path: str
    ) -> None:
        assert fault(await client.get(TRACES, params=query)) == (406, "not_acceptable", [path])

    async def test_many_matches_are_walked_from_the_nearer_end(
        self, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tracepass.traces.repository.SORTED_HERE", 3)
        lot = str(uuid4())
        for number in range(7):
            await make_trace(client, key=f"K{number}", origin_entity_id=lot)
        await make_trace(client, key="K9")
        query = {"origin_delivery[eq]": lot, "sortBy": "key", "per_page": 3}
        pages = [await keys(client, {**query, "page": page}) for page in (1, 2, 3, 4)]
        assert pages == [["K0", "K1", "K2"], ["K3", "K4", "K5"], ["K6"], []]
        assert await keys(client, {**query, "page": 3, "sortDirection": "desc"}) == ["K0"]


class TestWhoMay:
    async def test_scopes_are_those_of_traces(self, office: Office, workspace: Workspace) -> None:
        reader = await office.client(workspace, scopes=frozenset({"traces:read"}))
        writer = await office.client(workspace, scopes=frozenset({"traces:write"}))
        assert (await reader.post(TRACES, json=BODY)).status_code == 403
        trace = await make_trace(writer)
        assert (await writer.get(TRACES)).status_code == 403
        assert await keys(reader, None) == [trace["key"]]

    async def test_test_keys_see_no_live_traces(
        self, office: Office, workspace: Workspace, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient
    ) -> None:
        trace = await make_trace(client)
        for other in (await office.client(workspace, environment="test"), stranger):
            assert await keys(other, None) == []
            assert (await other.get(f"{TRACES}/{trace['id']}")).status_code == 404

    async def test_each_call_costs_one_and_a_refused_one_nothing(self, office: Office) -> None:
        basic = await office.client(plan="basic")
        await make_trace(basic)
        await basic.post(TRACES, json=BODY | {"system": "x"})
        await basic.post(TRACES, json=BODY | {"bring_forward": True})
        await basic.get(TRACES)
        quotas = (await basic.get("/api/v1/me")).json()["quotas"]
        assert quotas["writes"]["used"] == 1

    async def test_a_repeated_creation_makes_one_trace(self, client: httpx2.AsyncClient) -> None:
        headers = {"Idempotency-Key": uuid4().hex}
        first = await client.post(TRACES, json=BODY, headers=headers)
        again = await client.post(TRACES, json=BODY, headers=headers)
        assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
        assert len(await keys(client, None)) == 1

    async def test_each_write_stands_in_the_audit_log(self, client: httpx2.AsyncClient) -> None:
        trace = await make_trace(client)
        await client.patch(f"{TRACES}/{trace['id']}", json={"label": "x"})
        await client.delete(f"{TRACES}/{trace['id']}")
        log = await client.get("/api/v1/audit-log", params={"entity": "trace", "entityId": trace["id"]})
        entries = log.json()["data"]["items"]
        assert [(entry["action"], entry["version"]) for entry in entries] == [
            ("delete", 3), ("update", 2), ("create", 1)
        ]  # fmt: skip
        assert entries[1]["changes"] == ["label", "updated_at", "version"]
