"""Which form a caller gets: media types with their qualities, versions, and headers that say nothing of use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from tracepass.core.errors import Invalid
from tracepass.epcis.accepting import JSON, JSON_LD, PROBLEM, PROBLEM_XML, TEXT_XML, XML, best_of, problem_type
from tracepass.epcis.negotiation import COLLECTIONS, EVENTS, NotAcceptable, style_of


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/*", TEXT_XML),
        ("application/xml", XML),
        ("application/xml, application/json", JSON),
        ("application/json;q=0.4, application/xml;q=0.5", XML),
        ("application/json;q=0, */*", JSON_LD),
        ("application/*;q=0.2, text/xml", TEXT_XML),
        ("APPLICATION/LD+JSON; profile=x", JSON_LD),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", XML),
        ("application/json;q=0", None),
        ("text/html", None),
        ("application/problem+json", JSON),
        ("application/problem+json, text/html", None),
        ("nonsense, application/xml;q=zero", JSON),
        ("application/json;q=0.000, application/xml;q=0", None),
    ],
)
def test_the_type_that_is_liked_best_is_given(accept: str, media: str | None) -> None:
    assert best_of(accept, EVENTS) == media


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", None),
        ("*/*", None),
        ("application/json", None),
        ("application/problem+json", PROBLEM),
        ("application/json, application/problem+json", PROBLEM),
        ("application/json, application/problem+json;q=0.5", None),
        ("application/xml, application/problem+xml", PROBLEM_XML),
        ("application/problem+xml;q=0.5, application/problem+json", PROBLEM),
        ("application/problem+json;q=0", None),
    ],
)
def test_a_problem_is_for_those_who_name_it(accept: str, media: str | None) -> None:
    assert problem_type(accept) == media


@given(st.text())
def test_no_header_is_too_strange(accept: str) -> None:
    assert best_of(accept, EVENTS) in {None, *EVENTS}
    assert problem_type(accept) in {None, PROBLEM, PROBLEM_XML}


WORDS = st.sampled_from(
    ["2.0", "1.2", "9", "0", "2.0.0.0", "ex=", "=x", "a=b", ",", "Always_EPC_URN", "text/xml", "*/*"]
)


@given(
    st.dictionaries(
        st.sampled_from(
            ["accept", "gs1-extensions", "gs1-epc-format", "gs1-cbv-xml-format"]
            + [f"gs1-{name}-{end}" for name in ("epcis", "cbv") for end in ("min", "max", "version")]
        ),
        WORDS | st.text(st.characters(max_codepoint=255)),
    )
)
def test_a_caller_is_answered_or_refused(headers: dict[str, str]) -> None:
    try:
        style = style_of(Headers(headers), EVENTS)
    except (Invalid, NotAcceptable):
        return
    assert style.media in EVENTS
    assert style.version == "2.0" or style.is_xml


def test_nothing_said_is_json_of_the_newest_version_as_it_came() -> None:
    style = style_of(Headers({}), EVENTS)
    assert (style.media, style.version, style.epc, style.cbv) == (JSON, "2.0", "Never_Translates", "No_Preference")


@pytest.mark.parametrize("header", ["GS1-EPCIS-Max", "GS1-CBV-Max"])
@pytest.mark.parametrize("accept", ["", "application/xml", "application/json, text/xml;q=0.1"])
def test_who_reads_only_the_version_before_gets_it_in_xml(header: str, accept: str) -> None:
    style = style_of(Headers({header: "1.2.1", "Accept": accept}), EVENTS)
    assert (style.version, style.is_xml, style.cbv) == ("1.2", True, "Always_URN")
    assert style.headers["GS1-EPCIS-Version"] == style.headers["GS1-CBV-Version"] == "1.2.0"


@pytest.mark.parametrize("version", ["2.0", "2", "2.0.0", "2.0.1", "2.7", "3.0.0"])
def test_the_newest_version_goes_to_whoever_can_read_it(version: str) -> None:
    assert style_of(Headers({"GS1-EPCIS-Max": version}), EVENTS).version == "2.0"


@pytest.mark.parametrize(
    "headers",
    [
        {"GS1-EPCIS-Min": "2.1"},
        {"GS1-CBV-Min": "3"},
        {"GS1-EPCIS-Max": "1.1"},
        {"GS1-EPCIS-Max": "1.2", "Accept": "application/json"},
        {"GS1-EPCIS-Min": "2.0", "GS1-CBV-Max": "1.2"},
        {"GS1-EPCIS-Version": "3.0.0"},
        {"GS1-CBV-Version": "1.1"},
        {"Accept": "image/png"},
    ],
)
def test_what_is_not_written_here_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(NotAcceptable) as caught:
        style_of(Headers(headers), EVENTS)
    assert caught.value.status == 406
    assert caught.value.envelope["details"]["offered"]


def test_what_has_no_xml_has_no_older_version() -> None:
    with pytest.raises(NotAcceptable):
        style_of(Headers({"GS1-EPCIS-Max": "1.2"}), COLLECTIONS)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("GS1-EPC-Format", "always_epc_urn"),
        ("GS1-CBV-XML-Format", "URN"),
        ("GS1-EPCIS-Min", "two"),
        ("GS1-EPCIS-Max", "2.0.0.0.0"),
        ("GS1-CBV-Min", "2."),
        ("GS1-CBV-Max", "99999"),
        ("GS1-EPCIS-Version", "v2"),
        ("GS1-CBV-Version", "2,0"),
        ("GS1-Extensions", "ex"),
        ("GS1-Extensions", "ex=http://ns.example.com/, other="),
    ],
)
def test_a_value_that_is_none_is_named(header: str, value: str) -> None:
    with pytest.raises(Invalid) as caught:
        style_of(Headers({header: value}), EVENTS)
    assert list(caught.value.envelope["details"]["fieldErrors"]) == [header]


def test_the_oldest_must_not_be_above_the_newest() -> None:
    with pytest.raises(Invalid) as caught:
        style_of(Headers({"GS1-EPCIS-Min": "2.0", "GS1-EPCIS-Max": "1.2"}), EVENTS)
    assert list(caught.value.envelope["details"]["fieldErrors"]) == ["GS1-EPCIS-Min"]


def test_of_a_header_without_end_the_beginning_counts() -> None:
    assert best_of("application/xml," + "a/b," * 20_000 + "application/json", EVENTS) == XML
    assert problem_type("a/b," * 20_000 + PROBLEM) is None


def test_a_header_may_come_in_parts() -> None:
    headers = Headers(raw=[(b"gs1-extensions", b"a=http://a.example/"), (b"gs1-extensions", b"b=urn:b:")])
    style = style_of(headers, EVENTS)
    assert style.extensions == {"a": "http://a.example/", "b": "urn:b:"}
    assert style.headers["GS1-Extensions"] == "a=http://a.example/, b=urn:b:"
