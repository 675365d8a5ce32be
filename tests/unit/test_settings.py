"""Settings from the environment."""

from __future__ import annotations

import base64
import ipaddress

import pytest
from pydantic import ValidationError

from tracepass.settings import Settings, decode_secret_key


def made(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(f"TRACEPASS_{name}", value)
    return Settings(_env_file=None)


def test_nothing_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = made(monkeypatch)
    assert settings.embedded
    assert settings.api_origin == settings.resolver_origin == "http://localhost:8000"
    assert settings.trusted_proxies == ()


def test_a_uri_is_somebody_elses_database_and_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = made(monkeypatch, MONGODB_URI="mongodb://u:hunter2@h/")
    assert not settings.embedded
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    ("environment", "api", "resolver"),
    [
        ({"PUBLIC_URL": "https://api.test/"}, "https://api.test", "https://api.test"),
        ({"RESOLVER_URL": "https://id.test"}, "http://localhost:8000", "https://id.test"),
        ({"PUBLIC_URL": "https://a.test", "RESOLVER_URL": "https://id.test//"}, "https://a.test", "https://id.test"),
        ({"BOUND_URL": "http://0.0.0.0:9"}, "http://0.0.0.0:9", "http://0.0.0.0:9"),
        ({"PUBLIC_URL": ""}, "http://localhost:8000", "http://localhost:8000"),
    ],
)
def test_addresses_default_one_to_the_other(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], api: str, resolver: str
) -> None:
    settings = made(monkeypatch, **environment)
    assert (settings.api_origin, settings.resolver_origin) == (api, resolver)


@pytest.mark.parametrize(
    "url", ["api.test", "ftp://api.test", "https://", "http:///x", "https://a b", "https://a.test?x=1", "https://a#b"]
)
@pytest.mark.parametrize("name", ["PUBLIC_URL", "RESOLVER_URL", "BOUND_URL"])
def test_what_is_no_address_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, url: str) -> None:
    with pytest.raises(ValidationError, match=name.lower()):
        made(monkeypatch, **{name: url})


def test_proxies_are_networks_or_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = made(monkeypatch, TRUSTED_PROXIES="10.0.0.0/8, ::1,192.168.1.7/24,")
    wanted = ("10.0.0.0/8", "::1/128", "192.168.1.0/24")
    assert settings.trusted_proxies == tuple(map(ipaddress.ip_network, wanted))
    assert Settings(_env_file=None, trusted_proxies=settings.trusted_proxies) == settings
    with pytest.raises(ValidationError, match="trusted_proxies"):
        made(monkeypatch, TRUSTED_PROXIES="everybody")


@pytest.mark.parametrize("text", ["", "x", "c2hvcnQ=", base64.b64encode(bytes(33)).decode(), "é" * 44])
def test_a_secret_key_is_32_bytes_in_base64(text: str) -> None:
    with pytest.raises(ValueError, match="secret key must"):
        decode_secret_key(text)


def test_a_broken_secret_key_is_refused_at_once_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError) as refused:
        made(monkeypatch, SECRET_KEY="bm90IGEga2V5")
    assert "bm90IGEga2V5" not in str(refused.value)
    text = base64.b64encode(bytes(32)).decode()
    assert decode_secret_key(f" {text}\n") == bytes(32)
    assert made(monkeypatch, SECRET_KEY=text).secret_key is not None


@pytest.mark.parametrize("origins", ["shop.example", "https://shop.example/", "ftp://a.example", "https://a b"])
def test_what_is_no_origin_is_refused(origins: str) -> None:
    with pytest.raises(ValidationError, match="origin"):
        Settings(_env_file=None, cors_origins=origins)


def test_origins_are_read_from_a_list() -> None:
    read = Settings(_env_file=None, cors_origins="https://A.example, http://localhost:3000")
    assert read.cors_origins == ("https://a.example", "http://localhost:3000")
    assert Settings(_env_file=None, cors_origins="*").cors_origins == ("*",)
