"""Copying the default values of a product into passports that exist already: only when asked, and looked at first.

A field takes part if it is empty, or still holds what it inherited from this product; what a person wrote stays, and so
does a field for which another value waits for review.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracepass.core.differences import same
from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Document, Session
from tracepass.core.paging import Position, read_cursor, write_cursor
from tracepass.identity.models import Caller
from tracepass.passports.desk import UPDATED, Deed, Desk
from tracepass.passports.fields import FieldState, Hand, written
from tracepass.passports.fieldwork import FileStore, refuse_missing_files
from tracepass.passports.lifecycle import state_after_edit
from tracepass.passports.models import ById, DefaultsApply, FieldWrite
from tracepass.passports.values import file_ids
from tracepass.products.service import check_expected
from tracepass.templates.models import Field, Template
from tracepass.templates.service import check_value


@dataclass(frozen=True, slots=True)
class Defaults:
    """The default values of one version of a product, those that are asked for."""

    product_id: Id
    version: int
    locale: str | None
    values: Mapping[str, Any]

    @classmethod
    def of(cls, product: Document, keys: list[str] | None) -> Defaults:
        """Return the defaults of a product; ``keys`` leaves only some.

        Raises:
            Invalid: the product has no default of such a key.
        """
        unknown = [key for key in keys or () if key not in product["defaultFieldValues"]]
        if unknown:
            raise Invalid({"keys": [f"{key} has no default value in this product" for key in unknown]})
        values = {key: value for key, value in product["defaultFieldValues"].items() if keys is None or key in keys}
        return cls(product["_id"], product["version"], product["sourceLocale"], values)

    def changed(self, passport: Mapping[str, Any], template: Template, hand: Hand) -> dict[str, FieldState]:
        """Return the fields of a passport that the defaults change, as they will be."""
        found: dict[str, FieldState] = {}
        for key, value in self.values.items():
            field, before = template.fields.get(key), passport["fields"].get(key)
            if field is None or field.filled_by == "system" or not self._may_change(before):
                continue
            if not check_value(field, value) and not self._is_there(field, before, value):
                found[key] = self._copied(field, before, value, hand)
        return found

    def unfit(self, template: Template) -> list[str]:
        """Return the keys whose default the passport's own, perhaps older, template version does not take."""
        return [key for key, value in self.values.items() if _refuses(template.fields.get(key), value)]

    def _may_change(self, before: FieldState | None) -> bool:
        if before is None or "pending" in before:
            return before is None
        return bool(before["status"] == "empty" or before.get("inheritedFrom", {}).get("productId") == self.product_id)

    def _is_there(self, field: Field, before: FieldState | None, value: Any) -> bool:
        locale = self.locale if field.translatable else None
        return before is not None and same(before["value"], value) and before["sourceLocale"] == locale

    def _copied(self, field: Field, before: FieldState | None, value: Any, hand: Hand) -> FieldState:
        write = FieldWrite.model_construct(value=value, source="system", source_locale=self.locale)
        state = written(field, before, write, hand)
        origin = {"productId": self.product_id, "version": self.version}
        return state if "pending" in state else {**state, "inheritedFrom": origin}


def _refuses(field: Field | None, value: Any) -> bool:
    return field is None or field.filled_by == "system" or bool(check_value(field, value))


class DefaultsCopier:
    """Copies the defaults of products into their passports, a bounded number of them at a time."""

    def __init__(self, desk: Desk, *, files: FileStore) -> None:
        self.desk = desk
        self._files = files

    async def run(
        self, caller: Caller, product_id: Id, body: DefaultsApply, *, expected: frozenset[int] | None
    ) -> Document:
        """Look at the next passports of a product and tell what changes; unless it is a dry run, change it.

        Each passport is one write with its change record and stands alone: one that is refused does not hold up the
        others, and says so in the answer.

        Raises:
            NotFound: this workspace has no such product.
            Invalid: the cursor is none of ours.
            Refusal: ``precondition_failed``, when the product is at another version.
        """
        product = await self.desk.products.get_plain(caller, product_id)
        check_expected(product["version"], expected)
        defaults = Defaults.of(product, body.keys)
        after = None if body.cursor is None else read_cursor(body.cursor).id
        page = await self.desk.passports(caller).of_product(product_id, after=after, limit=body.limit + 1)
        seen = page[: body.limit]
        chosen = [passport["_id"] for passport in seen if passport["status"] in body.statuses]
        results = [await self._one(caller, passport_id, defaults, body) for passport_id in chosen]
        listed = [result for result in results if result is not None]
        answer: Document = {
            "productId": product_id,
            "productVersion": defaults.version,
            "dryRun": body.dry_run,
            "values": dict(defaults.values),
            "passports": listed,
            "summary": {
                "examined": len(chosen),
                "changed": sum(bool(result["changedKeys"]) and "error" not in result for result in listed),
                "failed": sum("error" in result for result in listed),
            },
        }
        if len(page) > body.limit:
            answer["nextCursor"] = write_cursor(Position("", seen[-1]["_id"]))
        return answer

    async def _one(self, caller: Caller, passport_id: Id, defaults: Defaults, body: DefaultsApply) -> Document | None:
        """Return what becomes of one passport, or None if nothing does, or if it was deleted meanwhile."""
        try:
            stored = await self.desk.load(caller, ById(passport_id))
        except NotFound:
            return None
        template = self.desk.template_of(stored)
        keys = sorted(defaults.changed(stored, template, self.desk.hand(caller)))
        unfit = defaults.unfit(template)
        if not keys and not unfit:
            return None
        result: Document = {"_id": passport_id, "changedKeys": keys, "unfitKeys": unfit}
        try:
            if keys and not body.dry_run:
                found, stored = stored["version"], await self._write(caller, passport_id, defaults, body)
                if stored["version"] == found:
                    return None
        except Refusal as refusal:
            result |= {"error": refusal.code, "message": refusal.message}
        return {**result, "status": stored["status"], "version": stored["version"]}

    async def _write(self, caller: Caller, passport_id: Id, defaults: Defaults, body: DefaultsApply) -> Document:
        hand = self.desk.hand(caller)

        def edit(passport: Document) -> Document:
            changed = defaults.changed(passport, self.desk.template_of(passport), hand)
            # Its state may have changed since it was listed; what was not asked for is let be.
            if not changed or passport["status"] not in body.statuses:
                return passport
            fields = {**passport["fields"], **changed}
            return {**passport, "fields": fields, "status": state_after_edit(passport["status"])}

        async def find_files(passport: Document, _: Session) -> None:
            fields = {key: passport["fields"][key] for key in defaults.values if key in passport["fields"]}
            references = file_ids(self.desk.template_of(passport), fields)
            await refuse_missing_files(self._files, caller.tenancy, references)

        deed = Deed("apply_defaults", UPDATED)
        return await self.desk.change(caller, ById(passport_id), deed, edit=edit, expected=None, also=find_files)
