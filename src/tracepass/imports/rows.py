"""A row becomes a new passport, or a list of what is wrong with its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from pydantic import ValidationError

from tracepass.core.errors import Invalid, Refusal
from tracepass.core.tables import CellError, Row, Table
from tracepass.core.validation import invalid
from tracepass.imports.cells import CellFaulty, ChoicesOf, text_of, value_of
from tracepass.imports.columns import Column, columns_of
from tracepass.passports.models import PassportCreate
from tracepass.templates.models import Template
from tracepass.templates.service import check_value

_SHOWN: Final = 60


@dataclass(slots=True)
class NewPassport:
    """What a row says: ``content`` is the body of a new passport, ``cells`` where each of its paths stands."""

    row: int
    start: str
    content: dict[str, Any] = field(default_factory=dict)
    model: str | None = None
    cells: dict[str, str] = field(default_factory=dict)
    errors: list[CellError] = field(default_factory=list)

    def fault(self, column: str, message: str, code: str = "invalid_value") -> None:
        """Note what is wrong with a cell of the row."""
        self.errors.append(CellError(self.row, self.cells.get(column, self.start), column, code, f"{column} {message}"))

    def refused(self, refusal: Refusal) -> None:
        """Note why it cannot be made, at the cells that are to blame."""
        if not isinstance(refusal, Invalid):
            cell = self.cells.get(_BLAMED.get(refusal.code, ""), self.start)
            self.errors.append(CellError(self.row, cell, _BLAMED.get(refusal.code), refusal.code, refusal.message))
            return
        details: Mapping[str, Any] = refusal.details or {}
        for path, sentences in details["fieldErrors"].items():
            column = self._column(path)
            for sentence in sentences:
                cell = self.start if column is None else self.cells[column]
                self.errors.append(CellError(self.row, cell, column, "invalid_value", f"{path} {sentence}"))
        for sentence in details["formErrors"]:
            self.errors.append(CellError(self.row, self.start, None, refusal.code, sentence))

    def _column(self, path: str) -> str | None:
        """Return the column whose path is the beginning of another."""
        return next((name for name in sorted(self.cells, reverse=True) if path.startswith(name)), None)

    def body(self, product_id: str) -> PassportCreate | None:
        """Return what makes the passport, or None after noting what is wrong."""
        try:
            return PassportCreate.model_validate({**self.content, "productId": product_id})
        except ValidationError as error:
            self.refused(invalid(error.errors(include_url=False), skip=0))
            return None


_BLAMED: Final = {
    "duplicate_serial": "gs1.serialNumber",
    "duplicate_identifier": "gs1.gtin",
    "gtin_registered_elsewhere": "gs1.gtin",
    "too_many_gtin_claims": "gs1.gtin",
    "product_archived": "productModel",
}


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads the rows of a table that belong to one template; ``locale`` is of texts that can be translated."""

    table: Table
    template: Template
    choices: ChoicesOf
    locale: str | None
    columns: dict[int, Column] = field(default_factory=dict)

    def read_names(self, row: Row) -> list[CellError]:
        """Read the first row: names of columns in any order, of fields also without ``fields.``."""
        number, values = row
        known = {name.casefold(): column for name, column in columns_of(self.template).items()}
        errors = []
        for index, value in enumerate(values):
            name = "" if value is None else str(value).strip().rstrip("*").strip()
            column = known.get(name.casefold()) or known.get(f"fields.{name.casefold()}")
            cell = self.table.address(number, index)
            if column is not None and column in self.columns.values():
                errors.append(CellError(number, cell, column.name, "duplicate_column", f"{name} stands there twice"))
            elif column is not None:
                self.columns[index] = column
            elif name:
                errors.append(CellError(number, cell, name[:_SHOWN], "unknown_column", _unknown(name, known)))
        if not any(column.name == "gs1.gtin" for column in self.columns.values()):
            cell = self.table.address(number, 0)
            errors.append(CellError(number, cell, "gs1.gtin", "missing_column", "the column gs1.gtin is missing"))
        return errors

    def read(self, row: Row) -> NewPassport | None:
        """Read a row; None if it says nothing: it is empty, or begins with ``#``."""
        number, values = row
        found = [(index, value) for index, value in enumerate(values) if not _is_empty(value)]
        if not found or str(found[0][1]).lstrip().startswith("#"):
            return None
        made = NewPassport(number, self.table.address(number, 0))
        for index, value in found:
            column = self.columns.get(index)
            if column is None:
                made.errors.append(_astray(number, self.table.address(number, index)))
            else:
                made.cells[column.name] = self.table.address(number, index)
                self._put(made, column, value)
        return made

    def _put(self, made: NewPassport, column: Column, value: Any) -> None:
        try:
            if column.field is None:
                _put_text(made, column.name, text_of(value))
            else:
                self._put_field(made, column, value)
        except CellFaulty as fault:
            made.fault(column.name, str(fault))

    def _put_field(self, made: NewPassport, column: Column, value: Any) -> None:
        assert column.field is not None  # noqa: S101 - the caller has looked
        typed = column.field
        read = value_of(typed, value, self.choices)
        problems = check_value(typed, read)
        for problem in problems:
            made.fault(column.name, f"{problem.path} {problem.message}".strip())
        if not problems:
            write = {"value": read}
            if typed.translatable and self.locale is not None:
                write["sourceLocale"] = self.locale
            made.content.setdefault("fields", {})[typed.key] = write


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _put_text(made: NewPassport, path: str, text: str) -> None:
    if path == "productModel":
        made.model = text
        return
    *outer, last = path.split(".")
    into = made.content
    for part in outer:
        into = into.setdefault(part, {})
    into[last] = text


def _astray(number: int, cell: str) -> CellError:
    return CellError(number, cell, None, "unnamed_column", "stands below no name; name its column in the first row")


def _unknown(name: str, known: Mapping[str, Column]) -> str:
    shown = name[:_SHOWN]
    near: Sequence[str] = get_close_matches(shown.casefold(), list(known), 1, 0.7)
    near = near or get_close_matches(f"fields.{shown.casefold()}", list(known), 1, 0.7)
    hint = f"did you mean {known[near[0]].name}?" if near else "the template sheet names those that there are"
    return f"{shown!r} is no column of this category; {hint}"
