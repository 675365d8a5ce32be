"""Documents in JSON as a stream: what the parser of whole bodies takes, and nothing else, at the same place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tracepass.api.bodies import MalformedJson, read_json
from tracepass.core.errors import Invalid, Refusal
from tracepass.core.spool import Spool
from tracepass.epcis import jsonstream
from tracepass.epcis.jsonstream import AroundTooLarge, EventTooLarge, JsonStream, read_piece

SHAPES = {
    "document": b'{"@context": [], "type": "EPCISDocument", "epcisBody": {"eventList": %b}, "after": "\\"]}"}',
    "query": b'{"epcisBody": {"queryResults": {"queryName": "q", "resultsBody": {"eventList": %b}}}, "type": 1}',
    "array": b" %b ",
}
JSON = some.recursive(
    some.none()
    | some.booleans()
    | some.integers(-(2**63), 2**63 - 1)
    | some.floats(allow_nan=False, allow_infinity=False, width=32)
    # Neither NUL nor half a character has a place in our bodies.
    | some.text(some.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(some.sampled_from(["a", "epcisBody", "eventList", '"', "]}"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@contextmanager
def spooled(text: bytes) -> Iterator[Spool]:
    with closing(Spool()) as spool:
        spool.write(text)
        yield spool


def streamed(text: bytes) -> tuple[Any, list[Any]]:
    """Return what stands around the events, and the events."""
    with spooled(text) as spool:
        stream = JsonStream(spool)
        events = [read_piece(spool, piece, index) for index, piece in enumerate(stream)]
        return stream.around, events


def put_together(text: bytes) -> Any:
    """Return the value of a document that was read as a stream."""
    around, events = streamed(text)
    if isinstance(around, list):
        return events or around
    body = around.get("epcisBody") if isinstance(around, dict) else None
    if isinstance(body, dict):
        results = body.get("queryResults")
        inner = results.get("resultsBody") if isinstance(results, dict) else None
        for holder in (body, inner):
            if isinstance(holder, dict) and events and holder.get("eventList") == []:
                holder["eventList"] = events
                break
    return around


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every border fall everywhere."""
    monkeypatch.setattr(jsonstream, "CHUNK", 7)


@pytest.mark.parametrize("shape", SHAPES)
@given(events=some.lists(JSON, max_size=4), indent=some.sampled_from([None, 0, 2]), plain=some.booleans())
@settings(max_examples=60, deadline=None)
def test_a_document_is_its_rest_and_its_events(
    shape: str, events: list[Any], indent: int | None, *, plain: bool
) -> None:
    text = SHAPES[shape] % json.dumps(events, indent=indent, ensure_ascii=plain).encode()
    around, found = streamed(text)
    assert found == [orjson.loads(orjson.dumps(event)) for event in events]
    assert around == read_json(SHAPES[shape] % b"[]")


@given(JSON)
@settings(max_examples=200, deadline=None)
def test_any_other_value_is_read_as_it_is(value: Any) -> None:
    text = json.dumps(value).encode()
    assert put_together(text) == read_json(text)


def verdict(read: Any, text: bytes) -> tuple[str, Any]:
    try:
        return "value", read(text)
    except MalformedJson:
        return "malformed", None
    except Invalid as fault:
        # Two lists of events are refused, where the parser would keep the second.
        return ("two", None) if "more than one list" in str(fault.details) else ("invalid", None)


@given(
    shape=some.sampled_from(sorted(SHAPES)),
    events=some.lists(JSON, max_size=3),
    place=some.floats(0, 1),
    damage=some.sampled_from(
        [b"", b",", b"]", b"}", b"[", b"{", b'"', b"\\", b":", b"\x00", b"\xff", b"1", b" ", b"[]"]
    ),
    cut=some.integers(0, 3),
)
@settings(max_examples=600, deadline=None)
def test_damage_is_seen_as_in_a_small_body(
    shape: str, events: list[Any], place: float, damage: bytes, cut: int
) -> None:
    whole = SHAPES[shape] % json.dumps(events).encode()
    at = int(place * len(whole))
    text = whole[:at] + damage + whole[at + cut :]
    ours, theirs = verdict(put_together, text), verdict(read_json, text)
    assert ours == theirs or ours[0] == "two"


