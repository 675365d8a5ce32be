"""Programs in browsers, on pages of other sites: which may call, and what they are shown."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from tests.applications import Application, anywhere, tokens
from tests.conftest import Office, running

from tracepass.app import create_app
from tracepass.identity.models import Workspace
from tracepass.settings import Settings

PAGE = "https://erp.example"
ELSEWHERE = "https://evil.example"
CALLED_BY_BROWSERS = ("/api/oauth/register", "/api/oauth/token", "/api/oauth/revoke", "/api/v1/products")


@pytest.fixture(scope="module")
async def open_office(settings: Settings, office: Office) -> AsyncIterator[Office]:
    """An installation whose operator lets pages of one origin call."""
    opened = Settings.model_validate({**settings.model_dump(), "cors_origins": [PAGE]})
    async with running(create_app(opened)) as app:
        yield Office(app, office.database, office.contract)


def _preflight(origin: str) -> dict[str, str]:
    wanted = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    return {"Origin": origin, **wanted}


@pytest.mark.parametrize("path", CALLED_BY_BROWSERS)
async def test_a_browser_may_ask_for_the_pages_that_were_named_and_no_others(open_office: Office, path: str) -> None:
    browser = httpx2.AsyncClient(transport=httpx2.ASGITransport(open_office.app), base_url="https://api.example.test")
    named = await browser.options(path, headers=_preflight(PAGE))
    assert (named.status_code, named.headers["access-control-allow-origin"]) == (200, PAGE)
    assert "POST" in named.headers["access-control-allow-methods"]
    assert named.headers["access-control-allow-headers"] == "authorization,content-type"
    other = await browser.options(path, headers=_preflight(ELSEWHERE))
    assert (other.status_code, "access-control-allow-origin" in other.headers) == (400, False)


async def test_an_application_in_a_browser_dances_the_whole_dance(open_office: Office, workspace: Workspace) -> None:
    browser = anywhere(open_office.app, open_office.contract)
    browser.headers["Origin"] = PAGE
    application = await Application.register(browser)
    found = await tokens(await open_office.person(workspace), application)
    answers = [
        await application.use(found["access_token"]),
        await application.refresh(found["refresh_token"]),
        await application.send("/api/oauth/revoke", {"token": found["refresh_token"]}),
        await application.use(found["access_token"]),
    ]
    assert [answer.status_code for answer in answers[:3]] == [200, 200, 200]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert "WWW-Authenticate" in answer.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in answer.headers


async def test_a_session_is_not_taken_from_a_page_that_may_call(open_office: Office, workspace: Workspace) -> None:
    person = await open_office.person(workspace)
    del person.headers["x-csrf-token"]
    answer = await person.post("/api/v1/api-keys", json={"name": "K"}, headers={"Origin": PAGE})
    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")


@pytest.mark.parametrize("path", ["/signin", "/account/apps", "/healthz"])
async def test_pages_are_for_nobody_elsewhere(open_office: Office, path: str) -> None:
    answer = await anywhere(open_office.app, open_office.contract).get(path, headers={"Origin": PAGE})
    assert "access-control-allow-origin" not in answer.headers


async def test_without_the_setting_no_page_may_call(office: Office) -> None:
    answer = await anywhere(office.app, office.contract).post("/api/oauth/token", data={}, headers={"Origin": PAGE})
    assert "access-control-allow-origin" not in answer.headers
