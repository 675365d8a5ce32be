"""Where the code on a product leads. Public: no key, no cookie, any origin; parameters that are not ours are let be.

``/p/01/...`` is the landing address printed in codes; it sends on only those who ask for another link.
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

from tracepass.api.holders import Holder, cookies_of, holder_of
from tracepass.api.publicity import FRESH, METHODS, PUBLIC, for_method, is_fresh, preflight, query_of, tag_of
from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.gs1.identities import GTIN, LOT, SERIAL, BadIdentity, Identity, read_loosely, read_path
from tracepass.gs1.keys import PassportKey
from tracepass.locale import UnknownLocale, check_locale
from tracepass.resolver.bodies import Body
from tracepass.resolver.granted import PRIVATE, GrantedScans
from tracepass.resolver.linking import Linking, Place
from tracepass.resolver.models import LinkMalformed, PassportMissing, Reader, State
from tracepass.resolver.negotiation import CREDENTIAL, LINKSET, PAGE, Wanted, device_of, wanted_type
from tracepass.resolver.root_router import (
    PAGE_HEADERS,
    Asked,
    LinkRoute,
    answer,
    forward,
    place_of,
    refuse,
    resolver_of,
    segment_of,
    wish_of,
)
from tracepass.resolver.service import Resolver, check_gtin
from tracepass.resolver.viewer import BUILD

router = APIRouter()
landing_router = APIRouter()

KEYS: Final = (
    "/01/{gtin}/21/{serial}",
    "/01/{gtin}/10/{lot}",
    "/01/{gtin}",
    "/01/{gtin}/10/{lot}/21/{serial}",
)
"""The ways to name a passport; what is scanned most is matched first."""
MEDIA_TYPES: Final = {"viewer.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
_STATIC: Final = {
    name: Body((resources.files("tracepass.resolver") / "static" / name).read_bytes()) for name in MEDIA_TYPES
}


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan as it came: the key, where it came in, what is wanted and by whom; ``lot`` may stand beside a serial."""

    request: Request
    key: PassportKey
    lot: str | None
    place: Place
    wanted: Wanted
    reader: Reader

    @property
    def resolver(self) -> Resolver:
        """Return the application's resolver."""
        return resolver_of(self.request)

    @property
    def identity(self) -> Identity:
        """Return what the link names."""
        parts = ((LOT, self.lot), (SERIAL, self.key.serial))
        return Identity((GTIN, self.key.gtin), tuple((ai, value) for ai, value in parts if value is not None))


async def scan(request: Request) -> Response:
    """Answer the landing address: a page, data, or why there is neither."""
    if request.method == "OPTIONS":
        return preflight()
    wanted = wanted_type(request.headers.get("accept"), query_of(request, "format"))
    try:
        place = await place_of(request)
        if "link" in request.path_params:
            return for_method(request, await _answer(_read_any(request, place, wanted)))
        gtin = check_gtin(_segment(request, "gtin") or "")
        if gtin != request.path_params["gtin"]:
            return forward(request, _path_with(request, gtin), status=308)
        return for_method(request, await _answer(_read(request, gtin, place, wanted)))
    except Refusal as refusal:
        return for_method(request, refuse(request, refusal, wanted))


async def static(request: Request) -> Response:
    """Serve a file of the pages; its address carries its version, so it may be kept for a year."""
    name = request.path_params["name"]
    if name not in _STATIC:
        raise NotFound("file")
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    response = _encoded(request, _STATIC[name], {**headers, "Vary": "Accept-Encoding"}, media_type=MEDIA_TYPES[name])
    return for_method(request, response)


def _path_with(request: Request, gtin: str) -> str:
    raw = request.path_params["gtin"]
    return str(request.scope["path"]).replace(f"/01/{raw}", f"/01/{gtin}", 1)


def _segment(request: Request, name: str) -> str | None:
    """Return a part of the link in its decoded form."""
    raw = request.path_params.get(name)
    return None if raw is None else segment_of(name, raw)


def _read(request: Request, gtin: str, place: Place, wanted: Wanted) -> Scan:
    """Read a request; an item is found by its serial, whatever lot the link names beside it."""
    serial, lot = _segment(request, "serial"), _segment(request, "lot")
    key = PassportKey(gtin, lot=lot if serial is None else None, serial=serial)
    return Scan(request, key, lot, place, wanted, _reader(request))


def _read_any(request: Request, place: Place, wanted: Wanted) -> Scan:
    """Read a link of another shape: with a slash at its end, a variant in it, or of a key that has no passports.

    Raises:
        LinkMalformed: it is no GS1 Digital Link.
        PassportMissing: its key is no GTIN.
    """
    link = request.path_params["link"]
    try:
        identity = read_loosely(link) or read_path(link)
    except BadIdentity as error:
        raise LinkMalformed("link", str(error)) from error
    if identity.primary[0] != GTIN:
        raise PassportMissing
    lot, serial = (identity.values.get(ai) for ai in (LOT, SERIAL))
    key = PassportKey(check_gtin(identity.primary[1]), lot=lot if serial is None else None, serial=serial)
    return Scan(request, key, lot, place, wanted, _reader(request))


def _reader(request: Request) -> Reader:
    lang = query_of(request, "lang")
    try:
        lang = None if lang is None else check_locale(lang)
    except UnknownLocale as error:
        raise Invalid({"lang": [str(error)]}) from error
    return Reader(lang, request.headers.get("accept-language"), device_of(request.headers.get("user-agent", "")))


