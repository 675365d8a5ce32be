"""Who may not do what: for every operation of the contract, by credential, workspace, scope and role.

Generated from the contract: an operation that is added tomorrow is held to the same, and one about something that
nobody here knows how to make fails until `tests/contract/premises.py` is told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from tests.conftest import Office, client_of
from tests.contract.checker import Checker, Operation
from tests.contract.premises import Owner, Premises
from tests.contract.requests import Requests

from tracepass.contract import load
from tracepass.identity.models import RIGHTS, SCOPES, Role

OPERATIONS = Checker(load()).operations
GUARDED = [operation for operation in OPERATIONS if not operation.public]
SCOPED = [operation for operation in OPERATIONS if operation.scopes]
IN_A_WORKSPACE = [operation for operation in SCOPED if "{" in operation.path and "/templates/" not in operation.path]
ROLES: tuple[Role, ...] = ("owner", "admin", "editor", "viewer")


def _each(operations: list[Operation]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("operation", operations, ids=lambda operation: operation.id)


def _refusal(answer: httpx2.Response) -> tuple[int, str, Any]:
    body = answer.json()
    return answer.status_code, body["error"], body.get("details")


@pytest.fixture(scope="module")
async def people(office: Office) -> dict[Role, httpx2.AsyncClient]:
    """One signed-in person for each role, in one workspace."""
    workspace = await office.workspace(name="Roles")
    return {role: await office.person(workspace, role) for role in ROLES}


@pytest.fixture(scope="module")
def lacking(office: Office) -> Callable[[str], Any]:
    """Give clients whose key has every scope but one."""
    made: dict[str, httpx2.AsyncClient] = {}

    async def client(scope: str) -> httpx2.AsyncClient:
        if scope not in made:
            made[scope] = await office.client(scopes=SCOPES - {scope})
        return made[scope]

    return client


def test_every_operation_asks_for_one_scope_or_any_credential_or_is_public() -> None:
    for operation in OPERATIONS:
        assert len(operation.scopes) <= 1, operation.id
        assert operation.scopes <= SCOPES, operation.id


@_each(GUARDED)
async def test_without_a_credential_nothing_is_done(
    operation: Operation, requests: Requests, anonymous: httpx2.AsyncClient
) -> None:
    answer = await requests.send(anonymous, operation)
    assert _refusal(answer) == (401, "unauthorized", None)
    assert answer.headers["www-authenticate"].startswith("Bearer")


@_each(GUARDED)
@pytest.mark.parametrize("secret", ["tp_live_unknown", "tps_unknown", "a.b.c", "x"], ids=["key", "session", "jwt", "x"])
async def test_a_credential_that_opens_nothing_is_as_good_as_none(
    operation: Operation, secret: str, requests: Requests, office: Office
) -> None:
    answer = await requests.send(client_of(office.app, office.contract, key=secret), operation)
    assert _refusal(answer) == (401, "unauthorized", None)


@_each(SCOPED)
async def test_a_key_that_lacks_the_scope_is_told_which(
    operation: Operation, requests: Requests, lacking: Callable[[str], Any]
) -> None:
    (scope,) = operation.scopes
    answer = await requests.send(await lacking(scope), operation)
    assert _refusal(answer) == (403, "insufficient_scope", {"scope": scope})
    assert f'scope="{scope}"' in answer.headers["www-authenticate"]


@_each(SCOPED)
@pytest.mark.parametrize("role", ROLES)
async def test_a_role_does_what_it_may_and_nothing_else(
    operation: Operation, role: Role, requests: Requests, people: dict[Role, httpx2.AsyncClient]
) -> None:
    (scope,) = operation.scopes
    answer = await requests.send(people[role], operation)
    if scope in RIGHTS[role]:
        assert answer.status_code not in {401, 403}, answer.text
    else:
        assert _refusal(answer) == (403, "forbidden", {"role": role, "scope": scope})


@_each(IN_A_WORKSPACE)
async def test_what_belongs_to_another_workspace_does_not_exist(
    operation: Operation, requests: Requests, premises: Premises, office: Office, client: httpx2.AsyncClient
) -> None:
    theirs = await office.workspace(name="Theirs")
    places = await premises.of(operation, Owner(theirs, await office.client(theirs)))
    answer = await requests.at(**places).send(client, operation)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


@_each(IN_A_WORKSPACE)
async def test_what_is_live_does_not_exist_for_a_test_key(
    operation: Operation, requests: Requests, premises: Premises, office: Office
) -> None:
    here = await office.workspace(name="Both")
    if operation.path.startswith(SHARED):
        pytest.skip("people and keys belong to the workspace, not to one of its environments")
    places = await premises.of(operation, Owner(here, await office.client(here)))
    answer = await requests.at(**places).send(await office.client(here, environment="test"), operation)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


SHARED = (
    "/api/v1/api-keys",
    "/api/v1/members",
    "/api/v1/invitations",
    "/api/v1/sessions",
    "/api/v1/domains",
)
