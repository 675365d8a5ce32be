"""The template files and catalogues that are shipped: complete, consistent, in every language."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tracepass.locale import LOCALES
from tracepass.templates.categories import CATEGORIES
from tracepass.templates.labels import Labels, labels_of
from tracepass.templates.loader import DATA, LABELS, load_templates
from tracepass.templates.models import Template

TEMPLATES = load_templates()
BATTERY = next(template for template in TEMPLATES if template.category == "battery")
FILES = sorted(DATA.glob("*/*.json"))


def _refuse_repeated_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), f"repeated keys among {keys}"
    return dict(pairs)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_file_says_the_same_key_twice(path: Path) -> None:
    json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_refuse_repeated_keys)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: f"{template.category} {template.version}")
def test_every_template_belongs_to_a_known_category(template: Template) -> None:
    assert template.category in CATEGORIES


@pytest.mark.parametrize("locale", [locale for locale in LOCALES if locale != "en"])
def test_every_label_exists_in_every_language_of_the_union(locale: str) -> None:
    labels = Labels.load(LABELS)
    wanted = {pair for template in TEMPLATES for pair in labels_of(template)}
    missing = sorted((key, english) for key, english in wanted if not labels.find(locale, key, english))
    assert missing == []


@pytest.mark.parametrize("path", sorted(LABELS.glob("*.json")), ids=lambda path: path.stem)
def test_catalogues_are_languages_of_the_union_and_hold_nothing_stale(path: Path) -> None:
    catalogue = json.loads(path.read_text(encoding="utf-8"))
    wanted = {pair for template in TEMPLATES for pair in labels_of(template)}
    there = {(key, english) for key, texts in catalogue.items() for english in texts}
    assert path.stem in LOCALES
    assert there - wanted == set()
    assert all(text == text.strip() for texts in catalogue.values() for text in texts.values())


def test_the_battery_template_has_every_field_of_the_passport() -> None:
    assert len(BATTERY.fields) == 144
    assert [section.key for section in BATTERY.sections] == [
        "identity",
        "operators",
        "passport",
        "labels",
        "carbon",
        "sourcing",
        "materials",
        "recycled",
        "circularity",
        "performance",
        "condition",
        "use",
    ]
    assert len(BATTERY.required_fields(None)) == 76
    assert {
        level: sum(field.access_level == level for field in BATTERY.fields.values())
        for level in ("public", "restricted", "authority")
    } == {"public": 97, "restricted": 44, "authority": 3}


def test_state_of_health_is_for_persons_with_a_legitimate_interest_and_not_for_authorities() -> None:
    """Regulation (EU) 2023/1542, Annex XIII part 4."""
    assert BATTERY.fields["soce"].audiences == {"legitimate_interest"}
    assert BATTERY.fields["compliance_test_reports"].audiences == {"authority"}
    assert BATTERY.fields["part_numbers"].audiences == {"legitimate_interest", "authority"}


def test_the_commission_guidance_is_covered_but_for_the_two_points_not_to_be_filled() -> None:
    points = {field.maps_to["ecGuidance"] for field in BATTERY.fields.values() if "ecGuidance" in field.maps_to}
    assert points == set(range(1, 72)) - {16, 25}


def test_percentages_lie_between_0_and_100() -> None:
    percent = BATTERY.fields["recycled_cobalt"]
    assert (percent.unit, percent.validation.min, percent.validation.max) == ("%", 0, 100)


def test_subcategories_change_what_applies_and_what_is_required() -> None:
    capacity, cycles = BATTERY.fields["remaining_capacity"], BATTERY.fields["expected_lifetime_cycles"]
    assert BATTERY.subcategory({"battery_category": "ev"}) == "ev"
    assert BATTERY.subcategory({"battery_category": "toy"}) is None
    assert BATTERY.subcategory({}) is None
    assert not BATTERY.applies(capacity, "ev")
    assert BATTERY.applies(capacity, "lmt")
    assert BATTERY.applies(capacity, None)
    assert BATTERY.required(cycles, "ev")
    assert BATTERY.obligation(cycles, "industrial_other") == "conditional"
    assert BATTERY.applies(cycles, "industrial_other")
    assert cycles not in BATTERY.required_fields("industrial_other")
    assert cycles in BATTERY.required_fields(None)


def test_a_field_without_a_rule_by_subcategory_keeps_its_own() -> None:
    name = BATTERY.fields["product_name"]
    assert BATTERY.required(name, "ev")
    assert BATTERY.obligation(name, "ev") == "recommended"


def test_citations_read_as_they_are_cited() -> None:
    refs = [citation.ref for citation in BATTERY.fields["battery_model_identifier"].legal]
    assert refs == ["Annex VI A(2)", "Annex XIII 1(a)", "data point 7"]
    assert BATTERY.fields["granularity"].legal[0].ref == "Art. 77(1)"
    assert BATTERY.fields["identifier_scheme"].legal[0].ref == ""
