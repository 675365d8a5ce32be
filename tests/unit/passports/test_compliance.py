"""The rules of compliance, each with a passport that meets it and one that does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.values_factory import broken, value_of

from tracepass.passports.compliance import Facts, Report, examine, tally, tally_key
from tracepass.passports.compliance.conditions import CONDITIONS, holds
from tracepass.passports.compliance.duties import EFFECTS, FLAGS, duties_of
from tracepass.passports.compliance.engine import RULES
from tracepass.passports.compliance.findings import about_field
from tracepass.passports.compliance.general import legal_limits
from tracepass.passports.compliance.special import ce_marking, information_on_svhc
from tracepass.passports.readiness import readiness
from tracepass.templates.models import Column, Dpp, Field, Limit, Option, Template
from tracepass.templates.service import Templates, check_value

TEMPLATES = Templates.load()
BATTERY = TEMPLATES.get("battery")
GERMAN, CHINESE = {"manufacturer": {"country": "DE"}}, {"manufacturer": {"country": "CN"}}
SUBCATEGORIES = [subcategory.key for subcategory in BATTERY.subcategories]
KINDS: list[tuple[str, str | None]] = [
    (template.category, subcategory)
    for template in TEMPLATES.list_()
    for subcategory in (*(sub.key for sub in template.subcategories), *(() if template.subcategories else (None,)))
]
SCIP = "SCIP 1b4e28ba-2fa1-11d2-883f-0016d3cca427"


def approved(**values: Any) -> dict[str, dict[str, Any]]:
    return {key: {"value": value, "status": "approved"} for key, value in values.items()}


def facts(template: Template = BATTERY, **members: Any) -> Facts:
    usual: dict[str, Any] = {"fields": {}, "parties": GERMAN, "granularity": "item", "flags": {}}
    return Facts(template=template, **{**usual, **members})


def found(report: Report, rule_id: str) -> set[tuple[str, str, str]]:
    """The findings of a rule as (type, severity, target)."""
    return {(one.type, one.severity, one.target) for one in report.findings if one.rule_id == rule_id}


def a_field(key: str, **members: Any) -> Field:
    usual: dict[str, Any] = {
        "label": key,
        "data_type": "string",
        "help": "",
        "section": "s",
        "obligation": "recommended",
        "audiences": frozenset({"public"}),
        "access_level": "public",
        "level": "model",
        "lifecycle": "static",
        "filled_by": "user",
        "legal": (),
        "confidence": "text",
    }
    return Field(key=key, **{**usual, **members})


def a_template(*fields: Field, category: str = "generic", granularity: tuple[Any, ...] = ("model",)) -> Template:
    dpp = Dpp(
        status="none",
        required_from=None,
        precision=None,
        note="",
        granularity=granularity,
        registry=False,
        retention="",
        usage_tracking_prohibited=False,
    )
    return Template(
        category=category,
        version="1.0.0",
        label=category,
        description="",
        regulations=(),
        dpp=dpp,
        sections=(),
        fields={field.key: field for field in fields},
    )


class TestRequired:
    def test_a_required_field_is_missing_then_unapproved_then_fine(self) -> None:
        missing = examine(facts())
        assert ("missing_field", "critical", "rated_capacity") in found(missing, "REQ-FIELD")
        waiting = {"rated_capacity": {"value": 5, "status": "pending_review"}}
        assert ("unapproved_field", "critical", "rated_capacity") in found(examine(facts(fields=waiting)), "REQ-FIELD")
        fine = found(examine(facts(fields=approved(rated_capacity=5))), "REQ-FIELD")
        assert "rated_capacity" not in {target for *_, target in fine}

    def test_what_the_product_in_use_tells_is_awaited_and_no_gap(self) -> None:
        report = examine(facts(fields=approved(battery_category="ev")))
        assert ("missing_field", "warning", "soce") in found(report, "awaiting_use_data")
        assert "soce" not in {gap["target"] for gap in report.gaps}
        waiting = {**approved(battery_category="ev"), "soce": {"value": 90, "status": "flagged"}}
        assert ("unapproved_field", "warning", "soce") in found(examine(facts(fields=waiting)), "REQ-FIELD")

    def test_what_the_platform_fills_is_never_found(self) -> None:
        targets = {finding.target for finding in examine(facts()).findings}
        assert not targets & set(BATTERY.system_keys)

    def test_a_field_of_another_subcategory_is_not_required(self) -> None:
        assert not {target for *_, target in found(_of("lmt"), "REQ-FIELD")} & {"exhaustion_threshold", "soce"}

    def test_the_manufacturer_is_named(self) -> None:
        assert found(examine(facts(parties={})), "REQ-PARTY") == {("missing_party", "critical", "manufacturer")}
        assert not found(examine(facts()), "REQ-PARTY")

    @pytest.mark.parametrize(
        ("parties", "fails"),
        [
            (GERMAN, False),
            ({"manufacturer": {}}, False),
            ({"manufacturer": {"country": "NO"}}, False),
            (CHINESE, True),
            ({"manufacturer": {"country": "GB"}}, True),
            ({**CHINESE, "importer": {}}, False),
            ({**CHINESE, "authorisedRepresentative": {}}, False),
            ({**CHINESE, "distributor": {}}, True),
        ],
    )
    def test_a_maker_outside_has_an_operator_inside(self, parties: Mapping[str, Any], *, fails: bool) -> None:
        report = examine(facts(parties=parties))
        assert found(report, "CC-1") == ({("missing_party", "critical", "importer")} if fails else set())


def _of(subcategory: str, **flags: bool) -> Report:
    return examine(facts(fields=approved(battery_category=subcategory), flags=flags))


class TestConditions:
    def test_what_the_law_of_the_passport_asks_for_is_critical(self) -> None:
        fields = approved(battery_chemistry="other")
        lack = found(examine(facts(fields=fields)), "COND")
        assert ("conditional_missing", "critical", "battery_chemistry_detail") in lack
        told = {**fields, **approved(battery_chemistry_detail="Na-ion")}
        assert "battery_chemistry_detail" not in {target for *_, target in found(examine(facts(fields=told)), "COND")}

    def test_a_value_that_nobody_approved_does_not_count(self) -> None:
        fields = {
            **approved(battery_chemistry="other"),
            "battery_chemistry_detail": {"value": "Na-ion", "status": "pending_review"},
        }
        report = examine(facts(fields=fields))
        assert ("unapproved_field", "critical", "battery_chemistry_detail") in found(report, "COND")

    def test_a_party_says_what_its_field_would(self) -> None:
        assert ("conditional_missing", "critical", "importer") in found(examine(facts(parties=CHINESE)), "COND")
        report = examine(facts(parties={**CHINESE, "importer": {}}))
        assert "importer" not in {finding.target for finding in report.findings}

    def test_what_the_passport_cannot_tell_is_left_to_a_person(self) -> None:
        report = examine(facts())
        assert ("unverifiable_conditional", "warning", "warranty_period") in found(report, "COND")
        assert report.wire(0)["conditionalCoverage"] == "static-only"
        told = examine(facts(fields=approved(warranty_period="2 years")))
        assert "warranty_period" not in {finding.target for finding in told.findings}

    def test_what_another_law_asks_for_is_a_warning(self) -> None:
        field = a_field("permit", condition="imported", obligation="other_law")
        report = examine(facts(a_template(field), parties={**CHINESE, "importer": {}}))
        assert found(report, "COND") == {("conditional_missing", "warning", "permit")}

    @pytest.mark.parametrize("obligation", ["recommended", "anticipated", "pending"])
    def test_what_no_law_asks_for_yet_is_not_found(self, obligation: str) -> None:
        field = a_field("permit", condition="imported", obligation=obligation)
        assert not examine(facts(a_template(field), parties={**CHINESE, "importer": {}})).findings

    @pytest.mark.parametrize("condition", CONDITIONS)
    def test_each_condition_can_hold_and_not_hold(self, condition: str) -> None:
        ways = [
            facts(parties=parties, granularity=level, fields=approved(**values), flags=flags)
            for parties in ({}, GERMAN, CHINESE, {**GERMAN, "importer": {}, "authorisedRepresentative": {}})
            for level in ("model", "batch", "item")
            for values in (
                {},
                {"battery_category": "lmt", "battery_chemistry": "other", "battery_status": "repurposed"},
                {"battery_category": "industrial_no_bms", "battery_chemistry": "lfp", "battery_status": "original"},
            )
            for flags in ({}, {"rechargeable": True}, {"rechargeable": False})
        ]
        answers = {holds(condition, way) for way in ways}
        assert {True, False} <= answers

    def test_any_other_prose_stays_open(self) -> None:
        assert holds("the moon is full", facts()) is None

    def test_every_condition_of_the_table_is_used_by_some_template_or_waits_for_one(self) -> None:
        used = {field.condition for template in TEMPLATES.list_() for field in template.fields.values()}
        assert {"the battery is imported", "the data are recorded", "chemistry is other"} <= used & CONDITIONS.keys()


class TestFlags:
    def test_a_battery_without_management_system_has_no_data_in_use(self) -> None:
        assert found(_of("industrial_other"), "awaiting_use_data")
        assert not found(_of("industrial_other", hasBMS=False), "awaiting_use_data")
        assert not found(_of("industrial_no_bms", hasBMS=True), "awaiting_use_data")

    def test_a_stationary_storage_system_keeps_its_state_of_health(self) -> None:
        awaited = {target for *_, target in found(_of("industrial_stationary"), "awaiting_use_data")}
        assert {"remaining_capacity", "ohmic_resistance"} <= awaited
        assert ("missing_field", "warning", "remaining_power") in found(
            _of("industrial_other", isStationaryBess=True), "awaiting_use_data"
        )
        assert "remaining_power" not in {finding.target for finding in _of("industrial_other").findings}

    def test_what_is_rechargeable_states_its_performance(self) -> None:
        assert ("missing_field", "critical", "c_rate") in found(_of("industrial_other", rechargeable=True), "REQ-FIELD")
        assert "c_rate" not in {finding.target for finding in _of("industrial_other").findings}

    def test_what_is_not_rechargeable_has_neither_cycles_nor_footprint(self) -> None:
        fields = approved(battery_category="industrial_other", c_rate=1, carbon_footprint_per_kwh=50)
        report = examine(facts(fields=fields, flags={"rechargeable": False}))
        assert {target for *_, target in found(report, "BAT-APP")} == {"c_rate", "carbon_footprint_per_kwh"}
        assert not found(examine(facts(fields=fields)), "BAT-APP")

    def test_exclusively_external_storage_states_no_recycled_content(self) -> None:
        assert ("missing_field", "critical", "recycled_cobalt") in found(_of("industrial_other"), "REQ-FIELD")
        external = _of("industrial_other", externalStorageOnly=True, rechargeable=True)
        assert not {finding.target for finding in external.findings} & {"recycled_cobalt", "c_rate"}

    def test_no_flag_brings_back_what_the_subcategory_has_not(self) -> None:
        duties = duties_of(BATTERY, "ev", {"isStationaryBess": True})
        assert duties.obligations["remaining_capacity"] == "not_applicable"

    def test_every_effect_picks_some_field_of_a_battery(self) -> None:
        for effect in EFFECTS:
            assert effect.flag in FLAGS["battery"]
            assert any(effect.picks(field) for field in BATTERY.fields.values())

    def test_other_categories_have_none(self) -> None:
        template = a_template(a_field("a", required=True))
        assert facts(template, flags={"hasBMS": False}).effective_flags == {}


class TestValues:
    def test_a_value_that_does_not_fit_its_field_is_found(self) -> None:
        report = examine(facts(fields=approved(battery_mass="heavy", gone_field=1)))
        assert found(report, "FORMAT") == {("invalid_format", "critical", "battery_mass")}
        assert not found(examine(facts(fields=approved(battery_mass=20))), "FORMAT")

    @pytest.mark.parametrize(("key", "value"), [("recycled_cobalt", 101), ("carbon_footprint_per_kwh", -1)])
    def test_shares_and_footprints_stay_within_their_bounds(self, key: str, value: float) -> None:
        assert found(examine(facts(fields=approved(**{key: value}))), "FORMAT") == {("invalid_format", "critical", key)}

    @pytest.mark.parametrize(
        ("op", "value", "fails"),
        [("<=", 3, False), ("<=", 3.1, True), ("<", 3, True), (">=", 3, False), (">=", 2, True), (">", 3, True)],
    )
    def test_a_legal_limit_is_a_finding_and_no_input_error(self, op: Any, value: float, *, fails: bool) -> None:
        field = a_field("lead", data_type="number", unit="mg/kg", limit=Limit(op, 3))
        findings = list(legal_limits(facts(a_template(field), fields=approved(lead=value))))
        assert [finding.rule_id for finding in findings] == ["LIMIT"] * fails
        assert check_value(field, value) == ()
        assert not list(legal_limits(facts(a_template(field))))


class TestBatteries:
    @pytest.mark.parametrize("level", ["model", "batch", "item"])
    def test_each_battery_has_its_own_passport(self, level: str) -> None:
        report = examine(facts(fields=approved(battery_category="ev"), granularity=level))
        assert found(report, "BAT-1") == (set() if level == "item" else {("invalid_format", "critical", "granularity")})

    def test_a_field_of_another_kind_of_battery_is_found(self) -> None:
        fields = approved(battery_category="lmt", exhaustion_threshold=80)
        assert found(examine(facts(fields=fields)), "BAT-APP") == {
            ("invalid_format", "warning", "exhaustion_threshold")
        }
        assert not found(examine(facts(fields={**fields, **approved(battery_category="ev")})), "BAT-APP")

    @pytest.mark.parametrize(
        ("row", "fails"),
        [
            ({"hazard_class": "SVHC", "concentration": 0.2}, True),
            ({"hazard_class": "substance of very high concern", "concentration": 0.2}, True),
            ({"hazard_class": "SVHC", "concentration": 0.1}, False),
            ({"hazard_class": "SVHC"}, False),
            ({"hazard_class": "Flam. Liq. 2", "concentration": 9}, False),
            ({"hazard_class": "SVHC", "concentration": 0.2, "impact": SCIP}, False),
        ],
    )
    def test_an_svhc_is_notified(self, row: dict[str, Any], *, fails: bool) -> None:
        fields = approved(hazardous_substances=[{"name": "Lead", **row}])
        expected = {("conditional_missing", "warning", "hazardous_substances")} if fails else set()
        assert found(examine(facts(fields=fields)), "BAT-VAL") == expected


class TestOtherCategories:
    columns = tuple(
        Column(key=key, label=key, data_type="string")
        for key in ("svhc", "concentration_min", "concentration_max", "concentration_unit", "safe_use")
    )

    @pytest.mark.parametrize("key", ["svhc_substances", "substances"])
    @pytest.mark.parametrize(
        ("row", "fails"),
        [
            ({"svhc": True, "concentration_max": 0.2}, True),
            ({"svhc": True, "concentration_min": 0.2}, True),
            ({"svhc": True, "concentration_max": 900, "concentration_unit": "mg_kg"}, False),
            ({"svhc": True, "concentration_max": 1100, "concentration_unit": "mg_kg"}, True),
            ({"svhc": True, "concentration_max": 0.2, "safe_use": "Wear gloves."}, False),
            ({"svhc": True}, False),
            ({"svhc": False, "concentration_max": 5}, False),
        ],
    )
    def test_whoever_sells_an_svhc_tells_its_safe_use(self, key: str, row: dict[str, Any], *, fails: bool) -> None:
        field = a_field(key, data_type="array", columns=self.columns)
        findings = list(information_on_svhc(facts(a_template(field), fields=approved(**{key: [row]}))))
        assert [(finding.rule_id, finding.target) for finding in findings] == [("CHEM-1", key)] * fails

    @pytest.mark.parametrize(
        ("mark", "fails"), [({}, True), ({"ce_marking": False}, True), ({"ce_marking": True}, False)]
    )
    def test_a_harmonised_standard_goes_with_the_ce_marking(self, mark: dict[str, bool], *, fails: bool) -> None:
        template = a_template(a_field("harmonised_specification"), a_field("ce_marking", data_type="boolean"))
        fields = approved(harmonised_specification=[{"reference": "EN 13163"}], **mark)
        findings = list(ce_marking(facts(template, fields=fields)))
        assert [finding.rule_id for finding in findings] == ["CON-1"] * fails
        assert not list(ce_marking(facts(template)))

    def test_rules_of_one_category_do_not_concern_another(self) -> None:
        checked = {
            category: examine(facts(a_template(category=category))).checked for category in ("toys", "chemicals")
        }
        assert "CHEM-1" in checked["chemicals"]
        assert not {"CHEM-1", "BAT-1", "CON-1"} & set(checked["toys"])
        assert {rule.id for rule in RULES if rule.categories is None} == set(checked["toys"])


class TestReport:
    def test_the_verdict_is_that_of_the_worst_finding(self) -> None:
        assert examine(facts(a_template())).verdict == "compliant"
        assert examine(facts(a_template(), parties={})).verdict == "incomplete"
        open_field = a_field("permit", condition="nobody knows", obligation="other_law")
        assert examine(facts(a_template(open_field))).verdict == "compliant_with_warnings"

    def test_findings_are_counted_by_the_act_behind_them(self) -> None:
        report = examine(facts(parties={}))
        shown = report.wire(7)
        assert (shown["category"], shown["completionPercentage"]) == ("battery", 7)
        counted = {row["regulation"]: (row["critical"], row["warnings"]) for row in shown["byRegulation"]}
        assert counted["(EU) 2024/1781"][0] >= 1
        assert sum(critical for critical, _ in counted.values()) == len(shown["critical"])
        assert sum(warnings for _, warnings in counted.values()) == len(shown["warnings"])

    def test_a_standard_is_no_regulation(self) -> None:
        for field in BATTERY.fields.values():
            finding = about_field(field, "missing_field", "critical", "X", why="w", fix="f")
            assert finding.regulation is None or finding.regulation[0] in "(0123456789"

    def test_gaps_say_what_is_critical(self) -> None:
        report = examine(facts(a_template(), parties={}))
        assert report.gaps == [
            {
                "type": "missing_party",
                "target": "manufacturer",
                "message": "The passport does not name the manufacturer.",
            }
        ]

    def test_many_passports_are_counted_by_verdict_and_rule(self) -> None:
        bare, named = (tally_key(examine(facts(parties=parties))) for parties in ({}, GERMAN))
        fine = tally_key(examine(facts(a_template())))
        assert fine == "generic|compliant|"
        counted = tally({bare: 2, named: 1, fine: 4})
        assert (counted["total"], counted["verdicts"]["compliant"], counted["verdicts"]["incomplete"]) == (7, 4, 3)
        assert {"ruleId": "REQ-PARTY", "passports": 2} in counted["rules"]
        assert {"ruleId": "REQ-FIELD", "passports": 3} in counted["rules"]
        assert [(row["category"], row["total"]) for row in counted["categories"]] == [("battery", 3), ("generic", 4)]
        nothing = {"compliant": 0, "compliant_with_warnings": 0, "incomplete": 0}
        assert tally({}) == {"total": 0, "verdicts": nothing, "rules": [], "categories": []}


class TestReadiness:
    def checks(self, facts: Facts, *, status: str = "published", holds_claim: bool = True) -> dict[str, bool]:
        passport = {"status": status, "granularity": facts.granularity}
        shown = readiness(passport, facts, holds_claim=holds_claim)
        assert shown["ready"] == all(check["ok"] for check in shown["checks"])
        assert all((check["fix"] is None) == check["ok"] for check in shown["checks"])
        return {check["id"]: check["ok"] for check in shown["checks"]}

    def test_each_point_is_met_or_not(self) -> None:
        empty = self.checks(facts(parties={}, granularity="model"), status="draft")
        assert not any(empty.values())
        fields = approved(unique_product_identifier="x", facility_ids=["y"], commodity_code="850760")
        assert all(self.checks(facts(fields=fields)).values())
        assert not self.checks(facts(fields=fields), status="suspended")["public_link"]
        assert not self.checks(facts(fields=fields), holds_claim=False)["public_link"]
        assert self.checks(facts(parties={}, fields=approved(operator_identifier="z")))["operator_identifier"]

    @pytest.mark.parametrize(
        ("known", "level", "met"),
        [
            (("item",), "batch", False),
            (("batch",), "model", False),
            (("batch",), "item", True),
            (("model", "item"), "model", True),
            ((), "model", True),
        ],
    )
    def test_the_level_is_at_least_the_coarsest_of_the_category(
        self, known: tuple[str, ...], level: str, *, met: bool
    ) -> None:
        found = self.checks(facts(a_template(granularity=known), granularity=level))
        assert found["level"] is met
        assert found["facility"], "a template without the field asks for nothing"


class TestConvergence:
    @pytest.mark.parametrize(("category", "subcategory"), KINDS)
    def test_mending_what_is_named_leads_to_compliance(self, category: str, subcategory: str | None) -> None:
        template, parties = TEMPLATES.get(category), dict[str, Any]()
        fields = approved(**{str(template.subcategory_field): subcategory}) if subcategory else {}
        for _ in range(5):
            report = examine(facts(template, fields=fields, parties=parties))
            for finding in report.findings:
                if finding.type == "missing_party":
                    parties[finding.target] = {"country": "DE"}
                else:
                    fields |= approved(**{finding.target: value_of(template.fields[finding.target])})
        assert (report.verdict, report.findings) == ("compliant", ())

    @pytest.mark.parametrize("template", TEMPLATES.list_(), ids=lambda template: template.category)
    def test_every_value_is_taken_and_every_broken_one_is_named(self, template: Template) -> None:
        for field in template.fields.values():
            assert check_value(field, value_of(field)) == ()
            report = examine(facts(template, fields=approved(**{field.key: broken(field)})))
            assert ("invalid_format", "critical", field.key) in found(report, "FORMAT")

    def test_the_first_option_of_a_choice_is_taken(self) -> None:
        field = a_field("colour", data_type="enum", options=(Option("red", "Red"),))
        assert value_of(field) == "red"
