"""Lineages of passports that are taken in, held against the passports at their other ends, which come along.

Whoever is looked at first says whom it awaits; whoever comes later must be bound to those that await it, and to nobody
else who came before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from tracepass.core.errors import Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.restores import Arrival
from tracepass.core.tenancy import Tenancy
from tracepass.passports.repository import PASSPORTS
from tracepass.passports.secondlife.models import MOST_PREDECESSORS
from tracepass.passports.secondlife.service import MOST_LOOKED_AT, LineageCycle, LineageTooLarge

_ENDS: Final = {"lineage": 1, "granularity": 1, "gs1": 1, "category": 1}
_MOST_AT_ONCE: Final = 20 * MOST_LOOKED_AT

_MOST_AWAITING: Final = 4 * MOST_PREDECESSORS

Family = dict[Id, Document]


class LineageBroken(Refusal):
    """Two passports do not say the same of what binds them."""

    def __init__(self, passport: Document, other: Id) -> None:
        super().__init__(
            "validation_error",
            f"The lineage of {passport['_id']} names {other}, which does not say the same.",
            details={"_id": str(passport["_id"]), "fieldErrors": {"lineage": [f"{other} does not say the same"]}},
        )


def is_bound_as_awaited(arrival: Arrival, passport: Document) -> bool:
    """Tell whether a passport names those earlier ones of the file that name it; remember whom else it names."""
    own, met = str(passport["_id"]), 0
    named = {str(link["passportId"]) for _, link in _links(passport) if link["passportId"] is not None}
    for other in sorted(one for one in named if arrival.coming("passports", one)):
        if arrival.claimed("bond", f"{other}>{own}"):
            met += 1
            continue
        arrival.claim("bond", f"{own}>{other}")
        if all(arrival.claim("awaited", f"{other}/{number}") for number in range(_MOST_AWAITING)):
            return False
    awaiting = 0
    while arrival.claimed("awaited", f"{own}/{awaiting}"):
        awaiting += 1
    return awaiting == met


async def check_lineages(database: Database, tenancy: Tenancy, new: Family, *, session: Session) -> None:
    """Hold new passports against those that are there, and each other.

    Raises:
        LineageBroken: one names another that does not name it.
        LineageCycle: one would come after itself.
        LineageTooLarge: more stand before them than can be looked through.
    """
    known = {key: one for key, one in new.items() if "lineage" in one}
    if not known:
        return
    passports = database.scoped(PASSPORTS, tenancy)

    async def fetch(ids: Collection[Id]) -> None:
        query = {"_id": {"$in": sorted(ids)}}
        known.update({one["_id"]: one async for one in passports.find(query, projection=_ENDS, session=session)})

    named = {link["passportId"] for one in known.values() for _, link in _links(one)}
    await fetch(named - {None} - known.keys())
    for key in new.keys() & known.keys():
        _check_mutual(known[key], known | {one: new[one] for one in new.keys() - known.keys()})
    frontier, seen = _before(known.values()) - known.keys(), set[Id]()
    while frontier - seen:
        if len(known) > _MOST_AT_ONCE:
            raise LineageTooLarge
        fresh = frontier - seen
        seen |= fresh
        await fetch(fresh)
        frontier = _before([known[key] for key in fresh & known.keys()]) - known.keys()
    _refuse_cycle(known, new.keys())


def _links(passport: Mapping[str, Document]) -> Iterator[tuple[str, Document]]:
    lineage = passport.get("lineage", {})
    for end in ("predecessors", "successors"):
        for link in lineage.get(end, ()):
            yield end, link


def _before(passports: Collection[Document]) -> set[Id]:
    return {
        link["passportId"] for one in passports for end, link in _links(one) if end == "predecessors"
    } - {None}  # fmt: skip


def _check_mutual(passport: Document, known: Family) -> None:
    """Hold both ends of each link against each other, as far as the other end is there."""
    for end, link in _links(passport):
        other = known.get(link["passportId"])
        if other is None:
            continue
        earlier, later = (other, passport) if end == "predecessors" else (passport, other)
        kind = later.get("lineage", {}).get("kind")
        if not _names(later, "predecessors", earlier) or not _names(earlier, "successors", later, kind=kind):
            raise LineageBroken(passport, other["_id"])
        if link["digitalLinkUri"] != other["gs1"]["digitalLinkUri"]:
            raise LineageBroken(passport, other["_id"])


def _names(passport: Document, end: str, other: Document, *, kind: str | None = None) -> bool:
    links = passport.get("lineage", {}).get(end, ())
    return any(link["passportId"] == other["_id"] and kind in {None, link.get("kind")} for link in links)


def _refuse_cycle(known: Family, starts: Collection[Id]) -> None:
    """Go from each passport to those before it, and refuse to come back to one that is on the way."""
    done: set[Id] = set()
    for start in sorted(known.keys() & set(starts)):
        way: list[Id] = []
        pending: list[tuple[Id, bool]] = [(start, False)]
        while pending:
            key, is_left = pending.pop()
            if is_left:
                done.add(way.pop())
            elif key in way:
                raise LineageCycle([str(one) for one in [*way[way.index(key) :], key]])
            elif key not in done and key in known:
                way.append(key)
                pending.append((key, True))
                pending.extend((one, False) for one in _before([known[key]]))
