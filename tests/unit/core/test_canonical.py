"""The canonical text of a JSON value (RFC 8785): ours is fast, another's is the judge."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from tracepass.core.canonical import canonical_json, plain, state_hash
from tracepass.core.ids import Id

EXACT = 2**53 - 1
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-EXACT, EXACT) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    SCALARS | TEXT, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12
)

# RFC 8785, appendix B: the bits of a double, and how ECMAScript writes it.
APPENDIX_B = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@given(VALUES)
def test_any_json_value_is_written_as_rfc_8785_says(value: Any) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_is_written_as_ecmascript_writes_it(number: float) -> None:
    assert canonical_json({"value": [number, number]}) == rfc8785.dumps({"value": [number, number]})


@given(VALUES)
def test_who_knows_where_numbers_stand_gets_the_same_text(value: Any) -> None:
    state: Any = {"name": "a", "fields": {"one": {"value": value, "status": "approved"}}, "version": 1}
    assert canonical_json(state, numbers=[value]) == rfc8785.dumps(state)


@pytest.mark.parametrize(("bits", "text"), APPENDIX_B)
def test_the_numbers_of_appendix_b(bits: str, text: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical_json(number) == text.encode()
    assert canonical_json([number]) == f"[{text}]".encode()


def test_keys_are_sorted_by_their_utf_16_units() -> None:
    # RFC 8785 3.2.3: U+1F600 is written with the surrogate D83D and so comes before U+E000 and U+FB33.
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\x80", "\u00f6"]
    text = canonical_json(dict.fromkeys(keys, 0))
    assert list(orjson.loads(text)) == ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


@pytest.mark.parametrize("number", [2**53, -(2**53), 2**60, 2**63 - 1, -(2**63)])
def test_an_integer_that_no_double_holds_exactly_is_written_as_its_double(number: int) -> None:
    assert canonical_json({"a": [number]}) == rfc8785.dumps({"a": [float(number)]})


def test_a_state_hash_is_the_sha_256_of_the_canonical_text() -> None:
    assert state_hash({"b": 1.0, "a": "\u00e9"}) == hashlib.sha256('{"a":"\u00e9","b":1}'.encode()).hexdigest()


def test_ids_are_written_as_they_are_shown_and_what_no_document_holds_is_refused() -> None:
    identifier = Id("0123456789abcdef01234567")
    assert canonical_json({"_id": identifier}) == b'{"_id":"0123456789abcdef01234567"}'
    with pytest.raises(TypeError, match="set has no place"):
        plain({1})
