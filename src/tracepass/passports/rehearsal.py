"""What would become of new passports, without making any: what whoever makes thousands of them asks first."""

from __future__ import annotations

from collections.abc import Collection

from tracepass.core.errors import Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Document
from tracepass.core.origins import Origins
from tracepass.identity.models import Caller
from tracepass.passports.desk import Desk, kept_beside, key_of
from tracepass.passports.fieldwork import FileStore, refuse_missing_files
from tracepass.passports.gtins import GtinClaims
from tracepass.passports.making import NamedPassport, draft
from tracepass.passports.models import PassportCreate
from tracepass.passports.values import check_size

IDENTIFIERS, PASSPORTS = "identifiers", "passports"


class Rehearsal:
    """Tells of new passports of any workspace whether they could be made."""

    def __init__(self, desk: Desk, *, claims: GtinClaims, files: FileStore) -> None:
        self._desk = desk
        self._claims = claims
        self._files = files

    async def key(self, caller: Caller, body: PassportCreate, product: Document, *, origins: Origins) -> str:
        """Return the key that a passport would stand under.

        Raises:
            Invalid: a value does not fit, or names no file.
            Refusal: ``product_archived``.
        """
        if product["status"] == "archived":
            raise Refusal("product_archived", "The product is archived; it takes no new passports.")
        template = self._desk.templates.get(product["category"])
        made = draft(caller, body, product, template, hand=self._desk.hand(caller), origins=origins)
        passport = self._desk.finished(made, template)
        check_size(passport)
        await refuse_missing_files(self._files, caller.tenancy, kept_beside(passport, template)["fileRefs"])
        return key_of(caller, passport["gs1"], passport["granularity"])

    def named(self, body: PassportCreate, own_id: Id) -> PassportCreate:
        """Return what makes the same passport under an id of one's own."""
        return NamedPassport.model_construct(**dict(body), own_id=own_id)

    async def taken(self, keys: Collection[str]) -> frozenset[str]:
        """Return those of some keys under which a passport stands."""
        found = self._desk.database.collection(IDENTIFIERS).find({"_id": {"$in": sorted(keys)}}, {"_id": 1})
        return frozenset([str(one["_id"]) async for one in found])

    async def refuse_foreign(self, caller: Caller, gtin: str) -> None:
        """Refuse a GTIN that another workspace holds.

        Raises:
            Refusal: ``gtin_registered_elsewhere``.
        """
        await self._claims.refuse_foreign(caller.tenancy, gtin)

    async def made(self, caller: Caller, ids: Collection[Id]) -> frozenset[Id]:
        """Return those of some ids that passports of the caller have."""
        passports = self._desk.database.scoped(PASSPORTS, caller.tenancy)
        found = passports.find({"_id": {"$in": sorted(ids)}}, projection={"_id": 1})
        return frozenset([one["_id"] async for one in found])
