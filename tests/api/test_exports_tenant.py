"""Everything a workspace has, streamed: complete, in order, of one moment, and in every form the same."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from typing import Any

import httpx2
import orjson
import pytest
import rdflib
import zstandard
from pyld import jsonld
from rdflib.compare import isomorphic
from tests.api.tenants import EVENT, PARTY, fill_passport, furnish
from tests.conftest import ORIGIN, Make, MovableClock, Office

from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database
from tracepass.identity.models import Workspace
from tracepass.templates.categories import CATEGORIES

TENANT = "/api/v1/exports/tenant"
JSON_LD, NDJSON, NQUADS, TURTLE = "application/ld+json", "application/x-ndjson", "application/n-quads", "text/turtle"
ARRAYS = (
    "products",
    "passports",
    "templates",
    "files",
    "links",
    "lots",
    "traces",
    "lifeEntries",
    "measurements",
    "epcisEvents",
    "epcisMasterData",
    "epcisVisibility",
)


async def exported(client: httpx2.AsyncClient, **params: str) -> dict[str, Any]:
    answer = await client.get(TENANT, params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def in_form(client: httpx2.AsyncClient, media_type: str) -> str:
    answer = await client.get(TENANT, headers={"Accept": media_type})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == media_type
    return answer.text


def refuse_network(url: str, _: Any) -> Any:
    message = f"an export needs nothing from elsewhere, and asked for {url}"
    raise AssertionError(message)


def graph_of(document: dict[str, Any]) -> rdflib.Graph:
    """What PyLD makes of a document, without its digest, which is of its bytes and not of what it says."""
    said = {name: value for name, value in document.items() if name != "digest"}
    quads = jsonld.to_rdf(said, {"format": NQUADS, "documentLoader": refuse_network})
    return rdflib.Graph().parse(data=quads, format="nt")


def graph_of_statements(text: str) -> rdflib.Graph:
    kept = [line for line in text.split("\n") if "#digest>" not in line]
    assert len(kept) == text.count("\n")
    return rdflib.Graph().parse(data="\n".join(kept), format="nt")


async def test_an_export_holds_one_of_everything_as_its_get_shows_it(
    client: httpx2.AsyncClient, make_product: Make, workspace: Workspace
) -> None:
    made = await furnish(client, make_product)

    found = await exported(client)

    assert [found["counts"][name] for name in ARRAYS] == [1] * len(ARRAYS)
    assert found["company"] == {
        "id": str(workspace.id), "name": "Voltwerk", "slug": workspace.slug, "defaultLocale": "en",
    }  # fmt: skip
    told, shown = found["passports"][0], (await client.get(f"/api/v1/passports/{made['passport']['_id']}")).json()
    assert {name: value for name, value in told.items() if not name.startswith("@")} == without_nulls(shown)
    state = told["fields"][made["translated"]]
    assert state["translations"]["fr"]["value"].startswith("À")
    assert state["pending"]["value"] == "Neu"
    assert told["parties"]["manufacturer"]["legalName"] == PARTY["legalName"]
    product = (await client.get(f"/api/v1/products/{told['productId']}")).json()
    del product["passportCount"]
    assert {name: value for name, value in found["products"][0].items() if name[0] != "@"} == without_nulls(product)
    assert found["files"][0]["sha256"] == made["file"]["sha256"]
    assert found["links"][0]["href"] == made["link"]["href"]
    for array, thing in (("lots", "lot"), ("traces", "trace")):
        shown = {name: made[thing][name] for name in made[thing].keys() - {"id", "passports"}}
        assert found[array][0].items() >= without_nulls(shown).items()
        assert found[array][0]["_id"] == made[thing]["id"]
    assert found["epcisEvents"][0]["event"] == EVENT
    assert found["epcisEvents"][0]["eventID"] == made["event"]["eventID"]
    definition = (await client.get("/api/v1/templates/battery")).json()
    assert found["templates"][0]["definition"] == definition


def without_nulls(shown: dict[str, Any]) -> dict[str, Any]:
    """The members that are not null, of an entity, of its key and of its fields."""
    kept = {name: value for name, value in shown.items() if value is not None}
    for name in {"gs1"} & set(kept):
        kept[name] = {key: value for key, value in kept[name].items() if value is not None}
    for key, state in kept.get("fields", {}).items():
        kept["fields"][key] = {name: value for name, value in state.items() if name == "value" or value is not None}
    return kept


async def test_passports_of_every_state_are_told(client: httpx2.AsyncClient, make_passport: Make) -> None:
    await make_passport(client)
    moves: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "in_review": [("submit", {})],
        "approved": [("submit", {}), ("approve", {})],
        "published": [("publish", {"acknowledgeGaps": True})],
        "suspended": [("publish", {"acknowledgeGaps": True}), ("suspend", {"reason": "Recall"})],
        "archived": [("archive", {})],
    }
    for steps in moves.values():
        passport = await make_passport(client)
        for step, body in steps:
            answer = await client.post(f"/api/v1/passports/{passport['_id']}/{step}", json=body)
            assert answer.status_code == 200, answer.text

    found = await exported(client)

    assert [passport["status"] for passport in found["passports"]] == ["draft", *moves]
    assert found["counts"]["passports"] == 6


async def test_the_whole_document_expands_without_network_and_without_a_dropped_key(
    client: httpx2.AsyncClient, make_product: Make
) -> None:
    for category in CATEGORIES:
        await fill_passport(client, make_product, category)
    await furnish(client, make_product)
    dropped: list[str | None] = []

    document = await exported(client)
    expanded = jsonld.expand(document, {"documentLoader": refuse_network}, on_property_dropped=dropped.append)

    assert dropped == []
    assert len(document["templates"]) == len(CATEGORIES)
    assert lost(document, expanded[0], document["@context"]["@vocab"]) == []


def lost(node: dict[str, Any], expanded: dict[str, Any], vocabulary: str, path: str = "") -> list[str]:
    """The paths of members that an expansion has not kept; JSON literals are kept whole."""
    found = []
    for name, value in node.items():
        term = vocabulary + name
        if name.startswith("@"):
            continue
        if term not in expanded:
            found.append(f"{path}/{name}")
            continue
        if expanded[term] and expanded[term][0].get("@type") == "@json":
            assert expanded[term][0]["@value"] == value
            continue
        if name in KEPT:
            inner = {one[vocabulary + KEPT[name]][0]["@value"]: one for one in expanded[term]}
            pairs = [(value[key], inner[key]) for key in value]
        else:
            pairs = list(zip(value if isinstance(value, list) else [value], expanded[term], strict=False))
        found += [
            gone
            for one, other in pairs
            if isinstance(one, dict)
            for gone in lost(one, other, vocabulary, f"{path}/{name}")
        ]
    return found


KEPT = {"fields": "key", "translations": "locale", "parties": "role"}


async def test_the_context_that_stands_inside_is_the_one_that_is_served(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient
) -> None:
    served = await anonymous.get("/contexts/tenant-export")

    assert served.json()["@context"] == (await exported(client))["@context"]
    assert served.headers["access-control-allow-origin"] == "*"
    assert (await exported(client))["@context"]["@vocab"] == f"{ORIGIN}/contexts/tenant-export#"
    assert (await anonymous.get("/contexts/unknown")).status_code == 404


async def test_statements_turtle_and_the_document_are_one_graph(
    client: httpx2.AsyncClient, make_product: Make, stopped_clock: MovableClock
) -> None:
    assert stopped_clock
    await furnish(client, make_product)
    graph = graph_of(json.loads(await in_form(client, JSON_LD)))

    statements = graph_of_statements(await in_form(client, NQUADS))
    turtle = rdflib.Graph().parse(data=await in_form(client, TURTLE), format="turtle")

    assert len(graph) > 300
    assert isomorphic(graph, statements)
    assert isomorphic(graph, turtle)


async def test_the_lines_of_ndjson_are_the_records_of_the_document(
    client: httpx2.AsyncClient, make_product: Make, stopped_clock: MovableClock
) -> None:
    assert stopped_clock
    await furnish(client, make_product)
    document = await exported(client)

    head, *records, foot = map(json.loads, (await in_form(client, NDJSON)).rstrip("\n").split("\n"))

    assert head == {name: document[name] for name in ("@context", "@type", "exportedAt", "environment", "company")}
    assert records == [record for name in ARRAYS for record in document[name]]
    assert foot["counts"] == document["counts"]


@pytest.mark.parametrize(("media_type", "mark"), [(JSON_LD, '"digest":'), (NDJSON, '"digest":'), (NQUADS, "_:export")])
async def test_the_digest_at_the_end_is_of_all_bytes_before_it(
    client: httpx2.AsyncClient, make_product: Make, media_type: str, mark: str
) -> None:
    await furnish(client, make_product)

    text = await in_form(client, media_type)

    before, _, after = text.rpartition(mark)
    assert f"sha-256:{hashlib.sha256(before.encode()).hexdigest()}" in after


async def test_two_exports_of_an_unchanged_workspace_differ_in_their_moment_alone(
    client: httpx2.AsyncClient, make_product: Make
) -> None:
    await furnish(client, make_product)

    first, second = await in_form(client, JSON_LD), await in_form(client, JSON_LD)

    for text in (first, second):
        told = json.loads(text)
        first, second = (one.replace(told["exportedAt"], "").replace(told["digest"], "") for one in (first, second))
    assert first == second


async def test_what_belongs_to_others_is_never_in_it(
    client: httpx2.AsyncClient,
    stranger: httpx2.AsyncClient,
    office: Office,
    workspace: Workspace,
    make_product: Make,
) -> None:
    made = await furnish(stranger, make_product)
    testing = await office.client(workspace, environment="test")
    await furnish(testing, make_product)

    live, test = await exported(client), await exported(testing)

    assert [live["counts"][name] for name in ARRAYS] == [0] * len(ARRAYS)
    assert [test["counts"][name] for name in ARRAYS] == [1] * len(ARRAYS)
    assert (live["environment"], test["environment"]) == ("live", "test")
    assert made["passport"]["_id"] not in json.dumps(live) + json.dumps(test)


async def test_no_secret_is_in_it(client: httpx2.AsyncClient) -> None:
    body = {"url": "https://hooks.example.com/services/T1/B2/x3", "events": ["*"]}
    webhook = (await client.post("/api/v1/webhooks", json=body)).json()

    text = await in_form(client, JSON_LD)

    assert webhook["secret"] not in text
    assert webhook["url"] not in text


@pytest.mark.parametrize("coding", ["gzip", "zstd", "identity"])
async def test_it_is_packed_as_the_reader_wishes(
    client: httpx2.AsyncClient, office: Office, make_product: Make, coding: str
) -> None:
    await furnish(client, make_product)
    wish = {"gzip": "gzip", "zstd": "gzip;q=0.5, zstd", "identity": "identity, gzip;q=0.5"}[coding]
    unpacking: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.decompress,
        "zstd": zstandard.ZstdDecompressor().decompressobj().decompress,
        "identity": bytes,
    }

    told, content = await packed_export(client, office, wish)

    assert told == coding
    assert orjson.loads(unpacking[coding](content))["counts"]["passports"] == 1


async def packed_export(client: httpx2.AsyncClient, office: Office, wish: str) -> tuple[str, bytes]:
    """The coding and the bytes of an export as they are on the wire: the client's own hooks would unpack them."""
    bare = httpx2.AsyncClient(transport=httpx2.ASGITransport(office.app), base_url=ORIGIN, headers=client.headers)
    async with bare.stream("GET", TENANT, headers={"Accept-Encoding": wish}) as answer:
        content = b"".join([piece async for piece in answer.aiter_raw()])
        return answer.headers.get("content-encoding", "identity"), content


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", JSON_LD),
        ("*/*", JSON_LD),
        ("application/json", "application/json"),
        ("application/*;q=0.5, application/n-quads", NQUADS),
        ("text/html, text/*;q=0.1", TURTLE),
        ("application/ld+json;q=0.2, application/x-ndjson;q=0.3", NDJSON),
    ],
)
async def test_the_form_is_the_one_that_is_wanted_most(
    client: httpx2.AsyncClient, accept: str, media_type: str
) -> None:
    answer = await client.get(TENANT, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)