async def _answer(scan: Scan) -> Response:
    if scan.wanted == LINKSET or query_of(scan.request, "linkType"):
        elsewhere = await _linked(scan)
        if elsewhere is not None:
            return elsewhere
    if scan.wanted == CREDENTIAL:
        return await _credential(scan)
    holder = await holder_of(scan.request)
    if holder is not None:
        return await _granted(scan, holder)
    return await (_page(scan) if scan.wanted in {PAGE, LINKSET} else _data(scan))


async def _linked(scan: Scan) -> Response | None:
    """Answer a request for the linkset or for one type of link; None if that is the landing page itself."""
    await scan.resolver.get_state(scan.key, scan.place.workspace, owner=scan.place.workspace_id)
    asked = Asked(scan.request, scan.identity, scan.place, wish_of(scan.request), stem="/p")
    linking: Linking = scan.request.app.state.services[Linking]
    found = answer(asked, await linking.levels(asked.identity, asked.place, stem=asked.stem))
    return None if found.headers.get("location", "").partition("?")[0] == asked.address else found


async def _page(scan: Scan) -> Response:
    state, page = await scan.resolver.get_page(
        scan.key, scan.reader, workspace=scan.place.workspace, owner=scan.place.workspace_id
    )
    if scan.request.method == "GET":
        scan.resolver.count(state, scan.reader, "page", locale=page.locale)
    headers = _shown(scan, state, f"{page.edition}-{state.status}-{page.locale}-{BUILD}")
    headers |= {**PAGE_HEADERS, "Content-Language": page.locale}
    if is_fresh(scan.request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return _encoded(scan.request, page.body, headers, media_type="text/html; charset=utf-8")


async def _data(scan: Scan) -> Response:
    data = await scan.resolver.get_data(scan.key, scan.place.workspace, owner=scan.place.workspace_id)
    if scan.request.method == "GET":
        scan.resolver.count(data.state, scan.reader, "data", locale=None)
    headers = _shown(scan, data.state, f"{data.state.edition}-{scan.wanted.rpartition('/')[2]}")
    if is_fresh(scan.request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(data.body, headers=headers, media_type=scan.wanted)


async def _granted(scan: Scan, holder: Holder) -> Response:
    """Answer somebody who shows an access grant, past every cache."""
    scans: GrantedScans = scan.request.app.state.services[GrantedScans]
    is_page = scan.wanted in {PAGE, LINKSET}
    found = await scans.find(
        scan.key,
        scan.place.workspace,
        holder,
        owner=scan.place.workspace_id,
        form="viewer" if is_page else "jsonld",
    )
    headers = _shown(scan, found.state, "") | PRIVATE
    del headers["ETag"]
    if is_page:
        body, locale = scans.page(found, scan.reader)
        headers |= {**PAGE_HEADERS, "Content-Language": locale}
    else:
        body, locale = scans.data(found, link=scan.resolver.link_of(scan.key, scan.place.workspace)), None
    if scan.request.method == "GET":
        scan.resolver.count(found.state, scan.reader, "page" if is_page else "data", locale=locale)
    response = Response(body, headers=headers, media_type="text/html; charset=utf-8" if is_page else scan.wanted)
    if holder.caller is None:
        for cookie in cookies_of("", attributes="HttpOnly; SameSite=Lax", seconds=0):
            response.headers.append("Set-Cookie", cookie)
    return response


async def _credential(scan: Scan) -> Response:
    """Answer with the signed form of the data, which is made anew for each that asks."""
    state, body = await scan.resolver.get_credential(scan.key, scan.place.workspace, owner=scan.place.workspace_id)
    if scan.request.method == "GET":
        scan.resolver.count(state, scan.reader, "data", locale=None)
    headers = {**_shown(scan, state, ""), "ETag": tag_of(body)}
    if is_fresh(scan.request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=CREDENTIAL)


def _shown(scan: Scan, state: State, tag: str) -> dict[str, str]:
    """Return the headers of whatever shows a passport; the tag is weak, since codings share it (RFC 9110 8.8.3)."""
    link = scan.resolver.link_of(scan.key, scan.place.workspace)
    headers = {
        **PUBLIC,
        **FRESH,
        "Vary": f"{PUBLIC['Vary']}, Authorization, Cookie",
        "ETag": f'W/"{tag}"',
        "Link": (
            f'<{link}>; rel="canonical", <{link}?format=jsonld>; rel="alternate"; type="application/ld+json", '
            f'<{link}?format=html>; rel="alternate"; type="text/html", '
            f'<{link}?format=vc>; rel="alternate"; type="{CREDENTIAL}", '
            f'<{link}?linkType=linkset>; type="{LINKSET}"; rel="linkset"'
        ),
    }
    return headers | {"X-Robots-Tag": "noindex"} if state.is_test else headers


def _encoded(request: Request, body: Body, headers: Mapping[str, str], *, media_type: str) -> Response:
    content, coding = body.encoded(request.headers.get("accept-encoding", ""))
    extra = {"Content-Encoding": coding} if coding else {}
    return Response(content, headers={**headers, **extra}, media_type=media_type)


for _prefix in ("/p", "/test/{workspace}/p"):
    for _tail in KEYS:
        router.add_route(_prefix + _tail, scan, methods=METHODS)
router.add_route("/static/resolver/{name}", static, methods=["GET", "HEAD"])
landing_router.routes.extend(
    [
        LinkRoute("/p/{link}", {"link": r"\d{2,4}/.+"}, scan),
        LinkRoute("/test/{workspace}/p/{link}", {"link": r"\d{2,4}/.+"}, scan),
    ]
)
