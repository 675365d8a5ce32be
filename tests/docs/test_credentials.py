"""The page on verifiable passports: its credential is made, its program verifies it, its requests are sent."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx2
import pytest
from jwcrypto import jws
from tests.conftest import Make, Office
from tests.docs.test_traces import Story
from tests.verifying import part

PAGE = (Path(__file__).parents[2] / "docs" / "credentials.md").read_text()
ANY = re.compile(r"\d{4}-\d\d-\d\dT|did:web:")
"""What differs from one company and one moment to another."""


def block(kind: str) -> str:
    """The one block of a kind."""
    (found,) = re.findall(rf"```{kind}\n(.*?)\n```", PAGE, re.DOTALL)
    return str(found)


def compare(shown: Any, real: Any) -> None:
    """Hold what the page shows against what there is; what it leaves out does not matter."""
    if isinstance(shown, dict):
        assert shown.keys() <= real.keys()
        for name, value in shown.items():
            compare(value, real[name])
    elif isinstance(shown, list):
        assert shown == real[: len(shown)]
    elif isinstance(shown, str) and ANY.match(shown):
        assert ANY.match(real)
    else:
        assert shown == real


@pytest.fixture
async def token(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_product: Make, make_passport: Make
) -> str:
    """The credential of the passport that the page shows."""
    product = await make_product(client, name="48 V lithium-ion battery")
    passport = await make_passport(
        client,
        published=True,
        productId=product["_id"],
        gs1={"gtin": "04012345000016", "serialNumber": "BP-48V-100-000001"},
        parties={"manufacturer": {"legalName": "Voltwerk Energie GmbH", "gln": "4012345000009", "country": "DE"}},
        fields={"battery_mass": {"value": 41.5}},
    )
    link = passport["gs1"]["digitalLinkUri"].removeprefix("https://id.example.test")
    return (await anonymous.get(f"{link}?format=vc")).text


async def test_the_credential_of_the_page_is_made_and_verified_by_its_program(
    office: Office, anonymous: httpx2.AsyncClient, token: str
) -> None:
    compare(json.loads(block("json header")), part(token, 0))
    compare(json.loads(block("json payload")), part(token, 1))

    program: dict[str, Any] = {}
    exec(compile(block("python"), "docs/credentials.md", "exec"), program)  # noqa: S102 - the sample is ours
    document = (await anonymous.get(f"/{'/'.join(part(token, 1)['issuer']['id'].split(':')[3:])}/did.json")).json()
    assert program["verify"](token, lambda _: document) == part(token, 1)
    forged = (await (await office.client()).post("/api/v1/workspace/signing-keys/rotate")).json()["publicJwk"]
    document["verificationMethod"][0]["publicKeyJwk"] |= forged
    with pytest.raises(jws.InvalidJWSSignature):
        program["verify"](token, lambda _: document)


async def test_the_requests_of_the_page_are_answered_as_it_says(client: httpx2.AsyncClient) -> None:
    story = Story(client)
    (first,) = (await client.get("/api/v1/workspace/signing-keys")).json()["data"]["items"]
    story.real["6650e5f6a7b8c9d0e1f2a3c8"] = first["_id"]
    assert await story.play(PAGE) == 2