@pytest.mark.parametrize("path", [TENANT, "/api/exports/tenant"])
@pytest.mark.parametrize("accept", ["text/csv", "application/ld+json;q=0", "*/*;q=0"])
async def test_a_form_that_is_not_written_is_not_acceptable(client: httpx2.AsyncClient, accept: str, path: str) -> None:
    answer = await client.get(path, headers={"Accept": accept})
    assert (answer.status_code, answer.json()["error"]) == (406, "not_acceptable")
    assert JSON_LD in answer.json()["details"]["offered"]


@pytest.mark.parametrize("path", [TENANT, "/api/exports/tenant"])
async def test_turtle_is_for_few_records(
    client: httpx2.AsyncClient, database: Database, workspace: Workspace, path: str
) -> None:
    await make_links(database, workspace, 501)

    answer = await client.get(path, headers={"Accept": TURTLE})

    assert answer.status_code == 413
    assert answer.json()["details"] == {"limit": 500, "records": 501}
    assert (await exported(client))["counts"]["links"] == 501


async def make_links(database: Database, workspace: Workspace, count: int) -> list[Id]:
    ids = [new_id() for _ in range(count)]
    tenant = {"workspaceId": workspace.id, "environment": "live", "updatedAt": "2026-01-01T00:00:00.000Z"}
    await database.collection("links").insert_many(
        [{"_id": one, "anchor": f"/8004/4012345{one}", **tenant} for one in ids]
    )
    return ids


