"""The pages on which people decide: sign in, allow an application, disconnect one. They need no script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.background import BackgroundTask
from starlette.responses import Response

from tracepass.api import Call, Router
from tracepass.api.policy import FORM, FORM_LIMIT
from tracepass.core.clock import parse_timestamp
from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.core.ids import find_id
from tracepass.core.tenancy import Environment
from tracepass.identity.models import SESSION_COOKIE, SESSION_PREFIX, Caller, User, Visit
from tracepass.identity.service import (
    Authenticator,
    Home,
    People,
    SignIn,
    TooManyAttempts,
    Unauthorized,
    WrongCredentials,
    session_cookie,
)
from tracepass.oauth.consent import PARAMETERS, PATH, Asked, Returned, Unanswerable
from tracepass.oauth.models import WORDS
from tracepass.oauth.registration import origin_of
from tracepass.oauth.service import Clients, ConnectedApps, Consents
from tracepass.pages.answers import page_answer, see_other
from tracepass.pages.forms import FIELD, FormExpired, check_form, form_token
from tracepass.pages.rendering import Pages

pages_router = Router()
ACCOUNT: Final = "/account"
APPS: Final = f"{ACCOUNT}/apps"
SIGN_IN: Final = "/signin"
_PAGES: Final = Pages("tracepass.oauth")
_RETURNS: Final = (PATH, f"{ACCOUNT}/", "/console")
_ENVIRONMENTS: Final[Mapping[str, Environment]] = {"live": "live", "test": "test"}
_EXPIRED: Final = "This page was open for too long, or was not ours. Please try again."


@dataclass(frozen=True, slots=True)
class SignedInPerson:
    """Who uses the browser."""

    caller: Caller
    user: User


@pages_router.operation("GET", SIGN_IN, public=True, also_query=frozenset({"returnTo", "again"}))
async def show_sign_in(call: Call) -> Response:
    """Ask for address and password, unless somebody is signed in already."""
    return_to = _own_page(call.query_params.get("returnTo", ""))
    if "again" not in call.query_params and await _person(call) is not None:
        return see_other(return_to)
    return await _sign_in_page(call, return_to)


@pages_router.operation("POST", SIGN_IN, public=True, media_type=FORM, max_body=FORM_LIMIT)
async def sign_in(call: Call) -> Response:
    """Begin a session and go on to where the person wanted to be."""
    return_to, email = _own_page(_field(call, "returnTo")), _field(call, "email")
    visit = Visit(call.address, call.headers.get("user-agent"))
    try:
        check_form(call, _field(call, FIELD))
        signed_in = await call.service(SignIn).sign_in(email, _field(call, "password"), visit)
    except FormExpired:
        return await _sign_in_page(call, return_to, email=email, fault=_EXPIRED, status=403)
    except (WrongCredentials, TooManyAttempts, Invalid, Refusal) as refusal:
        page = await _sign_in_page(
            call, return_to, email=email, fault=refusal.message, status=refusal.status, headers=refusal.headers
        )
        if isinstance(refusal, WrongCredentials):
            page.background = BackgroundTask(call.service(SignIn).note_failure, email, visit)
        return page
    return see_other(return_to, headers=session_cookie(signed_in.secret, origin=call.origins.api))


@pages_router.operation("GET", PATH, public=True, any_query=True, also_query=frozenset(PARAMETERS))
async def show_consent(call: Call) -> Response:
    """Tell a person what an application asks for, and let them decide."""
    return await _with_request(call, _parameters(call.scope["query_string"].decode("latin-1")), _ask)


@pages_router.operation("POST", PATH, public=True, media_type=FORM, max_body=FORM_LIMIT, any_query=True)
async def decide(call: Call) -> Response:
    """Write down what the person decided, and send them back to the application."""
    return await _with_request(call, call.fields, _settle)


@pages_router.operation("GET", APPS, public=True, also_query=frozenset({"disconnected"}))
async def list_apps(call: Call) -> Response:
    """Show what the person has let in."""
    person = await _person(call)
    if person is None:
        return _to_sign_in(APPS)
    apps, form = await call.service(ConnectedApps).list_of(person.user.id), form_token(call)
    done = "The application is disconnected." if "disconnected" in call.query_params else ""
    html = _PAGES.render("apps.html.j2", apps=apps, person=person.user, token=form.token, done=done, day=_day)
    return page_answer(html, headers=form.headers)


@pages_router.operation("POST", APPS, public=True, media_type=FORM, max_body=FORM_LIMIT)
async def disconnect_app(call: Call) -> Response:
    """Put an application out."""
    person = await _person(call)
    if person is None:
        return _to_sign_in(APPS)
    try:
        check_form(call, _field(call, FIELD))
        await call.service(ConnectedApps).disconnect(person.user.id, find_id(_field(call, "grant")))
    except FormExpired:
        return _problem("Not disconnected", _EXPIRED, status=403)
    except NotFound:
        return see_other(APPS)
    return see_other(f"{APPS}?disconnected=true")


async def _with_request(call: Call, fields: Mapping[str, list[str]], proceed: Any) -> Response:
    """Go on with an authorization request that is sound, for a person who is signed in."""
    try:
        asked = await call.service(Consents).read(fields)
        person = await _person(call)
        if person is None:
            return _to_sign_in(f"{PATH}?{asked.query}")
        found: Response = await proceed(call, asked, person)
    except Unanswerable as problem:
        return _problem("This request cannot be answered", str(problem), status=400)
    except Returned as returned:
        return see_other(returned.location)
    return found


async def _ask(call: Call, asked: Asked, person: SignedInPerson, *, fault: str = "", status: int = 200) -> Response:
    homes = await call.service(People).homes(person.user.id)
    chosen = person.caller.workspace.id
    # A session outlives its membership by seconds.
    home = next((home for home in homes if home.workspace.id == chosen), None)
    again = f"{SIGN_IN}?{urlencode({'again': 'true', 'returnTo': f'{PATH}?{asked.query}'})}"
    if home is None:
        return see_other(again)
    granted = asked.scopes if len(homes) > 1 else asked.granted(home)
    form = form_token(call)
    html = _PAGES.render(
        "consent.html.j2",
        client=asked.client,
        person=person.user,
        switch=again,
        fault=fault,
        token=form.token,
        hidden=[(name, value) for name, values in asked.fields.items() for value in values],
        allowed=[words for scope, words in WORDS.items() if scope in granted],
        withheld=[words for scope, words in WORDS.items() if scope in set(asked.scopes) - set(granted)],
        homes=homes,
        chosen=chosen,
        destination=urlsplit(asked.redirect_uri).netloc or asked.redirect_uri,
    )
    return page_answer(html, status, headers=form.headers, form_targets=[origin_of(asked.redirect_uri)])


async def _settle(call: Call, asked: Asked, person: SignedInPerson) -> Response:
    try:
        check_form(call, _field(call, FIELD))
    except FormExpired:
        return await _ask(call, asked, person, fault=_EXPIRED, status=403)
    if _field(call, "decision") != "allow":
        raise call.service(Consents).denied(asked)
    home = await _home(call, person)
    environment = _ENVIRONMENTS.get(_field(call, "environment"))
    if home is None or environment is None:
        return await _ask(call, asked, person, fault="Choose one of your workspaces, and its data.", status=400)
    return see_other(await call.service(Consents).approve(asked, person.user, home, environment))


async def _home(call: Call, person: SignedInPerson) -> Home | None:
    """Return the workspace that was chosen, if it is one of the person's."""
    wanted = find_id(_field(call, "workspace"))
    homes = await call.service(People).homes(person.user.id)
    return next((home for home in homes if home.workspace.id == wanted), None)


