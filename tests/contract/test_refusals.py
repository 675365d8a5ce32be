"""Who may not do what: for every operation of the contract, by credential, workspace, scope and role.

Keys, access tokens and sessions are each held to it, and a refusal that alone would prove nothing, such as a 404,
has its counterpart: what a stranger does not find is there for its owner.

Generated from the contract: an operation that is added tomorrow is held to the same, and one about something that
nobody here knows how to make fails until `tests/contract/premises.py` is told.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from tests.conftest import ORIGIN, Office, client_of
from tests.contract.checker import Checker, Operation
from tests.contract.premises import Owner, Premises
from tests.contract.requests import Requests

from tracepass.contract import load
from tracepass.core.clock import system_clock, timestamp
from tracepass.core.ids import new_id
from tracepass.core.secretkey import load_secret_key
from tracepass.identity.models import RIGHTS, SCOPES, Role, Workspace
from tracepass.identity.service import AccessTokens, Grant, Grants
from tracepass.settings import Settings

OPERATIONS = Checker(load()).operations
GUARDED = [operation for operation in OPERATIONS if not operation.public]
SCOPED = [operation for operation in OPERATIONS if operation.scopes]
OF_NOBODY = ("/templates/", "/nextPageToken/")
IN_A_WORKSPACE = [one for one in SCOPED if "{" in one.path and not any(part in one.path for part in OF_NOBODY)]
ROLES: tuple[Role, ...] = ("owner", "admin", "editor", "viewer")


def _each(operations: list[Operation]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("operation", operations, ids=lambda operation: operation.id)


def _refusal(answer: httpx2.Response) -> tuple[int, str, Any]:
    body = answer.json()
    return answer.status_code, body["error"], body.get("details")


@pytest.fixture(scope="module")
async def people(office: Office, settings: Settings) -> dict[tuple[str, Role], httpx2.AsyncClient]:
    """For each role a person who is signed in, and an application that acts for one, in one workspace."""
    workspace = await office.workspace(name="Roles")
    sessions = {("session", role): await office.person(workspace, role) for role in ROLES}
    tokens = {("token", role): await token_client(office, settings, workspace, role=role) for role in ROLES}
    return {**sessions, **tokens}


@pytest.fixture(scope="module")
def lacking(office: Office, settings: Settings) -> Callable[[str, str], Any]:
    """Give clients whose key or token has every scope but one."""
    made: dict[tuple[str, str], httpx2.AsyncClient] = {}

    async def client(kind: str, scope: str) -> httpx2.AsyncClient:
        if (kind, scope) not in made:
            workspace, scopes = await office.workspace(), SCOPES - {scope}
            made[kind, scope] = await (
                office.client(workspace, scopes=scopes)
                if kind == "key"
                else token_client(office, settings, workspace, scopes=scopes)
            )
        return made[kind, scope]

    return client


async def token_client(
    office: Office, settings: Settings, workspace: Workspace, *, role: Role = "owner", scopes: frozenset[str] = SCOPES
) -> httpx2.AsyncClient:
    """A client with an access token for a new person of this role."""
    (user, _), now = await office.session(workspace, role), system_clock()
    grant = Grant(
        id=new_id(),
        client_id="tpc_tests",
        client_name="Tests",
        user_id=user.id,
        user_name=user.name,
        workspace_id=workspace.id,
        environment="live",
        scopes=tuple(sorted(scopes)),
        resource=ORIGIN,
        created_at=timestamp(now),
    )
    grants = Grants(office.database, clock=system_clock)
    await office.database.transact(
        lambda session: grants.create(grant, purge_at=now + timedelta(days=1), session=session)
    )
    tokens = AccessTokens(load_secret_key(settings), issuer=ORIGIN, clock=system_clock)
    return client_of(office.app, office.contract, key=tokens.issue(grant, grant.scopes, resource=ORIGIN))


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


@pytest.fixture(scope="module")
async def holder(office: Office) -> httpx2.AsyncClient:
    """Somebody with an access grant for a whole workspace."""
    owner = await office.client(await office.workspace(name="Granting"))
    body = {
        "role": "market_surveillance",
        "holder": {"name": "Authority"},
        "scope": {"type": "workspace"},
        "purpose": "Inspection",
        "expiresAt": timestamp(system_clock() + timedelta(days=30)),
    }
    made = await owner.post("/api/v1/access-grants", json=body)
    assert made.status_code == 201, made.text
    return client_of(office.app, office.contract, key=made.json()["token"])


@_each(GUARDED)
async def test_an_access_grant_opens_passports_and_nothing_else(
    operation: Operation, requests: Requests, holder: httpx2.AsyncClient
) -> None:
    answer = await requests.send(holder, operation)
    if operation.id in OPEN_TO_GRANTS:
        # Nothing of a workspace is known to a holder but passports that were published.
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    else:
        assert _refusal(answer) == (403, "forbidden", {"credential": "access_grant"})


@_each([operation for operation in GUARDED if operation.method != "get"])
async def test_a_session_writes_from_our_own_pages_alone(
    operation: Operation, requests: Requests, people: dict[tuple[str, Role], httpx2.AsyncClient]
) -> None:
    headers = {"X-CSRF-Token": "", "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answer = await requests.send(people["session", "owner"], operation, headers=headers)
    assert _refusal(answer) == (403, "forbidden", {"header": "x-csrf-token"})


@_each(SCOPED)
@pytest.mark.parametrize("kind", ["key", "token"])
async def test_a_credential_that_lacks_the_scope_is_told_which(
    operation: Operation, kind: str, requests: Requests, lacking: Callable[[str, str], Any]
) -> None:
    (scope,) = operation.scopes
    answer = await requests.send(await lacking(kind, scope), operation)
    assert _refusal(answer) == (403, "insufficient_scope", {"scope": scope})
    assert f'scope="{scope}"' in answer.headers["www-authenticate"]


@_each(SCOPED)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", ["session", "token"])
async def test_a_role_does_what_it_may_and_nothing_else(
    operation: Operation,
    kind: str,
    role: Role,
    requests: Requests,
    people: dict[tuple[str, Role], httpx2.AsyncClient],
) -> None:
    (scope,) = operation.scopes
    answer = await requests.send(people[kind, role], operation)
    if scope in RIGHTS[role]:
        refused = kind == "token" and operation.id in NOT_FOR_APPLICATIONS
        assert (answer.status_code in {401, 403}) is refused, answer.text
    else:
        assert _refusal(answer) == (403, "forbidden", {"role": role, "scope": scope})


@_each([operation for operation in GUARDED if not operation.scopes])
async def test_what_asks_for_no_scope_is_for_everybody_or_for_people_alone(
    operation: Operation, requests: Requests, office: Office, settings: Settings
) -> None:
    home = await office.workspace()
    for_people = operation.definition["security"] == [{"sessionCookie": []}]
    for program in (await office.client(home), await token_client(office, settings, home)):
        answer = await requests.send(program, operation)
        if for_people:
            assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
        else:
            assert answer.status_code not in {401, 403}, answer.text
    person = await requests.send(await office.person(home), operation)
    assert person.status_code not in {401, 403}, person.text


@_each(IN_A_WORKSPACE)
async def test_what_belongs_to_another_workspace_does_not_exist(
    operation: Operation, requests: Requests, premises: Premises, office: Office, settings: Settings
) -> None:
    theirs, ours = await office.workspace(name="Theirs"), await office.workspace(name="Ours")
    owner = Owner(theirs, await office.client(theirs))
    places, nowhere = await premises.of(operation, owner), {"id": str(new_id()), "serial": uuid4().hex}
    for stranger in (await office.client(ours), await token_client(office, settings, ours), await office.person(ours)):
        answer = await requests.at(**places).send(stranger, operation)
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
        unknown = await requests.at(**places | nowhere).send(stranger, operation)
        assert unknown.json() == answer.json()
    # For its owner it is there, or at least what is missing is something within it.
    own = await requests.at(**places).send(owner.client, operation)
    assert own.status_code != 404 or own.json()["message"] != answer.json()["message"], own.text


@pytest.fixture(scope="module")
def furnished() -> dict[str, Any]:
    """What `test_no_list_holds_anything_of_others` has made, once for all lists."""
    return {}


@_each([one for one in SCOPED if one.method == "get" and "{" not in one.path])
async def test_no_list_holds_anything_of_others(
    operation: Operation,
    requests: Requests,
    premises: Premises,
    office: Office,
    client: httpx2.AsyncClient,
    furnished: dict[str, Any],
) -> None:
    if not furnished:
        theirs = await office.workspace(name="Furnished")
        furnished["owner"] = owner = Owner(theirs, await office.client(theirs))
        collections = {one.path[: one.path.index("{")].rstrip("/"): one for one in IN_A_WORKSPACE}
        made = {collection: await premises.of(one, owner) for collection, one in collections.items()}
        furnished["made"] = {collection: next(iter(places.values())) for collection, places in made.items()}
    made, answer = furnished["made"], await requests.send(client, operation)
    assert not [thing for thing in made.values() if thing in answer.text]
    if operation.path in made and answer.status_code == 200:
        own = await requests.send(furnished["owner"].client, operation)
        assert made[operation.path] in own.text


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


OPEN_TO_GRANTS = {"getPassport", "getPassportBySerial"}
"""What holders of access grants may ask for."""
NOT_FOR_APPLICATIONS = {"createApiKey"}
"""What no application does, whatever it was granted: a key would outlive it."""
SHARED = (
    "/api/v1/api-keys",
    "/api/v1/members",
    "/api/v1/invitations",
    "/api/v1/sessions",
    "/api/v1/domains",
)
