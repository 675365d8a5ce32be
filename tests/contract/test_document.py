"""The contract by itself: one sound document, whose samples keep their own rules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import validate
from tests.contract.checker import Checker

from tracepass.contract import PAGE_POLICY, as_json, as_yaml, document, load, render_reference
from tracepass.core.errors import CODES
from tracepass.oauth.models import WORDS

CHECKER = Checker(load())
OPERATIONS = {operation.id: operation for operation in CHECKER.operations}
SERVER = "https://api.tracepass.example"


def _samples() -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """Give each sample of the contract with the schema it belongs to."""
    for name, schema in CHECKER.document["components"]["schemas"].items():
        for sample in schema.get("examples", ()):
            yield name, {"$ref": f"#/components/schemas/{name}"}, sample
    for operation in CHECKER.operations:
        for parameter in operation.parameters:
            if "example" in parameter:
                yield f"{operation.id} {parameter['name']}", parameter["schema"], parameter["example"]
        for status, reference in operation.definition["responses"].items():
            yield from _samples_of_answer(f"{operation.id} {status}", CHECKER.resolve(reference))


def _samples_of_answer(where: str, response: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    for header in map(CHECKER.resolve, response.get("headers", {}).values()):
        yield where, header["schema"], header["example"]
    for media in response.get("content", {}).values():
        for example in map(CHECKER.resolve, media.get("examples", {}).values()):
            yield where, media["schema"], example["value"]
        if "example" in media:
            yield where, media["schema"], media["example"]


def test_it_is_valid_openapi_3_1() -> None:
    validate(json.loads(as_json(load())))


def test_every_sample_fits_its_schema() -> None:
    faults = [
        f"{where}: {fault.message}"
        for where, schema, sample in _samples()
        for fault in CHECKER.validator(schema).iter_errors(sample)
    ]
    assert faults == []


def test_nothing_refers_to_another_file() -> None:
    references = re.findall(rb'"\$ref":"([^"]*)"', as_json(load()))
    assert references
    assert [reference for reference in references if not reference.startswith(b"#/components/")] == []


def test_json_and_yaml_say_the_same() -> None:
    assert yaml.safe_load(as_yaml(load())) == json.loads(as_json(load()))


def test_servers_are_the_public_urls() -> None:
    found = document(SERVER, "https://id.tracepass.example")
    assert found["servers"][0]["url"] == SERVER
    assert found["paths"]["/p/01/{gtin}"]["servers"] == [{"url": "https://id.tracepass.example"}]
    assert "servers" not in found["paths"]["/api/v1/passports"]
    assert load()["servers"][0]["url"] == "/"


def test_one_public_url_serves_all() -> None:
    assert "servers" not in document(f"{SERVER}/")["paths"]["/p/01/{gtin}"]


@pytest.mark.parametrize("operation", CHECKER.operations, ids=lambda operation: operation.id)
class TestEveryOperation:
    def test_is_described(self, operation: Any) -> None:
        definition = operation.definition
        assert re.fullmatch(r"[a-z]+[A-Za-z]+", operation.id)
        assert {"summary", "description", "tags", "responses"} <= set(definition)
        assert definition["tags"][0] in {tag["name"] for tag in CHECKER.document["tags"]}

    def test_names_the_parameters_of_its_path(self, operation: Any) -> None:
        named = {parameter["name"] for parameter in operation.parameters if parameter["in"] == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", operation.path))

    def test_answers_the_statuses_of_the_pipeline(self, operation: Any) -> None:
        expected = set()
        if operation.path.startswith("/api/v1/") and operation.definition["security"]:
            unfit = "406" if operation.path.startswith("/api/v1/traces") else "400"
            expected |= {unfit, "401", "503"} | ({"403"} if operation.scopes else set())
        if "requestBody" in operation.definition:
            expected |= {"413", "415"}
        if any(parameter["name"] == "If-Match" for parameter in operation.parameters):
            expected.add("412")
        if any(parameter["name"] == "If-None-Match" for parameter in operation.parameters):
            expected.add("304")
        if "x-budget" in operation.definition:
            expected.add("429")
        if any(parameter["name"] == "Idempotency-Key" for parameter in operation.parameters):
            expected |= {"409", "422"}
        assert expected <= set(operation.answers)

    def test_an_access_token_opens_what_a_key_opens(self, operation: Any) -> None:
        requirements = operation.definition.get("security", CHECKER.document["security"])
        by_kind = {kind: scopes for requirement in requirements for kind, scopes in requirement.items()}
        assert by_kind.get("bearerKey") == by_kind.get("headerKey") == by_kind.get("oauth2")

    def test_carries_a_request_id_in_every_answer(self, operation: Any) -> None:
        assert [status for status, answer in operation.answers.items() if "x-request-id" not in answer.headers] == []

    def test_has_its_twin_by_serial_number(self, operation: Any) -> None:
        if "/passports/{id}" in operation.path:
            twin = OPERATIONS[f"{operation.id}BySerial"]
            assert twin.path == operation.path.replace("{id}", "by-serial/{serial}")
            assert set(twin.answers) == set(operation.answers) | {"409"}
            assert "ambiguous_serial" in twin.answers["409"].codes["application/json"]
            assert twin.scopes == operation.scopes


def test_every_scope_is_explained() -> None:
    flow = CHECKER.document["components"]["securitySchemes"]["oauth2"]["flows"]["authorizationCode"]
    assert flow["scopes"] == dict(WORDS)


def test_every_code_in_a_sample_exists_and_has_its_status() -> None:
    wrong = [
        (operation.id, status, code)
        for operation in CHECKER.operations
        for status, answer in operation.answers.items()
        for codes in answer.codes.values()
        for code in codes
        if int(status) >= 400 and CODES.get(code) != int(status)
    ]
    assert wrong == []


def test_the_errors_page_explains_exactly_the_codes_that_exist() -> None:
    page = (Path(__file__).parents[2] / "docs" / "errors.md").read_text("utf-8")
    section, explained = 0, {}
    for line in page.splitlines():
        if heading := re.match(r"### (\d{3})", line):
            section = int(heading[1])
        if row := re.match(r"\| `(\w+)` \|(?: (\d{3}) \|)?", line):
            explained[row[1]] = int(row[2] or section)
    assert explained == dict(CODES)


class _Page(HTMLParser):
    """What matters of a page: its tags, its targets, its links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        if "id" in found:
            self.ids.append(found["id"])
        if "href" in found:
            self.links.add(found["href"])
        assert not any(name.startswith("on") or name == "style" for name in found)


