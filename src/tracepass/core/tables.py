"""A file becomes rows: xlsx or csv, known by content, within bounds, row by row so that memory stays flat.

Nothing in a workbook is computed: a formula is a fault, its remembered result is not taken. Its XML is read by
openpyxl through defusedxml, which refuses entities; what the parts of the archive unpack to is bounded before.
"""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, Final

import openpyxl
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.utils.exceptions import InvalidFileException

LONGEST: Final = 32_767
"""Characters of a cell, as spreadsheets have it."""
MOST_PARTS: Final = 1_000
LONGEST_ROW: Final = 4 * 1024 * 1024
"""Characters of a row, with what stands around its cells."""
MOST_TEXTS: Final = 32 * 1024 * 1024
"""Bytes of the texts that the cells of a workbook share; openpyxl holds them all."""
_ZIP: Final = b"PK\x03\x04"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_DELIMITERS: Final = ",;\t"
_PIECE: Final = 1024 * 1024
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
class Bounds:
    """How much a file may hold: rows below the names, columns, bytes that a workbook unpacks to."""

    rows: int
    columns: int
    unpacked: int


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that is computed."""


Row = tuple[int, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class CellError:
    """What is wrong with a cell, or with a row as a whole."""

    row: int
    cell: str
    column: str | None
    code: str
    message: str

    @property
    def wire(self) -> dict[str, Any]:
        """Return it as it is told."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a sheet, numbered from 1 as spreadsheets do.

    ``sheet`` is None for csv; ``expected`` is about how many rows there are, if the file says so.
    """

    sheet: str | None
    rows: Iterator[Row]
    expected: int | None = None

    def address(self, row: int, column: int) -> str:
        """Return where a cell is, ``Events!B7`` or, in csv, ``B7``; columns count from 0."""
        cell = f"{get_column_letter(column + 1)}{row}"
        if self.sheet is None:
            return cell
        plain = self.sheet.isascii() and self.sheet.isalnum()
        return f"{self.sheet if plain else quote_sheetname(self.sheet)}!{cell}"


def open_table(file: BinaryIO, bounds: Bounds, *, sheet: str) -> Table:
    """Open a file that can be read anywhere; of a workbook the named sheet, else its first.

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
        _check_archive(file, bounds)
        return _workbook(file, bounds, sheet)
    encoding, lines = _encoding_of(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    return Table(None, _csv_rows(text, bounds), lines)


def _check_archive(file: BinaryIO, bounds: Bounds) -> None:
    """See that what an archive unpacks to stays within bounds; more than declared is never unpacked."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > bounds.unpacked:
                raise FileFaulty(f"The workbook unpacks to more than {bounds.unpacked} bytes.", "payload_too_large")
            for part in parts:
                _check_part(archive, part)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, NotImplementedError) as error:
        raise FileFaulty("The workbook is damaged: it cannot be unpacked.") from error
    if "[Content_Types].xml" not in {part.filename for part in parts}:
        raise FileFaulty("This is an archive and no workbook.", "unsupported_media_type")
    file.seek(0)


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """See that no part is of the kind that has to be held whole, and too large for that."""
    is_sheet = part.filename.startswith("xl/worksheets/")
    if part.file_size > MOST_TEXTS and not is_sheet:
        raise FileFaulty(f"{part.filename[:80]} has more than {MOST_TEXTS} bytes.", "payload_too_large")
    if part.file_size <= LONGEST_ROW or not is_sheet:
        return
    since = 0
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE):
            last = piece.rfind(b"row")
            since = since + len(piece) if last < 0 else len(piece) - last
            if since > LONGEST_ROW:
                raise FileFaulty(f"A row of the workbook has more than {LONGEST_ROW} bytes.", "payload_too_large")


def _workbook(file: BinaryIO, bounds: Bounds, name: str) -> Table:
    try:
        book = openpyxl.load_workbook(file, read_only=True, keep_links=False)
        names = [sheet.title for sheet in book.worksheets]
        sheet = book[name if name in names else names[0]]
        expected = sheet.max_row
        sheet.reset_dimensions()
    except _DAMAGED as error:
        raise FileFaulty("The workbook is damaged: it cannot be read.") from error
    return Table(sheet.title, _sheet_rows(book, sheet, bounds), expected if isinstance(expected, int) else None)


def _sheet_rows(book: Any, sheet: Any, bounds: Bounds) -> Iterator[Row]:
    try:
        cells_of = sheet.iter_rows(max_row=bounds.rows + 2, max_col=bounds.columns + 1)
        for number, cells in enumerate(cells_of, start=1):
            values = [Formula() if cell.data_type == "f" else cell.value for cell in cells]
            if any(value is not None for value in values):
                yield _checked(number, values, bounds)
    except _DAMAGED as error:
        if isinstance(error, FileFaulty):
            raise
        raise FileFaulty("The workbook is damaged: its sheet cannot be read.") from error
    finally:
        book.close()


def _checked(number: int, values: list[Any], bounds: Bounds) -> Row:
    """Return a row within bounds."""
    if number > bounds.rows + 1:
        raise FileFaulty(f"A spreadsheet has at most {bounds.rows} rows below the names.", "payload_too_large")
    if len(values) > bounds.columns:
        if any(value is not None for value in values[bounds.columns :]):
            raise FileFaulty(f"A spreadsheet has at most {bounds.columns} columns.", "payload_too_large")
        values = values[: bounds.columns]
    return number, values


class _Lines:
    """The lines of a text, of which none may be too long, nor any row that goes on over several."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.since_row = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_ROW + 1)
        self.since_row += len(line)
        if self.since_row > LONGEST_ROW:
            raise FileFaulty(f"A row of the file has more than {LONGEST_ROW} characters.", "payload_too_large")
        if not line:
            raise StopIteration
        return line


def _csv_rows(text: io.TextIOWrapper, bounds: Bounds) -> Iterator[Row]:
    lines = _Lines(text)
    first = next(lines, "")
    named = first.strip().lower()
    if named.startswith("sep=") and len(named) == len("sep=;"):
        delimiter, first = first.strip()[-1], next(lines, "")
    else:
        delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(_after(first, lines), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            lines.since_row = 0
            values = [_csv_value(cell) for cell in cells]
            if any(value is not None for value in values):
                yield _checked(number, values, bounds)
    except csv.Error as error:
        raise FileFaulty(f"The file is no csv: {error} (line {reader.line_num}).") from error


def _after(first: str, lines: _Lines) -> Iterator[str]:
    yield first
    yield from lines


def _csv_value(cell: str) -> Any:
    text = cell.strip()
    if text.startswith("="):
        return Formula()
    return text[: LONGEST + 1] or None


def _encoding_of(file: BinaryIO) -> tuple[str, int]:
    """Return what a csv is written in and how many lines it has: by its mark, as UTF-8, else as Western Windows."""
    beginning = file.read(3)
    marks = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    marked = next((name for mark, name in marks if beginning.startswith(mark)), None)
    for name in ("utf-8", "cp1252") if marked is None else (marked,):
        file.seek(0)
        lines = _lines_in(file, name)
        if lines is not None:
            return name, lines
    raise FileFaulty("This is neither an .xlsx workbook nor a csv text.", "unsupported_media_type")


def _lines_in(file: BinaryIO, encoding: str) -> int | None:
    """Count the lines of a text; None if it is none in this encoding."""
    decoder, lines = codecs.getincrementaldecoder(encoding)(), 0
    try:
        while piece := file.read(_PIECE):
            text = decoder.decode(piece)
            if "\x00" in text:
                return None
            lines += text.count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return lines + 1
