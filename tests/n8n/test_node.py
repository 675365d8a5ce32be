"""The n8n node: it is built, its own tests pass, and what it would send is what the contract says."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from tests.n8n.building import PACKAGE, built, run
from tests.n8n.real import N8N, ROOT, WORKFLOWS

from tracepass import contract

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.xdist_group("n8n"), pytest.mark.timeout(300)]

CONTRACT: dict[str, Any] = dict(contract.load())
METHODS = {"get", "post", "put", "patch", "delete"}

#: Operations whose subject is one of the node's resources, and why the node leaves them out.
LEFT_OUT = {
    "releasePageToken": "the node reads pages to the end or lets their tokens lapse",
    "listEpcisResources": "says what the node shows",
    "listEpcisResourcesAtSlash": "says what the node shows",
}
#: Index resources of EPCIS: every event below them is found by a filter of Query.
INDEXES = re.compile(r"^/api/v1/epcis/(eventTypes|epcs|bizSteps|bizLocations|readPoints|dispositions)\b")
TAGS = {
    "Products",
    "Fields",
    "Parties",
    "Lifecycle",
    "Codes and records",
    "Life of a product",
    "Compliance",
    "EPCIS",
    "Templates",
    "Webhooks",
    "GS1 tools",
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, compiled."""
    return built(tmp_path_factory.mktemp("n8n"))


@pytest.fixture(scope="module")
def requests(package: Path) -> list[dict[str, Any]]:
    """What every operation would send with every parameter given."""
    found: list[dict[str, Any]] = json.loads(run("node", "tests/operations.mjs", cwd=package))
    return found


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema behind its references."""
    while "$ref" in schema:
        found: Any = CONTRACT
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        schema = found
    return schema


def operation_of(request: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The path item and operation that a request reaches; paths without parameters come first."""
    matching = [
        path
        for path, item in CONTRACT["paths"].items()
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), request["url"]) and request["method"].lower() in item
    ]
    assert matching, f"{request['method']} {request['url']} is not in the contract"
    item = CONTRACT["paths"][min(matching, key=lambda path: path.count("{"))]
    return item, item[request["method"].lower()]


def names_in(schema: dict[str, Any], *, required: bool = False) -> set[str]:
    """The members that a body may have, or must."""
    schema = resolved(schema)
    choices = [names_in(choice, required=required) for choice in schema.get("anyOf", [])]
    if choices:
        return set.intersection(*choices) if required else set.union(*choices)
    return set(schema.get("required" if required else "properties", ()))


def test_its_own_tests_pass(package: Path) -> None:
    printed = run("node", "--test", *sorted(str(path) for path in (package / "tests").glob("*.test.mjs")), cwd=package)
    assert re.search(r"^# fail 0$", printed, re.MULTILINE), printed[-2000:]


def test_every_operation_sends_what_the_contract_knows(requests: list[dict[str, Any]]) -> None:
    for request in requests:
        item, operation = operation_of(request)
        parameters = [resolved(one) for one in [*item.get("parameters", []), *operation.get("parameters", [])]]
        by_place = {place: {one["name"] for one in parameters if one["in"] == place} for place in ("query", "header")}
        label = (request["resource"], request["operation"], request.get("passportBy"))
        assert set(request["query"]) <= by_place["query"], label
        assert set(request["headers"]) - {"Content-Type"} <= by_place["header"], label
        content = resolved(operation.get("requestBody", {})).get("content", {})
        for media in list(content.values())[:1]:
            assert set(request["body"]) <= names_in(media["schema"]) or not names_in(media["schema"]), label
            assert names_in(media["schema"], required=True) <= set(request["body"]), label
        assert content or not request["body"], label


def test_every_operation_of_its_resources_is_there(requests: list[dict[str, Any]]) -> None:
    reached = {operation_of(request)[1]["operationId"] for request in requests}
    expected = {
        operation["operationId"]
        for path, item in CONTRACT["paths"].items()
        for method, operation in item.items()
        if method in METHODS
        and TAGS & set(operation["tags"])
        and path.startswith("/api/v1/")
        and not INDEXES.match(path)
    }
    assert expected - reached - set(LEFT_OUT) == set()


def test_every_operation_on_a_passport_has_a_form_by_serial_number(requests: list[dict[str, Any]]) -> None:
    by_id = {one["operation"] for one in requests if "/passports/x" in one["url"]}
    by_serial = {one["operation"] for one in requests if "/passports/by-serial/x" in one["url"]}
    assert by_id == by_serial != set()


def test_it_names_every_event_that_there_is(package: Path) -> None:
    script = "process.stdout.write(JSON.stringify(require('./dist/nodes/TracePass/shared/eventTypes.js')))"
    events = {one["value"] for one in json.loads(run("node", "-e", script, cwd=package))["eventTypeOptions"]}
    create = resolved(
        CONTRACT["paths"]["/api/v1/webhooks"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    )
    assert events == set(resolved(resolved(create["properties"]["events"])["items"])["enum"])


def test_it_needs_nothing_at_run_time() -> None:
    manifest = json.loads((PACKAGE / "package.json").read_text("utf-8"))
    assert "dependencies" not in manifest
    assert manifest["license"] == "MIT"


def test_the_guide_names_the_version_of_n8n_that_it_is_tested_with() -> None:
    guide = (ROOT / "docs/n8n.md").read_text("utf-8")
    assert f"n8n {N8N['dependencies']['n8n']}" in " ".join(guide.split())


def test_the_workflows_name_operations_that_the_node_has(requests: list[dict[str, Any]]) -> None:
    known = {(one["resource"], one["operation"]) for one in requests}
    nodes = [node for path in sorted(WORKFLOWS.glob("*.json")) for node in json.loads(path.read_text("utf-8"))["nodes"]]
    used = {
        (node["parameters"]["resource"], node["parameters"]["operation"])
        for node in nodes
        if node["type"] == "n8n-nodes-tracepass.tracePass"
    }
    assert used <= known
