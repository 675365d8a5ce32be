"""The empty spreadsheet to begin with: names, drop-downs, an example, and what goes where."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, Literal

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from tracepass.epcis.sheets.columns import COLUMNS, Column
from tracepass.epcis.sheets.tables import EVENTS_SHEET, MOST_ROWS

Format = Literal["xlsx", "csv"]
_LISTS: Final = "Lists"
_AS_TEXT: Final = "@"
_MADE: Final = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_HEAD: Final = PatternFill("solid", fgColor="1F4E5F")
_NOTES: Final = (
    "One row is one event. Row 2 of the sheet Events is an example: write over it, or delete it.",
    "Columns with * are required. Columns that you do not need may be deleted; their order does not matter.",
    "Several values in a cell: put a line break (Alt+Enter) or | between them.",
    "Or go on in the rows below: a row without eventType and eventTime adds to the lists of the event above.",
    "Write identifiers, times and offsets as text: spreadsheets cut numbers after 15 digits and drop leading zeros.",
    "Formulas are not computed: paste values.",
    "Upload the file to POST /api/v1/epcis/from-spreadsheet. The answer is an EPCIS document, or the cells to correct.",
    "The numbers of the example begin with 952, which GS1 keeps for examples: they name nothing real.",
)


@lru_cache(maxsize=2)
def template(form: Format) -> bytes:
    """Return the template as a file."""
    return _xlsx() if form == "xlsx" else _csv()


def _csv() -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([column.name for column in COLUMNS])
    writer.writerow([column.example.replace("\n", "|") for column in COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def _xlsx() -> bytes:
    book = Workbook()
    book.properties.creator = "TracePass"
    book.properties.created = book.properties.modified = _MADE
    _fill_events(book.active)
    _fill_notes(book.create_sheet("Notes"))
    _fill_lists(book.create_sheet(_LISTS), book[EVENTS_SHEET])
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def _fill_events(sheet: Any) -> None:
    sheet.title = EVENTS_SHEET
    sheet.freeze_panes = "C2"
    for number, column in enumerate(COLUMNS, start=1):
        head = sheet.cell(1, number, column.name + (" *" if column.is_required else ""))
        head.font = Font(bold=True, color="FFFFFF")
        head.fill = _HEAD
        head.comment = Comment(column.about, "TracePass", height=120, width=320)
        whole = sheet.column_dimensions[get_column_letter(number)]
        whole.width = column.width
        example = sheet.cell(2, number, column.example or None)
        example.font = Font(italic=True, color="666666")
        for part in (whole, example):
            part.number_format = _AS_TEXT
            part.alignment = Alignment(wrap_text=column.is_list, vertical="top")


def _fill_notes(sheet: Any) -> None:
    sheet.column_dimensions["A"].width = 26
    sheet.column_dimensions["B"].width = 110
    sheet.append(["How to fill the sheet Events"])
    sheet["A1"].font = Font(bold=True, size=14)
    for note in _NOTES:
        sheet.append([note])
    sheet.append([])
    sheet.append(["Column", "What goes into it"])
    for cell in sheet[sheet.max_row]:
        cell.font = Font(bold=True)
    for column in COLUMNS:
        about = column.about + ("; several values are allowed" if column.is_list else "")
        sheet.append([column.name + (" *" if column.is_required else ""), about])
        sheet.cell(sheet.max_row, 2).alignment = Alignment(wrap_text=True, vertical="top")


def _fill_lists(lists: Any, events: Any) -> None:
    """Write what drop-downs offer into a hidden sheet: a list in the rule itself may have 255 characters."""
    lists.sheet_state = "hidden"
    offering = [(number, column) for number, column in enumerate(COLUMNS, start=1) if column.choices]
    for place, (number, column) in enumerate(offering, start=1):
        lists.cell(1, place, column.name)
        for row, choice in enumerate(column.choices, start=2):
            lists.cell(row, place, choice)
        events.add_data_validation(_drop_down(column, get_column_letter(number), get_column_letter(place)))


def _drop_down(column: Column, letter: str, source: str) -> DataValidation:
    rule = DataValidation(
        type="list",
        formula1=f"{_LISTS}!${source}$2:${source}${len(column.choices) + 1}",
        allow_blank=True,
        showErrorMessage=not column.is_open,
        errorTitle=column.name,
        error=f"Choose one of the list: {column.about}."[:250],
    )
    rule.add(f"{letter}2:{letter}{MOST_ROWS + 1}")
    return rule
