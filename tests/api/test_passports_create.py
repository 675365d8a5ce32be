"""Making passports: levels, keys, defaults, and what is refused."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx2
import pytest
from tests.conftest import Office, new_gtin

PASSPORTS = "/api/v1/passports"


def errors_of(answer: httpx2.Response) -> dict[str, list[str]]:
    assert answer.status_code == 400, answer.text
    found: dict[str, list[str]] = answer.json()["details"]["fieldErrors"]
    return found


@pytest.fixture
async def product(client: httpx2.AsyncClient, make_product: Any) -> Any:
    return await make_product(client)


class TestGranularity:
    @pytest.mark.parametrize(
        ("key", "level", "tail"),
        [
            ({}, "model", ""),
            ({"lot": "L-7"}, "batch", "/10/L-7"),
            ({"serialNumber": "S-7"}, "item", "/21/S-7"),
            ({"serialNumber": "S-7", "lot": "L-7"}, "item", "/21/S-7"),
        ],
    )
    async def test_it_follows_from_the_finest_part_of_the_key(
        self, client: httpx2.AsyncClient, product: Any, gtin: str, key: dict[str, str], level: str, tail: str
    ) -> None:
        answer = await client.post(PASSPORTS, json={"productId": product["_id"], "gs1": {"gtin": gtin, **key}})

        passport = answer.json()
        assert answer.status_code == 201
        assert answer.headers["location"] == f"{PASSPORTS}/{passport['_id']}"
        assert answer.headers["etag"] == '"1"'
        assert passport["granularity"] == level
        assert passport["gs1"]["lot"] == key.get("lot")
        assert passport["gs1"]["serialNumber"] == key.get("serialNumber")
        assert passport["gs1"]["digitalLinkUri"] == f"https://id.example.test/p/01/{gtin}{tail}"
        assert (passport["status"], passport["version"]) == ("draft", 1)
        assert "warnings" not in passport

    async def test_it_may_be_coarser_than_the_key(self, client: httpx2.AsyncClient, product: Any, gtin: str) -> None:
        body = {"productId": product["_id"], "gs1": {"gtin": gtin, "lot": "L-7"}, "granularity": "model"}
        passport = (await client.post(PASSPORTS, json=body)).json()
        assert passport["granularity"] == "model"
        assert passport["gs1"]["digitalLinkUri"].endswith(f"/p/01/{gtin}")

    @pytest.mark.parametrize(("level", "path"), [("item", "gs1.serialNumber"), ("batch", "gs1.lot")])
    async def test_a_level_needs_its_part_of_the_key(
        self, client: httpx2.AsyncClient, product: Any, gtin: str, level: str, path: str
    ) -> None:
        body = {"productId": product["_id"], "gs1": {"gtin": gtin}, "granularity": level}
        assert list(errors_of(await client.post(PASSPORTS, json=body))) == [path]

    async def test_model_batch_and_item_stand_beside_each_other_under_one_gtin(
        self, client: httpx2.AsyncClient, product: Any, gtin: str
    ) -> None:
        for key in ({}, {"lot": "A"}, {"lot": "B"}, {"serialNumber": "A"}, {"serialNumber": "B", "lot": "A"}):
            body = {"productId": product["_id"], "gs1": {"gtin": gtin, **key}}
            assert (await client.post(PASSPORTS, json=body)).status_code == 201


class TestGtin:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("96385074", "00000096385074"),
            ("036000291452", "00036000291452"),
            ("4012345000016", "04012345000016"),
            ("14012345000013", "14012345000013"),
        ],
    )
    async def test_shorter_forms_are_padded_to_fourteen_digits(
        self, office: Office, make_product: Any, given: str, kept: str
    ) -> None:
        client = await office.client(environment="test")
        product = await make_product(client)
        answer = await client.post(PASSPORTS, json={"productId": product["_id"], "gs1": {"gtin": given}})
        assert answer.json()["gs1"]["gtin"] == kept

    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ("04012345000015", "has check digit 5, but 6 is right"),
            ("4012345000015", "has check digit 5, but 6 is right"),
            ("401234500001", "has check digit 1, but 5 is right"),
            ("123", "must have 8, 12, 13 or 14 digits, it has 3"),
            ("0401234500001X", "must hold digits only"),
            ("٠٤٠١٢٣٤٥٠٠٠٠١٦", "must hold digits only"),
            ("", "must hold digits only"),
            (4012345000016, "must be a valid string"),
            (None, "must be a valid string"),
        ],
    )
    async def test_what_is_no_gtin_is_refused_with_the_reason(
        self, client: httpx2.AsyncClient, product: Any, given: Any, sentence: str
    ) -> None:
        answer = await client.post(PASSPORTS, json={"productId": product["_id"], "gs1": {"gtin": given}})
        assert errors_of(answer) == {"gs1.gtin": [sentence]}


class TestProduct:
    async def test_one_of_another_workspace_is_unknown(
        self, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, product: Any, gtin: str
    ) -> None:
        foreign = await stranger.post(PASSPORTS, json={"productId": product["_id"], "gs1": {"gtin": gtin}})
        absent = await client.post(PASSPORTS, json={"productId": "0" * 24, "gs1": {"gtin": gtin}})
        assert errors_of(foreign) == {"productId": ["names no product of this workspace"]}
        assert foreign.json() == absent.json()

    async def test_one_of_the_other_environment_is_unknown(
        self, office: Office, workspace: Any, product: Any, gtin: str
    ) -> None:
        tester = await office.client(workspace, environment="test")
        answer = await tester.post(PASSPORTS, json={"productId": product["_id"], "gs1": {"gtin": gtin}})
        assert list(errors_of(answer)) == ["productId"]

    @pytest.mark.parametrize("identifier", ["", "xyz", "6650b2c3d4e5f6a7b8c9d0e", 7, None, {"$ne": None}])
    async def test_what_is_no_id_is_refused(self, client: httpx2.AsyncClient, gtin: str, identifier: Any) -> None:
        answer = await client.post(PASSPORTS, json={"productId": identifier, "gs1": {"gtin": gtin}})
        assert errors_of(answer) == {"productId": ["must be an id of 24 hexadecimal characters"]}

    async def test_an_archived_one_takes_no_more_passports(
        self, client: httpx2.AsyncClient, product: Any, gtin: str
    ) -> None:
        assert (await client.post(f"/api/v1/products/{product['_id']}/archive")).status_code == 200
        answer = await client.post(PASSPORTS, json={"productId": product["_id"], "gs1": {"gtin": gtin}})
        assert (answer.status_code, answer.json()["error"]) == (409, "product_archived")

    async def test_its_defaults_are_copied_and_say_where_from(
        self, client: httpx2.AsyncClient, make_product: Any, gtin: str
    ) -> None:
        defaults = {"product_name": "Akku", "battery_mass": 12.5}
        product = await make_product(client, defaultFieldValues=defaults, sourceLocale="de")
        body = {
            "productId": product["_id"],
            "gs1": {"gtin": gtin},
            "fields": {"battery_mass": {"value": 13}},
        }
        passport = (await client.post(PASSPORTS, json=body)).json()

        name, mass = passport["fields"]["product_name"], passport["fields"]["battery_mass"]
        assert (name["value"], name["source"], name["status"]) == ("Akku", "system", "approved")
        assert name["sourceLocale"] == "de"
        assert name["inheritedFrom"] == {"productId": product["_id"], "version": product["version"]}
        assert mass["value"] == 13
        assert "inheritedFrom" not in mass

    async def test_later_defaults_do_not_reach_a_passport_that_exists(
        self, client: httpx2.AsyncClient, product: Any, gtin: str
    ) -> None:
        body = {"productId": product["_id"], "gs1": {"gtin": gtin}}
        passport = (await client.post(PASSPORTS, json=body)).json()
        patch = {"defaultFieldValues": {"battery_mass": 4}}
        assert (await client.patch(f"/api/v1/products/{product['_id']}", json=patch)).status_code == 200
        assert "battery_mass" not in (await client.get(f"{PASSPORTS}/{passport['_id']}")).json()["fields"]


class TestSerial:
    @pytest.mark.parametrize("serial", ["x" * 20, "!\"%&'()*+,-./:;<=>?_", "0"])
    async def test_what_gs1_knows_gives_no_warning(
        self, client: httpx2.AsyncClient, product: Any, gtin: str, serial: str
    ) -> None:
        body = {"productId": product["_id"], "gs1": {"gtin": gtin, "serialNumber": serial}}
        assert "warnings" not in (await client.post(PASSPORTS, json=body)).json()

    @pytest.mark.parametrize("serial", ["x" * 21, "x" * 100, "a b", "a#b", "Größe", "电池"])
    async def test_what_gs1_does_not_know_is_taken_with_a_warning(
        self, client: httpx2.AsyncClient, product: Any, gtin: str, serial: str
    ) -> None:
        body = {"productId": product["_id"], "gs1": {"gtin": gtin, "serialNumber": serial}}
        answer = await client.post(PASSPORTS, json=body)
        assert answer.status_code == 201
        assert [warning["code"] for warning in answer.json()["warnings"]] == ["serial_not_gs1"]

    @pytest.mark.parametrize(
        ("serial", "sentence"),
        [
            ("", "must have at least 1 character"),
            ("x" * 101, "must have at most 100 characters"),
            (7, "must be a valid string"),
            ("a\x00b", "must not contain the character U+0000"),
        ],
    )
    async def test_bounds_are_kept(
        self, client: httpx2.AsyncClient, product: Any, gtin: str, serial: Any, sentence: str
    ) -> None:
        body = {"productId": product["_id"], "gs1": {"gtin": gtin, "serialNumber": serial}}
        assert errors_of(await client.post(PASSPORTS, json=body)) == {"gs1.serialNumber": [sentence]}

    async def test_it_is_unique_within_its_gtin_only(self, client: httpx2.AsyncClient, product: Any, gtin: str) -> None:
        body = {"productId": product["_id"], "gs1": {"gtin": gtin, "serialNumber": "S-1"}}
        elsewhere = {**body, "gs1": {"gtin": new_gtin(), "serialNumber": "S-1"}}
        assert (await client.post(PASSPORTS, json=body)).status_code == 201
        again = await client.post(PASSPORTS, json=body)
        assert (again.status_code, again.json()["error"]) == (409, "duplicate_serial")
        assert again.json()["details"] == {"gtin": gtin, "serialNumber": "S-1"}
        assert (await client.post(PASSPORTS, json=elsewhere)).status_code == 201

    async def test_it_is_unique_whatever_the_level(self, client: httpx2.AsyncClient, product: Any, gtin: str) -> None:
        key = {"gtin": gtin, "serialNumber": "S-1", "lot": "L-1"}
        body = {"productId": product["_id"], "gs1": key, "granularity": "batch"}
        assert (await client.post(PASSPORTS, json=body)).status_code == 201
        again = await client.post(PASSPORTS, json={**body, "granularity": "item"})
        assert (again.status_code, again.json()["error"]) == (409, "duplicate_serial")

    async def test_twenty_at_once_give_one_passport(self, client: httpx2.AsyncClient, product: Any, gtin: str) -> None:
        body = {"productId": product["_id"], "gs1": {"gtin": gtin, "serialNumber": "S-1"}}

        answers = await asyncio.gather(*(client.post(PASSPORTS, json=body) for _ in range(20)))

        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 19}
        assert {answer.json()["error"] for answer in answers if answer.status_code == 409} == {"duplicate_serial"}
        listed = (await client.get(PASSPORTS, params={"productId": product["_id"]})).json()
        assert listed["data"]["total"] == 1


@pytest.mark.parametrize("key", [{}, {"lot": "L-1"}])
async def test_a_second_model_or_batch_under_a_key_is_refused(
    client: httpx2.AsyncClient, product: Any, gtin: str, key: dict[str, str]
) -> None:
    body = {"productId": product["_id"], "gs1": {"gtin": gtin, **key}}
    assert (await client.post(PASSPORTS, json=body)).status_code == 201
    again = await client.post(PASSPORTS, json=body)
    assert (again.status_code, again.json()["error"]) == (409, "duplicate_identifier")


@pytest.mark.parametrize(
    ("members", "paths"),
    [
        ({"fields": {"no_such": {"value": 1}}}, ["fields.no_such"]),
        ({"fields": {"dpp_status": {"value": "x"}}}, ["fields.dpp_status"]),
        ({"fields": {"battery_mass": {"value": "1"}}}, ["fields.battery_mass.value"]),
        ({"fields": {"battery_mass": {}}}, ["fields.battery_mass.value"]),
        ({"parties": {"manufacturer": {"gln": "4012345000009"}}}, ["parties.manufacturer.legalName"]),
        ({"parties": {"manufacturer": {"legalName": "V"}}}, ["parties.manufacturer.gln"]),
        ({"parties": {"owner": {"legalName": "V"}}}, ["parties.owner"]),
        ({"colour": "red"}, ["colour"]),
        ({"expiresAt": "2001-01-01T00:00:00Z"}, ["expiresAt"]),
        ({"expiresAt": "soon"}, ["expiresAt"]),
    ],
)
async def test_a_bad_member_is_named_and_nothing_is_made(
    client: httpx2.AsyncClient, product: Any, gtin: str, members: dict[str, Any], paths: list[str]
) -> None:
    body = {"productId": product["_id"], "gs1": {"gtin": gtin}, **members}
    found = errors_of(await client.post(PASSPORTS, json=body))
    assert [path.removesuffix(".[key]") for path in found] == paths
    listed = (await client.get(PASSPORTS, params={"productId": product["_id"]})).json()
    assert listed["data"]["total"] == 0


async def test_values_and_parties_can_come_along(client: httpx2.AsyncClient, product: Any, gtin: str) -> None:
    body = {
        "productId": product["_id"],
        "gs1": {"gtin": gtin},
        "fields": {
            "product_name": {"value": "Pack", "sourceLocale": "en"},
            "label_meaning": {"value": "guess", "source": "ai_suggested"},
        },
        "parties": {"manufacturer": {"legalName": "Voltwerk", "gln": "GLN: 4012345-00000-9"}},
        "expiresAt": "2199-12-31T00:00:00Z",
    }
    passport = (await client.post(PASSPORTS, json=body)).json()
    assert passport["fields"]["product_name"]["sourceLocale"] == "en"
    assert passport["fields"]["label_meaning"]["status"] == "pending_review"
    assert passport["parties"] == {"manufacturer": {"legalName": "Voltwerk", "gln": "4012345000009"}}
    assert passport["expiresAt"] == "2199-12-31T00:00:00.000Z"
    assert passport["fieldCounts"]["pendingReview"] == 1


class TestBatch:
    async def test_each_item_stands_alone(self, client: httpx2.AsyncClient, product: Any, gtin: str) -> None:
        good = {"productId": product["_id"], "gs1": {"gtin": gtin, "serialNumber": "S-1"}}
        items = [good, good, {**good, "productId": "0" * 24}, {"gs1": {"gtin": "1"}}, {**good, "gs1": {"gtin": gtin}}]

        answer = await client.post(f"{PASSPORTS}/batch", json={"passports": items, "confirmOverage": True})

        body = answer.json()
        assert answer.status_code == 207
        assert body["summary"] == {"created": 2, "failed": 3}
        assert [(result["index"], result["status"], result.get("error")) for result in body["results"]] == [
            (0, "created", None),
            (1, "error", "duplicate_serial"),
            (2, "error", "validation_error"),
            (3, "error", "validation_error"),
            (4, "created", None),
        ]
        assert set(body["results"][3]["details"]["fieldErrors"]) == {"productId", "gs1.gtin"}

    @pytest.mark.parametrize("passports", [[], [{}] * 101, None, {}, [1]])
    async def test_it_takes_one_to_a_hundred(self, client: httpx2.AsyncClient, passports: Any) -> None:
        answer = await client.post(f"{PASSPORTS}/batch", json={"passports": passports})
        assert answer.status_code == 400

    async def test_all_may_fail(self, client: httpx2.AsyncClient) -> None:
        answer = await client.post(f"{PASSPORTS}/batch", json={"passports": [{}, {}]})
        assert answer.status_code == 207
        assert answer.json()["summary"] == {"created": 0, "failed": 2}


class TestProductsThatChange:
    """A process makes passports of products as it saw them last; nothing tells it of a change, not even its own."""

    @pytest.fixture
    async def seen(self, client: httpx2.AsyncClient, make_product: Any) -> Any:
        """A product of which a passport was made."""
        product = await make_product(client, defaultFieldValues={"battery_mass": 1})
        assert (await self.make(client, product)).status_code == 201
        return product

    async def make(self, client: httpx2.AsyncClient, product: Any) -> httpx2.Response:
        body = {"productId": product["_id"], "gs1": {"gtin": new_gtin(), "serialNumber": "S-1"}}
        return await client.post(PASSPORTS, json=body)

    async def test_a_new_passport_has_the_newest_defaults(self, client: httpx2.AsyncClient, seen: Any) -> None:
        await client.patch(f"/api/v1/products/{seen['_id']}", json={"defaultFieldValues": {"battery_mass": 2}})
        made = (await self.make(client, seen)).json()
        assert made["fields"]["battery_mass"]["value"] == 2
        assert made["fields"]["battery_mass"]["inheritedFrom"]["version"] == 2

    async def test_one_that_was_deleted_is_unknown(
        self, client: httpx2.AsyncClient, make_product: Any, make_passport: Any
    ) -> None:
        product = await make_product(client)
        passport = await make_passport(client, productId=product["_id"])
        await client.delete(f"{PASSPORTS}/{passport['_id']}")
        assert (await client.delete(f"/api/v1/products/{product['_id']}")).status_code == 200
        assert "productId" in errors_of(await self.make(client, product))

    async def test_one_that_was_archived_takes_none_until_it_is_active_again(
        self, client: httpx2.AsyncClient, make_product: Any, make_passport: Any
    ) -> None:
        product = await make_product(client)
        passport = await make_passport(client, productId=product["_id"])
        await client.delete(f"{PASSPORTS}/{passport['_id']}")
        assert (await client.post(f"/api/v1/products/{product['_id']}/archive")).status_code == 200
        refused = await self.make(client, product)
        assert refused.json()["error"] == "product_archived"
        await client.patch(f"/api/v1/products/{product['_id']}", json={"status": "active"})
        assert (await self.make(client, product)).status_code == 201