@pytest.fixture(scope="module")
def text() -> str:
    return render_reference(document(SERVER), SERVER)


def test_the_reference_shows_every_operation_once(text: str) -> None:
    ids = _Page(text).ids
    shown = {operation.id for operation in CHECKER.operations if not operation.id.endswith("BySerial")}
    assert shown <= set(ids)
    assert len(ids) == len(set(ids))


def test_the_reference_needs_no_script_and_nothing_from_elsewhere(text: str) -> None:
    page = _Page(text)
    assert page.tags.isdisjoint({"script", "img", "iframe", "object", "form"})
    assert {link for link in page.links if not link.startswith(("#", "data:", SERVER))} == set()
    assert "default-src 'none'" in PAGE_POLICY


def test_every_link_of_the_reference_leads_somewhere(text: str) -> None:
    page = _Page(text)
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_the_reference_has_a_line_to_copy_for_every_operation(text: str) -> None:
    assert f"curl -sS -X POST &#39;{SERVER}/api/v1/passports&#39;" in text
    assert "BP-48V-100-000001" in text


def test_words_of_the_contract_are_escaped() -> None:
    hostile = json.loads(as_json(load()))
    hostile["info"]["title"] = hostile["info"]["description"] = "<script>alert(1)</script>"
    assert "<script" not in render_reference(hostile, SERVER)
