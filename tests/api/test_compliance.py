"""The verdict over HTTP: read, mend and verify; condition flags; readiness; the counts of many; the gate."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from tests.conftest import new_gtin
from tests.values_factory import value_of

from tracepass.core.mongo import Database
from tracepass.passports.registrar import Registrar
from tracepass.templates.service import Templates

PASSPORTS, COMPLIANCE = "/api/v1/passports", "/api/v1/compliance"
TEMPLATES = Templates.load()
MAKER = {"legalName": "Voltwerk", "gln": "4012345000009", "country": "DE"}
CATEGORIES = [template.category for template in TEMPLATES.list_()]
NOBODY = "0123456789abcdef01234567"


def address(passport: dict[str, Any], tail: str = "") -> str:
    return f"{PASSPORTS}/{passport['_id']}{tail}"


async def read(client: httpx2.AsyncClient, passport: dict[str, Any], tail: str = "/compliance") -> dict[str, Any]:
    answer = await client.get(address(passport, tail))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def mend(client: httpx2.AsyncClient, passport: dict[str, Any], report: dict[str, Any]) -> None:
    """Do what the findings of a verdict say."""
    template, values = TEMPLATES.get(report["category"]), dict[str, Any]()
    for finding in [*report["critical"], *report["warnings"]]:
        if finding["type"] == "missing_party":
            answer = await client.patch(address(passport, f"/parties/{finding['target']}"), json=MAKER)
            assert answer.status_code == 200, answer.text
        else:
            empty = finding["ruleId"] == "BAT-APP"
            values[finding["target"]] = {"value": None if empty else value_of(template.fields[finding["target"]])}
    if values:
        answer = await client.patch(address(passport, "/fields"), json={"fields": values})
        assert answer.status_code == 200, answer.text


@pytest.fixture
async def passport(client: httpx2.AsyncClient, make_passport: Any) -> dict[str, Any]:
    """A battery of which nothing is known."""
    return dict(await make_passport(client))


class TestVerdict:
    @pytest.mark.parametrize("category", CATEGORIES)
    async def test_read_mend_verify_ends_in_compliance_and_opens_the_gate(
        self, client: httpx2.AsyncClient, make_product: Any, make_passport: Any, category: str
    ) -> None:
        product = await make_product(client, category=category)
        passport = await make_passport(client, productId=product["_id"])
        report = await read(client, passport)
        assert (report["verdict"], report["category"]) == ("incomplete", category)
        for _ in range(5):
            await mend(client, passport, report)
            report = await read(client, passport)
        assert (report["verdict"], report["critical"], report["warnings"]) == ("compliant", [], [])
        published = await client.post(address(passport, "/publish"), json={})
        assert published.status_code == 200, published.text
        assert "publishedIncomplete" not in published.json()
        assert (await read(client, passport))["verdict"] == "compliant"

    async def test_a_finding_says_what_is_wrong_why_and_what_to_call(
        self, client: httpx2.AsyncClient, passport: dict[str, Any]
    ) -> None:
        report = await read(client, passport)
        finding = next(one for one in report["critical"] if one["target"] == "rated_capacity")
        assert (finding["type"], finding["ruleId"]) == ("missing_field", "REQ-FIELD")
        assert (finding["regulation"], finding["article"]) == ("(EU) 2023/1542", "Annex VI A(6)")
        assert finding["fix"] == "Write it: PATCH .../fields/rated_capacity."
        shown = (await client.get(address(passport))).json()
        assert report["completionPercentage"] == shown["completionPercentage"]

    async def test_the_serial_leads_to_the_same_verdict(
        self, client: httpx2.AsyncClient, passport: dict[str, Any]
    ) -> None:
        by_serial = f"{PASSPORTS}/by-serial/{passport['gs1']['serialNumber']}"
        for tail in ("/compliance", "/registry-readiness", "/condition-flags"):
            assert (await client.get(by_serial + tail)).json() == await read(client, passport, tail)

    async def test_the_gate_names_what_is_critical(self, client: httpx2.AsyncClient, passport: dict[str, Any]) -> None:
        report = await read(client, passport)
        gaps = (await client.post(address(passport, "/publish"), json={})).json()["details"]["gaps"]
        assert gaps == [
            {"type": one["type"], "target": one["target"], "message": one["why"]} for one in report["critical"]
        ]


class TestFlags:
    async def test_flags_make_fields_due_or_not(self, client: httpx2.AsyncClient, passport: dict[str, Any]) -> None:
        flags = address(passport, "/condition-flags")
        before = (await client.get(flags)).json()
        assert before["conditionFlags"] == dict.fromkeys(before["effective"])
        assert before["subcategory"] is None

        body = {"rechargeable": False, "subcategory": "industrial_other"}
        answer = await client.patch(flags, json=body)
        assert answer.status_code == 200, answer.text
        after = answer.json()
        assert (after["subcategory"], after["version"]) == ("industrial_other", passport["version"] + 1)
        assert after["effective"]["hasBMS"] is True
        assert answer.headers["etag"] == f'"{after["version"]}"'
        shown = (await client.get(address(passport))).json()
        assert shown["conditionFlags"] == {"rechargeable": False}
        assert shown["fields"]["battery_category"]["value"] == "industrial_other"
        assert shown["fieldCounts"] == after["fieldCounts"]
        assert after["fieldCounts"]["total"] < before["fieldCounts"]["total"]

        taken_back = (await client.patch(flags, json={"rechargeable": None, "subcategory": None})).json()
        assert (taken_back["subcategory"], taken_back["conditionFlags"]["rechargeable"]) == (None, None)
        shown = (await client.get(address(passport))).json()
        assert "conditionFlags" not in shown
        history = (await client.get(address(passport, "/history"))).json()["data"]["items"]
        assert [item["action"] for item in history[:2]] == ["set_condition_flags"] * 2

    @pytest.mark.parametrize(
        ("body", "path"),
        [
            ({"hasBms": True}, "hasBms"),
            ({"hasBMS": "yes"}, "hasBMS"),
            ({"subcategory": "boat"}, "subcategory"),
            ({"isSmart": True}, "isSmart"),
        ],
    )
    async def test_an_unknown_flag_is_refused(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], body: dict[str, Any], path: str
    ) -> None:
        answer = await client.patch(address(passport, "/condition-flags"), json=body)
        assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, [path])

    async def test_saying_the_same_changes_nothing(self, client: httpx2.AsyncClient, passport: dict[str, Any]) -> None:
        flags = address(passport, "/condition-flags")
        once = (await client.patch(flags, json={"hasBMS": True})).json()
        assert (await client.patch(flags, json={"hasBMS": True})).json() == once
        assert (await client.patch(flags, json={})).json() == once

    @pytest.mark.parametrize("by_serial", [False, True])
    async def test_an_archived_passport_keeps_its_flags(
        self, client: httpx2.AsyncClient, passport: dict[str, Any], *, by_serial: bool
    ) -> None:
        await client.post(address(passport, "/archive"))
        where = f"{PASSPORTS}/by-serial/{passport['gs1']['serialNumber']}" if by_serial else address(passport)
        answer = await client.patch(f"{where}/condition-flags", json={"hasBMS": True})
        assert (answer.status_code, answer.json()["error"]) == (409, "passport_archived")

    @pytest.mark.parametrize("category", [name for name in CATEGORIES if name != "battery"])
    async def test_other_categories_have_no_flags(
        self, client: httpx2.AsyncClient, make_product: Any, make_passport: Any, category: str
    ) -> None:
        product = await make_product(client, category=category)
        passport = await make_passport(client, productId=product["_id"])
        shown = await read(client, passport, "/condition-flags")
        assert (shown["conditionFlags"], shown["effective"], shown["subcategory"]) == ({}, {}, None)
        for body in ({"hasBMS": True}, {"subcategory": "ev"}):
            answer = await client.patch(address(passport, "/condition-flags"), json=body)
            assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, list(body))


class TestCounts:
    async def test_each_write_moves_a_passport_in_the_counts(
        self, client: httpx2.AsyncClient, make_product: Any, make_passport: Any
    ) -> None:
        product, other = await make_product(client), await make_product(client)
        one, two = [await make_passport(client, productId=product["_id"]) for _ in range(2)]
        await make_passport(client, productId=other["_id"])
        assert await _counts(client) == {"incomplete": 3}
        assert await _counts(client, productId=product["_id"]) == {"incomplete": 2}

        for _ in range(3):
            await mend(client, one, await read(client, one))
        assert await _counts(client) == {"compliant": 1, "incomplete": 2}
        assert await _counts(client, productId=product["_id"], category="batteries") == {
            "compliant": 1,
            "incomplete": 1,
        }
        counted = (await client.get(COMPLIANCE)).json()
        rules = {row["ruleId"]: row["passports"] for row in counted["rules"]}
        assert (rules["REQ-PARTY"], rules["REQ-FIELD"]) == (2, 2)
        assert [(row["category"], row["total"]) for row in counted["categories"]] == [("battery", 3)]

        await client.post(address(two, "/archive"))
        assert await _counts(client) == {"compliant": 1, "incomplete": 1}

    async def test_what_others_have_is_not_counted(
        self, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, make_passport: Any
    ) -> None:
        passport = await make_passport(stranger)
        assert await _counts(client) == {}
        assert await _counts(client, productId=passport["productId"]) == {}
        assert await _counts(client, productId=NOBODY) == {}

    async def test_a_category_that_does_not_exist_is_refused(self, client: httpx2.AsyncClient) -> None:
        answer = await client.get(COMPLIANCE, params={"category": "spaceships"})
        assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["category"])

    async def test_the_key_of_the_counts_is_never_shown(
        self, client: httpx2.AsyncClient, passport: dict[str, Any]
    ) -> None:
        assert "complianceKey" not in (await client.get(address(passport))).json()


async def _counts(client: httpx2.AsyncClient, **params: str) -> dict[str, int]:
    answer = await client.get(COMPLIANCE, params=params)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["total"] == sum(found["verdicts"].values())
    return {verdict: count for verdict, count in found["verdicts"].items() if count}


class TestReadiness:
    async def test_a_published_passport_with_its_identifiers_is_ready(
        self, client: httpx2.AsyncClient, passport: dict[str, Any]
    ) -> None:
        before = await read(client, passport, "/registry-readiness")
        assert before["ready"] is False
        values = {"unique_product_identifier": "urn:x", "facility_ids": "F-1", "commodity_code": "850760"}
        template = TEMPLATES.get("battery")
        fields = {key: {"value": value_of(template.fields[key])} for key in values}
        assert (await client.patch(address(passport, "/fields"), json={"fields": fields})).status_code == 200
        await client.patch(address(passport, "/parties/manufacturer"), json=MAKER)
        open_points = [
            check["id"] for check in (await read(client, passport, "/registry-readiness"))["checks"] if not check["ok"]
        ]
        assert open_points == ["public_link"]
        await client.post(address(passport, "/publish"), json={"acknowledgeGaps": True})
        assert (await read(client, passport, "/registry-readiness"))["ready"] is True

    async def test_a_key_that_was_lost_is_not_ready(
        self, client: httpx2.AsyncClient, make_passport: Any, database: Database, clock: Any
    ) -> None:
        gtin = new_gtin()
        passport = await make_passport(client, gs1={"gtin": gtin, "serialNumber": "S"})
        await Registrar(database, clock=clock).release(gtin)
        checks = (await read(client, passport, "/registry-readiness"))["checks"]
        link = next(check for check in checks if check["id"] == "public_link")
        assert (link["ok"], link["why"]) == (False, "The key of this passport belongs to another one by now.")
