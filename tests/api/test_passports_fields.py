"""Filling passports: values, translations, reviews, parties, files, and many writers at once."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from tests.conftest import MovableClock, Office, client_of, new_gtin, running

from tracepass.app import create_app
from tracepass.identity.models import Workspace
from tracepass.settings import Settings

PASSPORTS = "/api/v1/passports"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)


@pytest.fixture
async def address(client: httpx2.AsyncClient, make_passport: Any) -> str:
    passport = await make_passport(client)
    return f"{PASSPORTS}/{passport['_id']}"


async def write(client: httpx2.AsyncClient, address: str, key: str, value: Any, **members: Any) -> dict[str, Any]:
    answer = await client.patch(f"{address}/fields/{key}", json={"value": value, **members})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


class TestOneField:
    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("product_name", "Pack"),
            ("battery_mass", 12),
            ("battery_mass", 12.5),
            ("battery_mass", 0),
            ("ce_marking", False),
            ("manufacturing_date", "2027-02"),
            ("put_into_service_date", "2027-02-28"),
            ("battery_category", "ev"),
            ("due_diligence_report", "https://example.com/report"),
            ("manufacturing_place", {"legalName": "Werk 1", "country": "DE"}),
            ("idle_temperature_range", {"min": -20, "max": 60.5}),
            ("part_numbers", [{"component": "cell", "part_number": "$set.x"}]),
            ("product_image", {"url": "https://example.com/a.png"}),
            ("product_name", "$where"),
            ("product_name", "a.b.$c"),
        ],
    )
    async def test_a_value_of_its_type_is_kept_as_it_is(
        self, client: httpx2.AsyncClient, address: str, key: str, value: Any
    ) -> None:
        field = await write(client, address, key, value)
        assert field["value"] == value
        assert type(field["value"]) is type(value)
        assert (field["key"], field["status"], field["source"], field["version"]) == (key, "approved", "manual", 2)
        stored = (await client.get(address)).json()
        assert stored["fields"][key]["value"] == value
        assert stored["fieldCounts"] == field["fieldCounts"]
        assert stored["completionPercentage"] == field["completionPercentage"]

    @pytest.mark.parametrize(
        ("key", "value", "sentence"),
        [
            ("battery_mass", "12", "must be number, not string"),
            ("battery_mass", True, "must be number, not boolean"),
            ("battery_mass", -0.5, "must be at least 0 (kg)"),
            ("recycled_cobalt", 100.1, "must be at most 100 (%)"),
            ("product_name", 5, "must be string, not number"),
            ("ce_marking", 1, None),
            ("ce_marking", "true", None),
            ("manufacturing_date", "2027-02-18", None),
            ("manufacturing_date", "2027-13", None),
            ("battery_category", "EV", None),
            ("due_diligence_report", "javascript:alert(1)", None),
            ("part_numbers", {"component": "cell"}, None),
            ("product_image", {"fileId": "xyz"}, None),
            ("product_image", {"url": "http://example.com/a.png"}, None),
            ("idle_temperature_range", {"min": 5, "max": 1}, None),
            ("manufacturing_place", {"legalName": "W", "$set": {"a": 1}}, None),
            ("manufacturing_place", {"legalName": "W", "a.b": 1}, None),
        ],
    )
    async def test_a_value_that_does_not_fit_is_refused_by_its_path(
        self, client: httpx2.AsyncClient, address: str, key: str, value: Any, sentence: str | None
    ) -> None:
        answer = await client.patch(f"{address}/fields/{key}", json={"value": value})
        assert (answer.status_code, answer.json()["error"]) == (400, "validation_error")
        found = answer.json()["details"]["fieldErrors"]
        assert all(path.startswith("value") for path in found)
        if sentence is not None:
            assert found == {"value": [sentence]}
        assert (await client.get(address)).json()["version"] == 1

    @pytest.mark.parametrize("key", ["no_such", "__proto__", "battery_mass.value", "$set", "a%20b"])
    async def test_an_unknown_field_is_refused(self, client: httpx2.AsyncClient, address: str, key: str) -> None:
        for method, tail, body in (
            ("PATCH", "", {"value": 1}),
            ("POST", "/review", {"action": "flag"}),
            ("PUT", "/translations/de", {"value": "x"}),
            ("DELETE", "/translations/de", None),
        ):
            answer = await client.request(method, f"{address}/fields/{key}{tail}", json=body)
            assert (answer.status_code, answer.json()["error"]) == (400, "unknown_field")

    async def test_a_field_of_the_platform_takes_no_writes(self, client: httpx2.AsyncClient, address: str) -> None:
        for value in ("active", None):
            answer = await client.patch(f"{address}/fields/dpp_status", json={"value": value})
            assert (answer.status_code, answer.json()["error"]) == (400, "read_only_field")

    @pytest.mark.parametrize(
        ("body", "path"),
        [
            ({}, "value"),
            ({"value": 1, "source": "guess"}, "source"),
            ({"value": 1, "sourceLocale": "tlh"}, "sourceLocale"),
            ({"value": 1, "note": "x"}, "note"),
        ],
    )
    async def test_a_bad_body_is_named(
        self, client: httpx2.AsyncClient, address: str, body: dict[str, Any], path: str
    ) -> None:
        answer = await client.patch(f"{address}/fields/battery_mass", json=body)
        assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, [path])

    async def test_null_empties_it(self, client: httpx2.AsyncClient, address: str) -> None:
        filled = await write(client, address, "battery_mass", 5)
        emptied = await write(client, address, "battery_mass", None)
        assert (emptied["value"], emptied["status"]) == (None, "empty")
        assert emptied["fieldCounts"]["empty"] == filled["fieldCounts"]["empty"] + 1

    @pytest.mark.parametrize("source", ["manual", "ai_approved", "reference_db", "system"])
    async def test_a_trusted_source_is_approved_at_once(
        self, client: httpx2.AsyncClient, address: str, source: str
    ) -> None:
        field = await write(client, address, "battery_mass", 5, source=source)
        assert (field["source"], field["status"]) == (source, "approved")

    async def test_a_locale_is_kept_where_the_value_belongs_to_a_language(
        self, client: httpx2.AsyncClient, address: str
    ) -> None:
        assert (await write(client, address, "product_name", "Akku", sourceLocale="de"))["sourceLocale"] == "de"
        assert (await write(client, address, "battery_mass", 5, sourceLocale="de"))["sourceLocale"] is None

    async def test_a_value_beyond_256_kilobytes_is_too_large(self, client: httpx2.AsyncClient, address: str) -> None:
        rows = [{"component": "x" * 9_000, "part_number": "1"}] * 30
        answer = await client.patch(f"{address}/fields/part_numbers", json={"value": rows})
        assert (answer.status_code, answer.json()["error"]) == (400, "too_large")
        assert list(answer.json()["details"]["fieldErrors"]) == ["value"]
        await write(client, address, "part_numbers", rows[:28])

    async def test_a_passport_beyond_four_megabytes_is_too_large(
        self, client: httpx2.AsyncClient, address: str
    ) -> None:
        template = (await client.get("/api/v1/templates/battery")).json()
        tables = [field for field in template["fields"] if field["dataType"] == "array" and field.get("columns")]
        texts = {
            field["key"]: [
                column["key"]
                for column in field["columns"]
                if column["dataType"] == "string" and not column.get("format")
            ]
            for field in tables
        }
        fields = {
            field["key"]: {"value": [dict.fromkeys(texts[field["key"]][:1], "x" * 9_000)] * 27, "source": "supplier"}
            for field in tables
            if {column["key"] for column in field["columns"] if column["required"]} <= set(texts[field["key"]][:1])
        }
        approved = {key: {**field, "source": "manual"} for key, field in fields.items()}
        for key, field in approved.items():
            assert (await client.patch(f"{address}/fields/{key}", json=field)).status_code in {200, 400}
        size = len((await client.get(address)).content)
        version = (await client.get(address)).json()["version"]
        answer = await client.patch(f"{address}/fields", json={"fields": fields})
        assert (answer.status_code, answer.json()["error"]) == (400, "too_large"), (size, len(fields))
        assert (await client.get(address)).json()["version"] == version


class TestManyFields:
    async def test_all_are_written_in_one_version(self, client: httpx2.AsyncClient, address: str) -> None:
        body = {"fields": {"battery_mass": {"value": 5}, "product_name": {"value": "Pack", "sourceLocale": "en"}}}
        answer = await client.patch(f"{address}/fields", json=body)
        assert answer.headers["etag"] == '"2"'
        assert answer.json()["version"] == 2
        assert {key: field["value"] for key, field in answer.json()["fields"].items()} == {
            "battery_mass": 5,
            "product_name": "Pack",
        }

    @pytest.mark.parametrize(
        ("bad", "code", "path"),
        [
            ({"no_such": {"value": 1}}, "unknown_field", "fields.no_such"),
            ({"dpp_status": {"value": "x"}}, "read_only_field", "fields.dpp_status"),
            ({"recycled_cobalt": {"value": 101}}, "validation_error", "fields.recycled_cobalt.value"),
            ({"part_numbers": {"value": [{"component": 5}]}}, "validation_error",
             "fields.part_numbers.value[0].component"),
            ({"recycled_cobalt": {"worth": 1}}, "validation_error", "fields.recycled_cobalt.value"),
            ({"product_image": {"value": {"fileId": "0" * 24}}}, "validation_error", "fileId"),
        ],
    )  # fmt: skip
    async def test_one_bad_value_writes_none(
        self, client: httpx2.AsyncClient, address: str, bad: dict[str, Any], code: str, path: str
    ) -> None:
        before = (await client.get(address)).json()
        answer = await client.patch(f"{address}/fields", json={"fields": {"battery_mass": {"value": 5}, **bad}})
        assert (answer.status_code, answer.json()["error"]) == (400, code)
        assert path in answer.json()["details"]["fieldErrors"]
        assert (await client.get(address)).json() == before

    @pytest.mark.parametrize("fields", [{}, None, [], {f"f{number}": {"value": 1} for number in range(201)}])
    async def test_it_takes_one_to_two_hundred(self, client: httpx2.AsyncClient, address: str, fields: Any) -> None:
        answer = await client.patch(f"{address}/fields", json={"fields": fields})
        assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["fields"])


class TestTranslations:
    @pytest.fixture
    async def field(self, client: httpx2.AsyncClient, address: str) -> str:
        await write(client, address, "product_name", "Pack", sourceLocale="en")
        return f"{address}/fields/product_name"

    async def test_one_is_added_replaced_and_taken_away(self, client: httpx2.AsyncClient, field: str) -> None:
        first = await client.put(f"{field}/translations/de", json={"value": "Akku"})
        assert first.json()["translations"]["de"]["source"] == "human"
        second = await client.put(f"{field}/translations/de", json={"value": "Batterie", "source": "ai-haiku-4.5"})
        assert second.json()["translations"]["de"]["value"] == "Batterie"
        gone = await client.delete(f"{field}/translations/de")
        assert (gone.json()["translations"], gone.json()["version"]) == ({}, 5)
        again = await client.delete(f"{field}/translations/de")
        assert (again.status_code, again.json()["error"]) == (404, "not_found")

    async def test_a_new_value_drops_them_and_the_same_value_keeps_them(
        self, client: httpx2.AsyncClient, address: str, field: str
    ) -> None:
        await client.put(f"{field}/translations/de", json={"value": "Akku"})
        same = await write(client, address, "product_name", "Pack", sourceLocale="en")
        assert list(same["translations"]) == ["de"]
        new = await write(client, address, "product_name", "Pack 2", sourceLocale="en")
        assert new["translations"] == {}

    @pytest.mark.parametrize("value", [5, None, ["x"]])
    async def test_it_must_be_a_text(self, client: httpx2.AsyncClient, field: str, value: Any) -> None:
        answer = await client.put(f"{field}/translations/de", json={"value": value})
        assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["value"])

    async def test_other_languages_are_refused(self, client: httpx2.AsyncClient, field: str) -> None:
        for method in ("PUT", "DELETE"):
            answer = await client.request(method, f"{field}/translations/tlh", json={"value": "x"})
            assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["locale"])

    async def test_numbers_have_none(self, client: httpx2.AsyncClient, address: str) -> None:
        await write(client, address, "battery_mass", 5)
        answer = await client.put(f"{address}/fields/battery_mass/translations/de", json={"value": 5})
        assert (answer.status_code, answer.json()["error"]) == (400, "not_translatable")

    async def test_a_value_comes_first(self, client: httpx2.AsyncClient, address: str) -> None:
        translation = f"{address}/fields/label_meaning/translations/de"
        assert (await client.put(translation, json={"value": "x"})).status_code == 400
        await write(client, address, "label_meaning", "x")
        await write(client, address, "label_meaning", None)
        assert (await client.put(translation, json={"value": "x"})).status_code == 400


class TestReview:
    async def review(self, client: httpx2.AsyncClient, address: str, action: str, **members: Any) -> httpx2.Response:
        return await client.post(f"{address}/fields/product_name/review", json={"action": action, **members})

    @pytest.mark.parametrize("source", ["ai_suggested", "supplier"])
    async def test_without_an_approved_value_the_suggestion_is_the_value(
        self, client: httpx2.AsyncClient, address: str, source: str
    ) -> None:
        field = await write(client, address, "product_name", "Guess", source=source, sourceLocale="en")
        assert (field["value"], field["status"], field["fieldCounts"]["pendingReview"]) == (
            "Guess",
            "pending_review",
            1,
        )
        assert "pending" not in field
        approved = (await self.review(client, address, "approve")).json()
        assert (approved["value"], approved["status"]) == ("Guess", "approved")
        assert approved["source"] == {"ai_suggested": "ai_approved", "supplier": "supplier"}[source]

    @pytest.mark.parametrize("value", ["Guess", None])
    async def test_beside_an_approved_value_the_suggestion_waits(
        self, client: httpx2.AsyncClient, address: str, value: Any
    ) -> None:
        await write(client, address, "product_name", "Pack", sourceLocale="en")
        await client.put(f"{address}/fields/product_name/translations/de", json={"value": "Akku"})
        field = await write(client, address, "product_name", value, source="ai_suggested", sourceLocale="fr")
        assert (field["value"], field["status"], field["source"]) == ("Pack", "approved", "manual")
        assert field["pending"]["value"] == value
        assert field["pending"]["by"].startswith("via API key")
        assert list(field["translations"]) == ["de"]

        approved = (await self.review(client, address, "approve", note="fine")).json()
        assert (approved["value"], approved["translations"]) == (value, {})
        assert approved["status"] == ("empty" if value is None else "approved")
        assert "pending" not in approved

    async def test_reject_drops_what_waits(self, client: httpx2.AsyncClient, address: str) -> None:
        await write(client, address, "product_name", "Pack")
        await write(client, address, "product_name", "Guess", source="supplier")
        rejected = (await self.review(client, address, "reject")).json()
        assert (rejected["value"], rejected["status"]) == ("Pack", "approved")
        assert "pending" not in rejected

    async def test_reject_empties_what_was_never_approved(self, client: httpx2.AsyncClient, address: str) -> None:
        await write(client, address, "product_name", "Guess", source="supplier")
        rejected = (await self.review(client, address, "reject")).json()
        assert (rejected["value"], rejected["status"]) == (None, "empty")

    async def test_reject_marks_what_was_approved(self, client: httpx2.AsyncClient, address: str) -> None:
        await write(client, address, "product_name", "Pack")
        rejected = (await self.review(client, address, "reject")).json()
        assert (rejected["value"], rejected["status"]) == ("Pack", "rejected")
        assert (await self.review(client, address, "approve")).json()["status"] == "approved"

    async def test_flag_marks_for_another_look(self, client: httpx2.AsyncClient, address: str) -> None:
        await write(client, address, "product_name", "Pack")
        flagged = (await self.review(client, address, "flag", note="odd")).json()
        assert (flagged["status"], flagged["fieldCounts"]["flagged"]) == ("flagged", 1)
        assert (await self.review(client, address, "approve")).json()["status"] == "approved"

    async def test_where_nothing_waits_there_is_no_verdict(self, client: httpx2.AsyncClient, address: str) -> None:
        for action in ("approve", "reject", "flag"):
            answer = await self.review(client, address, action)
            assert (answer.status_code, answer.json()["error"]) == (409, "nothing_to_review")
        await write(client, address, "product_name", "Pack")
        assert (await self.review(client, address, "approve")).status_code == 409

    @pytest.mark.parametrize(
        ("body", "path"),
        [({}, "action"), ({"action": "burn"}, "action"), ({"action": "flag", "note": "x" * 501}, "note")],
    )
    async def test_a_bad_body_is_named(
        self, client: httpx2.AsyncClient, address: str, body: dict[str, Any], path: str
    ) -> None:
        answer = await client.post(f"{address}/fields/product_name/review", json=body)
        assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, [path])

    async def test_only_approved_values_are_public(
        self, client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_passport: Any
    ) -> None:
        passport = await make_passport(client, published=True)
        address = f"{PASSPORTS}/{passport['_id']}"
        path = passport["gs1"]["digitalLinkUri"].removeprefix("https://id.example.test")

        async def public() -> str:
            return (await anonymous.get(path, headers={"Accept": "application/ld+json"})).text

        await write(client, address, "product_name", "Suggested", source="supplier")
        await write(client, address, "battery_mass", 4711)
        await write(client, address, "battery_mass", 4712, source="supplier")
        await write(client, address, "fasteners", "Restricted screws")
        shown = await public()
        assert "4711" in shown
        assert "Suggested" not in shown
        assert "4712" not in shown
        assert "Restricted" not in shown
        await self.review(client, address, "approve")
        assert "Suggested" in await public()
        await self.review(client, address, "flag")
        assert "Suggested" not in await public()


class TestParties:
    async def patch(self, client: httpx2.AsyncClient, address: str, role: str, **members: Any) -> httpx2.Response:
        return await client.patch(f"{address}/parties/{role}", json=members)

    @pytest.mark.parametrize(
        "written", ["4012345000009", "GLN: 4012345000009", "gln 4012345-00000-9", " 4012345 000009 "]
    )
    async def test_a_gln_is_cleaned_but_never_corrected(
        self, client: httpx2.AsyncClient, address: str, written: str
    ) -> None:
        answer = await self.patch(client, address, "manufacturer", legalName="Voltwerk", gln=written)
        assert answer.json()["party"] == {"legalName": "Voltwerk", "gln": "4012345000009"}
        assert answer.json()["role"] == "manufacturer"
        assert answer.headers["etag"] == '"2"'

    async def test_members_are_merged_and_null_takes_one_away(self, client: httpx2.AsyncClient, address: str) -> None:
        await self.patch(client, address, "importer", legalName="Import", legacyOperatorId="EORI 1", country="NL")
        answer = await self.patch(client, address, "importer", gln="4012345000009", legacyOperatorId=None)
        party = {"legalName": "Import", "gln": "4012345000009", "country": "NL"}
        assert answer.json()["party"] == party
        assert answer.json()["parties"] == {"importer": party}
        assert answer.json()["version"] == 3
        gone = await client.delete(f"{address}/parties/importer")
        assert (gone.json()["party"], gone.json()["parties"]) == (None, {})
        assert (await client.delete(f"{address}/parties/importer")).status_code == 404

    @pytest.mark.parametrize(
        ("members", "path"),
        [
            ({}, "legalName"),
            ({"gln": "4012345000009"}, "legalName"),
            ({"legalName": "V"}, "gln"),
            ({"legalName": " ", "gln": "4012345000009"}, "legalName"),
            ({"legalName": "x" * 201, "gln": "4012345000009"}, "legalName"),
            ({"legalName": "V", "gln": "4012345000008"}, "gln"),
            ({"legalName": "V", "gln": "401234500000"}, "gln"),
            ({"legalName": "V", "gln": "4012345000O09"}, "gln"),
            ({"legalName": "V", "gln": "4012345000009", "country": "Germany"}, "country"),
            ({"legalName": "V", "gln": "4012345000009", "country": "XX"}, "country"),
            ({"legalName": "V", "gln": "4012345000009", "url": "javascript:alert(1)"}, "url"),
            ({"legalName": "V", "gln": "4012345000009", "phone": "1"}, "phone"),
        ],
    )
    async def test_a_bad_member_is_named(
        self, client: httpx2.AsyncClient, address: str, members: dict[str, Any], path: str
    ) -> None:
        answer = await self.patch(client, address, "manufacturer", **members)
        assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, [path])
        assert (await client.get(address)).json()["parties"] == {}

    async def test_what_changes_nothing_makes_no_version(self, client: httpx2.AsyncClient, address: str) -> None:
        party = {"legalName": "V", "gln": "4012345000009"}
        for _ in range(3):
            assert (await self.patch(client, address, "manufacturer", **party)).json()["version"] == 2

    async def test_the_identifiers_cannot_all_be_taken_away(self, client: httpx2.AsyncClient, address: str) -> None:
        await self.patch(client, address, "manufacturer", legalName="V", gln="4012345000009")
        for members in ({"gln": None}, {"legalName": None}):
            assert (await self.patch(client, address, "manufacturer", **members)).status_code == 400

    async def test_other_roles_are_refused(self, client: httpx2.AsyncClient, address: str) -> None:
        for method in ("PATCH", "DELETE"):
            answer = await client.request(method, f"{address}/parties/owner", json={})
            assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["role"])


class TestFiles:
    async def upload(self, client: httpx2.AsyncClient) -> str:
        answer = await client.post("/api/v1/files", files={"file": ("a.png", PNG, "image/png")})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["_id"])

    async def test_a_value_may_refer_to_a_file_of_the_workspace_only(
        self, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, address: str
    ) -> None:
        own, foreign = await self.upload(client), await self.upload(stranger)
        for missing in (foreign, "0" * 24):
            answer = await client.patch(f"{address}/fields/product_image", json={"value": {"fileId": missing}})
            assert answer.status_code == 400
            assert missing in str(answer.json()["details"]["fieldErrors"])
        await write(client, address, "product_image", {"fileId": own})
        in_use = await client.delete(f"/api/v1/files/{own}")
        assert (in_use.status_code, in_use.json()["error"]) == (409, "file_in_use")
        await write(client, address, "product_image", None)
        assert (await client.delete(f"/api/v1/files/{own}")).status_code == 200

    async def test_a_table_may_refer_to_files(self, client: httpx2.AsyncClient, address: str) -> None:
        own = await self.upload(client)
        row = {"title": "Manual", "document_type": "manual", "document": {"fileId": "0" * 24}}
        bad = await client.patch(f"{address}/fields/exploded_diagrams", json={"value": [row]})
        assert bad.status_code == 400
        refused = str(bad.json()["details"]["fieldErrors"])
        if "0" * 24 in refused:
            row["document"] = {"fileId": own}
            await write(client, address, "exploded_diagrams", [row])
            assert (await client.delete(f"/api/v1/files/{own}")).status_code == 409
        else:
            pytest.fail(refused)

    async def test_a_suggested_file_is_in_use_too(self, client: httpx2.AsyncClient, address: str) -> None:
        one, two = await self.upload(client), await self.upload(client)
        await write(client, address, "product_image", {"fileId": one})
        await write(client, address, "product_image", {"fileId": two}, source="supplier")
        for file_id in (one, two):
            assert (await client.delete(f"/api/v1/files/{file_id}")).status_code == 409

    async def test_a_new_passport_may_bring_its_files(self, client: httpx2.AsyncClient, make_product: Any) -> None:
        own = await self.upload(client)
        product = await make_product(client)
        for file_id, status in (("0" * 24, 400), (own, 201)):
            fields = {"product_image": {"value": {"fileId": file_id}}}
            body = {"productId": product["_id"], "gs1": {"gtin": new_gtin()}, "fields": fields}
            assert (await client.post(PASSPORTS, json=body)).status_code == status
        assert (await client.delete(f"/api/v1/files/{own}")).status_code == 409

    async def test_the_public_reads_it_while_an_approved_public_field_shows_it(
        self, client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_passport: Any
    ) -> None:
        own = f"/api/v1/files/{(file_id := await self.upload(client))}"
        passport = await make_passport(client)
        address = f"{PASSPORTS}/{passport['_id']}"
        await write(client, address, "product_image", {"fileId": file_id})
        assert (await anonymous.get(own)).status_code == 404
        await client.post(f"{address}/publish", json={"acknowledgeGaps": True})
        assert (await anonymous.get(own)).content == (await client.get(own)).content
        await client.post(f"{address}/fields/product_image/review", json={"action": "flag"})
        assert (await anonymous.get(own)).status_code == 404


class TestManyWriters:
    async def test_fifty_at_once_lose_no_write_and_leave_no_gap(self, client: httpx2.AsyncClient, address: str) -> None:
        template = (await client.get("/api/v1/templates/battery")).json()["fields"]
        numbers = [
            field["key"]
            for field in template
            if field["dataType"] == "number" and field["filledBy"] == "user" and not field.get("integer")
        ]
        texts = [field["key"] for field in template if field["translatable"]]
        keys = [*numbers[:40], *texts[:10]]
        values = {key: key if key in texts else number for number, key in enumerate(keys)}

        answers = await asyncio.gather(
            *(client.patch(f"{address}/fields/{key}", json={"value": value}) for key, value in values.items())
        )

        assert [answer.status_code for answer in answers] == [200] * len(keys)
        assert sorted(answer.json()["version"] for answer in answers) == list(range(2, len(keys) + 2))
        passport = (await client.get(address)).json()
        assert {key: passport["fields"][key]["value"] for key in keys} == values
        assert passport["version"] == len(keys) + 1
        history: list[dict[str, Any]] = []
        for page in (1, 2):
            answer = await client.get(f"{address}/history", params={"limit": 50, "page": page})
            history += answer.json()["data"]["items"]
        assert [entry["version"] for entry in history] == list(range(len(keys) + 1, 0, -1))

    async def test_writers_of_two_processes_look_again_when_they_collide(
        self, office: Office, workspace: Workspace, settings: Settings, clock: MovableClock, make_passport: Any
    ) -> None:
        key = await office.key(workspace)
        async with running(create_app(settings, clock=clock)) as other:
            clients = [client_of(app, office.contract, key=key) for app in (office.app, other)]
            address = f"{PASSPORTS}/{(await make_passport(clients[0], published=True))['_id']}"
            template = (await clients[0].get("/api/v1/templates/battery")).json()["fields"]
            keys = [field["key"] for field in template if field["translatable"]][:16]
            answers = await asyncio.gather(
                *(
                    clients[number % 2].patch(f"{address}/fields/{key}", json={"value": key})
                    for number, key in enumerate(keys)
                )
            )
            assert [answer.status_code for answer in answers] == [200] * len(keys)
            passport = (await clients[1].get(address)).json()
        assert {key: passport["fields"][key]["value"] for key in keys} == {key: key for key in keys}
        assert passport["version"] == len(keys) + 2
