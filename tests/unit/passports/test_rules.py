"""The plain rules of passports: states, completion, parties, keys, values, codes and how a passport is shown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracepass.core.errors import Invalid
from tracepass.core.ids import new_id
from tracepass.passports import lifecycle
from tracepass.passports.audiences import EVERYBODY, is_open
from tracepass.passports.completion import completion_percentage, field_counts
from tracepass.passports.lifecycle import MOVES, InvalidTransition, PassportArchived, state_after_edit, target_of
from tracepass.passports.making import granularity_of, key_warnings, search_of
from tracepass.passports.models import Gs1, PartyPatch
from tracepass.passports.parties import merged
from tracepass.passports.values import check, check_size, file_ids, writable
from tracepass.passports.wire import INTERNAL, entity, labelled, localised, shown, with_counts
from tracepass.templates.service import Templates

TEMPLATES = Templates.load()
TEMPLATE = TEMPLATES.get("battery")
STATES: list[Any] = ["draft", "in_review", "approved", "published", "suspended", "expired", "archived"]
LINK = "https://id.example.test/p/01/04012345000016/21/S-1"
APPROVED: dict[str, Any] = {"status": "approved", "sourceLocale": None, "translations": {}}


class TestStates:
    @pytest.mark.parametrize("move", MOVES)
    @pytest.mark.parametrize("state", STATES)
    def test_a_move_leads_on_from_its_origins_only(self, state: Any, move: str) -> None:
        if state in MOVES[move].origins:
            assert target_of(move, state) == MOVES[move].target
        else:
            with pytest.raises(InvalidTransition) as refused:
                target_of(move, state)
            details = dict(refused.value.details or {})
            assert (details["from"], details["to"]) == (state, MOVES[move].target)
            assert all(state in MOVES[other].origins for other in details["allowed"])
            assert "expire" not in details["allowed"]

    def test_every_state_but_the_last_can_be_left(self) -> None:
        left = {state for move in MOVES.values() for state in move.origins}
        assert set(STATES) - left == {"archived"}
        assert {move.target for move in MOVES.values()} | {"draft"} == set(STATES)
        assert left >= lifecycle.DELETABLE

    @pytest.mark.parametrize("state", STATES)
    def test_an_edit_puts_the_approved_back_to_review(self, state: Any) -> None:
        if state == "archived":
            with pytest.raises(PassportArchived):
                state_after_edit(state)
        else:
            assert state_after_edit(state) == ("in_review" if state == "approved" else state)


class TestCompletion:
    @pytest.mark.parametrize(
        ("approved", "total", "percent"), [(0, 3, 0), (1, 3, 33), (2, 3, 67), (3, 3, 100), (1, 200, 1), (0, 0, 100)]
    )
    def test_it_is_the_share_of_the_approved(self, approved: int, total: int, percent: int) -> None:
        assert completion_percentage({"approved": approved, "total": total}) == percent

    @given(st.integers(0, 500), st.integers(1, 500))
    def test_it_stays_between_nothing_and_all(self, approved: int, more: int) -> None:
        assert 0 <= completion_percentage({"approved": approved, "total": approved + more}) <= 100

    def test_fields_of_another_subcategory_do_not_count(self) -> None:
        everything = field_counts(TEMPLATE, {})
        ev = field_counts(TEMPLATE, {"battery_category": {"value": "ev", "status": "approved"}})
        assert ev["total"] < everything["total"] == len(TEMPLATE.fields)
        assert ev["approved"] == everything["approved"] + 1

    def test_each_status_has_its_count(self) -> None:
        statuses = ["approved", "pending_review", "flagged", "rejected", "empty"]
        keys = ["product_name", "battery_mass", "label_meaning", "fasteners", "c_rate"]
        fields = {key: {"value": None, "status": status} for key, status in zip(keys, statuses, strict=True)}
        counts, none = field_counts(TEMPLATE, fields), field_counts(TEMPLATE, {})
        assert counts["approved"] == none["approved"] + 1
        assert (counts["pendingReview"], counts["flagged"]) == (1, 1)
        assert counts["empty"] == none["empty"] - 4

    def test_what_was_suggested_decides_the_subcategory_only_once_it_is_the_value(self) -> None:
        fields = {"battery_category": {"value": None, "status": "empty"}}
        assert field_counts(TEMPLATE, fields)["total"] == len(TEMPLATE.fields)

    def test_what_the_flags_rule_out_does_not_count(self) -> None:
        fields = {"battery_category": {"value": "industrial_other", "status": "approved"}}
        said = field_counts(TEMPLATE, fields, {"hasBMS": False})
        assert said["total"] < field_counts(TEMPLATE, fields)["total"]


class TestParties:
    def patch(self, **members: Any) -> PartyPatch:
        return PartyPatch.model_validate(members)

    def test_members_are_set_kept_and_taken_away(self) -> None:
        before = {"legalName": "V", "gln": "4012345000009", "country": "DE"}
        after = merged(before, self.patch(country=None, legacyOperatorId="EORI"))
        assert after == {"legalName": "V", "gln": "4012345000009", "legacyOperatorId": "EORI"}
        assert before["country"] == "DE"

    @pytest.mark.parametrize(
        ("members", "path", "found"),
        [
            ({}, "", "legalName"),
            ({"legalName": "V"}, "", "gln"),
            ({"legalName": "V", "gln": None}, "parties.importer", "parties.importer.gln"),
        ],
    )
    def test_name_and_identifier_must_be_there(self, members: dict[str, Any], path: str, found: str) -> None:
        with pytest.raises(Invalid) as refused:
            merged(None, self.patch(**members), path=path)
        assert list(dict(refused.value.details or {})["fieldErrors"]) == [found]


class TestKeys:
    @pytest.mark.parametrize(
        ("members", "asked", "level"),
        [
            ({}, None, "model"),
            ({"lot": "L"}, None, "batch"),
            ({"serialNumber": "S", "lot": "L"}, None, "item"),
            ({"serialNumber": "S", "lot": "L"}, "batch", "batch"),
            ({"serialNumber": "S"}, "model", "model"),
        ],
    )
    def test_the_level_is_the_one_asked_for_or_the_finest(self, members: Any, asked: Any, level: str) -> None:
        gs1 = Gs1.model_validate({"gtin": "4012345000016", **members})
        assert granularity_of(gs1, asked) == level

    def test_warnings_name_serial_and_lot(self) -> None:
        assert key_warnings({"serialNumber": "S", "lot": None}) == []
        found = key_warnings({"serialNumber": "S S", "lot": "x" * 21})
        assert [warning["code"] for warning in found] == ["serial_not_gs1", "lot_not_gs1"]

    def test_search_terms_know_the_gtin_with_and_without_its_padding(self) -> None:
        terms = search_of({"gtin": "04012345000016", "serialNumber": None, "lot": "Lot"})
        assert {"^0", "^4", "^l", "lot", "016"} <= set(terms)


class TestValues:
    def test_null_fits_everywhere(self) -> None:
        for field in TEMPLATE.fields.values():
            check(field, None, path="value")

    def test_what_is_unknown_or_read_only_is_named_by_its_path(self) -> None:
        for key, code in (("no_such", "unknown_field"), ("dpp_status", "read_only_field")):
            for path, named in ((None, key), (f"fields.{key}", f"fields.{key}")):
                with pytest.raises(Invalid) as refused:
                    writable(TEMPLATE, key, path=path)
                assert refused.value.code == code
                assert list(dict(refused.value.details or {})["fieldErrors"]) == [named]

    def test_a_passport_has_its_limit(self) -> None:
        check_size({"a": "x" * (4 * 1024 * 1024 - 8)})
        with pytest.raises(Invalid) as refused:
            check_size({"a": "x" * (4 * 1024 * 1024 - 7)})
        assert refused.value.code == "too_large"

    def test_files_are_found_in_values_tables_and_suggestions(self) -> None:
        one, two, three = sorted(new_id() for _ in range(3))
        fields: dict[str, Any] = {
            "product_image": {**APPROVED, "value": {"fileId": str(one)}, "pending": {"value": {"fileId": str(two)}}},
            "exploded_diagrams": {**APPROVED, "value": [{"document": {"fileId": str(three)}}, {"title": "none"}]},
            "label_meaning": {**APPROVED, "value": str(one)},
            "separate_collection_symbol": {**APPROVED, "value": {"url": "https://example.com"}},
            "cadmium_lead_symbol": {**APPROVED, "value": {"fileId": "broken"}},
            "left_the_template": {**APPROVED, "value": {"fileId": str(three)}},
        }
        assert file_ids(TEMPLATE, fields) == [one, two, three]
        assert file_ids(TEMPLATE, fields, audiences=EVERYBODY) == [one]

    @pytest.mark.parametrize("status", ["empty", "pending_review", "rejected", "flagged"])
    def test_only_the_approved_is_public(self, status: str) -> None:
        field = TEMPLATE.fields["product_name"]
        assert is_open(field, {"status": "approved"}, EVERYBODY)
        assert not is_open(field, {"status": status}, EVERYBODY)
        assert not is_open(TEMPLATE.fields["fasteners"], {"status": "approved"}, EVERYBODY)
        assert not is_open(TEMPLATE.fields["compliance_test_reports"], {"status": "approved"}, EVERYBODY)


class TestShowing:
    stored: dict[str, Any] = {  # noqa: RUF012 - nothing writes to it
        "_id": "1",
        "granularity": "item",
        "gs1": {"digitalLinkUri": LINK},
        "status": "draft",
        "templateVersion": TEMPLATE.version,
        "updatedAt": "2027-01-01T00:00:00.000Z",
        "fields": {"product_name": {**APPROVED, "value": "Pack", "sourceLocale": "en"}},
        "completionPercentage": 1,
        "fieldCounts": {},
        "version": 3,
        "workspaceId": "w",
        "environment": "live",
        "search": [],
        "stateHash": "h",
        "fileRefs": [],
        "publicFileRefs": [],
    }

    def test_what_is_kept_for_the_platform_alone_is_left_out(self) -> None:
        assert not INTERNAL & entity(self.stored).keys()

    @pytest.mark.parametrize(("status", "value"), [("draft", "inactive"), ("published", "active")])
    def test_computed_fields_follow_the_passport(self, status: str, value: str) -> None:
        fields = shown({**self.stored, "status": status}, TEMPLATE)["fields"]
        assert fields["dpp_status"]["value"] == value
        assert fields["dpp_identifier"]["value"] == LINK
        assert list(self.stored["fields"]) == ["product_name"]

    def test_languages_labels_and_counts(self) -> None:
        passport = shown(self.stored, TEMPLATE)
        name = labelled(localised(passport, "de"), TEMPLATE, TEMPLATES, "de")["fields"]["product_name"]
        assert (name["value"], name["locale"]) == ("Pack", "en")
        assert name["label"] == "Produktname"
        assert with_counts(passport, "product_name")["version"] == 3
