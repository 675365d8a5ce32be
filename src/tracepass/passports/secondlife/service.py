"""Making, telling and undoing the links between the passports of a battery and of what became of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Document, Session
from tracepass.core.origins import Origins
from tracepass.gs1.keys import PassportKey
from tracepass.identity.models import Caller
from tracepass.passports.desk import UPDATED, Deed, Desk, Edit
from tracepass.passports.lifecycle import PassportArchived
from tracepass.passports.models import ById, BySerial, PassportCreate
from tracepass.passports.secondlife.links import BadLink, ItemLink, read_item_link
from tracepass.passports.secondlife.models import LineageCreate, Predecessor
from tracepass.passports.secondlife.repository import CrossWorkspacePages
from tracepass.passports.secondlife.rules import (
    STATUS,
    STATUS_FIELD,
    born,
    knows_lineage,
    with_neighbour_published,
    with_successor,
    without_successor,
)
from tracepass.templates.models import Template

MOST_LOOKED_AT: Final = 1_000
"""Passports before a new one that are looked at for a cycle."""


class LineageCycle(Refusal):
    """A passport would come, by way of others or not, after itself."""

    def __init__(self, way: Sequence[str]) -> None:
        super().__init__(
            "lineage_cycle", "A passport cannot be the successor of its own.", details={"cycle": list(way)}
        )


class LineageTooLarge(Refusal):
    """More passports stand before this one than are looked through for a cycle."""

    def __init__(self) -> None:
        super().__init__(
            "lineage_too_large",
            f"More than {MOST_LOOKED_AT} passports stand before this one; that is more than can be looked through.",
            details={"limit": MOST_LOOKED_AT},
        )


class HasSuccessors(Refusal):
    """Passports of later batteries refer to the passport."""

    def __init__(self, successors: Sequence[Id]) -> None:
        super().__init__(
            "passport_has_successors",
            "Passports of later batteries are linked to this one; delete those first.",
            details={"successors": list(successors)},
        )


class SecondLives:
    """The lineage of batteries of every workspace."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._pages = CrossWorkspacePages(desk.database)

    async def born(self, caller: Caller, passport: Document, body: PassportCreate, *, origins: Origins) -> Document:
        """Return a new passport with the lineage that its request names; nothing is written yet.

        Raises:
            Invalid: it is no item of a battery, or a predecessor is none.
            LineageCycle: it would come after itself.
            PassportArchived: a predecessor of the workspace does not change any more.
        """
        lineage, template = body.lineage, self.desk.template_of(passport)
        if lineage is None:
            return passport
        _check_successor(passport, lineage, body, template)
        predecessors = [
            await self._predecessor(caller, one, f"lineage.predecessors[{index}]", origins)
            for index, one in enumerate(lineage.predecessors)
        ]
        _refuse_twice([link for link, _ in predecessors])
        own = _key_path(passport["gs1"])
        await self._refuse_cycle(caller, own, passport, [link for link, _ in predecessors])
        linked = {"kind": lineage.kind, "predecessors": [link for link, _ in predecessors], "successors": []}
        return born(passport, linked, template, given=set(body.fields), hand=self.desk.hand(caller))

    async def _predecessor(
        self, caller: Caller, named: Predecessor, path: str, origins: Origins
    ) -> tuple[Document, Document | None]:
        """Return the link to a predecessor, and the passport itself if it is one of the workspace."""
        if named.passport_id is not None:
            try:
                stored = await self.desk.load(caller, ById(named.passport_id))
            except NotFound:
                raise Invalid({f"{path}.passportId": ["names no passport of this workspace"]}) from None
            return self._own_link(stored, f"{path}.passportId"), stored
        try:
            link = read_item_link(str(named.digital_link_uri))
        except BadLink as error:
            raise Invalid({f"{path}.digitalLinkUri": [str(error)]}) from None
        stored_or_none = await self._own(caller, link)
        if stored_or_none is not None:
            return self._own_link(stored_or_none, f"{path}.digitalLinkUri"), stored_or_none
        if link.host in {urlsplit(origin).netloc for origin in (origins.api, origins.resolver)}:
            await self._refuse_unpublished(link, f"{path}.digitalLinkUri")
        return {"passportId": None, "digitalLinkUri": link.uri, "publishedAt": None}, None

    def _own_link(self, stored: Document, path: str) -> Document:
        if stored["status"] == "archived":
            raise PassportArchived
        if stored["granularity"] != "item" or not knows_lineage(self.desk.template_of(stored)):
            raise Invalid({path: ["must be the passport of a single battery"]})
        link = stored["gs1"]["digitalLinkUri"]
        return {"passportId": stored["_id"], "digitalLinkUri": link, "publishedAt": stored.get("publishedAt")}

    async def _own(self, caller: Caller, link: ItemLink) -> Document | None:
        """Return the passport of the workspace that a link leads to, at whichever host it was printed."""
        if link.workspace != (caller.workspace.slug if caller.environment == "test" else None):
            return None
        found = await self.desk.passports(caller).find(BySerial(link.serial, link.gtin))
        return found[0] if found and found[0]["granularity"] == "item" else None

    async def _refuse_unpublished(self, link: ItemLink, path: str) -> None:
        """Refuse a link to this installation behind which everybody finds nothing."""
        key = PassportKey(link.gtin, serial=link.serial).path
        if link.workspace is not None or await self._pages.find(key) is None:
            raise Invalid({path: ["leads to no published passport"]})

    async def _refuse_cycle(self, caller: Caller, own: str, passport: Document, links: Sequence[Document]) -> None:
        """Go from each predecessor to its own, through passports of the workspace and public pages of others."""
        start = str(passport["gs1"]["digitalLinkUri"])
        pending = deque((link, [start, str(link["digitalLinkUri"])]) for link in links)
        seen: set[str] = set()
        while pending:
            if len(seen) > MOST_LOOKED_AT:
                raise LineageTooLarge
            link, way = pending.popleft()
            key = _key_of_link(link)
            if key == own:
                raise LineageCycle(way)
            if key not in seen:
                seen.add(key)
                before = await self._before(caller, link, key)
                pending.extend((one, [*way, str(one["digitalLinkUri"])]) for one in before)

    async def _before(self, caller: Caller, link: Document, key: str) -> list[Document]:
        """Return the links from a passport to its predecessors, as far as they are known here."""
        if link["passportId"] is not None:
            found = await self.desk.passports(caller).find(ById(link["passportId"]))
            return list(found[0].get("lineage", {}).get("predecessors", [])) if found else []
        page = await self._pages.find(key)
        uris = [] if page is None else page.get("lineage", {}).get("predecessors", [])
        return [{"passportId": None, "digitalLinkUri": uri} for uri in uris]

    async def link(self, caller: Caller, passport: Document, *, session: Session) -> None:
        """Link the predecessors of the workspace to a new passport, in the transaction that adds it."""
        successor = {
            "passportId": passport["_id"],
            "digitalLinkUri": passport["gs1"]["digitalLinkUri"],
            "kind": passport["lineage"]["kind"],
            "publishedAt": None,
        }
        template, hand = self.desk.template_of(passport), self.desk.hand(caller)
        edit = with_successor(successor, template, hand)
        await self._edit_each(caller, passport["lineage"]["predecessors"], "link_successor", edit, session=session)

    async def unlink(self, caller: Caller, stored: Document, *, session: Session) -> None:
        """Take a passport out of its lineage, in the transaction that deletes it.

        Raises:
            HasSuccessors: later passports are linked to it.
        """
        lineage = stored.get("lineage")
        if lineage is None:
            return
        if lineage["successors"]:
            raise HasSuccessors([one["passportId"] for one in lineage["successors"]])
        edit = without_successor(stored["_id"], self.desk.template_of(stored), self.desk.hand(caller))
        await self._edit_each(caller, lineage["predecessors"], "unlink_successor", edit, session=session)

    async def published(self, caller: Caller, passport: Mapping[str, Any], *, session: Session) -> None:
        """Tell both ends, in the transaction that publishes a passport, that there is something to read from now on."""
        lineage = passport.get("lineage")
        if lineage is not None:
            edit = with_neighbour_published(passport)
            links = [*lineage["predecessors"], *lineage["successors"]]
            await self._edit_each(caller, links, "publish_neighbour", edit, session=session)

    async def _edit_each(
        self, caller: Caller, links: Sequence[Document], action: str, edit: Edit, *, session: Session
    ) -> None:
        for link in links:
            if link["passportId"] is not None:
                deed = Deed(action, UPDATED)
                await self.desk.change_within(caller, link["passportId"], deed, edit=edit, session=session)


def _check_successor(passport: Document, lineage: LineageCreate, body: PassportCreate, template: Template) -> None:
    if not knows_lineage(template):
        raise Invalid({"lineage": [f"is for batteries; {template.category} has no second life"]})
    if passport["granularity"] != "item":
        raise Invalid({"lineage": ["is for the passport of a single battery, with a serial number"]})
    given, derived = body.fields.get(STATUS_FIELD), STATUS[lineage.kind]
    if given is not None and given.value != derived:
        raise Invalid({f"fields.{STATUS_FIELD}.value": [f"follows from the lineage: {derived}"]})


def _refuse_twice(links: Sequence[Document]) -> None:
    seen: set[str] = set()
    for index, link in enumerate(links):
        key = _key_of_link(link)
        if key in seen:
            raise Invalid({f"lineage.predecessors[{index}]": ["is named twice"]})
        seen.add(key)


def _key_of_link(link: Document) -> str:
    found = read_item_link(link["digitalLinkUri"])
    return PassportKey(found.gtin, serial=found.serial).path


def _key_path(gs1: Mapping[str, Any]) -> str:
    return PassportKey(gs1["gtin"], serial=gs1["serialNumber"]).path
