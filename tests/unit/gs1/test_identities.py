"""What a Digital Link names, and where links about it may stand (GS1-Conformant Resolver Standard 1.2, 2.5.9)."""

from __future__ import annotations

import contextlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracepass.gs1.identities import BadIdentity, Identity, read_anchor, read_loosely, read_path, read_short_gtin
from tracepass.gs1.linkpaths import PRIMARY_KEYS
from tracepass.gs1.linktypes import TITLES, UnknownLinkType, asked_link_type, read_link_type, relation_of

GTIN = "04012345000016"
VALUES = st.text(string.ascii_letters + string.digits + "!\"%&'()*+,-./:;<=>?_", min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (f"/01/{GTIN}", f"01/{GTIN}"),
        ("01/4012345000016/21/A", f"01/{GTIN}/21/A"),
        (f"https://id.example.com/p/01/{GTIN}/10/L?x=1", f"01/{GTIN}/10/L"),
        (f"(01){GTIN}(10)L(21)S/1", f"01/{GTIN}/10/L/21/S%2F1"),
        ("(414)4012345000009(254)D1", "414/4012345000009/254/D1"),
        ("/8004/4012345AB/", "8004/4012345AB"),
    ],
)
def test_an_identifier_is_read_however_it_is_written(text: str, path: str) -> None:
    assert read_anchor(text).path == path


@pytest.mark.parametrize(
    "text",
    ["", "/", "/01", f"/01/{GTIN}/foo", f"/01/{GTIN}/21/A/10/L", "/01/04012345000015", "/99/1", f"/x/01/{GTIN}",
     f"/01/{GTIN}/21/A%", "(01)1", "(10)L", "(99", f"/01/{GTIN}/21/A/8004/4012345AB"],
)  # fmt: skip
def test_what_names_nothing_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(BadIdentity, match=r"\w"):
        read_anchor(text)


def test_the_levels_are_the_six_of_the_standard_and_the_serial_comes_first() -> None:
    asked = read_path(f"/01/{GTIN}/22/V/10/L/21/S")
    assert [level.path.removeprefix(f"01/{GTIN}") for level in asked.levels()] == [
        "/21/S", "/22/V/10/L", "/10/L", "/22/V", ""
    ]  # fmt: skip
    assert [level.path for level in read_path(f"/01/{GTIN}/235/T").levels()] == [f"01/{GTIN}/235/T", f"01/{GTIN}"]
    assert [level.path for level in read_path("/00/340123450000000017").levels()] == ["00/340123450000000017"]


def test_a_link_about_a_unit_stands_at_its_serial_alone() -> None:
    assert read_path(f"/01/{GTIN}/10/L/21/S").registered().path == f"01/{GTIN}/21/S"
    assert read_path(f"/01/{GTIN}/22/V/10/L").registered().path == f"01/{GTIN}/22/V/10/L"


@given(VALUES, VALUES)
def test_a_path_is_read_back_as_it_was_written(lot: str, serial: str) -> None:
    identity = Identity(("01", GTIN), (("10", lot), ("21", serial)))
    assert read_path(f"/{identity.path}") == identity == read_loosely(f"/{identity.path}")


@given(st.text(max_size=60))
def test_no_text_is_more_than_refused(text: str) -> None:
    for read in (read_anchor, read_path, read_short_gtin, read_loosely):
        with contextlib.suppress(BadIdentity):
            read(text)


def test_passports_may_have_serials_that_gs1_does_not_know() -> None:
    found = read_loosely(f"/01/{GTIN}/21/{'x' * 40}%20%C3%BC")
    assert found is not None
    assert found.qualifiers == (("21", "x" * 40 + " ü"),)
    assert read_loosely("/414/4012345000009") is None
    assert read_loosely(f"/01/{GTIN}/21/%FF") is None


def test_short_gtins_are_completed() -> None:
    assert read_short_gtin("/01/4012345000016/21/A%2FB") == f"/01/{GTIN}/21/A%2FB"
    assert read_short_gtin(f"/01/{GTIN}") is None
    assert read_short_gtin("/414/4012345000009") is None
    with pytest.raises(BadIdentity):
        read_short_gtin("/01/4012345000015")


@pytest.mark.parametrize("key", sorted(PRIMARY_KEYS))
def test_every_primary_key_has_itself_as_its_last_level(key: str) -> None:
    assert Identity((key, "1")).levels() == (Identity((key, "1")),)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("gs1:pip", "gs1:pip"),
        ("https://gs1.org/voc/pip", "gs1:pip"),
        ("http://www.gs1.org/voc/pip", "gs1:pip"),
        ("https://ref.gs1.org/voc/pip", "gs1:pip"),
        ("license", "license"),
        ("http://www.iana.org/assignments/relation/license", "license"),
        ("iana:license", "license"),
        ("https://voltwerk.example/rel/a", "https://voltwerk.example/rel/a"),
    ],
)
def test_a_link_type_has_one_form(text: str, stored: str) -> None:
    assert read_link_type(text) == asked_link_type(text) == stored
    assert read_link_type(relation_of(stored)) == stored


@pytest.mark.parametrize("text", ["pip", "gs1:nosuch", "gs1:defaultLink", "gs1:handledBy", "urn:x:y", "https://a b/c"])
def test_what_is_no_link_type_is_refused(text: str) -> None:
    with pytest.raises(UnknownLinkType):
        read_link_type(text)


def test_there_are_61_link_types_of_gs1_and_each_has_a_title() -> None:
    assert len(TITLES) == 61
    assert all(TITLES.values())
