"""What traces and lots rest on, without a database: UUIDs, the frame of a list, the way through a graph."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracepass.traces.lineage import walk
from tracepass.traces.listing import TracePage, framed
from tracepass.traces.uuids import find_uuid, new_uuid, read_uuid

NOW = datetime(2026, 11, 21, tzinfo=UTC)
Graph = dict[str, list[str]]


@given(st.uuids())
def test_a_uuid_is_known_in_capital_and_small_letters(uuid: UUID) -> None:
    assert find_uuid(str(uuid).upper()) == str(uuid)


@pytest.mark.parametrize(
    "text",
    ["", "x", "be3233c4c0a24f47a62a303492c20ba6", "urn:uuid:be3233c4-c0a2-4f47-a62a-303492c20ba6", "\u0660" * 36],
)
def test_other_texts_are_none(text: str) -> None:
    assert find_uuid(text) is None
    with pytest.raises(ValueError, match="must be a UUID"):
        read_uuid(text)


def test_new_ones_differ_and_sort_by_their_making() -> None:
    made = [new_uuid(NOW + timedelta(milliseconds=step)) for step in range(100)]
    assert made == sorted(made)
    assert {UUID(text).version for text in made} == {7}
    assert len({new_uuid(NOW) for _ in range(1000)}) == 1000


@given(st.integers(0, 1000), st.integers(1, 30), st.integers(1, 100))
def test_the_frame_says_where_a_page_stands(total: int, number: int, per_page: int) -> None:
    start = (number - 1) * per_page
    items: list[Any] = [{}] * max(0, min(per_page, total - start))
    frame = framed(TracePage(items, total, number, per_page), "https://x/traces", [("key[ct]", "a&b"), ("page", "9")])
    meta, links = frame["meta"], frame["links"]
    last = max(1, -(-total // per_page))
    assert (meta["last_page"], meta["total"], meta["current_page"]) == (last, total, number)
    assert (meta["from"], meta["to"]) == ((start + 1, start + len(items)) if items else (None, None))
    assert (links["next"] is None, links["prev"] is None) == (number >= last, number == 1)
    assert links["last"] == f"https://x/traces?key%5Bct%5D=a%26b&page={last}"


def step_in(graph: Graph) -> Any:
    """The step from lots to their predecessors in a graph."""

    async def step(lots: Sequence[dict[str, Any]], *, limit: int) -> list[dict[str, Any]]:
        ids = sorted({up for lot in lots for up in lot["predecessors"]})
        return [{"_id": lot_id, "predecessors": graph[lot_id]} for lot_id in ids][:limit]

    return step


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """A graph without cycles: each lot comes from earlier ones."""
    size = draw(st.integers(1, 12))
    choose = {number: draw(st.sets(st.integers(0, number - 1))) if number else set() for number in range(size)}
    return {str(number): sorted(map(str, ups)) for number, ups in choose.items()}


def distances(graph: Graph, start: str) -> dict[str, int]:
    """The shortest way to each lot before one, told in the plainest way."""
    found, level = {start: 0}, {start}
    while level:
        level = {up for lot in level for up in graph[lot]} - found.keys()
        found |= dict.fromkeys(level, max(found.values()) + 1)
    del found[start]
    return found


@given(graphs(), st.integers(1, 6), st.integers(1, 12))
async def test_a_walk_finds_the_nearest_and_says_whether_there_are_more(graph: Graph, depth: int, most: int) -> None:
    start = str(len(graph) - 1)
    found = await walk({"_id": start, "predecessors": graph[start]}, step_in(graph), depth=depth, most=most)
    every = distances(graph, start)
    near = {lot: distance for lot, distance in every.items() if distance <= depth}
    assert {lot: one["depth"] for lot, one in found.lots.items()}.items() <= near.items()
    assert len(found.lots) == min(most, len(near))
    assert found.truncated == (len(found.lots) < len(every))
