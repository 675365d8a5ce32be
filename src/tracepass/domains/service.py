"""What can be done with domains, and which of them serve."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from tracepass.core.changes import Change, ChangeLog, Stale
from tracepass.core.clock import Clock, timestamp
from tracepass.core.differences import differences, update_of
from tracepass.core.errors import NotFound, Refusal
from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.paging import offset
from tracepass.domains.models import DomainCreate, DomainQuery
from tracepass.domains.repository import INDEXES, CrossWorkspaceDomains, DomainRepository, NameTaken
from tracepass.domains.txtrecords import DnsSilent, DnsTxtRecords, TxtRecords
from tracepass.identity.models import Caller

LABEL: Final = "_tracepass"
VALUE: Final = "tracepass-verification="
TOKEN_BYTES: Final = 24
SHOWN: Final = ("_id", "name", "status", "token", "verifiedAt", "version", "createdAt", "updatedAt")

__all__ = ["INDEXES", "DnsTxtRecords", "DomainDirectory", "Domains", "TxtRecords"]


class DuplicateDomain(Refusal):
    """The workspace, or the installation itself, has the domain."""

    def __init__(self, name: str) -> None:
        super().__init__("duplicate_domain", f"{name} is in use here already.", details={"name": name})


class DomainNotVerified(Refusal):
    """DNS does not show the proof."""

    def __init__(self, domain: Document, found: list[str] | None) -> None:
        record = record_of(domain)
        said = "DNS did not answer" if found is None else "the record is not there yet"
        super().__init__(
            "domain_not_verified",
            f"{domain['name']} is not verified: {said}. Set the TXT record {record['name']} and try again.",
            details={"record": record["name"], "expected": record["value"], "found": found or []},
        )


class DomainRegisteredElsewhere(Refusal):
    """Another workspace has proven the domain."""

    def __init__(self, name: str) -> None:
        super().__init__("domain_registered_elsewhere", f"Another workspace serves at {name}.", details={"name": name})


@dataclass(frozen=True, slots=True)
class DomainPage:
    """One page of domains."""

    items: list[Document]
    total: int


class Domains:
    """The domains of every workspace; ``reserved`` are hosts at which the installation itself is reached."""

    def __init__(self, database: Database, *, clock: Clock, records: TxtRecords, reserved: Collection[str]) -> None:
        self._database = database
        self._clock = clock
        self._records = records
        self._reserved = frozenset(reserved)

    async def create(self, caller: Caller, body: DomainCreate) -> Document:
        """Name a domain; it serves once its TXT record was seen.

        Raises:
            DuplicateDomain: the workspace has it, or the installation is reached at it.
        """
        if body.name in self._reserved:
            raise DuplicateDomain(body.name)
        now = timestamp(self._clock())
        domain: Document = {
            "_id": new_id(),
            "name": body.name,
            "token": secrets.token_urlsafe(TOKEN_BYTES),
            "status": "pending",
            "verifiedAt": None,
            "version": 1,
            "createdAt": now,
            "updatedAt": now,
        }
        change = _change(domain, "create", prev_hash=None)

        async def work(session: Session) -> None:
            digest = await self._log(caller).append(change, caller.actor, session=session)
            await self._domains(caller).insert({**domain, "stateHash": digest}, session=session)

        try:
            await self._database.transact(work)
        except NameTaken:
            raise DuplicateDomain(body.name) from None
        return shown(domain)

    async def list_(self, caller: Caller, query: DomainQuery) -> DomainPage:
        """Return one page of domains, newest first."""
        domains = self._domains(caller)
        found = await domains.page(skip=offset(query.page, query.limit), limit=query.limit)
        return DomainPage([shown(domain) for domain in found], await domains.count())

    async def get(self, caller: Caller, domain_id: Id) -> Document:
        """Return a domain with the record that proves it.

        Raises:
            NotFound: this workspace has no such domain.
        """
        return shown(await self._load(caller, domain_id))

    async def verify(self, caller: Caller, domain_id: Id) -> Document:
        """Look for the TXT record; once it was seen, the domain serves.

        Raises:
            NotFound: this workspace has no such domain.
            DomainNotVerified: the record is not there, or DNS does not answer.
            DomainRegisteredElsewhere: another workspace has proven the domain.
        """
        stored = await self._load(caller, domain_id)
        if stored["status"] == "verified":
            return shown(stored)
        await self._demand_proof(stored)
        now = timestamp(self._clock())
        after = _state({**stored, "status": "verified", "verifiedAt": now, "updatedAt": now})
        after["version"] += 1
        change = _change(after, "verify", prev_hash=stored["stateHash"], before=_state(stored))
        members = {"proven": stored["name"]} if caller.environment == "live" else {}

        async def work(session: Session) -> None:
            digest = await self._log(caller).append(change, caller.actor, session=session)
            update = update_of(change.diff)
            update["$set"] |= {"stateHash": digest, **members}
            if not await self._domains(caller).update(stored["_id"], stored["version"], update, session=session):
                raise Stale

        await self._transact(work, stored["name"])
        return shown(after)

    async def _demand_proof(self, domain: Document) -> None:
        record = record_of(domain)
        try:
            found = await self._records.find(record["name"])
        except DnsSilent:
            raise DomainNotVerified(domain, None) from None
        if record["value"] not in [text.strip() for text in found]:
            raise DomainNotVerified(domain, found)

    async def delete(self, caller: Caller, domain_id: Id) -> Document:
        """Delete a domain, which serves no more; return it as it was.

        Raises:
            NotFound: this workspace has no such domain.
        """
        stored = await self._load(caller, domain_id)
        gone = {**_state(stored), "version": stored["version"] + 1}
        change = _change(gone, "delete", prev_hash=stored["stateHash"], state={})

        async def work(session: Session) -> None:
            await self._log(caller).append(change, caller.actor, session=session)
            if not await self._domains(caller).delete(stored["_id"], stored["version"], session=session):
                raise Stale

        await self._transact(work, stored["name"])
        return shown(stored)

    async def _transact(self, work: Callable[[Session], Any], name: str) -> None:
        try:
            await self._database.transact(work)
        except NameTaken:
            raise DomainRegisteredElsewhere(name) from None
        except Stale:
            raise Refusal("conflict", "The domain was changed at the same time; try again.") from None

    async def _load(self, caller: Caller, domain_id: Id) -> Document:
        domain = await self._domains(caller).find(domain_id)
        if domain is None:
            raise NotFound("domain")
        return domain

    def _domains(self, caller: Caller) -> DomainRepository:
        return DomainRepository(self._database, caller.tenancy)

    def _log(self, caller: Caller) -> ChangeLog:
        return ChangeLog(self._database, caller.tenancy, clock=self._clock)


class DomainDirectory:
    """Which workspace serves at a host."""

    def __init__(self, database: Database) -> None:
        self._domains = CrossWorkspaceDomains(database)

    async def owner_of(self, name: str) -> Id | None:
        """Return the workspace that has proven a domain, or None."""
        found = await self._domains.find_proven(name)
        return None if found is None else found["workspaceId"]

    async def is_unproven(self, name: str) -> bool:
        """Tell whether a domain that nobody has proven waits for its proof."""
        return await self._domains.is_named(name)


def shown(stored: Document) -> Document:
    """Return a stored domain as it is shown."""
    return {**{name: stored[name] for name in SHOWN}, "record": record_of(stored)}


def record_of(domain: Document) -> dict[str, str]:
    """Return the TXT record that proves a domain."""
    return {"type": "TXT", "name": f"{LABEL}.{domain['name']}", "value": VALUE + domain["token"]}


def _state(stored: Document) -> Document:
    return {name: stored[name] for name in SHOWN}


def _change(
    domain: Document,
    action: str,
    *,
    prev_hash: str | None,
    before: Document | None = None,
    state: Document | None = None,
) -> Change:
    return Change(
        entity="domain",
        entity_id=domain["_id"],
        version=domain["version"],
        action=action,
        diff=[] if before is None else differences(before, domain),
        state=domain if state is None else state,
        prev_hash=prev_hash,
    )
