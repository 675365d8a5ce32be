"""The audit log in the database: what is sealed and what still waits, as one list, newest first.

What waits and what is sealed stand in indexes of their own, so that writers pay for one of them alone; a list goes
through both at once, merged in their common order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracepass.core.changes import COLLECTION, SEALED, UNSEALED
from tracepass.core.ids import find_id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.paging import Position
from tracepass.core.sealer import HEADS, head_id
from tracepass.core.tenancy import Tenancy

ORDER = (("at", -1), ("_id", -1))
_SHOWN = ("entity", "version", "action", "actor", "at", "diff.path", "reason", "details", "seal")
_WITHOUT_ID = frozenset({"operator", "system"})


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries; None leaves a dimension open. ``since`` is the first moment, ``until`` the first one after."""

    entity: str | None = None
    entity_id: str | None = None
    actor: str | None = None
    action: str | None = None
    since: str | None = None
    until: str | None = None

    @property
    def query(self) -> dict[str, Any]:
        """Return the filter in MongoDB's language."""
        asked = {"entity.type": self.entity, "action": self.action}
        query: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
        if self.entity_id is not None:
            query["entity.id"] = find_id(self.entity_id) or self.entity_id
        if self.actor is not None:
            query |= (
                {"actor.id": None, "actor.type": self.actor} if self.actor in _WITHOUT_ID else {"actor.id": self.actor}
            )
        span = {name: value for name, value in (("$gte", self.since), ("$lt", self.until)) if value is not None}
        return {**query, "at": span} if span else query


class AuditTrail:
    """The audit log of one tenancy."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        # Not the scoped collection: what it adds beside `$or` would keep the branches from their indexes.
        self._records = database.collection(COLLECTION)
        self._heads = database.scoped(HEADS, tenancy)
        self._tenancy = tenancy

    async def page(
        self, which: AuditFilter, *, after: Position | None, skip: int, limit: int, session: Session
    ) -> list[Document]:
        """Return the entries that match, newest first."""
        query = self._in_both(*(_beyond(which.query, after) if after else [which.query]))
        shown = dict.fromkeys(_SHOWN, 1)
        cursor = self._records.find(query, shown, sort=ORDER, skip=skip, limit=limit, session=session)
        return await cursor.to_list()

    async def count(self, which: AuditFilter, *, session: Session) -> int:
        """Count the entries that match; how many are sealed in all, the head of the chain knows."""
        if which.query:
            return await self._records.count_documents(self._in_both(which.query), session=session)
        waiting = {**self._tenancy.fields, **UNSEALED}
        head = await self._heads.find_one({"_id": head_id(self._tenancy)}, session=session)
        sealed = 0 if head is None else int(head["seq"])
        return sealed + await self._records.count_documents(waiting, session=session)

    def _in_both(self, *queries: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for what is sealed or waits; each branch is whole, so that each gets an index of its own."""
        kinds: tuple[Mapping[str, Any], ...] = (UNSEALED, SEALED)
        return {"$or": [{**self._tenancy.fields, **query, **kind} for query in queries for kind in kinds]}


def _beyond(query: Mapping[str, Any], position: Position) -> list[dict[str, Any]]:
    """Return the conditions, any of which puts an entry behind a position in the order of the list."""
    span = query.get("at", {})
    earlier = {**query, "at": {**span, "$lt": position.value}}
    if "$lt" in span:
        earlier["at"]["$lt"] = min(span["$lt"], position.value)
    within = all(((span.get("$gte") or "") <= position.value, position.value < span.get("$lt", "~")))
    same = {**query, "at": position.value, "_id": {"$lt": position.id}}
    return [earlier, same] if within else [earlier]
