"""Finding templates, showing them in a language, and the values the platform fills itself."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tracepass.templates.categories import CATEGORIES, normalise_category
from tracepass.templates.service import (
    SystemFacts,
    TemplateNotFound,
    Templates,
    check_value,
    is_country,
    system_values,
    unit_symbol,
)

TEMPLATES = Templates.load()
BATTERY = TEMPLATES.get("battery")


def _detail(locale: str | None = None) -> Any:
    return json.loads(TEMPLATES.detail_json(BATTERY, locale).body)


def _field(key: str, locale: str | None = None) -> Any:
    return next(field for field in _detail(locale)["fields"] if field["key"] == key)


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("battery", "battery"),
        ("batteries", "battery"),
        ("Batteries", "battery"),
        ("textiles", "textile"),
        ("steel", "iron-steel"),
        ("iron_steel", "iron-steel"),
        ("Iron & Steel", None),
        ("fmcg", "food-fmcg"),
        ("tires", "tyres"),
        ("jewellery", "jewelry"),
        ("household_appliances", "household-appliances"),
        ("Household Appliances", "household-appliances"),
        ("medical_device", "medical-devices"),
        ("furnitures", None),
        ("", None),
    ],
)
def test_other_names_of_a_category_lead_to_its_one_name(text: str, category: str | None) -> None:
    assert normalise_category(text) == category


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_is_its_own_name_with_hyphens_or_underscores(category: str) -> None:
    assert normalise_category(category) == category
    assert normalise_category(category.replace("-", "_")) == category


def test_a_category_without_a_template_is_not_available() -> None:
    without = Templates([], TEMPLATES.labels)
    assert without.normalise("battery") is None
    assert TEMPLATES.normalise("batteries") == "battery"
    assert TEMPLATES.normalise("spaceships") is None


def test_a_template_is_found_by_name_alias_and_version() -> None:
    assert TEMPLATES.get("batteries") is BATTERY
    assert TEMPLATES.get("battery", BATTERY.version) is BATTERY
    assert TEMPLATES.find("battery", "1999.1.0") is None


@pytest.mark.parametrize(("category", "version"), [("spaceships", None), ("battery", "1999.1.0")])
def test_a_template_that_does_not_exist_is_refused(category: str, version: str | None) -> None:
    with pytest.raises(TemplateNotFound) as refusal:
        TEMPLATES.get(category, version)
    assert (refusal.value.code, refusal.value.status) == ("template_not_found", 404)


def test_a_template_is_named_by_category_and_version() -> None:
    assert TEMPLATES.template_id("batteries") == "battery@2026.11.0"


def test_values_are_checked_against_the_newest_template_and_faults_named_by_path() -> None:
    values = {
        "recycled_cobalt": 101,
        "rated_capacity": 100,
        "critical_raw_materials": [{"name": "Cobalt", "origin_country": "Congo"}],
        "no_such_field": 1,
        "dpp_status": "active",
    }
    assert TEMPLATES.problems("battery", values) == {
        "recycled_cobalt": ["must be at most 100 (%)"],
        "critical_raw_materials[0].origin_country": ["must be a country code of ISO 3166-1 alpha-2, such as DE"],
        "no_such_field": ["is no field of the template"],
        "dpp_status": ["is filled by the platform"],
    }
    assert TEMPLATES.problems("battery", {"rated_capacity": 100}) == {}


def test_the_newest_version_wins_by_number_and_older_ones_stay() -> None:
    older, newest = replace(BATTERY, version="2026.9.0"), replace(BATTERY, version="2026.12.10")
    templates = Templates([newest, older, BATTERY], TEMPLATES.labels)
    assert templates.latest_version("battery") == "2026.12.10"
    assert templates.get("battery", "2026.9.0") is older
    assert templates.list_() == (newest,)


def test_the_list_of_templates_names_category_counts_and_the_act() -> None:
    (item,) = (item for item in json.loads(TEMPLATES.list_json().body)["templates"] if item["category"] == "battery")
    assert item == {
        "category": "battery",
        "categoryLabel": "Batteries (EV, LMT, industrial above 2 kWh)",
        "fieldCount": 144,
        "requiredFieldCount": 76,
        "regulation": {
            "name": "Batteries Regulation",
            "number": "(EU) 2023/1542",
            "effectiveDate": "2024-02-18",
            "mandatoryDate": "2027-02-18",
            "url": "https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:32023R1542",
        },
        "version": "2026.11.0",
    }


def test_a_template_without_an_act_has_no_regulation() -> None:
    templates = Templates([replace(BATTERY, regulations=())], TEMPLATES.labels)
    assert json.loads(templates.list_json().body)["templates"][0]["regulation"] is None


def test_a_template_shows_its_passport_duty_subcategories_and_sections() -> None:
    detail = _detail()
    assert detail["dpp"]["requiredFrom"] == "2027-02-18"
    assert detail["dpp"]["granularity"] == ["item"]
    assert detail["dpp"]["usageTrackingProhibited"] is False
    assert detail["subcategoryField"] == "battery_category"
    assert [sub["key"] for sub in detail["subcategories"]][:2] == ["ev", "lmt"]
    assert detail["sections"][0] == {"key": "identity", "label": "Identification"}
    assert detail["regulations"][0]["effectiveDate"] == "2023-08-17"
    assert detail["regulations"][0]["appliesFrom"] == "2024-02-18"


def test_a_number_field_shows_unit_bounds_and_reference() -> None:
    assert _field("recycled_cobalt") == {
        "key": "recycled_cobalt",
        "label": BATTERY.fields["recycled_cobalt"].label,
        "dataType": "number",
        "required": True,
        "unit": "%",
        "validation": {"min": 0, "max": 100},
        "description": "Cobalt in active materials recovered from manufacturing or post-consumer waste.",
        "help": "Cobalt in active materials recovered from manufacturing or post-consumer waste.",
        "helpLang": "en",
        "section": "recycled",
        "accessLevel": "public",
        "audiences": ["public", "legitimate_interest", "authority"],
        "translatable": False,
        "obligation": BATTERY.fields["recycled_cobalt"].obligation,
        "obligationBy": dict(BATTERY.fields["recycled_cobalt"].obligation_by),
        "level": "model",
        "lifecycle": "static",
        "filledBy": "user",
        "registry": False,
        "confidence": "text",
        "regulationRef": {"instrument": "(EU) 2023/1542", "article": "8"},
        "legal": [
            {
                "instrument": "(EU) 2023/1542",
                "name": "Batteries Regulation",
                "article": "8",
                "celex": "32023R1542",
            },
            {
                "instrument": "(EU) 2023/1542",
                "name": "Batteries Regulation",
                "annex": "XIII 1(e)",
                "celex": "32023R1542",
            },
            {
                "instrument": "Ares(2026)7579758",
                "name": "Commission guidance on battery passport data points, version 1.0",
                "point": "data point 20",
            },
        ],
    }


def test_every_type_shows_what_concerns_it() -> None:
    assert _field("part_numbers")["audiences"] == ["legitimate_interest", "authority"]
    assert _field("manufacturing_date")["precision"] == "month"
    assert _field("manufacturing_place")["schema"] == "Party"
    assert _field("product_image")["format"] == "image"
    assert _field("cycle_count")["integer"] is True
    assert _field("safety_measures")["multiline"] is True
    assert _field("battery_category")["enumOptions"][0] == {"value": "ev", "label": "Electric vehicle battery"}
    assert _field("importer")["condition"] == "the battery is imported"
    columns = {column["key"]: column for column in _field("critical_raw_materials")["columns"]}
    assert columns["origin_country"]["format"] == "country"
    assert columns["name"]["required"] is True
    assert columns["mass"]["unit"] == "g"


def test_a_datum_asked_for_in_an_annex_refers_to_it() -> None:
    assert _field("battery_mass")["regulationRef"] == {
        "instrument": "(EU) 2023/1542",
        "article": None,
        "annex": "VI A(5)",
    }


def test_a_proposal_of_our_own_is_not_passed_off_as_a_reference_to_law() -> None:
    field = _field("product_name")
    assert "regulationRef" not in field
    assert field["confidence"] == "design"


def test_labels_come_in_the_language_asked_for() -> None:
    german = _detail("de")
    english = _detail("en")
    assert english == _detail()
    assert german["sections"][0]["label"] != english["sections"][0]["label"]
    assert [field["key"] for field in german["fields"]] == [field["key"] for field in english["fields"]]
    assert TEMPLATES.category_label(BATTERY, "de") == german["categoryLabel"]


def test_a_label_without_translation_falls_back_to_english() -> None:
    assert TEMPLATES.labels.text("de", "no_such_key", "English text") == "English text"
    assert TEMPLATES.labels.find("de", "no_such_key", "English text") is None


def test_answers_are_rendered_once_and_tagged_by_their_bytes() -> None:
    assert TEMPLATES.detail_json(BATTERY, "de") is TEMPLATES.detail_json(BATTERY, "de")
    assert TEMPLATES.detail_json(BATTERY, "de").etag != TEMPLATES.detail_json(BATTERY, "fr").etag
    assert TEMPLATES.list_json() is TEMPLATES.list_json("en")


FACTS = SystemFacts(
    granularity="item",
    digital_link_uri="https://example.com/p/01/04012345000016/21/A1",
    status="published",
    template_version="2026.11.0",
    updated_at="2026-11-20T10:00:00.000Z",
)


def test_the_platform_fills_every_system_field_but_the_registrys_own_number() -> None:
    system = [key for key, field in BATTERY.fields.items() if field.filled_by == "system"]
    values = system_values(system, FACTS)
    assert set(system) - set(values) == {"registration_id"}
    assert values["dpp_identifier"] == "https://example.com/p/01/04012345000016/21/A1"


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("draft", "inactive"),
        ("in_review", "inactive"),
        ("approved", "inactive"),
        ("published", "active"),
        ("suspended", "inactive"),
        ("expired", "inactive"),
        ("archived", "archived"),
    ],
)
def test_what_the_platform_fills_is_valid_on_the_template(status: str, shown: str) -> None:
    values = system_values(BATTERY.fields, replace(FACTS, status=status))
    assert values["dpp_status"] == shown
    for key, value in values.items():
        assert check_value(BATTERY.fields[key], value) == ()


def test_countries_and_units_are_known_by_code() -> None:
    assert is_country("DE")
    assert not is_country("EU")
    assert unit_symbol("Cel") == "°C"
    assert unit_symbol("furlong") == "furlong"
