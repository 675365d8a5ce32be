"""Patterns that stand for many EPCs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.gs1.epcs import attempt, epcs

from tracepass.gs1.epc import Epc, EpcError, Pattern, parse_pattern, parse_urn, to_urn

ITEM = parse_urn("urn:epc:id:sgtin:0614141.112345.400")


@pytest.mark.parametrize(
    ("pattern", "stands"),
    [
        ("urn:epc:idpat:sgtin:0614141.112345.400", True),
        ("urn:epc:idpat:sgtin:0614141.112345.*", True),
        ("urn:epc:idpat:sgtin:0614141.*.*", True),
        ("urn:epc:idpat:sgtin:*.*.*", True),
        ("urn:epc:idpat:sgtin:0614141.112345.401", False),
        ("urn:epc:idpat:sgtin:0614142.*.*", False),
        ("urn:epc:idpat:sscc:*.*", False),
        ("urn:epc:idpat:itip:0614141.112345.*.*.*", False),
    ],
)
def test_a_pattern_stands_for_what_has_its_components(pattern: str, stands: bool) -> None:  # noqa: FBT001 - a row
    assert parse_pattern(pattern).matches(ITEM) is stands
    assert parse_pattern(pattern).uri == pattern


@given(epcs(classes=False), st.integers(0, 5))
def test_every_epc_is_found_by_its_first_components(epc: Epc, count: int) -> None:
    if epc.scheme.namespace == "class":
        return
    pattern = Pattern(epc.scheme, tuple(epc.components.values())[:count])
    assert pattern.matches(epc)
    if "*" not in "".join(pattern.values):
        assert parse_pattern(pattern.uri) == pattern


@given(epcs())
def test_a_class_is_a_pattern_too(epc: Epc) -> None:
    if epc.serial is None and epc.scheme.serial is not None:
        assert parse_pattern(to_urn(epc)).matches(epc)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "urn:epc:idpat:",
        "urn:epc:idpat:sgtin",
        "urn:epc:idpat:sgtin:*",
        "urn:epc:idpat:sgtin:*.112345.*",
        "urn:epc:idpat:sgtin:0614141.*.400",
        "urn:epc:idpat:sgtin:06141.*.*",
        "urn:epc:idpat:sgtin:0614141.12.*",
        "urn:epc:idpat:lgtin:0614141.112345.*",
        "urn:epc:id:sgtin:0614141.112345.400",
    ],
)
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(EpcError):
        parse_pattern(text)


@given(st.text("0123456789.*%A", max_size=30), st.sampled_from(["sgtin", "itip", "cpi", "giai", "sscc", "grai"]))
def test_any_text_is_a_pattern_or_a_fault(body: str, scheme: str) -> None:
    found = attempt(parse_pattern, f"urn:epc:idpat:{scheme}:{body}")
    assert isinstance(found, EpcError) or parse_pattern(found.uri) == found
