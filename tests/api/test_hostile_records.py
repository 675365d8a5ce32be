"""Records of exports in which anything may stand anywhere: told as faults, or taken in; never anything else."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

from tests.api.capturing import EPCIS, capture
from tests.api.moving import Move, Record
from tests.api.test_events_restored import Dock, dock, headed, shipped
from tests.api.test_lots_restored import Yard, yard

from tracepass.core.clock import system_clock
from tracepass.core.errors import CODES, Refusal
from tracepass.core.ids import new_id
from tracepass.core.restores import Restorer
from tracepass.epcis.hashing import event_hash
from tracepass.epcis.restoringbeside import MasterDataRestorer, VisibilityRestorer

__all__ = ["dock", "yard"]
SEED = 1
STRANGE: list[Any] = [
    *(None, True, 0, -1, 1.5, 2**63 - 1, -(2**63), 1e308, "", "x" * 300, "@id", "%", "=", "\u0000", [], {}, [[]], [{}]),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00.000Z"),
    *("6650a1b2c3d4e5f6a7b8c9d0", "be3233c4-c0a2-4f47-a62a-303492c20ba6", "urn:epc:idpat:sgtin:*"),
    *({"$gt": ""}, {"a": {"b": [1]}}, {"@id": 1}, ["x"] * 200),
]
Path = tuple[str | int, ...]


def paths(value: Any, way: Path = ()) -> Iterator[Path]:
    """Give the ways to everything within a value."""
    if way:
        yield way
    within = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in within:
        yield from paths(inner, (*way, name))


def spoilt(record: Record, chance: random.Random) -> Record:
    """Return a record with something strange in it, or something missing; what is said of an event agrees with it."""
    changed = copy.deepcopy(record)
    *way, last = chance.choice(list(paths(record)))
    owner: Any = changed
    for name in way:
        owner = owner[name]
    if chance.random() < 0.15:
        del owner[last]
    else:
        owner[last] = chance.choice(STRANGE)
    if "event" in way:
        try:
            changed["hash"] = event_hash(changed["event"], changed["namespaces"])
        except (AttributeError, KeyError, TypeError, ValueError):
            # An event that cannot be hashed is refused before that.
            return changed
        changed["eventID"] = changed["event"].get("eventID") or changed["hash"]
    return changed


async def attack(move: Move, restorer: Restorer, kind: str, *, times: int) -> None:
    """Hand on spoilt records; each is told as faulty, or taken in, or refused."""
    chance = random.Random(SEED)  # noqa: S311 - it spoils records, no secrets
    for _ in range(times):
        record = spoilt(chance.choice(move.of(kind)), chance)
        if kind in {"Lot", "Trace"} and record.get("_id") in list(move.ids.values()):
            record["_id"] = str(uuid4())
        arrival = move.arrival = replace(move.arrival, import_id=str(new_id()))
        faults = await move.look(restorer, [record])
        for fault in faults:
            assert (fault.index, fault.code in CODES, bool(fault.message)) == (0, True, True), (fault, record)
        if faults:
            continue
        try:
            await restorer.write(arrival, [record])
        except Refusal:
            continue
        await restorer.remove(arrival, [record["_id"]])


async def test_lots_and_traces(yard: Yard) -> None:
    move = await yard.move()
    await attack(move, yard.lots, "Lot", times=80)
    await attack(move, yard.traces, "Trace", times=80)


async def test_what_epcis_keeps(dock: Dock) -> None:
    await shipped(dock)
    await capture(dock.home, headed("Dock"))
    await dock.home.put(f"{EPCIS}/visibility", json={"publicBizSteps": ["shipping"]})
    move = await dock.move()
    await attack(move, dock.events, "EpcisEvent", times=200)
    await attack(move, MasterDataRestorer(dock.database), "EpcisMasterData", times=60)
    await attack(move, VisibilityRestorer(dock.database, clock=system_clock), "EpcisVisibility", times=40)
