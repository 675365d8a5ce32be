"""The spreadsheet to begin with: the columns of a category, in a language, with drop-downs and notes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from tracepass.imports.columns import Column, columns_of
from tracepass.imports.models import MOST_ROWS, SHEET
from tracepass.passports.models import ROLES
from tracepass.templates.models import Field, Template, ValueType
from tracepass.templates.service import Templates

_LISTS: Final = "Lists"
_AS_TEXT: Final = "@"
_MADE: Final = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_HEAD: Final = PatternFill("solid", fgColor="1F4E5F")
_WIDTH: Final = 22
_ROLES: Final = ("manufacturer", "importer")
"""Parties that have columns in the sheet; those of the others may be added."""
_NOTES: Final = (
    "One row is one passport. Rows that begin with # are passed over, as the second row is, which tells the labels.",
    "Columns with * are needed to publish. Columns that you do not need may be deleted; their order does not matter.",
    "The first row names the columns and must stay as it is.",
    "Lists: put a line break (Alt+Enter) or | between the entries.",
    "Tables: put a line break or | between the rows, and ; between the cells, in the order that the notes tell.",
    "Objects and tables may also be written as JSON.",
    "Write GTINs and serial numbers as text: spreadsheets cut numbers after 15 digits and drop leading zeros.",
    "Formulas are not computed: paste values.",
    f"Parties: parties.<role>.<member>, where role is one of {', '.join(ROLES)}.",
    "Upload the file to POST /api/v1/imports. It is a dry run unless dryRun=false says otherwise.",
)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A column as the sheet shows it."""

    column: Column
    label: str
    about: str
    choices: tuple[str, ...]
    example: str


def sheet_of(
    template: Template, templates: Templates, locale: str, product: Mapping[str, Any] | None, form: str
) -> bytes:
    """Return the sheet of a category; with a product, a row with its model and default values."""
    shown = [_shown(column, templates, locale, product) for column in _chosen(template)]
    return _xlsx(shown) if form == "xlsx" else _csv(shown)


def _chosen(template: Template) -> list[Column]:
    """Return the columns of the sheet: all fields, and the parties that are most often told."""
    found = columns_of(template).values()
    return [column for column in found if column.kind != "party" or column.name.split(".")[1] in _ROLES]


def _shown(column: Column, templates: Templates, locale: str, product: Mapping[str, Any] | None) -> _Shown:
    if column.field is None:
        example = str(product["model"]) if product is not None and column.name == "productModel" else ""
        star = " *" if column.is_required else ""
        return _Shown(column, column.name.rpartition(".")[2] + star, column.about, column.choices, example)
    field = column.field
    label = templates.labels.text(locale, field.key, field.label)
    unit = f" ({field.unit})" if field.unit else ""
    help_, _ = templates.labels.help(locale, field.key, field.help)
    values = {} if product is None else product["defaultFieldValues"]
    choices = _choices(field, templates, locale)
    return _Shown(
        column,
        f"{label}{unit}{' *' if field.required else ''}",
        f"{help_} {_how(field, templates, locale)}".strip(),
        choices if field.data_type != "multi_enum" else (),
        _example(field, values.get(field.key)),
    )


def _choices(typed: ValueType, templates: Templates, locale: str) -> tuple[str, ...]:
    """Return what a drop-down offers: labels that are clear, else stored values."""
    if typed.data_type == "boolean":
        return ("true", "false")
    labels = [templates.labels.text(locale, option.value, option.label) for option in typed.options]
    is_clear = len({label.casefold() for label in labels}) == len(labels)
    return tuple(labels) if is_clear else tuple(option.value for option in typed.options)


