"""Passwords that are changed, forgotten and replaced, and the mails that tell how."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from email.message import Message
from typing import Any

import httpx2
import pytest
from aiosmtpd.handlers import Message as Handler
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import SecretStr
from structlog.testing import CapturingLogger
from tests.api.visitors import PASSWORD, new_email, registered, sign_in, visitor
from tests.applications import Application, tokens
from tests.conftest import _CLOCK, MovableClock, Office, running
from tests.leaks import SECRETS

from tracepass.accounts import mailing as accounts_mailing
from tracepass.app import create_app
from tracepass.core.mongo import Database
from tracepass.identity.service import Passwords, Recovery, Workspaces
from tracepass.settings import Settings
from tracepass.worker import work_once

NEW = "staple battery horse correct"
TOKEN = re.compile(r"\?token=3D([\w-]{43})|\?token=([\w-]{43})")


class Postbox(Handler):
    """Keeps what arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Message] = []

    def handle_message(self, message: Message) -> None:
        self.mails.append(message)

    def to(self, email: str) -> Message:
        """The one mail to an address."""
        found = [mail for mail in self.mails if mail["To"] == email]
        assert len(found) == 1, [mail["To"] for mail in self.mails]
        return found[0]


@pytest.fixture(scope="module")
async def postbox() -> AsyncIterator[tuple[Postbox, int]]:
    """A mail server that wants a name and a password."""
    box = Postbox()

    def check(_: SMTP, __: Session, ___: Envelope, ____: str, given: Any) -> AuthResult:
        right = given == LoginPassword(b"tracepass", b"smtp-secret-of-a-test")
        return AuthResult(success=right, handled=False)

    def connection() -> SMTP:
        return SMTP(box, authenticator=check, auth_require_tls=False)

    async with await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0) as server:
        yield box, server.sockets[0].getsockname()[1]


@pytest.fixture(scope="module")
def mailing(settings: Settings, postbox: tuple[Postbox, int]) -> Settings:
    """Settings with the mail server."""
    smtp = {
        "host": "127.0.0.1",
        "port": postbox[1],
        "username": "tracepass",
        "password": "smtp-secret-of-a-test",
        "from": "TracePass <passports@example.test>",
        "tls": "none",
    }
    return Settings.model_validate({**settings.model_dump(), "smtp": smtp})


@pytest.fixture(scope="module")
async def mailing_office(mailing: Settings, office: Office) -> AsyncIterator[Office]:
    """The same installation with a mail server."""
    async with running(create_app(mailing, clock=_CLOCK)) as app:
        yield Office(app, office.database, office.contract)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> CapturingLogger:
    """What the worker logs of mails."""
    logger = CapturingLogger()
    monkeypatch.setattr(accounts_mailing, "_log", logger)
    return logger


async def work(database: Database, settings: Settings) -> None:
    """Do all jobs that are due."""
    while await work_once(database, settings, _CLOCK):
        pass


def token_in(mail: Message) -> str:
    text = mail.get_payload(decode=True)
    assert isinstance(text, bytes)
    found = TOKEN.search(text.decode())
    assert found is not None, text
    token = str(found[1] or found[2])
    SECRETS.add(token)
    return token


async def reset(client: httpx2.AsyncClient, token: str, password: str = NEW) -> httpx2.Response:
    return await client.post("/api/auth/password/reset", json={"token": token, "password": password})


async def token_for(office: Office, user_id: str) -> str:
    """A token as the operator's command makes it."""
    user = await office.database.collection("users").find_one({"emailKey": user_id})
    assert user is not None
    token = await Recovery(office.database, clock=_CLOCK, passwords=Passwords()).begin(user["_id"])
    SECRETS.add(token)
    return token


async def test_a_person_changes_their_password_and_their_other_sessions_end(office: Office) -> None:
    person, told = await registered(office)
    email, other = told["user"]["email"], visitor(office)
    await sign_in(other, email)
    body = {"currentPassword": PASSWORD, "newPassword": NEW}
    assert (await person.post("/api/auth/password/change", json=body)).status_code == 200
    assert (await person.get("/api/auth/session")).status_code == 200
    assert (await other.get("/api/auth/session")).status_code == 401
    assert (await sign_in(visitor(office), email)).status_code == 401
    assert (await sign_in(visitor(office), email, NEW)).status_code == 200


