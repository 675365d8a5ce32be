"""Service events and ownership transfers taken in again from an export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import Field, ValidationError

from tracepass.core.arrivals import settled
from tracepass.core.arriving import CLOCKS_DIFFER, Moment, in_order_of, members_of
from tracepass.core.bulk import insert_all
from tracepass.core.changes import deleted, imported
from tracepass.core.clock import timestamp
from tracepass.core.errors import Invalid, Refusal
from tracepass.core.ids import Id, find_id
from tracepass.core.mongo import Document, Session
from tracepass.core.restores import Arrival, Fault, Findings
from tracepass.core.schema import WireId, WireModel
from tracepass.core.validation import invalid
from tracepass.passports.desk import Desk, key_of
from tracepass.passports.fieldwork import FileStore
from tracepass.passports.life.entries import MOST_SHOWN, entry_faults, file_refs, public_part, shown
from tracepass.passports.life.models import EntryCreate, EntryType, ErrorReason, ServiceCreate, TransferCreate
from tracepass.passports.life.repository import LIFE, LifeRepository, Timelines
from tracepass.passports.life.service import ENTITIES
from tracepass.passports.repository import PASSPORTS
from tracepass.passports.restoring.models import Label, Version
from tracepass.passports.restoring.rules import Problem, problems_of

_MODELS: Final[Mapping[EntryType, type[EntryCreate]]] = {"service": ServiceCreate, "transfer": TransferCreate}
_ENVELOPE: Final = ("_id", "passportId", "type", "version", "recordedBy", "createdAt", "updatedAt", "errorDeclaration")
_PASSPORT: Final = {"gs1": 1, "granularity": 1}


class ArrivedDeclaration(WireModel):
    """Why an entry is wrong."""

    declared_at: Moment
    reason: ErrorReason
    corrective_ids: Annotated[list[WireId], Field(max_length=10)]


class ArrivedEnvelope(WireModel):
    """What the platform says of an entry."""

    id: WireId = Field(alias="_id")
    passport_id: WireId
    type: EntryType
    at: Moment
    version: Version
    recorded_by: Label
    created_at: Moment
    updated_at: Moment
    error_declaration: ArrivedDeclaration | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry that can be kept: as it is shown, and its type."""

    shown: Document
    kind: EntryType
    order: Document

    @property
    def stored(self) -> Document:
        """Return it as it is kept, its members in the order in which they were told."""
        return in_order_of(self.order, {**self.shown, "type": self.kind, "fileRefs": file_refs(self.shown)})

    @property
    def named(self) -> list[str]:
        """Return the entries that say it right."""
        declared = self.shown.get("errorDeclaration") or {}
        return list(declared.get("correctiveIds", ()))


