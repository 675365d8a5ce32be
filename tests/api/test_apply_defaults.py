"""The default values of a product, copied into passports that exist: only when asked, and only where they may."""

from __future__ import annotations

from typing import Any

import httpx2

Json = dict[str, Any]
OLD = {"rated_capacity": 100, "battery_chemistry": "li_ion_lfp"}


async def _apply(client: httpx2.AsyncClient, product: Json, **body: Any) -> Json:
    answer = await client.post(f"/api/v1/products/{product['_id']}/apply-defaults", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _set_defaults(client: httpx2.AsyncClient, product: Json, **values: Any) -> Json:
    answer = await client.patch(f"/api/v1/products/{product['_id']}", json={"defaultFieldValues": values})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _read(client: httpx2.AsyncClient, passport: Json) -> Json:
    return dict((await client.get(f"/api/v1/passports/{passport['_id']}")).json())


async def _write(client: httpx2.AsyncClient, passport: Json, key: str, **write: Any) -> None:
    answer = await client.patch(f"/api/v1/passports/{passport['_id']}/fields/{key}", json=write)
    assert answer.status_code == 200, answer.text


async def _move(client: httpx2.AsyncClient, passport: Json, *moves: str) -> None:
    for move in moves:
        body = {"acknowledgeGaps": True} if move == "publish" else {}
        answer = await client.post(f"/api/v1/passports/{passport['_id']}/{move}", json=body)
        assert answer.status_code == 200, answer.text


async def test_a_dry_run_tells_what_would_change_and_changes_nothing(
    client: httpx2.AsyncClient, make_product: Any, make_passport: Any
) -> None:
    product = await make_product(client, defaultFieldValues=OLD)
    passport = await make_passport(client, productId=product["_id"])
    product = await _set_defaults(client, product, **(OLD | {"rated_capacity": 105, "rated_energy": 5.12}))
    before = await _read(client, passport)

    found = await _apply(client, product)

    assert found["dryRun"] is True
    assert found["productVersion"] == product["version"] == 2
    keys = {"changedKeys": ["rated_capacity", "rated_energy"], "unfitKeys": []}
    assert found["passports"] == [{"_id": passport["_id"], "status": "draft", "version": 1, **keys}]
    assert found["summary"] == {"examined": 1, "changed": 1, "failed": 0}
    assert await _read(client, passport) == before


async def test_the_write_is_an_ordinary_one_with_its_change_record(
    client: httpx2.AsyncClient, make_product: Any, make_passport: Any
) -> None:
    product = await make_product(client, defaultFieldValues=OLD)
    passport = await make_passport(client, productId=product["_id"])
    await _set_defaults(client, product, **(OLD | {"rated_capacity": 105}))

    found = await _apply(client, product, dryRun=False)
    after = await _read(client, passport)

    assert [(item["changedKeys"], item["version"]) for item in found["passports"]] == [(["rated_capacity"], 2)]
    field = after["fields"]["rated_capacity"]
    assert (field["value"], field["source"], field["status"]) == (105, "system", "approved")
    assert field["inheritedFrom"] == {"productId": product["_id"], "version": 2}
    assert after["fields"]["battery_chemistry"]["inheritedFrom"]["version"] == 1
    history = (await client.get(f"/api/v1/passports/{passport['_id']}/history")).json()["data"]["items"]
    assert history[0]["action"] == "apply_defaults"
    assert {"path": "fields.rated_capacity.value", "old": 100, "new": 105} in history[0]["changes"]

    again = await _apply(client, product, dryRun=False)
    assert (again["passports"], again["summary"]["changed"]) == ([], 0)


async def test_what_was_written_since_stays_and_so_does_what_waits_for_review(
    client: httpx2.AsyncClient, make_product: Any, make_passport: Any
) -> None:
    product = await make_product(client, defaultFieldValues=OLD)
    passport = await make_passport(client, productId=product["_id"])
    await _write(client, passport, "rated_capacity", value=99)
    await _write(client, passport, "battery_chemistry", value="li_ion_nmc", source="ai_suggested")
    await _set_defaults(client, product, rated_capacity=105, battery_chemistry="pb", rated_energy=5.12)

    found = await _apply(client, product, dryRun=False)
    fields = (await _read(client, passport))["fields"]

    assert [item["changedKeys"] for item in found["passports"]] == [["rated_energy"]]
    assert fields["rated_capacity"]["value"] == 99
    assert fields["battery_chemistry"]["value"] == "li_ion_lfp"
    assert fields["battery_chemistry"]["pending"]["value"] == "li_ion_nmc"


async def test_an_emptied_field_takes_the_default_again(
    client: httpx2.AsyncClient, make_product: Any, make_passport: Any
) -> None:
    product = await make_product(client, defaultFieldValues=OLD)
    passport = await make_passport(client, productId=product["_id"])
    await _write(client, passport, "rated_capacity", value=None)
    await _apply(client, product, dryRun=False)
    assert (await _read(client, passport))["fields"]["rated_capacity"]["value"] == 100


async def test_others_than_drafts_take_part_only_when_named_and_archived_ones_never(
    client: httpx2.AsyncClient, make_product: Any, make_passport: Any
) -> None:
    product = await make_product(client, defaultFieldValues=OLD)
    made = {status: await make_passport(client, productId=product["_id"]) for status in ("approved", "published")}
    archived = await make_passport(client, productId=product["_id"])
    await _move(client, made["approved"], "submit", "approve")
    await _move(client, made["published"], "publish")
    await _move(client, archived, "archive")
    await _set_defaults(client, product, **(OLD | {"rated_capacity": 105}))

    drafts_only = await _apply(client, product, dryRun=False)
    named = await _apply(client, product, dryRun=False, statuses=["approved", "published"])
    refused = await client.post(
        f"/api/v1/products/{product['_id']}/apply-defaults", json={"statuses": ["draft", "archived"]}
    )

    assert drafts_only["summary"] == {"examined": 0, "changed": 0, "failed": 0}
    assert {item["_id"]: item["status"] for item in named["passports"]} == {
        made["approved"]["_id"]: "in_review",
        made["published"]["_id"]: "published",
    }
    assert refused.status_code == 400
    assert list(refused.json()["details"]["fieldErrors"]) == ["statuses[1]"]
    link = made["published"]["gs1"]
    scan = await client.get(
        f"/p/01/{link['gtin']}/21/{link['serialNumber']}", headers={"Accept": "application/ld+json"}
    )
    assert "105" in scan.text
    assert (await _read(client, archived))["fields"]["rated_capacity"]["value"] == 100


async def test_keys_choose_among_the_defaults(
    client: httpx2.AsyncClient, make_product: Any, make_passport: Any
) -> None:
    product = await make_product(client, defaultFieldValues=OLD)
    await make_passport(client, productId=product["_id"])
    await _set_defaults(client, product, rated_capacity=105, battery_chemistry="pb")

    found = await _apply(client, product, keys=["rated_capacity"])
    refused = await client.post(f"/api/v1/products/{product['_id']}/apply-defaults", json={"keys": ["rated_energy"]})

    assert found["passports"][0]["changedKeys"] == ["rated_capacity"]
    assert found["values"] == {"rated_capacity": 105}
    assert (refused.status_code, list(refused.json()["details"]["fieldErrors"])) == (400, ["keys"])


async def test_one_call_looks_at_a_bounded_number_and_the_cursor_goes_on(
    client: httpx2.AsyncClient, make_product: Any, make_passport: Any
) -> None:
    product = await make_product(client, defaultFieldValues=OLD)
    made = [await make_passport(client, productId=product["_id"]) for _ in range(5)]
    await _set_defaults(client, product, rated_capacity=105)

    body: Json = {"dryRun": False, "limit": 2}
    changed, calls = [], 0
    while calls == 0 or "cursor" in body:
        found = await _apply(client, product, **body)
        changed += [item["_id"] for item in found["passports"]]
        body = {"dryRun": False, "limit": 2} | ({"cursor": found["nextCursor"]} if "nextCursor" in found else {})
        calls += 1

    assert calls == 3
    assert sorted(changed) == sorted(passport["_id"] for passport in made)


async def test_a_default_that_refers_to_a_missing_file_is_refused_passport_by_passport(
    client: httpx2.AsyncClient, make_product: Any, make_passport: Any
) -> None:
    product = await make_product(client)
    passport = await make_passport(client, productId=product["_id"])
    template = (await client.get("/api/v1/templates/battery")).json()
    key = next(field["key"] for field in template["fields"] if field["dataType"] == "file_reference")
    await _set_defaults(client, product, **{key: {"fileId": "0123456789abcdef01234567"}})

    found = await _apply(client, product, dryRun=False)

    assert found["summary"] == {"examined": 1, "changed": 0, "failed": 1}
    assert found["passports"][0]["error"] == "validation_error"
    assert (await _read(client, passport))["version"] == 1


async def test_passports_of_other_products_are_left_alone(
    client: httpx2.AsyncClient, make_product: Any, make_passport: Any
) -> None:
    product = await make_product(client, defaultFieldValues=OLD)
    await make_passport(client)
    assert (await _apply(client, product))["summary"]["examined"] == 0
