"""Filling a passport: values, translations, reviews and parties."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from tracepass.core.errors import Invalid, NotFound
from tracepass.core.ids import Id
from tracepass.core.mongo import Document, Session
from tracepass.core.tenancy import Tenancy
from tracepass.identity.models import Caller
from tracepass.passports import fields
from tracepass.passports.desk import UPDATED, Deed, Desk
from tracepass.passports.fields import FieldState
from tracepass.passports.lifecycle import state_after_edit
from tracepass.passports.models import FieldWrite, Locator, PartyPatch, Review, TranslationWrite
from tracepass.passports.parties import merged
from tracepass.passports.values import check, file_ids, writable
from tracepass.templates.models import Field

FieldEdit = Callable[[Field, FieldState | None], FieldState]


class FileStore(Protocol):
    """What passports need to know of files."""

    async def missing(self, tenancy: Tenancy, file_ids: Sequence[Id]) -> list[Id]:
        """Return those of the ids that no file of the workspace has."""
        ...


class NotTranslatable(Invalid):
    """A field whose value belongs to no language."""

    def __init__(self, key: str) -> None:
        message = f"{key} takes no translations: its value is the same in every language."
        super().__init__({key: ["takes no translations"]}, code="not_translatable", message=message)


async def refuse_missing_files(files: FileStore, tenancy: Tenancy, references: Sequence[Id]) -> None:
    """Refuse references to files that the workspace does not have.

    Raises:
        Invalid: naming the ids.
    """
    missing = await files.missing(tenancy, references) if references else []
    if missing:
        raise Invalid({"fileId": [f"{identifier} is no file of this workspace" for identifier in missing]})


class PassportFields:
    """Writes to the fields and parties of passports."""

    def __init__(self, desk: Desk, *, files: FileStore) -> None:
        self.desk = desk
        self._files = files

    async def write(
        self,
        caller: Caller,
        which: Locator,
        writes: Mapping[str, FieldWrite],
        *,
        expected: frozenset[int] | None,
        inside: str = "",
    ) -> Document:
        """Write the values of one field or many: all are taken, or none; ``inside`` names their member of the body.

        Raises:
            Invalid: a field is unknown or read-only, a value does not fit.
        """
        hand = self.desk.hand(caller)

        def edit(passport: Document) -> Document:
            template = self.desk.template_of(passport)
            after = dict(passport["fields"])
            for key, write in writes.items():
                path = f"{inside}.{key}" if inside else key
                field = writable(template, key, path=path)
                check(field, write.value, path=f"{path}.value" if inside else "value")
                after[key] = fields.written(field, after.get(key), write, hand)
            return {**passport, "fields": after, "status": state_after_edit(passport["status"])}

        async def find_files(passport: Document, _: Session) -> None:
            written = {key: passport["fields"][key] for key in writes}
            references = file_ids(self.desk.template_of(passport), written)
            await refuse_missing_files(self._files, caller.tenancy, references)

        deed = Deed("write_fields", UPDATED)
        also = find_files if any(isinstance(write.value, dict | list) for write in writes.values()) else None
        return await self.desk.change(caller, which, deed, edit=edit, expected=expected, also=also)

    async def translate(
        self,
        caller: Caller,
        which: Locator,
        key: str,
        locale: str,
        write: TranslationWrite,
        *,
        expected: frozenset[int] | None,
    ) -> Document:
        """Add or replace a translation.

        Raises:
            NotTranslatable: the field's value belongs to no language.
            Invalid: the text does not fit the field.
        """
        hand = self.desk.hand(caller)

        def edit(field: Field, state: FieldState | None) -> FieldState:
            if not field.translatable:
                raise NotTranslatable(key)
            if write.value is None:
                raise Invalid({"value": ["must not be null; DELETE takes a translation away"]})
            check(field, write.value, path="value")
            if state is None or state["status"] == "empty":
                raise Invalid({key: ["has no value yet; write the value before its translations"]})
            return fields.translated(state, locale, write, hand)

        return await self._edit_field(caller, which, key, Deed("translate", UPDATED), edit=edit, expected=expected)

    async def drop_translation(
        self, caller: Caller, which: Locator, key: str, locale: str, *, expected: frozenset[int] | None
    ) -> Document:
        """Take a translation away.

        Raises:
            NotFound: there is none in that language.
        """
        hand = self.desk.hand(caller)

        def edit(_: Field, state: FieldState | None) -> FieldState:
            if state is None or locale not in state["translations"]:
                raise NotFound("translation")
            return fields.untranslated(state, locale, hand)

        deed = Deed("drop_translation", UPDATED)
        return await self._edit_field(caller, which, key, deed, edit=edit, expected=expected)

    async def review(
        self, caller: Caller, which: Locator, key: str, review: Review, *, expected: frozenset[int] | None
    ) -> Document:
        """Give a verdict on a field.

        Raises:
            NothingToReview: no value waits.
        """
        hand = self.desk.hand(caller)

        def edit(field: Field, state: FieldState | None) -> FieldState:
            return fields.reviewed(field, state or fields.empty(field, hand), review.action, hand)

        deed = Deed(f"{review.action}_field", UPDATED, review.note)
        return await self._edit_field(caller, which, key, deed, edit=edit, expected=expected)

    async def _edit_field(
        self,
        caller: Caller,
        which: Locator,
        key: str,
        deed: Deed,
        *,
        edit: FieldEdit,
        expected: frozenset[int] | None,
    ) -> Document:
        def edit_passport(passport: Document) -> Document:
            field = writable(self.desk.template_of(passport), key)
            state = edit(field, passport["fields"].get(key))
            status = state_after_edit(passport["status"])
            return {**passport, "fields": {**passport["fields"], key: state}, "status": status}

        return await self.desk.change(caller, which, deed, edit=edit_passport, expected=expected)

    async def set_party(
        self, caller: Caller, which: Locator, role: str, patch: PartyPatch, *, expected: frozenset[int] | None
    ) -> Document:
        """Set members of a party.

        Raises:
            Invalid: the party would have no legal name, or no identifier.
        """

        def edit(passport: Document) -> Document:
            parties: dict[str, Any] = {**passport["parties"], role: merged(passport["parties"].get(role), patch)}
            return {**passport, "parties": parties, "status": state_after_edit(passport["status"])}

        return await self.desk.change(caller, which, Deed("set_party", UPDATED), edit=edit, expected=expected)

    async def remove_party(
        self, caller: Caller, which: Locator, role: str, *, expected: frozenset[int] | None
    ) -> Document:
        """Take a party away.

        Raises:
            NotFound: the passport names none in this role.
        """

        def edit(passport: Document) -> Document:
            if role not in passport["parties"]:
                raise NotFound("party")
            parties = {name: party for name, party in passport["parties"].items() if name != role}
            return {**passport, "parties": parties, "status": state_after_edit(passport["status"])}

        return await self.desk.change(caller, which, Deed("remove_party", UPDATED), edit=edit, expected=expected)
