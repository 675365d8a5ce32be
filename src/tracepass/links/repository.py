"""Links in the database: one by one for those who keep them, by anchor for those who resolve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, DuplicateKeyError, Index, Session
from tracepass.core.paging import Position
from tracepass.core.tenancy import Tenancy

LINKS, ANCHORS, KEYS = "links", "anchors", "keys"
_TENANT = (("workspaceId", 1), ("environment", 1))
SHOWN = (
    "linkType",
    "href",
    "title",
    "hreflang",
    "mediaType",
    "context",
    "defaultLink",
    "defaultLinkMulti",
)
"""What those who resolve are given of a link."""

INDEXES = (
    Index(LINKS, (*_TENANT, ("_id", -1))),
    Index(LINKS, (*_TENANT, ("anchor", 1), ("_id", -1))),
    Index(LINKS, (*_TENANT, ("linkType", 1), ("_id", -1))),
    Index(LINKS, (*_TENANT, ("key", 1))),
    Index(LINKS, (*_TENANT, ("anchor", 1), ("defaultLink", 1)), unique=True, partial={"defaultLink": True}),
)


class DefaultTaken(Exception):
    """Another link of the anchor is its default."""


@dataclass(frozen=True, slots=True)
class LinkFilter:
    """Which links; None leaves a dimension open."""

    anchor: str | None = None
    link_type: str | None = None

    @property
    def query(self) -> dict[str, Any]:
        """Return the filter in MongoDB's language."""
        named = {"anchor": self.anchor, "linkType": self.link_type}
        return {name: value for name, value in named.items() if value is not None}

    @property
    def hint(self) -> str:
        """Return the index that serves the order, and as much of the filter as it can."""
        leading = "anchor_1_" if self.anchor is not None else "linkType_1_" if self.link_type is not None else ""
        return f"workspaceId_1_environment_1_{leading}_id_-1"


class LinkRepository:
    """The links of one tenancy."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._links = database.scoped(LINKS, tenancy)

    async def find(self, link_id: Id, *, session: Session | None = None) -> Document | None:
        """Return a link, or None."""
        return await self._links.find_one({"_id": link_id}, session=session)

    async def page(self, which: LinkFilter, *, after: Position | None, skip: int, limit: int) -> list[Document]:
        """Return the links that match, newest first."""
        query = which.query if after is None else {**which.query, "_id": {"$lt": after.id}}
        cursor = self._links.find(query, sort=[("_id", -1)], skip=skip, limit=limit, hint=which.hint)
        return await cursor.to_list()

    async def count(self, which: LinkFilter) -> int:
        """Count the links that match."""
        return await self._links.count(which.query, hint=which.hint)

    async def of_anchor(self, anchor: str, *, session: Session) -> list[Document]:
        """Return all links of an anchor, oldest first."""
        return await self._links.find({"anchor": anchor}, sort=[("_id", 1)], session=session).to_list()

    async def present(self, link_ids: Sequence[Id], *, session: Session) -> list[Document]:
        """Return those of some links that are there."""
        return await self._links.find({"_id": {"$in": list(link_ids)}}, session=session).to_list()

    async def defaults_of(self, anchors: Sequence[str]) -> set[str]:
        """Return those of some anchors that have a default link."""
        query = {"anchor": {"$in": list(anchors)}, "defaultLink": True}
        found = self._links.find(query, projection={"anchor": 1}, hint="workspaceId_1_environment_1_anchor_1__id_-1")
        return {str(link["anchor"]) async for link in found}

    async def any_of_key(self, key: str, *, session: Session) -> bool:
        """Tell whether any link stands under a primary key."""
        return await self._links.find_one({"key": key}, projection={"_id": 1}, session=session) is not None

    async def insert(self, link: Document, *, session: Session) -> None:
        """Add a link.

        Raises:
            DefaultTaken: it would be the second default of its anchor.
        """
        try:
            await self._links.insert(link, session=session)
        except DuplicateKeyError:
            raise DefaultTaken from None

    async def update(self, link_id: Id, version: int, change: Mapping[str, Any], *, session: Session) -> bool:
        """Change a link that still is at a version; tell whether it was.

        Raises:
            DefaultTaken: it would be the second default of its anchor.
        """
        try:
            return await self._links.update({"_id": link_id, "version": version}, change, session=session)
        except DuplicateKeyError:
            raise DefaultTaken from None

    async def delete(self, link_id: Id, version: int, *, session: Session) -> bool:
        """Delete a link that still is at a version; tell whether it was."""
        return await self._links.delete({"_id": link_id, "version": version}, session=session)


class CrossWorkspaceAnchors:
    """What stands at the identifiers of all workspaces, made ready at each change and read by key."""

    def __init__(self, database: Database) -> None:
        self._anchors = database.collection(ANCHORS)

    async def show(self, anchor: str, tenancy: Tenancy, links: Sequence[Document], *, session: Session) -> None:
        """Put what a workspace says of an anchor in the place of what stood there."""
        found = {"_id": anchor, **tenancy.fields, "links": [{name: link[name] for name in SHOWN} for link in links]}
        if links:
            await self._anchors.replace_one({"_id": anchor}, found, upsert=True, session=session)
        else:
            await self._anchors.delete_one({"_id": anchor}, session=session)

    async def find(self, anchors: Sequence[str]) -> list[Document]:
        """Return what stands at some anchors."""
        return await self._anchors.find({"_id": {"$in": list(anchors)}}).to_list()


class CrossWorkspaceKeys:
    """Which workspace holds a primary key that is no GTIN: the insert of the key is the claim."""

    def __init__(self, database: Database) -> None:
        self._keys = database.collection(KEYS)

    async def find(self, key: str, *, session: Session | None = None) -> Document | None:
        """Return the claim on a key."""
        return await self._keys.find_one({"_id": key}, session=session)

    async def hold(self, key: str, claim: Document, *, session: Session) -> None:
        """Write a claim, in the place of another's where there is one."""
        await self._keys.replace_one({"_id": key}, claim, upsert=True, session=session)

    async def release(self, key: str, tenancy: Tenancy, *, session: Session) -> None:
        """Give a key back."""
        await self._keys.delete_one({"_id": key, **tenancy.fields}, session=session)
