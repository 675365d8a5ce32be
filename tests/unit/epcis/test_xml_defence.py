"""Hostile documents are refused with a reason, and nothing they point to is fetched."""

from __future__ import annotations

import io
import socket
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.epcis.xml_documents import CONTEXT, OBJECT_EVENT, OLD_DOCUMENT, json_event, xml_document

from tracepass.epcis.xml import Bounds, XmlInvalid, iter_events, read_xml, write_xml


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        pytest.fail("something was fetched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def refused(source: bytes | BinaryIO, bounds: Bounds | None = None) -> XmlInvalid:
    with pytest.raises(XmlInvalid) as caught:
        read_xml(source, bounds)
    return caught.value


def event(inner: str) -> str:
    return OBJECT_EVENT.replace("</ObjectEvent>", inner + "</ObjectEvent>")


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "prolog",
    [
        f'<!DOCTYPE d [<!ENTITY l0 "ha">{LAUGHS}]>\n',
        f'<!DOCTYPE d [<!ENTITY a "{"a" * 50_000}">]>\n',
        '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n',
        '<!DOCTYPE d [<!ENTITY x SYSTEM "http://127.0.0.1:9/x">]>\n',
        '<!DOCTYPE d [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]>\n',
        '<!DOCTYPE d SYSTEM "http://127.0.0.1:9/d.dtd">\n',
        '<!DOCTYPE d PUBLIC "-//x//y" "http://127.0.0.1:9/d.dtd">\n',
        '<!DOCTYPE d [<!ATTLIST ObjectEvent x CDATA "y">]>\n',
        "<!DOCTYPE d []>\n",
    ],
    ids=["laughs", "quadratic", "file", "http", "parameter", "system", "public", "attlist", "empty-subset"],
)
def test_a_document_type_that_declares_or_refers_to_anything_is_refused(prolog: str) -> None:
    fault = refused(xml_document(event("<disposition>&l9;&a;&x;</disposition>"), prolog=prolog))
    assert fault.code == "xml_doctype"
    assert fault.line == 2


def test_the_empty_document_type_of_gs1s_own_examples_is_taken() -> None:
    assert read_xml(xml_document(OBJECT_EVENT, prolog="<!DOCTYPE project>\n"))["epcisBody"]["eventList"]


def test_an_entity_that_nobody_declared_is_a_fault_even_behind_an_empty_document_type() -> None:
    source = xml_document(event("<disposition>&x;</disposition>"), prolog="<!DOCTYPE project>\n")
    assert refused(source).code == "xml_malformed"


def test_an_include_is_refused_wherever_it_stands() -> None:
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>'
    for source in (xml_document(event(f"<a:x xmlns:a='urn:a:'>{include}</a:x>")), xml_document("", before=include)):
        assert refused(source).code == "xml_include"


def test_stylesheets_and_schema_locations_are_not_followed() -> None:
    source = xml_document(
        OBJECT_EVENT,
        prolog='<?xml-stylesheet href="http://127.0.0.1:9/x.xsl"?>\n',
        root='xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x http://127.0.0.1:9/x.xsd"',
    )
    assert len(read_xml(source)["epcisBody"]["eventList"]) == 1


def test_deep_nesting_is_refused() -> None:
    fault = refused(xml_document(event("<x:a xmlns:x='urn:x:'>" + "<a>" * 100_000)))
    assert fault.code == "xml_too_deep"
    assert fault.line == 12


def test_an_element_with_very_many_attributes_is_refused() -> None:
    attributes = " ".join(f'a{number}="1"' for number in range(50_000))
    fault = refused(xml_document(event(f"<x:a xmlns:x='urn:x:' {attributes}/>")))
    assert fault.code == "xml_too_large"
    assert "attributes" in fault.message or "names" in fault.message


def test_a_gigantic_text_is_refused() -> None:
    fault = refused(xml_document(event(f"<disposition>{'a' * 3_000_000}</disposition>")))
    assert fault.code == "xml_too_large"
    assert "text" in fault.message


def test_a_gigantic_attribute_is_refused() -> None:
    assert refused(xml_document(event(f"<x:a xmlns:x='urn:x:' b='{'a' * 1_500_000}'/>"))).code == "xml_too_large"


