"""Links that come from another installation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from tracepass.core.arrivals import Arrivals, settled
from tracepass.core.arriving import Moment, faults_of, in_order_of, members_of, moment_faults, read
from tracepass.core.clock import Clock, parse_timestamp
from tracepass.core.errors import Invalid, Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.restores import Arrival, Findings
from tracepass.core.schema import Text, WireId
from tracepass.gs1.identities import BadIdentity, Identity, read_anchor, read_path
from tracepass.links.claims import GtinHolders, KeyClaims, scope_of
from tracepass.links.models import LinkCreate
from tracepass.links.repository import LINKS, LinkRepository
from tracepass.links.service import DuplicateDefaultLink, show_anchor, target_of

MOST_VERSIONS: Final = 1_000_000_000


class LinkRecord(LinkCreate):
    """A link as an export tells it."""

    link_id: Annotated[WireId, Field(alias="_id")]
    title: Text
    version: Annotated[int, Field(ge=1, le=MOST_VERSIONS)]
    created_at: Moment
    updated_at: Moment

    @property
    def identity(self) -> Identity:
        """Return what the link is about.

        Raises:
            Invalid: it is no GS1 Digital Link, or not written as links keep it.
        """
        try:
            identity = read_anchor(self.anchor).registered()
        except BadIdentity as error:
            raise Invalid({"anchor": [str(error)]}) from None
        if self.anchor != f"/{identity.path}":
            raise Invalid({"anchor": [f"must be written /{identity.path}"]})
        return identity

    @property
    def stored(self) -> Document:
        """Return the link as it is kept, but for its key."""
        return {**self.model_dump(by_alias=True, exclude={"link_id"}), "_id": self.link_id}


@dataclass(frozen=True, slots=True)
class _Looked:
    """A record that can be read."""

    link: LinkRecord
    identity: Identity


class LinkRestorer:
    """Takes in links, with the keys that they stand under; ``hosts`` are those at which the installation resolves."""

    def __init__(self, database: Database, *, clock: Clock, gtins: GtinHolders, hosts: Collection[str]) -> None:
        self._database = database
        self._hosts = frozenset(hosts)
        self._claims = KeyClaims(database, clock=clock, gtins=gtins)
        self._arrivals = Arrivals(database, "link", LINKS, clock=clock)

    async def look(self, arrival: Arrival, records: Sequence[Document]) -> Findings:
        """Hold links against the rules and against what is there."""
        found, looked = Findings(), dict[int, _Looked]()
        for index, record in enumerate(records):
            try:
                link = read(LinkRecord, record)
                looked[index] = _Looked(link, link.identity)
                target_of(link.href, link.identity, self._hosts)
                await self._refuse_foreign(arrival, link.identity)
            except Refusal as refusal:
                found.faults += faults_of(index, refusal)
                continue
            moments = (("createdAt", link.created_at), ("updatedAt", link.updated_at))
            found.faults += moment_faults(index, arrival, [(name, parse_timestamp(at)) for name, at in moments])
        await self._look_at_defaults(arrival, looked, found)
        return found

    async def _look_at_defaults(self, arrival: Arrival, looked: dict[int, _Looked], found: Findings) -> None:
        defaults = {index: one.link.anchor for index, one in looked.items() if one.link.default_link}
        there = await LinkRepository(self._database, arrival.tenancy).defaults_of(list(defaults.values()))
        for index, anchor in defaults.items():
            if arrival.claim("defaultLink", anchor) or anchor in there:
                found.faults += faults_of(index, DuplicateDefaultLink(anchor))

    async def _refuse_foreign(self, arrival: Arrival, identity: Identity) -> None:
        """Refuse a link whose key the workspace will not hold, even when the passports of the file are there.

        Raises:
            Refusal: ``gtin_not_firm``, ``gtin_registered_elsewhere`` or ``key_registered_elsewhere``.
        """
        if identity.gtin is None or not arrival.claimed("firmGtin", identity.gtin):
            await self._claims.refuse(arrival.tenancy, identity)

    async def write(self, arrival: Arrival, records: Sequence[Document]) -> None:
        """Write links, hold their keys, and make ready what is resolved.

        Raises:
            Refusal: a key is not the workspace's, or an anchor has its default or as many links as it may.
        """
        links = [in_order_of(members_of(record), read(LinkRecord, record).stored) for record in records]

        async def work(session: Session) -> None:
            fresh = await self._arrivals.fresh(arrival, links, session=session)
            identities = {link["anchor"]: read_path(link["anchor"]) for link in fresh}
            for identity in {one.key: one for one in identities.values()}.values():
                await self._claims.hold(arrival.tenancy, identity, session=session)
            await self._arrivals.add(arrival, fresh, _beside, taken=_taken, session=session)
            for identity in identities.values():
                await show_anchor(self._database, arrival.tenancy, identity, session=session)

        await settled(lambda: self._database.transact(work))

    async def remove(self, arrival: Arrival, ids: Sequence[str]) -> None:
        """Take links away, and give their keys back."""
        tenancy = arrival.tenancy

        async def work(session: Session) -> None:
            links = LinkRepository(self._database, tenancy)
            there = await links.present([Id(one) for one in ids], session=session)
            await self._arrivals.take_away(arrival, there, session=session)
            identities = {link["anchor"]: read_path(link["anchor"]) for link in there}
            for identity in identities.values():
                if await self._claims.holder(scope_of(tenancy), identity) == tenancy.workspace_id:
                    await show_anchor(self._database, tenancy, identity, session=session)
                await self._claims.release_with_last(tenancy, identity, session=session)

        await settled(lambda: self._database.transact(work))


def _beside(link: Document) -> Document:
    return {"key": read_path(link["anchor"]).key}


def _taken(link: Document) -> DuplicateDefaultLink:
    return DuplicateDefaultLink(link["anchor"])
