"""Things of one kind from another installation: written with the beginning of their history, or taken away."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from tracepass.core.bulk import insert_all
from tracepass.core.changes import ChangeLog, Stale, deleted, imported
from tracepass.core.clock import Clock
from tracepass.core.errors import Refusal
from tracepass.core.mongo import Database, Document, DuplicateKeyError, Session
from tracepass.core.restores import Arrival

ATTEMPTS: Final = 10


async def settled(write: Callable[[], Awaitable[None]]) -> None:
    """Write something; if another worker's write came first, look again and repeat.

    Raises:
        Refusal: others keep coming first.
    """
    for _ in range(ATTEMPTS):
        try:
            await write()
        except Stale:
            continue
        return
    raise Refusal("conflict", "Others write the same things at the same time; try again.")


class Arrivals:
    """Things of one kind (``trace``, ``lot``) that arrive in any workspace."""

    def __init__(self, database: Database, kind: str, collection: str, *, clock: Clock) -> None:
        self._database = database
        self._kind = kind
        self._collection = collection
        self._clock = clock

    async def fresh(self, arrival: Arrival, things: Sequence[Document], *, session: Session) -> list[Document]:
        """Return those things that are not there yet."""
        there = await self._there(arrival, [thing["_id"] for thing in things], session=session)
        known = {stored["_id"] for stored in there}
        return [thing for thing in things if thing["_id"] not in known]

    async def _there(self, arrival: Arrival, ids: Sequence[Any], *, session: Session) -> list[Document]:
        scoped = self._database.scoped(self._collection, arrival.tenancy)
        shown = {"version": 1, "stateHash": 1}
        return await scoped.find({"_id": {"$in": list(ids)}}, projection=shown, session=session).to_list()

    async def add(
        self,
        arrival: Arrival,
        things: Sequence[Document],
        beside: Callable[[Document], Document],
        *,
        taken: Callable[[Document], Exception],
        session: Session,
    ) -> None:
        """Add things with what is stored beside each; ``taken`` says of one that a unique key of it is in use."""
        changes = [imported(self._kind, thing, arrival.import_id) for thing in things]
        digests = await self._log(arrival).append_all(changes, arrival.actor, session=session)
        whole = [{**thing, **beside(thing), "stateHash": digest} for thing, digest in zip(things, digests, strict=True)]
        try:
            await insert_all(self._database, self._collection, arrival.tenancy, whole, session=session)
        except DuplicateKeyError as error:
            raise taken(things[(error.details or {})["index"]]) from None

    async def remove(self, arrival: Arrival, ids: Sequence[Any]) -> None:
        """Take things away, whatever has become of them since."""

        async def work(session: Session) -> None:
            await self.take_away(arrival, await self._there(arrival, ids, session=session), session=session)

        await settled(lambda: self._database.transact(work))

    async def take_away(self, arrival: Arrival, there: Sequence[Document], *, session: Session) -> None:
        """Take things away that are there, as they are stored."""
        changes = [deleted(self._kind, stored) for stored in there]
        await self._log(arrival).append_all(changes, arrival.actor, session=session)
        gone = {**arrival.tenancy.fields, "_id": {"$in": [stored["_id"] for stored in there]}}
        await self._database.collection(self._collection).delete_many(gone, session=session)

    def _log(self, arrival: Arrival) -> ChangeLog:
        return ChangeLog(self._database, arrival.tenancy, clock=self._clock)
