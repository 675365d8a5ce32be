"""How much a spreadsheet of events may hold."""

from __future__ import annotations

from typing import BinaryIO, Final

from tracepass.core import tables
from tracepass.core.tables import Bounds, FileFaulty, Formula, Row, Table

__all__ = ["EVENTS_SHEET", "MOST_ROWS", "MOST_UNPACKED", "FileFaulty", "Formula", "Row", "Table", "open_table"]

MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 100
MOST_UNPACKED: Final = 32 * 1024 * 1024
EVENTS_SHEET: Final = "Events"


def open_table(file: BinaryIO) -> Table:
    """Open a file of at most some megabytes.

    Raises:
        FileFaulty: it is neither xlsx nor csv, damaged, or unpacks to too much.
    """
    return tables.open_table(file, Bounds(MOST_ROWS, MOST_COLUMNS, MOST_UNPACKED), sheet=EVENTS_SHEET)
