"""What the server says of itself, so that an application needs to know nothing but an address."""

from __future__ import annotations

from typing import Any

from tracepass.oauth.models import AUTH_METHODS, CHALLENGE_METHODS, GRANT_TYPES, OFFLINE, RESPONSE_TYPES, SUPPORTED


def server_metadata(issuer: str) -> dict[str, Any]:
    """Return the metadata of the authorization server (RFC 8414 2)."""
    endpoints = f"{issuer}/api/oauth"
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{endpoints}/authorize",
        "token_endpoint": f"{endpoints}/token",
        "registration_endpoint": f"{endpoints}/register",
        "revocation_endpoint": f"{endpoints}/revoke",
        "introspection_endpoint": f"{endpoints}/introspect",
        "scopes_supported": sorted(SUPPORTED),
        "response_types_supported": list(RESPONSE_TYPES),
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANT_TYPES),
        "code_challenge_methods_supported": list(CHALLENGE_METHODS),
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "introspection_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "authorization_response_iss_parameter_supported": True,
        "service_documentation": f"{issuer}/docs",
    }


def resource_metadata(issuer: str, path: str = "") -> dict[str, Any]:
    """Return the metadata of a protected resource at a path (RFC 9728 2).

    ``offline_access`` is no right at a resource but a way to get tokens, so it is named by the server alone.
    """
    return {
        "resource": f"{issuer}{path}",
        "resource_name": "TracePass",
        "authorization_servers": [issuer],
        "scopes_supported": sorted(SUPPORTED - {OFFLINE}),
        "bearer_methods_supported": ["header"],
        "resource_documentation": f"{issuer}/docs",
    }
