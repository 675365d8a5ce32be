"""Our EPCs against those of epcpy, an independent implementation, over values made by hypothesis.

Where the two differ, TDS 1.13 was read; epcpy 0.1.8 is wrong in what ``KNOWN_FAULTS`` lists.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Callable
from typing import Any

from hypothesis import assume, given
from tests.unit.gs1.epcs import epcs, tagged

from tracepass.gs1.epc import Epc, TagScheme, encode_tag, parse_hex, to_hex, to_urn, to_values

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # epcpy's patterns hold escapes that Python warns of when it compiles them
    peer = importlib.import_module("epcpy")
    parsers = importlib.import_module("epcpy.utils.parsers")

KNOWN_FAULTS: dict[str, Callable[[Epc], bool]] = {
    "%2F, %3C, %3E and %3F are taken for no escapes, and crash or are refused": lambda epc: (
        re.search("%[23][A-F]", to_urn(epc)) is not None
    ),
    "a GIAI, GRAI, GDTI or SGLN ends at a colon": lambda epc: ":" in epc.reference + (epc.serial or ""),
    "an extension of 0, which says that there is none, is written as AI (254)": lambda epc: (
        epc.scheme.name == "sgln" and epc.serial == "0"
    ),
    "a length is that of the escaped text": lambda epc: "%" in to_urn(epc),
    "piece or total 99 of 99 is too large for two digits": lambda epc: "99" in {epc.piece, epc.total},
    "a reference may be empty where the prefix fills the key": lambda epc: (
        epc.scheme.name == "ginc" and not epc.reference
    ),
}


def agreed(epc: Epc) -> None:
    assume(not any(fault(epc) for fault in KNOWN_FAULTS.values()))


def element_string(epc: Epc) -> str:
    return "".join(f"({ai}){value}" for ai, value in to_values(epc).items())


@given(epcs(classes=False))
def test_the_peer_reads_our_urns_and_writes_the_same_element_strings(epc: Epc) -> None:
    agreed(epc)
    assert peer.epc_pure_identity_to_gs1_element_string(to_urn(epc)) == element_string(epc)


@given(epcs(classes=False))
def test_the_peer_makes_the_same_urns_of_element_strings(epc: Epc) -> None:
    agreed(epc)
    theirs = parsers.gs1_element_string_to_gs1_element(element_string(epc), len(epc.company_prefix))
    assert theirs.epc_uri == to_urn(epc)


@given(tagged())
def test_the_peer_writes_the_same_tags(case: tuple[Epc, TagScheme]) -> None:
    epc, row = case
    agreed(epc)
    assume(row.name != "gdti-113")  # withdrawn from the standard, and not in epcpy
    theirs, settings = peer.epc_pure_identity_to_tag_encodable(to_urn(epc)), peer_settings(epc, row)
    ours = encode_tag(epc, row.name, filter_value=3)
    assert theirs.tag_uri(**settings) == ours.uri
    assert theirs.hex(**settings) == to_hex(ours)
    assert peer.hex_to_tag_encodable(to_hex(ours)).epc_uri == to_urn(parse_hex(to_hex(ours)).epc)


def peer_settings(epc: Epc, row: TagScheme) -> dict[str, Any]:
    module = importlib.import_module(f"epcpy.epc_schemes.{epc.scheme.name}")
    filters = getattr(module, f"{epc.scheme.label}FilterValue")
    codings = getattr(module, epc.scheme.label).BinaryCodingScheme
    return {"binary_coding_scheme": codings(row.name), "filter_value": filters("3")}
