"""What the operator decides about GTINs and company prefixes; each decision is in the audit log of whom it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import NotFound
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.securitylog import Entity, SecurityLog
from tracepass.core.tenancy import OPERATOR, Tenancy
from tracepass.identity.models import Workspace
from tracepass.passports.gtins import GTINS, PREFIXES
from tracepass.passports.repository import IdentifierClaims


class Registrar:
    """Settles who holds live GTINs, and whose a company prefix is."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._gtins = database.collection(GTINS)
        self._prefixes = database.collection(PREFIXES)
        self._identifiers = IdentifierClaims(database)
        self._log = SecurityLog(database, clock=clock)
        self._clock = clock

    async def show(self, gtin: str) -> Document:
        """Return the claim on a GTIN; its holder's audit log tells that the operator has looked.

        Raises:
            NotFound: nobody holds it.
        """
        held = await self._held(gtin)
        tenancy = Tenancy(held["workspaceId"], held["environment"])
        await self._log.note(tenancy, "gtin.shown", entity=("gtin", gtin), actor=OPERATOR)
        return held

    async def _held(self, gtin: str) -> Document:
        held = await self._gtins.find_one({"_id": gtin})
        if held is None:
            raise NotFound("GTIN claim")
        return held

    async def release(self, gtin: str) -> Document:
        """Take a GTIN from its holder, whose drafts under it lose their keys; return the claim as it was.

        Raises:
            NotFound: nobody holds it.
        """
        held = await self._held(gtin)

        async def work(session: Session) -> None:
            await self._gtins.delete_one({"_id": gtin, "workspaceId": held["workspaceId"]}, session=session)
            await self._part(held, session)
            await self._note("gtin.released", ("gtin", gtin), held["workspaceId"], {}, session=session)

        await self._database.transact(work)
        return held

    async def transfer(self, gtin: str, to: Workspace) -> Document:
        """Give a GTIN to a workspace; the former holder's drafts under it lose their keys. Return the former claim.

        Raises:
            NotFound: nobody holds it.
        """
        held = await self._held(gtin)
        facts = {"from": str(held["workspaceId"]), "to": str(to.id)}

        async def work(session: Session) -> None:
            await self._gtins.update_one({"_id": gtin}, {"$set": {"workspaceId": to.id}}, session=session)
            await self._part(held, session)
            for workspace_id in {held["workspaceId"], to.id}:
                await self._note("gtin.transferred", ("gtin", gtin), workspace_id, facts, session=session)

        await self._database.transact(work)
        return held

    async def _part(self, held: Document, session: Session) -> None:
        """Give back the keys of drafts under a GTIN that moves on; those of published passports stay in the world."""
        if not held["firm"]:
            await self._identifiers.release_gtin(held["gtin"], held["workspaceId"], session=session)

    async def verify_prefix(self, prefix: str, workspace: Workspace) -> Document:
        """Write down that a company prefix belongs to a workspace."""
        document = {"workspaceId": workspace.id, "verifiedAt": timestamp(self._clock())}

        async def work(session: Session) -> None:
            await self._prefixes.replace_one({"_id": prefix}, document, upsert=True, session=session)
            await self._note("prefix.verified", ("prefix", prefix), workspace.id, {}, session=session)

        await self._database.transact(work)
        return {"_id": prefix, **document}

    async def _note(
        self, action: str, entity: Entity, workspace_id: Id, facts: Mapping[str, Any], *, session: Session
    ) -> None:
        tenancy = Tenancy(workspace_id, "live")
        await self._log.note(tenancy, action, entity=entity, actor=OPERATOR, details=facts, session=session)
