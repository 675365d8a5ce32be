"""Reading one passport: its shape, languages, labels, entity tags, and its address by serial."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
import zxingcpp
from PIL import Image
from tests.conftest import Office, new_gtin

PASSPORTS = "/api/v1/passports"
FIXTURES = Path(__file__).parent.parent / "fixtures"
SERIALS = [
    "a/b", "a?b", "a#b", "a%b", "a%2Fb", "..%2F..%2Fetc", "../../etc/passwd", "..", ".", "Größe", "电池-7", "🔋", "a b",
    "a+b&c=d", "qr", "batch", "$where", "a.b.c", "{id}", "\u202eabc", "'\"<script>",
]  # fmt: skip


def shape_faults(expected: Any, actual: Any, path: str = "") -> list[str]:
    """List where an answer lacks a member of an example, or has it in another JSON type."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        missing = [f"{path}.{name} is missing" for name in expected.keys() - actual.keys()]
        shared = expected.keys() & actual.keys()
        return missing + [f for name in shared for f in shape_faults(expected[name], actual[name], f"{path}.{name}")]
    if isinstance(expected, list) and isinstance(actual, list):
        return [fault for item in actual for fault in shape_faults(expected[0], item, f"{path}[]")]
    return [] if type(expected) is type(actual) else [f"{path} is {actual!r}, not like {expected!r}"]


class TestDocumentedShape:
    @pytest.fixture
    async def passport(self, client: httpx2.AsyncClient, make_passport: Any) -> Any:
        passport = await make_passport(client)
        field = f"{PASSPORTS}/{passport['_id']}/fields/product_name"
        assert (await client.patch(field, json={"value": "Pack", "sourceLocale": "en"})).status_code == 200
        translation = {"value": "Batteriepack", "source": "ai-haiku-4.5"}
        assert (await client.put(f"{field}/translations/de", json=translation)).status_code == 200
        published = await client.post(f"{PASSPORTS}/{passport['_id']}/publish", json={"acknowledgeGaps": True})
        return published.json()

    async def test_a_passport_has_every_documented_member(self, client: httpx2.AsyncClient, passport: Any) -> None:
        expected = json.loads((FIXTURES / "seed_001.json").read_text())
        answer = await client.get(f"{PASSPORTS}/{passport['_id']}")
        assert shape_faults(expected, answer.json()) == []

    async def test_a_list_has_every_documented_member(self, client: httpx2.AsyncClient, passport: Any) -> None:
        expected = json.loads((FIXTURES / "seed_003.json").read_text())
        answer = await client.get(PASSPORTS, params={"status": passport["status"], "limit": 50})
        assert shape_faults(expected, answer.json()) == []


class TestLanguages:
    @pytest.fixture
    async def address(self, client: httpx2.AsyncClient, make_passport: Any) -> str:
        passport = await make_passport(client)
        address = f"{PASSPORTS}/{passport['_id']}"
        writes = {
            "product_name": {"value": "Akkupack", "sourceLocale": "de"},
            "label_meaning": {"value": "Bedeutung"},
            "battery_mass": {"value": 2.5, "sourceLocale": "de"},
        }
        assert (await client.patch(f"{address}/fields", json={"fields": writes})).status_code == 200
        for key, locale, text in (("product_name", "fr", "Bloc"), ("label_meaning", "en", "Meaning")):
            answer = await client.put(f"{address}/fields/{key}/translations/{locale}", json={"value": text})
            assert answer.status_code == 200
        return address

    @pytest.mark.parametrize(
        ("lang", "name", "meaning"),
        [
            ("de", ("Akkupack", "de"), ("Meaning", "en")),
            ("fr", ("Bloc", "fr"), ("Meaning", "en")),
            ("en", ("Akkupack", "de"), ("Meaning", "en")),
            ("mt", ("Akkupack", "de"), ("Meaning", "en")),
        ],
    )
    async def test_a_language_gives_one_value_per_field(
        self, client: httpx2.AsyncClient, address: str, lang: str, name: Any, meaning: Any
    ) -> None:
        fields = (await client.get(address, params={"lang": lang})).json()["fields"]
        assert (fields["product_name"]["value"], fields["product_name"]["locale"]) == name
        assert (fields["label_meaning"]["value"], fields["label_meaning"]["locale"]) == meaning
        assert (fields["battery_mass"]["value"], fields["battery_mass"]["locale"]) == (2.5, None)
        assert all("translations" not in field and "sourceLocale" not in field for field in fields.values())

    async def test_the_full_form_names_fields_units_and_sections(
        self, client: httpx2.AsyncClient, address: str
    ) -> None:
        english = (await client.get(address, params={"format": "full"})).json()["fields"]
        german = (await client.get(address, params={"format": "full", "lang": "de"})).json()["fields"]
        assert english["battery_mass"]["label"] == "Battery mass"
        assert english["battery_mass"]["unit"] == "kg"
        assert german["battery_mass"]["label"] != english["battery_mass"]["label"]
        assert german["product_name"]["locale"] == "de"
        assert english["product_name"]["translations"]["fr"]["value"] == "Bloc"
        assert all({"label", "unit", "section", "accessLevel"} <= field.keys() for field in english.values())

    @pytest.mark.parametrize(
        "params", [{"lang": "tlh"}, {"lang": ""}, {"lang": "DE-AT"}, {"format": "xml"}, {"x": "1"}]
    )
    async def test_a_bad_parameter_is_named(
        self, client: httpx2.AsyncClient, address: str, params: dict[str, str]
    ) -> None:
        answer = await client.get(address, params=params)
        assert answer.status_code == 400
        assert list(answer.json()["details"]["fieldErrors"]) == list(params)