class LifeRestorer:
    """Takes in the entries of the lives of products whose passports come along."""

    def __init__(self, desk: Desk, *, files: FileStore) -> None:
        self._desk = desk
        self._files = files

    async def look(self, arrival: Arrival, records: Sequence[Document]) -> Findings:
        """Hold entries against the rules, and look whether all that they refer to is there."""
        found, entries = Findings(), dict[int, _Entry]()
        for index, record in enumerate(records):
            entry, problems = self._read(record)
            if entry is not None:
                entries[index] = entry
                problems += _references(arrival, entry)
            found.faults += [Fault(index, one.code, one.member, one.message) for one in problems]
        absent = await self._absent_files(arrival, list(entries.values()))
        for index, entry in entries.items():
            if absent.intersection(file_refs(entry.shown)):
                found.faults.append(Fault(index, "validation_error", "documents", "names a file that is nowhere"))
        return found

    async def _absent_files(self, arrival: Arrival, entries: Sequence[_Entry]) -> frozenset[Id]:
        named = {one for entry in entries for one in file_refs(entry.shown)}
        elsewhere = sorted(one for one in named if not arrival.coming("files", str(one)))
        return frozenset(await self._files.missing(arrival.tenancy, elsewhere) if elsewhere else ())

    def _read(self, record: Document) -> tuple[_Entry | None, list[Problem]]:
        told = members_of(record)
        envelope = {name: told[name] for name in (*_ENVELOPE, "at") if name in told}
        try:
            head = ArrivedEnvelope.model_validate(envelope)
            rest = {name: value for name, value in told.items() if name not in _ENVELOPE}
            body = _MODELS[head.type].model_validate(rest)
        except ValidationError as error:
            return None, problems_of(invalid(error.errors(), skip=0))
        content = body.content
        faults = dict(entry_faults(body, content))
        faults |= {name: ["must be there"] for name in content.keys() - told.keys()}
        faults |= self._future(head)
        if faults:
            return None, problems_of(Invalid(faults))
        return _Entry(_shown(head, told, content), head.type, told), []

    def _future(self, head: ArrivedEnvelope) -> dict[str, list[str]]:
        latest = timestamp(self._desk.clock() + CLOCKS_DIFFER)
        declared = head.error_declaration
        moments = {"at": head.at, "createdAt": head.created_at, "updatedAt": head.updated_at}
        if declared is not None:
            moments["errorDeclaration.declaredAt"] = declared.declared_at
        return {name: ["must not lie in the future"] for name, moment in moments.items() if moment > latest}

    async def write(self, arrival: Arrival, records: Sequence[Document]) -> None:
        """Write entries, those that are there already but for, and what scanners see of them.

        Raises:
            Refusal: one cannot be written; ``details`` name it.
        """
        entries = [self._sound(record) for record in records]

        async def work(session: Session) -> None:
            await self._write(arrival, entries, session)

        await settled(lambda: self._desk.database.transact(work))

    def _sound(self, record: Document) -> _Entry:
        entry, problems = self._read(record)
        if entry is None:
            raise Refusal(problems[0].code, problems[0].message, details={"_id": str(record.get("_id"))})
        return entry

    async def _write(self, arrival: Arrival, entries: Sequence[_Entry], session: Session) -> None:
        database, tenancy = self._desk.database, arrival.tenancy
        kept = database.scoped(LIFE, tenancy)
        named = {find_id(one) for entry in entries for one in entry.named} | {entry.shown["_id"] for entry in entries}
        there = {
            one["_id"]: one["passportId"]
            async for one in kept.find({"_id": {"$in": list(named)}}, projection={"passportId": 1}, session=session)
        }
        new = [entry for entry in entries if entry.shown["_id"] not in there]
        homes = await self._passports(arrival, new, session)
        homes_of_entries = there | {entry.shown["_id"]: entry.shown["passportId"] for entry in new}
        for entry in new:
            _check_home(entry, homes, homes_of_entries)
        changes = [imported(ENTITIES[entry.kind], entry.shown, arrival.import_id) for entry in new]
        digests = await self._desk.log(arrival.caller).append_all(changes, arrival.actor, session=session)
        documents = [{**entry.stored, "stateHash": digest} for entry, digest in zip(new, digests, strict=True)]
        await insert_all(database, LIFE, tenancy, documents, session=session)
        await self._show(arrival, {entry.shown["passportId"] for entry in new if entry.shown["public"]}, homes, session)

    async def _passports(self, arrival: Arrival, new: Sequence[_Entry], session: Session) -> dict[Id, Document]:
        ids = {entry.shown["passportId"] for entry in new}
        passports = self._desk.database.scoped(PASSPORTS, arrival.tenancy)
        found = passports.find({"_id": {"$in": list(ids)}}, projection=_PASSPORT, session=session)
        return {one["_id"]: one async for one in found}

    async def _show(self, arrival: Arrival, ids: set[Id], homes: Mapping[Id, Document], session: Session) -> None:
        entries = LifeRepository(self._desk.database, arrival.tenancy)
        timelines = Timelines(self._desk.database, arrival.tenancy)
        for passport_id in sorted(ids):
            part = public_part(await entries.shown(passport_id, limit=MOST_SHOWN + 1, session=session))
            key = key_of(arrival.caller, homes[passport_id]["gs1"], homes[passport_id]["granularity"])
            await timelines.keep_life(passport_id, key, part, session=session)

    async def remove(self, arrival: Arrival, ids: Sequence[str]) -> None:
        """Take entries away; what scanners see of them goes with their passports."""
        kept = self._desk.database.scoped(LIFE, arrival.tenancy)
        query = {"_id": {"$in": [found for found in map(find_id, ids) if found is not None]}}

        async def work(session: Session) -> None:
            members = {"version": 1, "type": 1, "stateHash": 1}
            stored = await kept.find(query, projection=members, session=session).to_list()
            changes = [deleted(ENTITIES[one["type"]], one) for one in stored]
            await self._desk.log(arrival.caller).append_all(changes, arrival.actor, session=session)
            await kept.delete_all(query, session=session)

        await settled(lambda: self._desk.database.transact(work))


def _references(arrival: Arrival, entry: _Entry) -> list[Problem]:
    return list(_lost(arrival, entry))


def _lost(arrival: Arrival, entry: _Entry) -> Iterator[Problem]:
    if not arrival.coming("passports", str(entry.shown["passportId"])):
        yield Problem("validation_error", "passportId", "names a passport that does not come along")
    for index, named in enumerate(entry.named):
        path = f"errorDeclaration.correctiveIds[{index}]"
        if named == str(entry.shown["_id"]) or not arrival.coming("lifeEntries", named):
            yield Problem("validation_error", path, "must name another entry that comes along")


def _check_home(entry: _Entry, passports: Mapping[Id, Document], homes: Mapping[Id, Id]) -> None:
    """Hold an entry against its passport, and against those that say it right, as far as they are there.

    Raises:
        Invalid: the passport is gone, or is not that of the others.
    """
    own = entry.shown["passportId"]
    faults = {} if own in passports else {"passportId": ["names a passport that is not there"]}
    if any(homes.get(Id(one), own) != own for one in entry.named):
        faults["errorDeclaration.correctiveIds"] = ["must name other entries of this passport"]
    if faults:
        refusal = Invalid(faults)
        refusal.details = {**(refusal.details or {}), "_id": str(entry.shown["_id"])}
        raise refusal


def _shown(head: ArrivedEnvelope, told: Document, content: Document) -> Document:
    """Return an entry as its GET shows it."""
    documents = [
        {name: str(value) for name, value in in_order_of(one, made).items()}
        for one, made in zip(told["documents"], content["documents"], strict=True)
    ]
    members = {name: told[name] for name in ("version", "recordedBy", "createdAt", "updatedAt")}
    made = {"_id": head.id, "passportId": head.passport_id, "at": head.at, **content, "documents": documents, **members}
    if head.error_declaration is not None:
        made["errorDeclaration"] = told["errorDeclaration"]
    ordered = in_order_of({name: told[name] for name in told if name in made}, made)
    return shown({name: _like(told.get(name), value) for name, value in ordered.items()})


def _like(told: Any, made: Any) -> Any:
    """Return an object with its members in the order in which they were told."""
    if isinstance(told, dict) and isinstance(made, dict):
        return in_order_of(told, made)
    return made
