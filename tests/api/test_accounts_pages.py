"""The pages of accounts, as a browser without scripts uses them."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import httpx2
import pytest
from tests.api.test_accounts_passwords import NEW, token_for
from tests.api.test_accounts_people import invite
from tests.api.visitors import PASSWORD, new_email, registered, sign_in, visitor
from tests.conftest import MovableClock, Office, client_of, running

from tracepass.app import create_app
from tracepass.settings import Settings

CSRF = re.compile(r'name="csrfToken" value="([0-9a-f]{64})"')
COMPANY = {"workspaceName": "Voltwerk GmbH", "name": "Ada Lovelace", "password": PASSWORD}


async def submit(client: httpx2.AsyncClient, path: str, query: str = "", **fields: Any) -> httpx2.Response:
    """Open a page, fill in its form and send it."""
    page = await client.get(path + query)
    assert page.status_code == 200, page.text
    found = CSRF.search(page.text)
    assert found is not None
    return await client.post(path, data={"csrfToken": found[1]} | fields)


async def test_a_company_registers_by_the_page_and_signs_out(office: Office) -> None:
    browser = visitor(office)
    answer = await submit(browser, "/signup", **COMPANY, email=new_email())
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    account = await browser.get("/account")
    assert "Voltwerk GmbH" in account.text
    found = CSRF.search(account.text)
    assert found is not None
    assert (await browser.post("/account", data={"csrfToken": "0" * 64})).status_code == 403
    left = await browser.post("/account", data={"csrfToken": found[1]})
    assert (left.status_code, left.headers["location"]) == (303, "/signin")
    assert (await browser.get("/account")).headers["location"] == "/signin"


async def test_faults_stand_at_their_fields_and_nothing_else_is_lost(office: Office) -> None:
    browser = visitor(office)
    answer = await submit(browser, "/signup", **COMPANY | {"password": "short"}, email="ada@example.test")
    assert answer.status_code == 400
    assert "This must have at least 12 characters." in answer.text
    assert 'value="Voltwerk GmbH"' in answer.text
    assert "short" not in answer.text
    blank = await submit(browser, "/signup", **COMPANY | {"workspaceName": "  "}, email="ada@example.test")
    assert (blank.status_code, 'id="workspaceName-fault"' in blank.text) == (400, True)


async def test_an_address_that_is_taken_is_said_so(office: Office) -> None:
    _, told = await registered(office)
    fields = COMPANY | {"password": "another password"}
    answer = await submit(visitor(office), "/signup", **fields, email=told["user"]["email"])
    assert answer.status_code == 409
    assert "There is an account under this e-mail address" in unescape(answer.text)


async def test_registrations_by_the_page_are_slowed_down_too(office: Office) -> None:
    browser = visitor(office)
    for _ in range(20):
        browser.cookies.clear()
        assert (await submit(browser, "/signup", **COMPANY, email=new_email())).status_code == 303
    browser.cookies.clear()
    answer = await submit(browser, "/signup", **COMPANY, email=new_email())
    assert (answer.status_code, "retry-after" in answer.headers) == (429, True)


@pytest.mark.parametrize("path", ["/signup", "/password/forgot", "/password/reset", "/invitations/accept"])
async def test_a_form_of_another_site_changes_nothing(office: Office, path: str) -> None:
    owner, told = await registered(office)
    token = await token_for(office, told["user"]["email"])
    if path == "/invitations/accept":
        token = await invite(owner, new_email())
    query = f"?token={token}" if path in {"/password/reset", "/invitations/accept"} else ""
    fields = COMPANY | {"email": new_email(), "token": token}
    browser = visitor(office)
    without = await browser.post(path, data={"csrfToken": "0" * 64} | fields)
    assert without.status_code == 403
    page = await browser.get(path + query)
    found = CSRF.search(page.text)
    assert found is not None
    headers = {"Sec-Fetch-Site": "cross-site"}
    framed = await browser.post(path, data={"csrfToken": found[1]} | fields, headers=headers)
    assert (framed.status_code, framed.headers["content-type"][:9]) == (403, "text/html")


async def test_pages_run_no_script_and_stand_in_no_frame(office: Office) -> None:
    for path in ("/signup", "/password/forgot"):
        page = await visitor(office).get(path)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "<script" not in page.text
        assert 'name="viewport"' in page.text


async def test_the_style_is_kept_for_a_year(office: Office) -> None:
    browser = visitor(office)
    page = await browser.get("/signup")
    found = re.search(r'href="(/static/pages/[^"]+)"', page.text)
    assert found is not None
    style = await browser.get(found[1])
    assert (style.status_code, style.headers["content-type"][:8]) == (200, "text/css")
    assert "immutable" in style.headers["cache-control"]


async def test_a_lost_password_is_replaced_by_the_pages(office: Office) -> None:
    _, told = await registered(office)
    email, browser = told["user"]["email"], visitor(office)
    asked = await submit(browser, "/password/forgot", email=email)
    unknown = await submit(browser, "/password/forgot", email=new_email())
    assert (asked.status_code, asked.text) == (200, unknown.text)
    token = await token_for(office, email)
    short = await submit(browser, "/password/reset", f"?token={token}", token=token, password="short")
    assert (short.status_code, "This must have at least 12 characters." in short.text) == (400, True)
    done = await submit(browser, "/password/reset", f"?token={token}", token=token, password=NEW)
    assert (done.status_code, "Your password is set" in done.text) == (200, True)
    again = await browser.get(f"/password/reset?token={token}")
    assert (again.status_code, "This link is over" in again.text) == (400, True)
    late = await browser.post("/password/reset", data={"token": token, "password": NEW})
    assert late.status_code == 400
    assert (await sign_in(visitor(office), email, NEW)).status_code == 200


async def test_wishes_for_a_new_password_by_the_page_are_slowed_down(office: Office) -> None:
    browser = visitor(office)
    statuses = [(await submit(browser, "/password/forgot", email=new_email())).status_code for _ in range(21)]
    assert statuses == [200] * 20 + [429]


async def test_an_invitation_is_accepted_by_its_page(office: Office) -> None:
    owner, told = await registered(office)
    token, browser = await invite(owner, new_email()), visitor(office)
    query = f"?token={token}"
    assert f"Join {told['workspace']['name']}" in (await browser.get("/invitations/accept" + query)).text
    short = await submit(browser, "/invitations/accept", query, token=token, name="Charles", password="short")
    assert short.status_code == 400
    fields = {"token": token, "name": "Charles", "password": PASSWORD}
    done = await submit(browser, "/invitations/accept", query, **fields)
    assert (done.status_code, done.headers["location"]) == (303, "/account")
    assert (await browser.get("/invitations/accept" + query)).status_code == 404
    assert (await browser.post("/invitations/accept", data=fields)).status_code == 404


async def test_an_invitation_asks_an_account_for_its_password_and_a_session_for_nothing(
    office: Office, clock: MovableClock
) -> None:
    owner, _ = await registered(office)
    browser, told = await registered(office)
    token = await invite(owner, told["user"]["email"])
    query, path = f"?token={token}", "/invitations/accept"
    wrong = await submit(visitor(office), path, query, token=token, password="not the password")
    assert (wrong.status_code, "is not right" in wrong.text) == (401, True)
    for _ in range(4):
        await submit(visitor(office), path, query, token=token, password="not the password")
    slowed = await submit(visitor(office), path, query, token=token, password="not the password")
    assert slowed.status_code == 429
    clock.move(minutes=2)
    assert (await submit(browser, path, query, token=token)).status_code == 303


async def test_two_invitations_of_one_person_make_one_member(office: Office) -> None:
    owner, told = await registered(office)
    email = new_email()
    token = await invite(owner, email)
    other, _ = await registered(office, email=email)
    workspace = await office.database.collection("workspaces").find_one({"slug": told["workspace"]["slug"]})
    user = await office.database.collection("users").find_one({"emailKey": email})
    assert workspace is not None
    assert user is not None
    member = {"workspaceId": workspace["_id"], "userId": user["_id"], "role": "viewer", "createdAt": "x"}
    await office.database.collection("memberships").insert_one(member)
    answer = await submit(other, "/invitations/accept", f"?token={token}", token=token)
    assert answer.status_code == 409


async def test_a_closed_installation_says_so_on_the_page(settings: Settings, office: Office) -> None:
    closed = Settings.model_validate({**settings.model_dump(), "registration": "closed"})
    async with running(create_app(closed)) as app:
        page = await client_of(app, office.contract).get("/signup")
        assert (page.status_code, "takes no registrations" in page.text) == (403, True)


async def test_what_is_no_form_is_refused(office: Office) -> None:
    browser = visitor(office)
    answer = await browser.post(
        "/signup", content=b"name=%FF", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "validation_error")
