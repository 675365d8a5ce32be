"""From a record of an export to a passport, or to what is wrong with it: plain functions.

A passport that comes this way may have any state that the API could have brought it to, and no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from tracepass.core.arriving import in_order_of, members_of
from tracepass.core.canonical import whole
from tracepass.core.errors import Invalid, Refusal
from tracepass.core.mongo import Document
from tracepass.core.validation import invalid
from tracepass.passports.compliance.duties import FLAGS
from tracepass.passports.making import granularity_of
from tracepass.passports.parties import merged
from tracepass.passports.restoring.models import (
    ArrivedField,
    ArrivedGs1,
    ArrivedLineage,
    ArrivedPassport,
    ArrivedPredecessor,
)
from tracepass.passports.secondlife.links import BadLink, ItemLink, read_item_link
from tracepass.passports.secondlife.rules import knows_lineage
from tracepass.passports.values import check, is_surely_small, refuse_large
from tracepass.templates.models import Field, Template
from tracepass.templates.service import Templates, quick_checks

MOST_PROBLEMS: Final = 20
"""What is told of one record: one fault of a kind usually comes with many like it."""
PUBLIC: Final = frozenset({"published", "suspended", "expired"})


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong: a code of the table of errors, where, and a sentence."""

    code: str
    member: str
    message: str


