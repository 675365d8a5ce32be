"""Where passports are read and written: every write is one transaction with its record in the change log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tracepass.core.changes import Change, ChangeLog, Stale
from tracepass.core.clock import Clock, timestamp
from tracepass.core.completion import foresee
from tracepass.core.differences import differences, update_of
from tracepass.core.errors import NotFound, Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.origins import Origins
from tracepass.core.turns import Turns
from tracepass.gs1.keys import PassportKey
from tracepass.identity.models import Caller
from tracepass.passports.audiences import EVERYBODY
from tracepass.passports.completion import completion_percentage, field_counts
from tracepass.passports.compliance import Facts, examine, tally_key
from tracepass.passports.fields import Hand
from tracepass.passports.languages import refuse_languages
from tracepass.passports.models import ById, Locator
from tracepass.passports.publicview import public_view, scan_state
from tracepass.passports.repository import IdentifierClaims, PassportRepository
from tracepass.passports.values import check_size, file_ids
from tracepass.passports.wire import entity, use_data
from tracepass.products.service import Products, check_expected
from tracepass.quotas.service import Plans
from tracepass.templates.models import Template
from tracepass.templates.service import Templates

ATTEMPTS = 50

Edit = Callable[[Document], Document]
"""Takes a passport as it is shown, without computed fields, and returns it as it shall be; it changes nothing."""

Also = Callable[[Document, Session], Awaitable[None]]
"""What else happens in the transaction of an edit; it gets the passport as it will be, and may refuse."""


class SerialAmbiguous(Refusal):
    """One serial under two GTINs."""

    def __init__(self, serial: str) -> None:
        super().__init__(
            "ambiguous_serial", f"Serial {serial!r} stands under more than one GTIN; say which with ?gtin=."
        )


class ClaimLost(Refusal):
    """The key of the passport went to another workspace."""

    def __init__(self) -> None:
        blocker = {"type": "claim_lost", "message": "The GTIN of this passport went to another workspace."}
        super().__init__("publish_blocked", blocker["message"], details={"blockers": [blocker], "gaps": []})


@dataclass(frozen=True, slots=True)
class Deed:
    """What is done to a passport: the word for the log, the event others hear of, and why."""

    action: str
    event: str | None = None
    reason: str | None = None


UPDATED = "passport.updated"


@dataclass(frozen=True, slots=True)
class _Ready:
    """An edit that is ready to be written: its record, its update, and the passport as it is and as it will be."""

    change: Change
    update: Document
    template: Template
    seen: Document
    stored: Document


class Desk:
    """Reads and writes passports of any workspace, one at a time."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        templates: Templates,
        products: Products,
        origins: Origins,
        plans: Plans,
    ) -> None:
        self.database = database
        self.clock = clock
        self.templates = templates
        self.products = products
        self.origins = origins
        self.plans = plans
        self.identifiers = IdentifierClaims(database)
        self._turns = Turns()

    def hand(self, caller: Caller) -> Hand:
        """Return the caller's hand at this moment."""
        return Hand(caller.actor.label, timestamp(self.clock()), caller.needs_review)

    def template_of(self, passport: Document) -> Template:
        """Return the template a passport was made with."""
        return self.templates.get(passport["category"], passport["templateVersion"])

    def log(self, caller: Caller) -> ChangeLog:
        """Return the change log of the caller's tenancy."""
        return ChangeLog(self.database, caller.tenancy, clock=self.clock)

    def passports(self, caller: Caller) -> PassportRepository:
        """Return the passports of the caller's tenancy."""
        return PassportRepository(self.database, caller.tenancy)

    async def load(self, caller: Caller, which: Locator) -> Document:
        """Return a passport as it is stored.

        Raises:
            NotFound: this workspace has no such passport.
            SerialAmbiguous: the serial stands under several GTINs.
        """
        found = await self.passports(caller).find(which)
        if not found:
            raise NotFound("passport")
        if len(found) > 1:
            raise SerialAmbiguous(found[0]["gs1"]["serialNumber"])
        return found[0]

    async def change(
        self,
        caller: Caller,
        which: Locator,
        deed: Deed,
        *,
        edit: Edit,
        expected: frozenset[int] | None,
        also: Also | None = None,
    ) -> Document:
        """Apply an edit to the newest version; another's write in between only means another look.

        Returns the passport as it is stored after, or before if the edit changed nothing.

        Raises:
            NotFound: this workspace has no such passport.
            Refusal: ``precondition_failed``, or whatever ``edit`` and ``also`` refuse.
        """
        async with self._turns.at((caller.tenancy, which)):
            for _ in range(ATTEMPTS):
                stored = await self.load(caller, which)
                check_expected(stored["version"], expected)
                before = entity(stored)
                after = edit(before)
                if after == before:
                    return stored
                try:
                    return await self._write(caller, stored, after, deed, also=also)
                except Stale:
                    continue
        raise Refusal("conflict", "Others change this passport at the same time; try again.")

    def finished(self, passport: Document, template: Template) -> Document:
        """Return a passport with its counts brought up to date."""
        counts = field_counts(template, passport["fields"], passport.get("conditionFlags"))
        return {**passport, "fieldCounts": counts, "completionPercentage": completion_percentage(counts)}

    async def _write(
        self, caller: Caller, stored: Document, edited: Document, deed: Deed, *, also: Also | None
    ) -> Document:
        ready = self._prepared(caller, stored, edited, deed)
        foresee(ready.stored)
        return {**ready.stored, "stateHash": await self._commit(caller, ready, also=also)}

    async def change_within(self, caller: Caller, passport_id: Id, deed: Deed, *, edit: Edit, session: Session) -> None:
        """Apply an edit in the transaction of something else, which begins anew if another writes the passport.

        A passport that is not there is let be, and so is one that the edit does not change.

        Raises:
            Stale: another write came first.
            Refusal: whatever ``edit`` refuses.
        """
        passports = self.passports(caller)
        for stored in await passports.find(ById(passport_id), session=session):
            before = entity(stored)
            after = edit(before)
            if after != before:
                ready = self._prepared(caller, stored, after, deed)
                digest = await self.log(caller).append(ready.change, caller.actor, session=session)
                ready.update["$set"]["stateHash"] = digest
                if not await passports.update(stored, ready.update, session=session):
                    raise Stale
                await self._refresh(caller, ready, session=session)

    def _prepared(self, caller: Caller, stored: Document, edited: Document, deed: Deed) -> _Ready:
        before = entity(stored)
        template = self.template_of(edited)
        after = self.finished(
            {**edited, "version": before["version"] + 1, "updatedAt": timestamp(self.clock())}, template
        )
        check_size(after)
        refuse_languages(self.plans.of(caller.workspace.plan), before, after)
        change = self._change(before, after, deed, prev_hash=stored["stateHash"])
        measured = use_data(stored)
        kept = kept_beside({**after, **measured}, template)
        update = update_of([*change.diff, *differences({name: stored.get(name) for name in kept}, kept)])
        return _Ready(change, update, template, stored, {**after, **kept, **measured})

    def _change(self, before: Document, after: Document, deed: Deed, *, prev_hash: str) -> Change:
        return Change(
            entity="passport",
            entity_id=after["_id"],
            version=after["version"],
            action=deed.action,
            diff=differences(before, after),
            state=after,
            prev_hash=prev_hash,
            event_type=deed.event,
            reason=deed.reason,
            status=after["status"],
            numbers=numbers_in(after),
        )

    async def _view(
        self, caller: Caller, passport: Mapping[str, Any], template: Template, *, session: Session | None = None
    ) -> Document | None:
        """Return what scanners shall see from now on; before the first publishing that is nothing."""
        if "publishedAt" not in passport:
            return None if passport["status"] != "archived" else scan_state(passport)
        product = await self.products.get_plain(caller, passport["productId"], session=session)
        return public_view(passport, product, caller, template, vocabulary=self.origins.vocabulary)

    async def refresh_view(self, caller: Caller, stored: Document) -> None:
        """Make anew what scanners see of a published passport, unless it was written since."""
        passport = entity(stored)
        view = await self._view(caller, passport, self.template_of(stored))
        if view is not None:
            key = key_of(caller, passport["gs1"], passport["granularity"])
            await self.identifiers.refresh_version(key, passport["_id"], passport["version"], view)

    async def _commit(self, caller: Caller, ready: _Ready, *, also: Also | None) -> str:
        change, state = ready.change, dict(ready.change.state)
        recorded, digest = self.log(caller).writes(change, caller.actor)
        ready.update["$set"]["stateHash"] = digest
        written = self.passports(caller).updating(ready.seen, ready.update)

        async def rest(session: Session) -> None:
            if also is not None:
                await also(state, session)
            await self._refresh(caller, ready, session=session)

        is_seen = "publishedAt" in state or state["status"] == "archived"
        await self.database.write([*recorded, written], also=rest if is_seen or also is not None else None)
        return digest

    async def _refresh(self, caller: Caller, ready: _Ready, *, session: Session) -> None:
        """Make what scanners see of a passport what it will be, in the transaction of its change."""
        state = ready.change.state
        # The product is read in the transaction: should it change meanwhile, one of the two writers sees the other.
        view = await self._view(caller, state, ready.template, session=session)
        if view is not None:
            key = key_of(caller, state["gs1"], state["granularity"])
            held = await self.identifiers.refresh(key, state["_id"], view, session=session)
            if not held and ready.change.action == "publish":
                raise ClaimLost


