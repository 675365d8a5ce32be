"""Where the code on a product leads. Public: no key, no cookie, any origin; parameters that are not ours are let be.

``/p/01/...`` is the landing address printed in codes, ``/01/...`` the plain GS1 Digital Link, which forwards to it.
These are plain Starlette routes: a scan has no caller, no budget and no body, so the pipeline has nothing to do for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from tracepass.api.call import decode_segment
from tracepass.api.failures import refusal_answer
from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.gs1.keys import PassportKey
from tracepass.locale import UnknownLocale, check_locale
from tracepass.resolver.bodies import Body
from tracepass.resolver.models import LinkMalformed, Reader, State
from tracepass.resolver.negotiation import PAGE, Wanted, device_of, wanted_type
from tracepass.resolver.service import Resolver, check_gtin
from tracepass.resolver.viewer import BUILD

router = APIRouter()

KEYS: Final = (
    "/01/{gtin}/21/{serial}",
    "/01/{gtin}/10/{lot}",
    "/01/{gtin}",
    "/01/{gtin}/10/{lot}/21/{serial}",
)
"""The ways to name a passport; what is scanned most is matched first."""
METHODS: Final = ["GET", "HEAD", "OPTIONS"]
MEDIA_TYPES: Final = {"viewer.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
_STATIC: Final = {
    name: Body((resources.files("tracepass.resolver") / "static" / name).read_bytes()) for name in MEDIA_TYPES
}

PUBLIC: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Location, X-Request-Id",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept, Accept-Language, Accept-Encoding",
}
PREFLIGHT: Final = {
    **PUBLIC,
    "Allow": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Accept-Language, If-None-Match",
    "Access-Control-Max-Age": "86400",
}
PAGE_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' https: data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FRESH: Final = {"Cache-Control": "public, max-age=30, must-revalidate"}
"""Short, so that a suspension is soon seen everywhere."""
NOT_KEPT: Final = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan as it came: the key, whose test link it is, what is wanted, and by whom."""

    request: Request
    key: PassportKey
    workspace: str | None
    wanted: Wanted
    reader: Reader

    @property
    def resolver(self) -> Resolver:
        """Return the application's resolver."""
        return resolver_of(self.request)


def resolver_of(request: Request) -> Resolver:
    """Return the application's resolver."""
    resolver: Resolver = request.app.state.services[Resolver]
    return resolver


async def scan(request: Request) -> Response:
    """Answer the landing address: a page, data, or why there is neither."""
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=PREFLIGHT)
    wanted = wanted_type(request.headers.get("accept"), _query(request, "format"))
    try:
        gtin = check_gtin(_segment(request, "gtin") or "")
        if gtin != request.path_params["gtin"]:
            return _forward(request, _path_with(request, gtin), status=308)
        return _for_method(request, await _answer(_read(request, gtin, wanted)))
    except Refusal as refusal:
        return _for_method(request, _refuse(request, refusal, wanted))


async def resolve(request: Request) -> Response:
    """Forward a GS1 Digital Link without a prefix to the landing address, with its query."""
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=PREFLIGHT)
    try:
        gtin = check_gtin(_segment(request, "gtin") or "")
    except Refusal as refusal:
        return _for_method(request, _refuse(request, refusal, wanted_type(request.headers.get("accept"))))
    if gtin != request.path_params["gtin"]:
        return _forward(request, _path_with(request, gtin), status=308)
    return _forward(request, f"/p{request.scope['path']}", status=307)


async def static(request: Request) -> Response:
    """Serve a file of the pages; its address carries its version, so it may be kept for a year."""
    name = request.path_params["name"]
    if name not in _STATIC:
        raise NotFound("file")
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    response = _encoded(request, _STATIC[name], {**headers, "Vary": "Accept-Encoding"}, media_type=MEDIA_TYPES[name])
    return _for_method(request, response)


def _segment(request: Request, name: str) -> str | None:
    """Return a part of the link in its decoded form."""
    raw = request.path_params.get(name)
    if raw is None:
        return None
    try:
        return decode_segment(raw)
    except ValueError as error:
        raise LinkMalformed(name, str(error)) from error


def _query(request: Request, name: str) -> str | None:
    """Return a parameter; most links have none, and parsing nothing costs more than looking."""
    return request.query_params.get(name) if request.scope["query_string"] else None


def _path_with(request: Request, gtin: str) -> str:
    raw = request.path_params["gtin"]
    return str(request.scope["path"]).replace(f"/01/{raw}", f"/01/{gtin}", 1)


