"""Passports taken in again from an export: looked at, written many at once, taken away again.

A passport comes as it was, with dates, state and version. Its link, its counts, what scanners see of it and the claims
on its keys are made anew; its history begins here, with one record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tracepass.core.arrivals import settled
from tracepass.core.arriving import in_order_of
from tracepass.core.bulk import insert_all
from tracepass.core.changes import Change, Stale, imported
from tracepass.core.ids import Id, find_id
from tracepass.core.jobs import Jobs, Wish
from tracepass.core.mongo import Document, DuplicateKeyError, Session, encoded
from tracepass.core.restores import Arrival, Fault, Findings
from tracepass.passports.desk import Desk, kept_beside, key_of, key_path, numbers_in
from tracepass.passports.expiring import EXPIRE
from tracepass.passports.fieldwork import FileStore
from tracepass.passports.making import search_of
from tracepass.passports.publicview import public_view, scan_state
from tracepass.passports.repository import IDENTIFIERS, PASSPORTS
from tracepass.passports.restoring.claims import ArrivingClaims
from tracepass.passports.restoring.lineage import check_lineages, is_bound_as_awaited
from tracepass.passports.restoring.reading import Arrived, PassportReader, missing, refused, sound, taken
from tracepass.passports.restoring.removal import take_away
from tracepass.passports.restoring.rules import MOST_PROBLEMS, Problem, problems_of
from tracepass.passports.values import file_ids
from tracepass.templates.models import Template


@dataclass(frozen=True, slots=True)
class _Ready:
    """What is written of a passport."""

    passport: Document
    stored: Document
    claim: Document
    change: Change


class PassportRestorer:
    """Takes in passports."""

    def __init__(self, desk: Desk, *, claims: ArrivingClaims, files: FileStore) -> None:
        self._desk = desk
        self._claims = claims
        self._files = files
        self._reader = PassportReader(desk)
        self._jobs = Jobs(desk.database, clock=desk.clock)

    async def look(self, arrival: Arrival, records: Sequence[Document]) -> Findings:
        """Hold records against templates, plan and claims, and against each other."""
        readings = await asyncio.to_thread(self._reader.read_all, arrival, records)
        found = Findings()
        arrived: list[Arrived] = []
        for index, one in enumerate(readings):
            problems = one if isinstance(one, list) else self._references(arrival, one)
            if isinstance(one, Arrived):
                arrived.append(one)
                problems += self._keys(arrival, one)
                for note in one.notes:
                    found.notes[note] = found.notes.get(note, 0) + 1
            found.faults += [Fault(index, each.code, each.member, each.message) for each in problems[:MOST_PROBLEMS]]
        found.faults += [
            Fault(one.index, each.code, each.member, each.message)
            for one, problems in await self._there(arrival, arrived)
            for each in problems
        ]
        return found

    def _references(self, arrival: Arrival, one: Arrived) -> list[Problem]:
        """Look whether the other passports of a lineage come along; what became of an archived one may be gone."""
        found: list[Problem] = []
        lineage = one.passport.get("lineage", {})
        for end in ("predecessors", "successors"):
            for index, link in enumerate(lineage.get(end, ())):
                named = link["passportId"]
                may_be_gone = named is None or (end == "successors" and one.passport["status"] == "archived")
                if not may_be_gone and not arrival.coming("passports", str(named)):
                    found.append(missing(f"lineage.{end}[{index}].passportId", "passport"))
        if not found and not is_bound_as_awaited(arrival, one.passport):
            found.append(Problem("validation_error", "lineage", "is not what another passport of the file says of it"))
        return found

    def _keys(self, arrival: Arrival, one: Arrived) -> list[Problem]:
        """Look whether an earlier record has the serial or the key."""
        gs1, granularity = one.passport["gs1"], one.passport["granularity"]
        serial = gs1["serialNumber"]
        if serial is not None and arrival.claim("serial", f"{gs1['gtin']}/{serial}"):
            return [taken(one.passport)]
        if granularity != "item" and arrival.claim("passportKey", key_path(gs1, granularity)):
            return [taken(one.passport)]
        return []

    async def _there(self, arrival: Arrival, arrived: Sequence[Arrived]) -> list[tuple[Arrived, list[Problem]]]:
        """Hold records against what the workspace and others have."""
        if not arrived:
            return []
        tenancy, caller = arrival.tenancy, arrival.caller
        known = await self._taken(arrival, [one.passport for one in arrived])
        wanted = _wanted([one.passport for one in arrived])
        refused = await self._claims.refused(tenancy, wanted)
        for gtin in (gtin for gtin, firm in wanted.items() if firm):
            # Links may stand under it, then.
            arrival.claim("firmGtin", gtin)
        products = {one.passport["productId"] for one in arrived}
        elsewhere = [one for one in products if not arrival.coming("products", str(one))]
        there = await self._desk.products.seen.now(tenancy, elsewhere) if elsewhere else {}
        lost = set(elsewhere) - there.keys()
        absent = await self._absent_files(arrival, arrived)
        found: list[tuple[Arrived, list[Problem]]] = []
        for one in arrived:
            problems = _absent(one, absent) if absent else []
            if one.passport["_id"] in known:
                problems.append(taken(one.passport))
            if one.passport["gs1"]["gtin"] in refused:
                problems += problems_of(refused[one.passport["gs1"]["gtin"]], "gs1.gtin")
            if one.passport["productId"] in lost:
                problems.append(missing("productId", "product"))
            if caller.needs_review:
                sentence = "Editors do not take in what others have approved; admins and owners do."
                problems.append(Problem("forbidden", "", sentence))
            found.append((one, problems))
        return found

    async def _absent_files(self, arrival: Arrival, arrived: Sequence[Arrived]) -> frozenset[Id]:
        named = {each for one in arrived for each in file_ids(one.template, one.passport["fields"])}
        elsewhere = sorted(each for each in named if not arrival.coming("files", str(each)))
        return frozenset(await self._files.missing(arrival.tenancy, elsewhere) if elsewhere else ())

    async def _taken(self, arrival: Arrival, passports: Sequence[Document]) -> set[Id]:
        """Return those whose serial, or key, another passport has."""
        database = self._desk.database
        keys = {key_of(arrival.caller, one["gs1"], one["granularity"]): one["_id"] for one in passports}
        claims = database.collection(IDENTIFIERS).find({"_id": {"$in": sorted(keys)}}, {"passportId": 1})
        found = {keys[str(one["_id"])] async for one in claims if one["passportId"] != keys[str(one["_id"])]}
        serials = {one["gs1"]["serialNumber"] for one in passports} - {None}
        query = {"gs1.serialNumber": {"$in": sorted(serials), "$gt": ""}}
        others = database.scoped(PASSPORTS, arrival.tenancy).find(query, projection={"gs1": 1})
        named = {(one["gs1"]["serialNumber"], one["gs1"]["gtin"]): one["_id"] async for one in others}
        for one in passports:
            other = named.get((one["gs1"]["serialNumber"], one["gs1"]["gtin"]))
            if other is not None and other != one["_id"]:
                found.add(one["_id"])
        return found

    async def write(self, arrival: Arrival, records: Sequence[Document]) -> None:
        """Write passports, those that are there already but for.

        Raises:
            Refusal: one cannot be written; ``details`` name it.
        """
        readings = await asyncio.to_thread(self._reader.read_all, arrival, records)
        arrived = [sound(one, record) for one, record in zip(readings, records, strict=True)]

        async def write() -> None:
            new = await self._new(arrival, arrived)
            if new:
                await self._write(arrival, new)

        await settled(write)

    async def _new(self, arrival: Arrival, arrived: Sequence[Arrived]) -> list[Arrived]:
        passports = self._desk.database.scoped(PASSPORTS, arrival.tenancy)
        ids = [one.passport["_id"] for one in arrived]
        there = {one["_id"] async for one in passports.find({"_id": {"$in": ids}}, projection={"_id": 1})}
        return [one for one in arrived if one.passport["_id"] not in there]

    async def _write(self, arrival: Arrival, new: Sequence[Arrived]) -> None:
        """Write new passports in one transaction; raise `Stale` to look again."""
        products = await self._desk.products.seen.now(arrival.tenancy, {one.passport["productId"] for one in new})
        ready = await asyncio.to_thread(self._prepared, arrival, new, products)
        wanted = _wanted([one.passport for one in ready])
        await self._claims.prepare(arrival.caller, wanted)

        async def work(session: Session) -> None:
            await self._refuse_moved(arrival, products, session)
            await self._claims.hold(arrival.tenancy, wanted, arrival.import_id, session=session)
            family = {one.passport["_id"]: one.passport for one in ready}
            await check_lineages(self._desk.database, arrival.tenancy, family, session=session)
            await self._insert(arrival, ready, session)

        await self._desk.database.transact(work)

    async def _refuse_moved(self, arrival: Arrival, products: Mapping[Id, Document], session: Session) -> None:
        """Refuse to go on with products that are not as they were when scanners' views were made of them."""
        now = await self._desk.products.seen.now(arrival.tenancy, products.keys(), session=session)
        if any(now.get(key, {}).get("version") != product["version"] for key, product in products.items()):
            raise Stale

    async def _insert(self, arrival: Arrival, ready: Sequence[_Ready], session: Session) -> None:
        database, tenancy = self._desk.database, arrival.tenancy
        log = self._desk.log(arrival.caller)
        digests = await log.append_all([one.change for one in ready], arrival.actor, session=session)
        documents = [{**one.stored, "stateHash": digest} for one, digest in zip(ready, digests, strict=True)]
        claims = [one.claim for one in ready]
        for name, each in ((PASSPORTS, documents), (IDENTIFIERS, claims)):
            try:
                await insert_all(database, name, tenancy, each, session=session)
            except DuplicateKeyError as error:
                one = ready[(error.details or {}).get("index", 0)].passport
                raise refused(taken(one), one["_id"]) from None
        wishes = [
            Wish(str(one["_id"]), {"passportId": one["_id"]}, one["expiresAt"])
            for one in (each.passport for each in ready)
            if one["status"] == "published" and "expiresAt" in one
        ]
        await self._jobs.enqueue_all(EXPIRE, tenancy, wishes, session=session)

    def _prepared(self, arrival: Arrival, new: Sequence[Arrived], products: Mapping[Id, Document]) -> list[_Ready]:
        return [self._ready(arrival, one, products.get(one.passport["productId"])) for one in new]

    def _ready(self, arrival: Arrival, one: Arrived, product: Document | None) -> _Ready:
        template = one.template
        passport = in_order_of(one.told, self._desk.finished(one.passport, template))
        _check_product(passport, product)
        stored = {**passport, "fields": encoded(passport["fields"])}
        kept = {**kept_beside(passport, template), "search": search_of(passport["gs1"])}
        change = replace(
            imported("passport", passport, arrival.import_id),
            status=passport["status"],
            stored=stored,
            numbers=numbers_in(passport),
        )
        return _Ready(passport, {**stored, **kept}, self._claim(arrival, passport, product or {}, template), change)

    def _claim(self, arrival: Arrival, passport: Document, product: Document, template: Template) -> Document:
        """Return the claim of a passport on its key, with what scanners see of it."""
        caller = arrival.caller
        claim = {
            "_id": key_of(caller, passport["gs1"], passport["granularity"]),
            "workspaceSlug": caller.workspace.slug,
            "passportId": passport["_id"],
            "gtin": passport["gs1"]["gtin"],
            "status": "draft",
            "version": passport["version"],
            "category": passport["category"],
            "templateVersion": passport["templateVersion"],
        }
        if "publishedAt" in passport:
            vocabulary = self._desk.origins.vocabulary
            return claim | public_view(passport, product, caller, template, vocabulary=vocabulary)
        return claim | scan_state(passport) if passport["status"] == "archived" else claim

    async def remove(self, arrival: Arrival, ids: Sequence[str]) -> None:
        """Take passports away with all that hangs on them, whatever has become of them since."""
        named = [found for found in map(find_id, ids) if found is not None]
        await take_away(self._desk, self._jobs, self._claims, arrival, named)


def _wanted(passports: Sequence[Document]) -> dict[str, bool]:
    """Return the GTINs of passports, each with whether something under it was published."""
    wanted: dict[str, bool] = {}
    for one in passports:
        gtin = one["gs1"]["gtin"]
        wanted[gtin] = wanted.get(gtin, False) or "publishedAt" in one
    return wanted


def _absent(one: Arrived, absent: frozenset[Id]) -> list[Problem]:
    fields = one.passport["fields"]
    return [
        missing(f"fields.{key}.value", "file")
        for key in fields
        if absent.intersection(file_ids(one.template, {key: fields[key]}))
    ]


def _check_product(passport: Document, product: Document | None) -> None:
    if product is None:
        raise refused(missing("productId", "product"), passport["_id"])
    if product["category"] != passport["category"]:
        sentence = f"is {passport['category']}, but the product is {product['category']}"
        raise refused(Problem("validation_error", "category", sentence), passport["_id"])
    if product["status"] == "archived" and passport["status"] != "archived":
        sentence = "The product is archived; only archived passports may refer to it."
        raise refused(Problem("product_archived", "productId", sentence), passport["_id"])
