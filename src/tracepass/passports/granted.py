"""What holders of access grants read of passports: the approved fields of their audience, through whichever door.

It is read from the passport itself, never from what is kept ready for the public.
"""

from __future__ import annotations

from typing import Literal, Protocol

import orjson

from tracepass.core.canonical import plain
from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Document
from tracepass.identity.models import AccessGrant, Caller
from tracepass.passports.audiences import Reading, audiences_of
from tracepass.passports.desk import Desk, SerialAmbiguous
from tracepass.passports.granted_repository import ReferringPassports
from tracepass.passports.jsonld import public_jsonld
from tracepass.passports.models import ById, Locator, ReadQuery
from tracepass.passports.publicview import page_data
from tracepass.passports.values import file_ids
from tracepass.passports.wire import labelled, localised
from tracepass.templates.models import Audience

Door = Literal["viewer", "jsonld", "api", "file"]
STATE = ("suspendedAt", "suspensionReason")
PAGE_MEMBERS = (
    "category",
    "templateVersion",
    "granularity",
    "gs1",
    "status",
    "fields",
    "parties",
    "lineage",
    "publishedAt",
    "publishedIncomplete",
    "expiresAt",
    "version",
    "updatedAt",
)


class Uses(Protocol):
    """Where it is written down that a grant was used."""

    async def record(self, caller: Caller, passport_id: Id, door: Door) -> None:
        """Write down that the holder of a grant reads a passport now."""
        ...


class GrantedPassports:
    """Passports as the holders of access grants see them; each reading is written down before it is answered."""

    def __init__(self, desk: Desk, uses: Uses) -> None:
        self._desk = desk
        self._uses = uses

    async def read(self, caller: Caller, passport_id: Id, door: Door) -> Reading | None:
        """Return what a holder reads of a passport of their grant's workspace; None if it is beyond the grant."""
        grant, found = _grant_of(caller), await self._find(caller, ById(passport_id))
        if not found or not (audiences := audiences_of(caller, found[0])):
            return None
        stored, template = found[0], self._desk.template_of(found[0])
        page = await self._page(caller, stored, audiences)
        await self._uses.record(caller, stored["_id"], door)
        jsonld = public_jsonld(page, template, vocabulary=self._desk.origins.vocabulary)
        data = orjson.loads(orjson.dumps(page, default=plain))
        since = stored.get("suspendedAt") if stored["status"] == "suspended" else None
        return Reading(data, orjson.dumps(jsonld, default=plain), template, grant, since)

    async def entity(self, caller: Caller, which: Locator, query: ReadQuery) -> Document:
        """Return a passport as the API shows it to a holder, in one language and with labels if asked for.

        Raises:
            Invalid: it is asked for as a credential, which says what the public may see and stands at its link.
            NotFound: the grant is not for it, or it was never published.
            SerialAmbiguous: the serial stands under several GTINs.
            Refusal: ``locked`` while it is suspended, unless the grant is an authority's; ``gone`` once it is archived.
        """
        if query.format == "vc":
            raise Invalid(
                {"format": ["is not for access grants; the link of the passport answers with its credential"]}
            )
        grant, stored = _grant_of(caller), await self._one(caller, which)
        template, audiences = self._desk.template_of(stored), audiences_of(caller, stored)
        if not audiences:
            raise _unavailable(stored)
        page = await self._page(caller, stored, audiences)
        fields = {
            key: {**state, "accessLevel": template.fields[key].access_level} for key, state in page["fields"].items()
        }
        shown: Document = {
            "_id": stored["_id"],
            "productId": stored["productId"],
            **{name: page[name] for name in PAGE_MEMBERS if page.get(name) is not None},
            "fields": fields,
            **{name: stored[name] for name in STATE if stored["status"] == "suspended" and name in stored},
            "access": {
                "grantId": grant.id,
                "role": grant.role,
                "audience": grant.audience,
                "expiresAt": grant.expires_at,
            },
        }
        await self._uses.record(caller, stored["_id"], "api")
        if query.lang is not None:
            shown = localised(shown, query.lang)
        if query.format == "full":
            shown = labelled(shown, template, self._desk.templates, query.lang or "en")
        return shown

    async def opens_file(self, caller: Caller, file_id: Id) -> bool:
        """Tell whether a value that a holder may read refers to a file, and write down that they open it."""
        referring = ReferringPassports(self._desk.database, caller.tenancy)
        for stored in await referring.to(file_id, _grant_of(caller)):
            audiences = audiences_of(caller, stored)
            template = self._desk.template_of(stored)
            if audiences and file_id in file_ids(template, stored["fields"], audiences=audiences):
                await self._uses.record(caller, stored["_id"], "file")
                return True
        return False

    async def _page(self, caller: Caller, stored: Document, audiences: frozenset[Audience]) -> Document:
        product = await self._desk.products.get_plain(caller, stored["productId"])
        return page_data(stored, product, caller, self._desk.template_of(stored), audiences=audiences)

    async def _find(self, caller: Caller, which: Locator) -> list[Document]:
        """Return the passports that were published and that the grant reaches."""
        grant, found = _grant_of(caller), await self._desk.passports(caller).find(which)
        return [passport for passport in found if "publishedAt" in passport and grant.reaches(passport)]

    async def _one(self, caller: Caller, which: Locator) -> Document:
        found = await self._find(caller, which)
        if not found:
            raise NotFound("passport")
        if len(found) > 1:
            raise SerialAmbiguous(found[0]["gs1"]["serialNumber"])
        return found[0]


def _grant_of(caller: Caller) -> AccessGrant:
    if caller.grant is None:
        message = "this caller has no access grant"
        raise TypeError(message)
    return caller.grant


def _unavailable(stored: Document) -> Refusal:
    if stored["status"] == "suspended":
        details = {"suspendedAt": stored.get("suspendedAt"), "reason": stored.get("suspensionReason")}
        message = "This passport is suspended; its content cannot be shown until it is released again."
        return Refusal("locked", message, details=details)
    details = {"archivedAt": stored.get("archivedAt")}
    return Refusal("gone", "This passport is archived for good.", details=details)
