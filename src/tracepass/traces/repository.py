"""Traces in the database: found by their origin, their key or a part of it, and given in any of four orders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tracepass.core.mongo import Database, Document, Index, Session
from tracepass.core.tenancy import Tenancy
from tracepass.core.trigrams import TERM_LENGTH, query_terms

TRACES = "traces"
_TENANT = (("workspaceId", 1), ("environment", 1))
SORTED_HERE = 2_000
"""Up to so many matches are sorted here, beyond that the order's own index is walked and the filter held against it."""

INDEXES = (
    Index(TRACES, (*_TENANT, ("created_at", 1), ("_id", 1))),
    Index(TRACES, (*_TENANT, ("updated_at", 1), ("_id", 1))),
    Index(TRACES, (*_TENANT, ("key", 1), ("_id", 1))),
    Index(TRACES, (*_TENANT, ("system", 1), ("_id", 1))),
    Index(TRACES, (*_TENANT, ("origin_entity_id", 1), ("_id", 1))),
    Index(TRACES, (*_TENANT, ("search", 1), ("_id", 1))),
)


@dataclass(frozen=True, slots=True)
class TraceOrder:
    """The order of a list: a member, 1 or -1; ties are broken by id."""

    member: str = "created_at"
    direction: int = -1

    @property
    def hint(self) -> str:
        """Return the index that is in this order, read forwards or backwards."""
        return _hint(self.member)

    def sort(self, *, backwards: bool) -> list[tuple[str, int]]:
        """Return the order, or its reverse."""
        direction = -self.direction if backwards else self.direction
        return [(self.member, direction), ("_id", direction)]


@dataclass(frozen=True, slots=True)
class TraceFilter:
    """Which traces: every condition given must hold.

    ``origins`` are pairs of a model and ids of it; ``inherited`` are a lot and its predecessors, whose traces count if
    they are brought forward.
    """

    origins: tuple[tuple[str, tuple[str, ...]], ...] = ()
    inherited: tuple[str, tuple[str, ...]] | None = None
    keys: tuple[tuple[str, ...], ...] = ()
    key_part: str | None = None

    @property
    def query(self) -> dict[str, Any]:
        """Return the filter in MongoDB's language."""
        conditions: list[dict[str, Any]] = []
        for model, ids in self.origins:
            conditions.append({"origin_model_name": model, "origin_entity_id": {"$in": list(ids)}})
        if self.inherited is not None:
            lot, ancestors = self.inherited
            own_or_forwarded = [{"origin_entity_id": lot}, {"bring_forward": True}]
            all_of_them = {"$in": [lot, *ancestors]}
            conditions.append({"origin_model_name": "Lot", "origin_entity_id": all_of_them, "$or": own_or_forwarded})
        conditions.extend({"key": {"$in": list(keys)}} for keys in self.keys)
        if self.key_part is not None:
            conditions.append(_part_of_key(self.key_part))
        return {"$and": conditions} if conditions else {}

    @property
    def hint(self) -> str | None:
        """Return the index that finds what matches; None if everything does."""
        if self.origins or self.inherited is not None:
            return _hint("origin_entity_id")
        if self.keys:
            return _hint("key")
        if self.key_part is not None:
            # Fewer characters than a term are in so many keys that walking over these finds a page at once.
            return _hint("search" if len(self.key_part.casefold()) >= TERM_LENGTH else "key")
        return None


def _hint(member: str) -> str:
    return f"workspaceId_1_environment_1_{member}_1__id_1"


def _part_of_key(part: str) -> dict[str, Any]:
    """Return the condition for a part of the key, whatever its case: terms find candidates, the pattern decides."""
    pattern: dict[str, Any] = {"key": {"$regex": re.escape(part), "$options": "i"}}
    return {"search": {"$all": query_terms(part)}, **pattern} if len(part.casefold()) >= TERM_LENGTH else pattern


class TraceRepository:
    """The traces of one tenancy."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._traces = database.scoped(TRACES, tenancy)

    async def count(self, which: TraceFilter) -> int:
        """Count the traces that match."""
        return await self._traces.count(which.query, hint=which.hint or TraceOrder().hint)

    async def page(self, which: TraceFilter, order: TraceOrder, *, skip: int, limit: int, total: int) -> list[Document]:
        """Return the traces that match, without the first ``skip`` in their order, of ``total`` in all."""
        if skip >= total:
            return []
        if which.hint is not None and total <= SORTED_HERE:
            return await self._sorted_here(which, order, skip=skip, limit=limit)
        return await self._walked(which, order, skip=skip, limit=min(limit, total - skip), total=total)

    async def _sorted_here(self, which: TraceFilter, order: TraceOrder, *, skip: int, limit: int) -> list[Document]:
        found = await self._traces.find(which.query, projection={order.member: 1}, hint=which.hint).to_list()
        found.sort(key=lambda trace: (trace[order.member], trace["_id"]), reverse=order.direction < 0)
        ids = [trace["_id"] for trace in found[skip : skip + limit]]
        by_id = {trace["_id"]: trace async for trace in self._traces.find({"_id": {"$in": ids}})}
        return [by_id[trace_id] for trace_id in ids if trace_id in by_id]

    async def _walked(
        self, which: TraceFilter, order: TraceOrder, *, skip: int, limit: int, total: int
    ) -> list[Document]:
        """Walk the order's index from the end that is nearer: the last page costs as little as the first."""
        backwards = skip > total // 2
        start = total - skip - limit if backwards else skip
        sort = order.sort(backwards=backwards)
        cursor = self._traces.find(which.query, sort=sort, skip=start, limit=limit, hint=order.hint)
        found = await cursor.to_list()
        return found[::-1] if backwards else found

    async def count_of_lot(self, lot_id: str, *, limit: int, session: Session) -> int:
        """Count the traces that a lot is the origin of, at most ``limit``."""
        query = {"origin_entity_id": lot_id, "origin_model_name": "Lot"}
        return await self._traces.count(query, limit=limit, hint=_hint("origin_entity_id"), session=session)


def origins_of(model: str, one: str | None, many: Sequence[str] | None) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the conditions on origins of one model that ``eq`` and ``in`` make."""
    return tuple((model, tuple(ids)) for ids in ([one] if one else None, many) if ids)
