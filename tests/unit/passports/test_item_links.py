"""Digital Links that people give for earlier passports."""

from __future__ import annotations

import time

import pytest

from tracepass.passports.secondlife.links import BadLink, read_item_link

GTIN = "04012345000016"


@pytest.mark.parametrize(
    ("uri", "workspace", "serial"),
    [
        (f"https://id.example/01/{GTIN}/21/S", None, "S"),
        (f"https://id.example/01/{GTIN}/21/S/?lang=de", None, "S"),
        (f"https://id.example/p/01/{GTIN}/21/S", None, "S"),
        (f"https://id.example/test/acme/p/01/{GTIN}/21/S", "acme", "S"),
        (f"https://id.example/test/ACME/p/01/{GTIN}/21/S", None, "S"),
        # A lot may be named like the key of a GTIN.
        (f"https://id.example/01/{GTIN}/10/01/21/S", None, "S"),
    ],
)
def test_are_read(uri: str, workspace: str | None, serial: str) -> None:
    found = read_item_link(uri)
    assert (found.gtin, found.workspace, found.serial, found.host) == (GTIN, workspace, serial, "id.example")


@pytest.mark.parametrize(
    "uri", ["https://id.example/01/", "ftp://id.example/01/1", f"https://a/01/{GTIN}", f"https://a/01/{GTIN}/21/S#x"]
)
def test_others_are_refused(uri: str) -> None:
    with pytest.raises(BadLink):
        read_item_link(uri)


@pytest.mark.parametrize("tail", [" ", "#", "\n", ""])
def test_none_takes_long(tail: str) -> None:
    """Half a megabyte of them may stand in one record."""
    uri, begun = f"https://a{'/01/0' * 390}{tail}", time.perf_counter()
    for _ in range(250):
        with pytest.raises(BadLink):
            read_item_link(uri)
    assert time.perf_counter() - begun < 5