async def test_the_old_password_must_be_right_and_the_new_one_long(office: Office) -> None:
    person, _ = await registered(office)
    for body, member in (
        ({"currentPassword": "not the password", "newPassword": NEW}, "currentPassword"),
        ({"currentPassword": PASSWORD, "newPassword": "short"}, "newPassword"),
    ):
        answer = await person.post("/api/auth/password/change", json=body)
        assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, [member])


@pytest.mark.usefixtures("stopped_clock")
async def test_who_guesses_the_old_password_is_slowed_down(office: Office) -> None:
    person, _ = await registered(office)
    body = {"currentPassword": "not the password", "newPassword": NEW}
    statuses = [(await person.post("/api/auth/password/change", json=body)).status_code for _ in range(6)]
    assert statuses == [400] * 5 + [429]


async def test_a_forgotten_password_is_replaced_by_the_link_in_the_mail(
    mailing_office: Office, mailing: Settings, postbox: tuple[Postbox, int]
) -> None:
    person, told = await registered(mailing_office)
    email, anybody = told["user"]["email"], visitor(mailing_office)
    answer = await anybody.post("/api/auth/password/forgot", json={"email": email})
    assert answer.status_code == 202
    await work(mailing_office.database, mailing)
    mail = postbox[0].to(email)
    assert mail["From"] == "TracePass <passports@example.test>"
    assert mail["Auto-Submitted"] == "auto-generated"
    token = token_in(mail)
    short = await reset(anybody, token, "short")
    assert (short.status_code, list(short.json()["details"]["fieldErrors"])) == (400, ["password"])
    assert (await reset(anybody, token)).status_code == 200
    again = await reset(anybody, token)
    assert (again.status_code, list(again.json()["details"]["fieldErrors"])) == (400, ["token"])
    assert (await person.get("/api/auth/session")).status_code == 401
    assert (await sign_in(visitor(mailing_office), email, NEW)).status_code == 200


async def test_nobody_learns_whether_an_address_has_an_account(
    mailing_office: Office, mailing: Settings, postbox: tuple[Postbox, int]
) -> None:
    _, told = await registered(mailing_office)
    unknown, anybody = new_email(), visitor(mailing_office)
    answers = [
        await anybody.post("/api/auth/password/forgot", json={"email": email})
        for email in (told["user"]["email"], unknown)
    ]
    assert answers[0].content == answers[1].content
    await work(mailing_office.database, mailing)
    assert unknown not in {mail["To"] for mail in postbox[0].mails}


@pytest.mark.usefixtures("stopped_clock")
async def test_who_asks_again_and_again_gets_few_mails_and_is_slowed_down(
    mailing_office: Office, mailing: Settings, postbox: tuple[Postbox, int]
) -> None:
    _, told = await registered(mailing_office)
    email, anybody = told["user"]["email"], visitor(mailing_office)
    statuses = []
    for _ in range(21):
        statuses.append((await anybody.post("/api/auth/password/forgot", json={"email": email})).status_code)
        await work(mailing_office.database, mailing)
    assert statuses == [202] * 20 + [429]
    assert len([mail for mail in postbox[0].mails if mail["To"] == email]) == 3


async def test_a_link_ends_after_an_hour_and_with_the_next_one(office: Office, clock: MovableClock) -> None:
    _, told = await registered(office)
    first, second = await token_for(office, told["user"]["email"]), await token_for(office, told["user"]["email"])
    assert (await reset(visitor(office), first)).status_code == 400
    clock.move(hours=1)
    assert (await reset(visitor(office), second)).status_code == 400