@pytest.mark.parametrize(
    "text",
    [
        b'{"epcisBody": {"eventList": [{"a": 1},\n {"\xc3\xa4": 1, }]}}',
        b'{"epcisBody": {"eventList": [{"a": 1}]},\n\n "\xc3\xa4": nul}',
        b'{"type": "\xc3\xa4\n"}',
        b'[1,\n"\xf0\x9f\x98\x80", [tru]]',
    ],
)
def test_the_place_of_a_fault_is_that_in_the_whole_text(text: bytes) -> None:
    with pytest.raises(MalformedJson) as small:
        read_json(text)
    with pytest.raises(MalformedJson) as large:
        streamed(text)
    assert large.value.details is not None
    assert small.value.details is not None
    assert large.value.details["line"] == small.value.details["line"]
    assert abs(large.value.details["column"] - small.value.details["column"]) <= 1


@pytest.mark.parametrize(
    "text", [b"", b"[", b'["', b"[1", b"[1,", b"{", b'{"a', b'{"a"', b'{"a":', b'{"a":1', b"[{", b"x y"]
)
def test_a_text_that_ends_too_soon_is_malformed(text: bytes) -> None:
    with pytest.raises(MalformedJson):
        streamed(text)


def test_a_name_may_be_written_with_escapes() -> None:
    assert streamed(b'{"epcis\\u0042ody": {"event\\u004cist": [1, 2]}}') == ({"epcisBody": {"eventList": []}}, [1, 2])


def test_two_lists_of_events_are_refused() -> None:
    with pytest.raises(Invalid):
        streamed(b'{"epcisBody": {"eventList": [1], "eventList": [2]}}')


def test_what_our_bodies_may_not_hold_is_refused_in_events_too() -> None:
    for event in (b'"a\\u0000"', b"123456789012345678901234567890", b"[" * 40 + b"]" * 40):
        with pytest.raises(Invalid) as refused:
            streamed(b"[1," + event + b"]")
        assert list((refused.value.details or {})["fieldErrors"]) == ["event[1]"]
    with pytest.raises(MalformedJson):
        streamed(b'["\\ud800"]')


class TestSizes:
    """Nothing has to be held that is longer than it may be."""

    @pytest.fixture(autouse=True)
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(jsonstream, "EVENT_BYTES", 100)
        monkeypatch.setattr(jsonstream, "AROUND_BYTES", 100)

    def test_an_event_has_a_limit_and_the_refusal_names_it(self) -> None:
        assert len(streamed(b"[%b]" % b",".join([b'"%b"' % (b"x" * 98)] * 9))[1]) == 9
        for body in (b'"%b"' % (b"x" * 99), b"[%b]" % (b"1," * 60)):
            with pytest.raises(EventTooLarge) as refused:
                streamed(b"[1, 2, %b]" % body)
            assert refused.value.details == {"limit": 100, "index": 2}

    def test_what_stands_around_has_a_limit(self) -> None:
        for text in (
            b'{"a": "%b"}' % (b"x" * 200),
            b'{"a": "%b", "epcisBody": {"eventList": []}, "b": "%b"}' % (b"x" * 50, b"x" * 50),
        ):
            with pytest.raises(AroundTooLarge):
                streamed(text)

    def test_space_between_events_has_none(self) -> None:
        assert streamed(b"[1," + b" " * 500 + b"2" + b"\n" * 500 + b"]")[1] == [1, 2]


@pytest.mark.parametrize("error", [EventTooLarge(7), AroundTooLarge()])
def test_both_are_too_large(error: Refusal) -> None:
    assert (error.code, error.status) == ("payload_too_large", 413)
