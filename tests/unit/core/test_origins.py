"""Where this installation is reached: by setting, or by a proxy that is trusted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tracepass.core.origins import Origins, origins_for
from tracepass.settings import Settings

BOUND = "http://localhost:8000"
FORWARDED = {"x-forwarded-proto": "https", "x-forwarded-host": "dpp.example.com"}
PROXY = "10.0.0.5"


def found(*, peer: str | None = PROXY, headers: Mapping[str, str] = FORWARDED, **changes: Any) -> Origins:
    settings = Settings.model_validate({"_env_file": None, "trusted_proxies": "10.0.0.0/8, fd00::/8", **changes})
    return origins_for(settings, peer=peer, headers=headers)


def test_a_trusted_proxy_is_believed() -> None:
    assert found() == Origins("https://dpp.example.com", "https://dpp.example.com")


@pytest.mark.parametrize(
    ("headers", "origin"),
    [
        ({"x-forwarded-proto": "https", "host": "a.test:8443"}, "https://a.test:8443"),
        ({"x-forwarded-proto": "http", "x-forwarded-host": "A.Test"}, "http://a.test"),
        ({"x-forwarded-proto": "http, https", "x-forwarded-host": "evil.test, a.test"}, "https://a.test"),
        ({"x-forwarded-proto": "HTTPS", "x-forwarded-host": "[2001:db8::1]:443"}, "https://[2001:db8::1]:443"),
    ],
)
def test_the_last_value_is_the_proxys_own(headers: dict[str, str], origin: str) -> None:
    assert found(headers=headers).resolver == origin


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "a.test"},
        {"x-forwarded-host": "a.test"},
        {"x-forwarded-proto": "https"},
        {"x-forwarded-proto": "javascript", "host": "a.test"},
        {"x-forwarded-proto": "https", "host": "a.test/path"},
        {"x-forwarded-proto": "https", "host": "user@a.test"},
        {"x-forwarded-proto": "https", "host": "a.test:port"},
        {"x-forwarded-proto": "https", "host": "a test"},
        {"x-forwarded-proto": "https", "host": '"><script>'},
        {"x-forwarded-proto": "https", "host": "x" * 300},
    ],
)
def test_what_is_no_origin_is_not_believed(headers: dict[str, str]) -> None:
    assert found(headers=headers) == Origins(BOUND, BOUND)


@pytest.mark.parametrize("peer", ["11.0.0.5", "::1", "fe80::1%eth0", "testclient", "", None])
def test_a_stranger_is_not_believed(peer: str | None) -> None:
    assert found(peer=peer) == Origins(BOUND, BOUND)


@pytest.mark.parametrize("peer", ["10.255.0.1", "::ffff:10.0.0.5", "fd12::1"])
def test_a_proxy_is_known_by_its_network_in_either_family(peer: str) -> None:
    assert found(peer=peer).api == "https://dpp.example.com"


@pytest.mark.parametrize(
    ("changes", "api", "resolver"),
    [
        ({"public_url": "https://api.test"}, "https://api.test", "https://api.test"),
        ({"resolver_url": "https://id.test"}, BOUND, "https://id.test"),
        ({"public_url": "https://api.test", "resolver_url": "https://id.test"}, "https://api.test", "https://id.test"),
        ({"trusted_proxies": ""}, BOUND, BOUND),
    ],
)
def test_settings_count_more_than_any_proxy(changes: dict[str, Any], api: str, resolver: str) -> None:
    assert found(**changes) == Origins(api, resolver)


def test_terms_stand_under_the_api() -> None:
    assert Origins("https://api.test", "https://id.test").vocabulary == "https://api.test/vocab"