class TestEntityTags:
    async def test_a_reader_who_has_it_gets_304(self, client: httpx2.AsyncClient, make_passport: Any) -> None:
        passport = await make_passport(client)
        for address in (f"{PASSPORTS}/{passport['_id']}", f"{PASSPORTS}/by-serial/{passport['gs1']['serialNumber']}"):
            tag = (await client.get(address)).headers["etag"]
            for condition in (tag, f"W/{tag}", f'"0", {tag}', "*"):
                answer = await client.get(address, headers={"If-None-Match": condition})
                assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
            assert (await client.get(address, headers={"If-None-Match": '"0"'})).status_code == 200

    @pytest.mark.parametrize(
        ("method", "tail", "body"),
        [
            ("PATCH", "/fields/battery_mass", {"value": 1}),
            ("PATCH", "/fields", {"fields": {"battery_mass": {"value": 1}}}),
            ("PUT", "/fields/product_name/translations/de", {"value": "x"}),
            ("DELETE", "/fields/product_name/translations/fr", None),
            ("POST", "/fields/product_name/review", {"action": "flag"}),
            ("PATCH", "/parties/importer", {"legalName": "I", "legacyOperatorId": "1"}),
            ("DELETE", "/parties/manufacturer", None),
            ("POST", "/submit", {}),
            ("POST", "/publish", {"acknowledgeGaps": True}),
            ("POST", "/archive", {}),
            ("DELETE", "", None),
        ],
    )
    async def test_a_write_on_an_older_version_is_refused(
        self, client: httpx2.AsyncClient, make_passport: Any, method: str, tail: str, body: Any
    ) -> None:
        passport = await make_passport(
            client,
            fields={"product_name": {"value": "Pack", "sourceLocale": "en"}},
            parties={"manufacturer": {"legalName": "V", "legacyOperatorId": "1"}},
        )
        address = f"{PASSPORTS}/{passport['_id']}"
        french = await client.put(f"{address}/fields/product_name/translations/fr", json={"value": "Bloc"})
        current = french.headers["etag"]
        before = (await client.get(address)).json()

        for stale in ('"1"', '"99"', '"abc"', "garbage"):
            answer = await client.request(method, address + tail, json=body, headers={"If-Match": stale})
            assert (answer.status_code, answer.json()["error"]) == (412, "precondition_failed")
        assert (await client.get(address)).json() == before
        answer = await client.request(method, address + tail, json=body, headers={"If-Match": f'"1", {current}'})
        assert answer.status_code == 200