async def _person(call: Call) -> SignedInPerson | None:
    """Return who is signed in, or None."""
    cookie = call.cookies.get(SESSION_COOKIE, "")
    if not cookie.startswith(SESSION_PREFIX):
        return None
    try:
        caller = await call.service(Authenticator).authenticate(cookie)
    except Unauthorized:
        return None
    user_id = caller.credential.user_id
    return None if user_id is None else SignedInPerson(caller, await call.service(People).get(user_id))


async def _sign_in_page(
    call: Call,
    return_to: str,
    *,
    email: str = "",
    fault: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    form = form_token(call)
    client_id = _parameters(urlsplit(return_to).query).get("client_id", [""])[0]
    client = await call.service(Clients).find(client_id) if client_id else None
    html = _PAGES.render(
        "signin.html.j2",
        token=form.token,
        return_to=return_to,
        email=email,
        fault=fault,
        client=None if client is None else client.name,
    )
    return page_answer(html, status, headers={**form.headers, **(headers or {})})


def _to_sign_in(return_to: str) -> Response:
    return see_other(f"{SIGN_IN}?{urlencode({'returnTo': return_to})}")


def _problem(heading: str, text: str, *, status: int) -> Response:
    return page_answer(_PAGES.render("problem.html.j2", heading=heading, text=text), status)


def _own_page(wanted: str) -> str:
    """Return the page of ours that a link names; anything else, such as another site, is not gone to."""
    path = wanted.partition("?")[0]
    ours = wanted.isascii() and wanted.isprintable() and "\\" not in wanted and "//" not in path and ".." not in path
    return wanted if ours and path.startswith(_RETURNS) else ACCOUNT


def _day(moment: str) -> str:
    """Write the day of a timestamp for people."""
    found = parse_timestamp(moment)
    return f"{found.day} {found:%B %Y}"


def _parameters(query: str) -> dict[str, list[str]]:
    return parse_qs(query, keep_blank_values=True)


def _field(call: Call, name: str) -> str:
    return next(iter(call.fields.get(name, ())), "")
