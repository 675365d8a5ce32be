"""What an application may say of itself when it registers (RFC 7591 2), read from JSON that anybody may have sent."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import SplitResult, urlsplit

from tracepass.oauth.models import (
    AUTH_METHODS,
    GRANT_TYPES,
    RESPONSE_TYPES,
    SUPPORTED,
    AuthMethod,
    OAuthRefusal,
    scopes_of,
)

MAX_REDIRECT_URIS: Final = 10
MAX_URI: Final = 2000
MAX_NAME: Final = 100
MAX_SCOPE: Final = 1000
DEFAULT_METHOD: Final = "client_secret_basic"
"""What RFC 7591 2 takes for granted where nothing is said."""
_URI: Final = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")
_HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,252})|[0-9a-f:.]{2,45}")
_EDITORS: Final = frozenset({"claude", "cursor", "vscode", "vscode-insiders", "windsurf"})
"""Schemes of programs that speak MCP and were named before anybody asked RFC 8252 7.1 for a dot in them."""
_PRIVATE_SCHEME: Final = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What an application says of itself."""

    name: str
    redirect_uris: tuple[str, ...]
    method: AuthMethod
    grant_types: tuple[str, ...]
    scopes: tuple[str, ...] | None
    uri: str | None


def read_registration(metadata: Mapping[str, Any]) -> Registration:
    """Return what is understood; everything else is passed over, as RFC 7591 2 demands.

    Raises:
        OAuthRefusal: a redirect URI or another member is not one that is taken here.
    """
    return Registration(
        redirect_uris=_redirect_uris(metadata.get("redirect_uris")),
        name=_name(metadata.get("client_name")),
        method=_method(metadata.get("token_endpoint_auth_method")),
        grant_types=_grant_types(metadata.get("grant_types"), metadata.get("response_types")),
        scopes=_scopes(metadata.get("scope")),
        uri=_uri(metadata.get("client_uri")),
    )


def origin_of(uri: str) -> str:
    """Return what a Content-Security-Policy calls the target of a redirect URI: an origin, or a scheme alone."""
    parts = urlsplit(uri)
    # A policy cannot name an IPv6 address (CSP 3, 2.3.1).
    named = parts.scheme in {"http", "https"} and not parts.netloc.startswith("[")
    return f"{parts.scheme}://{parts.netloc}" if named else f"{parts.scheme}:"


def is_loopback(host: str | None) -> bool:
    """Tell whether a host is the machine of the person itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _redirect_uris(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_REDIRECT_URIS:
        raise OAuthRefusal("invalid_redirect_uri", f"redirect_uris must name 1 to {MAX_REDIRECT_URIS} addresses.")
    for uri in value:
        fault = _fault_of_redirect(uri)
        if fault:
            raise OAuthRefusal("invalid_redirect_uri", f"A redirect URI {fault}.")
    return tuple(dict.fromkeys(value))


def _fault_of_redirect(uri: Any) -> str | None:
    """Return what is wrong with a redirect URI, or None (RFC 6749 3.1.2, RFC 8252 7, RFC 9700 2.1)."""
    parts = _split(uri)
    if parts is None:
        return f"must be an absolute URI of at most {MAX_URI} characters without a fragment"
    if parts.scheme in {"http", "https"}:
        return _fault_of_web(parts)
    own = parts.scheme in _EDITORS or _PRIVATE_SCHEME.fullmatch(parts.scheme)
    if not own or "@" in parts.netloc:
        return "must use https, http on the loopback interface, or a scheme of one's own like com.example.app:/callback"
    return None


def _fault_of_web(parts: SplitResult) -> str | None:
    host = parts.hostname or ""
    if not _HOST.fullmatch(host) or "@" in parts.netloc or parts.netloc.endswith(":"):
        return "must name a host, and neither user nor password"
    if parts.scheme == "http" and not is_loopback(host):
        return "may use http on the loopback interface only"
    return None


def _split(uri: Any) -> SplitResult | None:
    """Return the parts of an absolute URI that needs no correction, or None if it is none."""
    if not isinstance(uri, str) or not 0 < len(uri) <= MAX_URI or not _URI.fullmatch(uri):
        return None
    try:
        parts = urlsplit(uri)
        # Reading the port says whether it is one.
        usable = bool(parts.scheme) and uri.startswith(f"{parts.scheme}:") and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def _name(value: Any) -> str:
    """Return the name people will read on the consent page: one line, nothing that turns or hides text."""
    if value is None:
        return "An application without a name"
    if not isinstance(value, str) or not 0 < len(value.strip()) <= MAX_NAME:
        raise _invalid(f"client_name must have 1 to {MAX_NAME} characters.")
    if any(unicodedata.category(character)[0] == "C" for character in value):
        raise _invalid("client_name must not hold control or formatting characters.")
    return " ".join(value.split())


def _method(value: Any) -> AuthMethod:
    method = DEFAULT_METHOD if value is None else value
    if method not in AUTH_METHODS:
        raise _invalid(f"token_endpoint_auth_method must be one of {', '.join(AUTH_METHODS)}.")
    return cast("AuthMethod", method)


def _grant_types(grants: Any, responses: Any) -> tuple[str, ...]:
    """Return the grant types in use: a code always, and those we do not have are left out (RFC 7591 3.2.1)."""
    named = ["authorization_code"] if grants is None else grants
    if not isinstance(named, list) or "authorization_code" not in named:
        raise _invalid("grant_types must include authorization_code.")
    if responses is not None and (
        not isinstance(responses, list) or not set(RESPONSE_TYPES) <= set(map(str, responses))
    ):
        raise _invalid("response_types must include code.")
    return tuple(grant for grant in GRANT_TYPES if grant in named)


def _scopes(value: Any) -> tuple[str, ...] | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > MAX_SCOPE or not SUPPORTED.issuperset(scopes_of(value)):
        raise _invalid("scope names a scope that does not exist; scopes_supported of the metadata lists them.")
    return scopes_of(value)


def _uri(value: Any) -> str | None:
    if value is None or value == "":
        return None
    parts = _split(value)
    if parts is None or parts.scheme not in {"http", "https"} or "@" in parts.netloc or not parts.hostname:
        raise _invalid("client_uri must be the address of a web page.")
    return str(value)


def _invalid(description: str) -> OAuthRefusal:
    return OAuthRefusal("invalid_client_metadata", description)