class TestBySerial:
    @pytest.mark.parametrize("serial", SERIALS)
    async def test_every_serial_comes_back_through_each_door(
        self, client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_passport: Any, gtin: str, serial: str
    ) -> None:
        passport = await make_passport(client, gs1={"gtin": gtin, "serialNumber": serial}, published=True)
        segment = quote(serial, safe="").replace(".", "%2E")
        by_serial = f"{PASSPORTS}/by-serial/{segment}"

        assert passport["gs1"]["serialNumber"] == serial
        assert (await client.get(by_serial)).json()["_id"] == passport["_id"]
        assert (await client.get(f"{by_serial}/history")).status_code == 200
        link = passport["gs1"]["digitalLinkUri"]
        assert link.isascii()
        assert (await client.get(f"{by_serial}/qr", params={"format": "json"})).json()["digitalLinkUri"] == link
        scan = await anonymous.get(
            link.removeprefix("https://id.example.test"), headers={"Accept": "application/ld+json"}
        )
        assert scan.status_code == 200
        assert json.dumps(link) in scan.text

    async def test_a_serial_under_two_gtins_needs_the_gtin(
        self, client: httpx2.AsyncClient, make_passport: Any
    ) -> None:
        gtins = [new_gtin(), new_gtin()]
        one, two = [await make_passport(client, gs1={"gtin": gtin, "serialNumber": "TWIN"}) for gtin in gtins]
        address = f"{PASSPORTS}/by-serial/TWIN"

        answer = await client.get(address)
        assert (answer.status_code, answer.json()["error"]) == (409, "ambiguous_serial")
        assert (await client.get(address, params={"gtin": gtins[0]})).json()["_id"] == one["_id"]
        assert (await client.get(address, params={"gtin": gtins[1][1:]})).json()["_id"] == two["_id"]
        assert (await client.get(address, params={"gtin": new_gtin()})).status_code == 404
        bad = await client.get(address, params={"gtin": "12"})
        assert (bad.status_code, list(bad.json()["details"]["fieldErrors"])) == (400, ["gtin"])

    async def test_every_operation_has_its_twin(self, client: httpx2.AsyncClient, make_passport: Any) -> None:
        await make_passport(client, gs1={"gtin": (gtin := new_gtin()), "serialNumber": "DO/IT"})
        await make_passport(client, gs1={"gtin": new_gtin(), "serialNumber": "DO/IT"})
        address = f"{PASSPORTS}/by-serial/DO%2FIT"
        party = {"legalName": "V", "legacyOperatorId": "1"}
        name = "/fields/product_name"
        calls: list[tuple[str, str, Any]] = [
            ("GET", "", None),
            ("PATCH", name, {"value": "Pack", "sourceLocale": "en"}),
            ("PATCH", "/fields", {"fields": {"battery_mass": {"value": 1}}}),
            ("PUT", f"{name}/translations/de", {"value": "Akku"}),
            ("DELETE", f"{name}/translations/de", None),
            ("POST", f"{name}/review", {"action": "flag"}),
            ("PATCH", "/parties/manufacturer", party),
            ("DELETE", "/parties/manufacturer", None),
            ("POST", "/submit", {}),
            ("POST", "/reject", {}),
            ("POST", "/submit", {}),
            ("POST", "/approve", {}),
            ("POST", "/publish", {"acknowledgeGaps": True}),
            ("POST", "/suspend", {"reason": "recall"}),
            ("POST", "/republish", {}),
            ("GET", "/qr", None),
            ("GET", "/snapshots", None),
            ("GET", "/snapshots/13", None),
            ("GET", "/history", None),
            ("GET", "/scans", None),
            ("POST", "/archive", {}),
        ]
        for method, tail, body in calls:
            ambiguous = await client.request(method, address + tail, json=body)
            assert (ambiguous.status_code, ambiguous.json()["error"]) == (409, "ambiguous_serial"), tail
            answer = await client.request(method, address + tail, json=body, params={"gtin": gtin})
            assert answer.status_code == 200, (tail, answer.text)

    async def test_a_draft_is_deleted_by_its_serial(self, client: httpx2.AsyncClient, make_passport: Any) -> None:
        passport = await make_passport(client)
        address = f"{PASSPORTS}/by-serial/{passport['gs1']['serialNumber']}"
        assert (await client.delete(address)).json()["summary"]["passportId"] == passport["_id"]
        assert (await client.get(address)).status_code == 404

    @pytest.mark.parametrize("segment", ["%", "%zz", "a%2", "%ff", "%00"])
    async def test_a_segment_that_is_no_text_is_refused(self, client: httpx2.AsyncClient, segment: str) -> None:
        request = client.build_request("GET", f"{PASSPORTS}/by-serial/x")
        request.url = request.url.copy_with(raw_path=f"{PASSPORTS}/by-serial/{segment}".encode())
        answer = await client.send(request)
        assert answer.status_code == 400
        assert list(answer.json()["details"]["fieldErrors"]) == ["serial"]

    @pytest.mark.parametrize("path", ["%2E%2E%2F%2E%2E%2Fetc", "..%2F..%2Fetc"])
    async def test_a_traversal_is_a_serial_that_nobody_has(self, client: httpx2.AsyncClient, path: str) -> None:
        assert (await client.get(f"{PASSPORTS}/by-serial/{path}")).status_code == 404


