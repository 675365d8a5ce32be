"""The routes of signing keys, and of what verifiers of credentials look up."""

from __future__ import annotations

from typing import Any, Final

import orjson
from starlette.responses import Response

from tracepass.api import Budget, Call, Router, answer, path_id, raw_answer
from tracepass.core.completion import answering
from tracepass.core.schema import Nothing
from tracepass.core.tenancy import Environment
from tracepass.credentials.context import PATH
from tracepass.credentials.service import Credentials, SigningKeys

READ, MANAGE = "workspace:read", "workspace:manage"
keys_router = Router(prefix="/api/v1/workspace/signing-keys")
did_router = Router()

ANYBODY: Final = {"Access-Control-Allow-Origin": "*"}
SHORT: Final = {**ANYBODY, "Cache-Control": "public, max-age=60, must-revalidate"}
"""A new key must soon be known everywhere."""
LONG: Final = {**ANYBODY, "Cache-Control": "public, max-age=86400"}


@keys_router.operation("GET", "", scope=READ)
async def list_signing_keys(call: Call) -> Response:
    """List the keys that credentials are, or were, signed with."""
    return answer({"data": {"items": await call.service(SigningKeys).list_(call.caller)}})


@keys_router.operation("POST", "/rotate", scope=MANAGE, budget=Budget.WRITES)
async def rotate_signing_key(call: Call, body: Nothing) -> Response:  # noqa: ARG001 - the empty body is checked
    """Sign with a new key."""
    render = answering(lambda key: answer(key, 201))
    return render(await call.service(SigningKeys).rotate(call.caller))


@keys_router.operation("DELETE", "/{id}", scope=MANAGE, budget=Budget.WRITES)
async def withdraw_signing_key(call: Call) -> Response:
    """Withdraw a key that does not sign any more."""
    await call.service(SigningKeys).withdraw(call.caller, path_id(call, "id"))
    return answer({"message": "The key was withdrawn; what it signed cannot be verified any more."})


@did_router.operation("GET", "/did/{slug}/did.json", public=True)
async def get_did_document(call: Call) -> Response:
    """Tell the keys of a company."""
    return await _document(call, "live")


@did_router.operation("GET", "/did/test/{slug}/did.json", public=True)
async def get_test_did_document(call: Call) -> Response:
    """Tell the keys of a company's tests."""
    return await _document(call, "test")


@did_router.operation("GET", "/did/{slug}/jwks.json", public=True)
async def get_jwks(call: Call) -> Response:
    """Tell the keys of a company as a JWK Set."""
    return await _key_set(call, "live")


@did_router.operation("GET", "/did/test/{slug}/jwks.json", public=True)
async def get_test_jwks(call: Call) -> Response:
    """Tell the keys of a company's tests as a JWK Set."""
    return await _key_set(call, "test")


@did_router.operation("GET", PATH, public=True)
async def get_credential_context(call: Call) -> Response:
    """Serve the JSON-LD context of credentials."""
    return _json({"@context": call.service(Credentials).context}, "application/ld+json", LONG)


async def _document(call: Call, environment: Environment) -> Response:
    issuer, keys = await call.service(SigningKeys).published(environment, call.path_params["slug"])
    return _json(issuer.document(keys), "application/did+json", SHORT)


async def _key_set(call: Call, environment: Environment) -> Response:
    issuer, keys = await call.service(SigningKeys).published(environment, call.path_params["slug"])
    return _json(issuer.jwks(keys), "application/jwk-set+json", SHORT)


def _json(document: Any, media_type: str, headers: dict[str, str]) -> Response:
    return raw_answer(orjson.dumps(document), media_type, headers=headers)
