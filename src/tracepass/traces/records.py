"""Reading and writing things of one kind: each write is one transaction with its record in the change log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from tracepass.core.changes import Change, ChangeLog, Stale
from tracepass.core.clock import Clock, timestamp
from tracepass.core.differences import differences, update_of
from tracepass.core.errors import NotFound, Refusal
from tracepass.core.mongo import Database, Document, DuplicateKeyError, ScopedCollection, Session, Write
from tracepass.core.turns import Turns
from tracepass.identity.models import Caller

ATTEMPTS = 20

Also = Callable[[Session], Awaitable[None]]
"""What else happens in the transaction of a write; it may refuse."""


async def nothing(_: Session) -> None:
    """Do nothing else."""


class Records:
    """Things of one kind (``trace``, ``lot``) of any workspace.

    A thing is a document with a UUID as ``_id``, ``version`` and whatever else it is; what is stored beside it, for the
    platform alone, has the names in ``beside``. ``moment`` is the name of the member that says when it was changed.
    """

    def __init__(
        self, database: Database, kind: str, collection: str, *, clock: Clock, beside: frozenset[str], moment: str
    ) -> None:
        self._database = database
        self._kind = kind
        self._collection = collection
        self._clock = clock
        self._internal = beside | {"workspaceId", "environment", "stateHash"}
        self._moment = moment
        self._turns = Turns()

    def of(self, caller: Caller) -> ScopedCollection:
        """Return the collection as the caller's tenancy sees it."""
        return self._database.scoped(self._collection, caller.tenancy)

    async def load(self, caller: Caller, thing_id: str, *, session: Session | None = None) -> Document:
        """Return a thing with what is stored beside it.

        Raises:
            NotFound: this workspace has no such thing.
        """
        found = await self.of(caller).find_one({"_id": thing_id}, session=session)
        if found is None:
            raise NotFound(self._kind)
        return found

    def plain(self, stored: Document) -> Document:
        """Return a thing without what is stored beside it."""
        return {name: value for name, value in stored.items() if name not in self._internal}

    async def add(
        self,
        caller: Caller,
        thing: Document,
        beside: Document,
        *,
        taken: Callable[[], Exception],
        holding: Sequence[Write] = (),
        also: Also | None = None,
    ) -> None:
        """Add a thing; ``holding`` are writes that must hold before it, ``taken`` says that a unique key is in use."""
        change = self._change(thing, "create", [], None)
        recorded, digest = self._log(caller).writes(change, caller.actor)
        added = self.of(caller).insertion({**thing, **beside, "stateHash": digest}, taken=taken)
        await self._database.write([*holding, *recorded, added], also=also)

    async def change(
        self,
        caller: Caller,
        thing_id: str,
        edit: Callable[[Document], Document],
        *,
        expected: frozenset[int] | None,
        beside: Callable[[Document], Document],
        taken: Callable[[Document], Exception],
        also: Callable[[Document, Document], Also],
    ) -> Document:
        """Apply an edit to the newest version; another's write in between only means another look.

        ``also`` takes the thing as it was and as it will be. Returns the thing as it is then.

        Raises:
            NotFound: this workspace has no such thing.
            Refusal: ``precondition_failed``, or whatever ``edit`` and ``also`` refuse.
        """
        async with self._turns.at((caller.tenancy, thing_id)):
            for _ in range(ATTEMPTS):
                stored = await self.load(caller, thing_id)
                self._check_expected(stored["version"], expected)
                before = self.plain(stored)
                after = edit(before)
                if after == before:
                    return before
                after |= {"version": before["version"] + 1, self._moment: timestamp(self._clock())}
                try:
                    await self._write(caller, stored, after, beside(after), also(before, after))
                except Stale:
                    continue
                except DuplicateKeyError:
                    raise taken(after) from None
                return after
        raise Refusal("conflict", f"Others change this {self._kind} at the same time; try again.")

    async def _write(self, caller: Caller, stored: Document, after: Document, beside: Document, also: Also) -> None:
        change = self._change(after, "update", differences(self.plain(stored), after), stored["stateHash"])

        async def work(session: Session) -> None:
            digest = await self._log(caller).append(change, caller.actor, session=session)
            update = update_of(change.diff)
            update["$set"] |= {**beside, "stateHash": digest}
            if not await self.of(caller).update(_at(stored), update, session=session):
                raise Stale
            await also(session)

        await self._database.transact(work)

    async def remove(self, caller: Caller, stored: Document, *, expected: frozenset[int] | None, also: Also) -> None:
        """Delete a thing.

        Raises:
            Refusal: ``precondition_failed``, ``conflict``, or whatever ``also`` refuses.
        """
        self._check_expected(stored["version"], expected)
        gone = {"_id": stored["_id"], "version": stored["version"] + 1}
        change = self._change(gone, "delete", [], stored["stateHash"], state={})

        async def work(session: Session) -> None:
            await also(session)
            await self._log(caller).append(change, caller.actor, session=session)
            if not await self.of(caller).delete(_at(stored), session=session):
                raise Stale

        try:
            await self._database.transact(work)
        except Stale:
            raise Refusal("conflict", f"The {self._kind} was changed at the same time; try again.") from None

    def _log(self, caller: Caller) -> ChangeLog:
        return ChangeLog(self._database, caller.tenancy, clock=self._clock)

    def _change(
        self,
        thing: Document,
        action: str,
        diff: list[Any],
        prev_hash: str | None,
        *,
        state: Mapping[str, Any] | None = None,
    ) -> Change:
        return Change(
            entity=self._kind,
            entity_id=thing["_id"],
            version=thing["version"],
            action=action,
            diff=diff,
            state=thing if state is None else state,
            prev_hash=prev_hash,
        )

    def _check_expected(self, version: int, expected: frozenset[int] | None) -> None:
        if expected is not None and version not in expected:
            raise Refusal(
                "precondition_failed",
                f"The {self._kind} is at version {version} by now; read it again before you change it.",
                details={"version": version},
            )


def _at(stored: Document) -> Document:
    """Return the condition that a thing still is at the version it was read at."""
    return {"_id": stored["_id"], "version": stored["version"]}