@pytest.mark.parametrize("identifier", ["xyz", "0" * 23, "0" * 25, "by-serial", "%24ne", "..%2Fapi-keys"])
async def test_what_is_no_id_is_refused(client: httpx2.AsyncClient, identifier: str) -> None:
    answer = await client.get(f"{PASSPORTS}/{identifier}")
    assert answer.status_code == 400
    assert list(answer.json()["details"]["fieldErrors"]) == ["id"]


class TestQr:
    @pytest.mark.parametrize(
        ("name", "media_type", "opening"),
        [
            ("svg", "image/svg+xml", b"<svg"),
            ("png", "image/png", b"\x89PNG"),
            ("pdf", "application/pdf", b"%PDF"),
            ("eps", "application/postscript", b"%!PS"),
            ("ndef", "application/vnd.nfc.ndef", b"\xd1\x01"),
        ],
    )
    async def test_each_format_is_what_it_says(
        self, client: httpx2.AsyncClient, make_passport: Any, name: str, media_type: str, opening: bytes
    ) -> None:
        passport = await make_passport(client)
        answer = await client.get(
            f"{PASSPORTS}/{passport['_id']}/qr", params={"format": name, "useCompanyBranding": True}
        )
        assert answer.headers["content-type"].split(";")[0] == media_type
        assert answer.content.startswith(opening)

    @pytest.mark.parametrize(
        "params",
        [
            {"format": "gif"}, {"color": "red"}, {"color": "#12345"}, {"backgroundColor": "javascript:"}, {"scale": 0},
            {"scale": 51}, {"border": -1}, {"border": 21}, {"ecc": "Z"}, {"dpi": 71}, {"dpi": 1201},
            {"symbology": "aztec"}, {"color": "fff"}, {"backgroundColor": "000"},
            {"color": "fff", "backgroundColor": "000"},
        ],
    )  # fmt: skip
    async def test_a_bad_parameter_is_named(
        self, client: httpx2.AsyncClient, make_passport: Any, params: dict[str, Any]
    ) -> None:
        passport = await make_passport(client)
        answer = await client.get(f"{PASSPORTS}/{passport['_id']}/qr", params=params)
        assert answer.status_code == 400
        assert list(answer.json()["details"]["fieldErrors"]) == list(params)

    @pytest.mark.parametrize(
        ("symbology", "identifier"), [("qr", "]Q1"), ("datamatrix", "]d1"), ("gs1datamatrix", "]d2"), ("gs1qr", "]Q3")]
    )
    async def test_each_symbology_is_read_back_by_a_scanner(
        self, client: httpx2.AsyncClient, make_passport: Any, gtin: str, symbology: str, identifier: str
    ) -> None:
        passport = await make_passport(client, gs1={"gtin": gtin, "serialNumber": "A/1", "lot": "L7"})
        address = f"{PASSPORTS}/{passport['_id']}/qr"
        picture = await client.get(address, params={"symbology": symbology, "format": "png"})
        (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.content)).convert("L"))
        described = (await client.get(address, params={"symbology": symbology, "format": "json"})).json()
        assert found.symbology_identifier == described["symbologyIdentifier"] == identifier
        assert found.text == described["content"]
        assert found.text in {f"(01){gtin}(10)L7(21)A/1", passport["gs1"]["digitalLinkUri"]}

    async def test_what_a_gs1_symbol_cannot_hold_is_refused(
        self, client: httpx2.AsyncClient, make_passport: Any
    ) -> None:
        passport = await make_passport(client, gs1={"gtin": new_gtin(), "serialNumber": "ä" * 21})
        address = f"{PASSPORTS}/{passport['_id']}/qr"
        answer = await client.get(address, params={"symbology": "gs1datamatrix"})
        assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["symbology"])
        assert (await client.get(address, params={"symbology": "datamatrix"})).status_code == 200
        answer = await client.get(address, params={"symbology": "datamatrix", "ecc": "M"})
        assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["ecc"])

    @pytest.mark.parametrize("symbology", ["qr", "datamatrix"])
    async def test_the_longest_serial_has_its_code(self, office: Office, make_passport: Any, symbology: str) -> None:
        client = await office.client(await office.workspace(name="W" * 60), environment="test")
        passport = await make_passport(client, gs1={"gtin": new_gtin(), "serialNumber": "🔋" * 100})
        ecc = {"ecc": "H"} if symbology == "qr" else {}
        answer = await client.get(
            f"{PASSPORTS}/{passport['_id']}/qr", params={"symbology": symbology, "format": "png", **ecc}
        )
        (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(answer.content)).convert("L"))
        assert found.text == passport["gs1"]["digitalLinkUri"]
