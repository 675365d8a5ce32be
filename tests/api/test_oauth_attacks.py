"""The attack table of the authorization server: each row is something somebody will try, and what becomes of it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fastapi import FastAPI
from tests.applications import (
    AUTHORIZE,
    CALLBACK,
    Application,
    allow,
    anywhere,
    decide,
    open_consent,
    tokens,
)
from tests.conftest import ORIGIN, MovableClock, Office
from tests.contract.checker import Checker

from tracepass.core.secretkey import load_secret_key
from tracepass.identity.models import SESSION_COOKIE, Workspace
from tracepass.identity.service import AccessTokens
from tracepass.settings import Settings

Register = Callable[..., Awaitable[Application]]
SCOPES = "passports:read passports:write products:read offline_access"


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
async def victim(office: Office, workspace: Workspace) -> httpx2.AsyncClient:
    """The browser of an owner who is signed in."""
    return await office.person(workspace)


def refused(answer: httpx2.Response, code: str = "invalid_grant", status: int = 400) -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, code)


async def opens_nothing(application: Application, token: str) -> bool:
    """Whether a token is refused by the API, and known to be good for nothing."""
    used = await application.use(token)
    state = await application.send("/api/oauth/introspect", {"token": token})
    return used.status_code == 401 and state.json() == {"active": False}


class TestCodes:
    async def test_a_code_shown_twice_revokes_what_came_of_it(
        self, victim: httpx2.AsyncClient, application: Application
    ) -> None:
        code = await allow(victim, application)
        found = (await application.exchange(code)).json()
        refused(await application.exchange(code))
        assert await opens_nothing(application, found["access_token"])
        refused(await application.refresh(found["refresh_token"]))

    async def test_of_many_exchanges_at_one_instant_at_most_one_is_answered_and_nothing_stays_open(
        self, victim: httpx2.AsyncClient, application: Application
    ) -> None:
        for _ in range(5):
            code = await allow(victim, application)
            answers = await asyncio.gather(*(application.exchange(code) for _ in range(8)))
            answered = [answer.json() for answer in answers if answer.status_code == 200]
            assert len(answered) <= 1
            for found in answered:
                assert await opens_nothing(application, found["access_token"])
                refused(await application.refresh(found["refresh_token"]))

    async def test_a_code_of_another_application_is_refused_and_still_good_for_its_own(
        self, victim: httpx2.AsyncClient, application: Application, register: Register
    ) -> None:
        code = await allow(victim, application)
        thief = await register()
        refused(await thief.exchange(code, code_verifier=application.verifier))
        assert (await application.exchange(code)).status_code == 200

    async def test_a_code_lasts_sixty_seconds(
        self, victim: httpx2.AsyncClient, application: Application, clock: MovableClock
    ) -> None:
        code = await allow(victim, application)
        clock.move(seconds=61)
        refused(await application.exchange(code))

    @pytest.mark.parametrize("verifier", ["x" * 43, "A" * 128])
    async def test_a_stolen_code_is_worth_nothing_without_its_verifier(
        self, victim: httpx2.AsyncClient, application: Application, verifier: str
    ) -> None:
        code = await allow(victim, application)
        refused(await application.exchange(code, code_verifier=verifier))
        # It was shown once: whoever comes second, be it the owner, is told that something is wrong.
        refused(await application.exchange(code))

    @pytest.mark.parametrize("verifier", [None, "", "short", "x" * 129, "é" * 43])
    async def test_a_verifier_is_owed_by_everyone(
        self, victim: httpx2.AsyncClient, register: Register, verifier: str | None
    ) -> None:
        for method in ("none", "client_secret_basic"):
            application = await register(token_endpoint_auth_method=method)
            code = await allow(victim, application)
            refused(await application.exchange(code, code_verifier=verifier), "invalid_request")

    @pytest.mark.parametrize(
        "changes",
        [
            {"code_challenge": None},
            {"code_challenge": None, "code_challenge_method": None},
            {"code_challenge_method": None},
            {"code_challenge_method": "plain"},
            {"code_challenge_method": "s256"},
            {"code_challenge": ""},
        ],
    )
    async def test_a_request_without_a_challenge_by_s256_asks_nobody(
        self, victim: httpx2.AsyncClient, application: Application, changes: dict[str, Any]
    ) -> None:
        answer = await victim.get(AUTHORIZE, params=application.request(**changes))
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(f"{CALLBACK}?error=invalid_request&")


class TestRedirects:
    @pytest.mark.parametrize(
        "uri",
        [
            f"{CALLBACK}/",
            f"{CALLBACK}/../evil",
            f"{CALLBACK}x",
            f"{CALLBACK}?x=y",
            f"{CALLBACK}#x",
            "https://erp.example/oauth",
            "https://erp.example/oauth/Callback",
            "https://erp.example/oauth/%63allback",
            "https://erp.example:443/oauth/callback",
            "https://erp.example:8443/oauth/callback",
            "http://erp.example/oauth/callback",
            "https://ERP.example/oauth/callback",
            "https://erp.example.evil.example/oauth/callback",
            "https://evil.example/oauth/callback",
            "https://erp.example@evil.example/oauth/callback",
            "https://evil.example\\@erp.example/oauth/callback",
            "//erp.example/oauth/callback",
            "javascript:alert(1)",
            "é",
        ],
    )
    async def test_an_address_that_was_not_registered_is_never_gone_to(
        self, victim: httpx2.AsyncClient, application: Application, uri: str
    ) -> None:
        request = application.request(redirect_uri=uri)
        fields = await open_consent(victim, application)
        for answer in (
            await victim.get(AUTHORIZE, params=request),
            await victim.post(AUTHORIZE, data={**fields, **request, "decision": "allow"}),
        ):
            assert answer.status_code == 400
            assert "location" not in answer.headers
            assert answer.headers["content-type"].startswith("text/html")

    async def test_a_loopback_port_must_be_the_registered_one(
        self, victim: httpx2.AsyncClient, register: Register
    ) -> None:
        native = await register(redirect_uris=["http://127.0.0.1:8765/callback"])
        other = native.request(redirect_uri="http://127.0.0.1:8766/callback")
        assert (await victim.get(AUTHORIZE, params=other)).status_code == 400

    async def test_two_redirect_uris_in_one_request_are_none(
        self, victim: httpx2.AsyncClient, application: Application
    ) -> None:
        request = application.request(redirect_uri=[CALLBACK, "https://evil.example/"])
        assert (await victim.get(AUTHORIZE, params=request)).status_code == 400

    async def test_the_exchange_must_name_the_redirect_uri_of_the_request(
        self, victim: httpx2.AsyncClient, register: Register
    ) -> None:
        second = "https://erp.example/second"
        application = await register(redirect_uris=[CALLBACK, second])
        for wrong in (second, None, f"{CALLBACK}/"):
            code = await allow(victim, application)
            refused(await application.exchange(code, redirect_uri=wrong))

    async def test_with_several_registered_the_request_must_choose(
        self, victim: httpx2.AsyncClient, register: Register
    ) -> None:
        application = await register(redirect_uris=[CALLBACK, "https://erp.example/second"])
        assert (await victim.get(AUTHORIZE, params=application.request(redirect_uri=None))).status_code == 400

    @pytest.mark.parametrize("client_id", ["tpc_nobody", "", None, ["a", "b"]])
    async def test_an_application_that_is_not_known_gets_nobody_sent(
        self, victim: httpx2.AsyncClient, application: Application, client_id: Any
    ) -> None:
        answer = await victim.get(AUTHORIZE, params=application.request(client_id=client_id))
        assert answer.status_code == 400
        assert "location" not in answer.headers

    @pytest.mark.parametrize(
        "target",
        [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "/account/apps//evil.example",
            "/account/../../evil",
            "javascript:alert(1)",
            "/account/apps\r\nSet-Cookie: a=b",
            "",
        ],
    )
    async def test_after_signing_in_one_stays_here(self, victim: httpx2.AsyncClient, target: str) -> None:
        answer = await victim.get("/signin", params={"returnTo": target})
        assert (answer.status_code, answer.headers["location"]) == (303, "/account")


class TestScopes:
    async def test_a_refresh_never_widens(self, victim: httpx2.AsyncClient, application: Application) -> None:
        found = await tokens(victim, application, scope="products:read offline_access")
        for wider in ("products:read products:write offline_access", "workspace:manage", "everything"):
            refused(await application.refresh(found["refresh_token"], scope=wider), "invalid_scope")
        again = await application.refresh(found["refresh_token"])
        assert again.json()["scope"] == "products:read offline_access"

    async def test_a_code_never_widens(self, victim: httpx2.AsyncClient, application: Application) -> None:
        code = await allow(victim, application, scope="products:read")
        found = (await application.exchange(code, scope="products:read products:write")).json()
        assert found["scope"] == "products:read"

    async def test_the_form_of_the_consent_page_never_gives_more_than_was_registered(
        self, victim: httpx2.AsyncClient, register: Register
    ) -> None:
        modest = await register(scope="products:read")
        fields = await open_consent(victim, modest, scope="products:read")
        assert (await decide(victim, fields | {"scope": "workspace:manage"}))["error"] == "invalid_scope"

    async def test_a_token_for_one_resource_is_not_traded_for_another(
        self, victim: httpx2.AsyncClient, application: Application
    ) -> None:
        found = await tokens(victim, application, resource=f"{ORIGIN}/mcp")
        wider = await application.refresh(found["refresh_token"], resource=f"{ORIGIN}/api/v1")
        refused(wider, "invalid_target")
        assert (await application.refresh(found["refresh_token"])).status_code == 200

    async def test_a_demoted_person_takes_their_applications_down_with_them(
        self, office: Office, workspace: Workspace, application: Application, victim: httpx2.AsyncClient
    ) -> None:
        user, secret = await office.session(workspace, "admin")
        browser = anywhere(office.app, office.contract)
        browser.cookies.set(SESSION_COOKIE, secret)
        found = await tokens(browser, application, scope="products:read products:write")
        members = (await victim.get("/api/v1/members")).json()["data"]["items"]
        member = next(one for one in members if one["user"]["name"] == user.name)
        await victim.patch(f"/api/v1/members/{member['_id']}", json={"role": "viewer"})
        headers = {"Authorization": f"Bearer {found['access_token']}"}
        body = {"name": "Pack", "model": "M", "category": "battery"}
        answer = await application.http.post("/api/v1/products", json=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")

    async def test_an_application_makes_no_key_that_would_outlive_it(
        self, victim: httpx2.AsyncClient, application: Application
    ) -> None:
        found = await tokens(victim, application, scope="workspace:read workspace:manage")
        headers = {"Authorization": f"Bearer {found['access_token']}"}
        answer = await application.http.post("/api/v1/api-keys", json={"name": "Backdoor"}, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")


class TestTenancy:
    async def test_a_token_of_one_workspace_sees_nothing_of_another(
        self,
        victim: httpx2.AsyncClient,
        application: Application,
        stranger: httpx2.AsyncClient,
        client: httpx2.AsyncClient,
        make_product: Any,
    ) -> None:
        theirs, ours = await make_product(stranger), await make_product(client, model="ours")
        found = await tokens(victim, application, scope="products:read products:write")
        assert (await application.use(found["access_token"], f"/api/v1/products/{ours['_id']}")).status_code == 200
        assert (await application.use(found["access_token"], f"/api/v1/products/{theirs['_id']}")).status_code == 404
        headers = {"Authorization": f"Bearer {found['access_token']}"}
        change = await application.http.patch(
            f"/api/v1/products/{theirs['_id']}", json={"name": "Stolen"}, headers=headers
        )
        assert change.status_code == 404

    async def test_a_person_cannot_grant_a_workspace_that_is_not_theirs(
        self, victim: httpx2.AsyncClient, application: Application, office: Office
    ) -> None:
        other = await office.workspace()
        fields = await open_consent(victim, application)
        answer = await victim.post(AUTHORIZE, data={**fields, "workspace": str(other.id), "decision": "allow"})
        assert answer.status_code == 400

    async def test_nobody_disconnects_the_application_of_another(
        self, victim: httpx2.AsyncClient, application: Application, office: Office, workspace: Workspace
    ) -> None:
        found = await tokens(victim, application)
        grant = jwt.decode(found["access_token"], options={"verify_signature": False})["grant_id"]
        colleague = await office.person(workspace)
        token = colleague.headers["x-csrf-token"]
        answer = await colleague.post("/account/apps", data={"csrfToken": token, "grant": grant})
        assert answer.headers["location"] == "/account/apps"
        assert (await application.use(found["access_token"])).status_code == 200


def segments(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    header, payload, signature = token.split(".")
    return json.loads(_decoded(header)), json.loads(_decoded(payload)), signature


def _decoded(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


class TestAccessTokens:
    async def test_every_part_of_a_token_is_signed(self, victim: httpx2.AsyncClient, application: Application) -> None:
        good = (await tokens(victim, application))["access_token"]
        header, payload, signature = segments(good)
        flipped = ("A" if signature[20] != "A" else "B").join((signature[:20], signature[21:]))
        forged = [
            f"{encoded(header)}.{encoded(payload)}.{flipped}",
            f"{encoded(header)}.{encoded(payload)}.",
            f"{encoded(header)}.{encoded(payload | {'scope': SCOPES})}.{signature}",
            f"{encoded(header)}.{encoded(payload | {'exp': payload['exp'] + 1})}.{signature}",
            f"{encoded(header | {'typ': 'JWT'})}.{encoded(payload)}.{signature}",
            good + "A",
            good + ".A",
            "..",
            "a.b.c",
            f"{good}{'A' * 8192}",
        ]
        for token in forged:
            assert await opens_nothing(application, token)
        assert (await application.use(good)).status_code == 200

    @pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", ""])
    async def test_a_token_that_says_it_is_not_signed_is_none(
        self, victim: httpx2.AsyncClient, application: Application, name: str
    ) -> None:
        header, payload, signature = segments((await tokens(victim, application))["access_token"])
        for end in ("", signature):
            token = f"{encoded(header | {'alg': name})}.{encoded(payload)}.{end}"
            assert await opens_nothing(application, token)

    async def test_what_a_token_says_of_its_algorithm_decides_nothing(
        self, victim: httpx2.AsyncClient, application: Application
    ) -> None:
        header, payload, _ = segments((await tokens(victim, application))["access_token"])
        keys = {
            "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
            "ES256": ec.generate_private_key(ec.SECP256R1()),
            "HS384": b"0" * 48,
            "HS512": b"0" * 64,
            "HS256": b"0" * 32,
        }
        for algorithm, key in keys.items():
            headers = {"typ": header["typ"], "jwk": {"kty": "oct", "k": "MDAw"}, "kid": "../../dev/null"}
            token = jwt.encode(payload, key, algorithm=algorithm, headers=headers)  # type: ignore[arg-type]
            assert await opens_nothing(application, token)
        # The public members of the metadata, and the empty key, as the secret of an HMAC.
        for secret in (b"", ORIGIN.encode(), application.registered["client_id"].encode()):
            start = f"{encoded(header)}.{encoded(payload)}"
            mac = hmac.new(secret, start.encode(), hashlib.sha256).digest()
            token = f"{start}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
            assert await opens_nothing(application, token)

    async def test_an_expired_token_is_refused_at_once(
        self, victim: httpx2.AsyncClient, application: Application, clock: MovableClock
    ) -> None:
        found = await tokens(victim, application)
        assert (await application.use(found["access_token"])).status_code == 200
        clock.move(seconds=3601)
        assert await opens_nothing(application, found["access_token"])

    async def test_another_installation_and_another_kind_of_token_are_refused(
        self, settings: Settings, clock: MovableClock, victim: httpx2.AsyncClient, application: Application
    ) -> None:
        header, payload, _ = segments((await tokens(victim, application))["access_token"])
        tokens_of_app = AccessTokens(load_secret_key(settings), issuer=ORIGIN, clock=clock)
        key = tokens_of_app._key  # noqa: SLF001 - what would be genuine but for one claim can only be made with it
        wrong: list[tuple[dict[str, Any], dict[str, Any]]] = [
            (header, payload | {"iss": "https://other.example"}),
            (header, payload | {"aud": "https://other.example"}),
            (header, payload | {"client_id": "tpc_other"}),
            (header, payload | {"sub": "0" * 24}),
            (header, payload | {"grant_id": "0" * 24}),
            (header, payload | {"grant_id": "x"}),
            (header, {name: value for name, value in payload.items() if name != "exp"}),
            (header, {name: value for name, value in payload.items() if name != "aud"}),
            ({**header, "typ": "JWT"}, payload),
        ]
        for head, claims in wrong:
            token = jwt.encode(claims, key, algorithm="HS256", headers=head)
            assert await opens_nothing(application, token)
        # A token may not say more than its grant.
        more = jwt.encode(payload | {"scope": "workspace:manage"}, key, algorithm="HS256", headers=header)
        assert (await application.use(more)).status_code == 403

    async def test_a_token_in_the_address_opens_nothing(
        self, victim: httpx2.AsyncClient, application: Application
    ) -> None:
        found = await tokens(victim, application)
        answer = await application.http.get("/api/v1/products", params={"access_token": found["access_token"]})
        assert answer.status_code == 401


class TestRefreshTokens:
    async def test_a_stolen_refresh_token_used_after_rotation_revokes_the_family(
        self, victim: httpx2.AsyncClient, application: Application
    ) -> None:
        first = await tokens(victim, application)
        second = (await application.refresh(first["refresh_token"])).json()
        thief = Application(application.http, application.registered)
        refused(await thief.refresh(first["refresh_token"]))
        refused(await application.refresh(second["refresh_token"]))
        assert await opens_nothing(application, second["access_token"])
        assert await opens_nothing(application, first["access_token"])

    async def test_a_thief_who_comes_first_locks_both_out(
        self, victim: httpx2.AsyncClient, application: Application
    ) -> None:
        first = await tokens(victim, application)
        stolen = (await application.refresh(first["refresh_token"])).json()
        refused(await application.refresh(first["refresh_token"]))
        refused(await application.refresh(stolen["refresh_token"]))

    async def test_of_many_refreshes_at_one_instant_at_most_one_is_answered_and_the_family_ends(
        self, victim: httpx2.AsyncClient, application: Application
    ) -> None:
        first = await tokens(victim, application)
        answers = await asyncio.gather(*(application.refresh(first["refresh_token"]) for _ in range(8)))
        answered = [answer.json() for answer in answers if answer.status_code == 200]
        assert len(answered) <= 1
        for found in answered:
            refused(await application.refresh(found["refresh_token"]))

    async def test_a_refresh_token_of_another_application_is_refused(
        self, victim: httpx2.AsyncClient, application: Application, register: Register
    ) -> None:
        found = await tokens(victim, application)
        thief = await register()
        refused(await thief.refresh(found["refresh_token"]))
        assert (await application.refresh(found["refresh_token"])).status_code == 200

    async def test_the_theft_stands_in_the_audit_log(
        self, victim: httpx2.AsyncClient, application: Application
    ) -> None:
        first = await tokens(victim, application)
        await application.refresh(first["refresh_token"])
        await application.refresh(first["refresh_token"])
        log = (await victim.get("/api/v1/audit-log")).json()["data"]["items"]
        actions = [entry["action"] for entry in log]
        assert actions[:2] == ["oauth.token_reuse", "oauth.consented"]


class TestPages:
    @pytest.fixture
    async def pages(self, victim: httpx2.AsyncClient, application: Application) -> list[httpx2.Response]:
        """Every page there is."""
        await tokens(victim, application)
        return [
            await victim.get(AUTHORIZE, params=application.request()),
            await victim.get(AUTHORIZE, params=application.request(client_id="tpc_nobody")),
            await victim.get("/signin", params={"again": "true"}),
            await victim.get("/account/apps"),
        ]

    async def test_no_page_can_be_framed_scripted_or_kept(self, pages: list[httpx2.Response]) -> None:
        for page in pages:
            policy = page.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "script-src" not in policy
            assert page.headers["x-frame-options"] == "DENY"
            assert page.headers["cache-control"] == "no-store"
            assert page.headers["referrer-policy"] == "no-referrer"
            assert page.headers["x-content-type-options"] == "nosniff"
            assert "<script" not in page.text

    async def test_the_form_leads_here_and_to_the_application_alone(self, pages: list[httpx2.Response]) -> None:
        assert "form-action 'self' https://erp.example;" in pages[0].headers["content-security-policy"]
        for page in pages[1:]:
            assert "form-action 'self';" in page.headers["content-security-policy"]

    @pytest.mark.parametrize("token", ["", "0" * 64, None])
    async def test_another_site_cannot_decide_for_a_person(
        self, victim: httpx2.AsyncClient, application: Application, token: str | None
    ) -> None:
        fields = await open_consent(victim, application)
        forged = {name: value for name, value in (fields | {"csrfToken": token}).items() if value is not None}
        answer = await victim.post(AUTHORIZE, data={**forged, "decision": "allow"})
        assert answer.status_code == 403
        assert "location" not in answer.headers

    async def test_the_token_of_one_person_does_not_fit_another(
        self, victim: httpx2.AsyncClient, application: Application, office: Office, workspace: Workspace
    ) -> None:
        attacker = await office.person(workspace)
        theirs = await open_consent(attacker, application)
        answer = await victim.post(AUTHORIZE, data={**theirs, "decision": "allow"})
        assert answer.status_code == 403

    @pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
    async def test_a_browser_that_says_another_site_sends_the_form_is_believed(
        self, victim: httpx2.AsyncClient, application: Application, site: str
    ) -> None:
        fields = await open_consent(victim, application)
        headers = {"Sec-Fetch-Site": site}
        decision = {**fields, "decision": "allow"}
        assert (await victim.post(AUTHORIZE, data=decision, headers=headers)).status_code == 403
        form = {"csrfToken": fields["csrfToken"], "grant": "0" * 24}
        assert (await victim.post("/account/apps", data=form, headers=headers)).status_code == 403

    async def test_nobody_is_signed_in_by_a_form_of_another_site(
        self, app: FastAPI, contract: Checker, victim: httpx2.AsyncClient
    ) -> None:
        form = {"csrfToken": "0" * 64, "email": "attacker@example.test", "password": "x" * 20}
        for browser in (anywhere(app, contract), victim):
            answer = await browser.post("/signin", data=form)
            assert answer.status_code == 403
            assert SESSION_COOKIE not in answer.headers.get("set-cookie", "")

    async def test_what_an_application_calls_itself_is_text(
        self, victim: httpx2.AsyncClient, register: Register
    ) -> None:
        hostile = await register(client_name="<img src=x onerror=alert(1)>\"'&")
        page = await victim.get(AUTHORIZE, params=hostile.request(state='"><script>alert(1)</script>'))
        assert page.status_code == 200
        assert "<img src=x" not in page.text
        assert "<script" not in page.text

    async def test_a_decision_without_a_session_asks_to_sign_in(
        self, victim: httpx2.AsyncClient, application: Application, app: FastAPI, contract: Checker
    ) -> None:
        fields = await open_consent(victim, application)
        answer = await anywhere(app, contract).post(AUTHORIZE, data={**fields, "decision": "allow"})
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/signin?returnTo=")

    async def test_an_access_token_is_no_session_and_a_session_no_access_token(
        self, victim: httpx2.AsyncClient, application: Application, app: FastAPI, contract: Checker
    ) -> None:
        found = await tokens(victim, application)
        thief = anywhere(app, contract)
        thief.cookies.set(SESSION_COOKIE, found["access_token"])
        assert (await thief.get("/account/apps")).status_code == 303
        assert (await application.use(str(victim.cookies[SESSION_COOKIE]))).status_code == 401


class TestWhatIsKept:
    async def test_no_code_and_no_token_stands_in_the_database(
        self, victim: httpx2.AsyncClient, register: Register, database: Any
    ) -> None:
        application = await register(token_endpoint_auth_method="client_secret_post")
        code = await allow(victim, application)
        found = (await application.exchange(code)).json()
        secrets = {code, found["access_token"], found["refresh_token"], application.registered["client_secret"]}
        for name in ("oauthClients", "oauthCodes", "oauthRefreshTokens", "oauthGrants"):
            kept = [str(one) async for one in database.collection(name).find({}, comment="a test looks")]
            assert kept
            assert not any(secret in text for secret in secrets for text in kept)

    async def test_everything_is_forgotten_in_time(self, database: Any) -> None:
        for name in ("oauthClients", "oauthCodes", "oauthRefreshTokens", "oauthGrants"):
            indexes = await database.collection(name).index_information()
            assert indexes["purgeAt_1"]["expireAfterSeconds"] == 0
