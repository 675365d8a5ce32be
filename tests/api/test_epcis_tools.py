"""The stateless tools of EPCIS over HTTP: analysis, synthetic chains, spreadsheets."""

from __future__ import annotations

import io
import json
from typing import Any

import httpx2
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import Office
from tests.unit.epcis.test_analysis_rules import CASE, OTHER, A, packed, seen, whole
from tests.unit.epcis.test_sheets import PLAIN, xlsx

from tracepass.epcis.analysis import reading
from tracepass.epcis.synthesis.faults import FAULTS
from tracepass.epcis.xml import read_xml, write_xml
from tracepass.identity.models import Workspace

EPCIS = "/api/v1/epcis"
XML = {"Content-Type": "application/xml"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def analysed(client: httpx2.AsyncClient, body: Any) -> dict[str, Any]:
    sent = {"content": body, "headers": XML} if isinstance(body, bytes) else {"json": body}
    answer = await client.post(f"{EPCIS}/analyze", **sent)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def generated(client: httpx2.AsyncClient, plan: dict[str, Any], **headers: str) -> httpx2.Response:
    answer = await client.post(f"{EPCIS}/generate", json=plan, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


async def uploaded(client: httpx2.AsyncClient, data: bytes, **query: str) -> httpx2.Response:
    files = {"file": ("events", data, "application/octet-stream")}
    return await client.post(f"{EPCIS}/from-spreadsheet", files=files, params=query)


async def test_what_is_wrong_is_found_in_json_and_in_xml(client: httpx2.AsyncClient) -> None:
    document = whole(packed(1, CASE, A), packed(2, OTHER, A))
    for body in (document, write_xml(document)):
        found = await analysed(client, body)
        assert [one["code"] for one in found["findings"]] == ["packed_in_two_parents"]
        assert found["findings"][0]["epc"] == A
        assert found["hierarchy"]["aggregations"]["roots"][0]["epc"] == OTHER


async def test_what_is_no_document_is_answered_with_findings_and_what_is_no_json_is_refused(
    client: httpx2.AsyncClient,
) -> None:
    bodies: tuple[Any, ...] = ({}, [], {"type": "Letter"}, b"<letter/>", b"")
    for body in bodies:
        assert not (await analysed(client, body))["isClean"]
    answer = await client.post(f"{EPCIS}/analyze", content=b"{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == (400, "malformed_json")


async def test_too_many_events_are_refused(client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_EVENTS", 2)
    answer = await client.post(f"{EPCIS}/analyze", json=whole(*[seen(1, A)] * 3))
    assert (answer.status_code, answer.json()["error"]) == (413, "payload_too_large")


async def test_the_tools_are_open_to_any_key_and_counted_as_tools(office: Office, workspace: Workspace) -> None:
    client = await office.client(workspace, scopes=frozenset({"templates:read"}))
    for _ in range(2):
        await analysed(client, whole(seen(1, A)))
    await generated(client, {})
    assert (await uploaded(client, xlsx(PLAIN))).status_code == 200
    assert (await client.get(f"{EPCIS}/spreadsheet-template")).status_code == 200


async def test_analysis_stores_nothing(client: httpx2.AsyncClient) -> None:
    await analysed(client, whole(seen(1, A)))
    answer = await client.get(f"{EPCIS}/events")
    assert answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"] == []


async def test_a_synthetic_chain_is_clean_captured_and_found_again(client: httpx2.AsyncClient) -> None:
    document = (await generated(client, {"seed": 5, "items": 6, "lot": "L1"})).json()
    assert (await analysed(client, document))["isClean"]
    job = (await client.post(f"{EPCIS}/capture", json=document)).json()
    events = document["epcisBody"]["eventList"]
    assert (job["status"], job["capturedCount"]) == ("success", len(events))
    item = events[0]["epcList"][0]
    found = (
        await client.get(
            f"{EPCIS}/events", params={"MATCH_anyEPC": item, "orderBy": "eventTime", "orderDirection": "ASC"}
        )
    ).json()
    given_back = found["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    about = [event for event in events if item in [*event.get("epcList", ()), *event.get("childEPCs", ())]]
    assert [event["eventID"] for event in given_back] == [event["eventID"] for event in about]
    assert [{**event, "recordTime": ""} for event in given_back] == [{**event, "recordTime": ""} for event in about]


async def test_the_same_plan_gives_the_same_bytes(client: httpx2.AsyncClient) -> None:
    first, again = [await generated(client, {"seed": 9, "errors": ["packed_again"]}) for _ in range(2)]
    assert first.content == again.content


@pytest.mark.parametrize("version", ["2.0.0", "1.2.0"])
async def test_a_chain_comes_in_xml_as_well(client: httpx2.AsyncClient, version: str) -> None:
    plan = {"seed": 3, "notation": "urn"}
    answer = await generated(client, plan, Accept="application/xml", **{"GS1-EPCIS-Max": version})
    assert answer.headers["content-type"].startswith("application/xml")
    assert answer.headers["GS1-EPCIS-Version"] == version
    document = (await generated(client, plan)).json()
    assert read_xml(answer.content)["epcisBody"] == document["epcisBody"]
    assert (await analysed(client, answer.content))["isClean"]


async def test_a_planted_fault_is_found(client: httpx2.AsyncClient) -> None:
    document = (await generated(client, {"errors": list(FAULTS)})).json()
    assert set((await analysed(client, document))["summary"]["byCode"]) == set(FAULTS)


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        ({"seed": -1}, "seed"),
        ({"items": 0}, "items"),
        ({"start": "yesterday"}, "start"),
        ({"start": "9999-12-31T23:59:59Z"}, "start"),
        ({"gtin": "04012345000015"}, "gtin"),
        ({"companyPrefix": "12"}, "companyPrefix"),
        ({"steps": ["flying"]}, "steps[0]"),
        ({"steps": ["unpacking"]}, "steps[0]"),
        ({"locations": ["9521321000018", "9521321000019"]}, "locations[1]"),
        ({"locations": ["9521321000018", "9521321000018"]}, "locations[1]"),
        ({"errors": ["bad_weather"]}, "errors[0]"),
        ({"errors": ["packed_again", "packed_again"]}, "errors[1]"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_plan_that_cannot_be_is_refused(client: httpx2.AsyncClient, plan: dict[str, Any], field: str) -> None:
    answer = await client.post(f"{EPCIS}/generate", json=plan)
    assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, [field])


@pytest.mark.parametrize(("form", "media"), [("xlsx", XLSX), ("csv", "text/csv")])
async def test_the_template_comes_back_filled(client: httpx2.AsyncClient, form: str, media: str) -> None:
    template = await client.get(f"{EPCIS}/spreadsheet-template", params={"format": form})
    assert template.headers["content-type"].split(";")[0] == media
    assert template.headers["content-disposition"] == f'attachment; filename="epcis-events.{form}"'
    found = (await uploaded(client, template.content)).json()
    assert (found["errors"], found["rows"]) == ([], {"events": 1, "failed": 0})
    job = (await client.post(f"{EPCIS}/capture", json=found["document"])).json()
    assert job["capturedCount"] == 1


async def test_what_a_person_writes_into_the_template_becomes_an_event(client: httpx2.AsyncClient) -> None:
    book: Any = openpyxl.load_workbook(io.BytesIO((await client.get(f"{EPCIS}/spreadsheet-template")).content))
    sheet = book["Events"]
    names = {str(cell.value).removesuffix(" *"): cell.column for cell in sheet[1]}
    for name, value in {**PLAIN, "bizStep": "shiping"}.items():
        sheet.cell(3, names[name], value)
    output = io.BytesIO()
    book.save(output)
    found = (await uploaded(client, output.getvalue())).json()
    assert found["document"] is None
    letter = openpyxl.utils.get_column_letter(names["bizStep"])
    assert [(one["cell"], one["message"]) for one in found["errors"]] == [
        (f"Events!{letter}3", "bizStep is no term of the vocabulary; did you mean shipping?")
    ]
    part = (await uploaded(client, output.getvalue(), partial="true")).json()
    assert len(part["document"]["epcisBody"]["eventList"]) == 1


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "validation_error"),
        (b"PK\x03\x04", 400, "validation_error"),
        (b"\xd0\xcf\x11\xe0", 415, "unsupported_media_type"),
        (b"\x00\x01", 415, "unsupported_media_type"),
        (b"a" * (10 * 1024 * 1024 + 1), 413, "payload_too_large"),
    ],
)
async def test_a_file_that_is_no_table_is_refused(
    client: httpx2.AsyncClient, data: bytes, status: int, code: str
) -> None:
    answer = await uploaded(client, data)
    assert (answer.status_code, answer.json()["error"]) == (status, code)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
NOISE = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@NOISE
@given(ANYTHING, st.binary(max_size=80))
async def test_nothing_makes_them_fail(client: httpx2.AsyncClient, value: Any, noise: bytes) -> None:
    plan = {"items": value, "steps": value, "start": value}
    sent = [
        await client.post(f"{EPCIS}/analyze", content=json.dumps(value), headers={"Content-Type": "application/json"}),
        await client.post(f"{EPCIS}/analyze", content=noise, headers=XML),
        await client.post(f"{EPCIS}/generate", json=plan),
        await uploaded(client, noise),
    ]
    assert max(answer.status_code for answer in sent) < 500
