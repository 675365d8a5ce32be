"""What can be done with links, and what those who resolve are told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from tracepass.core.changes import Change, ChangeLog, Stale
from tracepass.core.clock import Clock, timestamp
from tracepass.core.differences import differences, update_of
from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.paging import Position, offset, read_cursor, write_cursor
from tracepass.core.tenancy import Tenancy
from tracepass.core.turns import Turns
from tracepass.gs1.identities import BadIdentity, Identity, read_anchor, read_path
from tracepass.gs1.linktypes import TITLES, asked_link_type
from tracepass.identity.models import Caller
from tracepass.links.claims import GtinHolders, KeyClaims, scope_of
from tracepass.links.models import LinkCreate, LinkPatch, LinkQuery
from tracepass.links.repository import (
    INDEXES,
    CrossWorkspaceAnchors,
    DefaultTaken,
    LinkFilter,
    LinkRepository,
)
from tracepass.links.targets import BadTarget, check_target, filled, leads_back, with_query

MOST_OF_ANCHOR = 100
ATTEMPTS = 20
INTERNAL = frozenset({"workspaceId", "environment", "stateHash", "key"})

__all__ = ["INDEXES", "GtinHolders", "LinkDirectory", "Links", "filled", "scope_of", "with_query"]


class DuplicateDefaultLink(Refusal):
    """Another link of the anchor is its default."""

    def __init__(self, anchor: str) -> None:
        super().__init__(
            "duplicate_default_link",
            f"Another link of {anchor} is its default link; there is one at most.",
            details={"anchor": anchor},
        )


class TooManyLinks(Refusal):
    """The anchor is full."""

    def __init__(self) -> None:
        super().__init__(
            "too_many_links",
            f"An identifier has at most {MOST_OF_ANCHOR} links.",
            details={"limit": MOST_OF_ANCHOR},
        )


@dataclass(frozen=True, slots=True)
class LinkPage:
    """One page of links."""

    items: list[Document]
    total: int
    next_cursor: str | None


class Links:
    """The links of every workspace, one at a time; ``hosts`` are those at which the installation resolves."""

    def __init__(self, database: Database, *, clock: Clock, gtins: GtinHolders, hosts: Collection[str]) -> None:
        self._database = database
        self._clock = clock
        self._hosts = frozenset(hosts)
        self._claims = KeyClaims(database, clock=clock, gtins=gtins)
        self._turns = Turns()

    async def create(self, caller: Caller, body: LinkCreate) -> Document:
        """Add a link.

        Raises:
            Invalid: the anchor is no GS1 Digital Link, the target no address, or the title is missing.
            Refusal: the key is not the workspace's; the anchor has its default, or as many links as it may.
        """
        identity = _anchor(body.anchor)
        now = timestamp(self._clock())
        link: Document = {
            "_id": new_id(),
            "anchor": f"/{identity.path}",
            "linkType": body.link_type,
            "href": self._target(body.href, identity),
            "title": _title(body),
            "hreflang": body.hreflang,
            "mediaType": body.media_type,
            "context": body.context,
            "defaultLink": body.default_link,
            "defaultLinkMulti": body.default_link_multi,
            "public": body.public,
            "version": 1,
            "createdAt": now,
            "updatedAt": now,
        }
        change = _change(link, action="create", diff=[], prev_hash=None)

        async def work(session: Session) -> None:
            await self._claims.hold(caller.tenancy, identity, session=session)
            digest = await self._log(caller).append(change, caller.actor, session=session)
            stored = {**link, "key": identity.key, "stateHash": digest}
            await self._links(caller).insert(stored, session=session)
            await self._show(caller.tenancy, identity, session=session)

        await self._transact(work, link["anchor"])
        return link

    async def get(self, caller: Caller, link_id: Id) -> Document:
        """Return a link.

        Raises:
            NotFound: this workspace has no such link.
        """
        return shown(await self._load(caller, link_id))

    async def list_(self, caller: Caller, query: LinkQuery) -> LinkPage:
        """Return one page of links, newest first.

        Raises:
            Invalid: the anchor to look for is no GS1 Digital Link.
        """
        which = LinkFilter(
            anchor=None if query.anchor is None else f"/{_anchor(query.anchor).path}",
            link_type=None if query.link_type is None else asked_link_type(query.link_type),
        )
        after = None if query.cursor is None else read_cursor(query.cursor)
        skip = 0 if after else offset(query.page, query.limit)
        links = self._links(caller)
        found = await links.page(which, after=after, skip=skip, limit=query.limit + 1)
        items = [shown(link) for link in found[: query.limit]]
        more = len(found) > query.limit
        return LinkPage(
            items=items,
            total=await links.count(which),
            next_cursor=write_cursor(Position("", items[-1]["_id"])) if more else None,
        )

    async def patch(self, caller: Caller, link_id: Id, body: LinkPatch, *, expected: frozenset[int] | None) -> Document:
        """Change what the body names; another's write in between only means another look.

        Raises:
            NotFound: this workspace has no such link.
            Invalid: the target is no address.
            Refusal: the key is not the workspace's any more; the anchor has its default.
        """
        named = body.named
        async with self._turns.at(link_id):
            for _ in range(ATTEMPTS):
                stored = await self._load(caller, link_id)
                check_expected(stored["version"], expected)
                identity = read_path(stored["anchor"])
                if "href" in named:
                    self._target(named["href"], identity)
                before = shown(stored)
                after = {**before, **named}
                if after == before:
                    return before
                try:
                    return await self._write(caller, stored, after)
                except Stale:
                    continue
        raise Refusal("conflict", "Others change this link at the same time; try again.")

    async def _write(self, caller: Caller, stored: Document, after: Document) -> Document:
        before, identity = shown(stored), read_path(stored["anchor"])
        after = {**after, "version": before["version"] + 1, "updatedAt": timestamp(self._clock())}
        change = _change(after, action="update", diff=differences(before, after), prev_hash=stored["stateHash"])

        async def work(session: Session) -> None:
            await self._claims.hold(caller.tenancy, identity, session=session)
            digest = await self._log(caller).append(change, caller.actor, session=session)
            update = update_of(change.diff)
            update.setdefault("$set", {})["stateHash"] = digest
            if not await self._links(caller).update(after["_id"], before["version"], update, session=session):
                raise Stale
            await self._show(caller.tenancy, identity, session=session)

        await self._transact(work, after["anchor"])
        return after

    async def delete(self, caller: Caller, link_id: Id, *, expected: frozenset[int] | None) -> Document:
        """Delete a link; return it as it was. The last one under a key that is no GTIN gives the key back.

        Raises:
            NotFound: this workspace has no such link.
        """
        stored = await self._load(caller, link_id)
        check_expected(stored["version"], expected)
        identity = read_path(stored["anchor"])
        gone = {"_id": stored["_id"], "version": stored["version"] + 1}
        change = _change(gone, action="delete", diff=[], prev_hash=stored["stateHash"], state={})

        async def work(session: Session) -> None:
            await self._log(caller).append(change, caller.actor, session=session)
            if not await self._links(caller).delete(stored["_id"], stored["version"], session=session):
                raise Stale
            if await self._claims.holder(scope_of(caller.tenancy), identity) == caller.workspace.id:
                await self._show(caller.tenancy, identity, session=session)
            await self._claims.release_with_last(caller.tenancy, identity, session=session)

        try:
            await self._transact(work, stored["anchor"])
        except Stale:
            raise Refusal("conflict", "The link was changed at the same time; try again.") from None
        return shown(stored)

    def _target(self, href: str, identity: Identity) -> str:
        return target_of(href, identity, self._hosts)

    async def _load(self, caller: Caller, link_id: Id) -> Document:
        link = await self._links(caller).find(link_id)
        if link is None:
            raise NotFound("link")
        return link

    async def _transact(self, work: Callable[[Session], Any], anchor: str) -> None:
        try:
            await self._database.transact(work)
        except DefaultTaken:
            raise DuplicateDefaultLink(anchor) from None

    async def _show(self, tenancy: Tenancy, identity: Identity, *, session: Session) -> None:
        """Make ready what those who resolve read; the workspace must hold the key."""
        await show_anchor(self._database, tenancy, identity, session=session)

    def _links(self, caller: Caller) -> LinkRepository:
        return LinkRepository(self._database, caller.tenancy)

    def _log(self, caller: Caller) -> ChangeLog:
        return ChangeLog(self._database, caller.tenancy, clock=self._clock)


class LinkDirectory:
    """The links of all workspaces, as those who resolve read them: by key, and from the holder of the key alone."""

    def __init__(self, database: Database, *, clock: Clock, gtins: GtinHolders) -> None:
        self._anchors = CrossWorkspaceAnchors(database)
        self._claims = KeyClaims(database, clock=clock, gtins=gtins)

    async def find(self, scope: str, levels: Sequence[Identity]) -> dict[str, Document]:
        """Return what stands at some levels of one key, by their paths: ``{workspaceId, links}``.

        One read by key; a second, of the key's holder, only where there are links.
        """
        found = await self._anchors.find([scope + level.path for level in levels])
        if not found:
            return {}
        holder = await self._claims.holder(scope, levels[-1])
        return {anchor["_id"].removeprefix(scope): anchor for anchor in found if anchor["workspaceId"] == holder}


def shown(stored: Document) -> Document:
    """Return a stored link as it is shown."""
    return {name: value for name, value in stored.items() if name not in INTERNAL}


def check_expected(version: int, expected: frozenset[int] | None) -> None:
    """Hold a version against ``If-Match``.

    Raises:
        Refusal: ``precondition_failed``, with the version that is in force.
    """
    if expected is not None and version not in expected:
        raise Refusal(
            "precondition_failed",
            f"The link is at version {version} by now; read it again before you change it.",
            details={"version": version},
        )


async def show_anchor(database: Database, tenancy: Tenancy, identity: Identity, *, session: Session) -> None:
    """Make ready what those who resolve read; the workspace must hold the key.

    Raises:
        TooManyLinks: the anchor has more than it may.
    """
    links = await LinkRepository(database, tenancy).of_anchor(f"/{identity.path}", session=session)
    if len(links) > MOST_OF_ANCHOR:
        raise TooManyLinks
    public = [link for link in links if link["public"]]
    await CrossWorkspaceAnchors(database).show(scope_of(tenancy) + identity.path, tenancy, public, session=session)


def target_of(href: str, identity: Identity, hosts: Collection[str]) -> str:
    """Return where a link of an identity leads; ``hosts`` are those at which the installation resolves.

    Raises:
        Invalid: it leads back here, or nowhere.
    """
    if leads_back(href, hosts):
        raise Invalid({"href": ["leads back to this resolver, in circles"]})
    try:
        return check_target(href, identity.fillable())
    except BadTarget as error:
        raise Invalid({"href": [str(error)]}) from None


def _anchor(text: str) -> Identity:
    try:
        return read_anchor(text).registered()
    except BadIdentity as error:
        raise Invalid({"anchor": [str(error)]}) from None


def _title(body: LinkCreate) -> str:
    title = body.title or TITLES.get(body.link_type)
    if title is None:
        raise Invalid({"title": ["is required for a link type that is not of GS1"]})
    return title


def _change(
    link: Document, *, action: str, diff: list[Any], prev_hash: str | None, state: Document | None = None
) -> Change:
    return Change(
        entity="link",
        entity_id=link["_id"],
        version=link["version"],
        action=action,
        diff=diff,
        state=link if state is None else state,
        prev_hash=prev_hash,
    )
