"""The pages by which people come in without a program: register, a lost password, an invitation. No script needed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from starlette.background import BackgroundTask
from starlette.responses import Response

from tracepass.accounts.entrance import afterwards, demand_open_registration, visit_of
from tracepass.api import Call, Router
from tracepass.api.policy import FORM, FORM_LIMIT
from tracepass.core.errors import Invalid, Refusal
from tracepass.identity.models import SESSION_COOKIE, SESSION_PREFIX, Caller, SignedIn
from tracepass.identity.service import (
    Authenticator,
    InvitationOver,
    Invitations,
    People,
    Recovery,
    Registration,
    SignIn,
    Unauthorized,
    Workspaces,
    check_name,
    no_session_cookie,
    session_cookie,
)
from tracepass.pages.answers import page_answer, see_other
from tracepass.pages.forms import FIELD, check_form, form_token
from tracepass.pages.rendering import Pages

account_pages_router = Router()
ACCOUNT: Final = "/account"
SIGN_IN: Final = "/signin"
_PAGES: Final = Pages("tracepass.accounts")


@account_pages_router.operation("GET", "/signup", public=True)
async def show_sign_up(call: Call) -> Response:
    """Ask for a company and its first person."""
    try:
        demand_open_registration(call)
    except Refusal as refusal:
        return _notice("Registration is closed", refusal.message, status=refusal.status)
    return _form(call, "signup.html.j2")


@account_pages_router.operation("POST", "/signup", public=True, media_type=FORM, max_body=FORM_LIMIT)
async def sign_up(call: Call) -> Response:
    """Make the workspace and go on signed in."""
    given = _given(call)
    try:
        check_form(call, given[FIELD])
        demand_open_registration(call)
        company = check_name(given["workspaceName"], field="workspaceName")
        new = Registration(given["email"], given["name"], given["password"], company)
        signed_in = await call.service(SignIn).register(new, visit_of(call))
    except Refusal as refusal:
        return _form(call, "signup.html.j2", given=given, refusal=refusal)
    return _enter(call, signed_in)


@account_pages_router.operation("GET", "/password/forgot", public=True)
async def show_forgot_password(call: Call) -> Response:
    """Ask whose password is lost."""
    return _form(call, "forgot.html.j2")


@account_pages_router.operation("POST", "/password/forgot", public=True, media_type=FORM, max_body=FORM_LIMIT)
async def send_reset_link(call: Call) -> Response:
    """Have the link mailed, and say the same to everybody."""
    given, recovery = _given(call), call.service(Recovery)
    try:
        check_form(call, given[FIELD])
        await recovery.admit(call.address)
    except Refusal as refusal:
        return _form(call, "forgot.html.j2", given=given, refusal=refusal)
    response = _notice("Look into your mail", "If there is an account under this address, a link is on its way to it.")
    response.background = BackgroundTask(afterwards(partial(recovery.ask, given["email"])))
    return response


@account_pages_router.operation("GET", "/password/reset", public=True, also_query=frozenset({"token"}))
async def show_reset_password(call: Call) -> Response:
    """Ask for the new password, if the link is still good."""
    token = call.query_params.get("token", "")
    if not await call.service(Recovery).is_open(token):
        return _stale_link()
    return _form(call, "reset.html.j2", given={"token": token})


@account_pages_router.operation("POST", "/password/reset", public=True, media_type=FORM, max_body=FORM_LIMIT)
async def set_password(call: Call) -> Response:
    """Set the new password."""
    given, recovery = _given(call), call.service(Recovery)
    try:
        check_form(call, given[FIELD])
        await recovery.reset(given["token"], given["password"])
    except Refusal as refusal:
        if not await recovery.is_open(given["token"]):
            return _stale_link()
        return _form(call, "reset.html.j2", given=given, refusal=refusal)
    return _notice("Your password is set", "Sign in with it.", link=SIGN_IN, label="Sign in")


@account_pages_router.operation("GET", "/invitations/accept", public=True, also_query=frozenset({"token"}))
async def show_invitation(call: Call) -> Response:
    """Tell who invites whom, and ask for what is missing."""
    return await _invitation(call, {"token": call.query_params.get("token", "")})


@account_pages_router.operation("POST", "/invitations/accept", public=True, media_type=FORM, max_body=FORM_LIMIT)
async def join_workspace(call: Call) -> Response:
    """Become a member and go on signed in."""
    given, caller, signing = _given(call), await _caller(call), call.service(SignIn)
    try:
        check_form(call, given[FIELD])
        if caller is not None:
            return _enter(call, await signing.accept_as(caller, given["token"], visit_of(call)))
        signed_in = await signing.accept(given["token"], visit_of(call), name=given["name"], password=given["password"])
    except Refusal as refusal:
        return await _invitation(call, given, refusal)
    return _enter(call, signed_in)


@account_pages_router.operation("GET", ACCOUNT, public=True)
async def show_account(call: Call) -> Response:
    """Tell who is signed in, and what there is to do."""
    caller = await _caller(call)
    if caller is None:
        return see_other(SIGN_IN)
    user, form = await call.service(People).of(caller), form_token(call)
    html = _PAGES.render("account.html.j2", user=user, workspace=caller.workspace, role=caller.role, token=form.token)
    return page_answer(html, headers=form.headers)


@account_pages_router.operation("POST", ACCOUNT, public=True, media_type=FORM, max_body=FORM_LIMIT)
async def leave_account(call: Call) -> Response:
    """End the session."""
    caller = await _caller(call)
    try:
        check_form(call, _given(call)[FIELD])
    except Refusal as refusal:
        return _notice("You are still signed in", refusal.message, status=refusal.status, link=ACCOUNT, label="Back")
    if caller is not None:
        await call.service(SignIn).sign_out(caller)
        call.service(Authenticator).forget(call.cookies[SESSION_COOKIE])
    return see_other(SIGN_IN, headers=no_session_cookie(origin=call.origins.api))


def _given(call: Call) -> Mapping[str, str]:
    """Return what a form holds; what it lacks is empty."""
    return defaultdict(str, {name: values[-1] for name, values in call.fields.items()})


def _enter(call: Call, signed_in: SignedIn) -> Response:
    return see_other(ACCOUNT, headers=session_cookie(signed_in.secret, origin=call.origins.api))


def _form(
    call: Call, name: str, *, given: Mapping[str, str] | None = None, refusal: Refusal | None = None, **more: Any
) -> Response:
    """Answer a form, with what was given before but the password, and what was wrong with it."""
    form, faults = form_token(call), _faults(refusal)
    html = _PAGES.render(
        name,
        token=form.token,
        given=defaultdict(str, given or {}),
        faults=defaultdict(tuple, faults),
        fault="" if refusal is None or faults else refusal.message,
        **more,
    )
    headers = {**form.headers, **((refusal.headers or {}) if refusal else {})}
    return page_answer(html, 200 if refusal is None else refusal.status, headers=headers)


def _faults(refusal: Refusal | None) -> Mapping[str, Any]:
    """Return what is wrong with each field, as sentences."""
    found = dict((refusal.details or {}).get("fieldErrors", {})) if isinstance(refusal, Invalid) else {}
    return {name: [f"This {fault}." for fault in faults] for name, faults in found.items()}


async def _invitation(call: Call, given: Mapping[str, str], refusal: Refusal | None = None) -> Response:
    try:
        invitation = await call.service(Invitations).by_token(given["token"])
    except InvitationOver as over:
        return _notice("This invitation is over", over.message, status=over.status)
    caller = await _caller(call)
    return _form(
        call,
        "invitation.html.j2",
        given=given,
        refusal=refusal,
        invitation=invitation,
        workspace=await call.service(Workspaces).get(invitation.workspace_id),
        known=await call.service(SignIn).has_account(invitation),
        signed_in=None if caller is None else await call.service(People).of(caller),
    )


async def _caller(call: Call) -> Caller | None:
    """Return who is signed in, or None; forms prove by their token that they are ours."""
    cookie = call.cookies.get(SESSION_COOKIE, "")
    if not cookie.startswith(SESSION_PREFIX):
        return None
    try:
        return await call.service(Authenticator).authenticate(cookie)
    except Unauthorized:
        return None


def _stale_link() -> Response:
    text = "It is good for an hour, and once. Ask for a new one."
    return _notice("This link is over", text, status=400, link="/password/forgot", label="Ask for a new link")


def _notice(heading: str, text: str, *, status: int = 200, link: str = "", label: str = "") -> Response:
    return page_answer(_PAGES.render("notice.html.j2", heading=heading, text=text, link=link, label=label), status)
