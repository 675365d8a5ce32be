"""Where a person shows the token of an access grant to a browser, which keeps it in cookies no script can read.

The token is typed or pasted into a form and sent in its body: it stands in no address, so in no log and no history.
"""

from __future__ import annotations

import re
from typing import Final

from starlette.responses import Response

from tracepass.api import Call, Router
from tracepass.api.holders import PREFIX, cookies_of, holder_of
from tracepass.api.policy import FORM, FORM_LIMIT
from tracepass.core.clock import parse_timestamp
from tracepass.identity.models import AccessGrant
from tracepass.identity.service import Authenticator, Unauthorized, cookie_attributes
from tracepass.pages.answers import page_answer, see_other
from tracepass.resolver.granted import GrantedScans
from tracepass.resolver.models import Access, Reader
from tracepass.resolver.root_router import place_of

access_router = Router()
PATH: Final = "/access"
KEPT_SECONDS: Final = 8 * 3600
"""A browser keeps a token for a working day at most, since it may not be its holder's alone."""
_PASSPORT: Final = re.compile(r"/(?:test/[\w.~%-]+/)?p/[\w.~%!$&'()*+,;=:@/-]+", re.ASCII)


@access_router.operation("GET", PATH, public=True, also_query=frozenset({"to", "lang"}))
async def show_access(call: Call) -> Response:
    """Ask for a token, or tell which grant the browser holds."""
    holder = await holder_of(call)
    grant = None if holder is None or holder.caller is None else holder.caller.grant
    return _page(call, to=_passport(call.query_params.get("to", "")), grant=grant)


@access_router.operation("POST", PATH, public=True, media_type=FORM, max_body=FORM_LIMIT)
async def open_access(call: Call) -> Response:
    """Give the browser the token, or take it back, and go on to the passport."""
    to, token = _passport(_field(call, "to")), _field(call, "token").strip()
    attributes = await _attributes(call)
    if call.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return _page(call, to=to, fault=True)
    if _field(call, "end"):
        return _handing("", to, attributes, seconds=0)
    try:
        caller = await call.service(Authenticator).authenticate(token if token.startswith(PREFIX) else "")
    except Unauthorized:
        return _page(call, to=to, fault=True)
    return _handing(token, to, attributes, seconds=_seconds(call, caller.grant))


def _handing(token: str, to: str, attributes: str, *, seconds: int) -> Response:
    response = see_other(to or PATH)
    for cookie in cookies_of(token, attributes=attributes, seconds=seconds):
        response.headers.append("Set-Cookie", cookie)
    return response


async def _attributes(call: Call) -> str:
    """Return what the cookies have beside their paths."""
    origin = (await place_of(call)).root
    return cookie_attributes(origin).removeprefix("Path=/; ")


def _seconds(call: Call, grant: AccessGrant | None) -> int:
    if grant is None:
        return 0
    left = parse_timestamp(grant.expires_at) - call.app.state.clock()
    return max(0, min(KEPT_SECONDS, int(left.total_seconds())))


def _page(call: Call, *, to: str, fault: bool = False, grant: AccessGrant | None = None) -> Response:
    reader = Reader(call.query_params.get("lang"), call.headers.get("accept-language"), "other")
    access = None
    if grant is not None:
        access = Access(audience=grant.audience, holder=grant.holder, expires_at=grant.expires_at, by_cookie=True)
    html = call.service(GrantedScans).form(reader, to=to, fault=fault, access=access)
    return page_answer(html.decode(), status=403 if fault else 200, headers={"Vary": "Cookie, Accept-Language"})


def _field(call: Call, name: str) -> str:
    return call.fields.get(name, [""])[0]


def _passport(path: str) -> str:
    """Return the path of a passport of ours, or nothing: nobody is led elsewhere."""
    return path if _PASSPORT.fullmatch(path) and "//" not in path else ""
