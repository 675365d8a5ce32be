"""Labels of many passports: which ones, on what, and that scanners read them all."""

from __future__ import annotations

from typing import Any

import httpx2
import pypdfium2
import pytest
from tests.conftest import Office, new_gtin
from tests.unit.passports import pixels

LABELS = "/api/v1/passports/labels"
SHEET = "a4-3x8-70x37"
SN = "serialNumber"


def read(answer: httpx2.Response) -> list[str]:
    """What a scanner reads on all pages, in no order."""
    assert answer.status_code == 200, answer.text
    with pypdfium2.PdfDocument(answer.content) as document:
        pages = len(document)
    found = [pixels.read(pixels.of_pdf(answer.content, page=page)) for page in range(pages)]
    return sorted(symbol.text for symbols in found for symbol in symbols)


def told(answer: httpx2.Response) -> dict[str, list[str]]:
    assert answer.status_code == 400, answer.text
    return dict(answer.json()["details"]["fieldErrors"])


@pytest.fixture
async def passports(client: httpx2.AsyncClient, make_product: Any, make_passport: Any) -> list[dict[str, Any]]:
    """Three items and a batch of one product."""
    product, gtin = (await make_product(client, name="Κυψέλη 48 V"))["_id"], new_gtin()
    keys = [{SN: f"S-{number}", "lot": "L1"} for number in range(3)] + [{"lot": "L2"}]
    return [await make_passport(client, productId=product, gs1={"gtin": gtin, **key}) for key in keys]


class TestWhichPassports:
    async def test_those_of_some_ids(self, client: httpx2.AsyncClient, passports: list[dict[str, Any]]) -> None:
        ids = [passport["_id"] for passport in passports]
        answer = await client.post(LABELS, json={"passportIds": ids, "labelFormat": SHEET})
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"] == 'attachment; filename="labels.pdf"'
        assert read(answer) == sorted(passport["gs1"]["digitalLinkUri"] for passport in passports)

    async def test_those_of_some_serials(self, client: httpx2.AsyncClient, passports: list[dict[str, Any]]) -> None:
        gtin = passports[0]["gs1"]["gtin"]
        serials = [{SN: "S-0"}, {SN: "S-2", "gtin": gtin.lstrip("0")}]
        answer = await client.post(
            LABELS, json={"serials": serials, "labelFormat": SHEET, "symbology": "gs1datamatrix"}
        )
        assert read(answer) == [f"(01){gtin}(10)L1(21)S-0", f"(01){gtin}(10)L1(21)S-2"]

    @pytest.mark.parametrize(
        ("wanted", "count"),
        [
            ({}, 4), ({"granularity": "item"}, 3), ({"granularity": "batch"}, 1), ({"search": "S-1"}, 1),
            ({"status": "draft", "sort": "-updatedAt"}, 4), ({"category": "batteries", "search": "S-"}, 3),
            ({"updatedSince": "2026-01-01T00:00:00.000Z", "sort": "updatedAt", "limit": 4}, 4),
        ],
    )  # fmt: skip
    async def test_those_of_a_filter(
        self, client: httpx2.AsyncClient, passports: list[dict[str, Any]], wanted: dict[str, Any], count: int
    ) -> None:
        by_product = wanted | ({} if "updatedSince" in wanted else {"productId": passports[0]["productId"]})
        answer = await client.post(LABELS, json={"filter": by_product, "labelFormat": SHEET})
        assert len(read(answer)) == count

    async def test_a_filter_that_finds_too_many_or_none_prints_nothing(
        self, client: httpx2.AsyncClient, passports: list[dict[str, Any]]
    ) -> None:
        order = {"filter": {"productId": passports[0]["productId"], "limit": 3}, "labelFormat": SHEET}
        assert told(await client.post(LABELS, json=order)) == {
            "filter": ["matches more than 3 passports; narrow it, or raise its limit"]
        }
        answer = await client.post(LABELS, json={"filter": {"status": "archived"}, "labelFormat": SHEET})
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
        order = {"filter": {"category": "spaceships"}, "labelFormat": SHEET}
        assert list(told(await client.post(LABELS, json=order))) == ["category"]

    async def test_unknown_and_foreign_ones_are_listed_and_nothing_is_printed(
        self,
        client: httpx2.AsyncClient,
        stranger: httpx2.AsyncClient,
        passports: list[dict[str, Any]],
        make_passport: Any,
    ) -> None:
        foreign, missing = (await make_passport(stranger))["_id"], "0123456789abcdef01234567"
        ids = [passports[0]["_id"], foreign, missing]
        answer = await client.post(LABELS, json={"passportIds": ids, "labelFormat": SHEET})
        assert answer.status_code == 404
        assert answer.json()["details"] == {"unknown": [foreign, missing]}
        order = {"serials": [{SN: "S-0"}, {SN: "S-9"}, {SN: "S-1", "gtin": new_gtin()}], "labelFormat": SHEET}
        answer = await client.post(LABELS, json=order)
        assert (answer.status_code, answer.json()["details"]) == (404, {"unknown": ["S-9", "S-1"]})

    async def test_test_keys_print_test_passports_only(
        self, office: Office, workspace: Any, passports: list[dict[str, Any]]
    ) -> None:
        tester = await office.client(workspace, environment="test")
        order = {"passportIds": [passports[0]["_id"]], "labelFormat": SHEET}
        assert (await tester.post(LABELS, json=order)).status_code == 404

    async def test_a_serial_under_two_gtins_needs_the_gtin(
        self, client: httpx2.AsyncClient, passports: list[dict[str, Any]], make_passport: Any
    ) -> None:
        other = await make_passport(client, gs1={"gtin": new_gtin(), SN: "S-1"})
        answer = await client.post(LABELS, json={"serials": [{SN: "S-0"}, {SN: "S-1"}], "labelFormat": SHEET})
        assert (answer.status_code, answer.json()["error"]) == (409, "ambiguous_serial")
        assert answer.json()["details"] == {"serials": ["S-1"]}
        both = [{SN: "S-1", "gtin": passport["gs1"]["gtin"]} for passport in (passports[1], other)]
        answer = await client.post(LABELS, json={"serials": both, "labelFormat": SHEET})
        assert read(answer) == sorted(passport["gs1"]["digitalLinkUri"] for passport in (passports[1], other))


