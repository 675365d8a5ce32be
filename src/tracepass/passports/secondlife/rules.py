"""What a lineage does to the passports at its ends: plain functions from a passport to a passport.

A lineage is ``{kind, predecessors[{passportId, digitalLinkUri, publishedAt}], successors[{passportId, digitalLinkUri,
kind, publishedAt}]}``. ``kind`` is None in a passport that has successors alone; a predecessor without ``passportId``
is known by its link alone; ``publishedAt`` says since when the passport at the other end may be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tracepass.core.ids import Id
from tracepass.core.mongo import Document
from tracepass.passports.audiences import EVERYBODY
from tracepass.passports.fields import Hand, written
from tracepass.passports.lifecycle import state_after_edit
from tracepass.passports.models import FieldWrite
from tracepass.templates.models import Audience, Template

STATUS_FIELD, PREDECESSORS_FIELD = "battery_status", "predecessor_passports"
STATUS: Final[Mapping[str, str]] = {
    "preparation_for_reuse": "reused",
    "repurposing": "repurposed",
    "remanufacturing": "remanufactured",
}
"""The status of a battery by what was done to it (Annex XIII, 4(c))."""
ORIGINAL, WASTE = "original", "waste"
WITHOUT: Final[Mapping[str, Any]] = {"kind": None, "predecessors": [], "successors": []}


def knows_lineage(template: Template) -> bool:
    """Tell whether passports of a template have a second life: those of batteries."""
    return STATUS_FIELD in template.fields


def battery_status(passport: Mapping[str, Any]) -> str:
    """Derive what became of a battery: waste if somebody said so, else what its latest successor or itself came of."""
    if passport["fields"].get(STATUS_FIELD, {}).get("value") == WASTE:
        return WASTE
    lineage = passport["lineage"]
    kind = lineage["successors"][-1]["kind"] if lineage["successors"] else lineage["kind"]
    return ORIGINAL if kind is None else STATUS[kind]


def born(passport: Document, lineage: Document, template: Template, *, given: set[str], hand: Hand) -> Document:
    """Return a new passport with its lineage, and the fields that say so where the request did not."""
    uris = [one["digitalLinkUri"] for one in lineage["predecessors"]]
    derived = {
        STATUS_FIELD: STATUS[lineage["kind"]],
        PREDECESSORS_FIELD: [{"identifier": uri, "url": uri} for uri in uris],
    }
    fields = {
        key: _derived(template, key, value, None, hand)
        for key, value in derived.items()
        if key in template.fields and key not in given
    }
    return {**passport, "lineage": lineage, "fields": {**passport["fields"], **fields}}


def _derived(template: Template, key: str, value: Any, before: Document | None, hand: Hand) -> Document:
    write = FieldWrite.model_construct(value=value, source="system", source_locale=None)
    return written(template.fields[key], before, write, hand)


def with_successor(successor: Document, template: Template, hand: Hand) -> Callable[[Document], Document]:
    """Return the edit that links a passport to its successor, and gives its battery the status that follows.

    The edit raises `PassportArchived` where nothing changes any more.
    """

    def edit(passport: Document) -> Document:
        lineage = passport.get("lineage", WITHOUT)
        after = {**passport, "status": state_after_edit(passport["status"])}
        after["lineage"] = {**lineage, "successors": [*lineage["successors"], successor]}
        return _with_status(after, STATUS[successor["kind"]], template, hand)

    return edit


def without_successor(successor: Id, template: Template, hand: Hand) -> Callable[[Document], Document]:
    """Return the edit that takes back what `with_successor` did, unless the status was changed since."""

    def edit(passport: Document) -> Document:
        lineage = passport.get("lineage", WITHOUT)
        gone = [one for one in lineage["successors"] if one["passportId"] == successor]
        if not gone or passport["status"] == "archived":
            return passport
        kept = [one for one in lineage["successors"] if one["passportId"] != successor]
        after = {**passport, "lineage": {**lineage, "successors": kept}}
        value = passport["fields"].get(STATUS_FIELD, {}).get("value")
        if value == STATUS[gone[-1]["kind"]]:
            after = _with_status(after, battery_status(after), template, hand)
        if kept or lineage["predecessors"]:
            return after
        return {name: member for name, member in after.items() if name != "lineage"}

    return edit


def _with_status(passport: Document, status: str, template: Template, hand: Hand) -> Document:
    before = passport["fields"].get(STATUS_FIELD)
    if before is not None and before["value"] == status and before["status"] == "approved":
        return passport
    field = _derived(template, STATUS_FIELD, status, before, hand)
    return {**passport, "fields": {**passport["fields"], STATUS_FIELD: field}}


def with_neighbour_published(neighbour: Mapping[str, Any]) -> Callable[[Document], Document]:
    """Return the edit that tells a passport that another one in its lineage may be read from now on."""
    news = {"digitalLinkUri": neighbour["gs1"]["digitalLinkUri"], "publishedAt": neighbour["publishedAt"]}

    def told(links: list[Document]) -> list[Document]:
        return [{**link, **news} if link["passportId"] == neighbour["_id"] else link for link in links]

    def edit(passport: Document) -> Document:
        lineage = passport.get("lineage")
        if lineage is None or passport["status"] == "archived":
            return passport
        ends = {name: told(lineage[name]) for name in ("predecessors", "successors")}
        return {**passport, "lineage": {**lineage, **ends}}

    return edit


def public_lineage(
    passport: Mapping[str, Any], template: Template, audiences: frozenset[Audience] = EVERYBODY
) -> Document:
    """Return what some audiences, such as the public, may know of a lineage: as the template says of its fields.

    Links to earlier passports are public where `predecessor_passports` is. A later passport says the same of itself
    once it is published, so its link is public as well, from then on. The status is where `battery_status` is.
    """
    lineage = passport.get("lineage")
    if lineage is None or not _is_open(template, PREDECESSORS_FIELD, audiences):
        return {}
    shown: Document = {
        name: [one["digitalLinkUri"] for one in lineage[name] if one["publishedAt"] or one["passportId"] is None]
        for name in ("predecessors", "successors")
    }
    if not any(shown.values()):
        return {}
    if _is_open(template, STATUS_FIELD, audiences):
        shown["batteryStatus"] = battery_status(passport)
    return {"lineage": shown}


def _is_open(template: Template, key: str, audiences: frozenset[Audience]) -> bool:
    return key in template.fields and not audiences.isdisjoint(template.fields[key].audiences)
