"""Signing keys in the database, as one tenancy sees them."""

from __future__ import annotations

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, DuplicateKeyError, Index, Session
from tracepass.core.tenancy import Tenancy

SIGNING_KEYS = "signingKeys"
_TENANT = (("workspaceId", 1), ("environment", 1))
_CURRENT = {"current": True}

INDEXES = (
    Index(SIGNING_KEYS, (*_TENANT, ("_id", -1))),
    Index(SIGNING_KEYS, (*_TENANT, ("current", 1)), unique=True, partial=_CURRENT),
)


class KeyTaken(Exception):
    """Another process has made the current key."""


class KeyRing:
    """The keys of one tenancy; at most one of them signs."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._keys = database.scoped(SIGNING_KEYS, tenancy)

    async def current(self, *, session: Session | None = None) -> Document | None:
        """Return the key that signs, or None."""
        return await self._keys.find_one(_CURRENT, session=session)

    async def all(self) -> list[Document]:
        """Return every key without its secret, newest first."""
        return await self._keys.find({}, projection={"sealed": 0}, sort=[("_id", -1)]).to_list()

    async def count(self) -> int:
        """Count the keys."""
        return await self._keys.count({}, hint="workspaceId_1_environment_1__id_-1")

    async def find(self, key_id: Id) -> Document | None:
        """Return a key without its secret, or None."""
        return await self._keys.find_one({"_id": key_id}, projection={"sealed": 0})

    async def insert(self, key: Document, *, session: Session) -> None:
        """Add a key that signs from now on.

        Raises:
            KeyTaken: there is one already.
        """
        try:
            await self._keys.insert({**key, **_CURRENT}, session=session)
        except DuplicateKeyError:
            raise KeyTaken from None

    async def retire(self, key_id: Id, at: str, *, session: Session) -> bool:
        """Let a key sign no more, and forget its secret; tell whether it did sign until now."""
        change = {"$set": {"retiredAt": at}, "$unset": {"current": "", "sealed": ""}}
        return await self._keys.update({"_id": key_id, **_CURRENT}, change, session=session)

    async def remove(self, key_id: Id, *, session: Session) -> bool:
        """Take away a key that does not sign any more; tell whether there was one."""
        return await self._keys.delete({"_id": key_id, "retiredAt": {"$ne": None}}, session=session)