def kept_beside(passport: Document, template: Template) -> Document:
    """Return what is kept beside a passport for the platform alone; the archived are not counted any more."""
    references: list[Id] = file_ids(template, passport["fields"])
    shown: list[Id] = file_ids(template, passport["fields"], audiences=EVERYBODY)
    report = None if passport["status"] == "archived" else examine(Facts.of(passport, template), formats_known=True)
    key = None if report is None else tally_key(report)
    return {"fileRefs": references, "publicFileRefs": shown, "complianceKey": key}


def numbers_in(passport: Mapping[str, Any]) -> list[Any]:
    """Return all of a passport that may hold numbers but small whole ones: of its fields, the values alone."""
    found: list[Any] = [value for name, value in passport.items() if name != "fields"]
    for state in passport["fields"].values():
        found.append(state["value"])
        if "pending" in state:
            found.append(state["pending"])
    return found


def key_of(caller: Caller, gs1: Mapping[str, Any], granularity: str) -> str:
    """Return the text under which a passport's key is claimed; test keys claim nothing globally."""
    path = key_path(gs1, granularity)
    return path if caller.environment == "live" else f"test/{caller.workspace.id}/{path}"


def key_path(gs1: Mapping[str, Any], granularity: str) -> str:
    """Return the path of a passport's key."""
    key = PassportKey(
        gs1["gtin"],
        lot=gs1["lot"] if granularity == "batch" else None,
        serial=gs1["serialNumber"] if granularity == "item" else None,
    )
    return key.path
