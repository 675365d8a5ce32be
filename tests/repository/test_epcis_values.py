"""Walking the index of terms for the values that events have: all of them, once, in order, whatever the events hold."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tracepass.core.ids import new_id
from tracepass.core.mongo import Database
from tracepass.core.tenancy import Tenancy
from tracepass.epcis.repository import EVENTS
from tracepass.epcis.resourcesindex import ValueIndex
from tracepass.epcis.terms import term


async def _stored(database: Database, home: Tenancy, lists: list[list[str]]) -> ValueIndex:
    documents: list[dict[str, Any]] = [
        {
            **home.fields,
            "terms": [*(term("epc", value) for value in values), "epcClass=c", "type=ObjectEvent"],
            "eventTime": f"{number:05d}",
            "recordTime": f"{number:05d}",
            "eventKey": str(number),
        }
        for number, values in enumerate(lists)
    ]
    if documents:
        await database.collection(EVENTS).insert_many(documents)
    return ValueIndex(database, home)


async def _all(index: ValueIndex, tag: str, *, limit: int) -> list[str]:
    found: list[str] = []
    while page := (await index.after(tag, found[-1] if found else None, limit=limit))[:limit]:
        found += page
    return found


@pytest.mark.parametrize("seed", range(12))
async def test_every_value_is_found_once_however_events_share_them(database: Database, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - no secret
    values = [f"https://id.gs1.org/01/{number:05d}" for number in range(dice.choice([1, 5, 40, 300]))]
    sizes = dice.choice([[1], [1, 2], [30], [1, 200]])
    lists = [dice.sample(values, min(len(values), dice.choice(sizes))) for _ in range(dice.choice([0, 3, 4, 50, 300]))]
    index = await _stored(database, Tenancy(new_id(), "live"), lists)
    expected = sorted({value for each in lists for value in each})
    for limit in (1, 7, 1000):
        assert await _all(index, "epc", limit=limit) == expected


async def test_of_other_tags_and_other_tenancies_nothing_is_found(database: Database) -> None:
    workspace = new_id()
    live = await _stored(database, Tenancy(workspace, "live"), [["urn:a"]])
    await _stored(database, Tenancy(workspace, "test"), [["urn:b"]])
    assert await live.after("epc", None, limit=10) == ["urn:a"]
    assert await live.after("epcClass", None, limit=10) == ["c"]
    assert await live.after("parentID", None, limit=10) == []


async def test_values_too_long_for_a_term_are_left_out(database: Database) -> None:
    index = await _stored(database, Tenancy(new_id(), "live"), [["urn:" + "x" * 400, "urn:short"]])
    assert await index.after("epc", None, limit=10) == ["urn:short"]
