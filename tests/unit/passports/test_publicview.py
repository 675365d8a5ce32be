"""What scanners see holds approved public values and nothing else, whatever a passport holds."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracepass.core.ids import new_id
from tracepass.core.tenancy import Actor
from tracepass.identity.models import SCOPES, Caller, Workspace
from tracepass.passports.publicview import public_view, scan_state
from tracepass.templates.models import Field, Template, ValueType
from tracepass.templates.service import Templates

TEMPLATE = Templates.load().get("battery")
NOW = "2027-02-18T10:00:00.000Z"
WORKSPACE = Workspace(new_id(), "voltwerk", "Voltwerk", "enterprise")
CALLER = Caller(WORKSPACE, "live", "owner", SCOPES, Actor("api_key", "1", "SECRET-ACTOR"))
PRODUCT: dict[str, Any] = {
    "name": "Pack",
    "model": "BP",
    "description": None,
    "sourceLocale": None,
    "imageUrls": [],
    "version": 7,
}
STATUSES = ["empty", "pending_review", "approved", "rejected", "flagged"]
KEYS = [key for key, field in TEMPLATE.fields.items() if field.filled_by != "system"]


def marker(key: str, kind: str) -> str:
    return f"MARK-{kind}-{key}-END"


def value_of(field: ValueType, text: str) -> Any:
    """A value of about the field's type that carries a text to look for."""
    if field.columns:
        return [{column.key: value_of(column, text) for column in field.columns}]
    if field.data_type == "object":
        return {"legalName": text, "note": text}
    if field.data_type == "file_reference":
        return {"url": f"https://example.com/{text}"}
    return text


def state_of(field: Field, status: str) -> dict[str, Any]:
    return {
        "value": None if status == "empty" else value_of(field, marker(field.key, "value")),
        "source": "manual",
        "status": status,
        "accessLevel": field.access_level,
        "sourceLocale": "en" if field.translatable else None,
        "translations": {
            "de": {"value": marker(field.key, "de"), "source": "SECRET-SOURCE", "generatedAt": NOW},
        }
        if field.translatable
        else {},
        "pending": {
            "value": value_of(field, marker(field.key, "pending")),
            "source": "supplier",
            "sourceLocale": None,
            "by": "SECRET-SUPPLIER",
            "at": NOW,
        },
        "inheritedFrom": {"productId": "SECRET-PRODUCT", "version": 1},
        "updatedAt": NOW,
        "updatedBy": "SECRET-WRITER",
    }


def passport_of(statuses: dict[str, str]) -> dict[str, Any]:
    link = "https://id.example.test/p/01/04012345000016/21/S-1"
    return {
        "_id": new_id(),
        "productId": new_id(),
        "category": "battery",
        "templateVersion": TEMPLATE.version,
        "granularity": "item",
        "gs1": {"gtin": "04012345000016", "lot": None, "serialNumber": "S-1", "digitalLinkUri": link},
        "status": "published",
        "fields": {key: state_of(TEMPLATE.fields[key], status) for key, status in statuses.items()},
        "parties": {"manufacturer": {"legalName": "Voltwerk", "gln": "4012345000009"}},
        "version": 3,
        "createdAt": NOW,
        "updatedAt": NOW,
        "publishedAt": NOW,
        "fieldCounts": {},
        "completionPercentage": 0,
    }


def view_of(passport: dict[str, Any], template: Template = TEMPLATE) -> dict[str, Any]:
    return public_view(passport, PRODUCT, CALLER, template, vocabulary="https://api.example.test/vocab")


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(STATUSES)))
def test_nothing_unapproved_or_restricted_is_ever_inside(statuses: dict[str, str]) -> None:
    view = view_of(passport_of(statuses))
    page, jsonld = view["page"].decode(), view["jsonld"].decode()

    shown = {
        key for key, status in statuses.items() if status == "approved" and "public" in TEMPLATE.fields[key].audiences
    }
    for key in statuses:
        assert (marker(key, "value") in page) == (key in shown)
        assert (marker(key, "de") in page) == (key in shown and TEMPLATE.fields[key].translatable)
        if key not in shown:
            assert marker(key, "value") not in jsonld
            assert marker(key, "de") not in jsonld
    for text in (page, jsonld):
        assert "MARK-pending" not in text
        assert "SECRET-WRITER" not in text
        assert "SECRET-SUPPLIER" not in text
        assert "SECRET-ACTOR" not in text
        assert "SECRET-PRODUCT" not in text
        assert str(WORKSPACE.id) not in text


@pytest.mark.parametrize("key", KEYS)
def test_each_field_goes_by_its_audiences_alone(key: str) -> None:
    page = orjson.loads(view_of(passport_of({key: "approved"}))["page"])
    assert (key in page["fields"]) == ("public" in TEMPLATE.fields[key].audiences)


def test_what_the_platform_fills_is_shown_to_those_it_is_for() -> None:
    page = orjson.loads(view_of(passport_of({}))["page"])
    assert page["fields"]["dpp_status"]["value"] == "active"
    assert "registration_id" not in page["fields"]


def test_the_state_names_what_a_scan_is_decided_by() -> None:
    passport = passport_of({}) | {"status": "suspended", "suspendedAt": NOW, "suspensionReason": "recall"}
    assert scan_state(passport) == {
        "status": "suspended",
        "version": 3,
        "category": "battery",
        "templateVersion": TEMPLATE.version,
        "suspendedAt": NOW,
        "suspensionReason": "recall",
        "archivedAt": None,
        "expiresAt": None,
    }
