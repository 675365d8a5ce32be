"""Products: made, changed, archived and deleted."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from tests.conftest import Office

PATH = "/api/v1/products"
BODY = {"name": "48 V pack", "model": "BP-48", "category": "battery"}
MEMBERS = {
    "_id", "name", "model", "category", "description", "templateId", "defaultFieldValues", "imageUrls",
    "passportCount", "status", "sourceLocale", "version", "createdAt", "updatedAt",
}  # fmt: skip


async def refused(answer: httpx2.Response, *paths: str, code: str = "validation_error", status: int = 400) -> None:
    """Hold an answer to be a refusal that names these paths."""
    assert (answer.status_code, answer.json()["error"]) == (status, code), answer.text
    if paths:
        assert sorted(answer.json()["details"]["fieldErrors"]) == sorted(paths)


class TestCreate:
    async def test_a_product_has_the_documented_members(self, client: httpx2.AsyncClient) -> None:
        values = {"product_name": "Pack", "battery_mass": 12.5}
        more = {
            "description": "For forklifts", "defaultFieldValues": values, "sourceLocale": "en",
            "imageUrls": ["https://example.test/a.png"],
        }  # fmt: skip
        answer = await client.post(PATH, json=BODY | more)
        product = answer.json()
        assert answer.status_code == 201
        assert set(product) == MEMBERS
        assert {name: product[name] for name in BODY | more} == BODY | more
        assert (product["status"], product["version"], product["passportCount"]) == ("active", 1, 0)
        assert product["createdAt"] == product["updatedAt"]
        assert answer.headers["location"] == f"{PATH}/{product['_id']}"
        assert answer.headers["etag"] == '"1-0"'
        assert (await client.get(answer.headers["location"])).json() == product

    async def test_what_is_not_given_is_empty(self, client: httpx2.AsyncClient) -> None:
        product = (await client.post(PATH, json=BODY)).json()
        assert (product["description"], product["sourceLocale"]) == (None, None)
        assert (product["defaultFieldValues"], product["imageUrls"]) == ({}, [])

    @pytest.mark.parametrize("name", ["battery", "batteries", "Battery", "BATTERIES"])
    async def test_a_category_goes_by_its_other_names_too(self, client: httpx2.AsyncClient, name: str) -> None:
        answer = await client.post(PATH, json=BODY | {"category": name})
        assert (answer.status_code, answer.json()["category"]) == (201, "battery")

    @pytest.mark.parametrize(
        ("members", "path"),
        [
            ({"name": ""}, "name"),
            ({"name": "   "}, "name"),
            ({"name": "x" * 201}, "name"),
            ({"name": 5}, "name"),
            ({"name": None}, "name"),
            ({"model": ""}, "model"),
            ({"model": " "}, "model"),
            ({"model": "x" * 101}, "model"),
            ({"category": "spaceship"}, "category"),
            ({"category": ""}, "category"),
            ({"description": "x" * 2001}, "description"),
            ({"sourceLocale": "xx"}, "sourceLocale"),
            ({"sourceLocale": "DE"}, "sourceLocale"),
            ({"imageUrls": "https://example.test/a.png"}, "imageUrls"),
            ({"imageUrls": ["http://example.test/a.png"]}, "imageUrls[0]"),
            ({"imageUrls": ["https://example.test/a.png", "https://"]}, "imageUrls[1]"),
            ({"imageUrls": ["https:///a.png"]}, "imageUrls[0]"),
            ({"imageUrls": ["https://example.test/a b.png"]}, "imageUrls[0]"),
            ({"imageUrls": ["javascript:alert(1)"]}, "imageUrls[0]"),
            ({"imageUrls": [f"https://example.test/{'x' * 2000}"]}, "imageUrls[0]"),
            ({"imageUrls": [f"https://example.test/{n}.png" for n in range(21)]}, "imageUrls"),
            ({"defaultFieldValues": []}, "defaultFieldValues"),
            ({"defaultFieldValues": {"warp_factor": 9}}, "defaultFieldValues.warp_factor"),
            ({"defaultFieldValues": {"battery_mass": "12"}}, "defaultFieldValues.battery_mass"),
            ({"defaultFieldValues": {"battery_mass": -1}}, "defaultFieldValues.battery_mass"),
            ({"defaultFieldValues": {"$where": "1"}}, "defaultFieldValues.$where"),
            ({"defaultFieldValues": {"product_name.de": "x"}}, "defaultFieldValues.product_name.de"),
            ({"templateId": "battery"}, "templateId"),
            ({"colour": "red"}, "colour"),
            ({"_id": "0123456789abcdef01234567"}, "_id"),
            ({"image_urls": []}, "image_urls"),
        ],
    )
    async def test_a_member_that_does_not_fit_is_refused_by_its_path(
        self, client: httpx2.AsyncClient, members: dict[str, Any], path: str
    ) -> None:
        await refused(await client.post(PATH, json=BODY | members), path)
        assert (await client.get(PATH)).json()["data"]["total"] == 0

    @pytest.mark.parametrize("missing", ["name", "model", "category"])
    async def test_a_required_member_is_asked_for(self, client: httpx2.AsyncClient, missing: str) -> None:
        await refused(await client.post(PATH, json={k: v for k, v in BODY.items() if k != missing}), missing)

    async def test_an_empty_body_lacks_all_that_is_required(self, client: httpx2.AsyncClient) -> None:
        await refused(await client.post(PATH), "category", "model", "name")

    async def test_a_value_that_is_a_text_may_look_like_an_operator(self, client: httpx2.AsyncClient) -> None:
        values = {"product_name": "$where", "label_meaning": "a.b.$c"}
        product = (await client.post(PATH, json=BODY | {"name": "$ne", "defaultFieldValues": values})).json()
        assert (product["name"], product["defaultFieldValues"]) == ("$ne", values)

    async def test_a_model_is_unique_in_its_workspace_and_environment(
        self, client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, office: Office, workspace: Any
    ) -> None:
        test = await office.client(workspace, environment="test")
        assert [(await each.post(PATH, json=BODY)).status_code for each in (client, stranger, test)] == [201] * 3
        await refused(await client.post(PATH, json=BODY | {"name": "Other"}), code="duplicate_model", status=409)

    async def test_of_two_that_take_a_model_at_once_one_gets_it(self, client: httpx2.AsyncClient) -> None:
        answers = await asyncio.gather(*(client.post(PATH, json=BODY) for _ in range(6)))
        assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
        assert (await client.get(PATH)).json()["data"]["total"] == 1


class TestPatch:
    async def test_what_is_not_named_stays(self, client: httpx2.AsyncClient, make_product: Any) -> None:
        product = await make_product(client, description="Old", sourceLocale="de")
        answer = await client.patch(f"{PATH}/{product['_id']}", json={"name": "New"})
        changed = answer.json()
        assert answer.status_code == 200
        assert changed == product | {"name": "New", "version": 2, "updatedAt": changed["updatedAt"]}
        assert answer.headers["etag"] == '"2-0"'

    async def test_null_clears_description_and_source_locale(
        self, client: httpx2.AsyncClient, make_product: Any
    ) -> None:
        product = await make_product(client, description="Old", sourceLocale="de")
        changed = await client.patch(f"{PATH}/{product['_id']}", json={"description": None, "sourceLocale": None})
        assert (changed.json()["description"], changed.json()["sourceLocale"]) == (None, None)

    @pytest.mark.parametrize("name", ["name", "model", "status", "imageUrls", "defaultFieldValues"])
    async def test_null_does_not_clear_what_must_be_there(
        self, client: httpx2.AsyncClient, make_product: Any, name: str
    ) -> None:
        product = await make_product(client)
        await refused(await client.patch(f"{PATH}/{product['_id']}", json={name: None}), name)

    @pytest.mark.parametrize("members", [{"category": "textile"}, {"version": 1}, {"passportCount": 7}, {"nmae": "x"}])
    async def test_what_is_fixed_or_unknown_is_refused(
        self, client: httpx2.AsyncClient, make_product: Any, members: dict[str, Any]
    ) -> None:
        product = await make_product(client)
        await refused(await client.patch(f"{PATH}/{product['_id']}", json=members), *members)

    async def test_default_values_and_image_urls_are_replaced_whole(
        self, client: httpx2.AsyncClient, make_product: Any
    ) -> None:
        product = await make_product(
            client, defaultFieldValues={"battery_mass": 1, "product_name": "A"}, imageUrls=["https://example.test/1"]
        )
        members = {"defaultFieldValues": {"battery_mass": 2}, "imageUrls": ["https://example.test/2"]}
        changed = (await client.patch(f"{PATH}/{product['_id']}", json=members)).json()
        assert {name: changed[name] for name in members} == members

    async def test_default_values_are_checked_again(self, client: httpx2.AsyncClient, make_product: Any) -> None:
        product = await make_product(client)
        answer = await client.patch(f"{PATH}/{product['_id']}", json={"defaultFieldValues": {"battery_mass": True}})
        await refused(answer, "defaultFieldValues.battery_mass")

    @pytest.mark.parametrize("url", ["http://example.test/a", "https://", "https://example.test/a b", "ftp://x", ""])
    async def test_a_new_image_url_must_be_https(self, client: httpx2.AsyncClient, make_product: Any, url: str) -> None:
        product = await make_product(client)
        answer = await client.patch(f"{PATH}/{product['_id']}", json={"imageUrls": ["https://example.test/", url]})
        await refused(answer, "imageUrls[1]")

    async def test_a_model_of_another_product_is_refused(self, client: httpx2.AsyncClient, make_product: Any) -> None:
        first, second = await make_product(client), await make_product(client)
        answer = await client.patch(f"{PATH}/{second['_id']}", json={"model": first["model"]})
        await refused(answer, code="duplicate_model", status=409)
        assert (await client.get(f"{PATH}/{second['_id']}")).json() == second

    async def test_a_patch_that_changes_nothing_makes_no_version(
        self, client: httpx2.AsyncClient, make_product: Any
    ) -> None:
        product = await make_product(client)
        for body in ({}, {"name": product["name"]}):
            answer = await client.patch(f"{PATH}/{product['_id']}", json=body)
            assert answer.json() == product

    async def test_two_patches_at_once_both_take_effect(self, client: httpx2.AsyncClient, make_product: Any) -> None:
        path = f"{PATH}/{(await make_product(client))['_id']}"
        bodies: list[dict[str, str]] = [{"name": "N"}, {"model": "M"}, {"description": "D"}, {"sourceLocale": "fr"}]
        answers = await asyncio.gather(*(client.patch(path, json=body) for body in bodies))
        assert [answer.status_code for answer in answers] == [200] * 4
        final = (await client.get(path)).json()
        assert final["version"] == 5
        assert [final[name] for body in bodies for name in body] == ["N", "M", "D", "fr"]


class TestConditions:
    @pytest.mark.parametrize("tag", ['"1-0"', '"1"', '"1-99"', '"7", "1-0"', 'W/"1-0"', "*"])
    async def test_a_change_to_the_expected_version_is_made(
        self, client: httpx2.AsyncClient, make_product: Any, tag: str
    ) -> None:
        path = f"{PATH}/{(await make_product(client))['_id']}"
        answer = await client.patch(path, json={"name": "New"}, headers={"If-Match": tag})
        assert (answer.status_code, answer.json()["version"]) == (200, 2)

    @pytest.mark.parametrize("tag", ['"2-0"', '"2"', "1", "x", "", '""', '"1', '"1-0', '"01x"', f'"{"9" * 5000}"'])
    async def test_a_change_to_another_version_is_refused(
        self, client: httpx2.AsyncClient, make_product: Any, tag: str
    ) -> None:
        product = await make_product(client)
        path = f"{PATH}/{product['_id']}"
        for answer in (
            await client.patch(path, json={"name": "New"}, headers={"If-Match": tag}),
            await client.post(f"{path}/archive", headers={"If-Match": tag}),
            await client.delete(path, headers={"If-Match": tag}),
        ):
            assert (answer.status_code, answer.json()["error"]) == (412, "precondition_failed")
            assert answer.json()["details"] == {"version": 1}
        assert (await client.get(path)).json() == product

    async def test_the_condition_may_stand_in_several_headers(
        self, client: httpx2.AsyncClient, make_product: Any
    ) -> None:
        path = f"{PATH}/{(await make_product(client))['_id']}"
        headers = [("If-Match", '"7-0"'), ("If-Match", '"1-0"')]
        assert (await client.patch(path, json={"name": "New"}, headers=headers)).status_code == 200

    async def test_of_many_that_expect_one_version_one_writes(
        self, client: httpx2.AsyncClient, make_product: Any
    ) -> None:
        path = f"{PATH}/{(await make_product(client))['_id']}"
        answers = await asyncio.gather(
            *(client.patch(path, json={"name": f"N{n}"}, headers={"If-Match": '"1-0"'}) for n in range(6))
        )
        assert sorted(answer.status_code for answer in answers) == [200, *[412] * 5]

    async def test_a_reader_who_has_it_already_gets_304_until_a_passport_is_made(
        self, client: httpx2.AsyncClient, make_product: Any, make_passport: Any
    ) -> None:
        product = await make_product(client)
        path = f"{PATH}/{product['_id']}"
        for tags in ('"1-0"', 'W/"1-0"', '"9", "1-0"', "*"):
            again = await client.get(path, headers={"If-None-Match": tags})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", '"1-0"')
        await make_passport(client, productId=product["_id"])
        fresh = await client.get(path, headers={"If-None-Match": '"1-0"'})
        assert (fresh.status_code, fresh.json()["passportCount"], fresh.headers["etag"]) == (200, 1, '"1-1"')

    async def test_a_passport_more_is_no_other_version_for_a_writer(
        self, client: httpx2.AsyncClient, make_product: Any, make_passport: Any
    ) -> None:
        product = await make_product(client)
        await make_passport(client, productId=product["_id"])
        answer = await client.patch(f"{PATH}/{product['_id']}", json={"name": "N"}, headers={"If-Match": '"1-0"'})
        assert (answer.status_code, answer.headers["etag"]) == (200, '"2-1"')


class TestArchive:
    async def test_an_archived_product_takes_no_passports_and_can_come_back(
        self, client: httpx2.AsyncClient, make_product: Any, gtin: str
    ) -> None:
        product = await make_product(client)
        path = f"{PATH}/{product['_id']}"
        archived = await client.post(f"{path}/archive")
        assert (archived.status_code, archived.json()["status"], archived.json()["version"]) == (200, "archived", 2)
        body = {"productId": product["_id"], "gs1": {"gtin": gtin}}
        await refused(await client.post("/api/v1/passports", json=body), code="product_archived", status=409)
        assert (await client.patch(path, json={"status": "active"})).json()["status"] == "active"
        assert (await client.post("/api/v1/passports", json=body)).status_code == 201

    async def test_archiving_again_changes_nothing(self, client: httpx2.AsyncClient, make_product: Any) -> None:
        path = f"{PATH}/{(await make_product(client))['_id']}"
        first = await client.post(f"{path}/archive")
        assert (await client.post(f"{path}/archive", json={})).json() == first.json()

    async def test_a_product_in_use_is_not_archived(
        self, client: httpx2.AsyncClient, make_product: Any, make_passport: Any
    ) -> None:
        product = await make_product(client)
        passport = await make_passport(client, productId=product["_id"])
        path = f"{PATH}/{product['_id']}"
        for answer in (
            await client.post(f"{path}/archive"),
            await client.patch(path, json={"status": "archived", "name": "x"}),
        ):
            await refused(answer, code="product_in_use", status=409)
            assert answer.json()["details"] == {"passportCount": 1}
        await client.post(f"/api/v1/passports/{passport['_id']}/archive")
        assert (await client.post(f"{path}/archive")).json()["passportCount"] == 1

    async def test_unknown_members_are_refused(self, client: httpx2.AsyncClient, make_product: Any) -> None:
        product = await make_product(client)
        await refused(await client.post(f"{PATH}/{product['_id']}/archive", json={"force": True}), "force")


class TestDelete:
    async def test_a_deleted_product_is_gone_and_its_model_is_free(
        self, client: httpx2.AsyncClient, make_product: Any
    ) -> None:
        product = await make_product(client)
        path = f"{PATH}/{product['_id']}"
        answer = await client.delete(path)
        assert answer.status_code == 200
        assert answer.json()["summary"] == {
            "productId": product["_id"], "name": product["name"], "deletedCounts": {"images": 0},
        }  # fmt: skip
        for gone in (await client.get(path), await client.delete(path), await client.patch(path, json={"name": "x"})):
            await refused(gone, code="not_found", status=404)
        assert (await make_product(client, model=product["model"]))["_id"] != product["_id"]

    async def test_a_product_with_passports_stays_even_if_they_are_archived(
        self, client: httpx2.AsyncClient, make_product: Any, make_passport: Any
    ) -> None:
        product = await make_product(client)
        passport = await make_passport(client, productId=product["_id"])
        await client.post(f"/api/v1/passports/{passport['_id']}/archive")
        answer = await client.delete(f"{PATH}/{product['_id']}")
        await refused(answer, code="product_has_passports", status=409)
        assert answer.json()["details"] == {"passportCount": 1}

    async def test_of_two_that_delete_at_once_one_does(self, client: httpx2.AsyncClient, make_product: Any) -> None:
        path = f"{PATH}/{(await make_product(client))['_id']}"
        statuses = [answer.status_code for answer in await asyncio.gather(*(client.delete(path) for _ in range(5)))]
        assert statuses.count(200) == 1
        assert set(statuses) <= {200, 404, 409}


class TestBatch:
    async def test_each_item_stands_alone(self, client: httpx2.AsyncClient) -> None:
        items = [BODY, BODY, BODY | {"model": "B", "category": "spaceship"}, {"name": "x"}, BODY | {"model": "C"}]
        answer = await client.post(f"{PATH}/batch", json={"products": items})
        body = answer.json()
        assert answer.status_code == 207
        assert body["summary"] == {"created": 2, "failed": 3}
        assert [result["index"] for result in body["results"]] == [0, 1, 2, 3, 4]
        outcomes = [result.get("error", "created") for result in body["results"]]
        assert outcomes == ["created", "duplicate_model", "validation_error", "validation_error", "created"]
        assert body["results"][0]["data"]["model"] == "BP-48"
        assert sorted(body["results"][3]["details"]["fieldErrors"]) == ["category", "model"]
        assert (await client.get(PATH)).json()["data"]["total"] == 2

    @pytest.mark.parametrize("body", [{}, {"products": []}, {"products": [BODY] * 101}, {"products": {}}])
    async def test_a_batch_has_1_to_100_items(self, client: httpx2.AsyncClient, body: dict[str, Any]) -> None:
        await refused(await client.post(f"{PATH}/batch", json=body), "products")

    async def test_unknown_members_of_batch_and_item_are_refused(self, client: httpx2.AsyncClient) -> None:
        await refused(await client.post(f"{PATH}/batch", json={"products": [BODY], "dryRun": True}), "dryRun")
        answer = await client.post(f"{PATH}/batch", json={"products": [BODY | {"colour": "red"}]})
        assert answer.json()["results"][0]["details"]["fieldErrors"] == {"colour": ["is not known here"]}
