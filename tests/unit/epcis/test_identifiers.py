from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracepass.epcis.identifiers import ancestors, as_urn, is_pattern, lot_beside, normal, prefixes
from tracepass.gs1.epc import EpcError

SERIALS = st.text("0123456789ABCxyz!\"%&'()*+,-./:;<=>?_", min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("uri", "canonical"),
    [
        ("urn:epc:id:sgtin:0614141.812345.6789", "01/80614141123458/21/6789"),
        ("urn:epc:id:sgtin:0614141.812345.6%2F789", "01/80614141123458/21/6%2F789"),
        ("urn:epc:class:lgtin:4012345.012345.998877", "01/04012345123456/10/998877"),
        ("urn:epc:idpat:sgtin:4012345.066666.*", "01/04012345666663"),
        ("urn:epc:id:sgln:0012345.11111.400", "414/0012345111112/254/400"),
        ("urn:epc:id:sgln:0012345.11111.0", "414/0012345111112"),
        ("urn:epc:id:pgln:4012345.00225", "417/4012345002256"),
        ("urn:epc:id:sscc:0614141.1234567890", "00/106141412345678908"),
        ("urn:epc:id:grai:4012345.55555.987", "8003/04012345555554987"),
        ("urn:epc:id:giai:4000001.111", "8004/4000001111"),
        ("urn:epc:id:gdti:0614141.00001.1618034", "253/06141410000121618034"),
        ("urn:epc:id:gsrn:0614141.0000010253", "8018/061414100000102534"),
        ("urn:epc:id:itip:4012345.012345.01.02.9", "8006/040123451234560102/21/9"),
        ("https://example.com/some/way/01/09506000134352/10/A/21/12345?17=261231#top", "01/09506000134352/21/12345"),
        ("http://brand.example/01/9506000134352/10/A", "01/09506000134352/10/A"),
        ("https://id.gs1.org/01/09506000134352/22/2A/10/A", "01/09506000134352/10/A"),
        ("https://id.gs1.org/01/09506000134352?17=261231", "01/09506000134352"),
        ("https://example.org/8004/401234599999", "8004/401234599999"),
        ("https://id.gs1.org/01/09506000134352/21/a!b", "01/09506000134352/21/a%21b"),
    ],
)
def test_urns_and_links_become_the_canonical_link(uri: str, canonical: str) -> None:
    assert normal(uri) == f"https://id.gs1.org/{canonical}"
    assert normal(normal(uri)) == normal(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
        "urn:epcglobal:cbv:bt:0614141073467:1152",
        "urn:epc:id:usdod:2S194.12345678901",
        "urn:epc:id:sgtin:0614141.8123.6789",
        "urn:epc:id:sgtin:nonsense",
        "urn:epc:idpat:sgtin:4012345.*.*",
        "geo:42.698334,23.319941",
        "http://transaction.acme.com/po/12345678",
        "https://identifiers.org/inchikey:CZMRCDWAGMRECN-UGDNZRGBSA-N",
        "https://example.org/00/intro",
        "https://example.org/01/",
        "https://",
        "https://example.com/01/09506000134352?x=" + "x" * 2048,
        "",
    ],
)
def test_other_uris_stay_as_they_are(uri: str) -> None:
    assert normal(uri) == uri


@given(SERIALS)
def test_the_urn_and_the_link_of_an_item_are_one_thing(serial: str) -> None:
    urn = as_urn(normal(f"urn:epc:id:sgtin:4012345.011111.{_escaped(serial)}"), 7)
    assert urn is not None
    link = normal(urn)
    assert link.startswith("https://id.gs1.org/01/04012345111118/21/")
    assert normal(link.replace("https://id.gs1.org", "http://brand.example/dpp")) == link


def _escaped(serial: str) -> str:
    return "".join(f"%{ord(one):02X}" if one in '"%&/<>?' else one for one in serial)


@given(st.text())
def test_normalising_never_fails(text: str) -> None:
    for uri in (text, f"urn:epc:id:sgtin:{text}", f"https://id.gs1.org/01/{text}", f"urn:epc:idpat:{text}"):
        assert isinstance(normal(uri), str)


def test_a_serial_belongs_to_its_class() -> None:
    assert ancestors("https://id.gs1.org/01/80614141123458/21/6789") == ("https://id.gs1.org/01/80614141123458",)
    assert ancestors("https://id.gs1.org/414/0012345111112/254/400") == ("https://id.gs1.org/414/0012345111112",)
    assert ancestors("https://id.gs1.org/8003/04012345555554987") == ("https://id.gs1.org/8003/04012345555554",)
    for alone in ("https://id.gs1.org/01/80614141123458", "https://id.gs1.org/8004/4000001111", "urn:uuid:1"):
        assert ancestors(alone) == ()


def test_the_lot_that_a_link_names_beside_the_serial_is_found() -> None:
    link = "https://example.com/01/09506000134352/10/A%2F1/21/12345"
    assert lot_beside(link) == "https://id.gs1.org/01/09506000134352/10/A%2F1"
    assert lot_beside("https://example.com/01/09506000134352/21/12345") is None


@pytest.mark.parametrize(
    ("pattern", "beginnings"),
    [
        ("sgtin:0614141.812345.*", ["01/80614141123458/21/"]),
        ("sgtin:0614141.812345.77", ["01/80614141123458/21/77"]),
        ("sgtin:0614141.*.*", [f"01/{indicator}0614141" for indicator in range(10)]),
        ("sscc:0614141.*", [f"00/{extension}0614141" for extension in range(10)]),
        ("sgln:0614141.12345.*", ["414/0614141123452"]),
        ("grai:0614141.12345.*", ["8003/00614141123452"]),
        ("grai:0614141.*.*", ["8003/00614141"]),
        ("giai:0614141.*", ["8004/0614141"]),
        ("itip:4012345.012345.*.*.*", ["8006/04012345123456"]),
        ("itip:4012345.012345.01.02.*", ["8006/040123451234560102/21/"]),
    ],
)
def test_a_pattern_stands_for_what_begins_so(pattern: str, beginnings: list[str]) -> None:
    assert is_pattern(f"urn:epc:idpat:{pattern}")
    assert prefixes(f"urn:epc:idpat:{pattern}") == tuple(f"https://id.gs1.org/{one}" for one in beginnings)


def test_a_pattern_for_everything_is_refused() -> None:
    for pattern in ("urn:epc:idpat:sgtin:*.*.*", "urn:epc:id:sgtin:0614141.812345.1", "urn:epc:idpat:none:1"):
        with pytest.raises(EpcError):
            prefixes(pattern)


def test_what_is_no_epc_has_no_urn() -> None:
    assert as_urn("https://example.com/po/1", 7) is None
    assert as_urn("https://id.gs1.org/414/0012345111112", 7) == "urn:epc:id:sgln:0012345.11111.0"