def _how(field: Field, templates: Templates, locale: str) -> str:
    """Say how a value is written."""
    names = [
        templates.labels.text(locale, column.key, column.label) + (" *" if column.required else "")
        for column in field.columns
    ]
    written = {
        "multi_enum": f"Several of: {', '.join(option.value for option in field.options)[:400]}.",
        "array": f"Cells: {'; '.join(names)}." if names else "Several values, with | between.",
        "object": "JSON, such as {" + _MEMBERS.get(field.schema or "", "") + "}.",
        "file_reference": "Id of a file, or https address.",
        "date": {"month": "Like 2027-02.", "second": "Like 2027-02-18T10:00:00Z."}.get(
            field.precision or "", "Like 2027-02-18."
        ),
    }
    return written.get(field.data_type, "")


_MEMBERS: Final = {"Party": '"legalName": "Voltwerk GmbH", "country": "DE"', "Range": '"min": -20, "max": 60'}


def _example(field: Field, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if field.data_type in {"multi_enum", "array"} and not field.columns:
        return "|".join(str(entry) for entry in value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)


def _labels(shown: Sequence[_Shown]) -> list[str]:
    return ["# " + shown[0].label, *(one.label for one in shown[1:])]


def _csv(shown: Sequence[_Shown]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([one.column.name for one in shown])
    writer.writerow(_labels(shown))
    if any(one.example for one in shown):
        writer.writerow([one.example for one in shown])
    return text.getvalue().encode("utf-8-sig")


def _xlsx(shown: Sequence[_Shown]) -> bytes:
    book = Workbook()
    book.properties.creator = "TracePass"
    book.properties.created = book.properties.modified = _MADE
    _fill(book.active, shown)
    _fill_notes(book.create_sheet("Notes"), shown)
    _fill_lists(book.create_sheet(_LISTS), book[SHEET], shown)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def _fill(sheet: Any, shown: Sequence[_Shown]) -> None:
    sheet.title = SHEET
    sheet.freeze_panes = "A3"
    for number, (one, label) in enumerate(zip(shown, _labels(shown), strict=True), start=1):
        head = sheet.cell(1, number, one.column.name)
        head.font, head.fill = Font(bold=True, color="FFFFFF"), _HEAD
        head.comment = Comment(one.about[:1000], "TracePass", height=140, width=340)
        sheet.cell(2, number, label).font = Font(italic=True, color="666666")
        whole = sheet.column_dimensions[get_column_letter(number)]
        whole.width = _WIDTH
        if one.column.field is None or one.column.field.data_type not in {"number", "boolean"}:
            whole.number_format = _AS_TEXT
        if one.example:
            # A value that begins with "=" is a text here, never a formula.
            example = sheet.cell(3, number, one.example)
            example.data_type = "s"


def _fill_notes(sheet: Any, shown: Sequence[_Shown]) -> None:
    sheet.column_dimensions["A"].width = 40
    sheet.column_dimensions["B"].width = 40
    sheet.column_dimensions["C"].width = 110
    for note in _NOTES:
        sheet.append([note])
    sheet.append([])
    sheet.append(["Column", "Label", "What goes into it"])
    for cell in sheet[sheet.max_row]:
        cell.font = Font(bold=True)
    for one in shown:
        sheet.append([one.column.name, one.label, one.about])
        sheet.cell(sheet.max_row, 3).alignment = Alignment(wrap_text=True, vertical="top")


def _fill_lists(lists: Any, sheet: Any, shown: Sequence[_Shown]) -> None:
    """Write what drop-downs offer into a hidden sheet: a list in the rule itself may have 255 characters."""
    lists.sheet_state = "hidden"
    offering = [(number, one) for number, one in enumerate(shown, start=1) if one.choices]
    for place, (number, one) in enumerate(offering, start=1):
        for row, choice in enumerate(one.choices, start=1):
            lists.cell(row, place, choice)
        source = get_column_letter(place)
        rule = DataValidation(
            type="list",
            formula1=f"{_LISTS}!${source}$1:${source}${len(one.choices)}",
            allow_blank=True,
            showErrorMessage=True,
            errorTitle=one.column.name[:32],
            error="Choose one of the list.",
        )
        rule.add(f"{get_column_letter(number)}3:{get_column_letter(number)}{MOST_ROWS + 2}")
        sheet.add_data_validation(rule)
