"""Access grants and their uses in the database."""

from __future__ import annotations

from collections.abc import Mapping

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, DuplicateKeyError, Index, Session
from tracepass.core.tenancy import Tenancy

GRANTS, USES = "accessGrants", "accessUses"
_TENANT = (("workspaceId", 1), ("environment", 1))
_NEWEST_USES = (("grantId", 1), ("day", -1), ("passportId", -1))

INDEXES = (
    Index(GRANTS, (*_TENANT, ("_id", -1))),
    Index(GRANTS, (("hash", 1),), unique=True),
    Index(USES, (*_TENANT, *_NEWEST_USES), unique=True),
)


class UseKnown(Exception):
    """Another use on this day was written down first."""


class GrantRepository:
    """The access grants of one tenancy; what their tokens hash to is never read."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._grants = database.scoped(GRANTS, tenancy)

    async def insert(self, grant: Document, *, session: Session) -> None:
        """Add a grant."""
        await self._grants.insert(grant, session=session)

    async def find(self, grant_id: Id, *, session: Session | None = None) -> Document | None:
        """Return a grant, or None."""
        return await self._grants.find_one({"_id": grant_id}, projection={"hash": 0}, session=session)

    async def page(self, *, skip: int, limit: int) -> list[Document]:
        """Return some grants, newest first."""
        found = self._grants.find({}, projection={"hash": 0}, sort=[("_id", -1)], skip=skip, limit=limit)
        return await found.to_list()

    async def count(self) -> int:
        """Count the grants."""
        return await self._grants.count({})

    async def revoke(self, grant_id: Id, members: Mapping[str, object], *, session: Session) -> bool:
        """Revoke a grant that is not revoked yet; tell whether it was not."""
        return await self._grants.update({"_id": grant_id, "revokedAt": None}, {"$set": members}, session=session)


class UseRepository:
    """The uses of the access grants of one tenancy, one document for each grant, passport and day."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._uses = database.scoped(USES, tenancy)

    async def add(self, grant_id: Id, passport_id: Id, *, day: str, door: str, at: str) -> bool:
        """Count another use on a day; tell whether there was one before."""
        which = {"grantId": grant_id, "day": day, "passportId": passport_id}
        return await self._uses.update(which, {"$inc": {"count": 1, f"doors.{door}": 1}, "$set": {"lastAt": at}})

    async def begin(self, use: Document, *, session: Session) -> None:
        """Write down the first use on a day.

        Raises:
            UseKnown: another was first.
        """
        try:
            await self._uses.insert(use, session=session)
        except DuplicateKeyError:
            raise UseKnown from None

    async def page(self, grant_id: Id, *, skip: int, limit: int) -> list[Document]:
        """Return some uses of a grant, the newest day first."""
        order = [("day", -1), ("passportId", -1)]
        found = self._uses.find({"grantId": grant_id}, sort=order, skip=skip, limit=limit)
        return await found.to_list()

    async def count(self, grant_id: Id) -> int:
        """Count the uses of a grant: its days and passports."""
        return await self._uses.count({"grantId": grant_id})
