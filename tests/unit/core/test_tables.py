"""Tables of any size are read row by row, and what would not fit into memory is refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import closing

import openpyxl
import pytest

from tracepass.core.spool import Spool
from tracepass.core.tables import Bounds, FileFaulty, Formula, Row, open_table

BOUNDS = Bounds(rows=100, columns=4, unpacked=64 * 1024 * 1024)


def rows(data: bytes, bounds: Bounds = BOUNDS) -> list[Row]:
    return list(_rows(data, bounds))


def _rows(data: bytes, bounds: Bounds) -> Iterator[Row]:
    """Read a file from a spool, as imports do."""
    with closing(Spool(held=1000)) as spool:
        spool.write(data)
        yield from open_table(spool.opened(), bounds, sheet="Data").rows


def workbook(*lines: list[object]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Data")
    for line in lines:
        sheet.append(line)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def sheet_of(text: bytes) -> bytes:
    """Return a workbook whose sheet is replaced by a text."""
    source, output = zipfile.ZipFile(io.BytesIO(workbook(["a"]))), io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as made:
        for part in source.infolist():
            made.writestr(part, text if part.filename.startswith("xl/worksheets/") else source.read(part))
    source.close()
    return output.getvalue()


def test_a_workbook_with_many_texts_is_read() -> None:
    lines: list[list[object]] = [[f"{number}" + "x" * 30_000, number] for number in range(50)]
    assert [list(values[:2]) for _, values in rows(workbook(*lines * 2))] == lines * 2


def test_texts_that_are_shared_may_be_longer_than_a_row() -> None:
    book = openpyxl.Workbook()
    for number in range(99):
        book.active.append([f"{number:03}".ljust(32_000, "é")])  # type: ignore[union-attr]
    book.active.title = "Data"  # type: ignore[union-attr]
    output = io.BytesIO()
    book.save(output)
    assert len(rows(output.getvalue())) == 99


def test_a_row_that_never_ends_is_refused() -> None:
    cells = b'<c r="A1"><v>1</v></c>' * 400_000
    faulty = b"<worksheet><sheetData><row>" + cells + b"</row></sheetData></worksheet>"
    with pytest.raises(FileFaulty) as refused:
        rows(sheet_of(faulty))
    assert refused.value.code == "payload_too_large"


def test_entities_are_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet><sheetData>&b;</sheetData></worksheet>'
    with pytest.raises(FileFaulty):
        rows(sheet_of(bomb))


@pytest.mark.parametrize("width", [5, 16_385])
def test_more_columns_than_may_be_are_refused(width: int) -> None:
    for data in (workbook(["x"] * min(width, 16_384)), ",".join(["x"] * width).encode()):
        with pytest.raises(FileFaulty) as refused:
            rows(data)
        assert refused.value.code == "payload_too_large"


def test_quotes_that_go_on_and_on_are_refused() -> None:
    with pytest.raises(FileFaulty):
        rows(b"a,b\n" + b'"x\n' * 3 + b'y","' * 2_000_000)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ("a;ä".encode(), "ä"),
        ("a;ä".encode("cp1252"), "ä"),
        ("a;ä".encode("utf-8-sig"), "ä"),
        ("\ufeffa;ä".encode("utf-16-le"), "ä"),
        ("\ufeffa;ä".encode("utf-16-be"), "ä"),
        (b"a\t=1+1", Formula()),
        (b"sep=|\r\na|b", "b"),
    ],
)
def test_texts_are_read_as_they_are_written(data: bytes, value: object) -> None:
    assert rows(data) == [(1, ["a", value])]
