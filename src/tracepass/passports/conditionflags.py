"""The condition flags of a passport: facts that decide which fields are due, where the template's prose cannot tell."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from tracepass.core.errors import Invalid
from tracepass.core.mongo import Document
from tracepass.core.schema import WireModel
from tracepass.identity.models import Caller
from tracepass.passports import fields
from tracepass.passports.compliance import Facts
from tracepass.passports.compliance.duties import FLAGS
from tracepass.passports.desk import UPDATED, Deed, Desk
from tracepass.passports.fields import Hand
from tracepass.passports.lifecycle import state_after_edit
from tracepass.passports.models import FieldWrite, Locator
from tracepass.passports.values import check
from tracepass.templates.models import Template


class FlagsPatch(WireModel):
    """Flags to set; null takes one back. ``subcategory`` writes the field that names it."""

    has_bms: bool | None = Field(default=None, alias="hasBMS")
    rechargeable: bool | None = None
    external_storage_only: bool | None = None
    is_stationary_bess: bool | None = None
    subcategory: str | None = None

    @property
    def named(self) -> dict[str, Any]:
        """Return the members the client named, by their wire names."""
        return self.model_dump(by_alias=True, exclude_unset=True)


class ConditionFlags:
    """Reads and writes the flags of passports."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def get(self, caller: Caller, which: Locator) -> Document:
        """Return the flags of a passport as they were said and as they hold.

        Raises:
            NotFound: this workspace has no such passport.
            SerialAmbiguous: the serial stands under several GTINs.
        """
        return self.shown(await self.desk.load(caller, which))

    async def patch(
        self, caller: Caller, which: Locator, patch: FlagsPatch, *, expected: frozenset[int] | None
    ) -> Document:
        """Set flags, and the subcategory as an ordinary write of its field, in one change.

        Raises:
            Invalid: the category has no such flag, or no such subcategory.
            PassportArchived: nothing changes in an archived passport.
        """
        hand = self.desk.hand(caller)

        def edit(passport: Document) -> Document:
            status = state_after_edit(passport["status"])
            after = _edited(passport, self.desk.template_of(passport), patch.named, hand)
            return passport if after == passport else {**after, "status": status}

        deed = Deed("set_condition_flags", UPDATED)
        return self.shown(await self.desk.change(caller, which, deed, edit=edit, expected=expected))

    def shown(self, stored: Document) -> Document:
        """Return the flags of a stored passport."""
        template = self.desk.template_of(stored)
        facts = Facts.of(stored, template)
        names = FLAGS.get(template.category, ())
        members = {name: stored[name] for name in ("completionPercentage", "fieldCounts", "version")}
        return {
            "conditionFlags": {name: facts.flags.get(name) for name in names},
            "effective": {name: facts.flag(name) for name in names},
            "subcategory": facts.subcategory,
            **members,
        }


def _edited(passport: Document, template: Template, named: dict[str, Any], hand: Hand) -> Document:
    """Return the passport with the named flags, and the subcategory if it is among them."""
    known = {*FLAGS.get(template.category, ()), *(("subcategory",) if template.subcategory_field else ())}
    unknown = named.keys() - known
    if unknown:
        raise Invalid({name: [f"is no condition flag of the category {template.category}"] for name in sorted(unknown)})
    said = {**passport.get("conditionFlags", {}), **named}
    flags = {name: value for name, value in said.items() if value is not None and name != "subcategory"}
    rest = {name: value for name, value in passport.items() if name != "conditionFlags"}
    after = {**rest, "conditionFlags": flags} if flags else rest
    key = template.subcategory_field
    if "subcategory" not in named or key is None:
        return after
    field, value = template.fields[key], named["subcategory"]
    check(field, value, path="subcategory")
    write = FieldWrite.model_construct(value=value, source="manual", source_locale=None)
    return {
        **after,
        "fields": {**passport["fields"], key: fields.written(field, passport["fields"].get(key), write, hand)},
    }
