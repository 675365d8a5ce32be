"""Which workspace holds a GTIN, and how firmly.

The first draft's claim is provisional: it lapses with its last passport or after 30 days without publishing, and
yields to the workspace for which the company prefix is verified. Publishing makes it firm.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, DuplicateKeyError, Index, Session
from tracepass.core.tenancy import Tenancy
from tracepass.identity.models import Workspace
from tracepass.passports.repository import IdentifierClaims, PassportRepository

GTINS, PREFIXES = "gtins", "prefixes"
LAPSE = timedelta(days=30)
BELIEVED = timedelta(seconds=4)
REMEMBERED = 10_000
FREE_CLAIMS = 3
PREFIX_LENGTHS = range(4, 13)

INDEXES = (Index(GTINS, (("workspaceId", 1), ("environment", 1), ("firm", 1))),)


class GtinRegisteredElsewhere(Refusal):
    """Another workspace holds the GTIN."""

    def __init__(self, gtin: str) -> None:
        super().__init__(
            "gtin_registered_elsewhere",
            f"GTIN {gtin} is registered by another workspace; if it is yours, ask the operator to verify your prefix.",
            details={"gtin": gtin},
        )


class GtinNotFirm(Refusal):
    """The workspace does not hold the GTIN, or not firmly."""

    def __init__(self, gtin: str) -> None:
        super().__init__(
            "gtin_not_firm",
            f"Links need a firm claim on GTIN {gtin}: publish a passport under it first, or have the operator verify "
            "your company prefix.",
            details={"gtin": gtin},
        )


class GtinClaims:
    """The GTINs of all workspaces."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._gtins = database.collection(GTINS)
        self._prefixes = database.collection(PREFIXES)
        self._identifiers = IdentifierClaims(database)
        self._clock = clock
        self._held: dict[str, datetime] = {}

    async def claim(self, workspace: Workspace, tenancy: Tenancy, gtin: str) -> None:
        """Hold a GTIN for a draft of a workspace.

        A claim found to be the workspace's own is believed for four seconds; should it lapse in between, publishing
        asks again.

        Raises:
            GtinRegisteredElsewhere: another workspace holds it, firmly or not yet lapsed.
            Refusal: ``too_many_gtin_claims``, on the free plan.
        """
        key, now = claim_key(tenancy, gtin), self._clock()
        if self._held.get(f"{tenancy.workspace_id}/{key}", now) > now:
            return
        await self._claim(workspace, tenancy, gtin)
        if len(self._held) >= REMEMBERED:
            self._held.clear()
        self._held[f"{tenancy.workspace_id}/{key}"] = now + BELIEVED

    async def _claim(self, workspace: Workspace, tenancy: Tenancy, gtin: str) -> None:
        held = await self._gtins.find_one({"_id": claim_key(tenancy, gtin)})
        own = held is not None and held["workspaceId"] == tenancy.workspace_id
        if held is not None and own and (held["firm"] or not self._lapsed(held)):
            return
        if held is not None and not own:
            await self._refuse_unless_yielding(tenancy, gtin, held)
        try:
            await self._write(workspace, tenancy, gtin, held)
        except DuplicateKeyError:
            await self._claim(workspace, tenancy, gtin)

    async def _write(self, workspace: Workspace, tenancy: Tenancy, gtin: str, held: Document | None) -> None:
        """Insert a claim, or take the one that was found; on the free plan only while fewer than three wait."""
        limited = workspace.plan == "free" and tenancy.environment == "live"
        if held is None and not limited:
            await self._hold(tenancy, gtin, None, None)
            return
        turn = {"_id": f"turn/{tenancy.workspace_id}"}
        if limited:
            await self._gtins.update_one(turn, {"$setOnInsert": {"turns": 0}}, upsert=True)

        async def work(session: Session) -> None:
            if limited:
                # Claims of one workspace write the same document, so that they count one after the other.
                await self._gtins.update_one(turn, {"$inc": {"turns": 1}}, session=session)
                await self._refuse_too_many(tenancy, session)
            await self._hold(tenancy, gtin, held, session)

        await self._database.transact(work)

    async def _hold(self, tenancy: Tenancy, gtin: str, held: Document | None, session: Session | None) -> None:
        fresh = {**tenancy.fields, "firm": False, "claimedAt": timestamp(self._clock())}
        if held is None:
            await self._gtins.insert_one({"_id": claim_key(tenancy, gtin), "gtin": gtin, **fresh}, session=session)
            return
        seen = {name: held[name] for name in ("_id", "workspaceId", "firm", "claimedAt")}
        outcome = await self._gtins.update_one(seen, {"$set": fresh}, session=session)
        if outcome.matched_count == 0:
            raise GtinRegisteredElsewhere(gtin)
        if held["workspaceId"] != tenancy.workspace_id:
            await self._identifiers.release_gtin(gtin, held["workspaceId"], session=session)

    async def _refuse_too_many(self, tenancy: Tenancy, session: Session) -> None:
        waiting = {**tenancy.fields, "firm": False, "claimedAt": {"$gte": timestamp(self._clock() - LAPSE)}}
        count = await self._gtins.count_documents(waiting, limit=FREE_CLAIMS, session=session)
        if count >= FREE_CLAIMS:
            raise Refusal(
                "too_many_gtin_claims",
                f"On the free plan at most {FREE_CLAIMS} GTINs wait for their first publishing; publish or delete one.",
                details={"limit": FREE_CLAIMS},
            )

    async def _refuse_unless_yielding(self, tenancy: Tenancy, gtin: str, held: Document) -> None:
        """Let a claim be taken that lapsed, or that stands under a prefix verified for the taker."""
        owner = await self.prefix_owner(gtin)
        if held["firm"] or not (owner == tenancy.workspace_id or (owner is None and self._lapsed(held))):
            raise GtinRegisteredElsewhere(gtin)

    async def refuse_foreign(self, tenancy: Tenancy, gtin: str) -> None:
        """Refuse a GTIN that a claim would not get, without claiming it.

        Raises:
            GtinRegisteredElsewhere: another workspace holds it.
        """
        held = await self._gtins.find_one({"_id": claim_key(tenancy, gtin)})
        if held is not None and held["workspaceId"] != tenancy.workspace_id:
            await self._refuse_unless_yielding(tenancy, gtin, held)

    def _lapsed(self, held: Document) -> bool:
        return bool(held["claimedAt"] < timestamp(self._clock() - LAPSE))

    async def prefix_owner(self, gtin: str) -> Id | None:
        """Return the workspace for which a company prefix of the GTIN is verified, or None."""
        return await self.prefix_owner_of(gtin[1:])

    async def prefix_owner_of(self, digits: str) -> Id | None:
        """Return the workspace for which a company prefix at the start of some digits is verified, or None."""
        candidates = [digits[:length] for length in PREFIX_LENGTHS]
        found = await self._prefixes.find({"_id": {"$in": candidates}}).to_list()
        longest: Any = max(found, key=lambda prefix: len(str(prefix["_id"])), default=None)
        return None if longest is None else longest["workspaceId"]

    async def confirm(self, tenancy: Tenancy, gtin: str, *, session: Session) -> None:
        """Make a claim firm, as the first publishing under it does, in the transaction of the publishing.

        Raises:
            GtinRegisteredElsewhere: it went to another workspace, or the prefix is verified for another.
        """
        key = claim_key(tenancy, gtin)
        held = await self._gtins.find_one({"_id": key}, session=session)
        if held is not None and held["workspaceId"] != tenancy.workspace_id:
            raise GtinRegisteredElsewhere(gtin)
        if held is not None and held["firm"]:
            return
        if tenancy.environment == "live" and await self.prefix_owner(gtin) not in {None, tenancy.workspace_id}:
            raise GtinRegisteredElsewhere(gtin)
        now = timestamp(self._clock())
        firm = {"firm": True, "publishedAt": now}
        if held is None:
            claim = {"_id": key, "gtin": gtin, **tenancy.fields, "claimedAt": now}
            await self._gtins.insert_one({**claim, **firm}, session=session)
        else:
            await self._gtins.update_one({"_id": key}, {"$set": firm}, session=session)

    async def require_firm(self, tenancy: Tenancy, gtin: str, *, session: Session) -> None:
        """Refuse a workspace that does not hold a GTIN firmly; a verified prefix makes its claim firm.

        Raises:
            GtinRegisteredElsewhere: another workspace holds it.
            GtinNotFirm: nobody does, or no passport was published under it yet.
        """
        held = await self._gtins.find_one({"_id": claim_key(tenancy, gtin)}, session=session)
        if held is not None and held["workspaceId"] == tenancy.workspace_id and held["firm"]:
            return
        if held is not None and held["workspaceId"] != tenancy.workspace_id:
            raise GtinRegisteredElsewhere(gtin)
        if tenancy.environment == "test" or await self.prefix_owner(gtin) != tenancy.workspace_id:
            raise GtinNotFirm(gtin)
        await self.confirm(tenancy, gtin, session=session)

    async def holder_of(self, scope: str, gtin: str) -> Id | None:
        """Return the workspace that holds a GTIN; ``scope`` is empty, or ``test/<workspace>/`` for a test claim."""
        held = await self._gtins.find_one({"_id": scope + gtin}, {"workspaceId": 1})
        return None if held is None else held["workspaceId"]

    async def lapse_with_last(self, tenancy: Tenancy, gtin: str) -> None:
        """Give a provisional claim back once no passport stands under it."""
        self._held.pop(f"{tenancy.workspace_id}/{claim_key(tenancy, gtin)}", None)
        if not await PassportRepository(self._database, tenancy).any_of_gtin(gtin):
            await self._gtins.delete_one({"_id": claim_key(tenancy, gtin), **tenancy.fields, "firm": False})


def claim_key(tenancy: Tenancy, gtin: str) -> str:
    """Return the key of a claim: test claims hold nothing globally."""
    return gtin if tenancy.environment == "live" else f"test/{tenancy.workspace_id}/{gtin}"
