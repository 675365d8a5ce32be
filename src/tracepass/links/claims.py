"""Who may say what stands behind a key: for a GTIN its holder, for other keys whoever came first while links stand.

A key that is no GTIN is held from the first link under it until the last one is gone. A company prefix that the
operator verified outranks both coming first and holding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Session
from tracepass.core.tenancy import Tenancy
from tracepass.gs1.identities import Identity
from tracepass.links.repository import CrossWorkspaceKeys, LinkRepository

PREFIX_STARTS: Final[Mapping[str, int]] = {"00": 1, "8003": 1}
"""Where the company prefix begins in a key, if not at its start (GS1 General Specifications 3.3.1, 3.9.1)."""


class GtinHolders(Protocol):
    """Who holds GTINs and company prefixes."""

    async def require_firm(self, tenancy: Tenancy, gtin: str, *, session: Session) -> None:
        """Refuse a workspace that does not hold a GTIN firmly."""
        ...

    async def holder_of(self, scope: str, gtin: str) -> Id | None:
        """Return the workspace that holds a GTIN; ``scope`` is empty, or that of a test claim."""
        ...

    async def prefix_owner_of(self, digits: str) -> Id | None:
        """Return the workspace for which a company prefix at the start of some digits is verified."""
        ...


class KeyRegisteredElsewhere(Refusal):
    """Another workspace has links under the key, or its company prefix."""

    def __init__(self, identity: Identity) -> None:
        super().__init__(
            "key_registered_elsewhere",
            f"The key {identity.key} belongs to another workspace; if it is yours, ask the operator to verify your "
            "prefix.",
            details={"key": identity.key},
        )


class KeyClaims:
    """The primary keys of all workspaces."""

    def __init__(self, database: Database, *, clock: Clock, gtins: GtinHolders) -> None:
        self._database = database
        self._keys = CrossWorkspaceKeys(database)
        self._gtins = gtins
        self._clock = clock

    async def hold(self, tenancy: Tenancy, identity: Identity, *, session: Session) -> None:
        """See to it that a workspace holds the key of a link it writes, in the transaction of the write.

        Raises:
            Refusal: ``gtin_not_firm``, ``gtin_registered_elsewhere`` or ``key_registered_elsewhere``.
        """
        if identity.gtin is not None:
            await self._gtins.require_firm(tenancy, identity.gtin, session=session)
            return
        key = scope_of(tenancy) + identity.key
        held = await self._keys.find(key, session=session)
        if held is not None and held["workspaceId"] == tenancy.workspace_id:
            return
        owner = await self._prefix_owner(tenancy, identity)
        if owner != tenancy.workspace_id and (owner is not None or held is not None):
            raise KeyRegisteredElsewhere(identity)
        claim = {**tenancy.fields, "claimedAt": timestamp(self._clock())}
        await self._keys.hold(key, claim, session=session)

    async def refuse(self, tenancy: Tenancy, identity: Identity) -> None:
        """Refuse a key that a workspace could not hold now, without holding it.

        Raises:
            Refusal: as `hold` does.
        """

        async def work(session: Session) -> None:
            await self.hold(tenancy, identity, session=session)
            await session.abort_transaction()

        await self._database.transact(work)

    async def _prefix_owner(self, tenancy: Tenancy, identity: Identity) -> Id | None:
        if tenancy.environment == "test":
            return None
        ai, value = identity.primary
        return await self._gtins.prefix_owner_of(value[PREFIX_STARTS.get(ai, 0) :])

    async def release_with_last(self, tenancy: Tenancy, identity: Identity, *, session: Session) -> None:
        """Give a key back once no link of the workspace stands under it."""
        if identity.gtin is None and not await LinkRepository(self._database, tenancy).any_of_key(
            identity.key, session=session
        ):
            await self._keys.release(scope_of(tenancy) + identity.key, tenancy, session=session)

    async def holder(self, scope: str, identity: Identity) -> Id | None:
        """Return the workspace whose word counts for a key; ``scope`` is that of the reader."""
        if identity.gtin is not None:
            return await self._gtins.holder_of(scope, identity.gtin)
        held = await self._keys.find(scope + identity.key)
        return None if held is None else held["workspaceId"]


def scope_of(tenancy: Tenancy) -> str:
    """Return what stands before the keys of a tenancy: test keys claim nothing in the world."""
    return "" if tenancy.environment == "live" else f"test/{tenancy.workspace_id}/"
