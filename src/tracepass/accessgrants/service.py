"""What can be done with access grants: give, list, read and revoke them, and see what they were used for."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol

from tracepass.accessgrants.door import GrantDoor
from tracepass.accessgrants.models import GrantCreate, GrantQuery, GrantScope
from tracepass.accessgrants.repository import INDEXES, GrantRepository, UseRepository
from tracepass.accessgrants.roles import AUDIENCES
from tracepass.accessgrants.uses import GrantUses
from tracepass.api.holders import PREFIX
from tracepass.core.changes import Change, ChangeLog
from tracepass.core.clock import Clock, timestamp
from tracepass.core.differences import differences
from tracepass.core.errors import Invalid, NotFound
from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.paging import offset
from tracepass.core.tenancy import Tenancy
from tracepass.identity.models import Caller, hash_secret

SECRET_BYTES: Final = 32
PREFIX_LENGTH: Final = 9
LONGEST: Final = timedelta(days=731)
"""Two years: an entitlement is looked at again after that."""
INTERNAL: Final = frozenset({"workspaceId", "environment", "hash", "stateHash"})

__all__ = ["AUDIENCES", "INDEXES", "AccessGrants", "GrantDoor", "GrantUses", "Inventory"]


class Inventory(Protocol):
    """What grants need to know of what they are for."""

    async def missing_products(self, tenancy: Tenancy, ids: Sequence[Id]) -> list[Id]:
        """Return those of the ids that no product of the workspace has."""
        ...

    async def missing_passports(self, tenancy: Tenancy, ids: Sequence[Id]) -> list[Id]:
        """Return those of the ids that no passport of the workspace has."""
        ...

    async def missing_files(self, tenancy: Tenancy, ids: Sequence[Id]) -> list[Id]:
        """Return those of the ids that no file of the workspace has."""
        ...


@dataclass(frozen=True, slots=True)
class GrantPage:
    """One page of grants or of uses, and how many there are."""

    items: list[Document]
    total: int


class AccessGrants:
    """The access grants of every workspace, one at a time."""

    def __init__(self, database: Database, *, clock: Clock, inventory: Inventory) -> None:
        self._database = database
        self._clock = clock
        self._inventory = inventory

    async def create(self, caller: Caller, body: GrantCreate) -> tuple[Document, str]:
        """Give access; return the grant and its token, which nobody is shown again.

        Raises:
            Invalid: it would end in the past or too late, or is for something that the workspace does not have.
        """
        await self._check(caller, body)
        token, now = PREFIX + secrets.token_urlsafe(SECRET_BYTES), timestamp(self._clock())
        grant: Document = {
            "_id": new_id(),
            "prefix": token[:PREFIX_LENGTH],
            "role": body.role,
            "audience": AUDIENCES[body.role],
            "holder": body.holder.model_dump(by_alias=True, exclude_none=True),
            "scope": _scope(body.scope),
            "purpose": body.purpose,
            **_evidence(body),
            "expiresAt": timestamp(body.expires_at),
            "revokedAt": None,
            "createdAt": now,
            "createdBy": caller.actor.label,
            "version": 1,
        }
        change = _change(grant, action="access_grant.created", diff=[], prev_hash=None)

        async def work(session: Session) -> None:
            digest = await self._log(caller).append(change, caller.actor, session=session)
            stored = {**grant, "hash": hash_secret(token), "lastUsedAt": None, "stateHash": digest}
            await self._grants(caller).insert(stored, session=session)

        await self._database.transact(work)
        return self._shown({**grant, "lastUsedAt": None}), token

    async def _check(self, caller: Caller, body: GrantCreate) -> None:
        now, faults = self._clock(), dict[str, list[str]]()
        if body.expires_at <= now:
            faults["expiresAt"] = ["must be in the future"]
        elif body.expires_at > now + LONGEST:
            faults["expiresAt"] = [f"must be within {LONGEST.days} days"]
        scope, tenancy = body.scope, caller.tenancy
        for path, ids, missing in (
            ("scope.productIds", scope.product_ids, self._inventory.missing_products),
            ("scope.passportIds", scope.passport_ids, self._inventory.missing_passports),
        ):
            unknown = await missing(tenancy, scope.ids) if ids else []
            faults |= {path: [f"{one} is not in this workspace" for one in unknown[:10]]} if unknown else {}
        file_id = None if body.evidence is None else body.evidence.file_id
        if file_id is not None and await self._inventory.missing_files(tenancy, [file_id]):
            faults["evidence.fileId"] = ["names no file of this workspace"]
        if faults:
            raise Invalid(faults)

    async def list_(self, caller: Caller, query: GrantQuery) -> GrantPage:
        """Return one page of grants, newest first, without their tokens, which nobody has kept."""
        grants = self._grants(caller)
        found = await grants.page(skip=offset(query.page, query.limit), limit=query.limit)
        return GrantPage([self._shown(grant) for grant in found], await grants.count())

    async def get(self, caller: Caller, grant_id: Id) -> Document:
        """Return a grant.

        Raises:
            NotFound: this workspace has no such grant.
        """
        return self._shown(await self._load(caller, grant_id))

    async def uses(self, caller: Caller, grant_id: Id, query: GrantQuery) -> GrantPage:
        """Return what a grant was used for, the newest day first: how often, by passport and day.

        Raises:
            NotFound: this workspace has no such grant.
        """
        await self._load(caller, grant_id)
        uses = UseRepository(self._database, caller.tenancy)
        found = await uses.page(grant_id, skip=offset(query.page, query.limit), limit=query.limit)
        hidden = INTERNAL | {"_id", "grantId"}
        items = [{name: value for name, value in use.items() if name not in hidden} for use in found]
        return GrantPage(items, await uses.count(grant_id))

    async def revoke(self, caller: Caller, grant_id: Id) -> Document:
        """Take access back; every process refuses the token within five seconds. A second time changes nothing.

        Raises:
            NotFound: this workspace has no such grant.
        """

        async def work(session: Session) -> Document:
            stored = await self._load(caller, grant_id, session=session)
            if stored["revokedAt"] is not None:
                return stored
            news = {"revokedAt": timestamp(self._clock()), "revokedBy": caller.actor.label, "version": 2}
            before, after = _entity(stored), {**_entity(stored), **news}
            change = _change(
                after,
                action="access_grant.revoked",
                diff=differences(before, after),
                prev_hash=stored["stateHash"],
            )
            digest = await self._log(caller).append(change, caller.actor, session=session)
            await self._grants(caller).revoke(grant_id, {**news, "stateHash": digest}, session=session)
            return {**stored, **news}

        return self._shown(await self._database.transact(work))

    async def _load(self, caller: Caller, grant_id: Id, *, session: Session | None = None) -> Document:
        found = await self._grants(caller).find(grant_id, session=session)
        if found is None:
            raise NotFound("access grant")
        return found

    def _shown(self, stored: Document) -> Document:
        """Return a grant as it is shown, with what has become of it by now."""
        ended = "expired" if stored["expiresAt"] <= timestamp(self._clock()) else "active"
        status = ended if stored["revokedAt"] is None else "revoked"
        return {**{name: value for name, value in stored.items() if name not in INTERNAL}, "status": status}

    def _grants(self, caller: Caller) -> GrantRepository:
        return GrantRepository(self._database, caller.tenancy)

    def _log(self, caller: Caller) -> ChangeLog:
        return ChangeLog(self._database, caller.tenancy, clock=self._clock)


def _entity(stored: Document) -> Document:
    """Return what the records of a grant speak of."""
    return {name: value for name, value in stored.items() if name not in INTERNAL | {"lastUsedAt"}}


def _scope(scope: GrantScope) -> Document:
    named = {} if scope.type == "workspace" else {f"{scope.type.removesuffix('s')}Ids": scope.ids}
    return {"type": scope.type, **named}


def _evidence(body: GrantCreate) -> Document:
    return {} if body.evidence is None else {"evidence": body.evidence.model_dump(by_alias=True, exclude_none=True)}


def _change(grant: Document, *, action: str, diff: list[Any], prev_hash: str | None) -> Change:
    return Change(
        entity="access_grant",
        entity_id=grant["_id"],
        version=grant["version"],
        action=action,
        diff=diff,
        state=grant,
        prev_hash=prev_hash,
    )
