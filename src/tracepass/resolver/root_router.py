"""The GS1-Conformant resolver: ``/01/...`` and every other primary key, answered as the standard asks.

GS1-Conformant Resolver Standard 1.2. A request is answered from what is registered at the identifier and above it: it
is sent on to the default link or to the type it asks for, gets the linkset, or a choice of links that are equally good.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tracepass.api.call import decode_segment
from tracepass.api.failures import refusal_answer
from tracepass.api.publicity import (
    FRESH,
    METHODS,
    NOT_KEPT,
    PUBLIC,
    for_method,
    is_fresh,
    preflight,
    query_of,
    query_string,
    tag_of,
)
from tracepass.core.errors import Invalid, Refusal
from tracepass.core.origins import host_of, origins_for
from tracepass.gs1.compression import decompress
from tracepass.gs1.faults import Gs1SyntaxError
from tracepass.gs1.identities import BadIdentity, Identity, identity_of, read_loosely, read_path, read_short_gtin
from tracepass.gs1.link import CANONICAL_STEM, Link
from tracepass.gs1.linktypes import asked_link_type
from tracepass.links.service import with_query
from tracepass.resolver.description import description
from tracepass.resolver.hosts import Hosts
from tracepass.resolver.linking import Linking, LinkTypeMissing, Place
from tracepass.resolver.linksets import CONTEXT, linkset_bytes, linkset_type
from tracepass.resolver.models import LinkMalformed
from tracepass.resolver.negotiation import LINKSET, PAGE, Wanted, wanted_type
from tracepass.resolver.offers import Level, Offer, Wish, answers, weighted
from tracepass.resolver.service import Resolver

root_router = APIRouter()
link_router = APIRouter()

PAGE_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' https: data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
Endpoint = Callable[[Request], Awaitable[Response]]
ALL_LINKS: Final = frozenset({"linkset", "all"})
SOFTWARE: Final = "TracePass"
HTML: Final = frozenset({"text/html", "application/xhtml+xml"})
OK: Final = 200
_WRITTEN: Final = "/%!$&'()*+,;=:@"
"""What stays as it was written in a path that is sent on; what no path may hold is encoded (RFC 3986 3.3)."""
_SEGMENT: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it was understood: what it names, where it came in, and what it wants of it.

    ``compressed`` tells whether the address came in its compressed form, ``attributes`` is the query that was packed in
    it, ``stem`` what stands before its path.
    """

    request: Request
    identity: Identity
    place: Place
    wish: Wish
    compressed: bool = False
    attributes: str = ""
    stem: str = ""

    @property
    def wants_linkset(self) -> bool:
        """Tell whether all links are asked for: by name, or by the media type of linksets."""
        if self.wish.link_type is not None:
            return self.wish.link_type in ALL_LINKS
        return wanted_type(self.wish.accept) == LINKSET

    @property
    def address(self) -> str:
        """Return the uncompressed address, without a query."""
        return f"{self.place.root}{self.stem}/{self.identity.path}"

    @property
    def link(self) -> str:
        """Return the Link header that every answer carries (2.10, 2.3): the linkset, and the uncompressed address."""
        linkset = f'<{self.address}?linkType=linkset>; type="{LINKSET}"; rel="linkset"'
        whole = f"{self.address}?{self.attributes}" if self.attributes else self.address
        same = f'<{whole}>; rel="owl:sameAs", ' if self.compressed else ""
        return same + linkset


def resolver_of(request: Request) -> Resolver:
    """Return the application's resolver."""
    resolver: Resolver = request.app.state.services[Resolver]
    return resolver


async def place_of(request: Request) -> Place:
    """Return where a request came in.

    Raises:
        HostUnproven: its host is a domain that waits for its proof.
    """
    settings = request.app.state.settings
    peer = None if request.client is None else request.client.host
    hosts: Hosts = request.app.state.services[Hosts]
    usual = origins_for(settings, peer=peer, headers=request.headers).resolver
    origin, workspace_id = await hosts.origin(host_of(settings, peer=peer, headers=request.headers), usual)
    slug = request.path_params.get("workspace")
    return Place(origin, workspace_id, None if slug is None else segment_of("workspace", slug))