async def test_since_gives_what_changed_and_what_was_deleted(
    client: httpx2.AsyncClient, make_passport: Make, make_product: Make, clock: MovableClock
) -> None:
    old, changed, doomed = [await make_passport(client) for _ in range(3)]
    await make_product(client, model="OLD")
    clock.move(minutes=10)
    before = (await exported(client))["exportedAt"]
    clock.move(minutes=10)
    await client.post(f"/api/v1/passports/{changed['_id']}/archive", json={})
    await client.delete(f"/api/v1/passports/{doomed['_id']}")
    new = await make_passport(client)

    found = await exported(client, since=before)

    assert {passport["_id"] for passport in found["passports"]} == {changed["_id"], new["_id"]}
    assert [product["_id"] for product in found["products"]] == [new["productId"]]
    assert [(one["entity"], one["entityId"]) for one in found["deleted"]] == [("passport", doomed["_id"])]
    assert found["since"] == before
    assert "deleted" not in await exported(client)
    assert old["_id"] not in json.dumps(found)


async def test_a_change_that_was_begun_just_before_the_moment_is_not_missed(
    client: httpx2.AsyncClient, make_passport: Make, stopped_clock: MovableClock
) -> None:
    passport = await make_passport(client)
    stopped_clock.move(seconds=50)

    found = await exported(client, since=(await exported(client))["exportedAt"])

    assert [one["_id"] for one in found["passports"]] == [passport["_id"]]


