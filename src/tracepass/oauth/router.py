"""The endpoints that applications talk to, and the metadata by which they find them."""

from __future__ import annotations

from typing import Any, Final

from pydantic import RootModel
from starlette.responses import Response

from tracepass.api import Call, Router, answer
from tracepass.api.policy import FORM, FORM_LIMIT
from tracepass.identity.service import METADATA_PATH, Authenticator
from tracepass.oauth.metadata import resource_metadata, server_metadata
from tracepass.oauth.service import Clients, Exchange, Inspection

router = Router()
REGISTRATION_LIMIT: Final = 64 * 1024
SERVER_PATH: Final = "/.well-known/oauth-authorization-server"
RESOURCE_PATHS: Final = ("", "/api/v1", "/mcp")
"""Where there is something to use a token for; clients put the path behind the well-known one (RFC 9728 3.1)."""
SECRET_HEADERS: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
METADATA_HEADERS: Final = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}


class ClientMetadata(RootModel[dict[str, Any]]):
    """What an application says of itself; members that mean nothing here are passed over (RFC 7591 2)."""


def _authorization(call: Call) -> str | None:
    return call.headers.get("authorization")


@router.operation("POST", "/api/oauth/register", public=True, max_body=REGISTRATION_LIMIT)
async def register_client(call: Call, body: ClientMetadata) -> Response:
    """Register an application."""
    registered = await call.service(Clients).register(body.root, address=call.address)
    return answer(registered, 201, headers=SECRET_HEADERS)


@router.operation("POST", "/api/oauth/token", public=True, media_type=FORM, max_body=FORM_LIMIT)
async def get_token(call: Call) -> Response:
    """Exchange a code or a refresh token for tokens."""
    body = await call.service(Exchange).exchange(call.fields, _authorization(call))
    return answer(body, headers=SECRET_HEADERS)


@router.operation("POST", "/api/oauth/introspect", public=True, media_type=FORM, max_body=FORM_LIMIT)
async def introspect_token(call: Call) -> Response:
    """Tell what a token is good for."""
    body = await call.service(Inspection).introspect(call.fields, _authorization(call))
    return answer(body, headers=SECRET_HEADERS)


@router.operation("POST", "/api/oauth/revoke", public=True, media_type=FORM, max_body=FORM_LIMIT)
async def revoke_token(call: Call) -> Response:
    """Revoke a token and all others of its grant."""
    token = await call.service(Inspection).revoke(call.fields, _authorization(call))
    if token is not None:
        call.service(Authenticator).forget(token)
    return answer({}, headers=SECRET_HEADERS)


def _serve_metadata(path: str) -> None:
    """Serve both documents for the resource at a path."""

    @router.operation("GET", SERVER_PATH + path, public=True)
    async def get_server_metadata(call: Call) -> Response:
        return answer(server_metadata(call.app.state.settings.api_origin), headers=METADATA_HEADERS)

    @router.operation("GET", METADATA_PATH + path, public=True)
    async def get_resource_metadata(call: Call) -> Response:
        return answer(resource_metadata(call.app.state.settings.api_origin, path), headers=METADATA_HEADERS)


for _path in RESOURCE_PATHS:
    _serve_metadata(_path)
