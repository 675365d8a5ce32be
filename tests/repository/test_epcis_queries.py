"""The database and the plain evaluator answer the same, whatever is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import Office

from tracepass.core.ids import new_id
from tracepass.core.mongo import Database
from tracepass.core.tenancy import Tenancy
from tracepass.epcis.filters import index_of
from tracepass.epcis.matching import select
from tracepass.epcis.paging import place_after, place_of
from tracepass.epcis.queries import AtTime, Condition, EventQuery, HasFact, HasTerm
from tracepass.epcis.repository import EventRepository

TIMES = [f"2026-01-0{day}T00:00:00.000Z" for day in range(1, 6)]
TERMS = ["bizStep=shipping", "bizStep=packing", "epc=https://id.gs1.org/01/1/21/1", "epc=https://id.gs1.org/01/1/21/2"]
PREFIXES = ["epc=https://id.gs1.org/01/1/21/", "epc=https://id.gs1.org/01/", "epc=http.*"]
KEYS = ["quantity", "sensor.value:KEL"]
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
VALUES: list[float | datetime] = [1.0, 2.5, -3.0, MOMENT, MOMENT + timedelta(days=1)]

fact = st.fixed_dictionaries({"k": st.sampled_from(KEYS), "v": st.sampled_from(VALUES)})


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    facts = draw(st.lists(fact, max_size=3))
    near = ["under=https://id.gs1.org/01/1"]
    terms = draw(st.lists(st.sampled_from(TERMS), max_size=3, unique=True)) + near
    return {
        "_id": new_id(),
        "eventKey": str(new_id()),
        "eventTime": draw(st.sampled_from(TIMES)),
        "recordTime": draw(st.sampled_from(TIMES)),
        "terms": terms + [f"?{one['k']}" for one in facts],
        "facts": facts,
    }


some = st.lists(st.sampled_from(TERMS), min_size=1, max_size=4, unique=True).map(tuple)
begins = st.lists(st.sampled_from(PREFIXES), min_size=1, max_size=2, unique=True).map(tuple)
conditions: st.SearchStrategy[Condition] = st.one_of(
    st.builds(HasTerm, some),
    st.builds(HasTerm, st.one_of(st.just(()), some), begins),
    st.builds(HasTerm, st.just(()), begins, st.just(("under=https://id.gs1.org/01/1",))),
    st.builds(
        AtTime, st.sampled_from(["eventTime", "recordTime"]), st.sampled_from(["GE", "LT"]), st.sampled_from(TIMES)
    ),
    st.builds(
        HasFact,
        st.lists(st.sampled_from(KEYS), min_size=1, max_size=2, unique=True).map(tuple),
        st.sampled_from(["EQ", "GT", "GE", "LT", "LE"]),
        st.sampled_from(VALUES).map(lambda value: (value,)),
    ),
)
queries = st.builds(
    EventQuery,
    st.lists(conditions, max_size=3).map(tuple),
    order=st.sampled_from(["eventTime", "recordTime"]),
    descending=st.booleans(),
)


@pytest.fixture(scope="module")
async def tenancy(office: Office) -> Tenancy:
    return Tenancy((await office.workspace()).id, "live")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(stored=st.lists(events(), max_size=8), query=queries, size=st.integers(1, 3))
async def test_the_database_finds_page_by_page_what_the_evaluator_finds(
    stored: list[dict[str, Any]], query: EventQuery, size: int, database: Database, tenancy: Tenancy
) -> None:
    collection = database.collection("epcisEvents")
    await collection.delete_many(tenancy.fields)
    # The same list is drawn more than once, its events with their ids.
    if stored:
        await collection.insert_many([{**event, **tenancy.fields} for event in stored])
    repository = EventRepository(database, tenancy)
    found: list[Any] = []
    after = None
    while page := await repository.page(query, after=after, limit=size):
        found += [event["_id"] for event in page]
        token = place_after(query, page[-1], left=None, shown=len(page), expires="2999")
        assert token is not None
        place = place_of(query, token, now="2026")
        after = (place.time, place.id)
    assert found == [event["_id"] for event in select(query, stored)]
    assert await repository.count(query, limit=100) == len(found)


async def test_two_hundred_terms_are_merged_and_not_sorted(database: Database, tenancy: Tenancy) -> None:
    query = EventQuery((HasTerm(tuple(f"epc=urn:x:{n}" for n in range(200))), HasTerm(("bizStep=shipping",))))
    assert index_of(query)[2] == ("terms", 1)
    assert await EventRepository(database, tenancy).page(query, after=None, limit=10) == []
