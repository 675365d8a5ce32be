"""Where links lead: templates are filled whole or not at all, and no value leaves its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracepass.links.targets import BadTarget, check_target, filled, with_query

KNOWN = frozenset({"01", "10", "21"})


@pytest.mark.parametrize(
    "href",
    ["https://a.example", "https://a.example:8443/x?y=z#t", "https://a.example/{gtin}/{lot}?s={21}", "https://a/?"],
)
def test_addresses_and_templates_are_taken(href: str) -> None:
    assert check_target(href, KNOWN) == href


@pytest.mark.parametrize(
    "href",
    ["http://a.example", "https://", "https://{gtin}.example", "https://a.example/{gln}", "https://a.example/{}",
     "https://a.example/}", "https://a.example/ x", "https://user@a.example/", "//a.example", "https://a.example/ü"],
)  # fmt: skip
def test_what_is_no_address_is_refused(href: str) -> None:
    with pytest.raises(BadTarget):
        check_target(href, KNOWN)


@given(st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable()))
def test_a_value_cannot_leave_its_place(value: str) -> None:
    address = filled("https://a.example/{serial}/end", {"21": value})
    assert address is not None
    middle = address.removeprefix("https://a.example/").removesuffix("/end")
    assert middle.isascii()
    assert not set(middle) & set("/?#{}\\ \r\n")
    assert middle not in {".", ".."}


def test_a_template_is_filled_whole_or_not_at_all() -> None:
    template = "https://a.example/{gtin}?l={lot}"
    assert filled(template, {"01": "1", "10": "a b"}) == "https://a.example/1?l=a%20b"
    assert filled(template, {"01": "1"}) is None


@pytest.mark.parametrize(
    ("href", "query", "whole"),
    [
        ("https://a/", "", "https://a/"),
        ("https://a/", "x=1", "https://a/?x=1"),
        ("https://a/?y", "x=1", "https://a/?y&x=1"),
        ("https://a/?", "x=1", "https://a/?x=1"),
        ("https://a/?y&", "x=1", "https://a/?y&x=1"),
        ("https://a/#f?g", "x=1", "https://a/?x=1#f?g"),
    ],
)
def test_the_query_of_a_request_comes_behind_that_of_the_address(href: str, query: str, whole: str) -> None:
    assert with_query(href, query) == whole
