"""Moving a passport on to a newer version of its template: what is new, what is gone, what becomes of its values.

A value stays if it still means the same: its field is there, it fits, and neither type nor unit has changed. What does
not stay is taken out; the change record keeps it, so any earlier version can be shown again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from pydantic.alias_generators import to_camel

from tracepass.core.errors import Invalid
from tracepass.core.mongo import Document
from tracepass.identity.models import Caller
from tracepass.passports.completion import subcategory_of
from tracepass.passports.desk import UPDATED, Deed, Desk
from tracepass.passports.fields import FieldState
from tracepass.passports.lifecycle import state_after_edit
from tracepass.passports.models import Locator
from tracepass.products.service import check_expected
from tracepass.templates.models import Field, Template, ValueType
from tracepass.templates.service import check_value

_NOT_SHOWN = frozenset({"key", "maps_to", "profiles"})
_WIRE_NAMES = {"options": "enumOptions"}


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What moving on does: the answer to the caller, and the fields as they will be."""

    report: Document
    fields: dict[str, FieldState]


def upgrade_of(passport: Mapping[str, Any], old: Template, new: Template) -> Upgrade:
    """Return what becomes of a passport's fields when it moves from one version of its template to another."""
    before = passport["fields"]
    after = {key: kept for key, state in before.items() if (kept := _kept(state, old, new, key)) is not None}
    subcategory = subcategory_of(new, after)
    report: Document = {
        "from": old.version,
        "to": new.version,
        "added": [
            {**_named(field), "required": new.required(field, subcategory)}
            for key, field in new.fields.items()
            if key not in old.fields
        ],
        "removed": [
            {**_named(field), "value": "dropped" if _has_value(before.get(key)) else "none"}
            for key, field in old.fields.items()
            if key not in new.fields
        ],
        "changed": [
            {**_named(new.fields[key]), "changes": changes, "value": _fate(before.get(key), after.get(key))}
            for key, field in old.fields.items()
            if key in new.fields and (changes := _changes(field, new.fields[key]))
        ],
    }
    return Upgrade(report, after)


def _named(field: Field) -> Document:
    return {"key": field.key, "label": field.label, "section": field.section}


def _changes(old: Field, new: Field) -> list[str]:
    """Name the members that differ, as the template's answer calls them."""
    names = (member.name for member in fields(Field) if member.name not in _NOT_SHOWN)
    return [_WIRE_NAMES.get(name, to_camel(name)) for name in names if getattr(old, name) != getattr(new, name)]


def _has_value(state: FieldState | None) -> bool:
    return state is not None and (state["value"] is not None or "pending" in state)


def _fate(before: FieldState | None, after: FieldState | None) -> str:
    if not _has_value(before):
        return "none"
    return "kept" if _has_value(after) else "dropped"


def _kept(state: FieldState, old: Template, new: Template, key: str) -> FieldState | None:
    """Return a field as it stands in the new version, or None where it does not."""
    before, field = old.fields.get(key), new.fields.get(key)
    if field is None or field.filled_by == "system" or (before is not None and not _means_the_same(before, field)):
        return None
    if not _fits(field, state["value"]):
        return None
    texts = state["translations"] if field.translatable else {}
    kept: FieldState = {
        **state,
        "accessLevel": field.access_level,
        "sourceLocale": state["sourceLocale"] if field.translatable else None,
        "translations": {locale: text for locale, text in texts.items() if _fits(field, text["value"])},
    }
    if "pending" in kept and not _fits(field, kept["pending"]["value"]):
        kept.pop("pending")
    return kept


def _means_the_same(old: ValueType, new: ValueType) -> bool:
    """Tell whether a value says the same in both: 5 kg is not 5 g, though the number fits either."""
    if (old.data_type, old.unit) != (new.data_type, new.unit):
        return False
    columns = {column.key: column for column in new.columns}
    return all(column.key in columns and _means_the_same(column, columns[column.key]) for column in old.columns)


def _fits(field: Field, value: Any) -> bool:
    return value is None or not check_value(field, value)


class TemplateUpgrades:
    """Moves passports on, one at a time and only when asked."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def preview(
        self, caller: Caller, which: Locator, version: str | None, *, expected: frozenset[int] | None
    ) -> Document:
        """Return what moving on to a version (the newest unless one is named) would do; nothing is written.

        Raises:
            Invalid: there is no such version, or it is older than the passport's.
            PassportArchived: nothing changes in an archived passport.
        """
        stored = await self.desk.load(caller, which)
        check_expected(stored["version"], expected)
        state_after_edit(stored["status"])
        return self._upgrade(stored, version).report

    async def apply(
        self, caller: Caller, which: Locator, version: str | None, *, expected: frozenset[int] | None
    ) -> tuple[Document, Document]:
        """Move a passport on; return what that did, and the passport as it is stored.

        Raises:
            Invalid: there is no such version, or it is older than the passport's.
            PassportArchived: nothing changes in an archived passport.
        """
        report: Document = {}

        def edit(passport: Document) -> Document:
            status = state_after_edit(passport["status"])
            upgrade = self._upgrade(passport, version)
            report.update(upgrade.report)
            if upgrade.report["to"] == passport["templateVersion"]:
                return passport
            members = {"templateVersion": upgrade.report["to"], "fields": upgrade.fields, "status": status}
            return {**passport, **members}

        deed = Deed("upgrade_template", UPDATED)
        stored = await self.desk.change(caller, which, deed, edit=edit, expected=expected)
        return report, stored

    def _upgrade(self, passport: Document, version: str | None) -> Upgrade:
        old = self.desk.template_of(passport)
        new = self.desk.templates.find(passport["category"], version)
        if new is None:
            raise Invalid({"version": [f"there is no template {passport['category']} {version}"]})
        if new.order < old.order:
            raise Invalid({"version": [f"is older than {old.version}, the version of this passport"]})
        return upgrade_of(passport, old, new)
