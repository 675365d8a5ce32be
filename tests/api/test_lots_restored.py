"""Lots and traces of a real export, taken into another workspace: as they were, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from tests.api.moving import Move, Record, lines_of, told
from tests.api.tracing import LOTS, TRACES, make_lot, make_trace
from tests.conftest import Make, Office

from tracepass.assembly import build_services
from tracepass.core.changes import VERSIONED
from tracepass.core.clock import system_clock
from tracepass.core.errors import Refusal
from tracepass.core.mongo import Database
from tracepass.core.tenancy import Tenancy
from tracepass.core.verification import ChainCheck
from tracepass.products.service import Products
from tracepass.settings import Settings
from tracepass.traces.restoring import LotRestorer, TraceRestorer


@dataclass
class Yard:
    """A workspace with lots and traces, another that has its product alone, and the way between them."""

    home: httpx2.AsyncClient
    away: httpx2.AsyncClient
    ids: dict[str, str]
    lots: LotRestorer
    traces: TraceRestorer
    tenancy: Tenancy
    known: dict[str, str]

    async def move(self) -> Move:
        return Move(await lines_of(self.home), self.tenancy, known=self.known)

    async def told(self, kind: str, client: httpx2.AsyncClient) -> list[bytes]:
        return [line for line in await lines_of(client) if f'"@type":"{kind}"'.encode() in line]


@pytest.fixture
async def yard(
    client: httpx2.AsyncClient, office: Office, make_product: Make, database: Database, settings: Settings
) -> Yard:
    """Cells, modules and packs; the cells were told later that they come from a powder that was made after them."""
    products = build_services(database, settings, system_clock)[Products]
    there = await office.workspace()
    away = await office.client(there)
    old, new = (await make_product(client))["_id"], (await make_product(away))["_id"]
    cells = await make_lot(client, old, "CELLS")
    modules = await make_lot(client, old, "MODULES", cells["id"])
    packs = await make_lot(client, old, "PACKS", modules["id"], cells["id"])
    body = {"productId": old, "lotNumber": "POWDER", "producedAt": "2026-03-02T07:00:00+01:00", "quantity": 12.5}
    powder = (await client.post(LOTS, json=body | {"unit": "KGM"})).json()
    patched = await client.patch(f"{LOTS}/{cells['id']}", json={"predecessors": [powder["id"]], "quantity": 9600})
    assert patched.status_code == 200
    origin = {"origin_model_name": "Lot", "origin_entity_id": powder["id"]}
    link = {"link_entity_id": powder["id"], "link_model_name": "Partner"}
    await make_trace(client, **origin, **link, key="RMI-1", bring_forward=True, label="Ünter")
    await make_trace(client, key=f"of {cells['id']}", hide_on_documents=True)
    changed = await make_trace(client)
    await client.patch(f"{TRACES}/{changed['id']}", json={"key": "Changed", "label": None})
    names = {"cells": cells, "modules": modules, "packs": packs, "powder": powder}
    return Yard(
        home=client,
        away=away,
        ids={name: lot["id"] for name, lot in names.items()},
        lots=LotRestorer(database, clock=system_clock, products=products),
        traces=TraceRestorer(database, clock=system_clock),
        tenancy=Tenancy(there.id, "live"),
        known={old: new},
    )


async def taken(yard: Yard) -> Move:
    move = await yard.move()
    await move.take(yard.lots, "Lot")
    await move.take(yard.traces, "Trace", at_once=2)
    return move


async def test_arrive_as_they_were(yard: Yard) -> None:
    move = await taken(yard)
    for kind in ("Lot", "Trace"):
        assert [move.back(line) for line in await yard.told(kind, yard.away)] == await yard.told(kind, yard.home)
    packs = move.ids[yard.ids["packs"]]
    lineage = (await yard.away.get(f"{LOTS}/{packs}/lineage")).json()
    assert [(lot["lotNumber"], lot["depth"]) for lot in lineage["upstream"]["lots"]] == [
        ("CELLS", 1), ("MODULES", 1), ("POWDER", 2),
    ]  # fmt: skip
    forward = (await yard.away.get(f"{LOTS}/{packs}/traces")).json()["data"]
    assert [(one["key"], one["inherited_from"]) for one in forward] == [("RMI-1", move.ids[yard.ids["powder"]])]
    found = (await yard.away.get(TRACES, params={"key[ct]": "mi-1"})).json()["data"]
    assert [one["label"] for one in found] == ["Ünter"]
    assert (await yard.away.get(TRACES, params={"key[ct]": move.ids[yard.ids["cells"]][4:]})).json()["meta"][
        "total"
    ] == 1


async def test_live_on_where_they_are(yard: Yard) -> None:
    move = await taken(yard)
    cells, powder = move.ids[yard.ids["cells"]], move.ids[yard.ids["powder"]]
    circle = await yard.away.patch(f"{LOTS}/{powder}", json={"predecessors": [cells]})
    assert circle.json()["error"] == "lineage_cycle"
    patched = await yard.away.patch(f"{LOTS}/{cells}", json={"unit": "pieces"}, headers={"If-Match": '"2"'})
    assert patched.status_code == 412 or patched.json()["version"] == 3
    assert (await yard.away.delete(f"{LOTS}/{powder}")).json()["error"] == "lot_in_use"
    taken_number = {"productId": next(iter(yard.known.values())), "lotNumber": "PACKS"}
    assert (await yard.away.post(LOTS, json=taken_number)).json()["error"] == "duplicate_lot"


async def test_their_history_begins_with_the_import(yard: Yard, database: Database) -> None:
    move = await taken(yard)
    check = ChainCheck(database, yard.tenancy)
    changes = database.scoped("changes", yard.tenancy)
    cells = move.ids[yard.ids["cells"]]
    await yard.away.patch(f"{LOTS}/{cells}", json={"unit": "pieces"})
    found = await changes.find(
        {"entity.type": "lot", "entity.id": cells, **VERSIONED}, sort=[("version", -1)]
    ).to_list()
    assert [(one["version"], one["action"]) for one in found] == [(3, "update"), (2, "import")]
    assert found[1]["reason"] == f"import {move.arrival.import_id}"
    assert found[1]["eventType"] is None
    assert [fault async for fault in check.faults(await check.state())] == []


async def test_are_taken_away_again(yard: Yard, database: Database) -> None:
    before = [await yard.told(kind, yard.away) for kind in ("Lot", "Trace")]
    move = await taken(yard)
    await yard.away.patch(f"{LOTS}/{move.ids[yard.ids['packs']]}", json={"unit": "changed since"})
    await move.take_away(yard.traces, "Trace")
    await move.take_away(yard.lots, "Lot")
    assert [await yard.told(kind, yard.away) for kind in ("Lot", "Trace")] == before == [[], []]
    check = ChainCheck(database, yard.tenancy)
    assert [fault async for fault in check.faults(await check.state())] == []
    assert len(await yard.told("Lot", yard.home)) == 4


LOT_FAULTS: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"lotNumber": " "}, ("validation_error", "lotNumber")),
    ({"lotNumber": 7}, ("validation_error", "lotNumber")),
    ({"quantity": -1}, ("validation_error", "quantity")),
    ({"quantity": "7"}, ("validation_error", "quantity")),
    ({"references": 7}, ("validation_error", "references")),
    ({"workspaceId": "6650a1b2c3d4e5f6a7b8c9d0"}, ("validation_error", "workspaceId")),
    ({"version": 0}, ("validation_error", "version")),
    ({"version": 2**63}, ("validation_error", "version")),
    ({"version": True}, ("validation_error", "version")),
    ({"createdAt": "2027-13-01"}, ("validation_error", "createdAt")),
    ({"updatedAt": "2999-01-01T00:00:00.000Z"}, ("validation_error", "updatedAt")),
    ({"updatedAt": "1999-01-01T00:00:00.000Z"}, ("validation_error", "updatedAt")),
    ({"_id": "../../etc"}, ("validation_error", "_id")),
    ({"_id": {"$gt": ""}}, ("validation_error", "_id")),
    ({"productId": {"$ne": None}}, ("validation_error", "productId")),
    ({"productId": "6650a1b2c3d4e5f6a7b8c9d0"}, ("validation_error", "productId")),
    ({"predecessors": ["01941f29-0000-7000-8000-000000000001"]}, ("validation_error", "predecessors")),
    ({"predecessors": [{"$where": "1"}]}, ("validation_error", "predecessors[0]")),
]


async def test_lots_that_could_not_be_are_refused(yard: Yard) -> None:
    move = await yard.move()
    for members, expected in LOT_FAULTS:
        record: Record = move.of("Lot")[1] | members
        assert told(await move.look(yard.lots, [move.of("Lot")[0], record])) == [(1, *expected)], members


TRACE_FAULTS: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"key": ""}, ("validation_error", "key")),
    ({"system": "made_up"}, ("validation_error", "system")),
    ({"search": ["abc"]}, ("validation_error", "search")),
    ({"id": "be3233c4-c0a2-4f47-a62a-303492c20ba6"}, ("validation_error", "id")),
    ({"link_model_name": None}, ("not_acceptable", "link_model_name")),
    ({"bring_forward": True, "origin_model_name": "Order"}, ("not_acceptable", "bring_forward")),
    ({"origin_entity_id": "be3233c4-c0a2-4f47-a62a-303492c20ba6"}, ("validation_error", "origin_entity_id")),
    ({"updated_at": "2999-01-01T00:00:00.000Z"}, ("validation_error", "updated_at")),
]


async def test_traces_that_could_not_be_are_refused(yard: Yard) -> None:
    move = await yard.move()
    for members, expected in TRACE_FAULTS:
        record: Record = move.of("Trace")[0] | members
        assert told(await move.look(yard.traces, [record])) == [(0, *expected)], members


async def test_numbers_are_given_once(yard: Yard) -> None:
    move = await yard.move()
    cells, modules, *_ = move.of("Lot")
    twice = [cells, modules, {**modules, "lotNumber": cells["lotNumber"]}]
    assert told(await move.look(yard.lots, twice)) == [(2, "duplicate_lot", "lotNumber")]
    await make_lot(yard.away, next(iter(yard.known.values())), "MODULES")
    assert told(await move.look(yard.lots, [cells, modules])) == [(1, "duplicate_lot", "")]
    with pytest.raises(Refusal, match="another lot 'MODULES'"):
        await yard.lots.write(move.arrival, [cells, modules])
    assert len(await yard.told("Lot", yard.away)) == 1


async def test_a_circle_is_refused_by_whoever_closes_it(yard: Yard) -> None:
    move = await yard.move()
    lots = {lot["lotNumber"]: lot for lot in move.of("Lot")}
    itself = lots["PACKS"] | {"predecessors": [lots["PACKS"]["_id"]]}
    assert told(await move.look(yard.lots, [itself])) == [(0, "lineage_cycle", "predecessors")]
    lots["POWDER"]["predecessors"] = [lots["PACKS"]["_id"]]
    await yard.lots.write(move.arrival, [lots["CELLS"], lots["MODULES"]])
    await yard.lots.write(move.arrival, [lots["PACKS"]])
    with pytest.raises(Refusal) as refused:
        await yard.lots.write(move.arrival, [lots["POWDER"]])
    assert refused.value.code == "lineage_cycle"
    circle = (refused.value.details or {})["cycle"]
    assert set(circle) == {lots[name]["_id"] for name in ("CELLS", "PACKS", "POWDER")}
    assert len(await yard.told("Lot", yard.away)) == 3
    await move.take_away(yard.lots, "Lot")
    move = await yard.move()
    lots = {lot["lotNumber"]: lot for lot in move.of("Lot")}
    lots["POWDER"]["predecessors"] = [lots["PACKS"]["_id"]]
    for order in (("CELLS", "MODULES", "PACKS", "POWDER"), ("POWDER", "PACKS", "MODULES", "CELLS")):
        with pytest.raises(Refusal, match="cannot come from itself"):
            await yard.lots.write(move.arrival, [lots[name] for name in order])
    assert await yard.told("Lot", yard.away) == []


async def test_what_is_gone_meanwhile_is_refused(yard: Yard) -> None:
    move = await yard.move()
    powder = move.ids[yard.ids["powder"]]
    with pytest.raises(Refusal, match="not there any more"):
        await yard.traces.write(move.arrival, move.of("Trace"))
    forgetful = Move([], yard.tenancy).arrival
    cells = next(lot for lot in move.of("Lot") if powder in lot["predecessors"])
    with pytest.raises(Refusal, match="not there any more"):
        await yard.lots.write(forgetful, [cells])
    assert await yard.told("Lot", yard.away) == await yard.told("Trace", yard.away) == []
