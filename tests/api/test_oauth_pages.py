"""The pages of signing in and of connected applications, as programs see them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from tests.applications import AUTHORIZE, Application, Form, anywhere, tokens
from tests.conftest import Office, client_of, running
from tests.contract.checker import Checker

from tracepass.app import create_app
from tracepass.core import mongo
from tracepass.core.mongo import Database
from tracepass.identity.models import SESSION_COOKIE, Visit, Workspace, csrf_token_of
from tracepass.identity.service import Registration, SignIn
from tracepass.settings import Settings

PASSWORD = "correct horse battery staple"
GONE = "mongodb://127.0.0.1:9/?directConnection=true"


@pytest.fixture
def browser(app: FastAPI, contract: Checker) -> httpx2.AsyncClient:
    """A browser that nobody has used yet."""
    return anywhere(app, contract)


@pytest.fixture
async def email(app: FastAPI) -> str:
    """The address of somebody with a password."""
    address = f"{uuid4().hex}@example.test"
    await app.state.services[SignIn].register(Registration(address, "Ada", PASSWORD, "Voltwerk"), Visit(uuid4().hex))
    return address


async def sign_in(browser: httpx2.AsyncClient, email: str, password: str = PASSWORD, **more: str) -> httpx2.Response:
    page = await browser.get("/signin", params={"again": "true", **more})
    return await browser.post("/signin", data={**Form(page.text).fields, "email": email, "password": password})


class TestSigningIn:
    async def test_who_knows_the_password_gets_a_session_and_goes_on(
        self, browser: httpx2.AsyncClient, email: str
    ) -> None:
        answer = await sign_in(browser, email, returnTo="/account/apps")
        assert (answer.status_code, answer.headers["location"]) == (303, "/account/apps")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"{SESSION_COOKIE}=tps_")
        assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Secure", "Path=/"))
        assert (await browser.get("/account/apps")).status_code == 200
        again = await browser.get("/signin", params={"returnTo": "/account/apps"})
        assert (again.status_code, again.headers["location"]) == (303, "/account/apps")

    async def test_who_does_not_is_told_the_same_as_one_who_has_no_account(
        self, browser: httpx2.AsyncClient, email: str
    ) -> None:
        pages = [await sign_in(browser, who, "wrong wrong wrong") for who in (email, "nobody@example.test")]
        for page, who in zip(pages, (email, "nobody@example.test"), strict=True):
            assert page.status_code == 401
            assert SESSION_COOKIE not in page.headers.get("set-cookie", "")
            assert Form(page.text).fields["email"] == who
        assert pages[0].text.replace(email, "") == pages[1].text.replace("nobody@example.test", "")

    @pytest.mark.usefixtures("stopped_clock")
    async def test_who_tries_too_often_has_to_wait(self, browser: httpx2.AsyncClient, email: str) -> None:
        answers = [await sign_in(browser, email, "wrong wrong wrong") for _ in range(6)]
        answers.append(await sign_in(browser, email))
        assert answers[0].status_code == 401
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["retry-after"]) >= 1

    async def test_another_account_can_be_used(self, browser: httpx2.AsyncClient, email: str) -> None:
        await sign_in(browser, email)
        page = await browser.get("/signin", params={"again": "true"})
        assert page.status_code == 200

    async def test_a_session_that_is_over_is_none(self, browser: httpx2.AsyncClient) -> None:
        browser.cookies.set(SESSION_COOKIE, "tps_over")
        assert (await browser.get("/signin")).status_code == 200
        answer = await browser.get("/account/apps")
        assert answer.headers["location"] == "/signin?returnTo=%2Faccount%2Fapps"
        answer = await browser.post("/account/apps", data={"csrfToken": "x", "grant": "x"})
        assert answer.headers["location"] == "/signin?returnTo=%2Faccount%2Fapps"

    async def test_who_just_left_the_workspace_signs_in_anew(
        self, office: Office, workspace: Workspace, database: Database, browser: httpx2.AsyncClient
    ) -> None:
        user, secret = await office.session(workspace)
        application, person = await Application.register(browser), client_of(office.app, office.contract)
        person.cookies.set(SESSION_COOKIE, secret)
        assert (await person.get(AUTHORIZE, params=application.request())).status_code == 200
        await database.collection("memberships").delete_one({"workspaceId": workspace.id, "userId": user.id})
        answer = await person.get(AUTHORIZE, params=application.request())
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/signin?again=true")


class TestConnectedApps:
    async def test_who_has_none_is_told_so(self, office: Office, workspace: Workspace) -> None:
        page = await (await office.person(workspace)).get("/account/apps")
        assert "There are none." in page.text

    async def test_what_is_gone_already_is_gone(self, office: Office, workspace: Workspace) -> None:
        person = await office.person(workspace)
        for grant in ("0" * 24, "x", ""):
            form = {"csrfToken": person.headers["x-csrf-token"], "grant": grant}
            assert (await person.post("/account/apps", data=form)).headers["location"] == "/account/apps"

    async def test_a_consent_without_a_code_exchanged_does_not_show(
        self, office: Office, workspace: Workspace, browser: httpx2.AsyncClient
    ) -> None:
        person, application = await office.person(workspace), await Application.register(browser)
        fields = Form((await person.get(AUTHORIZE, params=application.request())).text).fields
        await person.post(AUTHORIZE, data={**fields, "decision": "allow"})
        assert "ERP connector" not in (await person.get("/account/apps")).text
        await tokens(person, application)
        assert "ERP connector" in (await person.get("/account/apps")).text


@pytest.fixture
async def without_database(settings: Settings, contract: Checker) -> AsyncIterator[httpx2.AsyncClient]:
    """The browser of a person whose session cannot be looked up now."""
    app = create_app(Settings.model_validate({**settings.model_dump(), "mongodb_uri": GONE}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mongo, "SELECTION_TIMEOUT_MS", 20)
        async with running(app):
            browser = client_of(app, contract)
            browser.cookies.set(SESSION_COOKIE, "tps_any")
            yield browser


async def test_a_database_that_is_away_is_said_so(without_database: httpx2.AsyncClient) -> None:
    form = {"csrfToken": csrf_token_of("tps_any"), "email": "a@b.example", "password": PASSWORD, "grant": "x"}
    answers = [
        await without_database.get("/signin"),
        await without_database.get("/account/apps"),
        await without_database.post("/signin", data=form),
        await without_database.post("/account/apps", data=form),
        await without_database.get("/access", headers={"Cookie": "tp_access=pa_any"}),
        await without_database.post("/access", data={"token": "pa_any", "to": ""}),
    ]
    assert [answer.status_code for answer in answers] == [503] * 6
