"""Reading templates by HTTP: through the real pipeline, with real keys."""

from __future__ import annotations

from dataclasses import dataclass

import httpx2
import pytest
from tests.conftest import Office, client_of

from tracepass.templates.categories import CATEGORIES


@dataclass(frozen=True)
class Door:
    """The application and two keys: one that may read templates, one that may not."""

    http: httpx2.AsyncClient
    key: str
    other_key: str

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        return await self.http.get(path, headers={"X-API-Key": self.key, **headers})


@pytest.fixture
async def door(office: Office) -> Door:
    workspace = await office.workspace()
    reader = await office.key(workspace, scopes=frozenset({"templates:read"}))
    other = await office.key(workspace, scopes=frozenset({"passports:read"}))
    return Door(client_of(office.app, office.contract), reader, other)


async def test_the_list_names_every_category_that_has_a_template(door: Door) -> None:
    response = await door.get("/api/v1/templates")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert [template["category"] for template in response.json()["templates"]] == list(CATEGORIES)


@pytest.mark.parametrize("name", ["battery", "batteries", "Batteries"])
async def test_a_template_is_found_by_its_name_and_by_its_aliases(door: Door, name: str) -> None:
    response = await door.get(f"/api/v1/templates/{name}")
    assert response.status_code == 200
    assert response.json()["category"] == "battery"
    assert len(response.json()["fields"]) == response.json()["fieldCount"] == 144


async def test_labels_come_in_the_language_asked_for_and_in_english_otherwise(door: Door) -> None:
    english = (await door.get("/api/v1/templates/battery", **{"Accept-Language": "de"})).json()
    german = (await door.get("/api/v1/templates/battery?lang=de")).json()
    assert english["sections"][0]["label"] == "Identification"
    assert german["sections"][0]["label"] != "Identification"


@pytest.mark.parametrize("path", ["/api/v1/templates?lang=xx", "/api/v1/templates/battery?lang=DE"])
async def test_a_language_outside_the_24_is_refused(door: Door, path: str) -> None:
    response = await door.get(path)
    assert response.status_code == 400
    assert list(response.json()["details"]["fieldErrors"]) == ["lang"]


async def test_an_unknown_query_parameter_is_refused(door: Door) -> None:
    response = await door.get("/api/v1/templates/battery?language=de")
    assert response.status_code == 400
    assert list(response.json()["details"]["fieldErrors"]) == ["language"]


@pytest.mark.parametrize("name", ["spaceships", "..%2F..%2Fetc", "bl%C3%A5", "%00"])
async def test_an_unknown_category_is_answered_404_or_refused_never_an_error_of_ours(door: Door, name: str) -> None:
    response = await door.get(f"/api/v1/templates/{name}")
    assert (response.status_code, response.json()["error"]) in {(404, "template_not_found"), (400, "validation_error")}


async def test_a_reader_who_has_the_template_already_gets_304(door: Door) -> None:
    first = await door.get("/api/v1/templates/battery")
    again = await door.get("/api/v1/templates/battery", **{"If-None-Match": first.headers["etag"]})
    other_language = await door.get("/api/v1/templates/battery?lang=fr", **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert other_language.status_code == 200


async def test_templates_need_a_key_with_their_scope(door: Door) -> None:
    without = await door.http.get("/api/v1/templates")
    wrong = await door.http.get("/api/v1/templates", headers={"X-API-Key": door.other_key})
    assert (without.status_code, without.json()["error"]) == (401, "unauthorized")
    assert (wrong.status_code, wrong.json()["error"]) == (403, "insufficient_scope")
