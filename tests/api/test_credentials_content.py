"""What a credential says: every public value of every category, no other, and all of it as linked data."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
import rdflib
from pyld import jsonld
from tests.conftest import Make, Office
from tests.credentialscontext import W3C, w3c_context
from tests.values_factory import value_of
from tests.verifying import verified

from tracepass.assembly import packaged_templates
from tracepass.credentials.context import CLASSES, CODED, CORE, OWN, PROPERTIES, context_of
from tracepass.resolver.vocabulary import ENVELOPE
from tracepass.templates.categories import CATEGORIES
from tracepass.templates.models import Field, Template
from tracepass.templates.service import check_value

Json = dict[str, Any]
Loader = Callable[[str, Any], Json]
VC = {"Accept": "application/vc+jwt"}
CONTEXT = "https://api.example.test/contexts/credential/v1"
HIDDEN = "HIDDEN"


def filled(template: Template) -> Json:
    """A value for each field that clients fill; texts that are not for the public can be told from all others."""
    return {
        key: {"value": hidden(field) if "public" not in field.audiences else value_of(field)}
        for key, field in template.fields.items()
        if field.filled_by != "system"
    }


def hidden(field: Field) -> Any:
    """A value to look for, if the field takes such a one."""
    for value in (f"{HIDDEN} {field.key}", [f"{HIDDEN} {field.key}"], f"https://example.com/{HIDDEN}"):
        if check_value(field, value) == ():
            return value
    return value_of(field)


@pytest.fixture
async def loader(anonymous: httpx2.AsyncClient) -> Loader:
    """Gives the two contexts of a credential, ours as it is served; nothing else is fetched."""
    ours = await anonymous.get("/contexts/credential/v1")
    assert ours.headers["access-control-allow-origin"] == "*"
    documents = {W3C: w3c_context(), CONTEXT: ours.json()}

    def load(url: str, _options: Any = None) -> Json:
        return {
            "contentType": "application/ld+json",
            "contextUrl": None,
            "documentUrl": url,
            "document": documents[url],
        }

    return load


async def credential_of(client: httpx2.AsyncClient, passport: Json) -> Json:
    path = passport["gs1"]["digitalLinkUri"].removeprefix("https://id.example.test")
    answer = await client.get(path, headers=VC)
    assert answer.status_code == 200, answer.text
    return dict(await verified(client, answer.text))


async def published(client: httpx2.AsyncClient, make_product: Make, make_passport: Make, category: str) -> Json:
    """A passport with a value in every field."""
    product = await make_product(client, category=category, description="Ein Produkt", sourceLocale="de")
    parties = {role: {"legalName": f"{role} AG", "gln": "4012345000009", "country": "DE"} for role in ROLES}
    fields = filled(packaged_templates().get(category))
    made: Json = await make_passport(client, productId=product["_id"], parties=parties, published=True)
    keys = list(fields)
    for start in range(0, len(keys), 200):
        body = {"fields": {key: fields[key] for key in keys[start : start + 200]}}
        answer = await client.patch(f"/api/v1/passports/{made['_id']}/fields", json=body)
        assert answer.status_code == 200, answer.text
    return made


ROLES = ("manufacturer", "importer", "authorisedRepresentative", "distributor", "recycler", "producerResponsibilityOrg")


@pytest.mark.parametrize("category", CATEGORIES)
async def test_every_public_value_of_a_category_is_signed_and_no_other(
    client: httpx2.AsyncClient,
    anonymous: httpx2.AsyncClient,
    make_product: Make,
    make_passport: Make,
    loader: Loader,
    category: str,
) -> None:
    passport = await published(client, make_product, make_passport, category)
    template = packaged_templates().get(category)
    credential = await credential_of(anonymous, passport)
    said = credential["credentialSubject"]["product"]["characteristics"]

    public = {key for key, field in template.fields.items() if "public" in field.audiences}
    assert set(said) <= public
    assert set(said) >= {key for key in public if template.fields[key].filled_by != "system"}
    assert HIDDEN not in json.dumps(credential)

    dropped: list[str | None] = []
    (node,) = jsonld.expand(credential, {"documentLoader": loader}, on_property_dropped=dropped.append)
    assert dropped == []
    for key in said:
        assert f"/vocab/{category}#{key}" in json.dumps(node), key


async def test_the_graph_is_that_of_untp_and_of_the_public_passport(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_product: Make, make_passport: Make, loader: Loader
) -> None:
    passport = await published(client, make_product, make_passport, "electronics")
    credential = await credential_of(anonymous, passport)
    quads = jsonld.to_rdf(credential, {"documentLoader": loader, "format": "application/n-quads"})
    graph = rdflib.Graph()
    graph.parse(data=quads, format="nt")
    link = rdflib.URIRef(passport["gs1"]["digitalLinkUri"])
    core = rdflib.Namespace(CORE)

    assert (link, rdflib.RDF.type, core.Product) in graph
    assert (rdflib.URIRef(f"{link}#passport"), core.product, link) in graph
    assert str(graph.value(link, core.serialNumber)) == passport["gs1"]["serialNumber"]
    assert str(graph.value(link, core.countryOfProduction)) == "https://vocabulary.uncefact.org/CountryId#DE"
    assert graph.value(link, rdflib.URIRef("https://schema.org/description")) == rdflib.Literal("Ein Produkt", "de")
    share = graph.value(rdflib.URIRef(f"{link}#passport"), core.circularityScorecard)
    assert share is not None
    assert 0 <= float(str(graph.value(share, core.recycledContent))) <= 1

    public = await anonymous.get(str(link).removeprefix("https://id.example.test"), params={"format": "jsonld"})
    said = graph.value(link, core.characteristics)
    assert said is not None
    (theirs,) = jsonld.expand(public.json())
    vocabulary = "https://api.example.test/vocab/electronics#"
    fields = theirs["https://api.example.test/vocab/passport#fields"][0]
    assert {name for name in fields if name.startswith(vocabulary)} == {
        str(name) for name in graph.predicates(said) if str(name).startswith(vocabulary)
    }


async def test_a_value_that_waits_for_review_is_not_signed(
    office: Office, workspace: Any, client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_passport: Make
) -> None:
    passport = await make_passport(client, published=True)
    editor = await office.person(workspace, "editor")
    body = {"fields": {"product_name": {"value": "Unreviewed"}}}
    answer = await editor.patch(f"/api/v1/passports/{passport['_id']}/fields", json=body)
    assert answer.status_code == 200, answer.text
    assert "Unreviewed" not in json.dumps(await credential_of(anonymous, passport))


def test_our_terms_of_the_context_are_described_where_they_point() -> None:
    context = context_of("https://api.example.test/vocab")
    for name in (*OWN, "PassportStatus"):
        assert context[name] == f"https://api.example.test/vocab/passport#{name}"
        assert name in ENVELOPE, name
    for name in (*CLASSES, *PROPERTIES):
        assert context[name] == CORE + name
    assert {context[name]["@type"] for name in CODED} == {"@vocab"}
