"""GS1 Digital Links: what is read, what is refused and where, the canonical form, building."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.gs1.messages import ANYTHING, bare, fault_of, linkable

from tracepass.gs1.elements import Element, parse_bracketed
from tracepass.gs1.faults import Gs1SyntaxError
from tracepass.gs1.link import Link, build_link, parse_link
from tracepass.gs1.rules import STANDARD, Rules

GTIN = "04012345000016"
ALONE = Rules(associations=False)
LENIENT = Rules(short_gtins=True, convenience_alphas=True, unknown_ais=True, unknown_attributes=True)


def refusal(uri: str, rules: Rules = STANDARD) -> Gs1SyntaxError:
    with pytest.raises(Gs1SyntaxError) as refused:
        parse_link(uri, rules)
    return refused.value


def test_a_link_is_read_into_its_parts() -> None:
    link = parse_link(f"https://example.com/some/p/01/{GTIN}/10/L%2F1/21/A1?17=261231&lang=de&&x#top")
    assert link == Link(
        stem="https://example.com/some/p",
        primary=Element("01", GTIN, 27),
        qualifiers=(Element("10", "L/1", 45), Element("21", "A1", 54)),
        attributes=(Element("17", "261231", 60),),
        other_query=("lang=de", "x"),
        fragment="top",
    )
    assert bare(link.elements) == [("01", GTIN), ("10", "L/1"), ("21", "A1"), ("17", "261231")]
    assert link.path == f"/01/{GTIN}/10/L%2F1/21/A1"


@pytest.mark.parametrize(
    ("uri", "canonical"),
    [
        (f"HTTP://EXAMPLE.com/01/{GTIN}", f"https://id.gs1.org/01/{GTIN}"),
        (
            f"https://example.com/01/{GTIN}?240=A%2bC&3103=000195&lang=de&17=261231",
            f"https://id.gs1.org/01/{GTIN}?3103=000195&17=261231&240=A%2BC",
        ),
        (
            "https://example.com:8443/a/414/9520123456788/254/32a%2fb#x",
            "https://id.gs1.org/414/9520123456788/254/32a%2Fb",
        ),
        (f"https://example.com/01/{GTIN}/21/(1)", f"https://id.gs1.org/01/{GTIN}/21/%281%29"),
        (f"https://[2001:db8::1]/01/{GTIN}/10/a+b", f"https://id.gs1.org/01/{GTIN}/10/a%2Bb"),
    ],
)
def test_a_link_has_one_canonical_form(uri: str, canonical: str) -> None:
    assert parse_link(uri).canonical() == canonical
    assert parse_link(canonical).canonical() == canonical


def test_a_link_can_be_written_on_another_stem() -> None:
    link = parse_link(f"https://example.com/01/{GTIN}?17=261231&x=1")
    assert link.on("https://id.example.org/p/") == f"https://id.example.org/p/01/{GTIN}?17=261231"


@pytest.mark.parametrize(
    ("uri", "code", "position", "length"),
    [
        ("", "uri_scheme", 0, 0),
        ("ftp://example.com/01/1", "uri_scheme", 0, 4),
        (f"HtTpS://example.com/01/{GTIN}", "uri_scheme", 0, 6),
        ("https://example.com", "uri_domain_missing", 8, 0),
        (f"https:///01/{GTIN}", "uri_domain_missing", 8, 0),
        (f"https://ex_ample.com/01/{GTIN}", "uri_domain_character", 10, 1),
        (f"https://user@example.com/01/{GTIN}", "uri_domain_character", 12, 1),
        (f"https://example.com/01/{GTIN} ", "uri_character", 37, 1),
        (f"https://example.com/01/{GTIN}/21/ä", "uri_character", 41, 1),
        ("https://example.com/", "link_key_missing", 19, 1),
        (f"https://example.com/01/{GTIN}/", "link_key_missing", 19, 19),
        (f"https://example.com/gtin/{GTIN}", "link_key_missing", 19, 20),
        (f"https://example.com/01//{GTIN}", "link_key_missing", 19, 19),
        (f"https://example.com/01/{GTIN}/21/", "value_empty", 41, 0),
        (f"https://example.com/01/{GTIN}/21/%00", "link_value_null", 41, 3),
        (f"https://example.com/01/{GTIN}/21/A/10/B", "link_qualifiers", 43, 2),
        (f"https://example.com/01/{GTIN}/99/A", "link_qualifiers", 38, 2),
        (f"https://example.com/01/{GTIN}?10=A", "link_belongs_in_path", 38, 2),
        (f"https://example.com/01/{GTIN}?235=A", "link_not_an_attribute", 38, 3),
        (f"https://example.com/01/{GTIN}/10/A?17=261231&10=A", "link_ai_repeated", 53, 2),
        (f"https://example.com/01/{GTIN}?99=A&99=A", "link_ai_repeated", 43, 2),
        (f"https://example.com/01/{GTIN}?x=1&999=A", "link_query_ai_unknown", 42, 3),
        (f"https://example.com/01/{GTIN}?=A", "link_query_ai_unknown", 38, 0),
        (f"https://example.com/01/{GTIN}?17=", "value_empty", 41, 0),
        (f"https://example.com/01/{GTIN}?17=%32%361301", "illegal_month", 47, 2),
        (f"https://example.com/01/{GTIN}?99=A+B", "invalid_cset82_character", 42, 1),
        ("https://example.com/01/4012345000016", "value_too_short", 23, 13),
        ("https://example.com/01/04012345000017", "incorrect_check_digit", 36, 1),
        (f"https://example.com/01/{GTIN}/21/%E2%82%AC", "invalid_cset82_character", 41, 1),
        (f"https://example.com/01/{GTIN}?7004=1234", "ai_requires_others", 38, 4),
    ],
)
def test_a_refusal_names_the_fault_and_its_place(uri: str, code: str, position: int, length: int) -> None:
    refused = refusal(uri)
    assert (refused.code, refused.position, refused.length) == (code, position, length)


def test_an_endless_link_is_refused_before_it_is_read() -> None:
    assert refusal(f"https://example.com/01/{GTIN}?{'x' * 9000}").code == "text_too_long"


def test_more_than_64_ais_are_refused() -> None:
    attributes = "&".join(f"31{first}{last}=000001" for first in "0123456" for last in range(6))
    more = "&".join(f"32{first}{last}=000001" for first in "012345" for last in range(6))
    assert refusal(f"https://example.com/01/{GTIN}?{attributes}&{more}").code == "too_many_ais"


def test_short_gtins_are_filled_up_on_request() -> None:
    link = parse_link("https://example.com/01/4012345000016/10/A", LENIENT)
    assert link.primary.value == GTIN
    refused = refusal("https://example.com/01/4012345000017", LENIENT)
    assert (refused.code, refused.position) == ("incorrect_check_digit", 35)
    assert parse_link("https://example.com/8004/9520A?01=02345673", LENIENT).attributes[0].value == "00000002345673"


def test_convenience_alphas_are_read_on_request() -> None:
    link = parse_link(f"https://example.com/gtin/{GTIN}/lot/A/ser/B", LENIENT)
    assert bare(link.elements) == [("01", GTIN), ("10", "A"), ("21", "B")]
    assert refusal(f"https://example.com/cps/{GTIN}", LENIENT).code == "link_key_missing"


def test_unknown_ais_stand_in_the_query_on_request() -> None:
    assert parse_link(f"https://example.com/01/{GTIN}?89=A", LENIENT).canonical().endswith("?89=A")
    assert refusal(f"https://example.com/01/{GTIN}?89=A", Rules(unknown_ais=True)).code == "link_not_an_attribute"
    assert refusal(f"https://example.com/01/{GTIN}/89/A", LENIENT).code == "link_qualifiers"


def test_a_link_is_built_with_the_longest_path_that_its_ais_fill() -> None:
    elements = parse_bracketed(f"(17)261231(21)B(10)A(01){GTIN}(240)C(3103)000195")
    assert build_link(elements) == f"https://id.gs1.org/01/{GTIN}/10/A/21/B?17=261231&3103=000195&240=C"


def test_the_first_key_is_the_key_of_the_link() -> None:
    elements = parse_bracketed(f"(8004)9520A(01){GTIN}")
    assert build_link(elements, "https://example.com/") == f"https://example.com/8004/9520A?01={GTIN}"


def test_an_ai_that_stands_there_twice_is_written_once() -> None:
    assert build_link(parse_bracketed(f"(01){GTIN}(10)A(10)A")) == f"https://id.gs1.org/01/{GTIN}/10/A"


@pytest.mark.parametrize(
    ("text", "code"),
    [(f"(03){GTIN}", "link_no_key"), (f"(01){GTIN}(22)A(235)B", "link_not_an_attribute"), ("(90)A", "link_no_key")],
)
def test_ais_that_make_no_link_are_refused(text: str, code: str) -> None:
    with pytest.raises(Gs1SyntaxError) as refused:
        build_link(parse_bracketed(text, ALONE))
    assert refused.value.code == code


@settings(deadline=None)
@given(linkable(), st.sampled_from(["https://id.gs1.org", "http://example.com:8080/a/01/b"]))
def test_reading_a_built_link_gives_the_same_ais(elements: list[Element], stem: str) -> None:
    link = parse_link(build_link(elements, stem), ALONE)
    assert sorted(bare(link.elements)) == sorted(bare(elements))
    assert link.stem == stem
    assert link.on(stem) == build_link(elements, stem)
    assert parse_link(link.canonical(), ALONE).canonical() == link.canonical()


@settings(deadline=None)
@given(linkable())
def test_each_element_stands_where_it_says(elements: list[Element]) -> None:
    uri = build_link(elements)
    for element in parse_link(uri, ALONE).elements:
        assert uri.startswith(element.ai, element.position)


@settings(max_examples=300, deadline=None)
@given(ANYTHING)
def test_no_text_raises_anything_but_a_syntax_error(text: str) -> None:
    for uri in (
        text,
        f"https://{text}",
        f"https://a/{text}",
        f"https://a/01/{GTIN}{text}",
        f"https://a/01/{GTIN}?{text}",
    ):
        for rules in (Rules(), LENIENT):
            fault = fault_of(lambda: parse_link(uri, rules))  # noqa: B023 - called at once
            assert fault is None or 0 <= fault.position <= len(uri)