@pytest.mark.parametrize("way", ["reset", "change"])
async def test_a_reset_disconnects_all_applications_and_a_change_keeps_them(office: Office, way: str) -> None:
    person, told = await registered(office)
    application = await Application.register(visitor(office))
    found = await tokens(person, application)
    if way == "reset":
        assert (await reset(visitor(office), await token_for(office, told["user"]["email"]))).status_code == 200
    else:
        body = {"currentPassword": PASSWORD, "newPassword": NEW}
        assert (await person.post("/api/auth/password/change", json=body)).status_code == 200
    kept = way == "change"
    assert (await application.use(found["access_token"])).status_code == (200 if kept else 401)
    assert (await application.refresh(found["refresh_token"])).status_code == (200 if kept else 400)
    key = await office.client(await Workspaces(office.database, clock=_CLOCK).get_by_slug(told["workspace"]["slug"]))
    actions = [entry["action"] for entry in (await key.get("/api/v1/audit-log")).json()["data"]["items"]]
    assert ("oauth.revoked" in actions) is not kept


async def test_a_link_used_twice_at_once_works_once(office: Office) -> None:
    _, told = await registered(office)
    token = await token_for(office, told["user"]["email"])
    answers = await asyncio.gather(*(reset(visitor(office), token, f"{NEW} {number}") for number in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]


async def test_a_reset_frees_an_account_that_was_slowed_down(office: Office) -> None:
    _, told = await registered(office)
    email = told["user"]["email"]
    for _ in range(6):
        await sign_in(visitor(office), email, "wrong password")
    assert (await reset(visitor(office), await token_for(office, email))).status_code == 200
    assert (await sign_in(visitor(office), email, NEW)).status_code == 200


async def test_without_a_mail_server_the_log_names_the_command_and_no_secret(
    office: Office, settings: Settings, said: CapturingLogger
) -> None:
    _, told = await registered(office)
    await visitor(office).post("/api/auth/password/forgot", json={"email": told["user"]["email"]})
    await work(office.database, settings)
    assert [call.kwargs for call in said.calls] == [{"command": f"tracepass user reset-link {told['user']['_id']}"}]


async def test_an_invitation_is_mailed(mailing_office: Office, mailing: Settings, postbox: tuple[Postbox, int]) -> None:
    owner, told = await registered(mailing_office, workspaceName="Voltwerk München")
    email, guest = new_email(), visitor(mailing_office)
    answer = await owner.post("/api/v1/invitations", json={"email": email, "role": "editor"})
    assert (answer.json()["mailed"], answer.json()["link"]) == (True, None)
    await work(mailing_office.database, mailing)
    mail = postbox[0].to(email)
    body = {"token": token_in(mail), "name": "Charles", "password": PASSWORD}
    joined = await guest.post("/api/auth/invitations/accept", json=body)
    assert (joined.status_code, joined.json()["workspace"]["_id"]) == (200, told["workspace"]["_id"])


async def test_a_mail_that_fails_fails_no_request_and_is_sent_later(
    mailing_office: Office,
    mailing: Settings,
    postbox: tuple[Postbox, int],
    clock: MovableClock,
    said: CapturingLogger,
) -> None:
    owner, _ = await registered(mailing_office)
    email = new_email()
    assert (await owner.post("/api/v1/invitations", json={"email": email, "role": "viewer"})).status_code == 201
    smtp = mailing.smtp.model_copy(update={"port": 9})
    away = mailing.model_copy(update={"smtp": smtp})
    await work(mailing_office.database, away)
    assert [call.kwargs["given_up"] for call in said.calls] == [False]
    clock.move(minutes=2)
    await work(mailing_office.database, mailing)
    assert "You are invited" in str(postbox[0].to(email)["Subject"])


async def test_a_mail_that_fails_until_its_link_is_stale_is_given_up(
    mailing_office: Office, mailing: Settings, clock: MovableClock, said: CapturingLogger
) -> None:
    owner, _ = await registered(mailing_office)
    await owner.post("/api/v1/invitations", json={"email": new_email(), "role": "viewer"})
    wrong = mailing.smtp.model_copy(update={"password": SecretStr("not the password of the server")})
    refused = mailing.model_copy(update={"smtp": wrong})
    await work(mailing_office.database, refused)
    clock.move(days=8)
    await work(mailing_office.database, refused)
    assert [(call.kwargs["reason"], call.kwargs["given_up"]) for call in said.calls] == [
        ("SMTPAuthenticationError", False),
        ("SMTPAuthenticationError", True),
    ]