class TestOrders:
    @pytest.mark.parametrize(
        ("members", "named"),
        [
            ({"labelFormat": "a5"}, "labelFormat"),
            ({"labelFormat": "roll-25x25"}, "labelFormat"),
            ({"startAt": 25}, "startAt"),
            ({"startAt": 0}, "startAt"),
            ({"copies": 101}, "copies"),
            ({"symbology": "datamatrix", "ecc": "M"}, "ecc"),
            ({"xDimension": 0.2}, "xDimension"),
            ({"xDimension": 1.0}, "xDimension"),
            ({"symbology": "gs1datamatrix", "xDimension": 0.25}, "xDimension"),
            ({"xDimension": 0.99}, "labelFormat"),
            ({"text": ["colour"]}, "text[0]"),
            ({"printerDpi": 10}, "printerDpi"),
            ({"passportIds": []}, "passportIds"),
            ({"serials": [{SN: "S-0"}, {SN: "S-0"}], "passportIds": None}, "serials"),
            ({"surprise": 1}, "surprise"),
            (
                {"labelFormat": None, "customFormat": {
                    "pageWidth": 50, "pageHeight": 50, "labelWidth": 60, "labelHeight": 50}},
                "customFormat.pageWidth",
            ),
        ],
    )  # fmt: skip
    async def test_a_bad_member_is_named(
        self, client: httpx2.AsyncClient, passports: list[dict[str, Any]], members: dict[str, Any], named: str
    ) -> None:
        order = {"passportIds": [passports[0]["_id"]], "labelFormat": SHEET} | members
        order = {name: value for name, value in order.items() if value is not None}
        assert list(told(await client.post(LABELS, json=order))) == [named]

    @pytest.mark.parametrize(
        "order",
        [
            {"labelFormat": SHEET},
            {"passportIds": ["0" * 24], "serials": [{SN: "1"}], "labelFormat": SHEET},
            {"passportIds": ["0" * 24]},
            {"passportIds": ["0" * 24], "labelFormat": SHEET, "customFormat": {
                "pageWidth": 50, "pageHeight": 50, "labelWidth": 50, "labelHeight": 50}},
            {},
        ],
    )  # fmt: skip
    async def test_passports_and_format_are_named_in_one_way(
        self, client: httpx2.AsyncClient, order: dict[str, Any]
    ) -> None:
        answer = await client.post(LABELS, json=order)
        assert answer.status_code == 400
        assert answer.json()["details"]["formErrors"]

    async def test_a_passport_named_twice_is_refused(
        self, client: httpx2.AsyncClient, passports: list[dict[str, Any]]
    ) -> None:
        order = {"passportIds": [passports[0]["_id"]] * 2, "labelFormat": SHEET}
        assert list(told(await client.post(LABELS, json=order))) == ["passportIds"]

    async def test_a_run_has_at_most_5000_labels(
        self, client: httpx2.AsyncClient, make_product: Any, passports: list[dict[str, Any]]
    ) -> None:
        product, gtin = (await make_product(client))["_id"], new_gtin()
        batch = [{"productId": product, "gs1": {"gtin": gtin, SN: f"N{number}"}} for number in range(51)]
        made = (await client.post("/api/v1/passports/batch", json={"passports": batch})).json()
        ids = [result["data"]["_id"] for result in made["results"]]
        order: dict[str, Any] = {"passportIds": ids, "labelFormat": "roll-50x30"}
        assert list(told(await client.post(LABELS, json=order | {"copies": 100}))) == ["copies"]
        answer = await client.post(LABELS, json=order | {"labelFormat": SHEET, "copies": 3})
        assert len(read(answer)) == 153
        assert passports

    async def test_passports_that_no_gs1_symbol_can_hold_are_listed(
        self, client: httpx2.AsyncClient, passports: list[dict[str, Any]], make_passport: Any
    ) -> None:
        odd = await make_passport(client, gs1={"gtin": new_gtin(), SN: "ä"})
        order = {"passportIds": [passports[0]["_id"], odd["_id"]], "labelFormat": SHEET, "symbology": "gs1datamatrix"}
        faults = told(await client.post(LABELS, json=order))
        assert list(faults) == ["passportIds[1]"]
        assert odd["_id"] in faults["passportIds[1]"][0]

    async def test_a_custom_format_is_printed(
        self, client: httpx2.AsyncClient, passports: list[dict[str, Any]]
    ) -> None:
        custom = {"pageWidth": 80, "pageHeight": 60, "labelWidth": 38, "labelHeight": 58.5, "columns": 2, "pitchX": 40,
                  "marginLeft": 1, "marginTop": 1}  # fmt: skip
        order = {"passportIds": [passport["_id"] for passport in passports], "customFormat": custom}
        answer = await client.post(LABELS, json=order)
        assert len(read(answer)) == 4
        with pypdfium2.PdfDocument(answer.content) as document:
            assert len(document) == 2
            assert document[0].get_size() == pytest.approx((80 * 72 / 25.4, 60 * 72 / 25.4), abs=0.01)

    async def test_labels_of_the_test_environment_say_so(self, office: Office, make_passport: Any) -> None:
        tester = await office.client(environment="test")
        passport = await make_passport(tester)
        answer = await tester.post(LABELS, json={"passportIds": [passport["_id"]], "labelFormat": "roll-50x30"})
        assert read(answer) == [passport["gs1"]["digitalLinkUri"]]
        with pypdfium2.PdfDocument(answer.content) as document:
            assert document.get_metadata_value("Title").startswith("TEST ")


async def test_every_format_is_listed_and_printed(client: httpx2.AsyncClient, passports: list[dict[str, Any]]) -> None:
    listed = (await client.get("/api/v1/label-formats")).json()["labelFormats"]
    assert {known["kind"] for known in listed} == {"sheet", "roll"}
    order = {"passportIds": [passports[0]["_id"]], "symbology": "gs1datamatrix"}
    for known in listed:
        answer = await client.post(LABELS, json=order | {"labelFormat": known["id"]})
        assert len(read(answer)) == 1
