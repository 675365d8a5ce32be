"""What a field accepts and what it refuses, type by type."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracepass.templates.models import Column, Option, Validation, ValueType
from tracepass.templates.values import MAX_PROBLEMS, check_party, check_value

TEXT = ValueType(key="f", label="F", data_type="string")
NUMBER = ValueType(key="f", label="F", data_type="number")
PERCENT = ValueType(key="f", label="F", data_type="number", unit="%", validation=Validation(min=0, max=100))
COUNT = ValueType(key="f", label="F", data_type="number", integer=True, validation=Validation(min=0))
BOOLEAN = ValueType(key="f", label="F", data_type="boolean")
MONTH = ValueType(key="f", label="F", data_type="date", precision="month")
DAY = ValueType(key="f", label="F", data_type="date", precision="day")
SECOND = ValueType(key="f", label="F", data_type="date", precision="second")
OPTIONS = (Option("a", "A"), Option("b", "B"))
ENUM = ValueType(key="f", label="F", data_type="enum", options=OPTIONS)
MULTI = ValueType(key="f", label="F", data_type="multi_enum", options=OPTIONS)
URL = ValueType(key="f", label="F", data_type="url")
COUNTRY = ValueType(key="f", label="F", data_type="string", format="country")
CODE = ValueType(key="f", label="F", data_type="string", validation=Validation(pattern="^[0-9]{6,10}$"))
SHORT = ValueType(key="f", label="F", data_type="string", validation=Validation(min_length=2, max_length=3))
LIST = ValueType(key="f", label="F", data_type="array")
TABLE = ValueType(
    key="f",
    label="F",
    data_type="array",
    columns=(
        Column(key="name", label="Name", data_type="string", required=True),
        Column(key="share", label="Share", data_type="number", unit="%", validation=Validation(max=100)),
    ),
)
FILE = ValueType(key="f", label="F", data_type="file_reference", format="document")
RANGE = ValueType(key="f", label="F", data_type="object", schema="Range", unit="Cel", validation=Validation(min=-273))
PARTY = ValueType(key="f", label="F", data_type="object", schema="Party")
OBJECT = ValueType(key="f", label="F", data_type="object")
FILE_ID = "0123456789abcdef01234567"

GOOD: list[tuple[ValueType, object]] = [
    (TEXT, "Zelle 4\nmit Umbruch\t"),
    (TEXT, "x" * 10_000),
    (TEXT, "$where"),
    (NUMBER, 5),
    (NUMBER, -0.25),
    (NUMBER, 2**53 - 1),
    (PERCENT, 0),
    (PERCENT, 100),
    (COUNT, 3),
    (COUNT, 3.0),
    (BOOLEAN, True),
    (BOOLEAN, False),
    (MONTH, "2027-02"),
    (DAY, "2028-02-29"),
    (SECOND, "2027-02-18T10:00:00Z"),
    (SECOND, "2027-02-18T23:59:59.999Z"),
    (ENUM, "a"),
    (MULTI, ["b", "a"]),
    (MULTI, []),
    (URL, "https://example.com/a?b=c#d"),
    (URL, "http://localhost:8080"),
    (URL, "https://[2001:db8::1]/x"),
    (COUNTRY, "DE"),
    (CODE, "850760"),
    (SHORT, "abc"),
    (LIST, ["one", "two"]),
    (LIST, []),
    (TABLE, []),
    (TABLE, [{"name": "Cobalt", "share": 12.5}, {"name": "Nickel"}]),
    (TABLE, [{"name": "x"}] * 1000),
    (FILE, {"fileId": FILE_ID}),
    (FILE, {"url": "https://example.com/doc.pdf", "sha256": "AB" * 32, "title": "Declaration"}),
    (RANGE, {"min": -20, "max": 60, "unit": "Cel", "note": "charging"}),
    (RANGE, {"max": 60}),
    (RANGE, {"min": 5, "max": 5}),
    (PARTY, {"legalName": "Volta GmbH"}),
    (
        PARTY,
        {
            "legalName": "Volta GmbH",
            "gln": "4012345000009",
            "legacyOperatorId": "DE-77",
            "country": "DE",
            "address": "Werkstr. 1\n70173 Stuttgart",
            "email": "info@volta.example",
            "phone": "+49 711 1",
            "url": "https://volta.example",
        },
    ),
    (OBJECT, {}),
]


@pytest.mark.parametrize(("typed", "value"), GOOD)
def test_a_fitting_value_has_no_problem(typed: ValueType, value: object) -> None:
    assert check_value(typed, value) == ()


BAD: list[tuple[ValueType, object, str, str, str]] = [
    (TEXT, 5, "", "type", "must be string, not number"),
    (TEXT, None, "", "type", "must be string, not null"),
    (TEXT, ["a"], "", "type", "must be string, not array"),
    (TEXT, "", "", "minLength", "must not be empty"),
    (TEXT, " \n ", "", "minLength", "must not be empty"),
    (TEXT, "x" * 10_001, "", "maxLength", "must be at most 10000 characters long"),
    (TEXT, "a\x00b", "", "characters", "must not hold control characters or broken Unicode"),
    (TEXT, "a\ud800b", "", "characters", "must not hold control characters or broken Unicode"),
    (NUMBER, "5", "", "type", "must be number, not string"),
    (NUMBER, True, "", "type", "must be number, not boolean"),
    (NUMBER, float("nan"), "", "range", f"must be a number between -{2**53 - 1} and {2**53 - 1}"),
    (NUMBER, float("inf"), "", "range", f"must be a number between -{2**53 - 1} and {2**53 - 1}"),
    (NUMBER, -(2**53), "", "range", f"must be a number between -{2**53 - 1} and {2**53 - 1}"),
    (NUMBER, 10**400, "", "range", f"must be a number between -{2**53 - 1} and {2**53 - 1}"),
    (PERCENT, 100.5, "", "max", "must be at most 100 (%)"),
    (PERCENT, -1, "", "min", "must be at least 0 (%)"),
    (COUNT, 3.5, "", "integer", "must be a whole number"),
    (COUNT, -1, "", "min", "must be at least 0"),
    (BOOLEAN, 1, "", "type", "must be boolean, not number"),
    (BOOLEAN, "true", "", "type", "must be boolean, not string"),
    (MONTH, "2027-13", "", "date", "must be a month such as 2027-02"),
    (MONTH, "2027-02-18", "", "date", "must be a month such as 2027-02"),
    (DAY, "2027-02-29", "", "date", "must be a day such as 2027-02-18"),
    (DAY, "0000-01-01", "", "date", "must be a day such as 2027-02-18"),
    (DAY, "٢٠٢٧-02-18", "", "date", "must be a day such as 2027-02-18"),
    (DAY, 20270218, "", "type", "must be a string with a day such as 2027-02-18, not number"),
    (SECOND, "2027-02-18T10:00:00+01:00", "", "date", "must be a time in UTC such as 2027-02-18T10:00:00Z"),
    (SECOND, "2027-02-18T24:00:00Z", "", "date", "must be a time in UTC such as 2027-02-18T10:00:00Z"),
    (SECOND, "2016-12-31T23:59:60Z", "", "date", "must be a time in UTC such as 2027-02-18T10:00:00Z"),
    (SECOND, "2027-02-30T10:00:00Z", "", "date", "must be a time in UTC such as 2027-02-18T10:00:00Z"),
    (ENUM, "c", "", "enum", "must be one of a, b"),
    (ENUM, ["a"], "", "type", "must be string, not array"),
    (MULTI, "a", "", "type", "must be array, not string"),
    (MULTI, ["c"], "[0]", "enum", "must be one of a, b"),
    (MULTI, ["a", "a"], "[1]", "duplicate", "must not repeat an earlier entry"),
    (MULTI, ["a", "b", "a"], "", "maxItems", "must hold at most 2 entries"),
    (URL, "ftp://example.com", "", "url", "must be an absolute https or http address"),
    (URL, "/relative", "", "url", "must be an absolute https or http address"),
    (URL, "javascript:alert(1)", "", "url", "must be an absolute https or http address"),
    (URL, "https://user:pw@example.com", "", "url", "must be an absolute https or http address"),
    (URL, "https://example.com/a b", "", "url", "must be an absolute https or http address"),
    (URL, "https://example.com:99999", "", "url", "must be an absolute https or http address"),
    (URL, "https://[::1", "", "url", "must be an absolute https or http address"),
    (URL, "https://example.com/" + "x" * 2048, "", "url", "must be an absolute https or http address"),
    (URL, 7, "", "type", "must be string, not number"),
    (COUNTRY, "de", "", "country", "must be a country code of ISO 3166-1 alpha-2, such as DE"),
    (COUNTRY, "XX", "", "country", "must be a country code of ISO 3166-1 alpha-2, such as DE"),
    (CODE, "85O760", "", "pattern", "must match ^[0-9]{6,10}$"),
    (CODE, "850760\n", "", "pattern", "must match ^[0-9]{6,10}$"),
    (SHORT, "a", "", "minLength", "must be at least 2 characters long"),
    (SHORT, "abcd", "", "maxLength", "must be at most 3 characters long"),
    (LIST, "one", "", "type", "must be array, not string"),
    (LIST, ["one", 2], "[1]", "type", "must be string, not number"),
    (LIST, ["x"] * 1001, "", "maxItems", "must hold at most 1000 entries"),
    (TABLE, {"name": "Cobalt"}, "", "type", "must be array, not object"),
    (TABLE, ["Cobalt"], "[0]", "type", "must be object, not string"),
    (TABLE, [{"share": 1}], "[0].name", "required", "must be there"),
    (TABLE, [{"name": None}], "[0].name", "type", "must be string, not null"),
    (TABLE, [{"name": "a", "share": None}], "[0].share", "type", "must be left out rather than null"),
    (TABLE, [{"name": "a"}, {"name": "b", "share": 101}], "[1].share", "max", "must be at most 100 (%)"),
    (TABLE, [{"name": "a", "color": "red"}], "[0].color", "unknown", "is not known here; known are name, share"),
    (TABLE, [{"name": "x"}] * 1001, "", "maxItems", "must hold at most 1000 entries"),
    (FILE, "a.pdf", "", "type", "must be object, not string"),
    (FILE, {}, "", "oneOf", "must have either fileId or url"),
    (FILE, {"fileId": FILE_ID, "url": "https://example.com"}, "", "oneOf", "must have either fileId or url"),
    (
        FILE,
        {"fileId": FILE_ID, "title": "x"},
        "",
        "oneOf",
        "must have fileId alone: digest and title go with url",
    ),
    (FILE, {"fileId": "zz"}, "fileId", "object_id", "must be the id of an uploaded file: 24 hexadecimal digits"),
    (FILE, {"url": "http://example.com"}, "url", "https_url", "must be an absolute https address"),
    (
        FILE,
        {"url": "https://example.com", "sha256": "ab"},
        "sha256",
        "sha256",
        "must be a SHA-256 digest: 64 hexadecimal digits",
    ),
    (RANGE, {}, "", "required", "must have min or max"),
    (RANGE, {"min": 60, "max": -20}, "min", "order", "must not be greater than max"),
    (RANGE, {"min": -300}, "min", "min", "must be at least -273 (Cel)"),
    (RANGE, {"min": 1, "unit": "K"}, "unit", "unit", "must be Cel, the unit of the field"),
    (RANGE, {"min": True}, "min", "type", "must be number, not boolean"),
    (RANGE, [1, 2], "", "type", "must be object, not array"),
    (PARTY, {"country": "DE"}, "legalName", "required", "must be there"),
    (PARTY, {"legalName": "x" * 201}, "legalName", "maxLength", "must be at most 200 characters long"),
    (
        PARTY,
        {"legalName": "x", "gln": "4012345000008"},
        "gln",
        "gln",
        "must be a GLN: 13 digits with a right check digit",
    ),
    (
        PARTY,
        {"legalName": "x", "gln": "04012345000016"},
        "gln",
        "gln",
        "must be a GLN: 13 digits with a right check digit",
    ),
    (PARTY, {"legalName": "x", "email": "nobody"}, "email", "email", "must be an email address"),
    (PARTY, {"legalName": "x", "url": "example"}, "url", "url", "must be an absolute https or http address"),
    (OBJECT, "text", "", "type", "must be object, not string"),
]


@pytest.mark.parametrize(("typed", "value", "path", "rule", "message"), BAD)
def test_a_wrong_value_is_refused_with_path_rule_and_reason(
    typed: ValueType, value: object, path: str, rule: str, message: str
) -> None:
    problems = check_value(typed, value)
    assert [(problem.path, problem.rule, problem.message) for problem in problems] == [(path, rule, message)]


def test_fractional_bounds_are_named_as_they_are() -> None:
    typed = ValueType(key="f", label="F", data_type="number", unit="V", validation=Validation(max=0.5))
    assert check_value(typed, 1)[0].message == "must be at most 0.5 (V)"


def test_a_thoroughly_broken_table_is_explained_by_its_first_faults() -> None:
    assert len(check_value(TABLE, [{} for _ in range(1000)])) == MAX_PROBLEMS


def test_a_problem_can_be_placed_where_its_value_stands() -> None:
    assert check_value(PERCENT, 101)[0].within("fields.share.value").path == "fields.share.value"
    assert check_value(TABLE, [{}])[0].within("value").path == "value[0].name"
    assert check_value(PARTY, {})[0].within("value").path == "value.legalName"


def test_a_party_can_be_checked_on_its_own() -> None:
    assert check_party({"legalName": "Volta GmbH"}) == ()
    assert [problem.path for problem in check_party({})] == ["legalName"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
every_type = st.sampled_from([typed for typed, _ in GOOD])


@given(typed=every_type, value=json_values)
def test_no_json_value_makes_the_check_fail(typed: ValueType, value: object) -> None:
    for problem in check_value(typed, value):
        assert problem.message
        assert problem.rule


@given(typed=every_type, value=json_values)
def test_an_accepted_value_is_i_json_and_survives_a_round_trip(typed: ValueType, value: object) -> None:
    if typed is not OBJECT and not check_value(typed, value):
        assert json.loads(json.dumps(value, allow_nan=False).encode()) == value


@given(st.dates(min_value=date(1, 1, 1)))
def test_every_day_of_the_calendar_is_a_date(day: date) -> None:
    assert check_value(DAY, day.isoformat()) == ()
    assert check_value(MONTH, day.isoformat()[:7]) == ()


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_utc_time_is_a_datetime(moment: datetime) -> None:
    text = moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    assert check_value(SECOND, text) == ()


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_a_percentage_is_accepted_exactly_between_its_bounds(number: float) -> None:
    assert (check_value(PERCENT, number) == ()) == (0 <= number <= 100)