class Endless(io.RawIOBase):
    """A stream that never ends, to see when its reader gives up."""

    def __init__(self, head: bytes, body: bytes) -> None:
        self.given = 0
        self._next = head
        self._body = body

    def read(self, size: int = -1) -> bytes:
        chunk, self._next = self._next, self._body * (size // len(self._body))
        self.given += len(chunk)
        assert self.given < 40_000_000, "the reader does not give up"
        return chunk


@pytest.mark.parametrize(
    ("inside", "body"),
    [
        ("<!--", b"x"),
        ("<?pi ", b"x"),
        ("<x:a xmlns:x='urn:x:' b='", b"x"),
        ("<disposition>", b"x"),
        ("<disposition><![CDATA[", b"x"),
        ("", b"<a/>"),
        ("<x:a xmlns:x='urn:x:'>", b"<b/>"),
        ("<", b"x"),
    ],
    ids=["comment", "instruction", "attribute", "text", "cdata", "elements", "nested", "tag"],
)
def test_nothing_without_end_is_read_for_ever_nor_kept(inside: str, body: bytes) -> None:
    whole = xml_document(event(f"{inside}@@@"))
    stream = Endless(whole[: whole.index(b"@@@")], body)
    tracemalloc.start()
    fault = refused(cast("BinaryIO", stream), Bounds(elements=20_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert fault.code in {"xml_too_large", "xml_malformed"}
    assert peak < 40_000_000


def test_very_many_namespaces_are_refused() -> None:
    declared = "".join(f'<n{number}:a xmlns:n{number}="urn:{number}:"/>' for number in range(1_000))
    fault = refused(xml_document(event(declared)))
    assert (fault.code, "namespaces" in fault.message) == ("xml_too_large", True)


def test_very_many_different_names_are_refused() -> None:
    names = "".join(f"<a{number}/>" for number in range(20_000))
    fault = refused(xml_document(event(f"<x:a xmlns:x='urn:x:'>{names}</x:a>")))
    assert (fault.code, "names" in fault.message) == ("xml_too_large", True)


def test_memory_stays_flat_over_a_long_document() -> None:
    def parts() -> Iterator[bytes]:
        head, tail = xml_document("@@@").split(b"@@@")
        yield head
        for _ in range(100):
            yield OBJECT_EVENT.encode() * 100
        yield tail

    class Stream(io.RawIOBase):
        def __init__(self) -> None:
            self._parts = parts()

        def read(self, _size: int = -1) -> bytes:
            return next(self._parts, b"")

    tracemalloc.start()
    count = sum(1 for _ in iter_events(cast("BinaryIO", Stream())))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 10_000
    assert peak < 3_000_000


def test_the_folder_of_the_tests_is_not_read_through_an_entity(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    prolog = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]>\n'
    fault = refused(xml_document(event("<disposition>&x;</disposition>"), prolog=prolog))
    assert "the secret" not in str(fault)


@pytest.mark.parametrize("encoding", ["utf-7", "shift_jis", "utf-32", "nonsense", "base64"])
def test_an_encoding_that_is_not_known_is_refused(encoding: str) -> None:
    source = xml_document(OBJECT_EVENT).replace(b'encoding="UTF-8"', f'encoding="{encoding}"'.encode())
    assert refused(source).code == "xml_malformed"


def test_the_place_of_a_fault_among_very_many_elements_is_found_quickly() -> None:
    epcs = "<epc>urn:x:y</epc>" * 50_000
    started = time.process_time()
    fault = refused(xml_document(OBJECT_EVENT.replace("</epcList>", epcs + "<epcc/></epcList>")))
    assert fault.path.endswith("/epcList/epcc")
    assert time.process_time() - started < 5


def test_a_list_of_events_within_an_extension_of_the_body_is_not_lost() -> None:
    text = xml_document(OBJECT_EVENT).replace(b"<EventList>", b"<extension><EventList>")
    document = read_xml(text.replace(b"</EventList>", b"</EventList></extension>"))
    assert len(document["epcisBody"]["eventList"]) == 1


def test_a_text_in_the_list_of_events_is_refused() -> None:
    assert refused(xml_document("some")).code == "unexpected_text"


FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FEW
@given(st.integers(0, len(OLD_DOCUMENT) - 1), st.integers(0, 30), st.sampled_from([b"", b"<", b">", b'"', b"&", b"x"]))
def test_a_damaged_document_is_read_or_refused_and_nothing_else(start: int, length: int, instead: bytes) -> None:
    with suppress(XmlInvalid):
        read_xml(OLD_DOCUMENT[:start] + instead + OLD_DOCUMENT[start + length :])


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["id", "type", "@id", "a:b", "source", "set", "value"]), inner, max_size=2)
    ),
    max_leaves=4,
)
FIELDS = ["epcisBody", "epcisHeader", "creationDate", "sender", "a:b", "@context"]
EVENT_FIELDS = ["epcList", "quantityList", "readPoint", "bizTransactionList", "sensorElementList", "errorDeclaration"]


@FEW
@given(
    st.dictionaries(st.sampled_from(FIELDS), JUNK, max_size=2),
    st.dictionaries(
        st.sampled_from([*EVENT_FIELDS, "ilmd", "persistentDisposition", "type", "bizStep", "@context"]),
        JUNK,
        max_size=3,
    ),
)
def test_whatever_is_written_is_written_or_refused_and_nothing_else(top: Any, inner: Any) -> None:
    document = {
        "@context": [CONTEXT],
        "type": "EPCISDocument",
        "creationDate": "2026-03-01T10:00:00Z",
        "epcisBody": {"eventList": [json_event(**inner)]},
        **top,
    }
    with suppress(XmlInvalid):
        write_xml(document)
