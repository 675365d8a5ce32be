"""The public data as linked data: nothing is lost, every processor reads the same graph, developers read plain keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import rdflib
from pyld import jsonld
from rdflib.compare import isomorphic

from tracepass.passports.jsonld import public_jsonld
from tracepass.templates.models import Template
from tracepass.templates.service import Templates

Json = dict[str, Any]
VOCABULARY = "https://id.example/vocab"
FIELD = f"{VOCABULARY}/battery#"
SCHEMA = "https://schema.org/"
GS1 = "https://ref.gs1.org/voc/"
FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture(scope="module")
def template() -> Template:
    return Templates.load().get("battery")


@pytest.fixture
def page() -> Json:
    loaded: Json = json.loads((FIXTURES / "page_battery.json").read_text("utf-8"))
    return loaded


@pytest.fixture
def document(page: Json, template: Template) -> Json:
    return public_jsonld(page, template, vocabulary=VOCABULARY)


def expanded(document: Json) -> Json:
    """The one node of a document in expanded form; an attempt to fetch a context fails."""
    (node,) = jsonld.expand(document, {"documentLoader": refuse})
    return dict(node)


def refuse(url: str, _options: object = None) -> Json:
    raise AssertionError(f"the document must not need {url}")


def keys_of(value: Any) -> list[str]:
    """Every key of a compact value that is data, below any depth."""
    if isinstance(value, list):
        return [key for item in value for key in keys_of(item)]
    if not isinstance(value, dict):
        return []
    own = [key for key in value if not key.startswith("@")]
    return own + [key for key, member in value.items() if key != "@context" for key in keys_of(member)]


def leaves_of(value: Any) -> int:
    """How many scalars a value holds."""
    if isinstance(value, dict):
        return sum(leaves_of(member) for key, member in value.items() if key != "@context")
    return sum(leaves_of(item) for item in value) if isinstance(value, list) else 1


def test_every_value_survives_expansion(document: Json) -> None:
    texts = json.dumps(expanded(document), ensure_ascii=False)
    assert leaves_of(expanded(document)) >= leaves_of(document)
    for key in document["fields"]:
        assert f'"{FIELD}{key}"' in texts


def test_every_key_has_a_term(document: Json) -> None:
    languages = {"bg", "de", "el", "en", "@none"}
    names = json.dumps(expanded(document))
    unknown = {key for key in keys_of(document) if f"/{key}" not in names and f"#{key}" not in names}
    renamed = {"serialNumber", "fields"}
    assert unknown - languages <= renamed


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # the JSON-LD parser of rdflib itself uses it
def test_two_processors_read_the_same_graph(document: Json) -> None:
    first = rdflib.Graph().parse(data=jsonld.to_rdf(document, {"format": "application/n-quads"}), format="nt")
    second = rdflib.Graph().parse(data=json.dumps(document), format="json-ld")
    assert len(first) > 400
    assert isomorphic(first, second)


def test_the_identity_is_said_in_the_gs1_vocabulary(document: Json, page: Json) -> None:
    node = expanded(document)
    assert node["@id"] == page["gs1"]["digitalLinkUri"]
    assert node["@type"] == [f"{GS1}Product", f"{SCHEMA}Product"]
    assert node[f"{GS1}gtin"] == [{"@value": "04012345000016"}]
    assert node[f"{GS1}hasSerialNumber"] == [{"@value": "NW-2026-004217"}]
    assert f"{GS1}hasBatchLotNumber" not in node


def test_a_batch_names_its_lot(page: Json, template: Template) -> None:
    page["gs1"] |= {"serialNumber": None, "lot": "L-7"}
    node = expanded(public_jsonld(page, template, vocabulary=VOCABULARY))
    assert node[f"{GS1}hasBatchLotNumber"] == [{"@value": "L-7"}]
    assert f"{GS1}hasSerialNumber" not in node


def test_developers_find_flat_readable_keys(document: Json) -> None:
    assert document["gtin"] == "04012345000016"
    assert document["serialNumber"] == "NW-2026-004217"
    assert document["status"] == "published"
    assert document["name"] == "Voltara Home 10"
    assert document["fields"]["rated_energy"] == {
        "@type": "QuantitativeValue",
        "value": 10.24,
        "unitText": "kWh",
    }
    assert document["fields"]["ce_marking"] is True
    assert document["manufacturer"]["legalName"] == "Nordwerk Energie GmbH"


def test_the_manufacturer_is_an_organization_with_its_location_number(document: Json) -> None:
    (maker,) = expanded(document)[f"{SCHEMA}manufacturer"]
    assert maker["@type"] == [f"{SCHEMA}Organization"]
    assert maker[f"{GS1}globalLocationNumber"] == [{"@value": "4012345000009"}]
    assert maker[f"{SCHEMA}address"][0][f"{SCHEMA}addressCountry"] == [{"@value": "DE"}]
    assert maker[f"{SCHEMA}url"] == [{"@id": "https://nordwerk-energie.example"}]


def fields_of(document: Json) -> Json:
    (fields,) = expanded(document)[f"{VOCABULARY}/passport#fields"]
    return dict(fields)


def test_translatable_text_carries_its_languages(document: Json) -> None:
    texts = fields_of(document)[f"{FIELD}product_name"]
    assert {text["@language"]: text["@value"] for text in texts}["el"] == "Οικιακή μπαταρία Voltara Home 10"
    assert {text["@language"] for text in texts} == {"de", "en", "el", "bg"}


def test_text_of_no_known_language_carries_none(page: Json, template: Template) -> None:
    page["fields"]["product_name"] |= {"sourceLocale": None, "translations": {}}
    document = public_jsonld(page, template, vocabulary=VOCABULARY)
    assert document["fields"]["product_name"] == {"@none": "Voltara Home 10 Heimspeicher"}
    assert fields_of(document)[f"{FIELD}product_name"] == [{"@value": "Voltara Home 10 Heimspeicher"}]


def test_dates_are_typed_as_finely_as_they_are_given(document: Json) -> None:
    xsd = "http://www.w3.org/2001/XMLSchema#"
    fields = fields_of(document)
    assert fields[f"{FIELD}manufacturing_date"] == [{"@value": "2026-09", "@type": f"{xsd}gYearMonth"}]
    assert fields[f"{FIELD}dpp_last_updated"][0]["@type"] == f"{xsd}dateTime"
    assurances = fields[f"{FIELD}third_party_assurances"][0]["@list"]
    assert assurances[0][f"{FIELD}third_party_assurances/issued"] == [{"@value": "2026-06-11", "@type": f"{xsd}date"}]


def test_rows_of_a_table_keep_their_order_and_their_own_columns(document: Json) -> None:
    (table,) = fields_of(document)[f"{FIELD}critical_raw_materials"]
    column = f"{FIELD}critical_raw_materials/"
    names = [row[f"{column}name"][0]["@value"] for row in table["@list"]]
    assert names == ["Lithium", "Graphite", "Phosphorus", "Copper"]
    (mass,) = table["@list"][1][f"{column}mass"]
    assert mass[f"{SCHEMA}value"] == [{"@value": 14563}]
    assert mass[f"{SCHEMA}unitText"] == [{"@value": "g"}]


def test_a_field_with_the_key_of_the_envelope_keeps_its_own_meaning(document: Json) -> None:
    fields = fields_of(document)
    assert fields[f"{FIELD}gtin"] == [{"@value": "04012345000016"}]
    assert f"{GS1}gtin" not in fields


def test_a_range_has_two_ends(document: Json) -> None:
    (span,) = fields_of(document)[f"{FIELD}power_temperature_range"]
    assert span[f"{SCHEMA}minValue"] == [{"@value": 5}]
    assert span[f"{SCHEMA}maxValue"] == [{"@value": 40}]
    assert span[f"{SCHEMA}description"] == [{"@value": "Linear derating outside of this range"}]


def test_files_are_media_objects_with_absolute_addresses(page: Json, template: Template) -> None:
    page["fields"]["eu_declaration_of_conformity"]["value"] = {"fileId": "65a1f0c2d3e4b5a69788aa09"}
    page["fields"]["due_diligence_report"]["value"] = "https://a.example/über uns"
    fields = fields_of(public_jsonld(page, template, vocabulary=VOCABULARY))
    (file,) = fields[f"{FIELD}eu_declaration_of_conformity"]
    address = "https://id.nordwerk-energie.example/api/v1/files/65a1f0c2d3e4b5a69788aa09"
    assert file[f"{SCHEMA}contentUrl"] == [{"@id": address}]
    assert fields[f"{FIELD}due_diligence_report"] == [{"@id": "https://a.example/%C3%BCber%20uns"}]
    (study,) = fields[f"{FIELD}carbon_footprint_declaration"]
    assert study[f"{SCHEMA}name"] == [{"@value": "Erklärung zum CO₂-Fußabdruck"}]


def test_pictures_are_absolute(document: Json) -> None:
    assert document["image"][0] == "https://id.nordwerk-energie.example/media/65a1f0c2d3e4b5a69788aa01"


def test_a_field_that_the_template_does_not_know_is_kept_as_it_is(page: Json, template: Template) -> None:
    page["fields"]["from_elsewhere"] = {"value": {"inner": [1, "two"]}, "sourceLocale": None}
    document = public_jsonld(page, template, vocabulary=VOCABULARY)
    (kept,) = fields_of(document)[f"{FIELD}from_elsewhere"]
    assert [item["@value"] for item in kept[f"{FIELD}inner"]] == [1, "two"]


def test_fields_stand_in_the_order_of_the_template(page: Json, template: Template) -> None:
    page["fields"] = dict(reversed(page["fields"].items()))
    document = public_jsonld(page, template, vocabulary=VOCABULARY)
    assert list(document["fields"]) == [key for key in template.fields if key in page["fields"]]