def segment_of(name: str, raw: str) -> str:
    """Return a part of a link in its decoded form.

    Raises:
        LinkMalformed: it is no percent-encoded text.
    """
    try:
        return decode_segment(raw)
    except ValueError as error:
        raise LinkMalformed(name, str(error)) from error


def forward(request: Request, path: str, *, status: int) -> Response:
    """Send a reader on to a path of the same host, with the query."""
    location = with_query(quote(path, safe=_WRITTEN), query_string(request))
    return Response(status_code=status, headers={**PUBLIC, "Location": location})


def refuse(request: Request, refusal: Refusal, wanted: Wanted) -> Response:
    """Answer a refusal as a page to those who want one; a wrong ``lang`` has no language to be told in."""
    headers = {**PUBLIC, **NOT_KEPT, **(refusal.headers or {})}
    if wanted != PAGE or (isinstance(refusal, Invalid) and not isinstance(refusal, LinkMalformed)):
        response = refusal_answer(refusal)
        response.headers.update(headers)
        return response
    lang = query_of(request, "lang")
    page = resolver_of(request).notice(refusal, lang=lang, accept_language=request.headers.get("accept-language"))
    return Response(page, refusal.status, {**headers, **PAGE_HEADERS}, media_type="text/html; charset=utf-8")


def wish_of(request: Request) -> Wish:
    """Return what a request asks for; ``lang`` and ``mediaType`` in the address stand for the headers."""
    link_type = query_of(request, "linkType")
    return Wish(
        link_type=asked_link_type(link_type) if link_type else None,
        accept_language=query_of(request, "lang") or request.headers.get("accept-language"),
        accept=query_of(request, "mediaType") or request.headers.get("accept"),
        context=query_of(request, "context"),
    )


async def resolve(request: Request) -> Response:
    """Answer a GS1 Digital Link."""
    if request.method == "OPTIONS":
        return preflight()
    try:
        return for_method(request, await _resolve(request))
    except Refusal as refusal:
        return for_method(request, refuse(request, refusal, wanted_type(request.headers.get("accept"))))


async def _resolve(request: Request) -> Response:
    place = await place_of(request)
    path = str(request.scope["path"])
    link = path.removeprefix(place.root.removeprefix(place.origin))
    try:
        whole = read_short_gtin(link)
    except BadIdentity as error:
        raise LinkMalformed("gtin", str(error).removeprefix("GTIN ")) from error
    if whole is not None:
        return forward(request, path.removesuffix(link) + whole, status=308)
    asked = await _asked(request, place, link)
    linking: Linking = request.app.state.services[Linking]
    return answer(asked, await linking.levels(asked.identity, place))


async def _asked(request: Request, place: Place, link: str) -> Asked:
    """Understand an address; one that GS1 would refuse may still be the key of a passport."""
    wish = wish_of(request)
    try:
        return Asked(request, read_path(link), place, wish)
    except BadIdentity as error:
        loosely = read_loosely(link)
        linking: Linking = request.app.state.services[Linking]
        if loosely is not None and await linking.has_passport(loosely, place):
            return Asked(request, loosely, place, wish)
        unpacked = _unpacked(link)
        if unpacked is None:
            raise LinkMalformed("link", str(error)) from error
        attributes = unpacked.on("").partition("?")[2]
        return Asked(request, identity_of(unpacked), place, wish, compressed=True, attributes=attributes)


def _unpacked(link: str) -> Link | None:
    """Return what a compressed link stands for, or None if it is none."""
    try:
        return decompress(f"{CANONICAL_STEM}/{link.strip('/')}")
    except Gs1SyntaxError:
        return None


def answer(asked: Asked, levels: tuple[Level, ...]) -> Response:
    """Answer a request from what is offered.

    Raises:
        LinkTypeMissing: there is no link of the type that was asked for.
    """
    if asked.wants_linkset:
        return _linkset(asked, levels, status=OK)
    found = answers(levels, asked.wish)
    if not found:
        raise LinkTypeMissing(asked.wish.link_type or "", levels, link=asked.link)
    if len(found) > 1:
        return _choice(asked, levels, found)
    location = with_query(with_query(found[0].href, asked.attributes), query_string(asked.request))
    return Response(status_code=307, headers={**_headers(asked), "Location": location})


