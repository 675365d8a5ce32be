"""What a scan is answered with: ready data, or a rendered page that is kept while it stays true."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import NotFound, Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document
from tracepass.gs1.gtin import InvalidGtin, normalise_gtin
from tracepass.gs1.keys import PassportKey, encode_segment, is_ai_value
from tracepass.identity.service import Workspaces
from tracepass.locale import LOCALES, negotiate
from tracepass.passports.models import Notary
from tracepass.resolver.bodies import Body
from tracepass.resolver.formats import formats_for
from tracepass.resolver.histories import with_history
from tracepass.resolver.linksets import linkset_in_html
from tracepass.resolver.models import (
    SHOWN,
    Format,
    LinkMalformed,
    PassportArchived,
    PassportMissing,
    PassportSuspended,
    PublishedData,
    Reader,
    State,
)
from tracepass.resolver.negotiation import PAGE
from tracepass.resolver.offers import Level, Offer, Wish
from tracepass.resolver.repository import CrossWorkspaceIdentifiers, CrossWorkspaceScans
from tracepass.resolver.scans import ScanCounter
from tracepass.resolver.texts import Texts
from tracepass.resolver.timelines import edition_of, timeline_of
from tracepass.resolver.viewer import LinkGroup, ListedLink, Viewer
from tracepass.templates.models import Template
from tracepass.templates.service import Templates

PAGES_KEPT = 256
"""Rendered pages kept in memory; each is some 60 kB with its compressed forms."""

GTINS_KEPT = 4096
"""Numbers remembered as right: popular products are scanned again and again."""

ALL = "linkset"
"""The type of link that stands for all of them."""

_CacheKey = tuple[str, str, str, str | None]


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """A page ready to be sent, in the language it is in."""

    body: Body
    locale: str
    edition: str


@dataclass(slots=True)
class PageCache:
    """The pages used last; a page stays right as long as its key, edition, state and language do."""

    size: int = PAGES_KEPT
    _pages: OrderedDict[_CacheKey, RenderedPage] = field(default_factory=OrderedDict)

    def find(self, key: _CacheKey) -> RenderedPage | None:
        """Return a page, and remember that it was used."""
        page = self._pages.get(key)
        if page is not None:
            self._pages.move_to_end(key)
        return page

    def keep(self, key: _CacheKey, page: RenderedPage) -> None:
        """Keep a page; the one that was not used for longest may go."""
        self._pages[key] = page
        if len(self._pages) > self.size:
            self._pages.popitem(last=False)


class Resolver:
    """Answers scans of any workspace; ``origin`` is where scanners reach this installation."""

    def __init__(
        self,
        identifiers: CrossWorkspaceIdentifiers,
        workspaces: Workspaces,
        templates: Templates,
        viewer: Viewer,
        counter: ScanCounter,
        notary: Notary,
        *,
        clock: Clock,
        origin: str,
    ) -> None:
        self._origin = origin
        self._identifiers = identifiers
        self._workspaces = workspaces
        self._templates = templates
        self._viewer = viewer
        self._counter = counter
        self._notary = notary
        self._clock = clock
        self._cache = PageCache()

    @classmethod
    def over(cls, database: Database, templates: Templates, notary: Notary, *, clock: Clock, origin: str) -> Resolver:
        """Build the resolver of an installation over its database."""
        return cls(
            CrossWorkspaceIdentifiers(database),
            Workspaces(database, clock=clock),
            templates,
            Viewer(templates, Texts.load()),
            ScanCounter(CrossWorkspaceScans(database), clock=clock),
            notary,
            clock=clock,
            origin=origin,
        )

    async def flush(self) -> None:
        """Write the scans that were counted: to be called every few seconds and at the end of the process.

        Raises:
            PyMongoError: the database did not take them; they are kept for the next time.
        """
        await self._counter.flush()

    async def get_state(self, key: PassportKey, workspace: str | None = None, *, owner: Id | None = None) -> State:
        """Return the state of a passport that may be shown, as `get_data` does. One read.

        Raises:
            PassportMissing: nothing is published under the key.
            PassportSuspended: it is suspended.
            PassportArchived: it is archived.
            LinkMalformed: nothing is there, and lot or serial could not be one.
        """
        claim = await self._claimed(key, workspace)
        return await self._admit(await self._identifiers.find_state(claim), key, claim, owner=owner)

    async def get_data(
        self, key: PassportKey, workspace: str | None = None, *, owner: Id | None = None
    ) -> PublishedData:
        """Return the stored JSON-LD of a passport, of a workspace if ``owner`` says which. One read.

        ``workspace`` is the slug of a test link.

        Raises:
            PassportMissing: nothing is published under the key.
            PassportSuspended: it is suspended.
            PassportArchived: it is archived.
            LinkMalformed: nothing is there, and lot or serial could not be one.
        """
        state, document = await self._ready(self._identifiers.find_with_jsonld, key, workspace, owner=owner)
        link = self.link_of(key, workspace)
        return PublishedData(state, with_history(bytes(document["jsonld"]), timeline_of(document), link=link))

    async def get_credential(
        self, key: PassportKey, workspace: str | None = None, *, owner: Id | None = None
    ) -> tuple[State, bytes]:
        """Return a signed credential of what a passport shows, made for this call.

        Raises:
            PassportMissing: nothing is published under the key.
            PassportSuspended: it is suspended.
            PassportArchived: it is archived.
            LinkMalformed: nothing is there, and lot or serial could not be one.
        """
        state, document = await self._ready(self._identifiers.find_with_both, key, workspace, owner=owner)
        return state, (await self._notary.attest(document)).body

    async def get_page(
        self, key: PassportKey, reader: Reader, *, workspace: str | None = None, owner: Id | None = None
    ) -> tuple[State, RenderedPage]:
        """Return the page of a passport in the reader's language: one small read if it was rendered before.

        Raises:
            PassportMissing: nothing is published under the key.
            PassportSuspended: it is suspended.
            PassportArchived: it is archived.
            LinkMalformed: nothing is there, and lot or serial could not be one.
        """
        claim = await self._claimed(key, workspace)
        state = await self._admit(await self._identifiers.find_state(claim), key, claim, owner=owner)
        kept = (claim, state.edition, state.status, _wanted_locale(reader))
        page = self._cache.find(kept)
        if page is None:
            page = await self._render(state, reader)
            if page.edition == state.edition:
                self._cache.keep(kept, page)
        return state, page

    def link_of(self, key: PassportKey, workspace: str | None) -> str:
        """Return the landing address of a key; ``workspace`` is the slug of a test link."""
        prefix = "/p" if workspace is None else f"/test/{encode_segment(workspace)}/p"
        return f"{self._origin}{prefix}/{key.path}"

    def notice(self, refusal: Refusal, *, lang: str | None, accept_language: str | None) -> bytes:
        """Return the page for a scan that has nothing to show, in the reader's language."""
        locale = negotiate(lang if lang in LOCALES else None, accept_language, None)
        if isinstance(refusal, PassportSuspended):
            html = self._viewer.suspended(locale=locale, at=refusal.suspended_at, reason=refusal.reason)
        elif isinstance(refusal, PassportArchived):
            html = self._viewer.archived(refusal.page, locale=locale, at=refusal.archived_at)
        elif isinstance(refusal, LinkMalformed):
            html = self._viewer.malformed(locale=locale)
        else:
            html = self._viewer.missing(locale=locale)
        return html.encode()

    def choice(self, levels: Sequence[Level], wish: Wish, *, lang: str | None) -> tuple[bytes, str]:
        """Return a page of links to choose among, and its language."""
        locale = negotiate(lang if lang in LOCALES else None, wish.accept_language, None)
        kept = f"linkType={quote(wish.link_type or ALL, safe='')}&"
        groups = [_group(level, locale) for level in levels]
        return self._viewer.links(groups, locale=locale, kept=kept, data=linkset_in_html(levels)).encode(), locale

    def count(self, state: State, reader: Reader, shown: Format, *, locale: str | None) -> None:
        """Count one scan."""
        template = self._templates.find(state.category, state.template_version)
        total_only = template is None or template.dpp.usage_tracking_prohibited
        self._counter.count(state, shown=shown, device=reader.device, locale=locale, total_only=total_only)

    async def _claimed(self, key: PassportKey, workspace: str | None) -> str:
        """Return the canonical text of the claim; a test key stands under the id of its workspace."""
        if workspace is None:
            return key.path
        try:
            owner = await self._workspaces.get_by_slug(workspace)
        except NotFound:
            raise PassportMissing from None
        return f"test/{owner.id}/{key.path}"

    async def _ready(
        self,
        find: Callable[[str], Awaitable[Document | None]],
        key: PassportKey,
        workspace: str | None,
        *,
        owner: Id | None,
    ) -> tuple[State, Document]:
        """Return the state of a passport that may be shown, and what ``find`` reads of it, ready JSON-LD included."""
        claim = await self._claimed(key, workspace)
        document = await find(claim)
        state = await self._admit(document, key, claim, owner=owner)
        if document is None or document.get("jsonld") is None:
            raise PassportMissing
        return state, document

    async def _admit(self, document: Document | None, key: PassportKey, claim: str, *, owner: Id | None) -> State:
        """Return the state of a passport that may be shown; a claim counts before its syntax is judged."""
        if document is None or owner not in {None, document["workspaceId"]}:
            check_syntax(key)
            raise PassportMissing
        state = self._state(document, claim)
        if state.status == "suspended":
            raise PassportSuspended(state)
        if state.status == "archived":
            raise PassportArchived(state, _page_of(await self._identifiers.find_with_page(claim)))
        if state.status not in SHOWN:
            raise PassportMissing
        return state

    def _state(self, document: Document, claim: str) -> State:
        """Read the state; a passport beyond its day is expired even before that was written down."""
        status, expires_at = document["status"], document.get("expiresAt")
        if status == "published" and expires_at is not None and expires_at <= timestamp(self._clock()):
            status = "expired"
        return State(
            key=claim,
            passport_id=document["passportId"],
            workspace_id=document["workspaceId"],
            environment=document["environment"],
            status=status,
            edition=edition_of(document),
            category=document["category"],
            template_version=document["templateVersion"],
            suspended_at=document.get("suspendedAt"),
            suspension_reason=document.get("suspensionReason"),
            archived_at=document.get("archivedAt"),
        )

    async def _render(self, state: State, reader: Reader) -> RenderedPage:
        document = await self._identifiers.find_with_page(state.key)
        page = _page_of(document)
        locale = negotiate(reader.lang, reader.accept_language, page["publisher"]["defaultLocale"])
        template: Template = self._templates.get(page["category"], page["templateVersion"])
        timeline = timeline_of(document or {})
        keys = self._notary.keys_of(page["publisher"]["slug"], page["environment"])
        html = self._viewer.passport(page, template, locale=locale, status=state.status, timeline=timeline, keys=keys)
        return RenderedPage(Body(html.encode()), locale, edition_of(document or {}))