def _forward(request: Request, path: str, *, status: int) -> Response:
    query = request.url.query
    return Response(status_code=status, headers={**PUBLIC, "Location": f"{path}?{query}" if query else path})


def _read(request: Request, gtin: str, wanted: Wanted) -> Scan:
    """Read a request; an item is found by its serial, whatever lot the link names beside it."""
    serial, lot = _segment(request, "serial"), _segment(request, "lot")
    key = PassportKey(gtin, lot=lot if serial is None else None, serial=serial)
    lang = _query(request, "lang")
    try:
        lang = None if lang is None else check_locale(lang)
    except UnknownLocale as error:
        raise Invalid({"lang": [str(error)]}) from error
    reader = Reader(lang, request.headers.get("accept-language"), device_of(request.headers.get("user-agent", "")))
    return Scan(request, key, _segment(request, "workspace"), wanted, reader)


async def _answer(scan: Scan) -> Response:
    return await (_page(scan) if scan.wanted == PAGE else _data(scan))


async def _page(scan: Scan) -> Response:
    state, page = await scan.resolver.get_page(scan.key, scan.reader, workspace=scan.workspace)
    if scan.request.method == "GET":
        scan.resolver.count(state, scan.reader, "page", locale=page.locale)
    headers = _shown(scan, state, f"{page.edition}-{state.status}-{page.locale}-{BUILD}")
    headers |= {**PAGE_HEADERS, "Content-Language": page.locale}
    if _is_fresh(scan.request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return _encoded(scan.request, page.body, headers, media_type="text/html; charset=utf-8")


async def _data(scan: Scan) -> Response:
    data = await scan.resolver.get_data(scan.key, scan.workspace)
    if scan.request.method == "GET":
        scan.resolver.count(data.state, scan.reader, "data", locale=None)
    headers = _shown(scan, data.state, f"{data.state.edition}-{scan.wanted.rpartition('/')[2]}")
    if _is_fresh(scan.request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(data.body, headers=headers, media_type=scan.wanted)


def _shown(scan: Scan, state: State, tag: str) -> dict[str, str]:
    """Return the headers of whatever shows a passport; the tag is weak, since codings share it (RFC 9110 8.8.3)."""
    link = scan.resolver.link_of(scan.key, scan.workspace)
    headers = {
        **PUBLIC,
        **FRESH,
        "ETag": f'W/"{tag}"',
        "Link": (
            f'<{link}>; rel="canonical", <{link}?format=jsonld>; rel="alternate"; type="application/ld+json", '
            f'<{link}?format=html>; rel="alternate"; type="text/html"'
        ),
    }
    return headers | {"X-Robots-Tag": "noindex"} if state.is_test else headers


def _is_fresh(request: Request, tag: str) -> bool:
    """Tell whether the reader's copy is current: a weak comparison (RFC 9110 13.1.2)."""
    header = request.headers.get("if-none-match", "")
    known = {member.strip().removeprefix("W/") for member in header.split(",")}
    return header.strip() == "*" or tag.removeprefix("W/") in known


def _encoded(request: Request, body: Body, headers: Mapping[str, str], *, media_type: str) -> Response:
    content, coding = body.encoded(request.headers.get("accept-encoding", ""))
    extra = {"Content-Encoding": coding} if coding else {}
    return Response(content, headers={**headers, **extra}, media_type=media_type)


def _refuse(request: Request, refusal: Refusal, wanted: Wanted) -> Response:
    """Answer a refusal as a page to those who want one; a wrong ``lang`` has no language to be told in."""
    headers = {**PUBLIC, **NOT_KEPT}
    if wanted != PAGE or (isinstance(refusal, Invalid) and not isinstance(refusal, LinkMalformed)):
        response = refusal_answer(refusal)
        response.headers.update(headers)
        return response
    lang = _query(request, "lang")
    page = resolver_of(request).notice(refusal, lang=lang, accept_language=request.headers.get("accept-language"))
    return Response(page, refusal.status, {**headers, **PAGE_HEADERS}, media_type="text/html; charset=utf-8")


def _for_method(request: Request, response: Response) -> Response:
    """Leave the body out for HEAD; its length stays in the head (RFC 9110 9.3.2)."""
    if request.method == "HEAD":
        response.body = b""
    return response


for _prefix, _endpoint in (("/p", scan), ("", resolve), ("/test/{workspace}/p", scan)):
    for _tail in KEYS:
        router.add_route(_prefix + _tail, _endpoint, methods=METHODS)
router.add_route("/static/resolver/{name}", static, methods=["GET", "HEAD"])
