"""What pydantic finds wrong, as sentences by path."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, Field, ValidationError

from tracepass.core.schema import Nothing, QueryModel, Text, WireId, WireModel, WireTimestamp
from tracepass.core.validation import invalid


def _even(number: int) -> int:
    if number % 2:
        raise ValueError("must be even")
    return number


class Inner(WireModel):
    even: Annotated[int, AfterValidator(_even)] = 0


class Outer(WireModel):
    full_name: Text
    kind: Literal["a", "b"] = "a"
    inner: Inner | None = None
    many: Annotated[list[Inner], Field(max_length=2)] = Field(default_factory=list)
    some_id: WireId | None = None
    at: WireTimestamp | None = None
    ratio: Annotated[Decimal, Field(max_digits=2)] | None = None


def problems(value: Any) -> dict[str, Any]:
    with pytest.raises(ValidationError) as raised:
        Outer.model_validate(value)
    refusal = invalid([{**error, "loc": ("body", *error["loc"])} for error in raised.value.errors()])
    details: dict[str, Any] = refusal.envelope["details"]
    return details


@pytest.mark.parametrize(
    ("value", "errors"),
    [
        ({}, {"fullName": ["is required"]}),
        ({"full_name": "x", "fullName": "x"}, {"full_name": ["is not known here"]}),
        ({"fullName": 5}, {"fullName": ["must be a valid string"]}),
        ({"fullName": "  "}, {"fullName": ["must not be blank"]}),
        ({"fullName": "\u200b\u2060"}, {"fullName": ["must not be blank"]}),
        ({"fullName": ""}, {"fullName": ["must have at least 1 character"]}),
        ({"fullName": "x", "kind": "c"}, {"kind": ["must be 'a' or 'b'"]}),
        ({"fullName": "x", "inner": {"even": 1}}, {"inner.even": ["must be even"]}),
        ({"fullName": "x", "inner": {"even": "2"}}, {"inner.even": ["must be a valid integer"]}),
        ({"fullName": "x", "many": [{}, {"even": 3}]}, {"many[1].even": ["must be even"]}),
        ({"fullName": "x", "many": [{}, {}, {}]}, {"many": ["must have at most 2 items, not 3"]}),
        ({"fullName": "x", "someId": "xyz"}, {"someId": ["must be an id of 24 hexadecimal characters"]}),
        ({"fullName": "x", "someId": 5}, {"someId": ["must be an id of 24 hexadecimal characters"]}),
        ({"fullName": "x", "at": "x"}, {"at": ["must be a timestamp like 2027-02-18T00:00:00.000Z"]}),
        ({"fullName": "x", "at": 5}, {"at": ["must be a timestamp like 2027-02-18T00:00:00.000Z"]}),
        ({"fullName": "x", "at": "2027-01-01"}, None),
        ({"fullName": "x", "at": "0001-01-01T00:00:00+14:00"}, {"at": ["lies outside the years 1 to 9999"]}),
        (
            {"fullName": "x", "ratio": Decimal("1.23")},
            {"ratio": ["decimal input should have no more than 2 digits in total"]},
        ),
        ({"fullName": 1, "zzz": 2}, {"fullName": ["must be a valid string"], "zzz": ["is not known here"]}),
    ],
)
def test_each_fault_is_a_sentence_at_its_path(value: Any, errors: dict[str, list[str]] | None) -> None:
    details = problems(value)
    assert details["formErrors"] == []
    assert details["fieldErrors"] == errors or errors is None


@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_what_is_wrong_with_the_whole_is_a_form_error(value: Any) -> None:
    details = problems(value)
    assert details["fieldErrors"] == {}
    assert details["formErrors"] == ["The body must be an object."]


def test_good_values_are_read() -> None:
    read = Outer.model_validate(
        {"fullName": "x", "someId": "0123456789abcdef01234567", "at": "2027-02-18T01:00:00+01:00"}
    )
    assert str(read.some_id) == "0123456789abcdef01234567"
    assert read.at is not None
    assert read.at.isoformat() == "2027-02-18T00:00:00+00:00"
    assert Nothing.model_validate({}) == Nothing()


def test_a_query_reads_its_text_into_types() -> None:
    class Query(QueryModel):
        some_number: int = 1

    assert Query.model_validate({"someNumber": "7"}).some_number == 7
