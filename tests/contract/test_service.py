"""What the process says of itself: health, metrics and its own contract."""

from __future__ import annotations

import json

import httpx2
import yaml
from tests.conftest import ORIGIN, RESOLVER

from tracepass.contract import PAGE_POLICY


async def test_a_process_tells_that_it_lives_and_is_ready(anonymous: httpx2.AsyncClient) -> None:
    health, readiness = await anonymous.get("/healthz"), await anonymous.get("/readyz")
    assert (health.status_code, health.json()) == (200, {"status": "ok"})
    assert (readiness.status_code, readiness.json()) == (200, {"status": "ready"})


async def test_metrics_count_the_requests(anonymous: httpx2.AsyncClient) -> None:
    await anonymous.get("/healthz")
    assert 'route="/healthz",status="200"' in (await anonymous.get("/metrics")).text


async def test_the_contract_names_the_public_addresses_whatever_host_is_asked(anonymous: httpx2.AsyncClient) -> None:
    answer = await anonymous.get("/api/v1/openapi.json", headers={"Host": "evil.example"})
    assert answer.json()["servers"][0]["url"] == ORIGIN
    assert answer.json()["paths"]["/p/01/{gtin}"]["servers"] == [{"url": RESOLVER}]


async def test_json_and_yaml_are_the_same_contract(anonymous: httpx2.AsyncClient) -> None:
    text = (await anonymous.get("/api/v1/openapi.yaml")).text
    assert yaml.safe_load(text) == json.loads((await anonymous.get("/api/v1/openapi.json")).text)


async def test_the_reference_forbids_everything_but_its_own_style(anonymous: httpx2.AsyncClient) -> None:
    answer = await anonymous.get("/docs")
    assert answer.headers["content-security-policy"] == PAGE_POLICY
    assert "<h1>TracePass API</h1>" in answer.text
