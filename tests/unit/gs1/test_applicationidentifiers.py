"""The table of AIs: complete, consistent, and readable by whoever extends it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.gs1.messages import values

from tracepass.gs1.applicationidentifiers import AI_TABLE, WIDTH_BY_PREFIX, ApplicationIdentifier, read_table
from tracepass.gs1.checks import COMPILED, check_length, check_value, explain
from tracepass.gs1.linters import LINTERS


def test_there_are_541_of_them() -> None:
    assert len(AI_TABLE) == 541


def test_two_digits_tell_how_many_digits_an_ai_has() -> None:
    assert all(len(code) == WIDTH_BY_PREFIX[code[:2]] for code in AI_TABLE)


def test_only_the_last_part_of_a_format_has_a_length_of_its_own() -> None:
    for ai in AI_TABLE.values():
        assert all(part.minimum == part.maximum for part in ai.parts[:-1])
        optional = [part.optional for part in ai.parts]
        assert optional == sorted(optional)


def test_values_of_predefined_length_are_of_one_length() -> None:
    assert all(ai.minimum == ai.maximum for ai in AI_TABLE.values() if not ai.fnc1)


def test_every_check_named_exists_and_every_check_is_named() -> None:
    assert {check for ai in AI_TABLE.values() for part in ai.parts for check in part.checks} == set(LINTERS)


def test_whatever_an_ai_speaks_of_exists() -> None:
    for ai in AI_TABLE.values():
        spoken_of = [*ai.exclusions, *(one for row in ai.requisites for group in row for one in group)]
        for pattern in spoken_of:
            assert any(code.startswith(pattern.rstrip("n")) and len(code) == len(pattern) for code in AI_TABLE)


@pytest.mark.parametrize(
    ("code", "written"),
    [("01", "N14"), ("10", "X..20"), ("8008", "N6+N2+[N2]+[N2]"), ("7030", "N3+X..27"), ("8030", "Z..90")],
)
def test_a_format_is_written_as_the_general_specifications_write_it(code: str, written: str) -> None:
    assert AI_TABLE[code].format == written


def test_the_roles_of_the_gtin() -> None:
    gtin = AI_TABLE["01"]
    assert gtin.primary_key
    assert gtin.attribute
    assert not gtin.fnc1
    assert gtin.qualifiers == (("22", "10", "21"), ("235",))
    assert gtin.exclusions == ("255", "37")


def test_a_line_of_several_ais_is_read_as_several() -> None:
    table = read_table("# a comment\n\n3100-3101 | Weight | n6 | fixed | attribute | 01 or 02&37 and 21 | 310n\n")
    assert list(table) == ["3100", "3101"]
    assert table["3101"].requisites == ((("01",), ("02", "37")), (("21",),))


def test_a_part_that_makes_no_sense_stops_the_reading() -> None:
    with pytest.raises(ValueError, match="'q3' is no part of a format"):
        read_table("99 | Nonsense | q3 |  |  |  |")


@settings(deadline=None)
@given(st.sampled_from(list(AI_TABLE.values())).flatmap(lambda ai: st.tuples(st.just(ai), values(ai))))
def test_every_ai_accepts_the_values_that_its_format_describes(pair: tuple[ApplicationIdentifier, str]) -> None:
    ai, value = pair
    assert check_value(COMPILED[ai.code], ai.code, value) is None


@st.composite
def nearly_right(draw: st.DrawFn) -> tuple[ApplicationIdentifier, str]:
    """Return an AI with a value that was valid before a few characters were changed, taken out or put in."""
    ai = draw(st.sampled_from(list(AI_TABLE.values())))
    value = list(draw(values(ai)))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(value)))
        value[at : at + draw(st.integers(0, 1))] = draw(st.text("0123456789AZaz%/+-=_#!\u0661~ ", max_size=1))
    return ai, "".join(value)


@settings(deadline=None, max_examples=1000)
@given(nearly_right())
def test_the_quick_way_accepts_what_the_way_part_by_part_accepts(pair: tuple[ApplicationIdentifier, str]) -> None:
    ai, value = pair
    compiled = COMPILED[ai.code]
    part_by_part = check_length(compiled, ai.code, value) is None and explain(ai, ai.code, value) == len(value)
    assert (check_value(compiled, ai.code, value) is None) == part_by_part
    match = compiled.scan.fullmatch(value)
    checked = match is not None and all(
        not value[first:last] or linter(value[first:last]) is None for first, last, linter in compiled.checks
    )
    assert checked == part_by_part
