"""Records of passports, lives and measurements that somebody has made up: each is refused, none is a fault of ours."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.api.moving import Move, Record, told
from tests.api.town import PARTY, PASSPORTS, Town, filled, town
from tests.conftest import MovableClock, Office, new_gtin

from tracepass.assembly import packaged_templates
from tracepass.core.errors import Refusal
from tracepass.core.ids import new_id
from tracepass.core.restores import Restorer

__all__ = ["town"]
INVALID = "validation_error"
NOW, LATER = "2026-01-01T00:00:00.000Z", "2199-01-01T00:00:00.000Z"
Change = Callable[[Record], Any]


def put(path: str, value: Any) -> Change:
    """Set a member; the path is written with slashes."""

    def change(record: Record) -> None:
        *way, last = path.split("/")
        for step in way:
            record = record[int(step)] if isinstance(record, list) else record[step]
        record[int(last) if isinstance(record, list) else last] = value

    return change


def drop(*names: str) -> Change:
    def change(record: Record) -> None:
        for name in names:
            record.pop(name, None)

    return change


def both(*changes: Change) -> Change:
    def change(record: Record) -> None:
        for one in changes:
            one(record)

    return change


NAME, INSIDE, FILE = "fields/product_name", "fields.product_name", "fields/eu_declaration_of_conformity"
DEEP: Any = "x"
for _ in range(60):
    DEEP = {"a": [DEEP]}

# What is done to the record of a published passport that has something of everything, and what is said of it.
FAULTS: list[tuple[Change, str, str]] = [
    (put("unknown", 1), INVALID, "unknown"),
    (put("stateHash", "0" * 64), INVALID, "stateHash"),
    (put("workspaceId", "0" * 24), INVALID, "workspaceId"),
    (put("everPublished", True), INVALID, "everPublished"),
    (put("search", []), INVALID, "search"),
    (drop("_id"), INVALID, "_id"),
    (put("_id", "no id"), INVALID, "_id"),
    (put("productId", "0" * 24), INVALID, "fields.rated_capacity.inheritedFrom.productId"),
    (both(put("productId", "0" * 24), put("fields", {})), INVALID, "productId"),
    (put("category", "nonsense"), "template_not_found", "templateVersion"),
    (put("category", "batteries"), "template_not_found", "templateVersion"),
    (put("category", 5), INVALID, "category"),
    (put("templateVersion", "1999.1.0"), "template_not_found", "templateVersion"),
    (put("granularity", "batch"), INVALID, "gs1.lot"),
    (put("granularity", "atom"), INVALID, "granularity"),
    (put("gs1/gtin", "04012345000017"), INVALID, "gs1.gtin"),
    (put("gs1/serialNumber", ""), INVALID, "gs1.serialNumber"),
    (put("gs1/serialNumber", None), INVALID, "gs1.serialNumber"),
    (put("gs1/more", 1), INVALID, "gs1.more"),
    (put("status", "deleted"), INVALID, "status"),
    (put("status", "draft"), INVALID, "publishedAt"),
    (put("status", "approved"), INVALID, "publishedAt"),
    (put("status", "suspended"), INVALID, "suspendedAt"),
    (put("status", "archived"), INVALID, "archivedAt"),
    (put("status", "expired"), INVALID, "expiresAt"),
    (drop("publishedAt"), INVALID, "publishedAt"),
    (put("archivedAt", NOW), INVALID, "archivedAt"),
    (put("suspendedAt", NOW), INVALID, "suspensionReason"),
    (put("suspensionReason", "Recall"), INVALID, "suspensionReason"),
    (put("publishedIncomplete", False), INVALID, "publishedIncomplete"),
    (both(put("status", "draft"), drop("publishedAt")), INVALID, "publishedIncomplete"),
    (put("version", 0), INVALID, "version"),
    (put("version", 1), INVALID, "version"),
    (put("version", True), INVALID, "version"),
    (put("version", 2**40), INVALID, "version"),
    (put("createdAt", LATER), INVALID, "createdAt"),
    (put("updatedAt", LATER), INVALID, "updatedAt"),
    (put("publishedAt", LATER), INVALID, "publishedAt"),
    (put("updatedAt", "2026-01-01T00:00:00Z"), INVALID, "updatedAt"),
    (put("expiresAt", "2199-13-01T00:00:00.000Z"), INVALID, "expiresAt"),
    (put("parties/manufacturer/url", "javascript:alert(1)"), INVALID, "parties.manufacturer.url"),
    (put("parties/manufacturer/legalName", None), INVALID, "parties.manufacturer.legalName"),
    (put("parties/manufacturer/gln", None), INVALID, "parties.manufacturer.gln"),
    (put("parties/manufacturer/gln", "4012345000008"), INVALID, "parties.manufacturer.gln"),
    (put("parties/butcher", PARTY), INVALID, "parties.butcher.[key]"),
    (put("conditionFlags", {"isRed": True}), INVALID, "conditionFlags.isRed"),
    (put("conditionFlags", {"hasBMS": "yes"}), INVALID, "conditionFlags.hasBMS"),
    (put("fields", []), INVALID, "fields"),
    (put("fields/nonsense", {}), "unknown_field", "fields.nonsense"),
    (put("fields/battery_mass/value", "heavy"), INVALID, "fields.battery_mass.value"),
    (put("fields/battery_mass/value", None), INVALID, "fields.battery_mass.status"),
    (put("fields/battery_mass/status", "empty"), INVALID, "fields.battery_mass.status"),
    (put("fields/battery_mass/status", "great"), INVALID, "fields.battery_mass.status"),
    (put("fields/battery_mass/source", "oracle"), INVALID, "fields.battery_mass.source"),
    (put("fields/battery_mass/sourceLocale", "de"), "not_translatable", "fields.battery_mass"),
    (put("fields/battery_mass/updatedAt", LATER), INVALID, "fields.battery_mass.updatedAt"),
    (put("fields/battery_mass/updatedBy", {"$gt": ""}), INVALID, "fields.battery_mass.updatedBy"),
    (put("fields/battery_mass/more", 1), INVALID, "fields.battery_mass.more"),
    (put("fields/battery_mass", 12), INVALID, "fields.battery_mass"),
    (put("fields/batch_number/source", "supplier"), INVALID, "fields.batch_number"),
    (put(f"{NAME}/value", "x" * 300_000), INVALID, "fields.product_name.value"),
    (put(f"{NAME}/value", DEEP), INVALID, "fields.product_name.value"),
    (put(f"{NAME}/value", "\x00"), INVALID, "fields.product_name.value"),
    (put(f"{NAME}/translations/xx", {}), INVALID, "fields.product_name.translations.xx.[key]"),
    (put(f"{NAME}/translations/fr/value", None), INVALID, "fields.product_name.translations.fr.value"),
    (put(f"{NAME}/translations/fr/value", 5), INVALID, "fields.product_name.translations.fr.value"),
    (put(f"{NAME}/translations/fr/generatedAt", LATER), INVALID, "fields.product_name.translations.fr.generatedAt"),
    (put(f"{NAME}/pending/value", 5), INVALID, "fields.product_name.pending.value"),
    (put(f"{NAME}/pending/at", LATER), INVALID, "fields.product_name.pending.at"),
    (put(f"{NAME}/pending/more", 1), INVALID, "fields.product_name.pending.more"),
    (put(f"{NAME}/status", "pending_review"), INVALID, "fields.product_name.pending"),
    (put(f"{NAME}/inheritedFrom", {"productId": "0" * 24, "version": 0}), INVALID, f"{INSIDE}.inheritedFrom.version"),
    (put(f"{FILE}/value", {"fileId": "0" * 24}), INVALID, "fields.eu_declaration_of_conformity.value"),
    (put(f"{FILE}/value", {"url": "javascript:alert(1)"}), INVALID, "fields.eu_declaration_of_conformity.value.url"),
    (put("lineage", {"kind": None, "predecessors": [], "successors": []}), INVALID, "lineage"),
    (put("lineage", {"kind": "repurposing", "predecessors": [], "successors": []}), INVALID, "lineage.kind"),
    (put("lineage", {"kind": "melting", "predecessors": [], "successors": []}), INVALID, "lineage.kind"),
]  # fmt: skip
PREDECESSOR = {"passportId": None, "digitalLinkUri": "https://x.example/01/04012345000016/21/1", "publishedAt": None}
LINEAGE_FAULTS: list[tuple[Record, str, str]] = [
    ({"passportId": "0" * 24}, INVALID, "lineage.predecessors[0].passportId"),
    ({"digitalLinkUri": "javascript:alert(1)"}, INVALID, "lineage.predecessors[0].digitalLinkUri"),
    ({"digitalLinkUri": "https://x.example/01/04012345000016"}, INVALID, "lineage.predecessors[0].digitalLinkUri"),
    ({"publishedAt": NOW}, INVALID, "lineage.predecessors[0].publishedAt"),
    ({"publishedAt": LATER}, INVALID, "lineage.predecessors[0].publishedAt"),
    ({"kind": "repurposing"}, INVALID, "lineage.predecessors[0].kind"),
]


@pytest.fixture
async def full(town: Town, clock: MovableClock) -> Town:
    """The first workspace has one of everything."""
    return await filled(town, clock)


def one_of(town: Town, move: Move, name: str) -> Record:
    [found] = [one for one in move.of("Passport") if one["_id"] == move.ids[town.named[name]]]
    return copy.deepcopy(found)


async def test_what_no_passport_can_be_is_refused(full: Town) -> None:
    move = await full.move()
    rich = one_of(full, move, "rich")
    said: Record = {"kind": "repurposing", "successors": []}
    lineages = [
        (put("lineage", said | {"predecessors": [PREDECESSOR | link]}), code, member)
        for link, code, member in LINEAGE_FAULTS
    ]
    missed = []
    for change, code, member in FAULTS + lineages:
        record = copy.deepcopy(rich)
        change(record)
        faults = await move.look(full.passports, [record])
        if (0, code, member) not in told(faults):
            missed.append((code, member, told(faults)))
    assert missed == [], missed
    assert await move.look(full.passports, [rich]) == []


async def test_what_the_platform_works_out_is_not_believed(full: Town) -> None:
    move = await full.move()
    record = one_of(full, move, "rich")
    forged = {"battery_mass": {"value": 1, "measuredAt": NOW}}
    record |= {"dynamic": forged, "completionPercentage": 100, "fieldCounts": {"total": 0}}
    record["gs1"]["digitalLinkUri"] = "https://evil.example/p/01/1"
    record["fields"]["battery_mass"]["accessLevel"] = "secret"
    filled = packaged_templates().get("battery").system_keys[0]
    assert filled in record["fields"]
    record["fields"][filled] = {"value": "<x>"}
    found = await full.passports.look(move.arrival, [record])
    assert (found.faults, found.notes) == ([], {"linksRenewed": 1})
    await full.passports.write(move.arrival, [record])
    shown = (await full.away.get(f"{PASSPORTS}/{record['_id']}")).json()
    real = one_of(full, move, "rich")
    assert "dynamic" not in shown
    assert (shown["completionPercentage"], shown["fieldCounts"]) == (real["completionPercentage"], real["fieldCounts"])
    assert shown["fields"]["battery_mass"]["accessLevel"] == "public"
    assert "evil" not in shown["gs1"]["digitalLinkUri"]
    assert "<x>" not in str(shown["fields"])


HOSTILE: list[Any] = [
    None, True, 0, -1, 1.5, 1e308, 2**63 - 1, "", " ", "\u0000", "<script>alert(1)</script>", "javascript:alert(1)",
    "0" * 24, NOW, LATER, [], {}, [None], {"$gt": ""}, {"": 1}, {"a.b": {"$set": 1}}, "x" * 5000, [[[[]]]], "archived",
]  # fmt: skip


def spoilt(record: Record, chance: random.Random) -> Record:
    """A record with some of its parts replaced by what does not belong there."""
    spoilt_one = copy.deepcopy(record)
    for _ in range(chance.randint(1, 2)):
        at: Any = spoilt_one
        while True:
            places = list(at) if isinstance(at, dict) else list(range(len(at)))
            if not places:
                break
            place = chance.choice(places)
            inner = at[place]
            if isinstance(inner, dict | list) and inner and chance.random() < 0.8:
                at = inner
                continue
            if isinstance(at, dict) and chance.random() < 0.2:
                del at[place]
            elif isinstance(at, dict) and chance.random() < 0.2:
                at[chance.choice(["$where", "a.b", "", "status"])] = chance.choice(HOSTILE)
            else:
                at[place] = chance.choice(HOSTILE)
            break
    return spoilt_one


async def test_whatever_is_sent_is_refused_or_taken(full: Town) -> None:
    """What is not refused when it is looked at can be written, or is refused then; nothing else happens."""
    move = await full.move()
    chance = random.Random(5)  # noqa: S311 - the same each time
    found: dict[str, list[str]] = {kind: [] for kind, _ in full.restorers}
    for kind, restorer in full.restorers:
        for _ in range(120):
            found[kind].append(await tried(move, chance, kind, restorer))
        if kind == "Passport":
            # What was taken away does not come again under the same ids.
            move = await full.move()
            await move.take(restorer, kind, at_once=50)
    assert [set(each) for each in found.values()] == [{"refused", "taken"}] * 3
    answer = await full.away.get("/api/v1/exports/tenant")
    assert answer.json()["counts"]["passports"] == len(move.of("Passport"))


async def tried(move: Move, chance: random.Random, kind: str, restorer: Restorer) -> str:
    """Try to have a spoilt record taken in; tell what came of it."""
    record = spoilt(chance.choice(move.of(kind)), chance)
    if faults := await move.look(restorer, [record]):
        assert all(fault.message for fault in faults)
        return "refused"
    try:
        await restorer.write(move.arrival, [record])
    except Refusal:
        return "refused"
    await restorer.remove(move.arrival, [record["_id"]])
    return "taken"


WRONG = {"declaredAt": NOW, "reason": "did_not_occur", "correctiveIds": []}
LIFE_FAULTS: list[tuple[Change, str]] = [
    (put("type", "party"), "type"),
    (put("passportId", "0" * 24), "passportId"),
    (put("at", LATER), "at"),
    (put("at", "2026-01-05T09:00:00Z"), "at"),
    (put("createdAt", LATER), "createdAt"),
    (put("kind", "explosion"), "kind"),
    (put("version", 0), "version"),
    (put("recordedBy", None), "recordedBy"),
    (put("public", "yes"), "public"),
    (put("stateHash", "0" * 64), "stateHash"),
    (put("fileRefs", []), "fileRefs"),
    (put("documents", [{"url": "javascript:alert(1)"}]), "documents[0].url"),
    (put("documents", [{"fileId": "0" * 24}]), "documents"),
    (put("documents", [{}]), "documents[0]"),
    (drop("documents"), "documents"),
    (put("place", {}), "place"),
    (put("performedBy/url", "javascript:alert(1)"), "performedBy.url"),
    (put("parts", [{"name": "x", "more": 1}]), "parts[0].more"),
    (put("errorDeclaration", WRONG | {"declaredAt": LATER}), "errorDeclaration.declaredAt"),
    (put("errorDeclaration", WRONG | {"reason": "no"}), "errorDeclaration.reason"),
    (put("errorDeclaration", WRONG | {"correctiveIds": ["0" * 24]}), "errorDeclaration.correctiveIds[0]"),
]  # fmt: skip
READING_FAULTS: list[tuple[Change, str]] = [
    (put("passportId", "0" * 24), "passportId"),
    (put("measuredAt", LATER), "measuredAt"),
    (put("recordedAt", LATER), "recordedAt"),
    (put("measuredAt", "2026-02-01"), "measuredAt"),
    (put("externalId", ""), "externalId"),
    (put("value", ["x" * 20_000]), "value"),
    (put("more", 1), "more"),
]


async def test_what_no_entry_and_no_reading_can_be_is_refused(full: Town) -> None:
    move = await full.move()
    [service] = [one for one in move.of("LifeEntry") if one.get("kind") == "repair"]
    reading = move.of("Measurement")[0]
    cases: list[tuple[Restorer, Record, Change, str]] = [(full.lives, service, *one) for one in LIFE_FAULTS]
    cases += [(full.measurements, reading, *one) for one in READING_FAULTS]
    missed = []
    for restorer, sound, change, member in cases:
        record = copy.deepcopy(sound)
        change(record)
        faults = await move.look(restorer, [record])
        if (0, INVALID, member) not in told(faults):
            missed.append((member, told(faults)))
    assert missed == [], missed
    sale = next(one for one in move.of("LifeEntry") if one["type"] == "transfer")
    named = put("to/legalName", "Somebody")
    named(sale)
    assert told(await move.look(full.lives, [sale])) == [(0, INVALID, "to.legalName")]
    twice = [reading | {"externalId": "same", "_id": str(new_id())} for _ in range(2)]
    assert told(await move.look(full.measurements, twice)) == [(1, "external_id_taken", "externalId")]
    for record in (reading | {"field": "battery_mass"}, reading | {"value": "much"}):
        with pytest.raises(Refusal) as refused:
            await full.measurements.write(move.arrival, [record])
        assert (refused.value.code, (refused.value.details or {})["_id"]) == (INVALID, reading["_id"])


@pytest.fixture
async def plain(town: Town) -> Town:
    """The first workspace has three drafts: two of one GTIN, and one that the first of them became."""
    product, gtin = await town.product(), new_gtin()
    for name in ("one", "two"):
        await town.passport(name, product, gs1={"gtin": gtin, "serialNumber": name})
    lineage = {"kind": "repurposing", "predecessors": [{"passportId": town.named["one"]}]}
    await town.passport("three", product, lineage=lineage)
    return town


async def refused_by(town: Town, move: Move, *records: Record) -> str:
    """The code with which records are refused that nothing was said against."""
    assert await move.look(town.passports, records) == []
    return await unwritable(town, move, *records)


async def unwritable(town: Town, move: Move, *records: Record) -> str:
    with pytest.raises(Refusal) as refused:
        await town.passports.write(move.arrival, records)
    assert await town.lines(town.away, "Passport") == []
    return refused.value.code


async def test_two_of_one_file_have_not_one_key(plain: Town) -> None:
    move = await plain.move()
    one, two = one_of(plain, move, "one"), one_of(plain, move, "two")
    two["gs1"]["serialNumber"] = "one"
    del one["lineage"]
    assert told(await move.look(plain.passports, [one, two])) == [(1, "duplicate_serial", "gs1.serialNumber")]
    assert await unwritable(plain, move, one, two) == "duplicate_serial"
    models = [one | {"granularity": "model", "gs1": {"gtin": new_gtin()}, "_id": str(new_id())}]
    models.append(models[0] | {"_id": str(new_id())})
    assert told(await move.look(plain.passports, models)) == [(1, "duplicate_identifier", "gs1")]
    assert await unwritable(plain, move, *models) == "duplicate_identifier"


async def test_what_is_there_keeps_its_key(plain: Town) -> None:
    move = await plain.move()
    two = one_of(plain, move, "two")
    product = next(iter(plain.known.values()))
    gs1 = {"gtin": two["gs1"]["gtin"], "serialNumber": "two"}
    there = await plain.away.post(PASSPORTS, json={"productId": product, "gs1": gs1})
    assert there.status_code == 201
    assert told(await move.look(plain.passports, [two])) == [(0, "duplicate_serial", "gs1.serialNumber")]
    with pytest.raises(Refusal) as refused:
        await plain.passports.write(move.arrival, [two])
    assert (refused.value.code, refused.value.details) == ("duplicate_serial", {"_id": two["_id"]})


async def test_gtins_of_others_are_theirs(plain: Town, office: Office) -> None:
    move = await plain.move()
    two = one_of(plain, move, "two")
    other = await office.client()
    product = (await other.post("/api/v1/products", json={"name": "P", "model": "P", "category": "battery"})).json()
    body = {"productId": product["_id"], "gs1": {"gtin": two["gs1"]["gtin"]}}
    assert (await other.post(PASSPORTS, json=body)).status_code == 201
    assert told(await move.look(plain.passports, [two])) == [(0, "gtin_registered_elsewhere", "gs1.gtin")]
    assert await unwritable(plain, move, two) == "gtin_registered_elsewhere"


async def test_both_ends_of_a_lineage_say_the_same(plain: Town) -> None:
    move = await plain.move()
    one, three = one_of(plain, move, "one"), one_of(plain, move, "three")
    bare = {name: value for name, value in one.items() if name != "lineage"}
    alone = {name: value for name, value in three.items() if name != "lineage"}
    for first, then in ((one, alone), (three, bare)):
        assert told(await move.look(plain.passports, [first, then])) == [(1, INVALID, "lineage")]
    for first, then in ((bare, three), (alone, one)):
        assert await refused_by(plain, move, first, then) == INVALID
    other = copy.deepcopy(three)
    other["lineage"]["kind"] = "remanufacturing"
    assert await refused_by(plain, move, one, other) == INVALID
    links = {"passportId": three["_id"], "digitalLinkUri": three["gs1"]["digitalLinkUri"], "publishedAt": None}
    back = {"passportId": one["_id"], "digitalLinkUri": one["gs1"]["digitalLinkUri"], "publishedAt": None}
    one["lineage"] |= {"kind": "repurposing", "predecessors": [links]}
    three["lineage"]["successors"] = [back | {"kind": "repurposing"}]
    assert await refused_by(plain, move, one, three) == "lineage_cycle"


async def test_products_are_as_the_passports_say(plain: Town) -> None:
    move = await plain.move()
    two = one_of(plain, move, "two")
    body = {"name": "P", "model": "toys", "category": "toys"}
    toys = (await plain.away.post("/api/v1/products", json=body)).json()["_id"]
    assert await refused_by(plain, move, two | {"productId": toys, "fields": {}}) == INVALID
    product = two["productId"]
    assert (await plain.away.delete(f"/api/v1/products/{product}")).status_code == 200
    assert told(await move.look(plain.passports, [two])) == [(0, INVALID, "productId")]
    assert await unwritable(plain, move, two) == INVALID


async def test_archived_products_have_archived_passports_alone(plain: Town) -> None:
    move = await plain.move()
    two = one_of(plain, move, "two")
    patched = await plain.away.patch(f"/api/v1/products/{two['productId']}", json={"status": "archived"})
    assert patched.status_code == 200
    assert await refused_by(plain, move, two) == "product_archived"
    archived = two | {"status": "archived", "archivedAt": two["updatedAt"], "version": 2}
    await plain.passports.write(move.arrival, [archived])
    assert len(await plain.lines(plain.away, "Passport")) == 1


async def test_a_plan_holds_for_what_comes_in_as_well(plain: Town) -> None:
    """A published passport ends when the plan says so, in the languages it includes; and editors bring none."""
    move = await plain.move()
    two = one_of(plain, move, "two")
    published = two | {"status": "published", "publishedAt": two["updatedAt"], "version": 2}
    free = replace(plain.caller, workspace=replace(plain.there, plan="free"))
    move.arrival = replace(move.arrival, caller=free)
    found = await plain.passports.look(move.arrival, [published])
    assert (found.faults, found.notes) == ([], {"linksRenewed": 1, "expiriesShortened": 1})
    text = {"value": "Akku", "sourceLocale": "de", "source": "manual", "status": "approved", "translations": {}}
    field = text | {"updatedAt": two["updatedAt"], "updatedBy": "x"}
    field["translations"] = {
        locale: {"value": "x", "source": "human", "generatedAt": two["updatedAt"]} for locale in ("fr", "it", "es")
    }
    many = published | {"fields": {"product_name": field}}
    assert told(await move.look(plain.passports, [many])) == [(0, "plan_required", "fields")]
    await plain.passports.write(move.arrival, [published])
    [kept] = [one async for one in plain.database.scoped("passports", plain.tenancy).find({})]
    assert kept["expiresAt"] < LATER
    move = await plain.move()
    move.arrival = replace(move.arrival, caller=replace(plain.caller, role="editor"))
    assert told(await move.look(plain.passports, [one_of(plain, move, "two")]))[-1] == (0, "forbidden", "")
