"""What can be done with the life of a product: write down what happened, read it, say that it was wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tracepass.core.changes import Change, Page, Stale
from tracepass.core.clock import timestamp
from tracepass.core.completion import foresee
from tracepass.core.differences import differences
from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Document, Session
from tracepass.core.paging import offset
from tracepass.identity.models import Caller
from tracepass.passports.desk import Desk, key_of
from tracepass.passports.fieldwork import FileStore, refuse_missing_files
from tracepass.passports.life.entries import MOST_SHOWN, file_refs, new_entry, public_part, shown
from tracepass.passports.life.models import EntryCreate, EntryPatch, EntryType
from tracepass.passports.life.repository import LifeRepository, Timelines
from tracepass.passports.lifecycle import PassportArchived
from tracepass.passports.models import ById, Locator
from tracepass.products.service import check_expected

ATTEMPTS = 10
MOST_PASSPORTS, MOST_GTINS = 1000, 45
ENTITIES: Mapping[EntryType, str] = {"service": "service_event", "transfer": "ownership_transfer"}


class PublicByReviewers(Refusal):
    """What an editor writes is seen by nobody until another has looked at it."""

    def __init__(self) -> None:
        super().__init__("forbidden", "Editors may write entries down; admins and owners make them public.")


@dataclass(frozen=True, slots=True)
class _Deed:
    """What is done to an entry: the word for the log, the entry before (None for a new one) and after."""

    action: str
    kind: EntryType
    before: Document | None
    after: Document


class PassportLives:
    """Service events and ownership transfers of passports of any workspace."""

    def __init__(self, desk: Desk, *, files: FileStore) -> None:
        self.desk = desk
        self._files = files

    def _entries(self, caller: Caller) -> LifeRepository:
        return LifeRepository(self.desk.database, caller.tenancy)

    async def create(self, caller: Caller, which: Locator, kind: EntryType, body: EntryCreate) -> Document:
        """Write an entry down.

        Raises:
            NotFound: this workspace has no such passport.
            Invalid: the entry says too little, too much, or lies ahead.
            Refusal: ``passport_archived``; ``forbidden``, if an editor would make it public.
        """
        passport = await self.desk.load(caller, which)
        if body.public and caller.needs_review:
            raise PublicByReviewers
        now = timestamp(self.desk.clock())
        entry = new_entry(body, passport["_id"], now=now, by=caller.actor.label)
        await refuse_missing_files(self._files, caller.tenancy, file_refs(entry))
        for _ in range(ATTEMPTS):
            if passport["status"] == "archived":
                raise PassportArchived
            try:
                await self._commit(caller, passport, _Deed("create", kind, None, entry))
            except Stale:
                passport = await self.desk.load(caller, ById(passport["_id"]))
                continue
            return entry
        raise Refusal("conflict", "The passport is changed by others at the same time; try again.")

    async def change(
        self,
        caller: Caller,
        which: Locator,
        kind: EntryType,
        entry_id: Id,
        patch: EntryPatch,
        *,
        expected: frozenset[int] | None,
    ) -> Document:
        """Show an entry to everybody, or not; declare it wrong.

        Raises:
            NotFound: the passport has no such entry.
            Invalid: the entries that say it right are none of this passport's.
            Refusal: ``precondition_failed``; ``forbidden``, if an editor would make it public.
        """
        if patch.public and caller.needs_review:
            raise PublicByReviewers
        passport = await self.desk.load(caller, which)
        for _ in range(ATTEMPTS):
            stored = await self._stored(caller, passport["_id"], kind, entry_id)
            check_expected(stored["version"], expected)
            before = shown(stored)
            after = {**before, **await self._patched(caller, before, patch)}
            if after == before:
                return before
            after |= {"version": before["version"] + 1, "updatedAt": timestamp(self.desk.clock())}
            try:
                await self._commit(caller, passport, _Deed(_action(patch), kind, stored, after))
            except Stale:
                passport = await self.desk.load(caller, ById(passport["_id"]))
                continue
            return after
        raise Refusal("conflict", "Others change this entry at the same time; try again.")

    async def _patched(self, caller: Caller, entry: Document, patch: EntryPatch) -> Document:
        members: Document = {} if patch.public is None else {"public": patch.public}
        declared = patch.error_declaration
        if declared is None:
            return members
        there = await self._entries(caller).find_all(entry["passportId"], declared.corrective_ids)
        if entry["_id"] in declared.corrective_ids or len(there) < len(set(declared.corrective_ids)):
            raise Invalid({"errorDeclaration.correctiveIds": ["must name other entries of this passport"]})
        named = [str(identifier) for identifier in declared.corrective_ids]
        said = {"reason": declared.reason, "correctiveIds": named}
        old = entry.get("errorDeclaration") or {}
        at = old["declaredAt"] if said.items() <= old.items() else timestamp(self.desk.clock())
        return {**members, "errorDeclaration": {"declaredAt": at, **said}}

    async def _stored(self, caller: Caller, passport_id: Id, kind: EntryType, entry_id: Id) -> Document:
        stored = await self._entries(caller).find(passport_id, kind, entry_id)
        if stored is None:
            raise NotFound(ENTITIES[kind].replace("_", " "))
        return stored

    async def get(self, caller: Caller, which: Locator, kind: EntryType, entry_id: Id) -> Document:
        """Return an entry.

        Raises:
            NotFound: the passport has no such entry.
        """
        passport = await self.desk.load(caller, which)
        return shown(await self._stored(caller, passport["_id"], kind, entry_id))

    async def list_(self, caller: Caller, which: Locator, kind: EntryType, *, page: int, limit: int) -> Page:
        """Return entries, what happened last first."""
        passport = await self.desk.load(caller, which)
        entries = self._entries(caller)
        found = await entries.page(passport["_id"], kind, skip=offset(page, limit), limit=limit)
        return Page([shown(entry) for entry in found], await entries.count(passport["_id"], kind))

    async def since(self, caller: Caller, passport_id: Id, moment: str, *, limit: int) -> list[Document]:
        """Return entries of all types as they are stored, from a moment on, the oldest first."""
        return await self._entries(caller).since(passport_id, moment, limit=limit)

    async def gtins_of(self, caller: Caller, product_id: Id) -> list[str]:
        """Return the GTINs that a product's newest thousand passports stand under, 45 at most.

        Raises:
            NotFound: this workspace has no such product.
        """
        product = await self.desk.products.get_plain(caller, product_id)
        return await self._entries(caller).gtins_of(product["_id"], passports=MOST_PASSPORTS, gtins=MOST_GTINS)

    async def _commit(self, caller: Caller, passport: Document, deed: _Deed) -> None:
        """Write an entry, its record and what scanners see of it, in one transaction; raise `Stale` to look again."""
        entries, before, after = self._entries(caller), deed.before, deed.after
        recorded, digest = self.desk.log(caller).writes(_change_of(deed), caller.actor)
        kept = {"type": deed.kind, "fileRefs": file_refs(after), "stateHash": digest}
        if before is None:
            written = entries.insertion({**after, **kept})
        else:
            changed = {name: value for name, value in {**after, **kept}.items() if before.get(name) != value}
            written = entries.updating(after["_id"], before["version"], changed)

        async def refresh(session: Session) -> None:
            part = public_part(await entries.shown(passport["_id"], limit=MOST_SHOWN + 1, session=session))
            key = key_of(caller, passport["gs1"], passport["granularity"])
            timelines = Timelines(self.desk.database, caller.tenancy)
            await timelines.keep_life(passport["_id"], key, part, session=session)

        is_seen = after["public"] or (before is not None and before["public"])
        foresee(after)
        await self.desk.database.write(
            [*recorded, entries.staying(passport), written], also=refresh if is_seen else None
        )


def _action(patch: EntryPatch) -> str:
    if patch.error_declaration is not None:
        return "declare_error"
    return "show" if patch.public else "hide"


def _change_of(deed: _Deed) -> Change:
    before = {} if deed.before is None else shown(deed.before)
    return Change(
        entity=ENTITIES[deed.kind],
        entity_id=deed.after["_id"],
        version=deed.after["version"],
        action=deed.action,
        diff=differences(before, deed.after) if before else [],
        state=deed.after,
        prev_hash=None if deed.before is None else deed.before["stateHash"],
    )
