"""Rows of a stored file, some at a time, read off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import islice

from tracepass.core.blobs import Blobs
from tracepass.core.ids import Id
from tracepass.core.spool import Spool
from tracepass.core.tables import Bounds, CellError, FileFaulty, Row, open_table
from tracepass.imports.cells import Choices, ChoicesOf
from tracepass.imports.models import MOST_COLUMNS, MOST_ROWS, MOST_UNPACKED, SHEET
from tracepass.imports.rows import NewPassport, RowReader
from tracepass.locale import LOCALES
from tracepass.templates.models import Template, ValueType
from tracepass.templates.service import Templates

BOUNDS = Bounds(MOST_ROWS, MOST_COLUMNS, MOST_UNPACKED)
AT_ONCE = 100
"""Rows that are looked at together."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that is open; ``errors`` are those of its first row."""

    reader: RowReader
    rows: Iterator[Row]
    errors: list[CellError]

    @property
    def expected(self) -> int:
        """Return about how many rows there are."""
        return max(1, self.reader.table.expected or MOST_ROWS)

    async def chunks(self, *, after: int = 0) -> AsyncIterator[list[NewPassport]]:
        """Give the rows below a number, some at a time.

        Raises:
            FileFaulty: the file is damaged, or there are too many.
        """
        while chunk := await asyncio.to_thread(lambda: list(islice(self.rows, AT_ONCE))):
            wanted = [row for row in chunk if row[0] > after]
            yield await asyncio.to_thread(self._read, wanted)

    def _read(self, rows: list[Row]) -> list[NewPassport]:
        found = (self.reader.read(row) for row in rows)
        return [row for row in found if row is not None]


async def fetched(blobs: Blobs, blob_id: Id, size: int) -> Spool:
    """Return a stored file in a place where it can be read anywhere."""
    spool = Spool()
    try:
        async for piece in blobs.pieces(blob_id, 0, size):
            await spool.add(piece)
    except BaseException:
        spool.close()
        raise
    return spool


def opened(spool: Spool, template: Template, templates: Templates, locale: str | None) -> Sheet:
    """Open a file and read the names of its columns.

    Raises:
        FileFaulty: it is no table, or an empty one.
    """
    table = open_table(spool.opened(), BOUNDS, sheet=SHEET)
    reader = RowReader(table, template, choices_of(templates), locale)
    rows = iter(table.rows)
    names = next((row for row in rows if not str(next(iter(row[1]), "")).startswith("#")), None)
    if names is None:
        raise FileFaulty("The sheet is empty; its first row holds the names of the columns.")
    return Sheet(reader, rows, reader.read_names(names))


def choices_of(templates: Templates) -> ChoicesOf:
    """Return what reads choices by their stored values, and by their labels in any language where they are clear."""
    known: dict[int, Choices] = {}

    def choices(typed: ValueType) -> Choices:
        if id(typed) not in known:
            known[id(typed)] = _choices(typed, templates)
        return known[id(typed)]

    return choices


def _choices(typed: ValueType, templates: Templates) -> Choices:
    meant: dict[str, set[str]] = {}
    for option in typed.options:
        for locale in LOCALES:
            label = templates.labels.text(locale, option.value, option.label)
            meant.setdefault(label.casefold(), set()).add(option.value)
    clear = {label: next(iter(values)) for label, values in meant.items() if len(values) == 1}
    return {**clear, **{option.value.casefold(): option.value for option in typed.options}}
