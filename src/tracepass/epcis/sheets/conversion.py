"""A table becomes a document, or a list of what is wrong with its cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from typing import Any, BinaryIO, Final

from tracepass.core.tables import CellError
from tracepass.epcis.contexts import EPCIS_CONTEXT_URL
from tracepass.epcis.sheets.columns import BY_LOWER_NAME
from tracepass.epcis.sheets.drafts import Cell, Cells, drafted
from tracepass.epcis.sheets.tables import FileFaulty, Row, Table, open_table
from tracepass.epcis.times import written

MOST_TOLD: Final = 500
_STARTS: Final = ("eventType", "eventTime")


@dataclass(slots=True)
class _Sheet:
    """What came out of the rows so far."""

    table: Table
    columns: dict[int, str] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)
    found: int = 0
    failed: int = 0


def convert(file: BinaryIO, *, now: datetime, partial: bool) -> dict[str, Any]:
    """Return ``{document, rows, errors, errorCount, truncated}`` for an xlsx or csv file.

    The document, made ``now``, is None if there is an error, unless ``partial`` asks for the events that are right.

    Raises:
        FileFaulty: the file is no table.
    """
    sheet = _Sheet(open_table(file))
    rows = iter(sheet.table.rows)
    _read_names(sheet, next(rows, None))
    if not sheet.errors:
        for group in _grouped(sheet, rows):
            _take(sheet, group)
    is_told = bool(sheet.events) and (partial or not sheet.errors)
    return {
        "document": _document(sheet.events, now) if is_told else None,
        "rows": {"events": len(sheet.events), "failed": sheet.failed},
        "errors": [error.wire for error in sheet.errors],
        "errorCount": sheet.found,
        "truncated": sheet.found > len(sheet.errors),
    }


def _read_names(sheet: _Sheet, row: Row | None) -> None:
    """Read the first row: names of columns, in any order and any case."""
    if row is None:
        raise FileFaulty("The sheet is empty; its first row holds the names of the columns.")
    number, values = row
    for index, value in enumerate(values):
        name = str(value).strip().rstrip("*").strip() if value is not None else ""
        column = BY_LOWER_NAME.get(name.lower())
        address = sheet.table.address(number, index)
        if column is not None and column.name in sheet.columns.values():
            _tell(
                sheet, [CellError(number, address, name, "duplicate_column", f"the column {name} stands there twice")]
            )
        elif column is not None:
            sheet.columns[index] = column.name
        elif name:
            _tell(sheet, [CellError(number, address, name[:60], "unknown_column", _no_column(name[:60]))])
    for name in _STARTS:
        if name not in sheet.columns.values():
            message = f"the column {name} is missing"
            _tell(sheet, [CellError(number, sheet.table.address(number, 0), name, "missing_column", message)])


def _no_column(name: str) -> str:
    near = get_close_matches(name.lower(), list(BY_LOWER_NAME), 1, 0.7)
    hint = f"did you mean {BY_LOWER_NAME[near[0]].name}?" if near else "the template names those that there are"
    return f"{name!r} is no column; {hint}"


def _tell(sheet: _Sheet, errors: Sequence[CellError]) -> None:
    sheet.found += len(errors)
    sheet.errors.extend(errors[: max(0, MOST_TOLD - len(sheet.errors))])


def _grouped(sheet: _Sheet, rows: Iterator[Row]) -> Iterator[list[tuple[int, Cells]]]:
    """Yield each row together with those that go on with it: they have neither type nor time."""
    group: list[tuple[int, Cells]] = []
    for number, values in rows:
        cells = _cells(sheet, number, values)
        if not cells:
            continue
        if group and any(name in cells for name in _STARTS):
            yield group
            group = []
        group.append((number, cells))
    if group:
        yield group


def _cells(sheet: _Sheet, number: int, values: Sequence[Any]) -> Cells:
    found = {}
    for index, value in enumerate(values):
        name = sheet.columns.get(index)
        is_empty = value is None or (isinstance(value, str) and not value.strip())
        if name is not None and not is_empty:
            found[name] = Cell(value, number, sheet.table.address(number, index), name)
    return found


def _take(sheet: _Sheet, group: Sequence[tuple[int, Cells]]) -> None:
    number = group[0][0]
    draft = drafted(number, sheet.table.address(number, 0), [cells for _, cells in group])
    if draft.errors:
        sheet.failed += 1
        _tell(sheet, draft.errors)
    else:
        sheet.events.append(draft.event)


def _document(events: list[dict[str, Any]], now: datetime) -> dict[str, Any]:
    return {
        "@context": [EPCIS_CONTEXT_URL],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": written(now),
        "epcisBody": {"eventList": events},
    }
