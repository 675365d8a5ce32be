"""Domains of workspaces: named, proven in DNS, served, and taken away; and further hosts of the installation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from tests.conftest import MovableClock, Office, Zone, client_of, running
from tests.contract.checker import Checker

from tracepass.app import create_app
from tracepass.identity.models import Workspace
from tracepass.settings import Settings

Json = dict[str, Any]
Make = Callable[..., Any]
JSON = {"Accept": "application/json"}
WELL_KNOWN = "/.well-known/gs1resolver"


@pytest.fixture
def name() -> str:
    """A domain that no other test uses."""
    return f"id-{uuid4().hex[:12]}.example"


async def add(client: httpx2.AsyncClient, name: str) -> Json:
    answer = await client.post("/api/v1/domains", json={"name": name})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def verify(client: httpx2.AsyncClient, domain: Json) -> httpx2.Response:
    return await client.post(f"/api/v1/domains/{domain['_id']}/verify")


async def prove(client: httpx2.AsyncClient, zone: Zone, name: str) -> Json:
    domain = await add(client, name)
    zone.texts[domain["record"]["name"]] = ["v=spf1 -all", domain["record"]["value"]]
    answer = await verify(client, domain)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_domain_is_named_proven_and_deleted(client: httpx2.AsyncClient, zone: Zone, name: str) -> None:
    domain = await add(client, f" {name.upper()}. ")
    assert (domain["name"], domain["status"], domain["verifiedAt"]) == (name, "pending", None)
    record = {"type": "TXT", "name": f"_tracepass.{name}", "value": f"tracepass-verification={domain['token']}"}
    assert domain["record"] == record
    answer = await verify(client, domain)
    assert (answer.status_code, answer.json()["error"]) == (409, "domain_not_verified")
    zone.texts[record["name"]] = ["something else"]
    answer = await verify(client, domain)
    assert answer.json()["details"] == {
        "record": record["name"], "expected": record["value"], "found": ["something else"]
    }  # fmt: skip
    zone.texts[record["name"]].append(record["value"])
    verified = (await verify(client, domain)).json()
    assert (verified["status"], verified["version"]) == ("verified", 2)
    assert (await verify(client, domain)).json() == verified
    assert (await client.get(f"/api/v1/domains/{domain['_id']}")).json() == verified
    listed = (await client.get("/api/v1/domains")).json()["data"]
    assert (listed["items"], listed["total"]) == ([verified], 1)
    assert (await client.delete(f"/api/v1/domains/{domain['_id']}")).status_code == 200
    assert (await client.get(f"/api/v1/domains/{domain['_id']}")).status_code == 404


async def test_a_silent_dns_proves_nothing(client: httpx2.AsyncClient, zone: Zone, name: str) -> None:
    domain = await add(client, name)
    zone.silent.add(domain["record"]["name"])
    answer = await verify(client, domain)
    assert (answer.status_code, answer.json()["error"]) == (409, "domain_not_verified")
    assert "DNS did not answer" in answer.json()["message"]


@pytest.mark.parametrize(
    "name", ["localhost", "https://id.brand.example", "id.brand.example:8443", "1.2.3.4", "a..example", "-a.example"]
)
async def test_what_is_no_domain_is_refused(client: httpx2.AsyncClient, name: str) -> None:
    answer = await client.post("/api/v1/domains", json={"name": name})
    assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["name"])


async def test_a_domain_is_named_once_and_never_that_of_the_installation(client: httpx2.AsyncClient, name: str) -> None:
    await add(client, name)
    for taken in (name, "id.example.test", "api.example.test"):
        answer = await client.post("/api/v1/domains", json={"name": taken})
        assert (answer.status_code, answer.json()["error"]) == (409, "duplicate_domain")


async def test_two_may_name_a_domain_but_one_proves_it(
    client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, zone: Zone, name: str
) -> None:
    theirs = await add(stranger, name)
    await prove(client, zone, name)
    zone.texts[theirs["record"]["name"]].append(theirs["record"]["value"])
    answer = await verify(stranger, theirs)
    assert (answer.status_code, answer.json()["error"]) == (409, "domain_registered_elsewhere")
    path = f"/api/v1/domains/{theirs['_id']}"
    assert (await client.get(path)).status_code == 404
    assert (await client.delete(path)).status_code == 404
    assert (await client.post(f"{path}/verify")).status_code == 404


async def test_a_domain_serves_its_workspace_alone_once_it_is_proven(
    client: httpx2.AsyncClient,
    stranger: httpx2.AsyncClient,
    anonymous: httpx2.AsyncClient,
    make_passport: Make,
    zone: Zone,
    clock: MovableClock,
    name: str,
) -> None:
    own, foreign = await make_passport(client, published=True), await make_passport(stranger, published=True)
    path, other = (f"/01/{passport['gs1']['gtin']}/21/{passport['gs1']['serialNumber']}" for passport in (own, foreign))
    here = JSON | {"Host": name}
    assert (await anonymous.get(WELL_KNOWN, headers=here)).json()["resolverRoot"] == "https://id.example.test"
    domain = await add(client, name)
    clock.move(seconds=6)
    for address in (WELL_KNOWN, path, f"/p{path}"):
        assert (await anonymous.get(address, headers=here)).status_code == 404
    zone.texts[domain["record"]["name"]] = [domain["record"]["value"]]
    assert (await verify(client, domain)).status_code == 200
    clock.move(seconds=6)
    described = await anonymous.get(WELL_KNOWN, headers=here)
    assert described.json()["resolverRoot"] == f"https://{name}"
    answer = await anonymous.get(path, headers=here)
    assert answer.headers["location"] == f"https://{name}/p{path}"
    assert f"<https://{name}{path}?linkType=linkset>" in answer.headers["link"]
    assert (await anonymous.get(f"/p{path}", headers=here)).status_code == 200
    for address in (other, f"/p{other}"):
        assert (await anonymous.get(address, headers=here)).status_code == 404
    await client.delete(f"/api/v1/domains/{domain['_id']}")
    clock.move(seconds=6)
    assert (await anonymous.get(path, headers=here)).headers["location"] == f"https://id.example.test/p{path}"


async def test_a_domain_of_test_data_serves_nothing(
    office: Office, workspace: Workspace, anonymous: httpx2.AsyncClient, zone: Zone, clock: MovableClock, name: str
) -> None:
    await prove(await office.client(workspace, environment="test"), zone, name)
    clock.move(seconds=6)
    assert (await anonymous.get(WELL_KNOWN, headers={"Host": name})).status_code == 404


async def test_further_hosts_of_the_installation_are_resolvers_as_well(
    settings: Settings, contract: Checker, client: httpx2.AsyncClient, make_passport: Make
) -> None:
    passport = await make_passport(client, published=True)
    path = f"/01/{passport['gs1']['gtin']}/21/{passport['gs1']['serialNumber']}"
    more = Settings.model_validate({**settings.model_dump(), "resolver_hosts": "id.brand.example, id.other.example"})
    assert more.resolver_hosts == ("id.brand.example", "id.other.example")
    async with running(create_app(more)) as app:
        reader = client_of(app, contract)
        for host in more.resolver_hosts:
            described = await reader.get(WELL_KNOWN, headers={"Host": host})
            assert described.json()["resolverRoot"] == f"https://{host}"
            answer = await reader.get(path, headers={"Host": host})
            assert answer.headers["location"] == f"https://{host}/p{path}"