@pytest.mark.parametrize(("since", "count"), [("0001-01-01T00:00:00Z", 1), ("9999-12-31T23:59:59.999Z", 0)])
async def test_a_moment_may_lie_anywhere(
    client: httpx2.AsyncClient, make_product: Make, since: str, count: int
) -> None:
    await make_product(client)
    assert (await exported(client, since=since))["counts"]["products"] == count


async def test_a_moment_must_name_its_offset(client: httpx2.AsyncClient) -> None:
    answer = await client.get(TENANT, params={"since": "2026-01-01T00:00:00"})
    assert answer.status_code == 400
    assert "since" in answer.json()["details"]["fieldErrors"]


async def test_people_export_from_the_page_what_they_may_read(office: Office, workspace: Workspace) -> None:
    viewer = await office.person(workspace, "viewer")
    answer = await viewer.get("/api/exports/tenant")
    assert answer.status_code == 200
    assert answer.json()["company"]["id"] == str(workspace.id)
    name = answer.headers["content-disposition"]
    assert name.startswith(f'attachment; filename="tracepass-tenant-export-{workspace.id}-20')
    assert name.endswith('.jsonld"')


async def test_an_export_is_written_down_in_the_audit_log(
    client: httpx2.AsyncClient, database: Database, workspace: Workspace
) -> None:
    await exported(client)
    query = {"workspaceId": workspace.id, "environment": "live", "unsealed": True, "action": "export.made"}
    note = await database.collection("changes").find_one(query)
    assert note is not None
    assert note["details"] == {"format": "jsonld"}
    assert note["actor"]["type"] == "api_key"
