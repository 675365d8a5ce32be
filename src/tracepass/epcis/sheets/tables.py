"""A file becomes rows: xlsx or csv, known by content, within bounds, row by row so that memory stays flat.

Nothing in a workbook is computed: a formula is a fault, its remembered result is not taken. Its XML is read by
openpyxl through defusedxml, which refuses entities; what the parts of the archive unpack to is bounded before.
"""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import openpyxl
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.utils.exceptions import InvalidFileException

from tracepass.epcis.sheets.values import LONGEST

MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 100
MOST_UNPACKED: Final = 32 * 1024 * 1024
MOST_PARTS: Final = 1_000
EVENTS_SHEET: Final = "Events"
_ZIP: Final = b"PK\x03\x04"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_DELIMITERS: Final = ",;\t"
# What openpyxl and the parsers below it run into when a workbook is damaged.
_DAMAGED: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    InvalidFileException,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


class FileFaulty(ValueError):
    """A file that is no table; ``code`` is one of ours, ``payload_too_large`` for instance."""

    def __init__(self, message: str, code: str = "validation_error") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that is computed."""


Row = tuple[int, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a sheet, numbered from 1 as spreadsheets do; ``sheet`` is None for csv."""

    sheet: str | None
    rows: Iterator[Row]

    def address(self, row: int, column: int) -> str:
        """Return where a cell is, ``Events!B7`` or, in csv, ``B7``; columns count from 0."""
        cell = f"{get_column_letter(column + 1)}{row}"
        if self.sheet is None:
            return cell
        plain = self.sheet.isascii() and self.sheet.isalnum()
        return f"{self.sheet if plain else quote_sheetname(self.sheet)}!{cell}"


def open_table(file: BinaryIO) -> Table:
    """Open a file of at most some megabytes.

    Raises:
        FileFaulty: it is neither xlsx nor csv, damaged, or unpacks to too much.
    """
    beginning = file.read(4)
    file.seek(0)
    if beginning.startswith(_OLD_EXCEL):
        raise FileFaulty(
            "This is a workbook of old Excel, or an encrypted one; save it as .xlsx.", "unsupported_media_type"
        )
    if beginning.startswith(_ZIP):
        _check_archive(file)
        return _workbook(file)
    return Table(None, _csv_rows(file.read()))


def _check_archive(file: BinaryIO) -> None:
    """See that what an archive unpacks to stays within bounds; more than declared is never unpacked."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise FileFaulty("The workbook is damaged: it cannot be unpacked.") from error
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise FileFaulty(f"The workbook unpacks to more than {MOST_UNPACKED} bytes.", "payload_too_large")
    if "[Content_Types].xml" not in {part.filename for part in parts}:
        raise FileFaulty("This is an archive and no workbook.", "unsupported_media_type")
    file.seek(0)


def _workbook(file: BinaryIO) -> Table:
    try:
        book = openpyxl.load_workbook(file, read_only=True, keep_links=False)
        names = [sheet.title for sheet in book.worksheets]
        sheet = book[EVENTS_SHEET if EVENTS_SHEET in names else names[0]]
        sheet.reset_dimensions()
    except _DAMAGED as error:
        raise FileFaulty("The workbook is damaged: it cannot be read.") from error
    return Table(sheet.title, _sheet_rows(book, sheet))


def _sheet_rows(book: Any, sheet: Any) -> Iterator[Row]:
    try:
        for number, cells in enumerate(sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=MOST_COLUMNS), start=1):
            values = [Formula() if cell.data_type == "f" else cell.value for cell in cells]
            if any(value is not None for value in values):
                _check_number(number)
                yield number, values
    except _DAMAGED as error:
        if isinstance(error, FileFaulty):
            raise
        raise FileFaulty("The workbook is damaged: its sheet cannot be read.") from error
    finally:
        book.close()


def _check_number(number: int) -> None:
    if number > MOST_ROWS + 1:
        raise FileFaulty(f"A spreadsheet has at most {MOST_ROWS} rows below the names.", "payload_too_large")


def _csv_rows(data: bytes) -> Iterator[Row]:
    text = _decoded(data)
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == len("sep=;"):
        delimiter, text = first.strip()[-1], rest
    else:
        delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            values = [_csv_value(cell) for cell in cells[:MOST_COLUMNS]]
            if any(value is not None for value in values):
                _check_number(number)
                yield number, values
    except csv.Error as error:
        raise FileFaulty(f"The file is no csv: {error} (line {reader.line_num}).") from error


def _csv_value(cell: str) -> Any:
    text = cell.strip()
    if text.startswith("="):
        return Formula()
    return text[: LONGEST + 1] or None


def _decoded(data: bytes) -> str:
    """Return the text of a csv: by its mark, as UTF-8, else as the code page of Western Windows."""
    marks = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    encoding = next((name for mark, name in marks if data.startswith(mark)), None)
    for name in ("utf-8", "cp1252") if encoding is None else (encoding,):
        try:
            text = data.decode(name).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise FileFaulty("This is neither an .xlsx workbook nor a csv text.", "unsupported_media_type")
