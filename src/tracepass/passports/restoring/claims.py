"""GTINs of passports that are taken in, many at once: looked at, held, and given back.

A claim that an import has made, or made firm, bears its id, so that undoing the import knows that it was not so before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tracepass.core.bulk import insert_all
from tracepass.core.changes import Stale
from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, DuplicateKeyError, Session
from tracepass.core.tenancy import Tenancy
from tracepass.identity.models import Caller
from tracepass.passports.gtins import (
    GTINS,
    LAPSE,
    PREFIX_LENGTHS,
    PREFIXES,
    GtinClaims,
    GtinRegisteredElsewhere,
    claim_key,
)
from tracepass.passports.repository import PASSPORTS

Wanted = Mapping[str, bool]
"""GTINs, each with whether a passport under it was ever published, which makes its claim firm."""
_LISTED = {"workspaceId": 1, "environment": 1, "gtin": 1, "firm": 1, "claimedAt": 1, "importId": 1}


@dataclass(frozen=True, slots=True)
class ArrivingClaims:
    """Claims on the GTINs of passports that are taken in."""

    database: Database
    claims: GtinClaims
    clock: Clock

    async def refused(self, tenancy: Tenancy, wanted: Wanted) -> dict[str, Refusal]:
        """Return those GTINs that cannot be held, each with why."""
        held, found = await self._held(tenancy, wanted), dict[str, Refusal]()
        owners = await self._prefix_owners(wanted) if tenancy.environment == "live" else {}
        for gtin, firm in wanted.items():
            claim = held.get(gtin)
            if claim is not None and claim["workspaceId"] != tenancy.workspace_id:
                try:
                    await self.claims.refuse_foreign(tenancy, gtin)
                except GtinRegisteredElsewhere as refusal:
                    found[gtin] = refusal
            elif firm and not (claim and claim["firm"]) and owners.get(gtin) not in {None, tenancy.workspace_id}:
                found[gtin] = GtinRegisteredElsewhere(gtin)
        return found

    async def _held(
        self, tenancy: Tenancy, gtins: Iterable[str], session: Session | None = None
    ) -> dict[str, Document]:
        keys = [claim_key(tenancy, gtin) for gtin in gtins]
        found = self.database.collection(GTINS).find({"_id": {"$in": keys}}, _LISTED, session=session)
        return {str(claim["gtin"]): claim async for claim in found}

    async def _prefix_owners(self, gtins: Iterable[str]) -> dict[str, Id]:
        """Return the workspaces for which a company prefix of some GTINs is verified; the longest prefix counts."""
        starts = {gtin: [gtin[1:][:length] for length in reversed(PREFIX_LENGTHS)] for gtin in gtins}
        candidates = sorted({start for each in starts.values() for start in each})
        found = self.database.collection(PREFIXES).find({"_id": {"$in": candidates}})
        owners = {str(prefix["_id"]): prefix["workspaceId"] async for prefix in found}
        named = {
            gtin: next((owners[start] for start in each if start in owners), None) for gtin, each in starts.items()
        }
        return {gtin: owner for gtin, owner in named.items() if owner is not None}

    async def prepare(self, caller: Caller, wanted: Wanted) -> None:
        """Take over what others hold and have to yield, and count what a plan limits; before the transaction.

        Raises:
            GtinRegisteredElsewhere: another workspace holds one.
            Refusal: ``too_many_gtin_claims``.
        """
        tenancy = caller.tenancy
        held = await self._held(tenancy, wanted)
        limited = caller.workspace.plan == "free" and tenancy.environment == "live"
        for gtin, firm in wanted.items():
            claim = held.get(gtin)
            foreign = claim is not None and claim["workspaceId"] != tenancy.workspace_id
            if foreign or (limited and not firm and (claim is None or not claim["firm"])):
                await self.claims.claim(caller.workspace, tenancy, gtin)

    async def hold(self, tenancy: Tenancy, wanted: Wanted, import_id: str, *, session: Session) -> None:
        """Hold GTINs, firmly where something was published, in the transaction that adds the passports.

        Raises:
            GtinRegisteredElsewhere: another workspace holds one.
            Stale: another takes one at the same time.
        """
        held, new = await self._held(tenancy, wanted, session), list[Document]()
        gtins, now = self.database.collection(GTINS), timestamp(self.clock())
        for gtin, firm in wanted.items():
            claim = held.get(gtin)
            members = {"importId": import_id, "firm": True, "publishedAt": now} if firm else {"claimedAt": now}
            if claim is None:
                own = {"_id": claim_key(tenancy, gtin), "gtin": gtin, "importId": import_id}
                new.append({**own, "firm": False, "claimedAt": now, **members})
            elif claim["workspaceId"] != tenancy.workspace_id:
                raise GtinRegisteredElsewhere(gtin)
            elif not claim["firm"] and (firm or self._is_old(claim)):
                await gtins.update_one({"_id": claim["_id"]}, {"$set": members}, session=session)
        try:
            await insert_all(self.database, GTINS, tenancy, new, session=session)
        except DuplicateKeyError:
            raise Stale from None

    def _is_old(self, claim: Document) -> bool:
        return bool(claim["claimedAt"] < timestamp(self.clock() - LAPSE))

    async def release(self, tenancy: Tenancy, gtins: Iterable[str], import_id: str, *, session: Session) -> None:
        """Give back what an import has claimed and nothing stands under, in the transaction that takes it away."""
        claims, passports = self.database.collection(GTINS), self.database.scoped(PASSPORTS, tenancy)
        for gtin, claim in (await self._held(tenancy, set(gtins), session)).items():
            published = {"gs1.gtin": gtin, "publishedAt": {"$gt": ""}}
            kept = claim["firm"] and claim.get("importId") != import_id
            if claim["workspaceId"] != tenancy.workspace_id or kept:
                continue
            if await passports.count(published, limit=1, session=session):
                continue
            if await passports.count({"gs1.gtin": gtin}, limit=1, session=session):
                change = {"$set": {"firm": False}, "$unset": {"publishedAt": "", "importId": ""}}
                await claims.update_one({"_id": claim["_id"]}, change, session=session)
            else:
                await claims.delete_one({"_id": claim["_id"]}, session=session)