def problems_of(refusal: Refusal, member: str = "") -> list[Problem]:
    """Return what a refusal says, member by member."""
    if not isinstance(refusal, Invalid) or refusal.details is None:
        return [Problem(refusal.code, member, refusal.message)]
    found = [
        Problem(refusal.code, path, sentence)
        for path, sentences in refusal.details["fieldErrors"].items()
        for sentence in sentences
    ]
    return found + [Problem(refusal.code, member, sentence) for sentence in refusal.details["formErrors"]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of a record: the passport without what the platform works out, its template, and what is wrong."""

    told: Document
    passport: Document | None
    template: Template | None
    problems: list[Problem]


def read(record: Document, templates: Templates, *, latest: str) -> Reading:
    """Read a record; nothing in it may be of a moment after ``latest``."""
    told = members_of(record)
    category, version = told.get("category"), told.get("templateVersion")
    known = isinstance(category, str) and isinstance(version, str)
    template = _template(templates, str(category), str(version)) if known else None
    if known and template is None:
        sentence = f"There is no template {category} {version} in this installation."
        return Reading(told, None, None, [Problem("template_not_found", "templateVersion", sentence)])
    faults = list(_unknown_fields(told, template))
    try:
        arrived = ArrivedPassport.model_validate({**told, "fields": _own_fields(told, template)})
    except ValidationError as error:
        return Reading(told, None, template, [*faults, *problems_of(invalid(error.errors(), skip=0))][:MOST_PROBLEMS])
    if template is None:
        return Reading(told, None, None, [Problem("template_not_found", "category", "must name a template")])
    made = _Passport(told, arrived, template, latest)
    passport = made.build()
    return Reading(told, passport, template, [*faults, *made.problems][:MOST_PROBLEMS])


def _template(templates: Templates, category: str, version: str) -> Template | None:
    found = templates.find(category, version)
    return found if found is not None and found.category == category else None


def _own_fields(told: Document, template: Template | None) -> Any:
    """Return the fields that are not filled by the platform, if there are fields at all."""
    fields = told.get("fields")
    if template is None or not isinstance(fields, dict):
        return fields
    return {key: state for key, state in fields.items() if key in template.fields and not _is_system(template, key)}


def _is_system(template: Template, key: str) -> bool:
    return template.fields[key].filled_by == "system"


def _unknown_fields(told: Document, template: Template | None) -> Iterator[Problem]:
    fields = told.get("fields")
    if template is not None and isinstance(fields, dict):
        for key in fields.keys() - template.fields.keys():
            yield Problem("unknown_field", f"fields.{key}", "is no field of the template")


class _Passport:
    """Builds one passport and gathers what is wrong with it."""

    def __init__(self, told: Document, arrived: ArrivedPassport, template: Template, latest: str) -> None:
        self._told = told
        self._arrived = arrived
        self._template = template
        self._latest = latest
        self.problems: list[Problem] = []

    def _wrong(self, member: str, message: str, code: str = "validation_error") -> None:
        self.problems.append(Problem(code, member, message))

    def _trying(self, attempt: Callable[[], Any]) -> Any:
        try:
            return attempt()
        except Invalid as fault:
            self.problems += problems_of(fault)
        return None

    def _past(self, member: str, moment: str | None) -> None:
        if moment is not None and moment > self._latest:
            self._wrong(member, "must not lie in the future")

    def build(self) -> Document:
        """Return the passport, without its link and its counts."""
        arrived = self._arrived
        self._trying(lambda: granularity_of(arrived.gs1, arrived.granularity))
        self._check_course()
        made: Document = {
            "_id": arrived.id,
            "productId": arrived.product_id,
            "category": arrived.category,
            "templateVersion": arrived.template_version,
            "granularity": arrived.granularity,
            "gs1": _key(arrived.gs1),
            "status": arrived.status,
            "fields": self._fields(),
            "parties": self._parties(),
            "version": arrived.version,
            "createdAt": arrived.created_at,
            "updatedAt": arrived.updated_at,
            **self._moments(),
        }
        if arrived.condition_flags:
            made["conditionFlags"] = self._flags(arrived.condition_flags)
        if arrived.lineage is not None:
            made["lineage"] = self._lineage(arrived.lineage)
        return made

    def _moments(self) -> Document:
        names = ("expiresAt", "publishedAt", "publishedIncomplete", "suspendedAt", "suspensionReason", "archivedAt")
        return {name: self._told[name] for name in names if self._told.get(name) is not None}

    def _check_course(self) -> None:
        """Look whether there is a way through the states by which a passport gets what this one has."""
        one, status = self._arrived, self._arrived.status
        for member in ("createdAt", "updatedAt", "publishedAt", "suspendedAt", "archivedAt"):
            self._past(member, self._told.get(member))
        was_suspended = one.suspended_at is not None
        if was_suspended != (one.suspension_reason is not None):
            self._wrong("suspensionReason", "goes with suspendedAt, and only with it")
        self._goes_with("publishedAt", status in PUBLIC, one.published_at is not None, may=status == "archived")
        ended = status == "archived" and one.published_at is not None
        self._goes_with("suspendedAt", status == "suspended", was_suspended, may=ended)
        self._goes_with("archivedAt", status == "archived", one.archived_at is not None)
        if one.published_incomplete and one.published_at is None:
            self._wrong("publishedIncomplete", "goes with publishedAt only")
        if status == "expired" and (one.expires_at is None or one.expires_at > self._latest):
            self._wrong("expiresAt", "must be there and past where the status is expired")
        if status != "draft" and one.version == 1:
            self._wrong("version", "must be greater: every passport begins as a draft")

    def _goes_with(self, member: str, must: bool, there: bool, *, may: bool = False) -> None:  # noqa: FBT001 - a table
        if must and not there:
            self._wrong(member, f"is required where the status is {self._arrived.status}")
        elif there and not (must or may):
            self._wrong(member, f"must not be there where the status is {self._arrived.status}")

    def _fields(self) -> Document:
        checks = quick_checks(self._template)
        made: Document = {}
        for key, state in self._arrived.fields.items():
            field, is_fine = checks[key]
            path = f"fields.{key}"
            self._check_value(field, is_fine, state.value, f"{path}.value")
            self._check_state(field, state, path)
            made[key] = _state(self._told["fields"][key], state, field)
        return made

    def _check_value(self, field: Field, is_fine: Callable[[object], bool], value: Any, path: str) -> None:
        if value is None:
            return
        if not is_fine(value):
            self._trying(lambda: check(field, value, path=path))
        elif not is_surely_small(value):
            self._trying(lambda: refuse_large(value, path=path))

    def _check_state(self, field: Field, state: ArrivedField, path: str) -> None:
        self._past(f"{path}.updatedAt", state.updated_at)
        if (state.value is None) != (state.status == "empty"):
            self._wrong(f"{path}.status", "must be empty where there is no value, and only there")
        if state.status == "empty" and (state.translations or state.inherited_from or state.source != "manual"):
            self._wrong(path, "is empty, so it has neither source nor translations")
        if state.inherited_from is not None and state.inherited_from.product_id != self._arrived.product_id:
            self._wrong(f"{path}.inheritedFrom.productId", "must be the product of the passport")
        if not field.translatable and (state.translations or state.source_locale):
            self._wrong(path, "takes no translations", "not_translatable")
        for locale, text in state.translations.items():
            inside = f"{path}.translations.{locale}"
            self._past(f"{inside}.generatedAt", text.generated_at)
            if text.value is None:
                self._wrong(f"{inside}.value", "must not be null")
            self._check_value(field, _never, text.value, f"{inside}.value")
        self._check_pending(field, state, path)

    def _check_pending(self, field: Field, state: ArrivedField, path: str) -> None:
        pending = state.pending
        if pending is None:
            return
        self._past(f"{path}.pending.at", pending.at)
        if state.status not in {"approved", "flagged"}:
            self._wrong(f"{path}.pending", "waits beside a value that was approved, and only there")
        if not field.translatable and pending.source_locale:
            self._wrong(f"{path}.pending.sourceLocale", "takes no translations", "not_translatable")
        self._check_value(field, _never, pending.value, f"{path}.pending.value")

    def _parties(self) -> Document:
        made: Document = {}
        for role, party in self._arrived.parties.items():
            try:
                found = merged(None, party, path=f"parties.{role}")
            except Invalid as fault:
                self.problems += problems_of(fault)
                continue
            made[role] = in_order_of(self._told["parties"][role], found)
        return made

    def _flags(self, flags: Mapping[str, bool]) -> Document:
        known = FLAGS.get(self._template.category, ())
        for name in flags.keys() - set(known):
            self._wrong(f"conditionFlags.{name}", f"is no condition flag of the category {self._template.category}")
        return dict(flags)

    def _lineage(self, lineage: ArrivedLineage) -> Document:
        if not knows_lineage(self._template) or self._arrived.granularity != "item":
            self._wrong("lineage", "is for the passport of a single battery")
        if (lineage.kind is None) != (not lineage.predecessors):
            self._wrong("lineage.kind", "must be there with predecessors, and only with them")
        if not lineage.predecessors and not lineage.successors:
            self._wrong("lineage", "must name a predecessor or a successor")
        for end, links in (("predecessors", lineage.predecessors), ("successors", lineage.successors)):
            self._check_links(end, links)
        told = self._told["lineage"]
        return in_order_of(
            told,
            {
                "kind": lineage.kind,
                "predecessors": _links(told["predecessors"], lineage.predecessors),
                "successors": _links(told["successors"], lineage.successors),
            },
        )

    def _check_links(self, end: str, links: Any) -> None:
        gs1 = self._arrived.gs1
        seen = {(gs1.gtin, gs1.serial_number)}
        for index, link in enumerate(links):
            path = f"lineage.{end}[{index}]"
            self._past(f"{path}.publishedAt", link.published_at)
            item = self._item(path, link.digital_link_uri)
            if item is not None:
                if (item.gtin, item.serial) in seen:
                    self._wrong(path, "is named twice, or is the passport itself")
                seen.add((item.gtin, item.serial))
            if isinstance(link, ArrivedPredecessor) and link.passport_id is None and link.published_at is not None:
                self._wrong(f"{path}.publishedAt", "is not known of a passport elsewhere")

    def _item(self, path: str, uri: str) -> ItemLink | None:
        try:
            return read_item_link(uri)
        except BadLink as error:
            self._wrong(f"{path}.digitalLinkUri", str(error))
        return None


def _never(_: object) -> bool:
    return False


def _key(gs1: ArrivedGs1) -> Document:
    return {"gtin": gs1.gtin, "lot": gs1.lot, "serialNumber": gs1.serial_number}


def _state(told: Mapping[str, Any], state: ArrivedField, field: Field) -> Document:
    """Return a field as it is kept, with its members in the order in which they were told."""
    made: Document = {
        "value": whole(state.value),
        "source": state.source,
        "status": state.status,
        "accessLevel": field.access_level,
        "sourceLocale": state.source_locale,
        "translations": {locale: dict(text) for locale, text in told["translations"].items()},
        "updatedAt": state.updated_at,
        "updatedBy": state.updated_by,
    }
    if state.inherited_from is not None:
        made["inheritedFrom"] = {"productId": state.inherited_from.product_id, "version": state.inherited_from.version}
    if state.pending is not None:
        one = state.pending
        ends = {"source": one.source, "sourceLocale": one.source_locale, "by": one.by, "at": one.at}
        made["pending"] = in_order_of(told["pending"], {"value": whole(one.value), **ends})
    return in_order_of(told, made)


def _links(told: list[Document], links: Any) -> list[Document]:
    return [in_order_of(one, {**one, "passportId": link.passport_id}) for one, link in zip(told, links, strict=True)]
