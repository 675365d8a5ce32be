"""The audit log as its readers see it: who did what and when, each entry with its place in the chain."""

from __future__ import annotations

from dataclasses import dataclass

from tracepass.accounts.audit_models import AuditQuery
from tracepass.accounts.audit_repository import AuditFilter, AuditTrail
from tracepass.core.clock import timestamp
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.paging import Position, offset, read_cursor, write_cursor
from tracepass.identity.models import Caller


@dataclass(frozen=True, slots=True)
class AuditPage:
    """A page of entries, how many there are in all, and the cursor of the next page if there is one."""

    items: list[Document]
    total: int
    next_cursor: str | None


class AuditLog:
    """Reads the audit log of the caller's workspace and environment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_(self, caller: Caller, query: AuditQuery) -> AuditPage:
        """Return the entries that match, newest first.

        Raises:
            Invalid: the cursor is none of ours, or the page lies too deep.
        """
        after = None if query.cursor is None else read_cursor(query.cursor)
        skip = 0 if after else offset(query.page, query.limit)
        which = _filter(query)
        trail = AuditTrail(self._database, caller.tenancy)

        async def read(session: Session) -> tuple[list[Document], int]:
            # In one snapshot: an entry that is sealed meanwhile is neither left out nor shown twice.
            found = await trail.page(which, after=after, skip=skip, limit=query.limit + 1, session=session)
            return found, await trail.count(which, session=session)

        found, total = await self._database.transact(read)
        items = found[: query.limit]
        more = len(found) > query.limit
        cursor = write_cursor(Position(items[-1]["at"], items[-1]["_id"])) if more else None
        return AuditPage([_entry(record) for record in items], total, cursor)


def _filter(query: AuditQuery) -> AuditFilter:
    return AuditFilter(
        entity=query.entity,
        entity_id=query.entity_id,
        actor=query.actor,
        action=query.action,
        since=None if query.since is None else timestamp(query.since),
        until=None if query.until is None else timestamp(query.until),
    )


def _entry(record: Document) -> Document:
    """Return a record of the log as an entry of the audit log: which members changed, not what they say."""
    seal = record.get("seal") or {}
    reason = {"reason": record["reason"]} if record.get("reason") else {}
    return {
        "_id": record["_id"],
        "seq": seal.get("seq"),
        "at": record["at"],
        "action": record["action"],
        "entity": record["entity"],
        "version": record.get("version"),
        "actor": record["actor"],
        "changes": [change["path"] for change in record.get("diff", [])],
        "details": {**record.get("details", {}), **reason},
        "prevHash": seal.get("prevHash"),
        "recordHash": seal.get("recordHash"),
        "hash": seal.get("hash"),
    }
