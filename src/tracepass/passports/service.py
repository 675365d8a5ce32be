"""What can be done with passports as a whole: make, read, list and delete them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tracepass.core.batches import create_each
from tracepass.core.changes import Change, Stale
from tracepass.core.clock import timestamp
from tracepass.core.completion import foresee
from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Document, Session, Write, encoded
from tracepass.core.origins import Origins
from tracepass.core.paging import offset, write_cursor
from tracepass.core.tenancy import Tenancy
from tracepass.identity.models import Caller
from tracepass.passports import batches, gtins, repository
from tracepass.passports.desk import Desk, kept_beside, key_of, numbers_in
from tracepass.passports.fieldwork import FileStore, refuse_missing_files
from tracepass.passports.gtins import GtinClaims
from tracepass.passports.labels.models import LabelFilter
from tracepass.passports.life import repository as life
from tracepass.passports.life.entries import MOST_SHOWN
from tracepass.passports.life.repository import LifeRepository, Timelines
from tracepass.passports.life.service import PassportLives
from tracepass.passports.lifecycle import DELETABLE
from tracepass.passports.making import draft, key_warnings, search_of
from tracepass.passports.models import Locator, PassportBatch, PassportCreate, PassportQuery, ReadQuery
from tracepass.passports.repository import KeyTaken, PassportFilter, SerialTaken
from tracepass.passports.secondlife.service import SecondLives
from tracepass.passports.usedata import forget_measurements
from tracepass.passports.values import check_size
from tracepass.passports.wire import entity, labelled, localised, shown
from tracepass.products.service import ProductMoved
from tracepass.quotas.models import OverageRequired
from tracepass.quotas.service import Place, Slots
from tracepass.templates.service import Templates

ATTEMPTS = 20
INDEXES = (*repository.INDEXES, *gtins.INDEXES, *life.INDEXES, *batches.INDEXES)

__all__ = ["INDEXES", "MOST_SHOWN", "PassportLives", "Passports", "Timelines"]


class DuplicateSerial(Refusal):
    """Another passport has the serial within the GTIN."""

    def __init__(self, gs1: Document) -> None:
        super().__init__(
            "duplicate_serial",
            f"Serial {gs1['serialNumber']!r} is already used within GTIN {gs1['gtin']}.",
            details={"gtin": gs1["gtin"], "serialNumber": gs1["serialNumber"]},
        )


class DuplicateKey(Refusal):
    """Another model or batch passport stands under the key."""

    def __init__(self, gs1: Document, granularity: str) -> None:
        super().__init__(
            "duplicate_identifier",
            f"There already is a {granularity} passport under this key.",
            details={"gtin": gs1["gtin"], "lot": gs1["lot"]},
        )


@dataclass(frozen=True, slots=True)
class PassportPage:
    """One page of passports."""

    items: list[Document]
    total: int
    next_cursor: str | None


def filter_of(query: PassportQuery | LabelFilter, templates: Templates) -> PassportFilter:
    """Return the filter that a query describes.

    Raises:
        Invalid: there is no such category.
    """
    category = None if query.category is None else templates.normalise(query.category)
    if query.category is not None and category is None:
        raise Invalid({"category": [f"{query.category!r} is no category; GET /api/v1/templates lists them"]})
    return PassportFilter(
        product_id=query.product_id,
        status=query.status,
        category=category,
        granularity=query.granularity,
        search=query.search,
        updated_since=None if query.updated_since is None else timestamp(query.updated_since),
        sort=query.sort,
    )


class LotDirectory(Protocol):
    """What passports need to know of lots."""

    async def find(self, tenancy: Tenancy, product_id: Id, number: str) -> str | None:
        """Return the id of the lot that a product has under a number, or None."""
        ...


class Passports:
    """Passports of every workspace, one at a time."""

    def __init__(self, desk: Desk, *, claims: GtinClaims, files: FileStore, slots: Slots, lots: LotDirectory) -> None:
        self.desk = desk
        self._second_lives = SecondLives(desk)
        self._lots = lots
        self._claims = claims
        self._files = files
        self._slots = slots

    async def create(self, caller: Caller, body: PassportCreate, *, origins: Origins) -> Document:
        """Make a draft and claim its key; its link leads to the resolver of ``origins``.

        Raises:
            Invalid: the product is unknown, or a value does not fit.
            DuplicateSerial, DuplicateKey: the key is in use.
            OverageRequired: the plan includes no more passports, and another was not confirmed.
            Refusal: ``gtin_registered_elsewhere``, ``product_archived``.
        """
        product = await self._product(caller, body.product_id)
        for _ in range(ATTEMPTS):
            try:
                return await self._create(caller, body, product, origins=origins)
            except Refusal:
                # Perhaps it stands on what the product was; if the product is still the same, the word stands.
                newest = await self._product(caller, body.product_id, anew=True)
                if newest["version"] == product["version"]:
                    raise
                product = newest
        raise ProductMoved

    async def _create(self, caller: Caller, body: PassportCreate, product: Document, *, origins: Origins) -> Document:
        if product["status"] == "archived":
            raise Refusal("product_archived", "The product is archived; it takes no new passports.")
        template = self.desk.templates.get(product["category"])
        hand = self.desk.hand(caller)
        passport = draft(caller, body, product, template, hand=hand, origins=origins)
        passport = await self._second_lives.born(caller, passport, body, origins=origins)
        passport = self.desk.finished(passport, template)
        check_size(passport)
        kept = kept_beside(passport, template)
        await refuse_missing_files(self._files, caller.tenancy, kept["fileRefs"])
        await self._claims.claim(caller.workspace, caller.tenancy, passport["gs1"]["gtin"])
        made = self._with_warnings(shown(passport, template))
        foresee(made)
        try:
            async with self._slots.place(caller, confirmed=body.confirm_overage) as place:
                staying = self.desk.products.seen.staying(caller.tenancy, product)
                await self._insert(caller, passport, {**kept, "publicFileRefs": []}, staying, place)
        except OverageRequired:
            await self._claims.lapse_with_last(caller.tenancy, passport["gs1"]["gtin"])
            raise
        return made

    async def _product(self, caller: Caller, product_id: Id, *, anew: bool = False) -> Document:
        seen = self.desk.products.seen
        try:
            return await (seen.again if anew else seen.last)(caller.tenancy, product_id)
        except NotFound:
            raise Invalid({"productId": ["names no product of this workspace"]}) from None

    async def _insert(
        self, caller: Caller, passport: Document, kept: Document, staying: Write, place: Place | None
    ) -> None:
        stored = {**passport, "fields": encoded(passport["fields"])}
        change = Change(
            entity="passport",
            entity_id=passport["_id"],
            version=1,
            action="create",
            diff=[],
            state=passport,
            prev_hash=None,
            event_type="passport.created",
            status="draft",
            stored=stored,
            numbers=numbers_in(passport),
        )
        recorded, digest = self.desk.log(caller).writes(change, caller.actor)
        document = {**stored, **kept, "search": search_of(passport["gs1"]), "stateHash": digest}
        added = self.desk.passports(caller).insertion(document)

        is_bought, is_linked = place is not None and place.bought, "lineage" in passport

        async def also(session: Session) -> None:
            if is_bought:
                await self._slots.record_purchase(place, caller, passport["_id"], session=session)
            if is_linked:
                await self._second_lives.link(caller, passport, session=session)

        try:
            writes = [staying, self.desk.identifiers.claiming(_claim(caller, passport)), *recorded, added]
            await self._write(writes, also=also if is_bought or is_linked else None)
        except KeyTaken as taken:
            await self._claims.lapse_with_last(caller.tenancy, passport["gs1"]["gtin"])
            if isinstance(taken, SerialTaken) or passport["granularity"] == "item":
                raise DuplicateSerial(passport["gs1"]) from None
            raise DuplicateKey(passport["gs1"], passport["granularity"]) from None

    async def _write(self, writes: Sequence[Write], *, also: Callable[[Session], Awaitable[None]] | None) -> None:
        """Do all writes in one transaction, anew if another wrote what is changed along with them."""
        for _ in range(ATTEMPTS):
            try:
                await self.desk.database.write(writes, also=also)
            except Stale:
                continue
            return
        raise Refusal("conflict", "Others change an earlier passport at the same time; try again.")

    def _with_warnings(self, passport: Document) -> Document:
        warnings = key_warnings(passport["gs1"])
        return {**passport, "warnings": warnings} if warnings else passport

    async def create_many(self, caller: Caller, body: PassportBatch, *, origins: Origins) -> dict[str, Any]:
        """Make drafts, each of which stands or falls alone; return what became of each.

        Raises:
            OverageRequired: the plan includes fewer passports more, and neither the batch nor each item confirms them.
        """
        confirmed = body.confirm_overage or all(item.get("confirmOverage") is True for item in body.passports)
        await self._slots.refuse_many(caller, len(body.passports), confirmed=confirmed)

        async def create(item: PassportCreate) -> Document:
            confirmed = {"confirm_overage": body.confirm_overage or item.confirm_overage}
            return await self.create(caller, item.model_copy(update=confirmed), origins=origins)

        return await create_each(body.passports, PassportCreate, create)

    async def get(self, caller: Caller, which: Locator, query: ReadQuery) -> Document:
        """Return a passport, in one language and with labels if asked for.

        Raises:
            NotFound: this workspace has no such passport.
            SerialAmbiguous: the serial stands under several GTINs.
        """
        stored = await self.desk.load(caller, which)
        template = self.desk.template_of(stored)
        passport = {**shown(stored, template), **await self._lot_of(caller, stored)}
        if query.lang is not None:
            passport = localised(passport, query.lang)
        if query.format == "full":
            passport = labelled(passport, template, self.desk.templates, query.lang or "en")
        return passport

    async def _lot_of(self, caller: Caller, stored: Document) -> Document:
        """Return the id of the lot that a passport of a batch is about, if it is kept here."""
        if stored["granularity"] != "batch":
            return {}
        found = await self._lots.find(caller.tenancy, stored["productId"], stored["gs1"]["lot"])
        return {} if found is None else {"lotId": found}

    def show(self, stored: Document) -> Document:
        """Return a stored passport as its GET shows it."""
        return shown(stored, self.desk.template_of(stored))

    async def list_(self, caller: Caller, query: PassportQuery) -> PassportPage:
        """Return one page of passports."""
        which = filter_of(query, self.desk.templates)
        passports = self.desk.passports(caller)
        after = None if query.cursor is None else which.after(query.cursor)
        skip = 0 if after else offset(query.page, query.limit)
        found = await passports.page(which, after=after, skip=skip, limit=query.limit + 1)
        items = found[: query.limit]
        cursor = write_cursor(which.position(items[-1])) if len(found) > query.limit else None
        for item in items:
            del item["updatedAt"]
        return PassportPage(items=items, total=await passports.count(which), next_cursor=cursor)

    async def delete(self, caller: Caller, which: Locator, *, expected: frozenset[int] | None) -> Document:
        """Delete a passport that was never published, with all that hangs on it; return what went.

        Raises:
            Refusal: ``passport_published``, or ``passport_has_successors``.
        """
        stored = await self.desk.load(caller, which)
        if expected is not None and stored["version"] not in expected:
            raise Refusal("precondition_failed", f"The passport is at version {stored['version']} by now.")
        if "publishedAt" in stored or stored["status"] not in DELETABLE:
            raise Refusal(
                "passport_published",
                f"A passport that is {stored['status']} is not deleted; archive it instead.",
                details={"status": stored["status"]},
            )
        async with self._slots.freeing(caller):
            counts = await self._delete(caller, stored)
        await self._claims.lapse_with_last(caller.tenancy, stored["gs1"]["gtin"])
        return {
            "passportId": stored["_id"],
            "gtin": stored["gs1"]["gtin"],
            "serialNumber": stored["gs1"]["serialNumber"],
            "deletedCounts": counts,
            "dppsActiveDelta": -1,
        }

    async def _delete(self, caller: Caller, stored: Document) -> dict[str, Any]:
        passports, passport_id = self.desk.passports(caller), stored["_id"]
        key = key_of(caller, stored["gs1"], stored["granularity"])
        change = Change(
            entity="passport",
            entity_id=passport_id,
            version=stored["version"] + 1,
            action="delete",
            diff=[],
            state=entity(stored),
            prev_hash=stored["stateHash"],
            event_type="passport.deleted",
            status=stored["status"],
        )

        async def work(session: Session) -> dict[str, Any]:
            await self.desk.log(caller).append(change, caller.actor, session=session)
            await self._second_lives.unlink(caller, stored, session=session)
            if not await passports.delete(passport_id, stored["version"], session=session):
                raise Stale
            released = await self.desk.identifiers.release(key, passport_id, session=session)
            scans = await passports.delete_scans(passport_id, session=session)
            entries = await LifeRepository(self.desk.database, caller.tenancy).remove(passport_id, session=session)
            told = await forget_measurements(self.desk.database, caller.tenancy, passport_id, session=session)
            beside = {"scans": scans, "lifeEntries": entries, "measurements": told}
            return {"passports": 1, "identifiers": released, **beside}

        try:
            return await self.desk.database.transact(work)
        except Stale:
            raise Refusal("conflict", "The passport was changed at the same time; try again.") from None


def _claim(caller: Caller, passport: Document) -> Document:
    """Return the claim of a draft on its key."""
    return {
        "_id": key_of(caller, passport["gs1"], passport["granularity"]),
        **caller.tenancy.fields,
        "workspaceSlug": caller.workspace.slug,
        "passportId": passport["_id"],
        "gtin": passport["gs1"]["gtin"],
        "status": "draft",
        "version": 1,
        "category": passport["category"],
        "templateVersion": passport["templateVersion"],
    }
