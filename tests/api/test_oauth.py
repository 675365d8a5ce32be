"""The dance of an application that behaves: it registers, is let in, calls the API, refreshes and leaves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import jwt
import pytest
from fastapi import FastAPI
from tests.applications import (
    AUTHORIZE,
    CALLBACK,
    TOKEN,
    Application,
    Form,
    allow,
    anywhere,
    decide,
    open_consent,
    tokens,
    told,
)
from tests.conftest import ORIGIN, MovableClock, Office
from tests.contract.checker import Checker

from tracepass.core.secretkey import load_secret_key
from tracepass.core.tenancy import OPERATOR
from tracepass.identity.models import SCOPES, Workspace
from tracepass.identity.service import AccessTokens, Authenticator, Members, TokenDoor, Unauthorized
from tracepass.settings import Settings

Register = Callable[..., Awaitable[Application]]


@pytest.fixture
def register(app: FastAPI, contract: Checker) -> Register:
    """Registers applications, each from an address of its own."""

    async def make(**metadata: Any) -> Application:
        return await Application.register(anywhere(app, contract), **metadata)

    return make


@pytest.fixture
async def application(register: Register) -> Application:
    return await register()


@pytest.fixture
async def owner(office: Office, workspace: Workspace) -> httpx2.AsyncClient:
    """The browser of an owner who is signed in."""
    return await office.person(workspace)


def refused(answer: httpx2.Response, status: int, code: str) -> None:
    body = answer.json()
    assert (answer.status_code, body["error"]) == (status, code)
    assert body["error_description"] == body["message"]
    assert answer.headers["cache-control"] == "no-store"


class TestTheDance:
    async def test_a_code_becomes_tokens_that_open_what_was_allowed(
        self, owner: httpx2.AsyncClient, application: Application
    ) -> None:
        answer = await application.exchange(await allow(owner, application))
        body = answer.json()
        assert answer.headers["cache-control"] == "no-store"
        assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
        assert body["scope"] == "passports:read products:read offline_access"
        assert (await application.use(body["access_token"])).status_code == 200
        lacking = await application.use(body["access_token"], "/api/v1/templates")
        assert lacking.json()["details"] == {"scope": "templates:read"}
        named = lacking.headers["www-authenticate"]
        assert 'error="insufficient_scope", scope="templates:read"' in named
        assert f'resource_metadata="{ORIGIN}/.well-known/oauth-protected-resource"' in named

    async def test_the_application_is_told_state_and_issuer(
        self, owner: httpx2.AsyncClient, application: Application
    ) -> None:
        back = await decide(owner, await open_consent(owner, application))
        assert back.keys() == {"code", "state", "iss"}
        assert (back["state"], back["iss"]) == ("the-state", ORIGIN)

    async def test_a_query_of_the_redirect_uri_is_kept(self, owner: httpx2.AsyncClient, register: Register) -> None:
        application = await register(redirect_uris=[f"{CALLBACK}?tenant=7"])
        back = await decide(owner, await open_consent(owner, application))
        assert back["tenant"] == "7"
        assert (await application.exchange(back["code"])).status_code == 200

    async def test_who_says_no_is_believed(self, owner: httpx2.AsyncClient, application: Application) -> None:
        back = await decide(owner, await open_consent(owner, application), "deny")
        assert (back["error"], back["state"], back["iss"]) == ("access_denied", "the-state", ORIGIN)

    async def test_a_refresh_token_is_replaced_and_keeps_the_grant(
        self, owner: httpx2.AsyncClient, application: Application
    ) -> None:
        first = await tokens(owner, application)
        second = (await application.refresh(first["refresh_token"])).json()
        third = (await application.refresh(second["refresh_token"])).json()
        assert len({one["refresh_token"] for one in (first, second, third)}) == 3
        assert (await application.use(third["access_token"])).status_code == 200

    async def test_a_refresh_may_ask_for_less_and_later_have_all_again(
        self, owner: httpx2.AsyncClient, application: Application
    ) -> None:
        first = await tokens(owner, application)
        less = (await application.refresh(first["refresh_token"], scope="passports:read")).json()
        assert less["scope"] == "passports:read"
        assert (await application.use(less["access_token"])).json()["error"] == "insufficient_scope"
        again = (await application.refresh(less["refresh_token"])).json()
        assert (await application.use(again["access_token"])).status_code == 200

    async def test_without_offline_access_there_is_no_refresh_token(
        self, owner: httpx2.AsyncClient, application: Application, register: Register
    ) -> None:
        assert "refresh_token" not in await tokens(owner, application, scope="products:read")
        for_codes_only = await register(grant_types=["authorization_code"])
        assert "refresh_token" not in await tokens(owner, for_codes_only)

    @pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
    async def test_an_application_with_a_secret_shows_it(
        self, owner: httpx2.AsyncClient, register: Register, method: str
    ) -> None:
        application = await register(token_endpoint_auth_method=method)
        first = await tokens(owner, application)
        assert (await application.refresh(first["refresh_token"])).status_code == 200
        application.registered["client_secret"] = "tpcs_guessed"
        refused(await application.refresh(first["refresh_token"]), 401, "invalid_client")

    async def test_without_a_scope_the_application_may_read(
        self, owner: httpx2.AsyncClient, application: Application, register: Register
    ) -> None:
        found = await tokens(owner, application, scope=None)
        assert set(found["scope"].split()) == {scope for scope in SCOPES if scope.endswith(":read")}
        modest = await register(scope="products:read")
        assert (await tokens(owner, modest, scope=None))["scope"] == "products:read"

    async def test_a_token_says_whose_it_is_and_for_what(
        self, owner: httpx2.AsyncClient, application: Application
    ) -> None:
        resource = f"{ORIGIN}/api/v1"
        found = await tokens(owner, application, resource=resource)
        claims = jwt.decode(found["access_token"], options={"verify_signature": False})
        assert (claims["iss"], claims["aud"]) == (ORIGIN, resource)
        assert claims["client_id"] == application.registered["client_id"]
        assert claims["exp"] - claims["iat"] == 3600
        assert jwt.get_unverified_header(found["access_token"]) == {"alg": "HS256", "typ": "at+jwt"}

    async def test_a_grant_for_the_server_gives_tokens_for_each_of_its_resources(
        self, owner: httpx2.AsyncClient, application: Application
    ) -> None:
        code = await allow(owner, application)
        found = (await application.exchange(code, resource=f"{ORIGIN}/mcp")).json()
        assert jwt.decode(found["access_token"], options={"verify_signature": False})["aud"] == f"{ORIGIN}/mcp"

    async def test_history_names_the_person_and_the_application(
        self, owner: httpx2.AsyncClient, application: Application, make_passport: Any, client: httpx2.AsyncClient
    ) -> None:
        found = await tokens(owner, application, scope="passports:write passports:read")
        passport = await make_passport(client)
        headers = {"Authorization": f"Bearer {found['access_token']}"}
        path = f"/api/v1/passports/{passport['_id']}"
        await application.http.patch(f"{path}/fields/product_name", json={"value": "Cell"}, headers=headers)
        history = (await application.http.get(f"{path}/history", headers=headers)).json()
        actor = history["data"]["items"][0]["actor"]
        assert actor["type"] == "user"
        assert actor["label"].endswith(" via ERP connector")


class TestRolesAndWorkspaces:
    async def test_an_application_never_gets_more_than_the_role_of_its_person(
        self, office: Office, workspace: Workspace, application: Application
    ) -> None:
        viewer = await office.person(workspace, "viewer")
        page = await viewer.get(AUTHORIZE, params=application.request(scope="products:read products:write"))
        assert "Create and change products" in page.text.partition("what your role does not include")[2]
        found = await tokens(viewer, application, scope="products:read products:write")
        assert found["scope"] == "products:read"

    async def test_a_role_that_has_nothing_of_it_ends_the_request(
        self, office: Office, workspace: Workspace, application: Application
    ) -> None:
        viewer = await office.person(workspace, "viewer")
        fields = await open_consent(viewer, application, scope="products:write offline_access")
        assert (await decide(viewer, fields))["error"] == "access_denied"

    async def test_the_person_chooses_live_or_test_data(
        self,
        owner: httpx2.AsyncClient,
        application: Application,
        office: Office,
        workspace: Workspace,
        make_product: Any,
    ) -> None:
        made = await make_product(await office.client(workspace, environment="test"))
        fields = await open_consent(owner, application)
        assert fields["environment"] == "live"
        for environment, seen in (("live", 404), ("test", 200)):
            fields = await open_consent(owner, application)
            code = (await decide(owner, fields | {"environment": environment}))["code"]
            found = (await application.exchange(code)).json()
            assert (await application.use(found["access_token"], f"/api/v1/products/{made['_id']}")).status_code == seen

    @pytest.mark.parametrize("changes", [{"environment": "both"}, {"workspace": "0" * 24}, {"workspace": ""}])
    async def test_only_workspaces_of_the_person_can_be_chosen(
        self, owner: httpx2.AsyncClient, application: Application, changes: dict[str, str]
    ) -> None:
        fields = await open_consent(owner, application)
        answer = await owner.post(AUTHORIZE, data={**fields, **changes, "decision": "allow"})
        assert answer.status_code == 400
        assert "Choose one of your workspaces" in answer.text


class TestMetadata:
    async def test_the_server_says_where_everything_is(self, anonymous: httpx2.AsyncClient) -> None:
        body = (await anonymous.get("/.well-known/oauth-authorization-server")).json()
        assert body["issuer"] == ORIGIN
        assert body["code_challenge_methods_supported"] == ["S256"]
        assert body["authorization_response_iss_parameter_supported"] is True
        assert set(body["scopes_supported"]) == SCOPES | {"offline_access"}
        for name in ("token", "registration", "revocation", "introspection"):
            path = body[f"{name}_endpoint"].removeprefix(ORIGIN)
            assert (await anonymous.post(path)).status_code in {400, 415}

    @pytest.mark.parametrize("path", ["", "/api/v1", "/mcp"])
    async def test_each_resource_names_its_server(self, anonymous: httpx2.AsyncClient, path: str) -> None:
        resource = (await anonymous.get(f"/.well-known/oauth-protected-resource{path}")).json()
        assert (resource["resource"], resource["authorization_servers"]) == (f"{ORIGIN}{path}", [ORIGIN])
        assert set(resource["scopes_supported"]) == SCOPES
        server = await anonymous.get(f"/.well-known/oauth-authorization-server{path}")
        assert server.json()["issuer"] == ORIGIN
        assert server.headers["access-control-allow-origin"] == "*"


class TestLookingAndLeaving:
    async def test_an_application_sees_what_its_tokens_are_good_for(
        self, owner: httpx2.AsyncClient, application: Application, register: Register
    ) -> None:
        found = await tokens(owner, application)
        for kind, token_type in (("access_token", "Bearer"), ("refresh_token", None)):
            state = (await application.send("/api/oauth/introspect", {"token": found[kind]})).json()
            assert state["active"] is True
            assert state["scope"] == found["scope"]
            assert state.get("token_type") == token_type
        other = await register()
        for token in (found["access_token"], found["refresh_token"], "unknown"):
            assert (await other.send("/api/oauth/introspect", {"token": token})).json() == {"active": False}

    @pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
    async def test_revoking_one_token_revokes_all_of_the_grant(
        self, owner: httpx2.AsyncClient, application: Application, kind: str
    ) -> None:
        found = await tokens(owner, application)
        answer = await application.send("/api/oauth/revoke", {"token": found[kind]})
        assert (answer.status_code, answer.json()) == (200, {})
        assert (await application.use(found["access_token"])).status_code == 401
        refused(await application.refresh(found["refresh_token"]), 400, "invalid_grant")
        state = await application.send("/api/oauth/introspect", {"token": found["access_token"]})
        assert state.json() == {"active": False}

    async def test_what_is_not_known_is_revoked_enough(self, application: Application) -> None:
        assert (await application.send("/api/oauth/revoke", {"token": "unknown"})).status_code == 200
        assert (await application.send("/api/oauth/revoke", {"token": "a.b.c"})).status_code == 200

    async def test_nobody_revokes_the_tokens_of_another_application(
        self, owner: httpx2.AsyncClient, application: Application, register: Register
    ) -> None:
        found = await tokens(owner, application)
        other = await register()
        refused(await other.send("/api/oauth/revoke", {"token": found["access_token"]}), 400, "invalid_grant")
        assert (await application.use(found["access_token"])).status_code == 200

    @pytest.mark.parametrize("path", ["/api/oauth/revoke", "/api/oauth/introspect"])
    async def test_a_token_must_be_named_by_an_application_that_is_known(
        self, application: Application, path: str
    ) -> None:
        refused(await application.send(path, {}), 400, "invalid_request")
        refused(await application.send(path, {"token": "x"}, {"client_id": "tpc_nobody"}), 401, "invalid_client")

    async def test_a_revoked_grant_is_refused_within_five_seconds_where_it_was_cached(
        self, app: FastAPI, owner: httpx2.AsyncClient, application: Application
    ) -> None:
        found = await tokens(owner, application)
        assert (await application.use(found["access_token"])).status_code == 200
        page = await owner.get("/account/apps")
        grant = Form(page.text).fields
        assert (await owner.post("/account/apps", data=grant)).status_code == 303
        # As the memory of four seconds would by itself.
        app.state.services[Authenticator].forget(found["access_token"])
        assert (await application.use(found["access_token"])).status_code == 401

    async def test_tokens_end(self, owner: httpx2.AsyncClient, application: Application, clock: MovableClock) -> None:
        found = await tokens(owner, application)
        clock.move(seconds=3601)
        ended = await application.use(found["access_token"])
        assert ended.status_code == 401
        assert 'error="invalid_token"' in ended.headers["www-authenticate"]
        assert (await application.refresh(found["refresh_token"])).status_code == 200

    async def test_refresh_tokens_end_after_thirty_days(
        self, owner: httpx2.AsyncClient, application: Application, clock: MovableClock
    ) -> None:
        found = await tokens(owner, application)
        clock.move(days=30, seconds=1)
        refused(await application.refresh(found["refresh_token"]), 400, "invalid_grant")

    async def test_who_leaves_the_workspace_takes_their_applications_along(
        self,
        office: Office,
        workspace: Workspace,
        application: Application,
        owner: httpx2.AsyncClient,
        clock: MovableClock,
    ) -> None:
        user, secret = await office.session(workspace, "admin")
        leaver = anywhere(office.app, office.contract)
        leaver.cookies.set("tp_session", secret)
        found = await tokens(leaver, application)
        members = (await owner.get("/api/v1/members")).json()["data"]["items"]
        member = next(one for one in members if one["user"]["name"] == user.name)
        assert (await owner.delete(f"/api/v1/members/{member['_id']}")).status_code == 200
        assert (await application.use(found["access_token"])).status_code == 401
        refused(await application.refresh(found["refresh_token"]), 400, "invalid_grant")
        # Who comes back brings nothing along: the applications ask again.
        await Members(office.database, clock=clock).set_role(workspace, user, "admin", actor=OPERATOR)
        assert (await application.use(found["access_token"])).status_code == 401

    @pytest.mark.parametrize("change", ["removed", "demoted"])
    async def test_what_becomes_of_a_member_counts_within_five_seconds_where_a_token_was_cached(
        self,
        office: Office,
        workspace: Workspace,
        application: Application,
        settings: Settings,
        clock: MovableClock,
        change: str,
    ) -> None:
        user, secret = await office.session(workspace, "admin")
        person = anywhere(office.app, office.contract)
        person.cookies.set("tp_session", secret)
        found = await tokens(person, application, scope="workspace:read workspace:manage")
        tokens_of_app, moment = AccessTokens(load_secret_key(settings), issuer=ORIGIN, clock=clock), [0.0]
        kept = Authenticator(
            [TokenDoor(office.database, tokens_of_app, clock=clock)],
            clock=clock,
            monotonic=lambda: moment[0],
        )
        assert "workspace:manage" in (await kept.authenticate(found["access_token"])).rights
        owner = await office.person(workspace)
        members = (await owner.get("/api/v1/members")).json()["data"]["items"]
        member = next(f"/api/v1/members/{one['_id']}" for one in members if one["user"]["_id"] == str(user.id))
        answer = await (owner.delete(member) if change == "removed" else owner.patch(member, json={"role": "viewer"}))
        assert answer.status_code == 200
        moment[0] = 5.0
        if change == "removed":
            with pytest.raises(Unauthorized):
                await kept.authenticate(found["access_token"])
        else:
            assert (await kept.authenticate(found["access_token"])).rights == {"workspace:read"}


class TestRegistration:
    async def test_what_is_not_understood_is_passed_over(self, register: Register) -> None:
        found = await register(application_type="native", jwks={"keys": []}, software_id=7)
        assert "application_type" not in found.registered
        assert "client_secret" not in found.registered

    async def test_the_defaults_are_those_of_the_standard(self, register: Register) -> None:
        found = (await register(token_endpoint_auth_method=None, grant_types=None, client_name=None)).registered
        assert found["token_endpoint_auth_method"] == "client_secret_basic"
        assert found["client_secret"]
        assert found["grant_types"] == ["authorization_code"]

    @pytest.mark.parametrize(
        "uri",
        [
            "https://erp.example/cb",
            "https://erp.example:8443/cb?a=b",
            "http://localhost:3118/callback",
            "http://127.0.0.1/cb",
            "http://[::1]:9/cb",
            "com.example.app:/callback",
            "com.example.app://callback",
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "vscode://vscode.github-authentication/did-authenticate",
        ],
    )
    async def test_redirect_uris_that_lead_to_the_application_are_taken(self, register: Register, uri: str) -> None:
        assert (await register(redirect_uris=[uri])).registered["redirect_uris"] == [uri]

    @pytest.mark.parametrize(
        "uris",
        [
            None,
            [],
            "https://erp.example/cb",
            [7],
            [""],
            ["/cb"],
            ["erp.example/cb"],
            ["http://erp.example/cb"],
            ["http://localhost.evil.example/cb"],
            ["http://127.0.0.1.evil.example/cb"],
            ["https://erp.example/cb#fragment"],
            ["https://user@erp.example/cb"],
            ["https://user:word@erp.example/cb"],
            ["https://erp.example:99999/cb"],
            ["https://[::1/cb"],
            ["https://erp.example:/cb"],
            ["https:///cb"],
            ["https://erp.example/c b"],
            ["https://erp.example/cb\r\nX: y"],
            ["https://erp.example;script-src *"],
            ["https://erp.example\\@evil.example/cb"],
            ["javascript:alert(1)"],
            ["data:text/html,hello"],
            ["file:///etc/passwd"],
            ["app:/cb"],
            ["cursors://evil.example/cb"],
            ["cursor://user@evil.example/cb"],
            ["HTTPS://erp.example/cb"],
            ["https://ерп.example/cb"],
            ["https://erp.example/" + "x" * 2000],
            [f"https://erp.example/{number}" for number in range(11)],
        ],
    )
    async def test_redirect_uris_that_might_lead_elsewhere_are_not(
        self, app: FastAPI, contract: Checker, uris: Any
    ) -> None:
        answer = await anywhere(app, contract).post("/api/oauth/register", json={"redirect_uris": uris})
        refused(answer, 400, "invalid_redirect_uri")

    @pytest.mark.parametrize(
        "metadata",
        [
            {"client_name": ""},
            {"client_name": "x" * 101},
            {"client_name": "TracePass\u202e"},
            {"client_name": "a\nb"},
            {"client_name": 7},
            {"token_endpoint_auth_method": "private_key_jwt"},
            {"grant_types": ["client_credentials"]},
            {"grant_types": "authorization_code"},
            {"response_types": ["token"]},
            {"scope": "everything"},
            {"scope": 7},
            {"client_uri": "javascript:alert(1)"},
            {"client_uri": "https://user@erp.example"},
        ],
    )
    async def test_other_metadata_are_read_with_care(
        self, app: FastAPI, contract: Checker, metadata: dict[str, Any]
    ) -> None:
        body = {"redirect_uris": [CALLBACK], **metadata}
        refused(await anywhere(app, contract).post("/api/oauth/register", json=body), 400, "invalid_client_metadata")

    @pytest.mark.usefixtures("stopped_clock")
    async def test_an_address_registers_so_many_and_then_waits(self, app: FastAPI, contract: Checker) -> None:
        here, body = anywhere(app, contract), {"redirect_uris": [CALLBACK]}
        statuses = [(await here.post("/api/oauth/register", json=body)).status_code for _ in range(32)]
        assert statuses[:30] == [201] * 30
        assert statuses[-1] == 429
        assert (await anywhere(app, contract).post("/api/oauth/register", json=body)).status_code == 201

    async def test_what_fails_before_oauth_has_our_envelope(self, app: FastAPI, contract: Checker) -> None:
        here = anywhere(app, contract)
        for content, code in ((b"{", "malformed_json"), (b"[]", "validation_error")):
            headers = {"Content-Type": "application/json"}
            answer = await here.post("/api/oauth/register", content=content, headers=headers)
            assert (answer.status_code, answer.json()["error"]) == (400, code)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        for content in (b"a=%ff", b"a=%00", b"&".join(b"a%d=b" % number for number in range(101))):
            answer = await here.post(TOKEN, content=content, headers=form)
            assert (answer.status_code, answer.json()["error"]) == (400, "validation_error")


class TestBrokenRequests:
    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"response_type": "token"}, "unsupported_response_type"),
            ({"response_type": 'é"'}, "unsupported_response_type"),
            ({"response_type": None}, "invalid_request"),
            ({"scope": "everything"}, "invalid_scope"),
            ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
            ({"code_challenge": "too-short"}, "invalid_request"),
            ({"resource": "https://other.example"}, "invalid_target"),
            ({"resource": f"{ORIGIN}/elsewhere"}, "invalid_target"),
            ({"state": ["one", "two"]}, "invalid_request"),
            ({"state": None, "scope": "everything"}, "invalid_scope"),
        ],
    )
    async def test_the_application_is_told_what_is_wrong(
        self, anonymous: httpx2.AsyncClient, application: Application, changes: dict[str, Any], code: str
    ) -> None:
        answer = await anonymous.get(AUTHORIZE, params=application.request(**changes))
        assert answer.status_code == 303
        back = told(answer)
        assert (back["error"], back["iss"]) == (code, ORIGIN)
        assert back["error_description"]

    async def test_an_application_may_not_ask_for_more_than_it_registered(
        self, anonymous: httpx2.AsyncClient, register: Register
    ) -> None:
        modest = await register(scope="products:read")
        answer = await anonymous.get(AUTHORIZE, params=modest.request(scope="products:read products:write"))
        assert told(answer)["error"] == "invalid_scope"

    async def test_parameters_of_other_standards_are_passed_over(
        self, owner: httpx2.AsyncClient, application: Application
    ) -> None:
        fields = await open_consent(owner, application, prompt="consent", nonce="n", claims="{}")
        assert "prompt" not in fields

    @pytest.mark.parametrize(
        ("parameters", "status", "code"),
        [
            ({"grant_type": "password"}, 400, "unsupported_grant_type"),
            ({"grant_type": None}, 400, "unsupported_grant_type"),
            ({"grant_type": "authorization_code"}, 400, "invalid_request"),
            ({"grant_type": "refresh_token"}, 400, "invalid_request"),
            ({"grant_type": "authorization_code", "code": "x"}, 400, "invalid_grant"),
            ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_grant"),
            (
                {"grant_type": "refresh_token", "refresh_token": "x", "resource": "https://a.example"},
                400,
                "invalid_target",
            ),
            ({"grant_type": ["refresh_token", "refresh_token"]}, 400, "invalid_request"),
            ({"grant_type": "refresh_token", "client_id": None}, 401, "invalid_client"),
            ({"grant_type": "refresh_token", "client_id": "tpc_nobody"}, 401, "invalid_client"),
            ({"grant_type": "refresh_token", "client_secret": "x"}, 401, "invalid_client"),
        ],
    )
    async def test_the_token_endpoint_says_what_is_wrong(
        self, application: Application, parameters: dict[str, Any], status: int, code: str
    ) -> None:
        refused(await application.send(TOKEN, parameters, parameters), status, code)

    @pytest.mark.parametrize("header", ["Basic", "Basic !", "Basic /w==", "Basic dTpw", "Basic dHBjX3g="])
    async def test_a_header_that_names_nobody_is_refused(self, application: Application, header: str) -> None:
        answer = await application.http.post(
            TOKEN, data={"grant_type": "refresh_token"}, headers={"Authorization": header}
        )
        refused(answer, 401, "invalid_client")
        assert answer.headers["www-authenticate"].startswith("Basic ")

    async def test_an_application_that_registered_no_refreshing_cannot(self, register: Register) -> None:
        plain = await register(grant_types=["authorization_code"])
        refused(await plain.refresh("tpr_x"), 400, "unauthorized_client")
