"""Every way to list passports goes along an index, in order, and reads no more than it must."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from pymongo import MongoClient
from tests.queries_plugin import Queries, explain, fault_of, shape_of

from tracepass.assembly import INDEXES
from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database, connected
from tracepass.core.paging import Position
from tracepass.core.tenancy import Tenancy
from tracepass.gs1.checkdigit import check_digit
from tracepass.passports.making import search_of
from tracepass.passports.models import ById, BySerial
from tracepass.passports.repository import FileReferences, PassportCounts, PassportFilter, PassportRepository

Client = MongoClient[dict[str, Any]]
COUNT, LIMIT = 2000, 20
HERE, ELSEWHERE = Tenancy(new_id(), "live"), Tenancy(new_id(), "live")
PRODUCTS = [new_id() for _ in range(20)]
STATUSES = ["draft", "published", "suspended", "archived"]
RULES = ["REQ-FIELD", "CC-1,REQ-FIELD"]
SORTS = ["createdAt", "-createdAt", "updatedAt", "-updatedAt"]
FILTERS: list[dict[str, Any]] = [
    {},
    {"product_id": PRODUCTS[3]},
    {"status": "published"},
    {"category": "battery"},
    {"granularity": "item"},
    {"search": "SN-0042"},
    {"search": "S"},
    {"search": "04"},
    {"updated_since": "2027-01-01T00:00:00.000Z"},
    {"product_id": PRODUCTS[3], "status": "draft", "search": "42", "updated_since": "2027-01-01T00:00:00.000Z"},
    {"status": "draft", "category": "battery", "granularity": "item"},
]


def stored(number: int, tenancy: Tenancy) -> dict[str, Any]:
    body = f"{400_000_000_000 + number // 10:013d}"
    gs1 = {"gtin": body + check_digit(body), "lot": None, "serialNumber": f"SN-{number:06d}"}
    return {
        "_id": new_id(),
        **tenancy.fields,
        "productId": PRODUCTS[number % len(PRODUCTS)],
        "category": "battery",
        "granularity": "item",
        "status": STATUSES[number % 4],
        "gs1": gs1,
        "completionPercentage": 0,
        "updatedAt": f"2027-01-{number % 28 + 1:02d}T00:00:00.{number % 1000:03d}Z",
        "search": search_of(gs1),
        "fileRefs": [PRODUCTS[0]] if number % 500 == 0 else [],
        "publicFileRefs": [],
        "complianceKey": None if number % 4 == 3 else f"battery|incomplete|{RULES[number % len(RULES)]}",
    }


@pytest.fixture(scope="module")
async def many(mongod: str, mongo_client: Client) -> AsyncIterator[Database]:
    """A database with two workspaces of two thousand passports each."""
    name = f"plans_{new_id()}"
    async with connected(mongod, name=name) as database:
        await database.create_indexes(INDEXES)
        documents = [stored(number, tenancy) for number in range(COUNT) for tenancy in (HERE, ELSEWHERE)]
        await database.collection("passports").insert_many(documents)
        yield database
    mongo_client.drop_database(name)


def statistics(client: Client, database: Database, command: Mapping[str, Any]) -> Mapping[str, Any]:
    """Run a command under `explain` and return what it read."""
    name = database.files.name
    explained = client[name].command({"explain": dict(command), "verbosity": "executionStats"})
    first = explained["stages"][0]["$cursor"] if "stages" in explained else explained
    found: Mapping[str, Any] = first["executionStats"]
    return found


def newest(queries: Queries, database: Database) -> dict[str, Any]:
    return queries.of(database.files.name)[-1]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("members", FILTERS, ids=lambda members: "+".join(members) or "all")
async def test_a_page_and_its_count_follow_an_index(
    many: Database, mongo_client: Client, queries: Queries, members: dict[str, Any], sort: str
) -> None:
    passports, which = PassportRepository(many, HERE), PassportFilter(**members, sort=sort)
    last = Position("2027-01-14T00:00:00.000Z" if which.by_update else "", Id("f" * 24))
    queries.examples.clear()

    await passports.page(which, after=None, skip=0, limit=LIMIT)
    await passports.page(which, after=last, skip=0, limit=LIMIT)
    await passports.count(which)

    sent = queries.of(many.files.name)
    assert sent
    assert [fault_of(explain(mongo_client, many.files.name, command)) for command in sent] == [None] * len(sent)


@pytest.mark.parametrize("sort", SORTS)
async def test_the_first_page_reads_a_page(many: Database, mongo_client: Client, queries: Queries, sort: str) -> None:
    since: dict[str, Any] = {"updated_since": "2027-01-20T00:00:00.000Z"} if "updatedAt" in sort else {}
    everything: list[dict[str, Any]] = [{}, {"category": "battery"}, since]
    for members in everything:
        queries.examples.clear()
        await PassportRepository(many, HERE).page(PassportFilter(**members, sort=sort), after=None, skip=0, limit=LIMIT)
        read = statistics(mongo_client, many, newest(queries, many))
        assert (read["nReturned"], read["totalDocsExamined"]) == (LIMIT, LIMIT)


@pytest.mark.parametrize(("members", "most"), [({"search": "SN-000042"}, 60), ({"product_id": PRODUCTS[1]}, 20)])
async def test_a_narrow_filter_reads_what_it_finds(
    many: Database, mongo_client: Client, queries: Queries, members: dict[str, Any], most: int
) -> None:
    queries.examples.clear()
    found = await PassportRepository(many, HERE).page(PassportFilter(**members), after=None, skip=0, limit=LIMIT)
    read = statistics(mongo_client, many, newest(queries, many))
    assert found
    assert read["totalDocsExamined"] <= most


async def test_one_passport_is_one_look(many: Database, mongo_client: Client, queries: Queries) -> None:
    passports = PassportRepository(many, HERE)
    one = (await passports.page(PassportFilter(), after=None, skip=0, limit=1))[0]
    gs1 = one["gs1"]
    for which in (ById(one["_id"]), BySerial(gs1["serialNumber"]), BySerial(gs1["serialNumber"], gs1["gtin"])):
        queries.examples.clear()
        assert [found["_id"] for found in await passports.find(which)] == [one["_id"]]
        read = statistics(mongo_client, many, newest(queries, many))
        assert (read["totalDocsExamined"], read["totalKeysExamined"]) == (1, 1)


async def test_what_other_features_ask_follows_an_index(many: Database, mongo_client: Client, queries: Queries) -> None:
    queries.examples.clear()
    passports = PassportRepository(many, HERE)
    assert await PassportCounts(many).count(HERE, PRODUCTS[:3]) == dict.fromkeys(PRODUCTS[:3], COUNT // 20)
    assert await PassportCounts(many).count_live(HERE, PRODUCTS[1]) == COUNT // 20
    assert await FileReferences(many).is_referred(HERE, PRODUCTS[0])
    assert not await FileReferences(many).is_public(HERE, PRODUCTS[0])
    assert await passports.any_of_gtin(stored(0, HERE)["gs1"]["gtin"])
    assert await passports.scans(PRODUCTS[0], limit=10) == []
    assert await passports.total_scans(PRODUCTS[0]) == 0
    for command in queries.of(many.files.name):
        plan = explain(mongo_client, many.files.name, command)
        assert fault_of(plan) is None, command


@pytest.mark.parametrize(("product", "live"), [(None, COUNT * 3 // 4), (PRODUCTS[2], COUNT // 20)])
async def test_verdicts_are_counted_by_the_index_alone(
    many: Database, mongo_client: Client, queries: Queries, product: Id | None, live: int
) -> None:
    queries.examples.clear()
    passports = PassportRepository(many, HERE)
    counts = await passports.count_by_compliance(product, "battery|")
    assert sum(counts.values()) == live
    read = statistics(mongo_client, many, newest(queries, many))
    assert read["totalDocsExamined"] == 0
    assert await passports.count_by_compliance(product, "toys|") == {}


async def test_nothing_of_another_workspace_is_found(many: Database) -> None:
    here, elsewhere = PassportRepository(many, HERE), PassportRepository(many, ELSEWHERE)
    own = {item["_id"] for item in await here.page(PassportFilter(), after=None, skip=0, limit=COUNT * 2)}
    others = {item["_id"] for item in await elsewhere.page(PassportFilter(), after=None, skip=0, limit=COUNT * 2)}
    assert (len(own), len(others), own & others) == (COUNT, COUNT, set())
    assert await here.find(ById(next(iter(others)))) == []


@pytest.mark.parametrize("sort", SORTS)
async def test_cursors_walk_over_everything_once(many: Database, sort: str) -> None:
    passports, which = PassportRepository(many, HERE), PassportFilter(sort=sort, status="draft")
    seen: list[Id] = []
    after: Position | None = None
    while page := await passports.page(which, after=after, skip=0, limit=77):
        seen += [item["_id"] for item in page]
        after = which.position(page[-1])
    assert len(seen) == len(set(seen)) == COUNT // 4


class TestTheWatch:
    """The watch over all queries sees what it must see."""

    async def test_a_walk_over_a_collection_is_seen(
        self, many: Database, mongo_client: Client, queries: Queries
    ) -> None:
        queries.examples.clear()
        await many.collection("passports").find_one({"granularity": "item"})
        assert fault_of(explain(mongo_client, many.files.name, newest(queries, many))) == "walks over the collection"

    async def test_a_sort_in_memory_is_seen(self, many: Database, mongo_client: Client, queries: Queries) -> None:
        name = many.files.name
        for sent in (
            many.scoped("passports", HERE).find({}, sort=[("gs1.lot", 1)]).to_list(),
            many.scoped("passports", HERE).aggregate({}, {"$sort": {"status": 1, "gs1.lot": 1}}),
        ):
            queries.examples.clear()
            await sent
            assert fault_of(explain(mongo_client, name, newest(queries, many))) == "sorts in memory"

    async def test_updates_and_deletes_are_seen(self, many: Database, mongo_client: Client, queries: Queries) -> None:
        passports = many.collection("passports")
        queries.examples.clear()
        await passports.update_one({"granularity": "none"}, {"$set": {"a": 1}})
        await passports.delete_many({"granularity": "none"})
        await passports.find_one_and_update({"granularity": "none"}, {"$set": {"a": 1}})
        sent = queries.of(many.files.name)
        assert [fault_of(explain(mongo_client, many.files.name, command)) for command in sent] == [
            "walks over the collection"
        ] * 3

    def test_values_do_not_make_another_kind_of_query(self) -> None:
        one, two = ({"find": "a", "filter": {"x": value, "y": {"$in": [value, value]}}} for value in (1, 2))
        assert shape_of(one) == shape_of(two)
        others = [
            {"find": "b", "filter": {"x": 1, "y": {"$in": [1]}}},
            {"find": "a", "filter": {"x": 1, "z": {"$in": [1]}}},
            {"find": "a", "filter": {"x": 1, "y": {"$in": [1]}}, "sort": {"x": 1}},
        ]
        assert len({shape_of(command) for command in [one, *others]}) == 4
        assert all(shape_of(a) != shape_of(b) for a, b in itertools.combinations(others, 2))
