"""What a request asks for."""

from __future__ import annotations

import pytest

from tracepass.resolver.bodies import Body
from tracepass.resolver.negotiation import device_of, wanted_type

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (None, "text/html"),
        ("", "text/html"),
        ("*/*", "text/html"),
        (BROWSER, "text/html"),
        ("application/ld+json", "application/ld+json"),
        ("application/json", "application/json"),
        ("application/*", "application/ld+json"),
        ("application/json, application/ld+json", "application/json"),
        ("application/json;q=0.5, application/ld+json", "application/ld+json"),
        ("text/html;q=0.2, application/json;q=0.3", "application/json"),
        ("application/json;q=0", "text/html"),
        ("application/json;q=much, text/html;q=0.1", "text/html"),
        ('Application/LD+JSON; profile="http://www.w3.org/ns/json-ld#compacted"', "application/ld+json"),
        ("image/png", "text/html"),
    ],
)
def test_the_most_wanted_type_that_we_have_is_answered(accept: str | None, wanted: str) -> None:
    assert wanted_type(accept) == wanted


@pytest.mark.parametrize(
    ("name", "wanted"), [("json", "application/json"), ("jsonld", "application/ld+json"), ("html", "text/html")]
)
def test_a_format_in_the_link_outweighs_the_header(name: str, wanted: str) -> None:
    assert wanted_type("application/json", name) == wanted


def test_a_format_that_is_not_ours_says_nothing() -> None:
    assert wanted_type("application/json", "pdf") == "application/json"


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Mobile/15E148 Safari", "phone"),
        ("Mozilla/5.0 (Linux; Android 16; Tablet)", "phone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "desktop"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15)", "desktop"),
        ("curl/8.14", "other"),
        ("", "other"),
    ],
)
def test_devices_are_told_apart_roughly(agent: str, device: str) -> None:
    assert device_of(agent) == device


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("", None),
        ("identity", None),
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("br; q=0.0", None),
    ],
)
def test_a_body_is_sent_in_the_best_coding_the_reader_takes(header: str, coding: str | None) -> None:
    assert Body(b"hello" * 50).encoded(header)[1] == coding