def _page_of(document: Document | None) -> Mapping[str, Any]:
    """Return the data of a page; what was never published has none."""
    if document is None or document.get("page") is None:
        raise PassportMissing
    page: Mapping[str, Any] = orjson.loads(document["page"])
    return page


def _group(level: Level, locale: str) -> LinkGroup:
    path = urlsplit(level.anchor).path
    return LinkGroup(level.description or path, path, tuple(_listed(offer, locale) for offer in level.offers))


def _listed(offer: Offer, locale: str) -> ListedLink:
    names = (formats_for(locale).language_name(tag.partition("-")[0].lower()) for tag in offer.hreflang)
    form = () if offer.media_type in {None, PAGE} else (str(offer.media_type),)
    hreflang = offer.hreflang[0] if len(offer.hreflang) == 1 else ""
    return ListedLink(offer.href, offer.title, hreflang, ", ".join((*names, *form)))


def _wanted_locale(reader: Reader) -> str | None:
    """Return the language the request itself decides, or None where the publisher's default will."""
    wanted = negotiate(reader.lang, reader.accept_language, "en")
    return wanted if wanted == negotiate(reader.lang, reader.accept_language, "sv") else None


@lru_cache(GTINS_KEPT)
def check_gtin(text: str) -> str:
    """Return a GTIN in its 14-digit form.

    Raises:
        LinkMalformed: it is none; the reason names the right check digit.
    """
    try:
        return normalise_gtin(text)
    except InvalidGtin as error:
        raise LinkMalformed("gtin", str(error)) from error


def check_syntax(key: PassportKey) -> None:
    """Judge lot and serial by the syntax of AI 10 and 21 (GS1 General Specifications 3.4.1, 3.5.2).

    Raises:
        LinkMalformed: one of them could not be encoded.
    """
    for part, value in (("lot", key.lot), ("serial", key.serial)):
        if value is not None and not is_ai_value(value):
            raise LinkMalformed(part, "must be 1 to 20 characters of the set that GS1 allows")
