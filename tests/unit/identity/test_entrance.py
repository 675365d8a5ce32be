"""Small rules of the entrance: cookies, addresses, names."""

from __future__ import annotations

import pytest

from tracepass.core.errors import Invalid
from tracepass.identity.cookies import cookie_attributes
from tracepass.identity.models import email_key
from tracepass.identity.people import check_email
from tracepass.identity.signin import check_name
from tracepass.identity.throttle import SIGN_IN_ACCOUNT, SIGN_IN_ADDRESS, at_account, at_address


@pytest.mark.parametrize(
    "origin", ["http://localhost:8000", "http://127.0.0.1", "http://[::1]:8000", "http://app.localhost"]
)
def test_a_cookie_travels_in_the_open_on_this_machine_only(origin: str) -> None:
    assert cookie_attributes(origin) == "Path=/; HttpOnly; SameSite=Lax"


@pytest.mark.parametrize(
    "origin", ["https://localhost", "https://api.example.com", "http://api.example.com", "http://192.168.0.7:8000"]
)
def test_a_cookie_is_secure_everywhere_else(origin: str) -> None:
    assert cookie_attributes(origin) == "Path=/; HttpOnly; SameSite=Lax; Secure"


def test_spellings_of_one_address_are_one_account() -> None:
    assert email_key("Ada@Example.TEST") == email_key("ada@example.test")
    assert at_account(SIGN_IN_ACCOUNT, "ADA@example.test").id == at_account(SIGN_IN_ACCOUNT, "ada@example.test").id
    assert "ada" not in at_account(SIGN_IN_ACCOUNT, "ada@example.test").id


def test_an_address_is_taken_without_blanks_around_it() -> None:
    assert check_email(" ada@example.test ") == "ada@example.test"
    assert check_email("root@localhost") == "root@localhost"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "@example.test",
        "ada@",
        "a@b@c",
        "a b@c",
        "a@b\r\nBcc: x@y",
        "a@b,c@d",
        "Ada <a@b.c>",
        "a" * 251 + "@b.c",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        check_email(text)


def test_a_name_is_one_line() -> None:
    assert check_name("  Ada\n Lovelace ") == "Ada Lovelace"
    for text in ("", " \t", "x" * 201):
        with pytest.raises(Invalid):
            check_name(text)


def test_one_customer_has_one_counter() -> None:
    assert at_address(SIGN_IN_ADDRESS, "2001:db8::1") == at_address(SIGN_IN_ADDRESS, "2001:db8::ffff:2")
    assert at_address(SIGN_IN_ADDRESS, "2001:db8::1") != at_address(SIGN_IN_ADDRESS, "2001:db8:0:1::1")
    assert at_address(SIGN_IN_ADDRESS, "::ffff:192.0.2.1") == at_address(SIGN_IN_ADDRESS, "192.0.2.1")
    assert at_address(SIGN_IN_ADDRESS, "192.0.2.1") != at_address(SIGN_IN_ADDRESS, "192.0.2.2")
    assert at_address(SIGN_IN_ADDRESS, None).name == "local"