def _choice(asked: Asked, levels: tuple[Level, ...], found: tuple[Offer, ...]) -> Response:
    """Answer the links that are equally good, for the reader to choose (2.6.3)."""
    level = next(level for level in levels if found[0] in level.offers)
    return _linkset(asked, (Level(level.anchor, found, level.description),), status=300)


def _linkset(asked: Asked, levels: tuple[Level, ...], *, status: int) -> Response:
    if _wants_page(asked.wish.accept):
        return _page_of(asked, levels, status=status)
    media_type = linkset_type(asked.wish.accept)
    body = linkset_bytes(levels, media_type)
    context = f'<{CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
    headers = {**_headers(asked), "ETag": tag_of(body)}
    headers["Link"] = f"{context}, {headers['Link']}"
    if status == OK and is_fresh(asked.request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, status, headers, media_type=media_type)


def _wants_page(accept: str | None) -> bool:
    """Tell whether a person reads: only those who name HTML get a page of links (2.10); a program says less."""
    return wanted_type(accept) == PAGE and not HTML.isdisjoint(weighted(accept))


def _page_of(asked: Asked, levels: tuple[Level, ...], *, status: int) -> Response:
    lang = query_of(asked.request, "lang")
    page, locale = resolver_of(asked.request).choice(levels, asked.wish, lang=lang)
    headers = {**_headers(asked), **PAGE_HEADERS, "Content-Language": locale, "ETag": tag_of(page)}
    if status == OK and is_fresh(asked.request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(page, status, headers, media_type="text/html; charset=utf-8")


def _headers(asked: Asked) -> dict[str, str]:
    headers = {**PUBLIC, **FRESH, "Link": asked.link}
    return headers if asked.place.workspace is None else headers | {"X-Robots-Tag": "noindex"}


async def describe(request: Request) -> Response:
    """Answer what this resolver is: one description for each host (3)."""
    if request.method == "OPTIONS":
        return preflight()
    try:
        place = await place_of(request)
    except Refusal as refusal:
        return for_method(request, refuse(request, refusal, "application/json"))
    body = orjson.dumps(description(place.origin, SOFTWARE))
    headers = {**PUBLIC, "Cache-Control": "public, max-age=300", "ETag": tag_of(body)}
    if is_fresh(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return for_method(request, Response(body, headers=headers, media_type="application/json"))


class LinkRoute(Route):
    """A route whose parameters match what Digital Links hold there and nothing else, so it hides no other address."""

    def __init__(self, path: str, segments: Mapping[str, str], endpoint: Endpoint | None = None) -> None:
        super().__init__(path, endpoint or resolve, methods=METHODS)
        pattern = _SEGMENT.sub(lambda found: f"(?P<{found[1]}>{segments.get(found[1], '[^/]+')})", path)
        self.path_regex = re.compile(f"^{pattern}$")


KEY: Final = {"primaryKey": r"\d{2,4}"}
for _path in ("/01/{gtin}/21/{serial}", "/01/{gtin}/10/{lot}", "/01/{gtin}", "/01/{gtin}/10/{lot}/21/{serial}"):
    root_router.add_route(_path, resolve, methods=METHODS)
root_router.add_route("/.well-known/gs1resolver", describe, methods=METHODS)
link_router.routes.extend(
    [
        LinkRoute("/{primaryKey}/{value}", KEY),
        LinkRoute("/{primaryKey}/{value}/{qualifier}/{qualifierValue}", KEY),
        LinkRoute("/{compressed}", {"compressed": r"[A-Za-z0-9_-]{10,}"}),
        LinkRoute("/{link}", {"link": r"\d{2,4}/.+"}),
        LinkRoute("/test/{workspace}/{link}", {"link": r"\d{2,4}/.+"}),
    ]
)
