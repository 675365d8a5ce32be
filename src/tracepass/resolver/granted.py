"""Scans by the holders of access grants: read from the passport for each, and kept nowhere on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Protocol

import orjson

from tracepass.api.holders import Holder
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document
from tracepass.gs1.keys import PassportKey
from tracepass.identity.models import Caller
from tracepass.locale import LOCALES, negotiate
from tracepass.passports.models import Reading
from tracepass.resolver.courses import MOST, drawn_fields
from tracepass.resolver.histories import with_history
from tracepass.resolver.models import Access, PassportMissing, PassportSuspended, Reader, State
from tracepass.resolver.repository import CrossWorkspaceIdentifiers
from tracepass.resolver.service import Resolver
from tracepass.resolver.texts import Texts
from tracepass.resolver.timelines import timeline_of
from tracepass.resolver.viewer import Viewer
from tracepass.templates.service import Templates

PRIVATE: Final = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
Form = Literal["viewer", "jsonld"]


class Readings(Protocol):
    """What holders read of passports."""

    async def read(self, caller: Caller, passport_id: Id, door: Form) -> Reading | None:
        """Return what a holder reads of a passport of their grant's workspace; None if it is beyond the grant."""
        ...


class Measured(Protocol):
    """What products in use told."""

    async def courses(
        self, caller: Caller, passport_id: Id, fields: Sequence[str], *, most: int
    ) -> Mapping[str, list[Document]]:
        """Return the newest measurements of some fields of a passport, the oldest of them first."""
        ...


@dataclass(frozen=True, slots=True)
class GrantedScan:
    """What was found for a holder; without a ``reading`` they see what everybody sees."""

    state: State
    claim: Document
    reading: Reading | None
    holder: Holder


class GrantedScans:
    """Answers scans of those who show an access grant."""

    def __init__(
        self, database: Database, templates: Templates, resolver: Resolver, readings: Readings, *, measured: Measured
    ) -> None:
        self._identifiers = CrossWorkspaceIdentifiers(database)
        self._templates = templates
        self._viewer = Viewer(templates, Texts.load())
        self._resolver = resolver
        self._readings = readings
        self._measured = measured

    async def find(
        self, key: PassportKey, workspace: str | None, holder: Holder, *, owner: Id | None, form: Form
    ) -> GrantedScan:
        """Return what a holder finds under a key.

        Raises:
            PassportMissing: nothing is published under the key.
            PassportSuspended: it is suspended, and the holder is of no authority that may see it all the same.
            PassportArchived: it is archived.
            LinkMalformed: nothing is there, and lot or serial could not be one.
        """
        try:
            state = await self._resolver.get_state(key, workspace, owner=owner)
        except PassportSuspended as refusal:
            state = refusal.state
            reading = await self._read(state, holder.caller, form)
            if reading is None:
                raise
        else:
            reading = await self._read(state, holder.caller, form)
        claim = await self._identifiers.find_whole(state.key)
        if claim is None or claim.get("page") is None:
            raise PassportMissing
        return GrantedScan(state, claim, reading, holder)

    async def _read(self, state: State, caller: Caller | None, form: Form) -> Reading | None:
        if caller is None or (caller.workspace.id, caller.environment) != (state.workspace_id, state.environment):
            return None
        reading = await self._readings.read(caller, state.passport_id, form)
        if reading is None or form != "viewer":
            return reading
        fields = drawn_fields(reading.template, reading.page)
        measured = await self._measured.courses(caller, state.passport_id, fields, most=MOST)
        return replace(reading, page={**reading.page, "courses": measured})

    def page(self, found: GrantedScan, reader: Reader) -> tuple[bytes, str]:
        """Return the page of a passport as its holder reads it, and its language."""
        reading = found.reading
        page: Mapping[str, Any] = orjson.loads(found.claim["page"]) if reading is None else reading.page
        locale = negotiate(reader.lang, reader.accept_language, page["publisher"]["defaultLocale"])
        html = self._viewer.passport(
            page,
            self._templates.get(page["category"], page["templateVersion"]),
            locale=locale,
            status=found.state.status,
            timeline=timeline_of(found.claim),
            access=access_of(found.holder, reading),
        )
        return html.encode(), locale

    def data(self, found: GrantedScan, *, link: str) -> bytes:
        """Return a passport as JSON-LD as its holder reads it; ``link`` is its own."""
        document = bytes(found.claim["jsonld"]) if found.reading is None else found.reading.jsonld
        return with_history(document, timeline_of(found.claim), link=link)

    def form(self, reader: Reader, *, to: str, fault: bool, access: Access | None) -> bytes:
        """Return the page on which a person shows a token, or gives it back."""
        locale = negotiate(reader.lang if reader.lang in LOCALES else None, reader.accept_language, None)
        return self._viewer.grant_form(locale=locale, to=to, fault=fault, access=access).encode()


def access_of(holder: Holder, reading: Reading | None) -> Access:
    """Return what the banner of a page says of a grant."""
    if holder.caller is None or reading is None:
        return Access(ended=holder.caller is None, by_cookie=holder.by_cookie)
    return Access(
        audience=reading.grant.audience,
        holder=reading.grant.holder,
        expires_at=reading.grant.expires_at,
        suspended_at=reading.suspended_at,
        by_cookie=holder.by_cookie,
    )
