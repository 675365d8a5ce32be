"""Spreadsheets: what people write, in xlsx and csv, becomes events, or errors with the cell they are in."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracepass.epcis.analysis.reading import read_json
from tracepass.epcis.analysis.report import analyse
from tracepass.epcis.sheets import tables
from tracepass.epcis.sheets.columns import COLUMNS
from tracepass.epcis.sheets.conversion import convert
from tracepass.epcis.sheets.tables import FileFaulty
from tracepass.epcis.sheets.template import template
from tracepass.epcis.validation import problems_of

NOW = datetime(2026, 11, 21, tzinfo=UTC)
GTIN = "https://id.gs1.org/01/09521321111110"
WHEN = "2026-06-01T12:00:00+02:00"
PLAIN = {"eventType": "ObjectEvent", "eventTime": WHEN, "action": "OBSERVE", "epcs": f"{GTIN}/21/A"}
Row = dict[str, Any]


def xlsx(*rows: Row, title: str = "Events", names: Sequence[str] = ()) -> bytes:
    """A workbook with a row for each event."""
    book: Any = openpyxl.Workbook()
    book.active.title = title
    names = names or list(dict.fromkeys(name for row in rows for name in row))
    book.active.append(list(names))
    for row in rows:
        book.active.append([row.get(name) for name in names])
    return saved(book)


def saved(book: Any) -> bytes:
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def read(data: bytes, *, partial: bool = False) -> dict[str, Any]:
    return convert(io.BytesIO(data), now=NOW, partial=partial)


def events(data: bytes) -> list[dict[str, Any]]:
    found = read(data)
    assert found["errors"] == []
    return list(found["document"]["epcisBody"]["eventList"])


def one(**changes: Any) -> dict[str, Any]:
    (event,) = events(xlsx({**PLAIN, **changes}))
    return event


def errors(*rows: Row) -> list[tuple[str, str | None, str]]:
    found = read(xlsx(*rows, names=[*PLAIN, *(name for row in rows for name in row if name not in PLAIN)]))
    assert found["document"] is None
    return [(error["cell"], error["column"], error["code"]) for error in found["errors"]]


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_the_template_as_it_is_gives_its_example(form: Any) -> None:
    (event,) = events(template(form))
    assert event["epcList"] == [f"{GTIN}/21/A1", f"{GTIN}/21/A2"]
    assert problems_of(event, {}) == []
    assert analyse(read_json(read(template(form))["document"]), now=NOW)["isClean"]


def test_the_template_has_a_column_for_each_dimension_drop_downs_notes_and_text_cells() -> None:
    book: Any = openpyxl.load_workbook(io.BytesIO(template("xlsx")))
    sheet = book["Events"]
    assert [cell.value.removesuffix(" *") for cell in sheet[1]] == [column.name for column in COLUMNS]
    rules = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
    assert len(rules) == sum(bool(column.choices) for column in COLUMNS)
    for number, column in enumerate(COLUMNS, start=1):
        letter = openpyxl.utils.get_column_letter(number)
        assert sheet.cell(2, number).number_format == sheet.column_dimensions[letter].number_format == "@"
        assert sheet.cell(1, number).comment.text == column.about
        if column.choices:
            source = rules[f"{letter}2"].formula1.removeprefix("Lists!").replace("$", "")
            assert tuple(cell.value for (cell,) in book["Lists"][source]) == column.choices
    assert book["Lists"].sheet_state == "hidden"
    assert {column.name for column in COLUMNS} <= {str(row[0].value).removesuffix(" *") for row in book["Notes"].rows}


def test_every_column_says_its_part_of_an_event() -> None:
    row = {
        **PLAIN,
        "eventID": "urn:uuid:1",
        "bizStep": "Shipping",
        "disposition": "in transit",
        "readPoint": "9521321000018",
        "bizLocation": "(414)9521321000025(254)7",
        "bizTransactionTypes": "po|desadv",
        "bizTransactions": "urn:epcglobal:cbv:bt:1:1|urn:epcglobal:cbv:bt:1:2",
        "sourceTypes": "owning_party",
        "sources": "9521321000018",
        "destinationTypes": "location",
        "destinations": "urn:epc:id:sgln:0614141.00001.0",
        "epcClasses": "(01)09521321111110(10)L1|9521321111110",
        "quantities": "1,5|2",
        "uoms": "KGM",
        "certificationInfo": "https://brand.example/c",
        "errorDeclarationTime": "2026-06-02 08:00",
        "errorReason": "did_not_occur",
        "correctiveEventIDs": "urn:uuid:2|urn:uuid:3",
    }
    assert one(**{**row, "eventTimeZoneOffset": "+02:00"}) == {
        "type": "ObjectEvent",
        "eventID": "urn:uuid:1",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "eventTime": "2026-06-01T12:00:00.000+02:00",
        "eventTimeZoneOffset": "+02:00",
        "errorDeclaration": {
            "declarationTime": "2026-06-02T08:00:00.000+02:00",
            "reason": "did_not_occur",
            "correctiveEventIDs": ["urn:uuid:2", "urn:uuid:3"],
        },
        "epcList": [f"{GTIN}/21/A"],
        "quantityList": [
            {"epcClass": f"{GTIN}/10/L1", "quantity": 1.5, "uom": "KGM"},
            {"epcClass": GTIN, "quantity": 2, "uom": "KGM"},
        ],
        "readPoint": {"id": "https://id.gs1.org/414/9521321000018"},
        "bizLocation": {"id": "https://id.gs1.org/414/9521321000025/254/7"},
        "bizTransactionList": [
            {"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:1:1"},
            {"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:1:2"},
        ],
        "sourceList": [{"type": "owning_party", "source": "https://id.gs1.org/414/9521321000018"}],
        "destinationList": [{"type": "location", "destination": "urn:epc:id:sgln:0614141.00001.0"}],
        "certificationInfo": ["https://brand.example/c"],
    }


def test_aggregations_and_transformations_have_their_own_lists() -> None:
    pack = {**PLAIN, "eventType": "aggregation", "action": "add", "parentID": "095213218977787321"}
    change = {
        "eventType": "TransformationEvent",
        "eventTime": WHEN,
        "inputEPCs": f"{GTIN}/21/A",
        "lot": "L2",
        "inputClasses": f"{GTIN}/10/L1",
        "inputQuantities": 3,
        "outputClasses": f"{GTIN}/10/L2",
        "outputQuantities": 2,
        "transformationID": "urn:x:1",
        "expirationDate": date(2027, 6, 30),
    }
    packed, changed = events(xlsx(pack, change))
    assert (packed["parentID"], packed["childEPCs"]) == ("https://id.gs1.org/00/095213218977787321", [f"{GTIN}/21/A"])
    assert changed["inputQuantityList"] == [{"epcClass": f"{GTIN}/10/L1", "quantity": 3}]
    assert changed["ilmd"] == {"cbvmda:lotNumber": "L2", "cbvmda:itemExpirationDate": "2027-06-30"}


@pytest.mark.parametrize(
    ("value", "offset", "expected"),
    [
        (WHEN, None, ("2026-06-01T12:00:00.000+02:00", "+02:00")),
        ("2026-06-01T10:00:00Z", None, ("2026-06-01T10:00:00.000+00:00", "+00:00")),
        ("2026-06-01T10:00:00.1234Z", "+02:00", ("2026-06-01T12:00:00.123+02:00", "+02:00")),
        (
            datetime(2026, 6, 1, 12, tzinfo=UTC).replace(tzinfo=None),
            "+02:00",
            ("2026-06-01T12:00:00.000+02:00", "+02:00"),
        ),
        ("2026-06-01 12:00", "2", ("2026-06-01T12:00:00.000+02:00", "+02:00")),
        ("1.6.2026 9:05", "-05:30", ("2026-06-01T09:05:00.000-05:30", "-05:30")),
        ("01.06.2026, 12:00:30 +0200", None, ("2026-06-01T12:00:30.000+02:00", "+02:00")),
        ("2026-06-01T12:00", time(2, 0), ("2026-06-01T12:00:00.000+02:00", "+02:00")),
        ("2026-06-01T12:00", "UTC", ("2026-06-01T12:00:00.000+00:00", "+00:00")),
        ("2026-06-01T12:00", "UTC+2", ("2026-06-01T12:00:00.000+02:00", "+02:00")),
    ],
)
def test_times_are_taken_as_people_write_them(value: Any, offset: Any, expected: tuple[str, str]) -> None:
    event = one(eventTime=value, eventTimeZoneOffset=offset)
    assert (event["eventTime"], event["eventTimeZoneOffset"]) == expected


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("eventTime", "2026-06-01 12:00"),
        ("eventTime", "06/01/2026 12:00"),
        ("eventTime", "2026-13-01T12:00:00Z"),
        ("eventTime", "2026-06-01T25:00:00Z"),
        ("eventTime", "0001-01-01T00:00:00+14:00"),
        ("eventTime", 46000.5),
        ("eventTimeZoneOffset", "CEST"),
        ("eventTimeZoneOffset", "+25:00"),
        ("eventTimeZoneOffset", -0.2083333),
        ("eventType", "Party"),
        ("action", "LOOK"),
        ("bizStep", "shiping"),
        ("eventID", "17"),
        ("epcs", "123"),
        ("epcs", 95213218977787321),
        ("epcs", "(01)09521321111111(21)A"),
        ("epcs", "09521321111111"),
        ("readPoint", "9521321000019"),
        ("quantities", "ten"),
        ("expirationDate", "30.02.2027"),
        ("errorReason", "did_not_occur"),
        ("uoms", "KGM"),
        ("lot", "L1"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_cell(column: str, value: Any) -> None:
    names = list(dict.fromkeys([*PLAIN, column]))
    found = read(xlsx({**PLAIN, column: value}, names=names))
    letter = openpyxl.utils.get_column_letter(names.index(column) + 1)
    assert [(error["cell"], error["column"], error["row"]) for error in found["errors"]] == [
        (f"Events!{letter}2", column, 2)
    ]


def test_what_the_standard_refuses_is_told_at_the_cell_it_came_from() -> None:
    assert errors({**PLAIN, "epcs": f"{GTIN}/21/A|{GTIN}/21/A"}) == [("Events!D2", "epcs", "duplicate_items")]
    assert errors({**PLAIN, "action": None}) == [("Events!A2", None, "missing_property")]


def test_a_row_without_type_and_time_goes_on_with_the_lists_above() -> None:
    more: list[Row] = [
        {"epcs": f"{GTIN}/21/B"},
        {"epcs": f"{GTIN}/21/C\n{GTIN}/21/D", "epcClasses": GTIN, "quantities": 4},
    ]
    first, second = events(xlsx(PLAIN, *more, {**PLAIN, "epcs": f"{GTIN}/21/E"}))
    assert [epc[-1] for epc in first["epcList"]] == ["A", "B", "C", "D"]
    assert first["quantityList"] == [{"epcClass": GTIN, "quantity": 4}]
    assert second["epcList"] == [f"{GTIN}/21/E"]


def test_a_row_that_goes_on_says_nothing_but_lists() -> None:
    assert errors(PLAIN, {"action": "ADD", "epcs": f"{GTIN}/21/B"}) == [("Events!C3", "action", "invalid_value")]


def test_merged_cells_are_one_event_with_the_lists_beside_them() -> None:
    book: Any = openpyxl.load_workbook(io.BytesIO(xlsx(PLAIN, {"epcs": f"{GTIN}/21/B"}, names=list(PLAIN))))
    for letter in "ABC":
        book.active.merge_cells(f"{letter}2:{letter}3")
    (event,) = events(saved(book))
    assert len(event["epcList"]) == 2


def test_lists_that_belong_together_are_of_one_length() -> None:
    row = {**PLAIN, "epcClasses": f"{GTIN}|{GTIN}/10/L1", "quantities": "1|2|3"}
    assert errors(row) == [("Events!F2", "quantities", "uneven_lists")]


def test_names_of_columns_may_come_in_any_order_and_case_and_empty_rows_between() -> None:
    rows = [{"EPCS": f"{GTIN}/21/A", "ACTION": "OBSERVE", "eventtime *": WHEN, "EventType": "Object"}]
    assert len(events(xlsx({}, *rows, {}, {}, *rows, names=list(rows[0])))) == 2


def test_unknown_doubled_and_missing_columns_are_told() -> None:
    found = read(xlsx(PLAIN, names=["eventType", "colour", "eventType"]))
    assert [(error["cell"], error["code"]) for error in found["errors"]] == [
        ("Events!B1", "unknown_column"),
        ("Events!C1", "duplicate_column"),
        ("Events!A1", "missing_column"),
    ]


@pytest.mark.parametrize(("name", "hint"), [("buzstep", "bizStep"), ("colour", "the template names")])
def test_a_column_that_was_meant_is_named(name: str, hint: str) -> None:
    assert hint in read(xlsx(PLAIN, names=[*PLAIN, name]))["errors"][0]["message"]


def test_there_is_a_document_only_without_errors_unless_what_is_right_is_asked_for() -> None:
    data = xlsx(PLAIN, {**PLAIN, "action": "LOOK"})
    whole, part = read(data), read(data, partial=True)
    assert (whole["document"], whole["rows"]) == (None, {"events": 1, "failed": 1})
    assert len(part["document"]["epcisBody"]["eventList"]) == 1
    assert part["errors"] == whole["errors"] != []


def test_a_sheet_of_another_name_is_the_first_one_and_quoted() -> None:
    found = read(xlsx({**PLAIN, "action": "LOOK"}, title="Mai's Liste"))
    assert found["errors"][0]["cell"] == "'Mai''s Liste'!C2"


def test_a_formula_is_told_and_not_computed() -> None:
    assert errors({**PLAIN, "eventType": '=HYPERLINK("https://evil.example")'}) == [
        ("Events!A2", "eventType", "formula")
    ]
    found = read(b"eventType,eventTime\n=1+1,2026-06-01T12:00:00Z\n")
    assert [(error["cell"], error["code"]) for error in found["errors"]] == [("A2", "formula")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_taken_as_spreadsheets_write_it(encoding: str, delimiter: str) -> None:
    names = ["eventType", "eventTime", "action", "epcs", "lot"]
    cells = [names, ["ObjectEvent", WHEN, "ADD", f"{GTIN}/21/A", "Größe"]]
    text = "\r\n".join(delimiter.join(row) for row in cells)
    (event,) = events(text.encode(encoding))
    assert event["ilmd"] == {"cbvmda:lotNumber": "Größe"}


def test_csv_may_name_its_delimiter() -> None:
    text = f'sep=;\r\neventType;eventTime;action;epcs\r\nObjectEvent;{WHEN};OBSERVE;"{GTIN}/21/A\n{GTIN}/21/B"\r\n'
    (event,) = events(text.encode())
    assert len(event["epcList"]) == 2


def bomb() -> bytes:
    """A workbook whose sheet unpacks to more than is taken."""
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx(PLAIN))) as old, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            padding = b" " * (40 * 1024 * 1024) if part.filename.endswith("sheet1.xml") else b""
            new.writestr(part.filename, old.read(part) + padding)
    return output.getvalue()


def replaced(name: str, old: bytes, new: bytes) -> bytes:
    """A workbook in one of whose parts something stands instead of something else."""
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx(PLAIN))) as whole, zipfile.ZipFile(output, "w") as made:
        for part in whole.infolist():
            data = whole.read(part)
            made.writestr(part.filename, data.replace(old, new) if part.filename.endswith(name) else data)
    return output.getvalue()


LAUGHS = b'<!DOCTYPE a [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "validation_error"),
        (b"\n\n", "validation_error"),
        (b"PK\x03\x04 no archive", "validation_error"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "unsupported_media_type"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "unsupported_media_type"),
        (bomb(), "payload_too_large"),
        (replaced("sheet1.xml", b"<worksheet", LAUGHS + b"<worksheet"), "validation_error"),
        (replaced("workbook.xml", b"<workbook", LAUGHS + b"<workbook"), "validation_error"),
        (replaced("sheet1.xml", b"</row>", b""), "validation_error"),
        (replaced("sheet1.xml", b'r="A1"', b'r="?"'), "validation_error"),
        (replaced("styles.xml", b"<cellXfs", b"<oops"), "validation_error"),
        (b'eventType,eventTime\n"open', "validation_error"),
    ],
    ids=[
        "nothing",
        "blank",
        "no zip",
        "xls",
        "png",
        "bomb",
        "laughs",
        "laughs outside",
        "torn",
        "cell",
        "style",
        "quote",
    ],
)
def test_what_is_no_table_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(FileFaulty) as refused:
        read(data)
    assert refused.value.code == code


def test_an_archive_that_is_no_workbook_is_refused() -> None:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as made:
        made.writestr("letter.txt", "hello")
    with pytest.raises(FileFaulty) as refused:
        read(output.getvalue())
    assert refused.value.code == "unsupported_media_type"


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_too_many_rows_are_refused(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    lines = [",".join(PLAIN), *[",".join(PLAIN.values())] * 4]
    data = xlsx(*[PLAIN] * 4) if form == "xlsx" else "\n".join(lines).encode()
    with pytest.raises(FileFaulty) as refused:
        read(data)
    assert refused.value.code == "payload_too_large"


def test_what_is_wrong_too_often_is_counted() -> None:
    found = read(xlsx(*[{**PLAIN, "action": "LOOK"}] * 600))
    assert (len(found["errors"]), found["errorCount"], found["truncated"]) == (500, 600, True)


def test_a_row_far_below_does_not_take_long() -> None:
    book: Any = openpyxl.Workbook()
    book.active.append(list(PLAIN))
    book.active["A1048576"] = "ObjectEvent"
    assert read(saved(book))["rows"]["events"] == 0


def test_memory_stays_flat_over_thousands_of_rows() -> None:
    rows = [{**PLAIN, "action": "LOOK", "epcs": f"{GTIN}/21/{number}"} for number in range(1200)]
    small, large = xlsx(*rows[:200]), xlsx(*rows)

    def peak(data: bytes) -> int:
        tracemalloc.start()
        read(data)
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    peak(small)
    assert peak(large) < 3 * peak(small)


CELLS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.datetimes() | st.times()


@settings(max_examples=80, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from([column.name for column in COLUMNS]), CELLS), min_size=1, max_size=4))
def test_no_cell_breaks_it(rows: list[Row]) -> None:
    names = [column.name for column in COLUMNS]
    text = [[{**PLAIN, **row}.get(name) for name in names] for row in rows]
    lines = ["\t".join(names), *["\t".join("" if cell is None else str(cell) for cell in row) for row in text]]
    with suppress(FileFaulty):
        read("\n".join(lines).encode("utf-8", "replace"), partial=True)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda noise: b"PK\x03\x04" + noise))
def test_no_bytes_break_it(data: bytes) -> None:
    with suppress(FileFaulty):
        read(data)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 6000), st.binary(min_size=1, max_size=4))
def test_no_damage_to_a_workbook_breaks_it(at: int, noise: bytes) -> None:
    data = xlsx(PLAIN)
    with suppress(FileFaulty):
        read(data[:at] + noise + data[at + len(noise) :])
